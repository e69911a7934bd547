"""The styles of lines: distinct without colour, dark enough to be read on white."""

from __future__ import annotations

from gradcheck.report.svg import CIRCLE, Style

CROSS = "m-2.2-2.2l4.4 4.4m0-4.4l-4.4 4.4"
_SQUARE = "m-2.2-2.2h4.4v4.4h-4.4z"
_TRIANGLE = "m0-2.9l2.7 4.8h-5.4z"
_DIAMOND = "m0-3.1l2.7 3.1l-2.7 3.1l-2.7-3.1z"
_PLUS = "m0-2.8v5.6m-2.8-2.8h5.6"

#: Given out to lines in the order in which they come.
STYLES = (
    Style("#8a4b08", "7 3", _SQUARE),
    Style("#0b5394", "", CIRCLE),
    Style("#1b6b3a", "3 2.5", _TRIANGLE),
    Style("#7a2a8f", "9 3 2 3", _DIAMOND),
    Style("#9f1239", "1.5 2.5", CROSS),
    Style("#37474f", "12 4", _PLUS),
)
