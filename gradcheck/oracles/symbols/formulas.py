"""Truth from a formula: differentiated by SymPy, evaluated in ball arithmetic to 50 digits or more.

A formula is written once in neutral mathematics (`namespace`). It runs on arrays of
SymPy symbols, and each element of its output is differentiated by SymPy (`templates`), which gives

    G_1 = grad <u, f>,   G_k = grad <G_{k-1}, d>.

Inputs are taken as the exact rationals that floats are. The working precision is doubled until the
balls have the digits asked for, so tails where digits cancel come out as sharp as anything else.

Branches (where, maximum, abs, ...) are chosen at the point *before* differentiating. Where a tie
decides a branch, all pieces that meet there are differentiated: if they agree in value and
derivatives the tie is harmless, from the order on where they do not the answer is indeterminate (a
ball that is not a number) for the elements concerned.

Float literals in a formula are exact too, but where two of them meet in one product or sum, SymPy
rounds the result to 53 bits before anyone can see it: write constants such as 0.1 * 0.2 once.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
import sympy
from flint import arb, ctx
from sympy.core.relational import Relational

from gradcheck.oracles.numbers.conversion import exact, filled
from gradcheck.oracles.numbers.flint_lock import flint_lock
from gradcheck.oracles.symbols.evaluation import Program
from gradcheck.oracles.symbols.namespace import sympy_namespace
from gradcheck.oracles.symbols.templates import Differentiated, differentiate

_BRANCHING = (sympy.Abs, sympy.Max, sympy.Min)
Balls = list["np.ndarray[Any, Any] | None"]

DIGITS = 50
_BITS_PER_DIGIT = 3.33
_GUARD_BITS = 40
_DOUBLINGS = 5
_NEGLIGIBLE = arb(2) ** -1200  # far under the smallest float64, 2**-1074: enclosed, that is zero
_MOST_PIECES = 64  # a point where more pieces meet is called a kink without comparing them


def estimate(
    formula: Callable[..., Any],
    inputs: Sequence[Any],
    active: Sequence[bool],
    cotangent: Any,
    direction: Sequence[Any],
    order: int,
    *,
    params: dict[str, Any] | None = None,
) -> list[Balls]:
    """G_1 to G_order (see the module) for every element, as object arrays of balls.

    One list per order, in it one array of the input's shape per input, None where not `active`.
    `cotangent` has the output's shape, `direction[i]` the shape of input i (ignored where not
    active). Integer and boolean inputs are passed to the formula as they are. Every ball encloses
    the derivative of the formula; it is wider than DIGITS digits only where that cannot be had,
    and not a number at a kink or a singular point. Raises ValueError for misuse.

    >>> [[g1], [g2]] = estimate(lambda m, x: m.sin(x), [np.array([0.0])], [True], [1.0], [[2.0]], 2)
    >>> print(g1[0], g2[0])
    1.00000000000000 0
    """
    point = _Point(formula, inputs, active, params or {}, direction)
    cotangent = np.asarray(cotangent)
    if cotangent.shape != point.outputs.shape:
        raise ValueError(
            f"formulas.estimate: cotangent must have the output's shape {point.outputs.shape}, "
            f"got {cotangent.shape}"
        )
    if order < 1:
        raise ValueError(f"formulas.estimate: order must be at least 1, got {order}")
    return _sharpened(lambda: point.gradients(cotangent, order))


def value(
    formula: Callable[..., Any],
    inputs: Sequence[Any],
    params: dict[str, Any] | None = None,
    *,
    digits: int = 50,
) -> np.ndarray[Any, Any]:
    """The formula's value as an object array of balls, sharp to DIGITS digits.

    >>> print(value(lambda m, x: m.tanh(x), [np.array(0.5)])[()].str(20))
    [0.46211715726000975850 +/- 2.32e-21]
    """
    point = _Point(formula, inputs, [True] * len(inputs), params or {}, None)
    [[result]] = _sharpened(lambda: [[point.values()]])
    assert result is not None
    return result


def _sharpened(compute: Callable[[], list[Balls]]) -> list[Balls]:
    """`compute()` at the lowest of the tried precisions at which every ball is sharp."""
    bits = int(DIGITS * _BITS_PER_DIGIT) + 1
    for doubling in range(_DOUBLINGS):
        with flint_lock(), ctx.workprec((bits + _GUARD_BITS) << doubling):
            result = compute()
        balls = [b for order in result for array in order if array is not None for b in array.flat]
        if all(b.rel_accuracy_bits() >= bits or b.abs_upper() < _NEGLIGIBLE for b in balls):
            break
    return result


class _Point:
    """A formula run on symbols, and what these symbols are here."""

    def __init__(
        self,
        formula: Callable[..., Any],
        inputs: Sequence[Any],
        active: Sequence[bool],
        params: dict[str, Any],
        direction: Sequence[Any] | None,
    ) -> None:
        self.values_of: dict[Any, arb] = {}
        self.direction_of: dict[Any, arb] = {}  # its keys are the differentiated symbols
        self.element_of: dict[Any, tuple[int, tuple[int, ...]]] = {}
        self.inputs = [np.asarray(x) for x in inputs]
        self.active = [a and x.dtype.kind == "f" for a, x in zip(active, self.inputs, strict=True)]
        directions = [None] * len(inputs) if direction is None else direction
        for i, x in enumerate(self.inputs):
            if x.dtype.kind not in "iub":
                self._place(i, x, directions[i])
        self.outputs = _outputs(formula, self.inputs, params)

    def _place(self, i: int, x: np.ndarray[Any, Any], direction: Any) -> None:
        """Note where the symbols of input i are, and along what they move."""
        if x.dtype.kind != "f" or not np.isfinite(x).all():
            raise ValueError(f"symbolic: input {i} must be real and finite, got {x.dtype} {x}")
        d = np.broadcast_to(np.asarray(1.0 if direction is None else direction), x.shape)
        for index, symbol in np.ndenumerate(_symbols(i, x.shape)):
            self.element_of[symbol] = i, index
            self.values_of[symbol] = exact(x[index])
            if self.active[i]:
                self.direction_of[symbol] = exact(d[index])

    def values(self) -> np.ndarray[Any, Any]:
        """The output, as balls at the working precision; at a tie the branch as written."""
        values = [self._evaluate(self._pieces(output)[0]) for output in self.outputs.flat]
        return filled(self.outputs.shape, values)

    def gradients(self, cotangent: np.ndarray[Any, Any], order: int) -> list[Balls]:
        """G_1 to G_order at the working precision."""
        result = [[self._zeros(i) for i in range(len(self.inputs))] for _ in range(order)]
        for index in np.ndindex(self.outputs.shape):
            u = exact(cotangent[index])
            for row, derivatives in zip(result, self._derivatives(index, order), strict=True):
                for symbol, ball in derivatives.items():
                    i, element = self.element_of[symbol]
                    row[i][element] += u * ball
        return result

    def _zeros(self, i: int) -> Any:
        return np.full(self.inputs[i].shape, arb(0), dtype=object) if self.active[i] else None

    def _evaluate(self, expression: Any) -> arb:
        program, symbols = _compiled(expression)
        return program([self.values_of[x] for x in symbols])[0]

    def _derivatives(self, index: tuple[int, ...], order: int) -> list[dict[Any, arb]]:
        """Those of one output element by its symbols; NaN from the order on where pieces disagree."""
        expression = self.outputs[index]
        zeros = {x: arb(0) for x in expression.free_symbols if x in self.direction_of}
        pieces = []
        for piece in self._pieces(expression):
            value, orders = differentiate(piece, self.values_of, self.direction_of, order)
            pieces.append(Differentiated(value, [zeros | found for found in orders]))
        smooth = max(_agreement(pieces) - 1, 0)
        return [
            row if k < smooth else dict.fromkeys(row, arb.nan()) for k, row in enumerate(pieces[0].orders)
        ]

    def _pieces(self, expression: Any) -> list[Any]:
        """The branch-free expressions that meet at this point, the one as written first."""
        relations = _relations(expression)
        if not relations:
            return [expression]
        truths = [self._truths(r) for r in relations]
        if 2 ** sum(len(t) > 1 for t in truths) > _MOST_PIECES:
            return [*self._chosen(expression, relations, [t[:1] for t in truths]), sympy.nan]
        return self._chosen(expression, relations, truths)

    def _chosen(self, expression: Any, relations: list[Any], truths: list[Any]) -> list[Any]:
        pieces: dict[Any, None] = {}
        for choice in product(*truths):
            chosen = expression.xreplace(dict(zip(relations, choice, strict=True)))
            pieces |= dict.fromkeys(self._pieces(chosen))
        return list(pieces)

    def _truths(self, relation: Any) -> tuple[Any, ...]:
        """What a relation is here; both answers, the one as written first, where it is a tie."""
        gap = relation.lhs - relation.rhs
        ball = self._evaluate(gap)
        if ball != 0 and not ball.contains(0):
            return (sympy.sympify(relation.func(sympy.Integer(1 if ball > 0 else -1), 0)),)
        written = relation.func(sympy.S.Zero, 0)
        tied = any(x in self.direction_of for x in gap.free_symbols)
        return (written, sympy.Not(written)) if tied else (written,)


# The symbols' expressions: the same for every point, dtype and layout -----------------------------------

_MOST_KEPT = 64  # calls; a run asks the cases of a variant one after the other


def _outputs(
    formula: Callable[..., Any], inputs: Sequence[np.ndarray[Any, Any]], params: dict[str, Any]
) -> np.ndarray[Any, Any]:
    """What the formula makes of symbols, and of integers and booleans as they are."""
    given = [x if x.dtype.kind in "iub" else x.shape for x in inputs]
    try:
        call = pickle.dumps((given, params))
    except Exception:  # a parameter may be anything
        return _run(formula, given, params)
    return _run_once(formula, call)


@lru_cache(maxsize=_MOST_KEPT)  # which threads may share, unlike a dict that they empty
def _run_once(formula: Callable[..., Any], call: bytes) -> np.ndarray[Any, Any]:
    """`_run` with the arguments that `call` pickles, as arrays cannot be the key of a cache."""
    return _run(formula, *pickle.loads(call))


def _run(
    formula: Callable[..., Any],
    given: Sequence[np.ndarray[Any, Any] | tuple[int, ...]],
    params: dict[str, Any],
) -> np.ndarray[Any, Any]:
    """The formula at symbols where a shape is given, at the array where one is."""
    arguments = [_symbols(i, x) if isinstance(x, tuple) else x for i, x in enumerate(given)]
    exactly = {name: _rational(parameter) for name, parameter in params.items()}
    return _expressions(formula(sympy_namespace, *arguments, **exactly))


def _symbols(i: int, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Input i as an array of symbols."""
    names = [f"x{i}[{','.join(map(str, index))}]" for index in np.ndindex(shape)]
    return filled(shape, [sympy.Symbol(name, real=True) for name in names])


