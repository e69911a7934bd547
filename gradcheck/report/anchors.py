"""Where on a page something stands: the ids that links point to."""

from __future__ import annotations

import re


def case(name: str) -> str:
    """The id of the case of this name on its function's page, the same in every report.

    The function is left out: it is that of the page, and the summary has thousands of links to cases.

    >>> case("sum:axis=1,keepdims=True/float64/cpu/strided")
    'case-axis-1-keepdims-True-float64-cpu-strided'
    >>> case("x y<é>")
    'case-x-y---'
    """
    return "case-" + re.sub(r"[^A-Za-z0-9._-]", "-", re.sub(r"^[\w.]+[:/]", "", name))
