"""A formula and its first two derivatives as presentation MathML and as plain text."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from sympy.printing.mathml import MathMLPresentationPrinter
from sympy.printing.str import StrPrinter

from gradcheck.oracles.symbols import ties
from gradcheck.oracles.symbols.derived import By, derived

_LONG = 60  # operations, from which on an expression is written in parts
_D = "\u2202"  # the partial derivative's
_DOUBLE_STRUCK_E = "\u2147"  # SymPy's base of exp, missing in many fonts
_SPACE = "\u00a0"  # one that MathML keeps
_AT_TIES = "by the convention"


@dataclass(frozen=True)
class Typed:
    """Equations in one notation: of the value, and of its first and second derivatives."""

    value: str
    firsts: Sequence[str]
    seconds: Sequence[str]


@dataclass(frozen=True)
class Typeset:
    """The first component of a formula's result and its derivatives, as equations.

    Attributes:
        written_for: the shapes on which it is written, in words.
    """

    mathml: Typed
    text: Typed
    written_for: str


def typeset(
    formula: Callable[..., Any],
    arg_names: Sequence[str],
    shapes: Sequence[tuple[int, ...]],
    params: Mapping[str, Any] | None = None,
    conventions: Sequence[ties.Convention] = (),
    held: Sequence[str] = (),
) -> Typeset:
    """The equations of a formula on arguments of these names and (small) shapes.

    Which derivatives there are says `derived`; those that are equal are in one equation. A long expression
    is written in parts that have names. The MathML is a `<math display="block">` element without named
    entities, well-formed as XML and as HTML. Raises what `derived` raises.

    Args:
        conventions: what the derivatives are at some points, where the formula has none.
        held: names of arguments by which nothing is differentiated.

    >>> sigmoid = typeset(lambda m, x: 1 / (1 + m.exp(-x)), ["x"], [()])
    >>> print(sigmoid.text.value, *sigmoid.text.firsts, sep="; ")
    y = 1/(1 + exp(-x)); ∂y/∂x = exp(x)/(exp(x) + 1)^2
    >>> print(typeset(lambda m, x: -x, ["x"], [()]).mathml.value)
    <math display="block"><mi>y</mi><mo>=</mo><mrow><mo>-</mo><mi>x</mi></mrow></math>
    """
    found = derived(formula, arg_names, shapes, params, conventions, held)
    firsts, seconds = _alike(found.firsts), _alike(found.seconds)
    return Typeset(
        Typed(
            _math([_markup(found.y)], found.value),
            [_math([_left_markup(found.y, by) for by in same], e) for e, same in firsts],
            [_math([_left_markup(found.y, by) for by in same], e) for e, same in seconds],
        ),
        Typed(
            _line([_text(found.y)], found.value),
            [_line([_left_text(found.y, by) for by in same], e) for e, same in firsts],
            [_line([_left_text(found.y, by) for by in same], e) for e, same in seconds],
        ),
        _written_for(arg_names, shapes, found.left_out),
    )


def _alike(derivatives: Mapping[By, Any]) -> list[tuple[Any, list[By]]]:
    """Each expression once, with all derivatives that it is of."""
    groups: dict[Any, list[By]] = {}
    for by, expression in derivatives.items():
        groups.setdefault(expression, []).append(by)
    return list(groups.items())


def _written_for(names: Sequence[str], shapes: Sequence[tuple[int, ...]], left_out: int) -> str:
    """
    >>> _written_for(["x", "w"], [(1, 2), (2,)], 0), _written_for(["x"], [()], 0)
    ('x of shape (1, 2), w of shape (2,)', 'one element')
    """
    of = ", ".join(f"{name} of shape {shape}" for name, shape in zip(names, shapes, strict=False))
    first = f"; the derivatives by {left_out} further inputs are left out" if left_out else ""
    return (of if any(shapes) else "one element") + first


def _left_text(y: Any, by: By) -> str:
    """The derivative of y by these: ∂y/∂x, ∂²y/∂x², ∂²y/∂x∂w."""
    names = [_text(x) for x in by]
    square = "\u00b2" if len(names) == 2 else ""
    if len(set(names)) == 1:
        return f"{_D}{square}{_text(y)}/{_D}{names[0]}{square}"
    return f"{_D}{square}{_text(y)}/" + "".join(f"{_D}{name}" for name in names)


def _left_markup(y: Any, by: By) -> str:
    """The same as a fraction."""
    above, square = f"<mo>{_D}</mo>", len(by) == 2
    names = [_markup(x) for x in by]
    if square:
        above = f"<msup>{above}<mn>2</mn></msup>"
    if square and len(set(names)) == 1:
        below = f"<mo>{_D}</mo><msup>{names[0]}<mn>2</mn></msup>"
    else:
        below = "".join(f"<mo>{_D}</mo>{name}" for name in names)
    return f"<mfrac><mrow>{above}{_markup(y)}</mrow><mrow>{below}</mrow></mfrac>"


def _math(left: Sequence[str], expression: Any) -> str:
    return f'<math display="block">{_equation("<mo>=</mo>".join(left), expression)}</math>'


def _line(left: Sequence[str], expression: Any) -> str:
    return f"{' = '.join(left)} = {_text_in_parts(expression)}"


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
        if symbol == ties.BY_CONVENTION:
            return self._element("mtext", _AT_TIES)
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
        return self._element("mrow", self._element("mtext", f"if{_SPACE}"), self._print(condition))

    def _print_And(self, condition: Any) -> Any:  # noqa: N802, SymPy's name
        return self._joined("and", condition)

    def _print_Or(self, condition: Any) -> Any:  # noqa: N802, SymPy's name
        return self._joined("or", condition)

    def _joined(self, word: str, condition: Any) -> Any:
        """In the order of the text."""
        parts = [self._print(each) for each in sorted(condition.args, key=_text)]
        for place in range(len(parts) - 1, 0, -1):
            parts.insert(place, self._element("mtext", f"{_SPACE}{word}{_SPACE}"))
        return self._element("mrow", *parts)

    def _element(self, tag: str, *children: Any) -> Any:
        element = self.dom.createElement(tag)
        for child in children:
            node = self.dom.createTextNode(child) if isinstance(child, str) else child
            element.appendChild(node)
        return element


class _Text(StrPrinter):
    """Branches and conditions in words."""

    def _print_Symbol(self, symbol: Any) -> str:  # noqa: N802, SymPy's name
        return _AT_TIES if symbol == ties.BY_CONVENTION else str(symbol.name)

    def _print_Equality(self, condition: Any) -> str:  # noqa: N802, SymPy's name
        return " = ".join(map(self._print, condition.args))

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
