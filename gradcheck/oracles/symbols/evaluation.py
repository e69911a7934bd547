"""SymPy expressions evaluated in ball arithmetic: every result encloses the exact value."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import sympy
from flint import arb, fmpq

_FUNCTIONS: dict[Any, Callable[..., arb]] = {
    sympy.exp: arb.exp,
    sympy.log: arb.log,
    sympy.sin: arb.sin,
    sympy.cos: arb.cos,
    sympy.tan: arb.tan,
    sympy.sinh: arb.sinh,
    sympy.cosh: arb.cosh,
    sympy.tanh: arb.tanh,
    sympy.Add: lambda *terms: reduce(operator.add, terms),
    sympy.Mul: lambda *factors: reduce(operator.mul, factors),
    sympy.Pow: operator.pow,
}


class Program:
    """Expressions compiled to a list of operations, in which equal subexpressions run once.

    Calling it with one ball for each symbol gives one ball for each expression, at the working
    precision of flint's context. Not a number where an expression is undefined at the point.

    >>> x = sympy.Symbol("x", real=True)
    >>> [value] = Program([sympy.exp(x) ** 2 + 1], [x])([arb(0)])
    >>> float(value.mid())
    2.0
    """

    def __init__(self, expressions: Sequence[Any], symbols: Sequence[Any]) -> None:
        self._slots = {symbol: i for i, symbol in enumerate(symbols)}
        self._operations: list[tuple[Callable[..., arb], tuple[int, ...]]] = []
        self._results = [self._compile(sympy.sympify(e)) for e in expressions]

    def __call__(self, values: Sequence[arb]) -> list[arb]:
        slots = list(values)
        for function, arguments in self._operations:
            slots.append(function(*(slots[i] for i in arguments)))
        return [slots[i] for i in self._results]

    def _compile(self, expression: Any) -> int:
        """The slot that will hold the expression's value."""
        if expression not in self._slots:
            operation = self._constant(expression) or self._call(expression)
            self._slots[expression] = len(self._slots)
            self._operations.append(operation)
        return self._slots[expression]

    def _call(self, expression: Any) -> tuple[Callable[..., arb], tuple[int, ...]]:
        function = _FUNCTIONS.get(expression.func)
        if function is None:
            raise NotImplementedError(
                f"Program: no ball arithmetic for {expression.func.__name__} in {expression}"
            )
        return function, tuple(self._compile(argument) for argument in expression.args)

    def _constant(self, expression: Any) -> tuple[Callable[[], arb], tuple[()]] | None:
        if expression.is_Rational:
            ratio = fmpq(int(expression.p), int(expression.q))
            return (lambda: arb(ratio)), ()
        if expression is sympy.E:
            return arb.const_e, ()
        if expression is sympy.pi:
            return arb.pi, ()
        if expression.is_number and expression.is_finite is not True and not expression.args:
            return arb.nan, ()  # an infinity or NaN
        return None
