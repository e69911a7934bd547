"""Directional derivatives of smooth expressions, each shape of expression differentiated once.

An expression is a sum of terms, and terms that differ only in a rational factor and the names of
their symbols (all elements of an elementwise function, all products of a matmul) are one
*template*. Its derivative of order k is taken along d, k-1 times, then along e. The expression grows with
the order only, not with the number of symbols: unit vectors are put in for e when it is evaluated.

SymPy differentiates each operation by its arguments, and the chain rule puts these together: each
subexpression has one derivative, however often it occurs. (SymPy's own `diff` of a whole expression walks
through every occurrence anew.)
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
    for factor, symbols, template in _terms(expression):
        ratio = factor([])[0]
        moving = tuple(x in directions for x in symbols)
        program = _program(template, moving, order)
        position = [values[x] for x in symbols] + [directions.get(x, arb(0)) for x in symbols]
        value += ratio * program(position + [arb(0)] * len(symbols))[0]
        for i, x in enumerate(symbols):
            if moving[i]:
                unit = [exact(j == i) for j in range(len(symbols))]
                for k, ball in enumerate(program(position + unit)[1:]):
                    orders[k][x] += ratio * ball
    return Differentiated(value, orders)


@lru_cache(maxsize=1024)
def _terms(expression: Any) -> list[tuple[Program, list[Any], Any]]:
    """Each term's rational factor, its symbols, and the rest as a template of x0, x1, ..."""
    found = []
    for term in sympy.Add.make_args(expression):
        factor, core = term.as_coeff_Mul()
        symbols = _by_occurrence(core)
        names = dict(zip(symbols, _names("x", len(symbols)), strict=True))
        found.append((Program([factor], []), symbols, core.xreplace(names)))
    return found


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
    along_d = _Along({x[i]: d[i] for i, moves in enumerate(moving) if moves})
    along_e = _Along({x[i]: e[i] for i, moves in enumerate(moving) if moves})
    below, results = template, [template]
    for _ in range(order):
        results.append(along_e.derivative(below))
        below = along_d.derivative(below)
    return Program(results, [*x, *d, *e])


class _Along:
    """Derivatives along a direction, which has a component for each symbol that moves."""

    def __init__(self, direction: Mapping[Any, Any]) -> None:
        self._known = dict(direction)

    def derivative(self, expression: Any) -> Any:
        """The sum over all symbols of the component times the derivative by the symbol."""
        if expression not in self._known:
            inner = [self.derivative(argument) for argument in expression.args]
            self._known[expression] = sympy.Add(*_chained(expression, inner))
        return self._known[expression]


def _chained(expression: Any, inner: list[Any]) -> list[Any]:
    """The terms of the chain rule, given the derivatives of the arguments."""
    if expression.is_Add:
        return inner
    moves = tuple(derivative != 0 for derivative in inner)
    names = _names("a", len(moves))
    fixed = tuple(None if m else a for m, a in zip(moves, expression.args, strict=True))
    arguments = dict(zip(names, expression.args, strict=True))
    return [
        _partial(expression.func, fixed, i).xreplace(arguments) * inner[i] for i, m in enumerate(moves) if m
    ]


@lru_cache(maxsize=1024)
def _partial(operation: Any, fixed: tuple[Any, ...], i: int) -> Any:
    """An operation's derivative by its argument number i, of the arguments a0, a1, ... that are not fixed."""
    names = _names("a", len(fixed))
    arguments = [name if given is None else given for name, given in zip(names, fixed, strict=True)]
    return operation(*arguments).diff(names[i])
