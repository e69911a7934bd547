"""A formula and its first two derivatives as presentation MathML and as plain text."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import sympy
from sympy.printing.mathml import MathMLPresentationPrinter
from sympy.printing.str import StrPrinter

from gradcheck.oracles.numbers.conversion import filled
from gradcheck.oracles.symbols.namespace import sympy_namespace

_BRANCHING = (sympy.Abs, sympy.Max, sympy.Min)
_SMALL = 80  # operations, up to which an expression is worth simplifying
_LONG = 60  # operations, from which on an expression is written in parts
_D = "\u2202"  # the partial derivative's
_DOUBLE_STRUCK_E = "\u2147"  # SymPy's base of exp, missing in many fonts


@dataclass(frozen=True)
class Typeset:
    """The first component of a function's result, as an equation in MathML and in text.

    `first` and `second` are the derivatives by the first element that matters.
    """

    value: str
    first: str
    second: str
    text_value: str
    text_first: str
    text_second: str


def typeset(
    formula: Callable[..., Any],
    arg_names: Sequence[str],
    shapes: Sequence[tuple[int, ...]],
    params: Mapping[str, Any] | None = None,
) -> Typeset:
    """The equations of a formula on arguments of these names and (small) shapes.

    An argument of shape () is written x, the elements of others x_11, x_12, ... An argument that
    the formula uses as an index is held at 0; names beyond the shapes are for optional arguments,
    which are left out. A long expression is written in parts that have names. The MathML is a
    `<math display="block">` element without named entities, well-formed as XML and as HTML. Raises
    ValueError if there are fewer names than shapes, and what the formula raises on symbols.

    >>> sigmoid = typeset(lambda m, x: 1 / (1 + m.exp(-x)), ["x"], [()])
    >>> print(sigmoid.text_value, sigmoid.text_first, sep="; ")
    y = 1/(1 + exp(-x)); ∂y/∂x = exp(x)/(exp(x) + 1)^2
    >>> print(typeset(lambda m, x: -x, ["x"], [()]).value)
    <math display="block"><mi>y</mi><mo>=</mo><mrow><mo>-</mo><mi>x</mi></mrow></math>
    """
    y, x, expressions = equations(formula, arg_names, shapes, params)
    sides = [_left_sides(y, x, order) for order in range(3)]
    pairs = list(zip(sides, expressions, strict=True))
    return Typeset(
        *(f'<math display="block">{_equation(left, e)}</math>' for (left, _), e in pairs),
        *(f"{left} = {_text_in_parts(e)}" for (_, left), e in pairs),
    )


def equations(
    formula: Callable[..., Any],
    arg_names: Sequence[str],
    shapes: Sequence[tuple[int, ...]],
    params: Mapping[str, Any] | None = None,
) -> tuple[Any, Any, tuple[Any, Any, Any]]:
    """The symbols y and x, and y's expression with its first and second derivative by x.

    >>> equations(lambda m, x: m.sin(x), ["x"], [()])
    (y, x, (sin(x), cos(x), -sin(x)))
    """
    arrays, output = on_symbols(formula, arg_names, shapes, params)
    value = _plain_numbers(sympy.sympify(output.flat[0]))
    smooth = value.rewrite(_BRANCHING, sympy.Piecewise) if value.has(*_BRANCHING) else value
    symbols = [s for array in arrays for s in array.flat]
    moving = [s for s in symbols if smooth.has(s) and smooth.diff(s) != 0]
    x = (moving or symbols)[0]
    first = smooth.diff(x)
    derivatives = (_simplest(first), _simplest(first.diff(x)))
    return _symbol("y", (1,) * output.ndim), x, (value, *derivatives)


def on_symbols(
    formula: Callable[..., Any],
    arg_names: Sequence[str],
    shapes: Sequence[tuple[int, ...]],
    params: Mapping[str, Any] | None = None,
) -> tuple[list[Any], Any]:
    """Arrays of symbols for the arguments, and what the formula makes of them.

    Raises what `typeset` raises.

    >>> on_symbols(lambda m, x: m.sum(x), ["x"], [(2,)])[1]
    array(x_1 + x_2, dtype=object)
    """
    if len(arg_names) < len(shapes):
        raise ValueError(f"typeset: got {len(arg_names)} names for {len(shapes)} shapes")
    arrays = [_symbols(name, shape) for name, shape in zip(arg_names, shapes, strict=False)]
    return arrays, _run(formula, arrays, dict(params or {}))


def _symbols(name: str, shape: tuple[int, ...]) -> Any:
    return filled(shape, [_symbol(name, tuple(i + 1 for i in index)) for index in np.ndindex(shape)])


def _symbol(name: str, index: tuple[int, ...]) -> Any:
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


def _left_sides(y: Any, x: Any, order: int) -> tuple[str, str]:
    """y, or its derivative of this order by x, in MathML and in text."""
    if order == 0:
        return _markup(y), _text(y)
    above, below, square = f"<mo>{_D}</mo>", _markup(x), ""
    if order == 2:
        above, below = (f"<msup>{base}<mn>2</mn></msup>" for base in (above, below))
        square = "\u00b2"
    numerator, denominator = f"{above}{_markup(y)}", f"<mo>{_D}</mo>{below}"
    return (
        f"<mfrac><mrow>{numerator}</mrow><mrow>{denominator}</mrow></mfrac>",
        f"{_D}{square}{_text(y)}/{_D}{_text(x)}{square}",
    )


def _equation(left: str, expression: Any) -> str:
    """left = expression, with a line for each part where it is long."""
    whole, parts = in_parts(expression)
    lines = [(left, whole), *((_markup(name), part) for name, part in parts)]
    equations = [f"{side}<mo>=</mo>{_markup(e)}" for side, e in lines]
    if not parts:
        return equations[0]
    rows = "".join(f"<mtr><mtd><mrow>{equation}</mrow></mtd></mtr>" for equation in equations)
    return f'<mtable displaystyle="true">{rows}</mtable>'


def _text_in_parts(expression: Any) -> str:
    whole, parts = in_parts(expression)
    definitions = ", ".join(f"{name} = {_text(part)}" for name, part in parts)
    return f"{_text(whole)} with {definitions}" if parts else _text(whole)


def in_parts(expression: Any) -> tuple[Any, list[tuple[Any, Any]]]:
    """A long expression in terms of (name, part), the last of them first; of a short one no parts.

    >>> x = sympy.Symbol("x")
    >>> in_parts(sympy.exp(x))
    (exp(x), [])
    >>> from gradcheck.oracles.symbols import typeset
    >>> whole, parts = in_parts(sum((sympy.exp(x) + 1) ** -k / k for k in range(2, 20)))
    >>> parts
    [(a_1, exp(x) + 1)]
    """
    if sympy.count_ops(expression) < _LONG:
        return expression, []
    exponentials = {e: sympy.Dummy() for e in _halves(expression)}
    squares = {sympy.exp(2 * e.args[0]): name**2 for e, name in exponentials.items()}
    found, (whole,) = sympy.cse(expression.xreplace(squares).xreplace(exponentials))
    small: dict[Any, Any] = {}
    parts = [(name, e) for e, name in exponentials.items()]
    for name, part in found:
        part = part.xreplace(small)
        if sympy.count_ops(part) < 2:
            small[name] = part
        else:
            parts.append((name, part))
    return _renamed(whole.xreplace(small), parts[::-1])


def _renamed(whole: Any, parts: list[tuple[Any, Any]]) -> tuple[Any, list[tuple[Any, Any]]]:
    """The parts called a_1, a_2, ... in their order."""
    names = {name: sympy.Symbol(f"a_{n}") for n, (name, _) in enumerate(parts, 1)}
    return whole.xreplace(names), [(names[name], part.xreplace(names)) for name, part in parts]


def _halves(expression: Any) -> list[Any]:
    """The exponentials whose squares are there too, which SymPy writes as other exponentials."""
    found = expression.atoms(sympy.exp)
    return sorted((e for e in found if sympy.exp(2 * e.args[0]) in found), key=str)


def _markup(expression: Any) -> str:
    return _serialized(_MathML()._print(expression))


def _text(expression: Any) -> str:
    return str(_Text().doprint(expression)).replace("**", "^")


def _serialized(node: Any) -> str:
    """A DOM node as markup with characters in place of entities, which SymPy leaves unescaped."""
    if node.nodeType == node.TEXT_NODE:
        text = html.unescape(node.data)
        return html.escape(text.replace(_DOUBLE_STRUCK_E, "e"), quote=False)
    inner = "".join(_serialized(child) for child in node.childNodes)
    attributes = "".join(f' {k}="{html.escape(v)}"' for k, v in node.attributes.items())
    return f"<{node.tagName}{attributes}>{inner}</{node.tagName}>"


class _MathML(MathMLPresentationPrinter):
    """Subscripts from names, and branches as cases behind a brace."""

    def _print_Symbol(self, symbol: Any, style: str = "plain") -> Any:  # noqa: N802, SymPy's name
        match = re.fullmatch(r"(\D+?)_?(\d+)?(?:_([\d,]+))?", symbol.name)
        assert match is not None
        letter, number, index = match.groups()
        subscript = ",".join(part for part in (number, index) if part)
        name = self._element("mi", letter)
        return self._element("msub", name, self._element("mn", subscript)) if subscript else name

    def _print_Piecewise(self, expression: Any) -> Any:  # noqa: N802, SymPy's name
        rows = [
            self._element("mtr", *(self._element("mtd", cell) for cell in (self._print(e), self._case(c))))
            for e, c in expression.args
        ]
        return self._element("mrow", self._element("mo", "{"), self._element("mtable", *rows))

    def _case(self, condition: Any) -> Any:
        if condition is sympy.true:
            return self._element("mtext", "otherwise")
        return self._element("mrow", self._element("mtext", "if "), self._print(condition))

    def _element(self, tag: str, *children: Any) -> Any:
        element = self.dom.createElement(tag)
        for child in children:
            node = self.dom.createTextNode(child) if isinstance(child, str) else child
            element.appendChild(node)
        return element


class _Text(StrPrinter):
    """Branches and conditions in words."""

    def _print_Abs(self, expression: Any) -> str:  # noqa: N802, SymPy's name
        return f"|{self._print(expression.args[0])}|"

    def _print_And(self, condition: Any) -> str:  # noqa: N802, SymPy's name
        return " and ".join(sorted(map(self._print, condition.args)))

    def _print_Or(self, condition: Any) -> str:  # noqa: N802, SymPy's name
        return " or ".join(sorted(map(self._print, condition.args)))

    def _print_Piecewise(self, expression: Any) -> str:  # noqa: N802, SymPy's name
        *cases, (last, condition) = expression.args
        parts = [f"{self._print(e)} if {self._print(c)}" for e, c in cases]
        end = f" if {self._print(condition)}" if condition is not sympy.true else ""
        otherwise = "" if end else "otherwise "
        return "{" + ", ".join([*parts, f"{otherwise}{self._print(last)}{end}"]) + "}"
