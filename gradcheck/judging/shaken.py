"""Arrays that round at random: how far rounding carries a result, where balls cannot follow.

Every floating result of a NumPy function is moved by at most one unit in its last place, up, down or not
at all; where a function adds many terms, its operands are moved as well. Repeated runs of one program
then differ by what its own rounding can do (random rounding: Vignes, "A stochastic arithmetic for
reliable scientific computation", 1993).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.ulp import precision

_EXACT_UFUNCS = frozenset(
    {
        *("negative", "positive", "absolute", "fabs", "sign", "copysign", "maximum", "minimum"),
        *("fmax", "fmin", "floor", "ceil", "trunc", "rint", "conjugate", "nextafter", "ldexp"),
    }
)
_EXACT_FUNCTIONS = frozenset(
    {
        *("reshape", "ravel", "transpose", "swapaxes", "moveaxis", "squeeze", "expand_dims", "flip"),
        *("concatenate", "stack", "hstack", "vstack", "split", "array_split", "broadcast_to", "roll"),
        *("where", "take", "take_along_axis", "put", "put_along_axis", "copyto", "sort", "argsort"),
        *("zeros_like", "ones_like", "empty_like", "full_like", "diag", "diagonal", "tril", "triu"),
        *("repeat", "tile", "pad", "rot90", "clip", "max", "min", "amax", "amin", "copy", "eye"),
        *("atleast_1d", "atleast_2d", "atleast_3d", "nan_to_num", "round", "argmax", "argmin"),
        *("nanmax", "nanmin", "nanargmax", "nanargmin", "median", "partition", "argpartition", "unique"),
        *("flipud", "fliplr", "dstack", "column_stack", "block", "append", "insert", "delete", "resize"),
        *("compress", "extract", "choose", "select", "searchsorted", "digitize", "count_nonzero"),
        *("array_equal", "allclose", "isclose", "nonzero", "argwhere", "flatnonzero", "meshgrid"),
    }
)
_SUMS = frozenset({"matmul", "vecdot", "matvec", "vecmat"})
_REDUCTIONS = frozenset({"reduce", "accumulate", "reduceat"})


@dataclass(frozen=True)
class _Moves:
    """What decides the moves: chance, and the digits from which on a result is moved.

    What is rounded to fewer is a mistake to be seen, not rounding to be excused.
    """

    generator: np.random.Generator
    digits: int


_MOVES: ContextVar[_Moves | None] = ContextVar("_MOVES", default=None)


@contextmanager
def random_rounding(seed: int, dtype: Any) -> Iterator[None]:
    """In the block, move the results of `shaken` arrays that are at least as precise as `dtype`.

    >>> x = np.full(1000, 2.0)
    >>> with random_rounding(0, x.dtype):
    ...     roots = np.sqrt(shaken(x))
    >>> len(np.unique(roots))
    3
    """
    before = _MOVES.set(_Moves(np.random.default_rng(seed), precision(dtype)))
    try:
        yield
    finally:
        _MOVES.reset(before)


class Shaken(np.ndarray):
    """An array whose results are moved at random where `random_rounding` says so."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        operands = [_plain(x) for x in inputs]
        exact = ufunc.__name__ in _EXACT_UFUNCS
        if not exact and (ufunc.__name__ in _SUMS or method in _REDUCTIONS):
            operands = [_moved(x) for x in operands]
        if out is not None:
            kwargs["out"] = tuple(_plain(x) for x in out)
        result = getattr(ufunc, method)(*operands, **kwargs)
        if out is not None:
            return out[0] if len(out) == 1 else out
        return _wrapped(result, not exact)

    def __array_function__(self, func: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        exact = func.__name__ in _EXACT_FUNCTIONS
        change = _plain if exact else lambda x: _moved(_plain(x))
        arguments = _mapped(change, args)
        return _wrapped(func(*arguments, **_mapped(change, kwargs)), not exact)

    def __getitem__(self, key: Any) -> Any:
        """0-d results stay arrays: a NumPy scalar would round as usual."""
        return _wrapped(np.asarray(self)[key], moved=False)


def shaken(x: np.ndarray) -> np.ndarray:
    """A copy of `x` whose results `random_rounding` moves."""
    return x.copy().view(Shaken)


def _plain(x: Any) -> Any:
    return x.view(np.ndarray) if isinstance(x, Shaken) else x


def _moved(x: Any) -> Any:
    """Each floating element one ULP up, down or as it is; a zero is exact (a difference of equals, say)."""
    moves = _MOVES.get()
    if moves is None or not isinstance(x, (np.ndarray, np.floating)) or x.dtype.kind != "f":
        return x
    if precision(x.dtype) < moves.digits:
        return x
    target = moves.generator.choice([-np.inf, np.nan, np.inf], np.shape(x)).astype(x.dtype)
    return np.where(np.isnan(target) | (x == 0), x, np.nextafter(x, target))


def _wrapped(result: Any, moved: bool) -> Any:
    if isinstance(result, tuple):
        return tuple(_wrapped(r, moved) for r in result)
    if isinstance(result, list):
        return [_wrapped(r, moved) for r in result]
    if not isinstance(result, (np.ndarray, np.generic)):
        return result
    array = np.asarray(_moved(result) if moved else result)
    return array.view(Shaken) if array.dtype.kind in "fc" else result


def _mapped(change: Callable[[Any], Any], value: Any) -> Any:
    """The same container with its arrays changed."""
    if isinstance(value, (tuple, list)):
        return type(value)(_mapped(change, v) for v in value)
    if isinstance(value, dict):
        return {key: _mapped(change, v) for key, v in value.items()}
    return change(value)
