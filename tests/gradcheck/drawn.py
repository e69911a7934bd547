"""What a plot's SVG says of itself: where its texts and marks are, in its own coordinates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree

from gradcheck.report.frame import text_width

STEP = re.compile(r"([mlhvz])([-\d ]*)")


class Box(NamedTuple):
    """A text, and where it is at most."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


class Drawn:
    """A plot.

    Attributes:
        size: width and height of the image.
        frame: of the area inside the axes, in its own coordinates.
    """

    def __init__(self, svg: str) -> None:
        self.root = ElementTree.fromstring(svg)
        (self.inside,) = self.root.findall("svg")
        self.size = self._size(self.root)
        self.frame = self._size(self.inside)

    def _size(self, element: ElementTree.Element) -> tuple[float, float]:
        _, _, width, height = map(float, element.attrib["viewBox"].split())
        return width, height

    @property
    def labels(self) -> list[Box]:
        """Tick labels and the names of the axes."""
        (name_x, *x), (name_y, *y) = (self.root.findall(f"g[@class='{kind}']/text") for kind in "xy")
        middle = [self._box(each, 0.5) for each in x]
        return middle + [self._box(each, 1.0) for each in (*y, name_x)] + [self._box(name_y, 0.0)]

    @property
    def guides(self) -> list[Box]:
        """Labels of guide lines, in the frame's coordinates."""
        return [self._box(each, 0.0, 4.0) for each in self.inside.findall("g/text")]

    def _box(self, element: ElementTree.Element, anchor: float, scale: float = 1.0) -> Box:
        text = element.text or ""
        x, y, width = float(element.attrib["x"]), float(element.attrib["y"]), scale * text_width(text)
        return Box(text, x - anchor * width, y - 11 * scale, x + (1 - anchor) * width, y + 3 * scale)

    def paths(self, kind: str) -> Iterator[str]:
        for path in self.inside.iter("path"):
            if path.attrib.get("class") == kind:
                yield path.attrib["d"]

    @property
    def marks(self) -> list[tuple[float, float]]:
        """The middles of the marks; of dots in a row, which are one line, the first and the last."""
        lines = [each for kind in ("dots", "dots rim") for path in self.paths(kind) for each in parts(path)]
        ends = [(x, line[0][1]) for line in lines for x in sorted({line[0][0], line[-1][0] - 1})]
        return [*ends, *(middle(each) for path in self.paths("marks") for each in parts(path))]

    @property
    def edge_marks(self) -> list[tuple[float, float]]:
        """Those that stand for a value which is not where they are: dashes, and triangles 2 from an edge."""
        found = [each for path in self.paths("marks edge") for each in parts(path)]
        return [(middle(each)[0], _pointed_at([y for _, y in each])) for each in found]


def _pointed_at(heights: list[int]) -> int:
    """The height that a triangle points at, whose base is drawn first; that of a dash."""
    first, low, high = heights[0], min(heights), max(heights)
    return high + 2 if first == low < high else low - 2 if low < high else low


def middle(points: list[tuple[int, int]]) -> tuple[float, float]:
    x, y = zip(*points, strict=True)
    return (min(x) + max(x)) / 2, (min(y) + max(y)) / 2


def parts(path: str) -> list[list[tuple[int, int]]]:
    """The corners of each part of a path of relative steps."""
    found: list[list[tuple[int, int]]] = []
    x = y = 0
    for command, text in STEP.findall(path):
        numbers = [int(each) for each in re.findall(r"-?\d+", text)]
        if command == "z":
            x, y = found[-1][0]
        found += [[]] if command == "m" else []
        steps = {"h": [(n, 0) for n in numbers], "v": [(0, n) for n in numbers]}
        for dx, dy in steps.get(command, zip(numbers[::2], numbers[1::2], strict=True)):
            x, y = x + dx, y + dy
            found[-1].append((x, y))
    return found
