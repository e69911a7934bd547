"""A tiny autodiff of its own, for graphs: flat vectors in long double, derivatives of any order.

Each expression knows its value and, for each expression it was made of, the expression of a cotangent
there from one here. Shapes are linear maps, given as matrices; a product is all that is not linear or a
function of one number.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Pull = Callable[["Symbol"], "Symbol"]

_numbers = count()


class Symbol:
    """An expression; `parts` are what it was made of, each with how a cotangent goes there."""

    def __init__(self, value: Array, *parts: tuple[Symbol, Pull]) -> None:
        self.value, self.parts, self.number = value, parts, next(_numbers)

    def cut(self) -> None:
        """Forget what it was made of."""
        self.parts = ()


def constant(value: Any) -> Symbol:
    return Symbol(np.asarray(value, np.longdouble).reshape(-1))


def plus(a: Symbol, b: Symbol) -> Symbol:
    return Symbol(a.value + b.value, (a, lambda g: g), (b, lambda g: g))


def times(a: Symbol, b: Symbol) -> Symbol:
    return Symbol(a.value * b.value, (a, lambda g: times(g, b)), (b, lambda g: times(g, a)))


def mapped(matrix: Array, a: Symbol) -> Symbol:
    return Symbol(matrix @ a.value, (a, lambda g: mapped(matrix.T, g)))


def scaled(a: Symbol, factor: float) -> Symbol:
    return Symbol(a.value * factor, (a, lambda g: scaled(g, factor)))


def sine(a: Symbol) -> Symbol:
    return Symbol(np.sin(a.value), (a, lambda g: times(g, cosine(a))))


def cosine(a: Symbol) -> Symbol:
    return Symbol(np.cos(a.value), (a, lambda g: scaled(times(g, sine(a)), -1)))


def exponential(a: Symbol) -> Symbol:
    """exp; its derivative is itself, which then has a part in what gradients are made of."""
    y = Symbol(np.exp(a.value))
    y.parts = ((a, lambda g: times(g, y)),)
    return y


def hyperbolic(a: Symbol) -> Symbol:
    """tanh; its derivative is 1 - tanh**2."""

    def pull(g: Symbol) -> Symbol:
        y = hyperbolic(a)
        return times(g, plus(constant(np.ones_like(a.value)), scaled(times(y, y), -1)))

    return Symbol(np.tanh(a.value), (a, pull))


def matrix_of(f: Callable[[Array], Array], shape: tuple[int, ...]) -> Array:
    """The matrix of a linear map of arrays of `shape`."""
    size = int(np.prod(shape))
    columns = [f(row.reshape(shape)).reshape(-1) for row in np.eye(size)]
    return np.array(columns, np.longdouble).T


def ancestors(root: Symbol) -> list[Symbol]:
    """What `root` was made of, itself included, the latest first."""
    seen, waiting = {root}, [root]
    while waiting:
        for part, _ in waiting.pop().parts:
            if part not in seen:
                seen.add(part)
                waiting.append(part)
    return sorted(seen, key=lambda symbol: -symbol.number)


def cotangents(root: Symbol, cotangent: Symbol) -> dict[Symbol, Symbol]:
    """The cotangent of each ancestor of `root`."""
    found = {root: cotangent}
    for symbol in ancestors(root):
        for part, pull in symbol.parts:
            term = pull(found[symbol])
            found[part] = plus(found[part], term) if part in found else term
    return found