@lru_cache(maxsize=1024)
def _compiled(expression: Any) -> tuple[Program, list[Any]]:
    """A program for its value, and the symbols that this takes."""
    symbols = list(expression.free_symbols)
    return Program([expression], symbols), symbols


def _rational(parameter: Any) -> Any:
    """A float as the exact rational it is, anything else unchanged."""
    return sympy.Rational(parameter) if isinstance(parameter, float | np.floating) else parameter


def _expressions(output: Any) -> np.ndarray[Any, Any]:
    """A formula's output as expressions without floats, whose branches are all Piecewise."""
    return np.asarray(np.frompyfunc(_expression, 1, 1)(np.asarray(output, dtype=object)), object)


def _expression(element: Any) -> Any:
    expression = sympy.sympify(element)
    expression = expression.xreplace({x: sympy.Rational(x) for x in expression.atoms(sympy.Float)})
    if expression.has(*_BRANCHING):
        expression = expression.rewrite(_BRANCHING, sympy.Piecewise)
    return expression


def _relations(expression: Any) -> list[Any]:
    """The innermost conditions: those with no branch inside."""
    relations = expression.atoms(Relational)
    return sorted((r for r in relations if not r.has(sympy.Piecewise)), key=str)


def _agreement(pieces: Sequence[Differentiated]) -> int:
    """The lowest order at which pieces differ (0: the value); past the last if they agree."""
    first, *others = pieces
    if not all(p.value.overlaps(first.value) for p in others):
        return 0
    for k, derivatives in enumerate(first.orders):
        if not all(p.orders[k][x].overlaps(b) for p in others for x, b in derivatives.items()):
            return k + 1
    return len(first.orders) + 1
