"""What ufuncs give of arrays of numbers, many times quicker than by the operators of the elements.

Each function has the arguments of the ufunc's method, and returns None where it does not apply.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb

from gradcheck.oracles.numbers.conversion import filled
from gradcheck.oracles.numbers.element import Element, kind_of
from gradcheck.oracles.numbers.elementary import TABLE
from gradcheck.oracles.numbers.matrices import any_order, reordered


def matmul(a: Any, b: Any, **settings: Any) -> Any:
    """np.matmul of arrays of balls or jets and plain numbers.

    >>> from gradcheck.oracles.jet import lift
    >>> matmul(lift(np.array([[1.0, 2.0]])), lift(np.array([3.0, 4.0])))[0]
    Ball(11.0000000000000)
    """
    a, b = np.asarray(a), np.asarray(b)
    kinds = {*map(type, a.ravel().tolist()), *map(type, b.ravel().tolist())}
    kind = None if settings else _kind_of_product(kinds)
    if kind is None or min(a.ndim, b.ndim) == 0 or not a.size or not b.size:
        return None
    rows, columns = (a if a.ndim > 1 else a[None]), (b if b.ndim > 1 else b[:, None])
    if rows.shape[-1] != columns.shape[-2]:
        return None  # NumPy says what is wrong
    lead = np.broadcast_shapes(rows.shape[:-2], columns.shape[:-2])
    rows = np.broadcast_to(rows, lead + rows.shape[-2:])
    columns = np.broadcast_to(columns, lead + columns.shape[-2:])
    products: list[Any] = []
    for index in np.ndindex(lead):
        product = kind.product(rows[index], columns[index])
        if product is None:
            return None
        products += product
    shape = (*lead, *(rows.shape[-2:-1] if a.ndim > 1 else ()), *(columns.shape[-1:] if b.ndim > 1 else ()))
    return filled(shape, products)[()]


def total(
    x: Any, axis: Any = 0, dtype: Any = None, *, keepdims: bool = False, where: Any = True, **settings: Any
) -> Any:
    """np.add.reduce of an array of balls or of jets.

    >>> from gradcheck.oracles.jet import lift
    >>> total(lift(np.array([3.0, 4.0])))
    Ball(7.00000000000000)
    """
    kinds = set(map(type, x.ravel().tolist()))
    usual = len(kinds) == 1 and dtype is None and where is True and not settings
    kind = kinds.pop() if usual else object
    return kind.total(x, axis, keepdims) if issubclass(kind, Element) else None


def function(name: str) -> Callable[..., Any]:
    """An elementary function of an array of balls or of jets.

    >>> from gradcheck.oracles.jet import lift
    >>> function("exp")(lift(np.array([0.0])))[0]
    Ball(1.00000000000000)
    """

    def of_array(x: Any, **settings: Any) -> Any:
        if settings or not isinstance(x, np.ndarray) or not x.ndim:
            return None
        elements = x.ravel().tolist()
        kinds = set(map(type, elements))
        kind = kinds.pop() if len(kinds) == 1 else object
        return filled(x.shape, kind.each(name, elements)) if issubclass(kind, Element) else None

    return of_array


def masked(x: Any, mask: Any, **settings: Any) -> Any:
    """x * mask: only where it is false is there anything to compute."""
    if settings or not isinstance(mask, np.ndarray) or mask.dtype != bool or not np.ndim(x):
        return None
    x, mask = np.broadcast_arrays(x, mask)
    pairs = zip(x.ravel().tolist(), mask.ravel().tolist(), strict=True)
    return filled(x.shape, [v if keep else v * 0 for v, keep in pairs])


def unmoved(x: Any, shift: Any, **settings: Any) -> Any:
    """x + 0 and x - 0."""
    nothing = type(shift) is int and shift == 0 and isinstance(x, np.ndarray) and x.ndim and not settings
    return x.copy() if nothing else None


def blur(x: np.ndarray, indices: Any, terms: Any) -> None:
    """Widen the balls of `x` to which np.add.at(x, indices, terms) adds next, by what any order can do."""
    if not any_order() or x.dtype != object:
        return
    terms = np.asarray(terms)
    kind = kind_of((x, terms))
    if kind is None:
        return
    before = _sizes(x)
    sizes, counts = before.copy(), np.where(before == 0, -1, 0)
    np.add.at(sizes, indices, _sizes(terms))
    np.add.at(counts, indices, 1)
    radii = reordered(sizes, np.maximum(counts, 0))
    for n in np.flatnonzero(radii).tolist():
        x.flat[n] = x.flat[n] + kind.of(arb(0, float(radii.flat[n])))


def _sizes(x: np.ndarray) -> np.ndarray:
    """Those of balls and plain numbers, as floats."""
    sizes = [abs(float(v.constant() if isinstance(v, Element) else v)) for v in x.ravel().tolist()]
    return np.array(sizes, dtype=float).reshape(x.shape)


def _kind_of_product(kinds: set[type]) -> type[Element] | None:
    """The one class of numbers among these types; None where there is none, another, or anything else."""
    found = [kind for kind in kinds if issubclass(kind, Element)]
    return found[0] if len(found) == 1 and kinds - set(found) <= {int, float, bool} else None


IN_BULK: dict[tuple[Any, str], Callable[..., Any]] = {
    (np.matmul, "__call__"): matmul,
    (np.multiply, "__call__"): masked,
    (np.add, "__call__"): unmoved,
    (np.subtract, "__call__"): unmoved,
    (np.add, "reduce"): total,
    (np.add, "at"): blur,  # and then element by element
    **{(getattr(np, name), "__call__"): function(name) for name in (*TABLE, "sqrt") if hasattr(np, name)},
}
