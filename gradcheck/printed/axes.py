"""Scales, and lines in them, on the axes of matplotlib."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from matplotlib.ticker import LogFormatter, LogLocator, MaxNLocator

from gradcheck.printed import style
from gradcheck.printed.lettering import width, wrapped
from gradcheck.printed.style import Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

Line = Mapping[str, Any]  # label, style, x, y: as in a figure row

_FAR = 1e290  # beyond this the span of an axis overflows
_CONSTANT = 1e-4  # relative differences that are no more to be seen
_PLAIN = (1e-3, 1e4)  # numbers in between need no powers of ten
_MARKS = 8  # of a line
_TICKS = 6  # at most, of powers of ten below a plot
_ALONE, _ONE_OF_FEW, _ONE_OF_MANY = 6.5, 3.2, 2.4  # the size of a mark, in points
_FEW = 40
_LABEL = {"x": 2.2, "y": 1.5}  # inches that the label of an axis may take
_LINE, _KEY = 0.15, 0.45  # inches: the height of a line of names below a plot, the line drawn before a name


class Scale:
    """An axis with room for the values of all lines.

    On a logarithmic one zeros stand below the rest, at a mark of their own; negative values have no place.
    """

    def __init__(self, name: str, axis: Mapping[str, Any], values: Iterable[float]) -> None:
        self.name, self.log = name, bool(axis["log"])
        self.label = wrapped(axis["label"], _LABEL[name])
        drawn = [v for v in values if self._has(v)]
        least = 1 / _FAR if self.log else -_FAR
        above = [v for v in drawn if v >= least] or [0.1, 1.0]
        self.counts = all(v == round(v) for v in drawn)
        self.low, self.high = min(above), max(above)
        self.zeros_at: float | None = None
        if not self.log:
            room = self._linear_room()
            self.limits = self.low - room, self.high + room
            return
        factor = max(1.3, min(self.high / self.low, _FAR) ** 0.05)
        bottom = self.low
        if len(above) < len(drawn):
            bottom = self.zeros_at = self.low / factor**2
        self.limits = bottom / factor, self.high * factor

    def _has(self, value: float) -> bool:
        return (0 if self.log else -_FAR) <= value <= _FAR

    def _linear_room(self) -> float:
        """A little, but much where the values hardly differ, which would show their rounding only."""
        size, spread = max(abs(self.low), abs(self.high)), self.high - self.low
        return 0.05 * spread if spread > _CONSTANT * size else 0.5 * size or 0.5

    def place(self, values: Iterable[float]) -> list[float]:
        """The values as they are drawn; NaN in place of those that are not."""
        return [self._place(v) if self._has(v) else math.nan for v in values]

    def _place(self, value: float) -> float:
        return self.zeros_at if self.zeros_at is not None and value < 1 / _FAR else value

    def put(self, axes: Axes) -> None:
        """Give the axes this scale, its ticks and its label."""
        if self.log:
            axes.set(**{f"{self.name}scale": "log"})
        axis = getattr(axes, f"{self.name}axis")
        if self.log and self.low >= _PLAIN[0] and self.high < _PLAIN[1]:
            axis.set_major_formatter(_Plain())
            axis.set_minor_formatter(_Plain())
        elif self.log and self.name == "x":
            axis.set_major_locator(LogLocator(numticks=_TICKS))
        if self.zeros_at is not None:
            self._mark_zeros(axis)
        elif not self.log and self.counts:
            axis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
        axes.set(**{f"{self.name}label": self.label, f"{self.name}lim": self.limits})  # ticks move no limit

    def _mark_zeros(self, axis: Any) -> None:
        """Call the place of the zeros 0, and none below the other values by a power of ten."""
        powers = LogLocator(numticks=_TICKS).tick_values(self.low, self.high)
        ticks = [power for power in powers if power >= self.low / 1.01]
        written = axis.get_major_formatter()
        axis.set_ticks([self.zeros_at, *ticks], labels=["0", *(written(tick) for tick in ticks)])
        axis.set_ticks([], minor=True)


class _Plain(LogFormatter):
    """Ticks of a logarithmic axis as plain numbers, where these are short."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return f"{x:g}" if super().__call__(x, pos) else ""


def plot(axes: Axes, x: Scale, y: Scale, lines: Sequence[Line]) -> None:
    """Draw the lines, those that stay behind first."""
    x.put(axes)
    y.put(axes)
    for number, (line, look) in enumerate(zip(lines, line_looks(lines), strict=True)):
        present = max(1, len(line["x"]))
        every = max(1, present // _MARKS) if look.width else 1
        axes.plot(
            x.place(line["x"]),
            y.place(line["y"]),
            label=_name(line),
            markersize=_size(-(-present // every), look),
            markevery=(number * every // 3 % every, every),  # those of close lines not on top of one another
            zorder=1.5 if line["style"] in ("thin", "guide") else 2,
            **look.settings(),
        )


def _name(line: Line) -> str:
    """The name of a line, as it stands below a plot."""
    return wrapped(line["label"], style.COLUMN - 2 * _KEY, style.SMALL)


def _size(marks: int, look: Look) -> float:
    """A point alone is to be found, many are not to hide one another."""
    if marks == 1 and not look.width:
        return _ALONE
    return _ONE_OF_FEW if marks <= _FEW else _ONE_OF_MANY


def line_looks(lines: Sequence[Line]) -> list[Look]:
    """How each line looks, by its style: those of one name alike.

    A line is one of "line", "bare" (without marks), "marks" (points alone), "guide" (what a model predicts),
    "ring" (a point to be noticed) or "thin" (in the background).
    """
    given = {"guide": style.GUIDES, "ring": (style.RING,), "thin": (style.THIN,)}
    names: dict[tuple[Look, ...], list[str]] = defaultdict(list)
    for line in lines:
        names[given.get(line["style"], style.LOOKS)].append(line["label"])
    known = {kind: style.looks(labels, kind) for kind, labels in names.items()}
    return [
        _styled(known[given.get(line["style"], style.LOOKS)][line["label"]], line["style"]) for line in lines
    ]


def _styled(look: Look, kind: str) -> Look:
    match kind:
        case "marks":
            return replace(look, dash=(), width=0)
        case "bare":
            return replace(look, dash=(), mark="")
    return look


def legend(part: FigureBase, axes: Axes) -> None:
    """Name the lines below the axes, where any has a name."""
    handles, names = axes.get_legend_handles_labels()
    named = {name: handle for name, handle in zip(names, handles, strict=True) if name}
    if named:
        columns = grid(named)[1]
        part.legend([*named.values()], [*named], loc="outside lower center", ncols=columns)


def legend_height(lines: Iterable[Line]) -> float:
    """How high the names of the lines are, in inches."""
    names = {name for name in map(_name, lines) if name}
    return grid(names)[0] * _LINE if names else 0.0


def grid(names: Collection[str]) -> tuple[int, int]:
    """How many lines high the names below a plot are, and in how many columns; these are equally long.

    >>> grid(["float16", "float32", "float64"]), grid(["a name that fills the width of a column", "b"])
    ((1, 3), (2, 1))
    """
    longest = max(width(line, style.SMALL) for name in names for line in name.split("\n"))
    rows = -(-len(names) // max(1, int(style.COLUMN / (longest + _KEY))))
    return rows * max(name.count("\n") + 1 for name in names), -(-len(names) // rows)
