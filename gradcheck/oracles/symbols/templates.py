"""Directional derivatives of smooth expressions, each shape of expression differentiated once.

An expression is a sum of terms, and terms that differ only in a rational factor and the names of
their symbols (all elements of an elementwise function, all products of a matmul) are one
*template*. In a template each differentiated symbol x becomes x + s*e + t*d, so

    order k:   d/ds (d/dt)^(k-1)  at s = t = 0

is the derivative along d, k-1 times, then along e. The expression grows with the order only, not
with the number of symbols: unit vectors are put in for e when it is evaluated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import sympy
from flint import arb

from gradcheck.oracles.numbers.conversion import exact
from gradcheck.oracles.symbols.evaluation import Program

_S, _T = sympy.symbols("s t", real=True)


class Differentiated(NamedTuple):
    """An expression's value, and for each order the derivative by each differentiated symbol."""

    value: arb
    orders: list[dict[Any, arb]]


def differentiate(
    expression: Any, values: Mapping[Any, arb], directions: Mapping[Any, arb], order: int
) -> Differentiated:
    """Orders 1 to `order` at the working precision: element k-1 maps x to d/dx (d/dt)^(k-1).

    `values` has a ball for every symbol, `directions` for those to be differentiated.

    >>> x, y = sympy.symbols("x y", real=True)
    >>> at, along = {x: arb(2), y: arb(3)}, {x: arb(1), y: arb(0)}
    >>> value, (first, second) = differentiate(x**2 * y, at, along, 2)
    >>> print(value, first[x], first[y], second[x], second[y])
    12.0000000000000 12.0000000000000 4.00000000000000 6.00000000000000 4.00000000000000
    """
    value = arb(0)
    orders: list[dict[Any, arb]] = [
        {x: arb(0) for x in expression.free_symbols if x in directions} for _ in range(order)
    ]
    for term in sympy.Add.make_args(expression):
        factor, core = term.as_coeff_Mul()
        ratio = Program([factor], [])([])[0]
        symbols = _by_occurrence(core)
        moving = tuple(x in directions for x in symbols)
        names = _names("x", len(symbols))
        program = _program(core.xreplace(dict(zip(symbols, names, strict=True))), moving, order)
        position = [values[x] for x in symbols] + [directions.get(x, arb(0)) for x in symbols]
        value += ratio * program(position + [arb(0)] * len(symbols))[0]
        for i, x in enumerate(symbols):
            if moving[i]:
                unit = [exact(j == i) for j in range(len(symbols))]
                for k, ball in enumerate(program(position + unit)[1:]):
                    orders[k][x] += ratio * ball
    return Differentiated(value, orders)


def _by_occurrence(expression: Any) -> list[Any]:
    """The symbols, the one that occurs most first, so that softmax's elements are one template."""
    count = Counter(node for node in sympy.preorder_traversal(expression) if node.is_Symbol)
    return sorted(count, key=lambda symbol: (-count[symbol], symbol.name))


def _names(letter: str, count: int) -> list[Any]:
    return [sympy.Symbol(f"{letter}{i}", real=True) for i in range(count)]


@lru_cache(maxsize=1024)
def _program(template: Any, moving: tuple[bool, ...], order: int) -> Program:
    """The template's value and its derivatives of orders 1 to `order`, of x, d and e."""
    x, d, e = (_names(letter, len(moving)) for letter in "xde")
    moved = {x[i]: x[i] + _S * e[i] + _T * d[i] for i, moves in enumerate(moving) if moves}
    along = template.xreplace(moved)
    results = [template]
    for _ in range(order):
        results.append(along.diff(_S).xreplace({_S: sympy.S.Zero, _T: sympy.S.Zero}))
        along = along.diff(_T)
    return Program(results, [*x, *d, *e])
