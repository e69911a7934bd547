"""The only place that drives dezero: values and gradients of order n, on floats, balls or jets."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from dezero import Function, Variable, cuda
from dezero.config import recording
from dezero.core import Constant
from dezero.tape import watching
from dezero.utils.graph import functions_behind, leaves_behind
from gradcheck.errors import InputError
from gradcheck.subjects import foreign
from gradcheck.subjects.graph import Part, Watch, first_not_finite, kind, part
from gradcheck.subjects.subject import Arrays, Subject, Trial, Watched, pairings, several
from gradcheck.system.raised import contained


class _Pairing(Function):
    """The scalar <w, v> of Variables v with weights w: where a contraction's backward starts.

    Only its derivative matters, so forward does not compute the sum.
    """

    def __init__(self, weights: Sequence[Variable]) -> None:
        self.weights = tuple(weights)

    def forward(self, *values: Any) -> Any:
        return cuda.get_array_module(values[0]).zeros(())

    def backward(self, gy: Variable) -> tuple[Variable, ...]:
        return self.weights


# What is handed the outputs, and then the gradients of each order as they are found.
Look = Callable[[Sequence[Variable | None]], None]


def _overlook(found: Sequence[Variable | None]) -> None:
    """Where nobody looks."""


@dataclass(frozen=True)
class DezeroSubject(Subject):
    """A function of dezero Variables.

    Attributes:
        f: takes one Variable for each input; returns a Variable or several.
        active: for each input, whether it is differentiated; each gets a Variable.

    Variables that `f` holds (a layer's parameters) keep the gradients that they had. Whatever f raises, what
    comes out of here is an Exception.
    """

    f: Callable[..., Any]
    active: Sequence[bool]

    @contained
    def values(self, inputs: Arrays) -> list[Any]:
        token = recording.set(True)  # f may call backward itself
        try:
            return [y.data for y in self._call([Variable(x) for x in inputs])]
        finally:
            recording.reset(token)

    def gradients(
        self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int
    ) -> list[list[Any]]:
        return self.trial(inputs, cotangents, directions, order).gradients

    @contained
    def trial(
        self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int, *, watched: Watched = False
    ) -> Trial:
        xs = [Variable(x) for x in inputs]
        kind = Variable if watched else Constant
        us = [None if u is None else kind(u) for u in cotangents]
        watch = None
        if watched is True:
            watch = Watch(xs, [a for a in (*inputs, *cotangents, *directions) if a is not None])
            with watching(watch.pulled):
                ys, steps = self._orders(xs, us, directions, order, watch.look)
        else:
            ys, steps = self._orders(xs, us, directions, order)
        arrays = [(_data(gxs), _data(gus)) for gxs, gus in steps]
        seen = pairings(arrays, directions, cotangents) if watched else ()
        returned, damage = (watch.returned[1:], watch.damage()) if watch else ((), ())
        return Trial(_data(ys), [gxs for gxs, _ in arrays], returned, seen, damage)

    @contained
    def parts(self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int) -> list[Part]:
        """The functions in the graphs of f and of its gradients below `order`, one of a kind."""
        found: dict[Any, Part] = {}
        levels = itertools.count()

        def look(roots: Sequence[Variable | None]) -> None:
            level = next(levels)
            for func in functions_behind(*roots, nearest_first=True):
                found.setdefault((level, kind(func)), part(func, level, roots))

        with suppress(Exception):  # of a backward that raises, what came before
            self._looked(inputs, cotangents, directions, order, look)
        return [p for p in found.values() if p.level < order]

    @contained
    def source_of_nan(self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int) -> str | None:
        """Where the first infinity or NaN comes from, in f or in its gradients up to `order`; or None."""
        found: list[str | None] = []

        def look(roots: Sequence[Variable | None]) -> None:
            if len(found) <= order:
                found.append(first_not_finite(roots, len(found)))

        with suppress(Exception):
            # One order more: then the gradient of this one has a graph.
            self._looked(inputs, cotangents, directions, order + 1, look)
        return next((source for source in found if source), None)

    @contained
    def arrays(self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int) -> list[np.ndarray]:
        """The arrays in the graphs of f and of its gradients up to `order`, on the host."""
        found: dict[int, np.ndarray] = {}

        def look(roots: Sequence[Variable | None]) -> None:
            for x in (*roots, *(x for func in functions_behind(*roots) for x in func.inputs)):
                if x is not None:
                    found[id(x)] = to_host(x)

        self._looked(inputs, cotangents, directions, order, look)
        return list(found.values())

    def _looked(self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int, look: Look) -> None:
        xs = [Variable(x) for x in inputs]
        us = [None if u is None else Variable(u) for u in cotangents]
        self._orders(xs, us, directions, order, look)

    def _orders(
        self,
        xs: list[Variable],
        us: Sequence[Variable | None],
        directions: Arrays,
        order: int,
        look: Look = _overlook,
    ) -> tuple[Sequence[Variable], list[tuple[list[Any], list[Any]]]]:
        """The outputs; order by order the gradients by xs (None where not active), and by the cotangents."""
        steps = []
        token = recording.set(True)
        try:
            ys = self._call(xs)
            look(ys)
            pairs = [(y, u) for y, u in zip(ys, us, strict=True) if u is not None]
            ours = {id(v) for v in (*xs, *us)}
            for k in range(1, order + 1):
                _propagate(pairs, ours, create_graph=k < order)
                gxs = [_take_gradient(x) if on else None for x, on in zip(xs, self.active, strict=True)]
                gus = [None if u is None else _take_gradient(u) for u in us]
                look([*gxs, *gus])
                steps.append((gxs, gus))
                pairs = [(g, Constant(d)) for g, d in zip(gxs, directions, strict=True) if g is not None]
        finally:
            recording.reset(token)
        return ys, steps

    def _call(self, xs: list[Variable]) -> Sequence[Variable]:
        ys = several(self._outputs(xs), Variable, "dezero Variable", foreign.instead_of_variable)
        for x in xs:
            x.cleargrad()  # in case f called backward
        return ys

    def _outputs(self, xs: list[Variable]) -> Any:
        try:
            return self.f(*xs)
        except Exception:
            other = foreign.used_by(self.f)
            if other is None:
                raise
            why = foreign.advice(other)
        raise InputError(f"check: f is no function of this dezero: {why}")


def _propagate(pairs: Sequence[tuple[Variable, Variable]], ours: set[int], create_graph: bool) -> None:
    """Backward from the sum of <w, v> over all (v, w).

    Gradients of leaves that are not ours (parameters that f holds) are as before, afterwards.
    """
    if not pairs:
        return
    root, cotangent = pairs[0]
    if len(pairs) > 1 or root.creator is None:
        root = _Pairing([w for _, w in pairs])(*[v for v, _ in pairs])
        cotangent = Variable(root.data)  # whatever it is, the weights are handed on
    others = [(leaf, leaf.grad) for leaf in leaves_behind(root) if id(leaf) not in ours]
    for leaf, _ in others:
        leaf.grad = None
    root.grad = cotangent
    try:
        root.backward(create_graph=create_graph)
    finally:
        for leaf, gradient in others:
            leaf.grad = gradient


def _data(variables: Sequence[Variable | None]) -> list[Any]:
    return [None if v is None else v.data for v in variables]


def _take_gradient(x: Variable) -> Variable | None:
    """The gradient of `x`, which forgets it."""
    gradient, x.grad = x.grad, None
    return gradient


def to_device(x: Any, device: str) -> Any:
    """`x` on "cpu" or "gpu"."""
    return cuda.as_numpy(x) if device == "cpu" else cuda.as_cupy(x)


def to_host(x: Any) -> np.ndarray:
    """A result as a NumPy array."""
    return x if type(x) is np.ndarray else cuda.as_numpy(x)
