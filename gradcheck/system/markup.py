"""Pieces of the HTML that a notebook shows of a finding or a run.

Colours are those of the page around, but for what carries its own background: a light and a dark theme both
suit. Styles stand in the elements; nothing is a script or comes from elsewhere. What is wide scrolls.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from gradcheck.system.texts import block, printable

#: White letters are read on each of them; the word stands there too.
_BACKGROUNDS = {"pass": "#1b6b3a", "as-declared": "#1b6b3a", "fail": "#8c1d18", "inconclusive": "#7a5200"}
_OTHERWISE = "#595954"


def box(parts: Iterable[Markup]) -> Markup:
    """The whole, which scrolls where it is wider than the page."""
    return Markup('<div style="max-width:100%;overflow-x:auto">{}</div>').format(Markup().join(parts))


def group(parts: Iterable[Markup]) -> Markup:
    """What belongs together, a little apart from the rest."""
    return Markup('<div style="margin:6px 0">{}</div>').format(Markup().join(parts))


def head(verdict: str, title: object) -> Markup:
    """The verdict as a word on its colour, and what it is said of.

    >>> "FAIL</span> <b>a &lt; b</b>" in head("fail", "a < b")
    True
    """
    return Markup(
        '<div><span style="background:{};color:#fff;padding:1px 8px;border-radius:3px;font-weight:bold">{}'
        "</span> <b>{}</b></div>"
    ).format(_BACKGROUNDS.get(verdict, _OTHERWISE), verdict.upper().replace("-", " "), printable(title))


def line(label: str, text: object) -> Markup:
    """A paragraph with a label before it; its line breaks stay."""
    before = Markup("<b>{}:</b> ").format(label) if label else Markup()
    return Markup('<div style="white-space:pre-wrap">{}{}</div>').format(before, block(text))


def code(label: str, text: object) -> Markup:
    """A line to be copied."""
    return Markup("<div><b>{}:</b> <code>{}</code></div>").format(label, printable(text))


def table(rows: Sequence[Sequence[object]], caption: str = "") -> Markup:
    """A table of texts, or of what is Markup already; the first row is its head.

    >>> print(table([("op",), ("a<b",)]).partition("</tr>")[2])
    <tr><td style="text-align:left">a&lt;b</td></tr></table>
    """
    names, *others = rows
    top = [Markup('<th style="text-align:left;opacity:.7">{}</th>').format(name) for name in names]
    lines = [top, *(_cells(row) for row in others)]
    body = Markup().join(Markup("<tr>{}</tr>").format(Markup().join(cells)) for cells in lines)
    above = Markup('<caption style="text-align:left;caption-side:top">{}</caption>').format(caption)
    return Markup(
        '<table cellpadding="3" style="margin:4px 0;border-collapse:collapse;width:auto">{}{}</table>'
    ).format(above if caption else "", body)


def _cells(row: Sequence[object]) -> list[Markup]:
    """All but the last, which may be a sentence, in one line."""
    styles = ["text-align:left;white-space:nowrap"] * (len(row) - 1) + ["text-align:left"]
    shown = (value if isinstance(value, Markup) else escape(printable(value)) for value in row)
    return [
        Markup('<td style="{}">{}</td>').format(style, value)
        for style, value in zip(styles, shown, strict=True)
    ]
