"""What a derivative is at a tie: where two branches of a formula meet, SymPy chooses one at random.

Conventions say what the derivative is there. Of an elementwise formula they are numbers at points, and the
branches are made to agree with them; of another they are a rule in words, and a branch refers to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, combinations
from typing import Any

import numpy as np
import sympy
from sympy.core.relational import Relational

Convention = tuple[Sequence[Any], Sequence[Any]]  # inputs, and the derivative by each
Sample = tuple[dict[Any, Any], Any]  # a point, and the derivative that is declared there

#: Stands for what the conventions say.
BY_CONVENTION = sympy.Symbol("by_convention", real=True)
_STRICT = {sympy.Ge: sympy.Gt, sympy.Le: sympy.Lt}
_OTHER = {**_STRICT, sympy.Gt: sympy.Ge, sympy.Lt: sympy.Le}


def of(conventions: Sequence[Convention], arrays: Sequence[Any]) -> Callable[[Any, Any], Any]:
    """What makes a derivative by a symbol agree with the conventions, of a formula on arrays of symbols."""
    if not conventions:
        return lambda derivative, by: derivative
    if any(array.shape for array in arrays):
        return lambda derivative, by: _opened(derivative)
    symbols = [array[()] for array in arrays]
    return lambda derivative, by: agreeing(derivative, list(_samples(conventions, symbols, by)))


def _samples(conventions: Sequence[Convention], symbols: Sequence[Any], by: Any) -> Iterator[Sample]:
    for inputs, gradients in conventions:
        declared = gradients[symbols.index(by)]
        points = np.broadcast_arrays(*inputs, declared)
        for *point, slope in zip(*(np.ravel(each).tolist() for each in points), strict=True):
            yield dict(zip(symbols, map(sympy.Rational, point), strict=True)), _plain(slope)


def _plain(number: float) -> Any:
    """A fraction as such where it is simple."""
    exact = sympy.Rational(number)
    return exact if exact.q <= 4 else sympy.Float(number)


def agreeing(derivative: Any, samples: Sequence[Sample]) -> Any:
    """The derivative with what is declared at the samples: by moving bounds of branches, else by new ones.

    >>> x = sympy.Symbol("x", real=True)
    >>> slope = sympy.Piecewise((1, x >= 0), (-1, True))
    >>> agreeing(slope, [({x: 0}, 0)])
    Piecewise((0, Eq(x, 0)), (1, x > 0), (-1, True))
    >>> agreeing(slope, [({x: 0}, -1)])
    Piecewise((1, x > 0), (-1, True))
    """
    wrong = [sample for sample in samples if not _agrees(derivative, sample)]
    if not wrong:
        return derivative
    tied = _tied(derivative, [point for point, _ in wrong])
    for chosen in _subsets(tied):
        moved = derivative.xreplace({each: _OTHER[each.func](*each.args) for each in chosen})
        if all(_agrees(moved, sample) for sample in samples):
            return moved
    cases = [(declared, _place(tied, point)) for point, declared in wrong]
    strict = derivative.xreplace({each: _strict(each) for each in tied})
    rest = strict.args if isinstance(strict, sympy.Piecewise) else [(strict, True)]
    return sympy.Piecewise(*dict.fromkeys(cases), *rest, evaluate=False)


def _agrees(derivative: Any, sample: Sample) -> bool:
    point, declared = sample
    found = derivative.subs(point)
    return bool(found.is_finite and float(found) == float(declared))


def _tied(derivative: Any, points: Sequence[dict[Any, Any]]) -> list[Any]:
    """The inequalities that are equalities at one of the points."""
    relations = [each for each in derivative.atoms(Relational) if type(each) in _OTHER]
    return sorted((each for each in relations if any(_gap(each, point) == 0 for point in points)), key=str)


def _gap(relation: Any, point: dict[Any, Any]) -> Any:
    return (relation.lhs - relation.rhs).subs(point)


def _place(tied: Sequence[Any], point: dict[Any, Any]) -> Any:
    """The equalities that hold at the point; those of all symbols where no branches meet."""
    met = {sympy.Eq(each.lhs, each.rhs) for each in tied if _gap(each, point) == 0}
    return sympy.And(*(met or [sympy.Eq(name, value) for name, value in point.items()]))


def _strict(relation: Any) -> Any:
    return _STRICT.get(relation.func, relation.func)(*relation.args)


def _subsets(items: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    """All but the empty one, the smallest first."""
    return chain.from_iterable(combinations(items, n) for n in range(1, len(items) + 1))


def _opened(derivative: Any) -> Any:
    """Branches without their bounds, and one more that stands for what the conventions say there."""
    if not isinstance(derivative, sympy.Piecewise):
        return derivative
    branches, before = [], sympy.false
    for value, condition in derivative.args:
        inside = sympy.to_nnf(sympy.And(condition, sympy.Not(before)), simplify=False)
        branches.append((value, inside.xreplace({each: _strict(each) for each in inside.atoms(Relational)})))
        before = sympy.Or(before, condition)
    return sympy.Piecewise(*branches, (BY_CONVENTION, True), evaluate=False)
