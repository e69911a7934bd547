"""An operation of dezero as plain arrays in and out, so that any framework can call it as its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import dezero.functions as F
from dezero import Variable
from gradcheck.cases.case import Case
from gradcheck.subjects.dezero import DezeroSubject

Kind = tuple[tuple[int, ...], Any]  # shape and dtype


@dataclass(frozen=True)
class Operation:
    """A forward and its backward on arrays, both dezero's own.

    Attributes:
        f: takes Variables, returns a list of floating ones.
        outputs: the shape and dtype of each output.
        compute: forward on arrays.
    """

    f: Callable[..., list[Variable]]
    outputs: list[Kind]
    compute: Callable[[Sequence[np.ndarray]], list[Any]]

    def values(self, xs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The outputs, in memory of their own."""
        return [np.array(y) for y in self.compute(xs)]

    def derivative(self, xs: Sequence[Any]) -> Operation:
        """Backward as an operation: inputs and cotangents in, one gradient for each input out."""
        kinds = [(tuple(x.shape), np.dtype(str(x.dtype).removeprefix("torch."))) for x in xs]

        def backward(arguments: Sequence[np.ndarray]) -> list[Any]:
            inputs, cotangents = arguments[: len(kinds)], arguments[len(kinds) :]
            subject = DezeroSubject(self.f, [True] * len(kinds))
            found = subject.gradients(inputs, cotangents, inputs, 1)[0]
            return [np.zeros(*k) if g is None else g for g, k in zip(found, kinds, strict=True)]

        return Operation(_gradient_of(self.f, len(kinds)), kinds, backward)


def of_case(case: Case) -> tuple[Operation, list[np.ndarray]]:
    """The operation as a function of the differentiated inputs, and these."""
    xs = [x for x, on in zip(case.inputs, case.active, strict=True) if on]

    def f(*variables: Variable) -> list[Variable]:
        rest = iter(variables)
        places = zip(case.inputs, case.active, strict=True)
        ys = case.f(*[next(rest) if on else Variable(x) for x, on in places])
        several = ys if isinstance(ys, (tuple, list)) else [ys]
        return [y for y in several if y.dtype.kind == "f"]

    subject = DezeroSubject(f, [True] * len(xs))
    outputs = [(y.shape, y.dtype) for y in subject.values([x.copy() for x in xs])]
    return Operation(f, outputs, subject.values), xs


def _gradient_of(f: Callable[..., list[Variable]], count: int) -> Callable[..., list[Variable]]:
    """Backward as a function of Variables, which can be differentiated again."""

    def gradient(*arguments: Variable) -> list[Variable]:
        xs, us = arguments[:count], arguments[count:]
        products = [F.sum(y * u) for y, u in zip(f(*xs), us, strict=True)]
        total = sum(products[1:], products[0])
        total.backward(create_graph=True)
        found = [Variable(np.zeros_like(x.data)) if x.grad is None else x.grad for x in xs]
        for argument in arguments:
            argument.cleargrad()
        return found

    return gradient
