"""The arithmetic behind Variable's operators, and broadcasting with its adjoint, sum_to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Number
from typing import Any

import numpy as np

from dezero import above, arguments, cuda
from dezero.constants import spread
from dezero.function import BACKWARD_OF, FIXED, NUMBERS, Function, one_or_all
from dezero.fusion import forward_of, switch, vjps_of
from dezero.variable import Variable, as_input


class Elementwise(Function):
    """A function of broadcast operands, whose derivative is one expression for each operand.

    A subclass gives `forward` and, in `vjps`, one function `(gy, y, *xs) -> gx` for each input,
    written as if all shapes were equal; the sum over broadcast axes is added here, once for all. It
    runs on Variables where a graph of backward is wanted, and otherwise on arrays and scalars. An
    input that is a Constant, or whose entry is None, has no derivative. Where a class below gives
    `backward`, that is its derivative, until one below that gives `vjps` again.
    """

    vjps: Any = ()

    def _compute(self, operands: tuple[Any, ...]) -> Any:
        forward = forward_of(self) if switch.on else self.forward
        if len(operands) == 1:
            return forward(operands[0]._data[()])
        return forward(*[_value(x) for x in operands])

    def pull(self, gys: Sequence[Any], record: bool) -> Sequence[Any]:
        try:
            by_vjps = self.backward.__func__ is _BY_VJPS  # type: ignore[attr-defined]  # a method has it
        except AttributeError:  # it was given to this instance
            by_vjps = False
        if not by_vjps:
            return super().pull(gys, record)
        (gy,), inputs, y = gys, self._operands, self._outputs()
        vjps = vjps_of(self) if switch.on else self.vjps
        if len(inputs) == 1:
            (x,), (vjp,) = inputs, vjps
            return (_fit(vjp(gy, y, x) if record else vjp(gy, y._data[()], x._data[()]), x),)
        values = (y, *inputs) if record else [_value(v) for v in (y, *inputs)]
        gxs: list[Any] = []
        for vjp, x in zip(vjps, inputs, strict=True):
            fixed = vjp is None or type(x) in FIXED
            gxs.append(None if fixed else _fit(vjp(gy, *values), x))
        return gxs

    def backward(self, gy: Variable) -> Any:
        inputs, y = self.inputs, self.outputs[0]()
        return one_or_all(
            [
                None if vjp is None or type(x) in FIXED else _fit(vjp(gy, y, *inputs), x)
                for vjp, x in zip(self.vjps, inputs, strict=True)
            ]
        )


_BY_VJPS = BACKWARD_OF["vjps"] = Elementwise.backward


class OfSettings:
    """`vjps` that depend on the settings of an instance, which `make` takes: a subclass may give others."""

    def __init__(self, make: Callable[[Any], tuple[Any, ...]]) -> None:
        self.make = make

    def __get__(self, func: Any, cls: type) -> Any:
        return self if func is None else self.make(func)


class Operator(Elementwise):
    """One of + - * /, the same as Elementwise but quicker: it has two operands.

    A number beside a Variable stays one, a Python number: it takes the dtype of the Variable, and none
    is sent to a device.
    """

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

    def _compute(self, operands: tuple[Any, ...]) -> Any:
        x0, x1 = operands
        return self.forward(_value(x0), _value(x1))

    def pull(self, gys: Sequence[Any], record: bool) -> Sequence[Any]:
        try:
            by_vjps = self.backward.__func__ is _BY_VJPS  # type: ignore[attr-defined]  # a method has it
        except AttributeError:  # it was given to this instance
            by_vjps = False
        if not by_vjps:
            return super().pull(gys, record)
        (gy,), (x0, x1), (vjp0, vjp1), y = gys, self._operands, self.vjps, self._outputs()
        v0, v1, y = (x0, x1, y) if record else (_value(x0), _value(x1), y._data[()])
        gx0 = None if type(x0) in FIXED else _fit(vjp0(gy, y, v0, v1), x0)
        gx1 = None if type(x1) in FIXED else _fit(vjp1(gy, y, v0, v1), x1)
        return gx0, gx1


def _number(x: Any) -> Any:
    """A float or integer of NumPy as Python's; anything else as it is, longdoubles among it."""
    if not isinstance(x, (np.floating, np.integer)):
        return x
    number = x.item()
    return number if type(number) in NUMBERS else x


def _value(x: Any) -> Any:
    """What is computed with: a number, or an array; of a 0-d array its element, which is quicker."""
    return x if type(x) in NUMBERS else x._data[()]


def _fit(gx: Any, x: Variable) -> Any:
    """`gx`, summed over the axes along which `x` was broadcast."""
    try:
        if gx.shape == x._data.shape:
            return gx
    except AttributeError:  # a number, or an element of an array of objects
        return spread(gx, x)
    return spread(gx, x) if isinstance(gx, np.generic) else SumTo.of(gx, shape=x._data.shape)


class Add(Operator):
    def forward(self, x0: Any, x1: Any) -> Any:
        return x0 + x1

    vjps = (lambda gy, y, x0, x1: gy, lambda gy, y, x0, x1: gy)


class Sub(Operator):
    def forward(self, x0: Any, x1: Any) -> Any:
        return x0 - x1

    vjps = (lambda gy, y, x0, x1: gy, lambda gy, y, x0, x1: -gy)


