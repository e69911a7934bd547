"""How plots look in print. Lines are told apart without colour: by dash, mark and lightness."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from threading import RLock
from typing import Any

import matplotlib.style

COLUMN = 3.35  # inches, 85 mm: a column of most journals
FONT = "DejaVu Sans"  # comes with matplotlib, so figures are the same on each machine
SIZE, SMALL = 8, 7  # points

INK, SOFT = "#222222", "#77756e"
POSITIVE, ZERO, NEGATIVE, NOT_FINITE = "#ef8a62", "#f7f7f7", "#0b5394", "#c8c8c8"

_SETTINGS = {
    "font.family": FONT,
    "font.size": SIZE,
    "text.hinting": "none",  # letters are as wide in each format
    "mathtext.fontset": "dejavusans",  # of powers of ten
    "axes.labelsize": SIZE,
    "axes.titlesize": SIZE,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "legend.handlelength": 2.8,  # three dashes
    "legend.columnspacing": 1.2,
    "axes.formatter.use_mathtext": True,
    "axes.formatter.useoffset": False,
    "axes.linewidth": 0.6,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#dddbd4",
    "grid.linewidth": 0.4,
    "lines.linewidth": 1.0,
    "lines.markersize": 3.2,
    "lines.markeredgewidth": 0.7,
    "lines.scale_dashes": False,
    "figure.dpi": 96,
    "savefig.dpi": 300,
    "pdf.fonttype": 42,  # TrueType, embedded: publishers refuse type 3
    "ps.fonttype": 42,
    "svg.fonttype": "path",  # the same letters wherever it is shown
    "svg.hashsalt": "gradcheck",  # names within the file are the same each time
}


@dataclass(frozen=True)
class Look:
    """A line's colour, dashes (points on and off; none: solid), mark and width (0: marks only)."""

    color: str
    dash: tuple[float, ...] = ()
    mark: str = ""
    width: float = 1.0

    def settings(self) -> Mapping[str, Any]:
        """The same as arguments of matplotlib's `plot`."""
        drawn = (0, self.dash) if self.dash else "-"
        return {
            "color": self.color,
            "linestyle": drawn if self.width else "none",
            "linewidth": self.width,
            "marker": self.mark,
            "markerfacecolor": "white" if self.width else "none",
        }


#: Given out to lines in the order in which they come; the colours are near those of the pages.
LOOKS = (
    Look("#b8691b", (5, 2), "s"),
    Look("#0b3d6e", (), "o"),
    Look("#1b6b3a", (2, 1.5), "^"),
    Look("#9b4fb0", (6, 2, 1.5, 2), "D"),
    Look("#9f1239", (1, 1.5), "x"),
    Look("#6b7c85", (9, 3), "+"),
)
#: Of what a model predicts, to be compared with.
GUIDES = (Look(SOFT, (5, 3), width=0.8), Look(SOFT, (1, 2), width=0.8))
#: Of what stays in the background, and of a point that is to be noticed.
THIN, RING = Look(SOFT, width=0.5), Look(INK, (), "o", 0)


_drawing = RLock()


@contextmanager
def in_style() -> Iterator[None]:
    """What is drawn or written within the block looks like this, whatever the user's settings are.

    matplotlib's settings are those of the process, so one thread at a time draws.
    """
    with _drawing, matplotlib.style.context(["default", _SETTINGS]):
        yield


def looks(names: Iterable[str], given: Iterable[Look]) -> dict[str, Look]:
    """A look for each name, again from the first where there are more names than looks.

    >>> list(looks(["a", "b", "a"], LOOKS).values()) == list(LOOKS[:2])
    True
    """
    different = list(dict.fromkeys(names))
    return dict(zip(different, islice(cycle(given), len(different)), strict=True))
