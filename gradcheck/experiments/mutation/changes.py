"""How a bug changes what a Function passes back.

A change gets the right backward, the Function instance and the incoming gradients as Variables, and
gives the gradients of the inputs (None: no gradient), or NotImplemented where it has nothing to change.
Letters as in dezero: gy comes in, gx goes out.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero import Function, Variable, cuda, using_config
from dezero import functions as F
from dezero.core import Copy, SumTo

Gradients = list[Variable | None]
Backward = Callable[[Sequence[Variable]], Gradients]
Change = Callable[[Backward, Function, Sequence[Variable]], Any]


def each(change: Callable[[Variable], Any]) -> Change:
    """Every gradient changed; `change` answers NotImplemented where it leaves one alone."""

    def changed(backward: Backward, func: Function, gys: Sequence[Variable]) -> Any:
        gxs = backward(gys)
        wrong = [NotImplemented if gx is None else change(gx) for gx in gxs]
        if all(w is NotImplemented for w in wrong):
            return NotImplemented
        return [gx if w is NotImplemented else w for gx, w in zip(gxs, wrong, strict=True)]

    return changed


def incoming(change: Callable[[Variable], Variable]) -> Change:
    """Backward of wrong incoming gradients."""
    return lambda backward, func, gys: backward([change(gy) for gy in gys])


# Values ---------------------------------------------------------------------------------------------


def batch_mean(gx: Variable) -> Any:
    return gx / len(gx) if gx.ndim and len(gx) > 1 else NotImplemented


def zero(gx: Variable) -> Variable:
    return Variable(cuda.get_array_module(gx.data).zeros_like(gx.data))


def transposed(gx: Variable) -> Any:
    return F.transpose(gx) if gx.ndim > 1 else NotImplemented


def flipped(gx: Variable) -> Any:
    return gx[..., ::-1] if gx.ndim and gx.shape[-1] > 1 else NotImplemented


def doubled_element(gx: Variable) -> Any:
    return gx * _last_is(gx, 2.0) if gx.size > 1 else NotImplemented


def nan_element(gx: Variable) -> Any:
    return gx * _last_is(gx, float("nan")) if gx.size else NotImplemented


def _last_is(gx: Variable, value: float) -> Any:
    """Ones in the shape of `gx`, but for the last element."""
    ones = cuda.get_array_module(gx.data).ones_like(gx.data)
    ones[(-1,) * ones.ndim] = value
    return ones


def dropped(backward: Backward, func: Function, gys: Sequence[Variable]) -> Any:
    """No gradient for the last input that has one."""
    gxs = backward(gys)
    last = max((i for i, gx in enumerate(gxs) if gx is not None), default=None)
    return NotImplemented if last is None else [*gxs[:last], None, *gxs[last + 1 :]]


def last_sign(backward: Backward, func: Function, gys: Sequence[Variable]) -> Any:
    """The sign of the last of several gradients."""
    *others, last = backward(gys)
    return [*others, -last] if others and last is not None else NotImplemented


def swapped(backward: Backward, func: Function, gys: Sequence[Variable]) -> Any:
    """The first two gradients exchanged."""
    first, *others = backward(gys)
    return [others[0], first, *others[1:]] if others else NotImplemented


# Sums over broadcast axes ---------------------------------------------------------------------------


def sums(other: type[SumTo]) -> Change:
    """Backward with another way to sum over broadcast axes."""

    def changed(backward: Backward, func: Function, gys: Sequence[Variable]) -> Any:
        with using_config("enable_backprop", True):
            gxs = func.pull(list(gys), True)
            given = [*gys, *func.inputs, *(reference() for reference in func.outputs)]
            again = _Again(other, given)
            gxs = [None if gx is None else again(gx) for gx in gxs]
        return gxs if again.summed else NotImplemented

    return changed


class _Again:
    """Computes what was made of the Variables `given` once more, with `other` in the place of each SumTo."""

    def __init__(self, other: type[SumTo], given: Sequence[Variable | None]) -> None:
        self.summed = False
        self._other = other
        self._made: dict[int, Any] = {id(v): v for v in given}

    def __call__(self, y: Variable) -> Variable:
        if id(y) not in self._made and y.creator is not None:
            func = y.creator
            xs = [self(x) for x in func.inputs]
            if isinstance(func, SumTo):
                func, self.summed = self._other(func.shape), True
            ys = func(*xs)
            several = ys if isinstance(ys, list) else [ys]
            for reference, made in zip(y.creator.outputs, several, strict=True):
                self._made[id(reference())] = made
        return self._made.get(id(y), y)


class NotSummed(SumTo):
    """What came in, in its own shape."""

    def forward(self, x: Any) -> Any:
        return x


class FirstTerm(SumTo):
    """The first term in place of the sum."""

    def forward(self, x: Any) -> Any:
        lead = (0,) * (x.ndim - len(self.shape))
        return x[(*lead, *(slice(size) for size in self.shape), ...)]


# Derivatives of the gradient ------------------------------------------------------------------------


def detached(gx: Variable) -> Variable:
    return Variable(gx.data)


def detached_inputs(backward: Backward, func: Function, gys: Sequence[Variable]) -> Any:
    """Backward that sees its inputs as constants: only its dependence on gy is differentiated."""
    inputs = func.inputs
    func.inputs = [type(x)(x.data) for x in inputs]
    try:
        return backward(gys)
    finally:
        func.inputs = inputs


class Doubling(Function):
    """The identity, with twice its derivative."""

    def forward(self, x: Any) -> Any:
        return x.copy()

    def backward(self, gy: Variable) -> Variable:
        return gy * 2


class _Zero(Function):
    """Zero everywhere, with derivative 1."""

    def forward(self, x: Any) -> Any:
        return cuda.get_array_module(x).zeros_like(x)

    def backward(self, gy: Variable) -> Variable:
        return gy


class Bent(Function):
    """The identity, whose second derivative is not 0 but 1."""

    def forward(self, x: Any) -> Any:
        return x.copy()

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        return gy + gy * _Zero()(x)


# Precision ------------------------------------------------------------------------------------------


class Rounded(Function):
    """Through the next narrower dtype and back; with `objects`, other numbers pass untouched."""

    def __init__(self, objects: bool) -> None:
        self.objects = objects

    def forward(self, x: Any) -> Any:
        if self.objects and x.dtype == object:
            return x.copy()
        return x.astype(_narrower(x.dtype)).astype(x.dtype)

    def backward(self, gy: Variable) -> Variable:
        return gy


def _narrower(dtype: Any) -> Any:
    return np.float16 if dtype == np.float32 else np.float32


def narrow(gx: Variable) -> Variable:
    return Copy(_narrower(gx.dtype))(gx)


# Conduct --------------------------------------------------------------------------------------------


def overwrites_gy(backward: Backward, func: Function, gys: Sequence[Variable]) -> Any:
    gxs = backward(gys)
    gys[0].data *= 2
    return gxs


def overwrites_input(backward: Backward, func: Function, gys: Sequence[Variable]) -> Any:
    gxs = backward(gys)
    data = func.inputs[0].data
    if data.dtype.kind not in "fO":
        return NotImplemented
    data *= 2
    return gxs


def changing() -> Change:
    calls = itertools.count(1)
    return each(lambda gx: gx * (1 + (1 + next(calls) % 7) * 2.0**-12))


def contiguous_only(backward: Backward, func: Function, gys: Sequence[Variable]) -> Any:
    if all(gy.data.flags.c_contiguous for gy in gys):
        return NotImplemented
    return [None if gx is None else gx * 2 for gx in backward(gys)]
