"""The only place that drives dezero: values and gradients of order n, on floats, balls or jets.

A subject answers questions about a function of several inputs, on whatever arrays it is handed:

    values(inputs)                                        the outputs
    gradients(inputs, cotangents, directions, order)      G_1 .. G_order of docs/architecture.md

Both take and return plain arrays (NumPy's, a device's, or object arrays of the oracles' numbers). A
cotangent of None stands for an output that is not differentiated (an index, a mask).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np

import dezero
from dezero import Function, Variable, cuda
from dezero.core import Constant
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
    """The scalar <w, v> of Variables v with weights w: where a contraction's backward starts.

    Only its derivative matters, so forward does not compute the sum.
    """

    def __init__(self, weights: Sequence[Variable]) -> None:
        self.weights = tuple(weights)

    def forward(self, *values: Any) -> Any:
        return cuda.get_array_module(values[0]).zeros(())

    def backward(self, gy: Variable) -> tuple[Variable, ...]:
        return self.weights


class _Tap(Function):
    """The identity; it notes the type of the gradient that comes back, before anyone casts it."""

    def __init__(self) -> None:
        self.dtype: Any = None

    def forward(self, x: Any) -> Any:
        return x

    def backward(self, gy: Variable) -> Variable:
        self.dtype = gy.dtype
        return gy


@dataclass(frozen=True)
class DezeroSubject:
    """A function of dezero Variables.

    Attributes:
        f: takes one Variable for each input; returns a Variable or several.
        active: for each input, whether it is differentiated; the others get a Variable as well.

    Variables that `f` holds (a layer's parameters) keep the gradients that they had.
    """

    f: Callable[..., Any]
    active: Sequence[bool]

    def values(self, inputs: Arrays) -> list[Any]:
        with dezero.using_config("enable_backprop", True):  # f may call backward itself
            return [y.data for y in self._call([Variable(x) for x in inputs])]

    def gradients(
        self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int
    ) -> list[list[Any]]:
        xs = [Variable(x) for x in inputs]
        us = [None if u is None else Constant(u) for u in cotangents]
        found = self._orders(xs, xs, us, directions, order)
        return [[None if g is None else g.data for g in gxs] for gxs, _ in found]

    def returned_dtypes(self, inputs: Arrays, cotangents: Arrays) -> list[Any]:
        """The dtype of each gradient as backward returns it; a leaf's `grad` is cast to its own."""
        xs = [Variable(x) for x in inputs]
        us = [None if u is None else Constant(u) for u in cotangents]
        taps = [_Tap() for _ in xs]
        with dezero.using_config("enable_backprop", True):
            tapped = [tap(x) for tap, x in zip(taps, xs, strict=True)]
            self._orders(xs, tapped, us, inputs, 1)
        return [tap.dtype for tap in taps]

    def pairings(
        self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int
    ) -> list[tuple[Any, Any, Any]]:
        """For k = 1 .. order - 1: <G_k, d>, the sum of its magnitudes, and <G_k, d> by the cotangent.

        G_k is linear in the cotangent u, so <G_k, d> = <d<G_k, d>/du, u>. The right side asks
        backward for its derivative by gy, which no derivative by x shows.
        """
        xs = [Variable(x) for x in inputs]
        us = [None if u is None else Variable(u) for u in cotangents]
        steps = self._orders(xs, xs, us, directions, order)
        return [
            (*_paired(gxs, directions), _paired(gus, cotangents)[0]) for (gxs, _), (_, gus) in pairwise(steps)
        ]

    def _orders(
        self,
        xs: list[Variable],
        arguments: list[Variable],
        us: Sequence[Variable | None],
        directions: Arrays,
        order: int,
    ) -> list[tuple[list[Any], list[Any]]]:
        """Order by order: the gradients by xs (None where not active), and those by the cotangents."""
        found = []
        with dezero.using_config("enable_backprop", True):
            ys = self._call(arguments)
            pairs = [(y, u) for y, u in zip(ys, us, strict=True) if u is not None]
            ours = {id(v) for v in (*xs, *us)}
            for k in range(1, order + 1):
                _propagate(pairs, ours, create_graph=k < order)
                gxs = [_taken(x) if on else None for x, on in zip(xs, self.active, strict=True)]
                found.append((gxs, [None if u is None else _taken(u) for u in us]))
                pairs = [(g, Constant(d)) for g, d in zip(gxs, directions, strict=True) if g is not None]
        return found

    def _call(self, xs: list[Variable]) -> Sequence[Variable]:
        ys = self.f(*xs)
        several = ys if isinstance(ys, (tuple, list)) else (ys,)
        if not several or not all(isinstance(y, Variable) for y in several):
            raise InputError(
                f"check: f must return a dezero Variable (or several), got {type(ys).__name__}; "
                "compute with Variables and dezero.functions, and return the result"
            )
        for x in xs:
            x.cleargrad()  # in case f called backward
        return several


def _propagate(pairs: Sequence[tuple[Variable, Variable]], ours: set[int], create_graph: bool) -> None:
    """Backward from the sum of <w, v> over all (v, w)."""
    if pairs:
        root = _Pairing([w for _, w in pairs])(*[v for v, _ in pairs])
        with _undisturbed(root, ours):
            root.backward(create_graph=create_graph)


def _paired(gradients: Sequence[Any], weights: Arrays) -> tuple[Any, Any]:
    """The sum of <g, w>, and that of all magnitudes."""
    pairs = [(g.data, w) for g, w in zip(gradients, weights, strict=True) if g is not None]
    if any(np.shape(g) != np.shape(w) for g, w in pairs):
        return np.nan, np.nan  # equal to nothing
    products = [g * w for g, w in pairs]
    return sum(p.sum() for p in products), sum(np.abs(p).sum() for p in products)


def _taken(x: Variable) -> Variable | None:
    """The gradient of `x`, which forgets it."""
    gradient, x.grad = x.grad, None
    return gradient


@contextmanager
def _undisturbed(root: Variable, ours: set[int]) -> Iterator[None]:
    """Gradients of leaves that are not ours (parameters that f holds) are as before, afterwards."""
    others = [(leaf, leaf.grad) for leaf in _leaves(root) if id(leaf) not in ours]
    for leaf, _ in others:
        leaf.grad = None
    try:
        yield
    finally:
        for leaf, gradient in others:
            leaf.grad = gradient


def _leaves(root: Variable) -> list[Variable]:
    found: list[Variable] = []
    seen: set[int] = set()
    functions: list[Any] = [root.creator]
    while functions:
        for x in functions.pop().inputs:
            key = id(x) if x.creator is None else id(x.creator)
            if key in seen:
                continue
            seen.add(key)
            if x.creator is None:
                found.append(x)
            else:
                functions.append(x.creator)
    return found


def to_device(x: Any, device: str) -> Any:
    """`x` on "cpu" or "gpu"."""
    return cuda.as_numpy(x) if device == "cpu" else cuda.as_cupy(x)


def to_host(x: Any) -> np.ndarray:
    """A result as a NumPy array."""
    return cuda.as_numpy(x)
