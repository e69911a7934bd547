"""Pictures of the graph that led to a Variable: Graphviz's, or plainer ones (`dezero.utils.drawing`).

Graphviz is the system's program `dot` or, where there is none, the library pygraphviz, whose wheels bring it.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from dezero.core import Function, Variable
from dezero.function import FIXED
from dezero.utils.drawing import Node, svg
from dezero.utils.files import write_atomically

__all__ = ["dot_svg", "functions_behind", "get_dot_graph", "leaves_behind", "plot_dot_graph"]

_NOT_OF_XML = re.compile("[\x00-\x1f\ufffe\uffff]")
MAX_FUNCTIONS = 500  # a picture of more says nothing, and takes minutes


def functions_behind(*outputs: Variable | None, nearest_first: bool = False) -> Iterator[Function]:
    """Each Function on the way from the leaves to the outputs once, from these on; no recursion.

    Args:
        outputs: those that are None have none.
        nearest_first: in the order of their distance from the outputs; else one way to its end, then another.

    >>> import numpy as np
    >>> x = Variable(np.array(2.0))
    >>> [type(function).__name__ for function in functions_behind(-x**2, None, x + 1)]
    ['Add', 'Neg', 'Pow']
    >>> [type(function).__name__ for function in functions_behind(-x**2, None, x + 1, nearest_first=True)]
    ['Neg', 'Add', 'Pow']
    """
    waiting = deque(y.creator for y in outputs if y is not None)
    following = waiting.popleft if nearest_first else waiting.pop
    seen = set()
    while waiting:
        function = following()
        if function is None or id(function) in seen:
            continue
        seen.add(id(function))
        yield function
        for x in function.inputs:
            if x.creator is not None:
                waiting.append(x.creator)


def leaves_behind(output: Variable) -> list[Variable]:
    """Each Variable without a creator to which backward from `output` would give a gradient.

    >>> import numpy as np
    >>> x, y = Variable(np.array(2.0)), Variable(np.array(3.0))
    >>> leaves_behind(2 * x + x * y)
    [variable(2.0), variable(3.0)]
    """
    found: dict[int, Variable] = {}
    waiting, seen = [output.creator], {None}
    while waiting:
        function = waiting.pop()
        if function in seen:
            continue
        seen.add(function)
        for x in function._operands:
            if type(x) in FIXED:
                continue
            if x.creator is None:
                found[id(x)] = x
            else:
                waiting.append(x.creator)
    return [*found.values()]


def get_dot_graph(output: Variable, verbose: bool = True) -> str:
    """The graph behind `output` as DOT text: Variables are ellipses, Functions boxes.

    Args:
        output: where the graph ends.
        verbose: show shapes and dtypes next to the names.

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
    nodes, edges = _nodes_and_edges(output, verbose)
    lines = [_dot_node(name, node) for name, node in nodes.items()]
    return "digraph g {\n" + "".join(lines) + "".join(f"{a} -> {b}\n" for a, b in edges) + "}"


def _nodes_and_edges(output: Variable, verbose: bool) -> tuple[dict[int, Node], list[tuple[int, int]]]:
    """The graph as nodes by their ids: Variables, then Functions; and edges from id to id.

    Raises:
        TypeError: `output` is no Variable.
    """
    if not isinstance(output, Variable):
        raise TypeError(f"get_dot_graph: output must be a Variable, got {type(output)}")
    variables, functions = {id(output): output}, {}
    edges = []
    for function in functions_behind(output):
        functions[id(function)] = Node(type(function).__name__, "lightblue", is_box=True)
        for x in function.inputs:
            variables[id(x)] = x
            edges.append((id(x), id(function)))
        for reference in function.outputs:
            y = reference()
            if y is not None:
                variables[id(y)] = y
                edges.append((id(function), id(y)))
    return {name: Node(_label(v, verbose), "orange") for name, v in variables.items()} | functions, edges


def _dot_node(name: int, node: Node) -> str:
    more = ", shape=box" if node.is_box else ""
    return f'{name} [label="{_escape(node.label)}", color={node.color}, style=filled{more}]\n'


def _label(v: Variable, verbose: bool) -> str:
    parts = [str(v.name)] if v.name is not None else []
    if verbose and v.data is not None:
        parts.append(f"{v.shape} {v.dtype}")
    return ": ".join(parts)


