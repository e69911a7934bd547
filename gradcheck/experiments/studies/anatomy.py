"""What an op is made of: its computational graph, that of its gradient, and the source of backward."""

from __future__ import annotations

import inspect
import os
import textwrap
from typing import Any

import numpy as np

from dezero import Function, Variable
from dezero.utils.graph import functions_behind
from gradcheck.cases import laboratory
from gradcheck.cases.case import Case
from gradcheck.specs import Spec
from gradcheck.subjects.written import Written, derivative


def graph_rows(spec: Spec) -> list[dict[str, Any]]:
    """The fields of "graph" rows: the op on its first case (order 0), and its gradient (order 1)."""
    return graphs_of(laboratory.build(laboratory.first(spec)))


def graphs_of(case: Case) -> list[dict[str, Any]]:
    """The same for a case."""
    y, gx = value_and_gradient(case)
    found = [(0, y)] + ([(1, gx)] if gx is not None else [])
    return [{"op": case.op, "order": order, **graph(v)} for order, v in found if v.creator]


def value(case: Case) -> tuple[Variable, list[Variable]]:
    """The first output, and the inputs that its graph begins with."""
    xs = [Variable(x.copy(), name=n) for x, n in zip(case.inputs, case.names, strict=True)]
    outputs = case.f(*xs)
    y = outputs[0] if isinstance(outputs, (list, tuple)) else outputs
    y.name = "y"
    return y, xs


def value_and_gradient(case: Case) -> tuple[Variable, Variable | None]:
    """The first output, and the gradient of the first differentiated input with its own graph."""
    y, xs = value(case)
    x = xs[list(case.active).index(True)]
    y.grad = Variable(np.ones_like(y.data), name="gy")
    y.backward(create_graph=True)
    if x.grad is not None:
        x.grad.name = f"g{x.name}"
    return y, x.grad


def graph(output: Variable) -> dict[str, Any]:
    """Nodes and edges of the graph behind a Variable.

    Nodes are Functions, the leaves and the output; an edge between two Functions stands for the
    Variable that one makes and the other takes.

    >>> x = Variable(np.array(2.0), name="x")
    >>> found = graph(x * x)
    >>> [node["label"] for node in found["nodes"]], found["edges"]
    (['Mul', 'x ()', '()'], [[1, 0], [1, 0], [0, 2]])
    """
    functions = list(functions_behind(output))
    numbers: dict[int, int] = {id(f): n for n, f in enumerate(functions)}
    nodes = [{"label": type(f).__name__, "function": True} for f in functions]
    edges = []
    for f in functions:
        for x in f.inputs:
            source = x if x.creator is None else x.creator
            if id(source) not in numbers:
                numbers[id(source)] = len(nodes)
                nodes.append({"label": _label(x), "function": False})
            edges.append([numbers[id(source)], numbers[id(f)]])
    nodes.append({"label": _label(output), "function": False})
    edges.append([numbers[id(output.creator)], len(nodes) - 1])
    return {"nodes": nodes, "edges": edges}


def _label(v: Variable) -> str:
    """Name and shape; the value where it is a number without a name."""
    if v.name is None and v.creator is None and v.data.ndim == 0:
        return f"{float(v.data):.6g}"
    return f"{v.name or ''} {v.shape}".strip()


def source_rows(spec: Spec) -> list[dict[str, Any]]:
    """The fields of a "source" row for backward of each Function in the op's graph."""
    return sources_of(laboratory.build(laboratory.first(spec)))


def sources_of(case: Case) -> list[dict[str, Any]]:
    """The same for a case."""
    return [{"op": case.op, **source(cls)} for cls in classes_of(case)]


def classes_of(case: Case) -> list[type[Function]]:
    """The classes of the Functions behind the first output of a case, in the order of their calls."""
    y, _ = value(case)
    return list(dict.fromkeys(type(f) for f in reversed(list(functions_behind(y)))))


def source(cls: type[Function]) -> dict[str, Any]:
    """Where backward of a Function is written, and how; the whole class where that is a table's line.

    >>> from dezero.functions import Exp
    >>> found = source(Exp)
    >>> found["path"]
    'dezero/functions/elementwise.py'
    """
    return source_of(derivative(cls))


def source_of(written: Any) -> dict[str, Any]:
    """Where a function or a class is written, and how."""
    lines, line = inspect.getsourcelines(written)
    file = os.path.realpath(inspect.getsourcefile(written) or "")
    return {
        "name": written.__qualname__,
        "path": Written(file, line).path,
        "line": line,
        "text": textwrap.dedent("".join(lines)),
    }
