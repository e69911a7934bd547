"""A computational graph as a picture and as words, drawn from a graph row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from markupsafe import Markup

from gradcheck.records.jsonl import Row
from gradcheck.report.formatting import plural
from gradcheck.report.judged import grouped
from gradcheck.report.layering import Layers, depths, layout
from gradcheck.system.texts import printable

#: Larger graphs are described in words only.
MOST_NODES = 80
MOST_CROSSINGS = 100_000
_LETTER, _PAD, _GAP = 6.6, 9, 16  # width of a letter, room inside a box, room between boxes
_BOX, _STEP = 24, 48  # height of a box, from one layer to the next


def picture(row: Row) -> Markup | None:
    """The graph as SVG, sources on top: Functions in boxes, Variables rounded; None if too large."""
    if len(row["nodes"]) > MOST_NODES or len(row["edges"]) > 4 * MOST_NODES:
        return None
    nodes = row["nodes"]
    found = layout(len(nodes), [(a, b) for a, b in row["edges"]])
    width, centers = _place(found, nodes)
    height = _STEP * (len(found.layers) - 1) + _BOX + 2
    boxes = {False: "", True: ""}
    for n, node in enumerate(nodes):
        boxes[node["function"]] += _outline(node, centers[n])
    shapes = [
        ("edge", "".join(_edge(route, centers) for route in found.routes)),
        ("variable rim", boxes[False]),
        ("variable", boxes[False]),
        ("function", boxes[True]),
    ]
    return Markup(
        '<svg class="graph" role="img" aria-label="{}" '
        'width="{:.0f}" height="{}">{}{}</svg>'
    ).format(
        printable(alternative(row)), width, height,
        Markup().join(Markup('<path class="{}" d="{}"/>').format(*shape) for shape in shapes),
        Markup().join(_label(node, centers[n]) for n, node in enumerate(nodes)),
    )  # fmt: skip


def alternative(row: Row) -> str:
    """What the picture shows, in a sentence; its steps follow as text."""
    functions = sum(node["function"] for node in row["nodes"])
    what = "Graph" if row["order"] == 0 else f"Graph of the gradient of order {row['order']}"
    return f"{what} of {row['op']}: {plural(functions, 'function')}"


def steps(row: Row) -> list[str]:
    """The graph in words: a line for each Function, in an order in which they can be computed.

    >>> nodes = [{"label": "x ()", "function": False}, {"label": "Sin", "function": True}]
    >>> nodes.append({"label": "y ()", "function": False})
    >>> steps({"nodes": nodes, "edges": [[0, 1], [1, 2]]})
    ['Sin takes x (), gives y ()']
    """
    nodes, edges = row["nodes"], [(a, b) for a, b in row["edges"]]
    placed = (n for layer in _ordered(len(nodes), edges) for n in layer if n < len(nodes))
    order = [n for n in placed if nodes[n]["function"]]
    numbers = {n: place for place, n in enumerate(order, 1)}
    before, after = grouped(edges, lambda edge: edge[1]), grouped(edges, lambda edge: edge[0])
    return [
        _step(n, nodes, [a for a, _ in before.get(n, ())], [b for _, b in after.get(n, ())], numbers)
        for n in order
    ]


def _ordered(count: int, edges: Sequence[tuple[int, int]]) -> list[list[int]]:
    """The layers of the picture; of a graph with very long edges, which would fill them, by depth alone."""
    depth = depths(count, edges)
    if sum(depth[end] - depth[start] for start, end in edges) <= MOST_CROSSINGS:
        return layout(count, edges).layers
    by_depth = grouped(range(count), lambda n: depth[n])
    return [by_depth[level] for level in sorted(by_depth)]


def _step(
    n: int, nodes: Sequence[Row], before: Sequence[int], after: Sequence[int], numbers: Mapping[int, int]
) -> str:
    taken = [f"the result of {numbers[a]}" if nodes[a]["function"] else nodes[a]["label"] for a in before]
    given = [nodes[b]["label"] for b in after if not nodes[b]["function"]]
    gives = f", gives {given[0]}" if given else ""
    return f"{nodes[n]['label']} takes {' and '.join(taken)}{gives}"


def dot(row: Row) -> str:
    """The graph in Graphviz's DOT language.

    >>> print(dot({"nodes": [{"label": 'a "b"', "function": True}], "edges": []}))
    digraph g {
    node [shape=box]
    0 [label="a \\"b\\""]
    }
    """
    lines = ["digraph g {"]
    for function, nodes in groupby(enumerate(row["nodes"]), key=lambda each: each[1]["function"]):
        lines.append(f"node [shape={'box' if function else 'ellipse'}]")
        lines += [f'{n} [label="{_quoted(node["label"])}"]' for n, node in nodes]
    return "\n".join([*lines, *(f"{a} -> {b}" for a, b in row["edges"]), "}"])


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")


def _place(found: Layers, nodes: Sequence[Row]) -> tuple[float, dict[int, tuple[float, float]]]:
    """The picture's width, and the middle of each node and crossing."""
    widths = [
        [_width(nodes[n]["label"]) if n < found.count else _GAP / 2 for n in layer] for layer in found.layers
    ]
    rows = [sum(row) + _GAP * (len(row) - 1) for row in widths]
    total = max(rows, default=0.0) + 2
    centers = {}
    for level, (layer, row) in enumerate(zip(found.layers, widths, strict=True)):
        x = (total - rows[level]) / 2
        for n, width in zip(layer, row, strict=True):
            centers[n] = (x + width / 2, level * _STEP + _BOX / 2 + 1)
            x += width + _GAP
    return total, centers


def _width(label: str) -> float:
    return max(_LETTER * len(label) + 2 * _PAD, _BOX)


def _outline(node: Row, center: tuple[float, float]) -> str:
    """The box of a Function; of a Variable the line that is as thick as a box, with round ends."""
    width, x, y = round(_width(node["label"])), round(center[0]), round(center[1] - _BOX / 2)
    if node["function"]:
        return f"M{x - width // 2} {y}h{width}v{_BOX}h-{width}z"
    straight = width - _BOX + 1  # a line of no length is not shown in PDFs
    return f"M{x - straight // 2} {y + _BOX // 2}h{straight}"


def _label(node: Row, center: tuple[float, float]) -> Markup:
    return Markup('<text x="{:.0f}" y="{:.0f}">{}</text>').format(
        center[0], center[1] + 4, printable(node["label"])
    )


def _edge(route: Sequence[int], centers: Mapping[int, tuple[float, float]]) -> str:
    """A curve from the bottom of one box, through the crossings, to the top of another."""
    points = [centers[n] for n in route]
    x, y = points[0][0], points[0][1] + _BOX / 2
    path = f"M{x:.0f} {y:.0f}"
    for n, (end_x, middle) in enumerate(points[1:], 2):
        end_y = middle - _BOX / 2 if n == len(points) else middle
        bend = (end_y - y) / 2
        across = round(end_x) - round(x)
        path += (
            f"c0 {bend:.0f} {across} {bend:.0f} {across} {end_y - y:.0f}" if across else f"v{end_y - y:.0f}"
        )
        x, y = end_x, end_y
    return path.replace(" -", "-") + "m-3-5l3 5 3-5"
