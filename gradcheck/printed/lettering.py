"""Texts as matplotlib shows them: in letters that the font has, in lines that fit."""

from __future__ import annotations

from functools import cache
from textwrap import wrap
from typing import Any

from matplotlib import font_manager

from gradcheck.printed import style
from gradcheck.system.texts import printable

MOST = 120  # characters of one text
_LINE = 100  # of one line
_FINE = 1200  # dots an inch: of fewer a letter's width is rounded


def plain(text: str) -> str:
    r"""The text in one line; what the font lacks is named by its number, and nothing is a formula.

    >>> plain("f(x) = x\u00b2, $5"), plain("\u51fd")
    ('f(x) = x\xb2, \\$5', '\\u51fd')
    """
    return _no_formula(_written(text))


def wrapped(text: str, inches: float, size: float = style.SIZE) -> str:
    """The text in lines that are no longer; as `plain` otherwise.

    >>> wrapped("a name in two lines", 0.7)
    'a name in\\ntwo lines'
    """
    shown = _written(text)
    longest = _LINE
    while (lines := wrap(shown, longest)) and any(width(line, size) > inches for line in lines):
        longest -= 1
    return _no_formula("\n".join(lines))


def width(text: str, size: float) -> float:
    """The width of a line in inches."""
    font = _font()  # this thread's own
    font.set_size(size, _FINE)
    font.set_text(text)
    return float(font.get_width_height()[0]) / 64 / _FINE


def _written(text: str) -> str:
    known = _characters()
    return "".join(c if ord(c) in known else ascii(c)[1:-1] for c in printable(text, MOST))


def _no_formula(text: str) -> str:
    return text.replace("$", r"\$")


def _font() -> Any:
    """The font, of which matplotlib keeps one for each thread."""
    return font_manager.get_font(font_manager.findfont(font_manager.FontProperties(family=style.FONT)))


@cache
def _characters() -> frozenset[int]:
    """The characters that the font has."""
    return frozenset(_font().get_charmap())
