"""Arrays that count the operations on their elements: what a call of f would cost in balls.

A float costs next to nothing, a ball a microsecond: floats tell whether balls can be afforded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.subjects.nested import mapped

_PRODUCTS = frozenset({"matmul", "dot", "vdot", "inner", "tensordot", "einsum", "vecdot", "matvec", "vecmat"})
IN_PRODUCTS = 16  # products of matrices that cost as much as one other operation: FLINT computes them in bulk


@dataclass
class Count:
    """Of operations on elements."""

    operations: float = 0.0


_COUNT: ContextVar[Count | None] = ContextVar("_COUNT", default=None)


@contextmanager
def counting() -> Iterator[Count]:
    """In the block, count what is done to `counted` arrays.

    >>> with counting() as count:
    ...     _ = np.exp(counted(np.ones((2, 3)))) @ np.ones((3, 8))
    >>> count.operations
    30.0
    """
    count = Count()
    before = _COUNT.set(count)
    try:
        yield count
    finally:
        _COUNT.reset(before)


class Counted(np.ndarray):
    """An array whose functions are counted."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        operands = [_plain(x) for x in inputs]
        if out is not None:
            kwargs["out"] = tuple(_plain(x) for x in out)
        result = getattr(ufunc, method)(*operands, **kwargs)
        _count(ufunc.__name__, operands, result)
        return out[0] if out is not None and len(out) == 1 else mapped(_wrapped, result)

    def __array_function__(self, func: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        result = func(*mapped(_plain, args), **mapped(_plain, kwargs))
        _count(func.__name__, list(args), result)
        return mapped(_wrapped, result)


def counted(x: np.ndarray) -> np.ndarray:
    """A copy of `x` that counts."""
    return x.copy().view(Counted)


def _count(name: str, operands: list[Any], result: Any) -> None:
    count = _COUNT.get()
    if count is None:
        return
    sizes = [_size(x) for x in operands]
    most = float(max([_size(result), *sizes]))
    if name in _PRODUCTS and len(sizes) > 1 and min(sizes):
        # the root of (m k) (k n) (m n) is m k n
        terms = math.sqrt(float(sizes[-1]) * sizes[-2] * max(_size(result), 1))
        most = max(most, terms / IN_PRODUCTS)
    count.operations += most


def _size(x: Any) -> int:
    """Elements of an array, or of several; 1 for anything else."""
    if isinstance(x, (tuple, list)):
        return sum(map(_size, x))
    return x.size if isinstance(x, np.ndarray) else 1


def _plain(x: Any) -> Any:
    return x.view(np.ndarray) if isinstance(x, Counted) else x


def _wrapped(x: Any) -> Any:
    return x.view(Counted) if type(x) is np.ndarray and x.dtype.kind == "f" else x
