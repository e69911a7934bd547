"""Object arrays that know that their elements are numbers.

np.maximum(x, 0.0) of an object array leaves plain zeros in it, and np.exp, which asks each element for its
own method, fails on them. A Lifted array makes numbers of such constants when a function asks for it. And
its products of matrices are FLINT's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.oracles import bulk
from gradcheck.oracles.number import Number


class Lifted(np.ndarray):
    """An object array; where a ufunc fails on a plain constant, it is tried again on numbers."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        operands = [_plain(x) for x in inputs]
        found = _in_bulk(ufunc, method, operands, kwargs) if out is None else None
        if found is not None:
            return _wrapped(found)
        if out is not None:
            kwargs["out"] = tuple(_plain(x) for x in out)
        try:
            result = getattr(ufunc, method)(*operands, **kwargs)
        except (TypeError, AttributeError):
            if method != "__call__":
                raise
            kind = _kind(operands)
            result = ufunc(*[_numbers(x, kind) for x in operands], **kwargs)
        if out is not None:
            return out[0] if len(out) == 1 else out
        return _wrapped(result)

    def __array_function__(self, func: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        result = super().__array_function__(func, types, args, kwargs)
        if isinstance(result, (tuple, list)):
            return type(result)(_wrapped(r) for r in result)
        return _wrapped(result)


def lifted(x: Any) -> Any:
    """An object array as a Lifted one; anything else as it is.

    >>> from gradcheck.oracles.arithmetic import Ball
    >>> x = np.empty(2, dtype=object)
    >>> x[:] = [Ball.of(1), Ball.of(-1)]
    >>> np.exp(np.maximum(lifted(x), 0.0))[1]
    Ball(1.00000000000000)
    """
    return x.view(Lifted) if isinstance(x, np.ndarray) and x.dtype == object else x


def _plain(x: Any) -> Any:
    return x.view(np.ndarray) if isinstance(x, Lifted) else x


def _in_bulk(ufunc: Any, method: str, operands: list[Any], kwargs: dict[str, Any]) -> Any:
    """A sum, a product of matrices or of an array and a mask; None for anything else."""
    if ufunc is np.multiply and method == "__call__" and not kwargs:
        return _masked(*operands) if _is_mask(operands[1]) and np.ndim(operands[0]) else None
    if ufunc is np.matmul and method == "__call__" and not kwargs:
        found = bulk.matmul(*map(np.asarray, operands))
        return found[()] if found is not None and not found.ndim else found
    if ufunc is not np.add or method != "reduce" or len(operands) > 1:
        return None
    axis, keepdims = kwargs.get("axis", 0), kwargs.get("keepdims", False)
    others = (value for key, value in kwargs.items() if key not in ("axis", "keepdims"))
    usual = all(value is None or value is True for value in others)  # no dtype, `where` or `initial`
    return bulk.total(operands[0], axis, keepdims) if usual else None


def _is_mask(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype == bool


def _masked(x: Any, mask: np.ndarray) -> np.ndarray:
    """x * mask: only where it is false is there anything to compute."""
    x, mask = np.broadcast_arrays(x, mask)
    result = x.copy()
    result[~mask] *= False
    return result


def _wrapped(result: Any) -> Any:
    return lifted(result) if type(result) is np.ndarray else result


def _kind(operands: list[Any]) -> type[Number] | None:
    """The class of the numbers among the operands, None if all are constants."""
    for x in operands:
        for element in np.ravel(x) if isinstance(x, np.ndarray) else ():
            if isinstance(element, Number):
                return type(element)
    return None


def _numbers(x: Any, kind: type[Number] | None) -> Any:
    """The array with its plain constants made numbers; floats where there is nothing else."""
    if not isinstance(x, np.ndarray) or x.dtype != object:
        return x
    if kind is None:
        return x.astype(float)
    result = np.empty(x.shape, dtype=object)
    result.reshape(-1)[:] = [v if isinstance(v, Number) else kind.of(v) for v in x.ravel()]
    return result
