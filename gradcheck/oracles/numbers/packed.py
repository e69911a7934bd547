"""Arrays of balls that are computed with as a whole: elements are records of floats instead of objects.

An op that only adds and multiplies needs no more, and takes part of the time. NumPy knows no arithmetic of
records: whatever is not written here raises, and the caller takes objects instead. A number that an op
writes into such an array becomes each of the floats of a record. If it is positive, that is a ball that
holds it, if a wide one; else it is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from flint import arb

from gradcheck.oracles.numbers.algebras import Algebra, NotPacked
from gradcheck.oracles.numbers.conversion import filled
from gradcheck.oracles.numbers.double_double import OutOfRange, check_range
from gradcheck.oracles.numbers.working import WANTED_BITS, working

MOST_BITS = 53  # of a number that a record holds
HELD = 128  # bits: hi + lo, unless there is a gap between them


class Packed(np.ndarray):
    """An array of balls or of series, whose `algebra` says what a record is (see `algebras`).

    >>> from gradcheck.oracles.numbers.algebras import Rounding
    >>> x = packed(Rounding(53), np.array([[0.1, 0.2]]))
    >>> bool(arbs(fields_of(x @ (3 * x).T, x.algebra))[0, 0].overlaps(arb("0.15", 1e-16)))
    True
    """

    algebra: Algebra  # of a class of its own: what NumPy makes of an array is of its class

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **settings: Any) -> Any:
        compute = _UFUNCS.get(ufunc)
        if compute is None or method != "__call__" or settings:
            raise NotPacked(f"{ufunc.__name__} of packed balls is not known")
        found = compute(self.algebra, *(fields_of(x, self.algebra) for x in inputs))
        check_range(found.hi)
        if out is None:
            return _joined(found, self.algebra)
        _store(found, out[0])
        return out[0]

    def __array_function__(self, func: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        if func not in _MOVES:
            raise NotPacked(f"{func.__name__} of packed balls is not known")
        return super().__array_function__(func, types, args, kwargs)

    def __getitem__(self, index: Any) -> Any:
        """An array; of one element as well, which NumPy gives as a scalar without this class."""
        found = super().__getitem__(index)
        return found if isinstance(found, np.ndarray) else np.asarray(found).view(type(self))

    def _refused(self, *args: Any, **settings: Any) -> Any:
        """What NumPy would do with the floats of a record, one after the other."""
        raise NotPacked("packed balls are no numbers of NumPy")

    __bool__ = __iter__ = argpartition = argsort = item = nonzero = partition = searchsorted = _refused
    sort = tolist = view = _refused


def packed(algebra: Algebra, x: np.ndarray, *coefficients: np.ndarray | None) -> Any:
    """A real array as exact balls; of series, with further coefficients.

    Raises:
        OutOfRange: a number is too large or too small.
        NotPacked: numbers have another type, or more digits.
    """
    return _joined(algebra.exact(*(None if c is None else _floats(c) for c in (x, *coefficients))), algebra)


def fields_of(x: Any, algebra: Algebra) -> Any:
    """The floats of a packed array, or of plain numbers."""
    if getattr(x, "dtype", None) != algebra.dtype:
        return algebra.exact(_floats(x))
    x = np.asarray(x)
    found = algebra.kind(*(x[name] for name in algebra.dtype.names or ()))
    if found.radius.min(initial=0.0) < 0:
        raise OutOfRange("a negative number was written among packed balls")
    return found


def _floats(x: Any) -> np.ndarray:
    """Plain numbers, as far as a float64 holds them."""
    x = np.asarray(x)
    if x.dtype.kind not in "biuf" or x.dtype.char == "g":
        raise NotPacked(f"{x.dtype} is not packed")
    held = x.astype(np.float64)
    if x.dtype.kind in "iu" and (np.abs(held) >= 2.0**MOST_BITS).any():
        raise OutOfRange("an integer has more digits than a float")
    check_range(held)
    return held


def _joined(fields: Any, algebra: Algebra) -> Any:
    found = np.empty(fields.hi.shape[: _ndim(fields, algebra)], algebra.dtype)
    _store(fields, found)
    return found.view(_class_of(algebra))


@lru_cache(maxsize=64)
def _class_of(algebra: Algebra) -> type[Packed]:
    return type("Packed", (Packed,), {"algebra": algebra})


def _ndim(fields: Any, algebra: Algebra) -> int:
    """That of the array: what is left are the axes of a record."""
    return int(fields.hi.ndim) - algebra.dtype["hi"].ndim


def _store(fields: Any, out: np.ndarray) -> None:
    held = np.asarray(out)
    for name, part in zip(fields._fields, fields, strict=True):
        held[name] = part


def _matmul(algebra: Algebra, a: Any, b: Any) -> Any:
    if (_ndim(a, algebra), _ndim(b, algebra)) != (2, 2) or a.hi.shape[1] != b.hi.shape[0]:
        raise NotPacked("stacks of matrices, and vectors, are left to objects")
    return algebra.matmul(a, b)


_UFUNCS: dict[Any, Callable[..., Any]] = {
    np.add: lambda algebra, a, b: algebra.add(a, b),
    np.subtract: lambda algebra, a, b: algebra.add(a, algebra.negative(b)),
    np.negative: lambda algebra, a: algebra.negative(a),
    np.multiply: lambda algebra, a, b: algebra.multiply(a, b),
    np.matmul: _matmul,
}
_MOVES = {  # what only moves elements
    *(np.broadcast_to, np.copy, np.empty_like, np.expand_dims, np.flip, np.moveaxis, np.ravel, np.reshape),
    *(np.squeeze, np.swapaxes, np.transpose, np.zeros_like),
}


# As balls ---------------------------------------------------------------------------------------------


def narrow(balls: Any) -> bool:
    """Whether the radius of each element is no more than 2**-WANTED_BITS of it."""
    return bool((balls.radius <= np.abs(balls.hi) * 2.0**-WANTED_BITS).all())


def arbs(balls: Any) -> np.ndarray:
    """Arrays of floats as one of `arb`."""
    elements = (part.ravel().tolist() for part in (balls.hi, balls.lo, balls.radius))
    with working(HELD):
        return filled(balls.hi.shape, [arb(hi, r) + lo for hi, lo, r in zip(*elements, strict=True)])


def arbs_within(hi: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """The same of midpoints and radii."""
    return filled(hi.shape, map(arb, hi.ravel().tolist(), radius.ravel().tolist()))