def _escape(text: str) -> str:
    """`text` for use within the quotes of a DOT string, shown as it is."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "").replace("\n", "\\n")
    return _NOT_OF_XML.sub("\ufffd", text)  # an SVG that has one is none


def plot_dot_graph(output: Variable, verbose: bool = True, to_file: str = "graph.png") -> Any:
    """Draw the graph behind `output` into a file.

    Graphviz draws it: the system's, or that of the extra `graphs` (pygraphviz). Where neither is installed,
    its text is written instead, with the extension .dot, and next to it a simpler picture, .svg, if there are
    not more than 500 Functions; a warning says so, once.

    Args:
        output, verbose: as for `get_dot_graph`.
        to_file: the file; its extension is the format (png, svg, pdf, ...).

    Returns:
        In IPython or a notebook an Image or SVG to display, else None.

    Raises:
        TypeError: `output` is no Variable.
        ValueError: `to_file` has no extension.
        RuntimeError: Graphviz refused the format; the message says why.
    """
    stem, extension = os.path.splitext(to_file)
    if not extension[1:]:
        raise ValueError(f"plot_dot_graph: to_file must end in a format, as in 'graph.png', got {to_file!r}")
    source = get_dot_graph(output, verbose)
    picture = _graphviz(source, extension[1:])
    if picture is not None:
        pictures = {to_file: picture}
    else:
        pictures = {f"{stem}.dot": _encoded(source)}
        if _count(output, MAX_FUNCTIONS) <= MAX_FUNCTIONS:
            to_file = f"{stem}.svg"
            pictures[to_file] = _own_svg(output, verbose).encode()
        _warn_without_graphviz(pictures)
    for path, picture in pictures.items():
        with write_atomically(path) as stream:
            stream.write(picture)
    return _display(to_file) if to_file in pictures else None


def _graphviz(source: str, extension: str) -> bytes | None:
    """What Graphviz makes of `source`, its program or the library; None where neither is installed.

    Raises:
        RuntimeError: it failed.
    """
    try:
        return _run_dot(source, extension)
    except OSError:
        pass
    try:
        from pygraphviz import AGraph
    except ImportError:
        return None
    try:
        return AGraph(string=_encoded(source).decode()).draw(format=extension, prog="dot")
    except Exception as error:  # of an unknown format it says more on the standard error
        raise RuntimeError(
            f"Graphviz (pygraphviz) could not draw the format {extension!r}: {error}"
        ) from error


def _run_dot(source: str, extension: str) -> bytes:
    """What Graphviz's `dot` makes of `source`.

    Raises:
        OSError: it is not installed.
        RuntimeError: it failed.
    """
    import subprocess  # needed only here, and not quick to import

    done = subprocess.run(["dot", f"-T{extension}"], input=_encoded(source), capture_output=True)
    if done.returncode != 0:
        message = done.stderr.decode(errors="replace").strip()
        raise RuntimeError(f"Graphviz's `dot -T{extension}` failed: {message}")
    return done.stdout


def _encoded(source: str) -> bytes:
    return source.encode(errors="replace")  # names may hold lone surrogates


_warned = False


def _warn_without_graphviz(paths: Iterable[str]) -> None:
    """Once in a process, in the name of the program's line."""
    global _warned
    if not _warned:
        _warned = True
        warnings.warn(
            "plot_dot_graph: Graphviz's program `dot` is not installed or not on PATH; wrote "
            f"{' and '.join(paths)} instead; install Graphviz: apt, dnf, brew or conda install graphviz, "
            "or pip install pygraphviz, which brings it",
            stacklevel=3,
        )


def _own_svg(output: Variable, verbose: bool) -> str:
    """The graph as dezero draws it."""
    nodes, edges = _nodes_and_edges(output, verbose)
    number = {name: i for i, name in enumerate(nodes)}
    return svg(dict(enumerate(nodes.values())), [(number[a], number[b]) for a, b in edges])


def _count(output: Variable, limit: int) -> int:
    """The number of Functions behind `output`, or limit + 1 where there are more."""
    return sum(1 for _ in islice(functions_behind(output), limit + 1))


def _display(to_file: str) -> Any:
    """The picture for IPython, if this is IPython and it can show such a picture."""
    if "IPython" not in sys.modules:
        return None
    from IPython import display

    extension = os.path.splitext(to_file)[1]
    if extension == ".svg":
        return display.SVG(filename=to_file)
    return display.Image(filename=to_file) if extension in (".png", ".jpg", ".jpeg", ".gif") else None


def dot_svg(output: Variable, verbose: bool = True, max_functions: int = MAX_FUNCTIONS) -> str | None:
    """The graph behind `output` as an SVG document, for `Variable._repr_svg_`.

    Graphviz draws it, or dezero where Graphviz is absent. None, which makes a notebook fall back on the
    text, where there is no graph, where it has more than `max_functions` Functions (Graphviz would take
    minutes), and where Graphviz fails.
    """
    if not 0 < _count(output, max_functions) <= max_functions:
        return None
    try:
        picture = _graphviz(get_dot_graph(output, verbose), "svg")
    except RuntimeError:
        return None
    return _own_svg(output, verbose) if picture is None else picture.decode()
