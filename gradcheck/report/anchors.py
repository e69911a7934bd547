"""Where on a page something stands: the ids that links point to."""

from __future__ import annotations

import re


def case(name: str) -> str:
    """The id of the case of this name on its function's page, the same in every report.

    >>> case("sum:axis=1,keepdims=True/float64/cpu/strided")
    'case-sum-axis-1-keepdims-True-float64-cpu-strided'
    >>> case("x y<é>")
    'case-x-y---'
    """
    return "case-" + re.sub(r"[^A-Za-z0-9._-]", "-", name)
