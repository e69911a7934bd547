"""Functions whose derivative is a formula, for arrays and for Variables.

A formula runs on Variables where a graph of backward is wanted. Otherwise it runs on arrays: no intermediate
result becomes a Variable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.broadcasting import SumTo
from dezero.function import FIXED, FORMULAS, NUMBERS, Function
from dezero.fusion import forward_of, switch, vjps_of
from dezero.operands import as_operands
from dezero.results import spread
from dezero.variable import Variable

__all__ = ["Elementwise", "Formula", "OfSettings"]


class Formula(Function):
    """A Function with one formula for all inputs: a subclass writes `cotangents` instead of `backward`."""

    def by_formulas(self, gys: Sequence[Any], record: bool) -> Sequence[Any]:
        if record:
            gxs = self.cotangents(gys, *self.inputs)
        else:
            gxs = self.cotangents(self._as_arrays(gys), *[x._data for x in self.inputs])
        for gx in gxs:
            if type(gx) in NUMBERS:
                return [spread(gx, x) for gx, x in zip(gxs, self.inputs, strict=False)]
        return gxs

    def cotangents(self, gys: Sequence[Any], *xs: Any) -> Sequence[Any]:
        """The cotangent of each input (None: none) from those of the outputs and the inputs."""
        raise NotImplementedError(f"{type(self).__name__}.cotangents is not written")


FORMULAS["cotangents"] = Formula.by_formulas


class Elementwise(Function):
    """A function of broadcast operands. Its derivative is one formula for each operand.

    A subclass writes `forward` and `vjps`: for each input a function `(gy, y, *xs) -> gx`, as if all
    operands had the same shape. This class sums over the broadcast axes. The formulas also run on scalars.
    None in `vjps` means no derivative; a Constant gets none either.
    """

    vjps: Any = ()

    # Here and below, one and two operands have lines of their own: by a loop alone an operation would take a
    # quarter longer.

    def _compute(self, operands: tuple[Any, ...]) -> Any:
        forward = forward_of(self) if switch.on else self.forward
        if len(operands) == 1:
            return forward(operands[0]._data[()])
        if len(operands) == 2:
            x0, x1 = operands
            return forward(_value(x0), _value(x1))
        return forward(*map(_value, operands))

    def by_formulas(self, gys: Sequence[Any], record: bool) -> Sequence[Any]:
        (gy,), xs, y = gys, self._operands, self._outputs()
        vjps = vjps_of(self) if switch.on else self.vjps
        if len(xs) == 1:
            (x,), (vjp,) = xs, vjps
            return (_fit(vjp(gy, y, x) if record else vjp(gy, y._data[()], x._data[()]), x),)
        if len(xs) == 2:
            (x0, x1), (vjp0, vjp1) = xs, vjps
            v0, v1, y = (x0, x1, y) if record else (_value(x0), _value(x1), y._data[()])
            gx0 = None if vjp0 is None or type(x0) in FIXED else _fit(vjp0(gy, y, v0, v1), x0)
            gx1 = None if vjp1 is None or type(x1) in FIXED else _fit(vjp1(gy, y, v0, v1), x1)
            return gx0, gx1
        values = (y, *xs) if record else [_value(v) for v in (y, *xs)]
        gxs: list[Any] = []
        for vjp, x in zip(vjps, xs, strict=True):
            fixed = vjp is None or type(x) in FIXED
            gxs.append(None if fixed else _fit(vjp(gy, *values), x))
        return gxs


FORMULAS["vjps"] = Elementwise.by_formulas


class OfSettings:
    """`vjps` that depend on the settings of an instance: `make(instance)` gives them."""

    def __init__(self, make: Callable[[Any], tuple[Any, ...]]) -> None:
        self.make = make

    def __get__(self, func: Any, cls: type) -> Any:
        return self if func is None else self.make(func)


class Operator(Elementwise):
    """One of + - * /. A number with a Variable stays a Python number.

    It takes the dtype of the Variable, and no array of it goes to a device. A Constant for each number would
    cost a fifth of the operation's time: `inputs` makes them on demand.
    """

    @Function.inputs.getter  # type: ignore[attr-defined]  # of a property
    def inputs(self) -> Sequence[Variable]:
        """As of any Function."""
        if not NUMBERS.isdisjoint(map(type, self._operands)):
            self._operands = as_operands(self._operands, self)
        return self._operands

    def _accept(self, operands: tuple[Any, ...]) -> tuple[Any, ...]:
        x0, x1 = operands
        if type(x1) in NUMBERS and isinstance(x0, Variable):
            return operands
        if type(x0) in NUMBERS and isinstance(x1, Variable):
            return operands
        n0, n1 = _number(x0), _number(x1)
        if n0 is not x0 or n1 is not x1:
            return self._accept((n0, n1))
        return super()._accept(operands)


def _number(x: Any) -> Any:
    """A float or integer of NumPy as Python's; a longdouble, or anything else, as it is."""
    if not isinstance(x, (np.floating, np.integer)):
        return x
    number = x.item()
    return number if type(number) in NUMBERS else x


def _value(x: Any) -> Any:
    """The number, or the array of a Variable; of a 0-d array the element, with which NumPy is quicker."""
    return x if type(x) in NUMBERS else x._data[()]


def _fit(gx: Any, x: Variable) -> Any:
    """`gx`, summed over the axes along which `x` was broadcast."""
    try:
        if gx.shape == x._data.shape:
            return gx
    except AttributeError:  # a number, or an element of an array of objects
        return spread(gx, x)
    return spread(gx, x) if isinstance(gx, np.generic) else SumTo.of(gx, shape=x._data.shape)
