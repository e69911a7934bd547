"""What is typeset: one component of a formula's result, and its first and second derivatives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, product
from typing import Any

import numpy as np
import sympy

from gradcheck.oracles.numbers.conversion import filled
from gradcheck.oracles.symbols import ties
from gradcheck.oracles.symbols.namespace import sympy_namespace

_MOST = 3  # inputs by which a result is differentiated
_MANY = 6  # inputs: of so many by the first alone, as the derivatives are long
_BRANCHING = (sympy.Abs, sympy.Max, sympy.Min)
_SMALL = 80  # operations, up to which an expression is worth simplifying

By = tuple[Any, ...]  # the symbols of a derivative, in the order in which it is taken


@dataclass(frozen=True)
class Derived:
    """The first component y of a formula's result, and its derivatives.

    Attributes:
        y, value: its name, and what it is.
        firsts, seconds: what the derivatives by each of some elements, and by each pair of them, are.
        left_out: how many inputs that matter are not among the elements.
    """

    y: Any
    value: Any
    firsts: dict[By, Any]
    seconds: dict[By, Any]
    left_out: int


def derived(
    formula: Callable[..., Any],
    arg_names: Sequence[str],
    shapes: Sequence[tuple[int, ...]],
    params: Mapping[str, Any] | None = None,
    conventions: Sequence[ties.Convention] = (),
    held: Sequence[str] = (),
) -> Derived:
    """The derivatives of a formula on symbols by the first element that matters of each input.

    Of a single input that has more, by its first two. At ties a first derivative is what the conventions
    say. Raises what `on_symbols` raises.

    Args:
        held: names of arguments by which nothing is differentiated: labels, masks.

    >>> found = derived(lambda m, x, w: x * w**2, ["x", "w"], [(), ()])
    >>> found.firsts
    {(x,): w**2, (w,): 2*w*x}
    >>> found.seconds
    {(x, x): 0, (x, w): 2*w, (w, w): 2*x}
    """
    arrays, output = on_symbols(formula, arg_names, shapes, params)
    value = _plain_numbers(sympy.sympify(output.flat[0]))
    smooth = value.rewrite(_BRANCHING, sympy.Piecewise) if value.has(*_BRANCHING) else value
    moving = [array for name, array in zip(arg_names, arrays, strict=False) if name not in held]
    elements = _elements(smooth, moving)
    by = elements[: _MOST if len(elements) < _MANY else 1]
    at_ties = ties.of(conventions, arrays)
    slopes = {x: smooth.diff(x) for x in by}
    return Derived(
        y=symbol("y", (1,) * output.ndim),
        value=value,
        firsts={(x,): at_ties(_simplest(slope), x) for x, slope in slopes.items()},
        seconds={(a, b): _simplest(slopes[a].diff(b)) for a, b in combinations_with_replacement(by, 2)},
        left_out=len(elements) - len(by),
    )


def _elements(value: Any, arrays: Sequence[Any]) -> list[Any]:
    """The first element that matters of each input; any if none does.

    Of a single input the first two, but where there are branches: those by the second one are no other.
    """
    moving = [[s for s in array.flat if value.has(s) and value.diff(s) != 0] for array in arrays]
    known = [symbols for symbols in moving if symbols]
    if not known:
        return [next(s for array in arrays for s in array.flat)]
    if len(known) == 1:
        return known[0][: 1 if value.has(sympy.Piecewise) else 2]
    return [symbols[0] for symbols in known]


def on_symbols(
    formula: Callable[..., Any],
    arg_names: Sequence[str],
    shapes: Sequence[tuple[int, ...]],
    params: Mapping[str, Any] | None = None,
) -> tuple[list[Any], Any]:
    """Arrays of symbols for the arguments, and what the formula makes of them.

    An argument of shape () is x, the elements of others x_11, x_12, ... An argument that the formula uses as
    an index is held at 0; names beyond the shapes are for optional arguments, which are left out. Raises
    ValueError if there are fewer names than shapes, and what the formula raises on symbols.

    >>> on_symbols(lambda m, x: m.sum(x), ["x"], [(2,)])[1]
    array(x_1 + x_2, dtype=object)
    """
    if len(arg_names) < len(shapes):
        raise ValueError(f"typeset: got {len(arg_names)} names for {len(shapes)} shapes")
    arrays = [_symbols(name, shape) for name, shape in zip(arg_names, shapes, strict=False)]
    return arrays, _run(formula, arrays, dict(params or {}))


def _symbols(name: str, shape: tuple[int, ...]) -> Any:
    return filled(shape, [symbol(name, tuple(i + 1 for i in index)) for index in np.ndindex(shape)])


def symbol(name: str, index: tuple[int, ...]) -> Any:
    """x, or x_12 for index (1, 2); a comma where an index has two digits."""
    subscript = ("," if any(i > 9 for i in index) else "").join(map(str, index))
    return sympy.Symbol(f"{name}_{subscript}" if index else name, real=True)


def _run(formula: Callable[..., Any], arrays: list[Any], params: dict[str, Any]) -> Any:
    """The output on symbols, with as few arguments as possible replaced by the index 0."""
    errors: list[Exception] = []
    for arguments in _with_indices(arrays):
        try:
            return np.asarray(formula(sympy_namespace, *arguments, **params), dtype=object)
        except (IndexError, TypeError) as error:
            errors.append(error)
    raise errors[0]


def _with_indices(arrays: list[Any]) -> Iterator[list[Any]]:
    choices = sorted(product((False, True), repeat=len(arrays)), key=sum)
    for chosen in choices:
        yield [
            np.zeros(a.shape, dtype=int) if as_index else a
            for a, as_index in zip(arrays, chosen, strict=True)
        ]


def _plain_numbers(expression: Any) -> Any:
    """With floats such as 2.0 and 0.5 as 2 and 1/2; 0.2 stays a decimal."""
    floats = {f: sympy.Rational(f) for f in expression.atoms(sympy.Float)}
    return expression.xreplace({f: q for f, q in floats.items() if q.q <= 4})


def _simplest(expression: Any) -> Any:
    """The shortest of a few cheap forms."""
    if sympy.count_ops(expression) > _SMALL:
        return expression
    if expression.has(sympy.Piecewise):
        return sympy.simplify(sympy.piecewise_fold(expression))
    joined = sympy.powsimp(expression)
    forms = [sympy.factor_terms(joined), sympy.factor(joined), expression]
    return min(forms, key=sympy.count_ops)
