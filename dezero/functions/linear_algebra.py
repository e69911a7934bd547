"""Matrix products."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from dezero.core import Constant, Formula, Function, SumTo, Variable, as_operand, sum_to
from dezero.cuda import get_array_module
from dezero.functions.shape import reshape, transpose
from dezero.refusal import raise_refused

__all__ = [
    "Linear",
    "MatMul",
    "dot",
    "linear",
    "linear_simple",
    "matmul",
]


FEW = 8  # columns of a product that BLAS finds sooner than NumPy's multiplication


class MatMul(Function):
    """(..., M, K) times (..., K, N), the leading axes broadcast."""

    def forward(self, x: Any, W: Any) -> Any:  # noqa: N803  # the book's name
        if x.shape[-1] == 1 and W.shape[-1] > FEW:
            return x * W  # no sums: NumPy's matmul takes 2 to 10 times as long
        return get_array_module(x).matmul(x, W)

    def backward(self, gy: Variable) -> tuple[Variable | None, ...]:
        x, W = self.inputs  # noqa: N806  # the book's name
        gx = gW = None  # noqa: N806  # a product that nobody asked for is not made
        if not isinstance(x, Constant):
            gx = sum_to(matmul(gy, _swap(W)), x.shape)
        if not isinstance(W, Constant):
            gW = sum_to(matmul(_swap(x), gy), W.shape)  # noqa: N806
        return gx, gW


class Linear(Formula):
    """x W + b, with x (..., I), W (I, O) and b (O,) or of another shape that broadcasts."""

    def forward(self, x: Any, W: Any, b: Any = None) -> Any:  # noqa: N803  # the book's name
        xp = get_array_module(x)
        if b is None:
            return xp.matmul(x, W)
        return xp.matmul(x, W) + b  # one expression: NumPy adds in the memory of the product

    def cotangents(self, gys: Sequence[Any], x: Any, W: Any, b: Any = None) -> Sequence[Any]:  # noqa: N803
        (gy,), fixed = gys, [isinstance(operand, Constant) for operand in self.inputs]
        gb = None if b is None else SumTo.of(gy, shape=b.shape)
        product = (*x.shape[:-1], W.shape[1])
        if gy.shape != product:  # b was wider
            gy = SumTo.of(gy, shape=product)
        gx = None if fixed[0] else MatMul.of(gy, W.T)
        gW = None if fixed[1] else _flat(x).T @ _flat(gy)  # noqa: N806  # the book's name
        return (gx, gW) if b is None else (gx, gW, gb)


def _swap(x: Variable) -> Variable:
    """The last two axes exchanged."""
    return transpose(x, (*range(x.ndim - 2), -1, -2))


def _flat(x: Any) -> Any:
    """(..., K) as (N, K)."""
    return x if x.ndim == 2 else x.reshape((prod(x.shape[:-1]), x.shape[-1]))


def matmul(x: Any, W: Any) -> Variable:  # noqa: N803  # the book's name
    """The matrix product, as NumPy's: leading axes broadcast; a 1-D operand is a row or a column.

    Raises:
        ValueError: an operand is a scalar, or the inner sizes differ.

    >>> import numpy as np
    >>> matmul(np.ones((5, 2, 3)), np.ones(3)).shape
    (5, 2)
    """
    x, W = as_operand(x), as_operand(W)  # noqa: N806
    if x.ndim == 0 or W.ndim == 0:
        raise_refused(ValueError(f"matmul: x and W must have axes, got shapes {x.shape}, {W.shape}"))
    if x.shape[-1] != W.shape[max(W.ndim - 2, 0)]:
        raise_refused(ValueError(f"matmul: the inner sizes of x {x.shape} and W {W.shape} must be equal"))
    y = MatMul()(
        reshape(x, (1, *x.shape)) if x.ndim == 1 else x,
        reshape(W, (*W.shape, 1)) if W.ndim == 1 else W,
    )
    if x.ndim > 1 and W.ndim > 1:
        return y
    kept = y.shape if x.ndim > 1 else (*y.shape[:-2], y.shape[-1])
    return reshape(y, kept if W.ndim > 1 else kept[:-1])


dot = matmul


def linear(x: Any, W: Any, b: Any = None) -> Variable:  # noqa: N803  # the book's name
    """x W + b, with x (..., I), W (I, O) and b None, (O,) or whatever broadcasts with the product.

    Raises:
        ValueError: the shapes do not fit.

    >>> import numpy as np
    >>> linear(np.ones((2, 3)), np.ones((3, 4)), np.ones(4)).shape
    (2, 4)
    """
    x, W = as_operand(x), as_operand(W)  # noqa: N806
    if W.ndim != 2 or x.ndim < 1 or x.shape[-1] != W.shape[0]:
        raise ValueError(f"linear: x (..., I) and W (I, O) do not fit, got {x.shape} and {W.shape}")
    if x.ndim == 1:
        y = linear(reshape(x, (1, *x.shape)), W, b)
        return y if b is not None and as_operand(b).ndim > 1 else reshape(y, y.shape[1:])
    return Linear()(x, W) if b is None else Linear()(x, W, as_operand(b))


def linear_simple(x: Any, W: Any, b: Any = None) -> Variable:  # noqa: N803  # the book's name
    """`linear`, made of matmul and add."""
    y = matmul(x, W)
    return y if b is None else y + b
