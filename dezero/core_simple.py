"""The book's early core (steps 23 to 32), on its own: gradients are arrays, of first order only.

It is here to be compared with `dezero.core`, which makes gradients Variables and so differentiates
them again. The two do not mix.
"""

from __future__ import annotations

import contextlib as contextlib  # shown by the book's module, which uses it
import heapq
import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from typing import Any

import numpy as np


class Config:
    """The switch of this core, one for the whole process."""

    enable_backprop = True


@contextmanager
def using_config(name: str, value: bool) -> Iterator[None]:
    """Within the block, `Config.<name>` is `value`."""
    before = getattr(Config, name)
    setattr(Config, name, value)
    try:
        yield
    finally:
        setattr(Config, name, before)


def no_grad() -> AbstractContextManager[None]:
    """Within the block nothing is recorded."""
    return using_config("enable_backprop", False)


class Variable:
    """An array, its gradient (an array too), and the Function that made it.

    Raises:
        TypeError: `data` is neither an array nor None.

    >>> x = Variable(np.array(3.0))
    >>> y = x**2 + 2 * x
    >>> y.backward()
    >>> y, x.grad
    (variable(15.0), array(8.))
    """

    __array_priority__ = 200  # ndarray + Variable is left to Variable.__radd__

    def __init__(self, data: Any, name: str | None = None) -> None:
        if data is not None and not isinstance(data, np.ndarray):
            raise TypeError(f"Variable: data must be a NumPy array or None, got {type(data)}")
        self.data: Any = data
        self.name = name
        self.grad: Any = None
        self.creator: Function | None = None
        self.generation = 0

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    @property
    def ndim(self) -> int:
        return self.data.ndim

    @property
    def size(self) -> int:
        return self.data.size

    @property
    def dtype(self) -> Any:
        return self.data.dtype

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        return "variable(" + str(self.data).replace("\n", "\n" + " " * 9) + ")"

    def set_creator(self, func: Function) -> None:
        """Make this Variable an output of `func`."""
        self.creator = func
        self.generation = func.generation + 1

    def cleargrad(self) -> None:
        """Forget the gradient."""
        self.grad = None

    def backward(self, retain_grad: bool = False) -> None:
        """Add to the `grad` of every leaf the derivative of this Variable with respect to it.

        Args:
            retain_grad: intermediate Variables get their gradients too.
        """
        if self.grad is None:
            self.grad = np.ones_like(self.data)
        if self.creator is None:
            return
        cotangents = {self: self.grad}
        for func in _latest_first(self.creator):
            for x, gx in zip(func.inputs, func.pull_back(cotangents), strict=True):
                cotangents[x] = _accumulate(cotangents.get(x), _sum_to(gx, x))
        del cotangents[self]
        for x, gx in cotangents.items():
            if retain_grad or x.creator is None:
                x.grad = _accumulate(x.grad, gx)
        if not retain_grad:
            self.grad = None

    # The functions below do the work.

    def __add__(self, other: Any) -> Variable:
        return add(self, other)

    def __radd__(self, other: Any) -> Variable:
        return add(self, other)

    def __mul__(self, other: Any) -> Variable:
        return mul(self, other)

    def __rmul__(self, other: Any) -> Variable:
        return mul(self, other)

    def __neg__(self) -> Variable:
        return neg(self)

    def __sub__(self, other: Any) -> Variable:
        return sub(self, other)

    def __rsub__(self, other: Any) -> Variable:
        return rsub(self, other)

    def __truediv__(self, other: Any) -> Variable:
        return div(self, other)

    def __rtruediv__(self, other: Any) -> Variable:
        return rdiv(self, other)

    def __pow__(self, c: Any) -> Variable:
        return pow(self, c)


def _latest_first(last: Function) -> Iterator[Function]:
    """The Functions behind and including `last`, each once, before those whose outputs it used."""
    tie_break = count()
    heap = [(-last.generation, next(tie_break), last)]
    seen = {last}
    while heap:
        func = heapq.heappop(heap)[-1]
        yield func
        for x in func.inputs:
            if x.creator is not None and x.creator not in seen:
                seen.add(x.creator)
                heapq.heappush(heap, (-x.creator.generation, next(tie_break), x.creator))


def _sum_to(gx: Any, x: Variable) -> np.ndarray:
    """`gx` summed over the axes along which `x` was broadcast: a new array, of x's dtype."""
    gx = np.asarray(gx)
    lead = gx.ndim - x.ndim
    axes = (*range(lead), *(lead + axis for axis, size in enumerate(x.shape) if size == 1))
    return np.asarray(gx.sum(axis=axes, dtype=x.dtype)).reshape(x.shape)


