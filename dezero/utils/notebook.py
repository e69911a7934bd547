"""Variables and Layers as HTML, which a notebook shows: `_repr_html_` of both.

Colours are those of the page around, so a light and a dark theme both suit. Nothing is a script or comes
from elsewhere. Of large arrays the corners are shown, and only these leave a device.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from math import prod
from typing import Any

import numpy as np

from dezero import cuda
from dezero.core import Variable
from dezero.utils.graph import dot_svg, functions_behind

EDGE = 5  # rows and columns at each end of a matrix that is cut
MOST_MATRICES = 4  # of an array of three dimensions or more
MOST_FUNCTIONS = 50  # of a graph that is drawn below the values
MOST_ROWS = 200  # of the table of a Layer
LONGEST_NAME, LONGEST_VALUE = 200, 40  # characters
GAP = "\u2026"


def variable_html(v: Variable) -> str:
    """What a notebook shows of a Variable: its properties, values (or their corners), and its graph.

    >>> html = variable_html(Variable(np.zeros((1000, 1000)), name="<x>"))
    >>> "&lt;x&gt;" in html, len(html) < 20_000
    (True, True)
    """
    return _box([_head(type(v).__name__, _properties(v)), *_values(v.data), *_graph(v)])


def layer_html(layer: Any) -> str:
    """What a notebook shows of a Layer: its parameters by their paths, below the layers that own them."""
    params = list(layer.params()) if _has_members(layer) else []
    elements = sum(p.size for p in params if p.data is not None)
    open_ = sum(p.data is None for p in params)
    facts = [_counted(len(params), "parameter"), _counted(elements, "element")]
    if open_:
        facts.append(f"{open_} without a size until the first input")
    rows = list(islice(_rows(layer, "", 0, set()), MOST_ROWS + 1))
    if len(rows) > MOST_ROWS:
        rows[-1] = [GAP] * len(_COLUMNS)
    return _box([_head(type(layer).__name__, facts), *([_table(_COLUMNS, rows, "left")] if rows else [])])


# Variables --------------------------------------------------------------------------------------------


def _properties(v: Variable) -> Iterator[str]:
    if v.name is not None:
        yield f"name {_text(v.name, LONGEST_NAME)}"
    if v.data is not None:
        yield f"shape {v.shape}"
        yield _text(v.dtype, LONGEST_NAME)
        yield "cpu" if cuda.get_array_module(v.data) is np else "gpu"
    yield "no gradient" if v.grad is None else "has a gradient"
    if v.creator is not None:
        yield f"made by {_text(type(v.creator).__name__, LONGEST_NAME)}"


def _values(array: Any) -> Iterator[str]:
    """A table for each matrix of the array that is shown."""
    if array is None:
        yield "<div>no data yet</div>"
        return
    if not array.size:
        yield "<div>no elements</div>"
        return
    if array.ndim < 2:
        yield _matrix(array.reshape(1, -1), rows_numbered=False, columns_numbered=array.ndim > 0)
        return
    leading = array.shape[:-2]
    for index in islice(np.ndindex(*leading), MOST_MATRICES):
        if index:
            yield f"<div>[{', '.join(map(str, index))}]</div>"
        yield _matrix(array[index])
    more = prod(leading) - MOST_MATRICES
    if more > 0:
        yield f"<div>{GAP} and {_counted(more, 'further matrix', 'further matrices')}</div>"


def _matrix(matrix: Any, rows_numbered: bool = True, columns_numbered: bool = True) -> str:
    """A table of the matrix, with the numbers of rows and columns; of many its corners."""
    rows, columns = map(_ends, matrix.shape)
    shown = np.vstack([np.hstack([cuda.as_numpy(matrix[r, c]) for c in columns]) for r in rows])
    cells = [_cut([_number(value) for value in row], columns) for row in shown]
    if len(rows) > 1:
        cells.insert(EDGE, [GAP] * len(cells[0]))
    if rows_numbered:
        cells = [[f"<b>{n}</b>", *row] for n, row in zip(_numbers(rows), cells, strict=True)]
    head = ["", *_numbers(columns)] if rows_numbered else _numbers(columns)
    return _table(head if columns_numbered else (), cells, "right")


def _ends(size: int) -> list[slice]:
    """The pieces of an axis that are shown: all of it, or its two ends."""
    return [slice(0, size)] if size <= 2 * EDGE else [slice(0, EDGE), slice(size - EDGE, size)]


def _numbers(pieces: Sequence[slice]) -> list[str]:
    return _cut([str(n) for piece in pieces for n in range(piece.start, piece.stop)], pieces)


def _cut(cells: list[str], pieces: Sequence[slice]) -> list[str]:
    """The cells with a gap between the two ends."""
    return cells if len(pieces) == 1 else [*cells[:EDGE], GAP, *cells[EDGE:]]


def _number(value: Any) -> str:
    inexact = isinstance(value, (np.inexact, float, complex))
    return f"{value:.6g}" if inexact else _text(value, LONGEST_VALUE)


def _graph(v: Variable) -> Iterator[str]:
    """The graph behind a Variable as a picture, apart from the page: its names are its own."""
    count = sum(1 for _ in islice(functions_behind(v), MOST_FUNCTIONS + 1))
    if count > MOST_FUNCTIONS:
        yield f"<div>graph: more than {MOST_FUNCTIONS} functions (dezero.utils.plot_dot_graph draws it)</div>"
        return
    picture = dot_svg(v)
    if picture is not None:
        source = b2a_base64(picture.encode(errors="replace"), newline=False).decode()
        yield (
            f'<details open="open"><summary>graph: {_counted(count, "function")}</summary>'
            '<img alt="the graph" style="max-width:none" '
            f'src="data:image/svg+xml;base64,{source}"/></details>'
        )


# Layers -----------------------------------------------------------------------------------------------

_COLUMNS = ("parameter", "shape", "dtype", "elements")


def _rows(layer: Any, path: str, depth: int, seen: set[int]) -> Iterator[list[str]]:
    """A row for each Parameter, and one above those of a layer within."""
    for name, value in layer._members() if _has_members(layer) else ():
        own = f"{path}/{name}" if path else name
        shown = f'<span style="padding-left:{depth}em">{_text(own, LONGEST_NAME)}</span>'
        if not isinstance(value, Variable):
            yield [f"{shown}: <b>{_text(type(value).__name__, LONGEST_NAME)}</b>", "", "", ""]
            yield from _rows(value, own, depth + 1, seen)
        elif id(value) in seen:
            yield [shown, "as above: it is shared", "", ""]
        else:
            seen.add(id(value))
            yield [shown, *_sizes(value, layer._sizes(name))]


def _sizes(param: Any, known: Sequence[int | str] | None) -> list[str]:
    """Shape, dtype and elements of a Parameter; what is known of one that has no data yet."""
    if param.data is not None:
        return [str(param.shape), _text(param.dtype, LONGEST_NAME), f"{param.size:,}"]
    shape = "" if known is None else f"({', '.join(map(str, known))}{',' if len(known) == 1 else ''}) "
    return [_text(f"{shape}not initialized", LONGEST_NAME), "", GAP]


def _has_members(layer: Any) -> bool:
    """False of a subclass that has assigned nothing, nor called the constructor."""
    return hasattr(layer, "_params")


# Pieces -----------------------------------------------------------------------------------------------


def _box(parts: Iterable[str]) -> str:
    return f'<div style="max-width:100%;overflow-x:auto">{"".join(parts)}</div>'


def _head(kind: str, facts: Iterable[str]) -> str:
    return f"<div><b>{_text(kind, LONGEST_NAME)}</b> &#160; {', '.join(facts)}</div>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], align: str) -> str:
    """A table of cells that are HTML already."""
    top = "".join(f'<th style="text-align:{align};opacity:.7">{cell}</th>' for cell in head)
    start = "<td>" if align == "right" else f'<td style="text-align:{align}">'  # notebooks have numbers right
    body = "".join(f"<tr>{''.join(f'{start}{cell}</td>' for cell in row)}</tr>" for row in rows)
    style = f"margin:4px 0;border-collapse:collapse;width:auto;text-align:{align}"
    return f'<table cellpadding="4" style="{style}">{f"<tr>{top}</tr>" if top else ""}{body}</table>'


def _text(value: object, longest: int) -> str:
    """The text of a value, cut and escaped, without what no page can show."""
    from html import escape  # a table of names that only pages need

    try:
        text = str(value)
    except Exception:  # an element's own; the rest is shown all the same
        text = f"<{type(value).__name__}>"
    text = text if len(text) <= longest else f"{text[: longest - 1]}{GAP}"
    return escape("".join(c if c.isprintable() else "\ufffd" for c in text))


def _counted(count: int, what: str, several: str = "") -> str:
    return f"{count:,} {what if count == 1 else several or what + 's'}"
