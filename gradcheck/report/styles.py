"""The styles of lines: distinct without colour. Their colours and dashes are in the style sheet."""

from __future__ import annotations

from gradcheck.report.frame import CIRCLE, Style
from gradcheck.report.paths import Shape

CROSS = Shape((-9, -9), "l18 18-9-9 9-9-18 18", (0, 18))
_SQUARE = Shape((-9, -9), "h18v18h-18z")
_TRIANGLE = Shape((0, -10), "l11 20h-22z")
_DIAMOND = Shape((0, -12), "l11 12-11 12-11-12z")
_PLUS = Shape((0, -11), "v22v-11h11h-22", (-11, 11))

#: Given out to lines in the order in which they come.
STYLES = (
    Style("s0", _SQUARE),
    Style("s1", CIRCLE),
    Style("s2", _TRIANGLE),
    Style("s3", _DIAMOND),
    Style("s4", CROSS),
    Style("s5", _PLUS),
)