def _accumulate(before: Any, gx: np.ndarray) -> np.ndarray:
    return gx if before is None else np.asarray(before + gx)


def as_variable(obj: Any) -> Variable:
    """`obj` as a Variable: Variables as they are, arrays wrapped."""
    return obj if isinstance(obj, Variable) else Variable(obj)


def as_array(x: Any, like: Any = None) -> Any:
    """`x` as an array if it is a number, in the dtype that suits `like`; else as it is."""
    if not np.isscalar(x):
        return x
    return np.asarray(x) if like is None else np.asarray(x, np.result_type(like.data, x))


class Function:
    """What maps Variables to Variables. A subclass gives `forward` and `backward`, on arrays."""

    inputs: list[Variable]
    outputs: list[weakref.ref[Variable]]
    output_types: list[tuple[tuple[int, ...], Any]]
    generation: int

    def __call__(self, *inputs: Any) -> Any:
        variables = [as_variable(x) for x in inputs]
        ys = self.forward(*[x.data for x in variables])
        outputs = [Variable(as_array(y)) for y in (ys if isinstance(ys, tuple) else (ys,))]
        if Config.enable_backprop:
            self.generation = max(x.generation for x in variables)
            for output in outputs:
                output.set_creator(self)
            self.inputs = variables
            self.outputs = [weakref.ref(output) for output in outputs]  # no reference cycle
            self.output_types = [(output.shape, output.dtype) for output in outputs]
        return outputs if len(outputs) > 1 else outputs[0]

    def pull_back(self, cotangents: dict[Variable, Any]) -> tuple[Any, ...]:
        """Cotangents of the inputs, from those of the outputs: zeros for one that nothing used."""
        gys = []
        for reference, (shape, dtype) in zip(self.outputs, self.output_types, strict=True):
            y = reference()
            gys.append(cotangents[y] if y in cotangents else np.zeros(shape, dtype))
        gxs = self.backward(*gys)
        return gxs if isinstance(gxs, tuple) else (gxs,)

    def forward(self, *xs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__}.forward is not written")

    def backward(self, *gys: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__}.backward is not written")


class Add(Function):
    def forward(self, x0: Any, x1: Any) -> Any:
        return x0 + x1

    def backward(self, gy: Any) -> Any:
        return gy, gy


class Mul(Function):
    def forward(self, x0: Any, x1: Any) -> Any:
        return x0 * x1

    def backward(self, gy: Any) -> Any:
        x0, x1 = (x.data for x in self.inputs)
        return gy * x1, gy * x0


class Neg(Function):
    def forward(self, x: Any) -> Any:
        return -x

    def backward(self, gy: Any) -> Any:
        return -gy


class Sub(Function):
    def forward(self, x0: Any, x1: Any) -> Any:
        return x0 - x1

    def backward(self, gy: Any) -> Any:
        return gy, -gy


class Div(Function):
    def forward(self, x0: Any, x1: Any) -> Any:
        return x0 / x1

    def backward(self, gy: Any) -> Any:
        x0, x1 = (x.data for x in self.inputs)
        return gy / x1, gy * (-x0 / x1**2)


class Pow(Function):
    def __init__(self, c: Any) -> None:
        self.c = c

    def forward(self, x: Any) -> Any:
        return x**self.c

    def backward(self, gy: Any) -> Any:
        x, c = self.inputs[0].data, self.c
        return np.zeros_like(gy) if c == 0 else c * x ** (c - 1) * gy


def add(x0: Variable, x1: Any) -> Variable:
    """x0 + x1."""
    return Add()(x0, as_array(x1, x0))


def mul(x0: Variable, x1: Any) -> Variable:
    """x0 * x1."""
    return Mul()(x0, as_array(x1, x0))


def neg(x: Variable) -> Variable:
    """-x."""
    return Neg()(x)


def sub(x0: Variable, x1: Any) -> Variable:
    """x0 - x1."""
    return Sub()(x0, as_array(x1, x0))


def rsub(x0: Variable, x1: Any) -> Variable:
    """x1 - x0."""
    return Sub()(as_array(x1, x0), x0)


def div(x0: Variable, x1: Any) -> Variable:
    """x0 / x1."""
    return Div()(x0, as_array(x1, x0))


def rdiv(x0: Variable, x1: Any) -> Variable:
    """x1 / x0."""
    return Div()(as_array(x1, x0), x0)


def pow(x: Variable, c: Any) -> Variable:
    """x ** c for a number c."""
    return Pow(c)(x)


def setup_variable() -> None:
    """Do nothing: the operators are methods of Variable. The book's programs call this."""