class Mul(Operator):
    def forward(self, x0: Any, x1: Any) -> Any:
        return x0 * x1

    vjps = (lambda gy, y, x0, x1: gy * x1, lambda gy, y, x0, x1: gy * x0)


class Div(Operator):
    def forward(self, x0: Any, x1: Any) -> Any:
        return x0 / x1

    vjps = (lambda gy, y, x0, x1: gy / x1, lambda gy, y, x0, x1: -gy * y / x1)


class Neg(Elementwise):
    def forward(self, x: Any) -> Any:
        return -x

    vjps = (lambda gy, y, x: -gy,)


class Pow(Elementwise):
    """x ** c for a number c. The derivative of a constant (c = 0) is zero also at x = 0."""

    def __init__(self, c: Any) -> None:
        self.c = c

    def forward(self, x: Any) -> Any:
        return x**self.c

    vjps = OfSettings(lambda self: (lambda gy, y, x: _pow_vjp(gy, y, x, self.c),))


def _pow_vjp(gy: Any, y: Any, x: Any, c: Any) -> Any:
    if c == 0:
        return y * 0  # y is 1, while gy may be infinite
    return gy if c == 1 else gy * c * x ** (c - 1)


class Copy(Function):
    """The identity into fresh memory, as `dtype`."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype

    def forward(self, x: Any) -> Any:
        return x.astype(self.dtype)

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        return gy if gy.dtype == x.dtype else Copy(x.dtype)(gy)


def sum_array(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`x.sum(axis, keepdims)` of an array, in its dtype; float16 accumulates in float32.

    NumPy's operations on 0-d object arrays give elements: such an `x` is its own sum.
    """
    if not hasattr(x, "dtype"):
        return x
    if x.dtype.char == "e":
        return x.sum(axis=axis, keepdims=keepdims, dtype="float32").astype(x.dtype)
    return x.sum(axis=axis, keepdims=keepdims)


class SumTo(Function):
    """The adjoint of broadcasting: sum over the axes that `shape` lacks or holds with size 1."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Any) -> Any:
        if not _broadcasts(self.shape, x.shape):
            raise ValueError(f"sum_to: shape {self.shape} does not broadcast to the shape of x, {x.shape}")
        lead = x.ndim - len(self.shape)
        kept = tuple(
            lead + axis for axis, size in enumerate(self.shape) if size == 1 and x.shape[lead + axis] != 1
        )
        return sum_array(x, (*range(lead), *kept), keepdims=True).reshape(self.shape)

    def backward(self, gy: Variable) -> Variable:
        return broadcast_to(gy, self.inputs[0].shape)


class BroadcastTo(Function):
    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Any) -> Any:
        if not _broadcasts(x.shape, self.shape):
            raise ValueError(f"broadcast_to: the shape of x, {x.shape}, does not broadcast to {self.shape}")
        return cuda.get_array_module(x).broadcast_to(x, self.shape)

    def backward(self, gy: Variable) -> Variable:
        return sum_to(gy, self.inputs[0].shape)


def _broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    lead = len(to) - len(shape)
    return lead >= 0 and all(n in (1, m) for n, m in zip(shape, to[lead:], strict=True))


def sum_to(x: Any, shape: tuple[int, ...]) -> Variable:
    """Sum `x` over the axes along which `shape` would have to be broadcast to give `x.shape`.

    Raises:
        ValueError: `shape` does not broadcast to `x.shape`.

    >>> sum_to(np.ones((2, 3)), (1, 3))
    variable([[2. 2. 2.]])
    """
    x = as_input(x)
    if type(shape) is not tuple:
        shape = arguments.shape(shape, "sum_to: shape")
    return x if x.shape == shape else SumTo(shape)(x)


def broadcast_to(x: Any, shape: tuple[int, ...]) -> Variable:
    """Repeat `x` along new axes and along axes of size 1, as NumPy does.

    Raises:
        ValueError: `x` does not broadcast to `shape`.

    >>> broadcast_to(np.array([1.0, 2.0]), (2, 2))
    variable([[1. 2.]
              [1. 2.]])
    """
    x = as_input(x)
    if type(shape) is not tuple:
        shape = arguments.shape(shape, "broadcast_to: shape")
    return x if x.shape == shape else BroadcastTo(shape)(x)


def add(x0: Any, x1: Any) -> Variable:
    """x0 + x1, broadcast."""
    return Add()(x0, x1)


def sub(x0: Any, x1: Any) -> Variable:
    """x0 - x1, broadcast."""
    return Sub()(x0, x1)


def mul(x0: Any, x1: Any) -> Variable:
    """x0 * x1, broadcast."""
    return Mul()(x0, x1)


def div(x0: Any, x1: Any) -> Variable:
    """x0 / x1, broadcast."""
    return Div()(x0, x1)


def neg(x: Any) -> Variable:
    """-x."""
    return Neg()(x)


def rsub(x0: Any, x1: Any) -> Variable:
    """x1 - x0 (the book's name for the reflected operator)."""
    return Sub()(x1, x0)


def rdiv(x0: Any, x1: Any) -> Variable:
    """x1 / x0 (the book's name for the reflected operator)."""
    return Div()(x1, x0)


def pow(x: Any, c: Any) -> Variable:
    """x ** c for a number, an array or a Variable c.

    >>> pow(Variable(np.array(2.0)), 3)
    variable(8.0)
    """
    if isinstance(c, (Number, np.generic)):
        return Pow(c.item() if isinstance(c, np.generic) else c)(x)
    return above.functions.power(x, c)
