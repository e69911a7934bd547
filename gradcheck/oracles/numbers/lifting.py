"""Object arrays that know that their elements are numbers.

np.maximum(x, 0.0) of an object array leaves plain zeros in it, and np.exp, which asks each element for its
own method, fails on them. A Lifted array makes numbers of such constants when a function asks for it. And
its products of matrices are FLINT's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.oracles.numbers import bulk, meanings
from gradcheck.oracles.numbers.conversion import filled
from gradcheck.oracles.numbers.element import Element, kind_of
from gradcheck.oracles.numbers.working import Limits, state


class Lifted(np.ndarray):
    """An object array; where a ufunc fails on a plain constant, it is tried again on numbers."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        operands = [x.view(np.ndarray) if type(x) is Lifted else x for x in inputs]
        in_bulk = bulk.IN_BULK.get((ufunc, method)) if out is None else None
        found = None if in_bulk is None else in_bulk(*operands, **kwargs)
        if found is not None:
            return _wrapped(found)
        if out is not None:
            kwargs["out"] = tuple(_as_ndarray(x) for x in out)
        try:
            result = meanings.call(ufunc, method, operands, kwargs)
        except (TypeError, AttributeError):
            if method != "__call__":
                raise
            kind = kind_of(operands)
            result = meanings.call(ufunc, method, [_numbers(x, kind) for x in operands], kwargs)
        if out is not None:
            return out[0] if len(out) == 1 else out
        return _wrapped(result)

    def __array_function__(self, func: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        if func is np.dot and not kwargs and max(map(np.ndim, args)) <= 2:
            func = np.matmul if min(map(np.ndim, args)) else np.multiply
            return func(*args)
        if func is np.nan_to_num:
            return meanings.nan_to_num(*args, **kwargs)
        result = super().__array_function__(func, types, args, kwargs)
        if isinstance(result, (tuple, list)):
            return type(result)(_wrapped(r) for r in result)
        return _wrapped(result)

    def astype(self, dtype: Any, *args: Any, copy: Any = True, **kwargs: Any) -> Any:
        """A cast to another precision is the identity: rounding is not the function that is meant."""
        kind = np.dtype(dtype).kind
        if kind in "fO":
            return self.copy() if copy else self
        if kind in "iu":
            return meanings.integers(np.asarray(self)).astype(dtype)
        return meanings.booleans(np.asarray(self)) if kind == "b" else super().astype(dtype, *args, **kwargs)


def lifted(x: Any) -> Any:
    """An object array as a Lifted one; anything else as it is.

    >>> from gradcheck.oracles.numbers.ball import Ball
    >>> np.exp(np.maximum(lifted(filled((2,), [Ball.of(1), Ball.of(-1)])), 0.0))[1]
    Ball(1.00000000000000)
    """
    return x.view(Lifted) if isinstance(x, np.ndarray) and x.dtype == object else x


def _as_ndarray(x: Any) -> Any:
    return x.view(np.ndarray) if isinstance(x, Lifted) else x


def _wrapped(result: Any) -> Any:
    now = state.get()
    if now is not None and now.limits is not None:
        _check_ranges(result, now.limits)
    return lifted(result) if type(result) is np.ndarray else result


def _check_ranges(result: Any, limits: Limits) -> None:
    """Hold computed numbers against a dtype's range."""
    for element in result.ravel().tolist() if isinstance(result, np.ndarray) else [result]:
        if isinstance(element, Element):
            limits.check_range(element.constant())


def _numbers(x: Any, kind: type[Element] | None) -> Any:
    """The array with its plain constants made numbers; floats where there is nothing else."""
    if not isinstance(x, np.ndarray) or x.dtype != object:
        return x
    if kind is None:
        return x.astype(float)
    return filled(x.shape, [v if isinstance(v, Element) else kind.of(v) for v in x.ravel()])
