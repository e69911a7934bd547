"""What a plot's SVG says of itself: where its texts and marks are, in its own coordinates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree

from gradcheck.report.svg import text_width

PLACES = re.compile(r"M(-?\d+)[ ]?(-?\d+)")
STEPS = re.compile(r"m(-?\d+)[ ]?(-?\d+)h1")


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
        ticks = {kind: self.root.findall(f"g[@class='ticks {kind}']/text") for kind in "xy"}
        names = {kind: self.root.findall(f"text[@class='axis-name {kind}']") for kind in "xy"}
        middle = [self._box(each, 0.5) for each in ticks["x"]]
        right = [self._box(each, 1.0) for each in (*ticks["y"], *names["x"])]
        return middle + right + [self._box(each, 0.0) for each in names["y"]]

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
    def marks(self) -> list[tuple[int, int]]:
        found = [(int(x), int(y)) for path in self.paths("marks") for x, y in PLACES.findall(path)]
        for path in (*self.paths("dots"), *self.paths("dots rim")):
            at = [0, 0]
            for step in STEPS.findall(path):
                at = [before + int(by) for before, by in zip(at, step, strict=True)]
                found.append((at[0], at[1]))
                at[0] += 1  # where its short line ends
        return found

    @property
    def edge_marks(self) -> list[tuple[int, int]]:
        """Those that stand for a value which is not where they are."""
        return [(int(x), int(y)) for path in self.paths("marks edge") for x, y in PLACES.findall(path)]
