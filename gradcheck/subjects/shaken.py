"""Arrays that round at random: how far rounding carries a result, where balls cannot follow.

Every floating result of a NumPy function is moved by at most one unit in its last place, up, down or not
at all; where a function adds many terms, its operands are moved as well. Repeated runs of one program
then differ by what its own rounding can do (random rounding: Vignes, "A stochastic arithmetic for
reliable scientific computation", 1993).

What was not rounded is not moved (see `exactness`), and equal elements of one result are moved alike:
a branch that hangs on them is no matter of rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.subjects.exactness import exact, small_integers
from gradcheck.subjects.nested import mapped
from gradcheck.system.floats import precision

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
_SUM_FUNCTIONS = frozenset(
    {"sum", "prod", "cumsum", "dot", "vdot", "inner", "outer", "tensordot", "einsum", "trace", "kron"}
)
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

    >>> x = np.linspace(2, 2.5, 1000)
    >>> with random_rounding(0, x.dtype):
    ...     roots = np.sqrt(shaken(x)).view(np.ndarray)
    >>> np.unique(np.sign(roots - np.sqrt(x))).tolist()
    [-1.0, 0.0, 1.0]
    """
    before = _MOVES.set(_Moves(np.random.default_rng(seed), precision(dtype)))
    try:
        yield
    finally:
        _MOVES.reset(before)


class Shaken(np.ndarray):
    """An array whose results are moved at random where `random_rounding` says so."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        operands = [_as_ndarray(x) for x in inputs]
        sums = ufunc.__name__ in _SUMS or method in _REDUCTIONS
        rounds = ufunc.__name__ not in _EXACT_UFUNCS and not (sums and _all_whole(operands))
        if rounds and sums:
            operands = [moved(x) for x in operands]
        if out is not None:
            kwargs["out"] = tuple(_as_ndarray(x) for x in out)
        result = getattr(ufunc, method)(*operands, **kwargs)
        if out is not None:
            return out[0] if len(out) == 1 else out
        known = rounds and method == "__call__" and not sums and not isinstance(result, tuple)
        kept = exact(ufunc.__name__, operands, result) if known else not rounds
        return mapped(lambda r: _wrapped(moved(r, kept)), result)

    def __array_function__(self, func: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        rounds = func.__name__ not in _EXACT_FUNCTIONS
        if rounds and func.__name__ in _SUM_FUNCTIONS:
            rounds = not _all_whole(args)
        change = (lambda x: moved(_as_ndarray(x))) if rounds else _as_ndarray
        result = func(*mapped(change, args), **mapped(change, kwargs))
        return mapped(lambda r: _wrapped(moved(r, not rounds)), result)

    def __getitem__(self, key: Any) -> Any:
        """0-d results stay arrays: a NumPy scalar would round as usual."""
        return _wrapped(np.asarray(self)[key])


def shaken(x: np.ndarray) -> np.ndarray:
    """A copy of `x` whose results `random_rounding` moves."""
    return x.copy().view(Shaken)


def _as_ndarray(x: Any) -> Any:
    return x.view(np.ndarray) if isinstance(x, Shaken) else x


def moved(x: Any, kept: Any = False) -> Any:
    """Each floating element one ULP up, down or as it is; equal ones alike, zeros and what is `kept` not.

    Whatever has fewer digits than `random_rounding` asks for is left as it is.
    """
    moves = _MOVES.get()
    if moves is None or not isinstance(x, (np.ndarray, np.floating)) or x.dtype.kind != "f":
        return x
    if precision(x.dtype) < moves.digits or np.all(kept):
        return x
    x = np.asarray(x)
    chance = _hashed(x, int(moves.generator.integers(2**63))) % np.uint64(3)
    rests = (chance == 0) | (x == 0) | kept
    return np.where(rests, x, np.nextafter(x, np.where(chance == 1, -np.inf, np.inf).astype(x.dtype)))


def _hashed(x: np.ndarray, salt: int) -> np.ndarray:
    """Numbers that look like random ones, the same for equal elements (0.0 and -0.0 aside)."""
    mixer = np.uint64(2 * salt + 1)
    bits = np.ascontiguousarray(x, dtype=np.float64).reshape(x.shape).view(np.uint64)
    with np.errstate(over="ignore"):  # products are meant to wrap around
        for shift in (32, 29):
            bits = (bits ^ (bits >> np.uint64(shift))) * mixer
    return np.asarray(bits >> np.uint64(33))


def _all_whole(operands: Any) -> bool:
    """Whether sums of products of these numbers are exact: all are small and whole."""
    if isinstance(operands, (tuple, list)):
        return all(_all_whole(x) for x in operands)
    return (
        operands is None or isinstance(operands, str) or bool(np.all(small_integers(_as_ndarray(operands))))
    )


def _wrapped(result: Any) -> Any:
    if not isinstance(result, (np.ndarray, np.generic)):
        return result
    array = np.asarray(result)
    return array.view(Shaken) if array.dtype.kind in "fc" else result
