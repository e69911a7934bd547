"""MathML from a record, made safe to put into a page."""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

from markupsafe import Markup, escape

from gradcheck.system.texts import block

NAMESPACE = "http://www.w3.org/1998/Math/MathML"

_ELEMENT = re.compile(
    "math|semantics|none|mprescripts|m(?:row|i|n|o|text|s|space|frac|sqrt|root|style|error|padded|"
    "phantom|fenced|enclose|sub|sup|subsup|under|over|underover|multiscripts|table|tr|td)"
)
_ATTRIBUTE = re.compile(
    "display|displaystyle|scriptlevel|mathvariant|stretchy|fence|separators?|form|[lr]space|"
    "largeop|movablelimits|accent|accentunder|linethickness|open|close|columnalign|"
    "columnspacing|rowspacing|width|height|depth|notation"
)
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)\w+;")
_BARE_LESS = re.compile(r"<(?![/a-zA-Z?!])")  # SymPy writes <mo><</mo>
_INVISIBLE_OPERATORS = dict.fromkeys(range(0x2061, 0x2065))  # times, apply and the like
_DEEPEST = 200
_PLAIN_LETTERS = {0x2146: "d", 0x2147: "e", 0x2148: "i"}  # few fonts have the double-struck ones


def math_element(source: str) -> Markup:
    """The source as one ``<math>`` element; as plain text where it is not harmless MathML.

    Only known elements and attributes pass, so a record cannot bring a script along.

    >>> print(math_element("<mi>x</mi>"))
    <math display="block"><mi>x</mi></math>
    >>> print(math_element("<script>alert(1)</script>"))
    <code>&lt;script&gt;alert(1)&lt;/script&gt;</code>
    """
    text = _as_xml(source)
    visible = text.translate(_INVISIBLE_OPERATORS)
    if block(visible, len(visible)) != visible:
        return _as_text(source)
    try:
        root = ElementTree.fromstring(f"<mrow>{text}</mrow>")
    except ElementTree.ParseError:
        return _as_text(source)
    if _is_deep(root):
        return _as_text(source)
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{NAMESPACE}}}")
        if not _harmless(element):
            return _as_text(source)
        if element.tag in ("mo", "mn"):
            element.text = (element.text or "").replace("-", "\N{MINUS SIGN}")
    outer = root[0] if len(root) == 1 and root[0].tag == "math" else root
    _unwrap(outer)
    inner = "".join(ElementTree.tostring(child, encoding="unicode") for child in outer)
    return Markup('<math display="block">{}{}</math>').format(escape(outer.text or ""), Markup(inner))


def _unwrap(element: ElementTree.Element) -> None:
    """Put what stands alone in a row in the row's place, all the way down."""
    for n, child in enumerate(element):
        while child.tag == "mrow" and len(child) == 1 and not (child.attrib or child.text or child[0].tail):
            child[0].tail = child.tail
            child = element[n] = child[0]
        _unwrap(child)


def _is_deep(root: ElementTree.Element) -> bool:
    """Whether elements are nested more than any formula is: writing them is recursive."""
    level, depth = [root], 0
    while level and depth <= _DEEPEST:
        level, depth = [child for element in level for child in element], depth + 1
    return bool(level)


def _harmless(element: ElementTree.Element) -> bool:
    names = all(_ATTRIBUTE.fullmatch(name) for name in element.attrib)
    return names and _ELEMENT.fullmatch(element.tag) is not None


def _as_xml(source: str) -> str:
    """The source with HTML's named entities as characters, which XML alone does not know."""
    named = _ENTITY.sub(lambda match: html.unescape(match[0]), source)
    return _BARE_LESS.sub("&lt;", named).translate(_PLAIN_LETTERS)


def _as_text(source: str) -> Markup:
    return Markup("<code>{}</code>").format(block(source, len(source)))
