"""Pictures of the graph that led to a Variable, in Graphviz's DOT language."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

from dezero.core import Function, Variable
from dezero.utils.files import write_atomically


def functions_behind(output: Variable) -> Iterator[Function]:
    """Each Function on the way from the leaves to `output` once, from `output` on; no recursion."""
    waiting = [output.creator]
    seen = set()
    while waiting:
        function = waiting.pop()
        if function is None or id(function) in seen:
            continue
        seen.add(id(function))
        yield function
        waiting.extend(x.creator for x in function.inputs)


def get_dot_graph(output: Variable, verbose: bool = True) -> str:
    """The graph behind `output` as DOT text: Variables are ellipses, Functions boxes.

    Args:
        output: where the graph ends.
        verbose: show shapes and dtypes beside the names.

    Raises:
        TypeError: `output` is no Variable.

    >>> import numpy as np
    >>> y = Variable(np.array(2.0), name="x") ** 2
    >>> for line in get_dot_graph(y, verbose=False).splitlines()[1:4]:
    ...     print(line.partition(" ")[2])
    [label="", color=orange, style=filled]
    [label="x", color=orange, style=filled]
    [label="Pow", color=lightblue, style=filled, shape=box]
    """
    if not isinstance(output, Variable):
        raise TypeError(f"get_dot_graph: output must be a Variable, got {type(output)}")
    variables = {id(output): output}
    nodes, edges = [], []
    for function in functions_behind(output):
        nodes.append(_node(function, type(function).__name__, "lightblue", ", shape=box"))
        for x in function.inputs:
            variables[id(x)] = x
            edges.append(f"{id(x)} -> {id(function)}\n")
        for reference in function.outputs:
            y = reference()
            if y is not None:
                variables[id(y)] = y
                edges.append(f"{id(function)} -> {id(y)}\n")
    labels = [_node(v, _label(v, verbose), "orange") for v in variables.values()]
    return "digraph g {\n" + "".join(labels + nodes + edges) + "}"


def _node(item: Any, label: str, color: str, more: str = "") -> str:
    return f'{id(item)} [label="{_escape(label)}", color={color}, style=filled{more}]\n'


def _label(v: Variable, verbose: bool) -> str:
    parts = [str(v.name)] if v.name is not None else []
    if verbose and v.data is not None:
        parts.append(f"{v.shape} {v.dtype}")
    return ": ".join(parts)


def _escape(text: str) -> str:
    """`text` for use within the quotes of a DOT string, shown as it is."""
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return text.replace("\r", "").replace("\n", "\\n")


def plot_dot_graph(output: Variable, verbose: bool = True, to_file: str = "graph.png") -> Any:
    """Draw the graph behind `output` into a file.

    Args:
        output, verbose: as for `get_dot_graph`.
        to_file: the file; its extension is the format (png, svg, pdf, ...).

    Returns:
        In IPython or a notebook an Image or SVG to display, else None.

    Raises:
        TypeError: `output` is no Variable.
        ValueError: `to_file` has no extension.
        RuntimeError: Graphviz is not installed, or refused the format; the message says which.
    """
    extension = os.path.splitext(to_file)[1][1:]
    if not extension:
        raise ValueError(
            f"plot_dot_graph: to_file must end in a format, as in 'graph.png', got {to_file!r}"
        )
    picture = _run_dot(get_dot_graph(output, verbose), extension)
    with write_atomically(to_file) as stream:
        stream.write(picture)
    return _display(to_file, extension)


def _run_dot(source: str, extension: str) -> bytes:
    """What Graphviz's `dot` makes of `source`."""
    import subprocess  # needed only here, and not quick to import

    try:
        done = subprocess.run(["dot", f"-T{extension}"], input=source.encode(), capture_output=True)
    except FileNotFoundError as error:
        raise RuntimeError(
            "Graphviz's program `dot`, which draws the graph, is not installed or not on PATH; "
            "install Graphviz (package `graphviz`), or use get_dot_graph for the text"
        ) from error
    if done.returncode != 0:
        message = done.stderr.decode(errors="replace").strip()
        raise RuntimeError(f"Graphviz's `dot -T{extension}` failed: {message}")
    return done.stdout


def _display(to_file: str, extension: str) -> Any:
    """The picture for IPython, if this is IPython and it can show such a picture."""
    if "IPython" not in sys.modules:
        return None
    from IPython import display

    if extension == "svg":
        return display.SVG(filename=to_file)
    return display.Image(filename=to_file) if extension in ("png", "jpg", "jpeg", "gif") else None


def dot_svg(output: Variable, verbose: bool = True, max_functions: int = 500) -> str | None:
    """The graph behind `output` as an SVG document, for `Variable._repr_svg_`.

    None, which makes a notebook fall back on the text, where there is no graph, where it has more
    than `max_functions` Functions (Graphviz would take minutes), and where Graphviz is absent.
    """
    count = sum(1 for _ in islice(functions_behind(output), max_functions + 1))
    if not 0 < count <= max_functions:
        return None
    try:
        return _run_dot(get_dot_graph(output, verbose), "svg").decode()
    except RuntimeError:
        return None
