"""The bugs that are planted: each changes what a Function passes back.

A mutant is handed the sound backward, the Function instance and the incoming gradients as Variables, and
gives the gradients of the inputs (None: no gradient), or NotImplemented where it has nothing to change.
Letters as in dezero: gy comes in, gx goes out.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from dezero import Function, Variable, cuda
from dezero import functions as F  # noqa: N812  # the book's name
from dezero.arithmetic import Copy, SumTo

Gradients = list[Variable | None]
Backward = Callable[[Sequence[Variable]], Gradients]
Change = Callable[[Backward, Function, Sequence[Variable]], Any]


@dataclass(frozen=True)
class Mutant:
    """A kind of bug.

    Attributes:
        name: stable; part of a mutant's id.
        text: what is wrong.
        change: gives the wrong gradients.
        causes: words of a diagnosis that names this bug rightly.
    """

    name: str
    text: str
    change: Change
    causes: tuple[str, ...] = ()


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


def _batch(gx: Variable) -> Any:
    return gx / len(gx) if gx.ndim and len(gx) > 1 else NotImplemented


def _zero(gx: Variable) -> Variable:
    return Variable(cuda.get_array_module(gx.data).zeros_like(gx.data))


def _transposed(gx: Variable) -> Any:
    return F.transpose(gx) if gx.ndim > 1 else NotImplemented


def _reversed(gx: Variable) -> Any:
    return gx[..., ::-1] if gx.ndim and gx.shape[-1] > 1 else NotImplemented


def _doubled_element(gx: Variable) -> Any:
    return gx * _last_is(gx, 2.0) if gx.size > 1 else NotImplemented


def _nan_element(gx: Variable) -> Any:
    return gx * _last_is(gx, float("nan")) if gx.size else NotImplemented


def _last_is(gx: Variable, value: float) -> Any:
    """Ones in the shape of `gx`, but for the last element."""
    ones = cuda.get_array_module(gx.data).ones_like(gx.data)
    ones.reshape(-1)[-1] = value
    return ones


def _dropped(backward: Backward, func: Function, gys: Sequence[Variable]) -> Any:
    """No gradient for the last input that has one."""
    gxs = backward(gys)
    last = max((i for i, gx in enumerate(gxs) if gx is not None), default=None)
    return NotImplemented if last is None else [*gxs[:last], None, *gxs[last + 1 :]]


def _last_sign(backward: Backward, func: Function, gys: Sequence[Variable]) -> Any:
    """The sign of the last of several gradients."""
    *others, last = backward(gys)
    return [*others, -last] if others and last is not None else NotImplemented


def _swapped(backward: Backward, func: Function, gys: Sequence[Variable]) -> Any:
    """The first two gradients exchanged."""
    first, *others = backward(gys)
    return [others[0], first, *others[1:]] if others else NotImplemented


# Sums over broadcast axes ---------------------------------------------------------------------------


def _sums(forward: Callable[[Any, Any], Any]) -> Change:
    """Backward with another way to sum over broadcast axes."""

    def changed(backward: Backward, func: Function, gys: Sequence[Variable]) -> Any:
        with _sum_to(forward) as used:
            gxs = backward(gys)
        return gxs if used else NotImplemented

    return changed


@contextmanager
def _sum_to(forward: Callable[[Any, Any], Any]) -> Iterator[list[SumTo]]:
    """SumTo with that forward; gives the list of those that ran."""
    used: list[SumTo] = []
    original = SumTo.forward

    def noted(self: SumTo, x: Any) -> Any:
        used.append(self)
        return forward(self, x)

    SumTo.forward = noted  # type: ignore[method-assign]  # for the length of the block
    try:
        yield used
    finally:
        SumTo.forward = original  # type: ignore[method-assign]


def _not_summed(self: SumTo, x: Any) -> Any:
    return x


def _first_term(self: SumTo, x: Any) -> Any:
    lead = (0,) * (x.ndim - len(self.shape))
    return x[(*lead, *(slice(size) for size in self.shape), ...)]


# Derivatives of the gradient ------------------------------------------------------------------------


def _detached(gx: Variable) -> Variable:
    return Variable(gx.data)


def _detached_inputs(backward: Backward, func: Function, gys: Sequence[Variable]) -> Any:
    """Backward that sees its inputs as constants: only its dependence on gy is differentiated."""
    inputs = func.inputs
    func.inputs = [type(x)(x.data) for x in inputs]
    try:
        return backward(gys)
    finally:
        func.inputs = inputs


class _Doubling(Function):
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


class _Bent(Function):
    """The identity, whose second derivative is not 0 but 1."""

    def forward(self, x: Any) -> Any:
        return x.copy()

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        return gy + gy * _Zero()(x)


# Precision ------------------------------------------------------------------------------------------


class _Rounded(Function):
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


def _narrow(gx: Variable) -> Variable:
    return Copy(_narrower(gx.dtype))(gx)


# Conduct --------------------------------------------------------------------------------------------


def _overwrites_gy(backward: Backward, func: Function, gys: Sequence[Variable]) -> Any:
    gxs = backward(gys)
    gys[0].data *= 2
    return gxs


def _overwrites_input(backward: Backward, func: Function, gys: Sequence[Variable]) -> Any:
    gxs = backward(gys)
    data = func.inputs[0].data
    if data.dtype.kind not in "fO":
        return NotImplemented
    data *= 2
    return gxs


def _changing() -> Change:
    calls = itertools.count(1)
    return each(lambda gx: gx * (1 + next(calls) % 7 * 2.0**-12))


def _contiguous_only(backward: Backward, func: Function, gys: Sequence[Variable]) -> Any:
    if all(gy.data.flags.c_contiguous for gy in gys):
        return NotImplemented
    return [None if gx is None else gx * 2 for gx in backward(gys)]


# The table ------------------------------------------------------------------------------------------

_FACTOR = ("constant factor", "batch-size factor")
_CUT = ("graph cut in backward", "a factor of the gradient is cut")
_NONLINEAR = ("ignores gy", "not linear in gy")

CONTROL = Mutant("control", "nothing is wrong: must not be killed", lambda backward, func, gys: backward(gys))

MUTANTS: dict[str, Mutant] = {
    mutant.name: mutant
    for mutant in (
        CONTROL,
        Mutant("sign", "the negative gradient", each(lambda gx: -gx), ("sign",)),
        Mutant("last-sign", "the last input's gradient negative", _last_sign, ("sign",)),
        Mutant("factor-2", "twice the gradient", each(lambda gx: gx * 2), _FACTOR),
        Mutant("factor-1.0003", "off by 3 in 10,000", each(lambda gx: gx * 1.0003), _FACTOR),
        Mutant("batch", "divided by the length of the first axis", each(_batch), _FACTOR),
        Mutant("dropped", "None for the last input", _dropped, ("gradient missing",)),
        Mutant("zero", "zeros", each(_zero), ("gradient missing",)),
        Mutant("swapped", "the first two inputs' gradients exchanged", _swapped,
               ("swapped", "wrong shape", "sum over a broadcast axis", "transposed")),
        Mutant("transposed", "axes reversed", each(_transposed), ("transposed", "permuted", "wrong shape")),
        Mutant("reversed", "the last axis reversed", each(_reversed), ("permuted", "transposed")),
        Mutant("no-sum", "not summed over a broadcast axis", _sums(_not_summed),
               ("sum over a broadcast axis missing",)),
        Mutant("first-term", "the first term instead of the sum over a broadcast axis",
               _sums(_first_term), ("sum over a broadcast axis missing", "sum over the wrong axis")),
        Mutant("one-element", "the last element doubled", each(_doubled_element), ("elements of the gradient",)),
        Mutant("ignores-gy", "ones in place of gy", incoming(lambda gy: gy * 0 + 1), _NONLINEAR),
        Mutant("absolute-gy", "|gy| in place of gy", incoming(F.abs), _NONLINEAR),
        Mutant("detached", "computed from arrays, not Variables", each(_detached), _CUT),
        Mutant("detached-inputs", "inputs taken as constants", _detached_inputs, _CUT),
        Mutant("second", "the gradient's derivative doubled", each(lambda gx: _Doubling()(gx)), _CUT),
        Mutant("third", "wrong from the third derivative on", each(lambda gx: _Bent()(gx)), _CUT),
        Mutant("rounded", "through the next narrower dtype", each(lambda gx: _Rounded(False)(gx)), ("precision lost",)),
        Mutant("rounded-floats", "the same, on floats only", each(lambda gx: _Rounded(True)(gx)), ("precision lost",)),
        Mutant("dtype", "in the next narrower dtype", each(_narrow), ("precision lost", "dtype")),
        Mutant("nan", "NaN in the last element", each(_nan_element), ("NaN",)),
        Mutant("overwrites-gy", "gy doubled in place", _overwrites_gy, ("gy overwritten",)),
        Mutant("overwrites-input", "the first input doubled in place", _overwrites_input,
               ("input overwritten",)),
        Mutant("changing", "another factor in each call", _changing(), ("not deterministic",)),
        Mutant("contiguous-only", "doubled unless gy is contiguous", _contiguous_only, ("layout",)),
    )
}  # fmt: skip
