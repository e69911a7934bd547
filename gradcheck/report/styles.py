"""The styles of lines: distinct without colour. Their colours and dashes are in the style sheet."""

from __future__ import annotations

from gradcheck.report.svg import CIRCLE, Style

CROSS = "m-9-9 18 18m0-18-18 18"
_SQUARE = "m-9-9h18v18h-18z"
_TRIANGLE = "m0-12 11 20h-22z"
_DIAMOND = "m0-12 11 12-11 12-11-12z"
_PLUS = "m0-11v22m-11-11h22"

#: Given out to lines in the order in which they come.
STYLES = tuple(
    Style(f"s{n}", mark) for n, mark in enumerate((_SQUARE, CIRCLE, _TRIANGLE, _DIAMOND, CROSS, _PLUS))
)
