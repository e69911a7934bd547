"""The only place that drives dezero: values and gradients of order n, on floats, balls or jets.

A subject answers two questions about a function of several inputs, on whatever arrays it is handed:

    values(inputs)                                        the outputs
    gradients(inputs, cotangents, directions, order)      G_1 .. G_order of docs/architecture.md

Both take and return plain arrays (NumPy's, a device's, or object arrays of the oracles' numbers).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

import dezero
from dezero import Function, Variable, cuda
from gradcheck.errors import InputError

Arrays = Sequence[Any]


class Subject(Protocol):
    """What the laboratory needs of a differentiable function; dezero is one kind of subject."""

    def values(self, inputs: Arrays) -> list[Any]:
        """The outputs at `inputs`."""

    def gradients(
        self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int
    ) -> list[list[Any]]:
        """For each order 1 .. order one gradient (or None) for each input."""


class _Pairing(Function):
    """The scalar <w, v> of Variables v with constant arrays w: where a contraction's backward starts.

    Only its derivative matters, so forward does not compute the sum.
    """

    def __init__(self, weights: Arrays) -> None:
        self.weights = weights

    def forward(self, *values: Any) -> Any:
        return cuda.get_array_module(values[0]).zeros(())

    def backward(self, gy: Variable) -> tuple[Variable, ...]:
        return tuple(Variable(w) for w in self.weights)


@dataclass(frozen=True)
class DezeroSubject:
    """A function of dezero Variables.

    Attributes:
        f: takes one Variable for each input; returns a Variable or several.
        active: for each input, whether it is differentiated; the others get a Variable as well.
    """

    f: Callable[..., Any]
    active: Sequence[bool]

    def values(self, inputs: Arrays) -> list[Any]:
        with dezero.no_grad():
            return [y.data for y in self._call([Variable(x) for x in inputs])]

    def gradients(
        self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int
    ) -> list[list[Any]]:
        xs = [Variable(x) for x in inputs]
        targets: list[Any] = list(self._call(xs))
        weights = list(cotangents)
        found = []
        for k in range(1, order + 1):
            self._backward(targets, weights, create_graph=k < order)
            gxs = [x.grad if on else None for x, on in zip(xs, self.active, strict=True)]
            found.append([None if g is None else g.data for g in gxs])
            for x in xs:
                x.cleargrad()
            pairs = [(g, d) for g, d in zip(gxs, directions, strict=True) if g is not None]
            targets, weights = [g for g, _ in pairs], [d for _, d in pairs]
        return found

    def _backward(self, targets: list[Variable], weights: list[Any], create_graph: bool) -> None:
        if targets:
            _Pairing(weights)(*targets).backward(create_graph=create_graph)

    def _call(self, xs: list[Variable]) -> Sequence[Variable]:
        ys = self.f(*xs)
        several = ys if isinstance(ys, (tuple, list)) else (ys,)
        if not several or not all(isinstance(y, Variable) for y in several):
            raise InputError(
                f"check: f must return a dezero Variable (or several), got {type(ys).__name__}; "
                "compute with Variables and dezero.functions, and return the result"
            )
        return several


def to_device(x: Any, device: str) -> Any:
    """`x` on "cpu" or "gpu"."""
    return cuda.as_numpy(x) if device == "cpu" else cuda.as_cupy(x)


def to_host(x: Any) -> np.ndarray:
    """A result as a NumPy array."""
    return cuda.as_numpy(x)
