"""Plots for papers and notebooks, drawn by matplotlib from rows and findings.

style     how they look: the width of a column, fonts, the styles of lines
lettering texts, in lines that fit
page      a figure as it is made, written and shown in a notebook
axes      scales, and lines in them
rows      what a row says, as lines: `draw` draws any row that has a plot
findings  the digits that a check found to be kept, a wrong Jacobian, error against step

The room stands low: it knows rows as mappings, and imports neither records nor the report. matplotlib is
imported when something is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcheck.printed.page import Page

#: What a figure is written as.
FORMATS = ("pdf", "svg", "png")


def draw(row: Mapping[str, Any]) -> Page:
    """The plot of a row of the records, of the kind figure, curve, section or range: a figure of matplotlib.

    It is a column wide. `savefig` embeds fonts and writes the same bytes each time; a notebook shows it.

    Raises:
        ValueError: rows of that kind have no plot.
        ImportError: matplotlib is not installed; the message says how to install it.
    """
    require_matplotlib()
    from gradcheck.printed import rows

    return rows.draw(row)


def require_matplotlib() -> None:
    """Raise ImportError, which says what to install, unless there is matplotlib."""
    if find_spec("matplotlib") is None:
        raise ImportError(
            "plots need matplotlib, which is not installed; pip install 'dezero-gradcheck[plot]' brings it"
        )
