"""Three ways to differentiate: numeric, symbolic, automatic. What each costs and how it errs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import sympy
from flint import arb

import dezero.functions as F
from dezero import Variable
from dezero.utils.graph import functions_behind
from gradcheck.experiments.studies.accuracy import derivatives, repeated_backward
from gradcheck.experiments.studies.study import Axis, Figure, Line, Study, Table
from gradcheck.experiments.studies.timing import timed
from gradcheck.oracles.differences.univariate import derivative
from gradcheck.records.literature import works
from gradcheck.report.formatting import duration, significant
from gradcheck.subjects.dezero import DezeroSubject

X = 0.7  # where everything is evaluated
DEPTHS = (1, 2, 3, 4, 6, 8)
ORDERS = (1, 2, 3, 4)
DEEP = 4  # the depth at which orders are compared
HIGHEST = 5  # order to which sizes are counted
REPEATS = 5
LARGEST = 30_000  # nodes above which an expression is not differentiated again


def nested(depth: int, tanh: Callable[[Any], Any], x: Any) -> Any:
    """tanh(tanh(... tanh(x))).

    >>> round(nested(2, math.tanh, 0.5), 4)
    0.4318
    """
    for _ in range(depth):
        x = tanh(x)
    return x


@dataclass(frozen=True)
class Timed:
    """A derivative's value, the seconds to prepare (None: nothing to do), and those for a value."""

    value: float
    setup: float | None
    seconds: float


@dataclass(frozen=True)
class Sizes:
    """How large the derivative of one order is: a tree, the tree with equal parts shared, a graph."""

    depth: int
    order: int
    tree: int | None
    shared: int | None
    graph: int


def study() -> Study:
    """Sizes over order and depth, then error and seconds."""
    by_order = sizes_by_order(DEEP, HIGHEST)
    by_depth = [sizes_by_order(depth, 2)[-1] for depth in DEPTHS]
    last = by_order[-1]
    written = f"{last.tree:,}" if last.tree else f"more than {LARGEST:,}"
    costs, errors = _costs()
    lost = {way: [of_order[way] for of_order in errors] for way in ("numeric", "symbolic", "automatic")}
    exact = max(*lost["symbolic"], *lost["automatic"])
    lead = (
        "Numerical differentiation needs no derivation. For the derivatives of order 1 to "
        f"{len(ORDERS)} of {DEEP} nested tanh its relative errors are {_listed(lost['numeric'])}. Symbolic "
        f"and automatic differentiation are off by {significant(exact, 2)} at most. What these two "
        "differ in is size. Written out, the derivative of "
        f"order {HIGHEST} of {DEEP} nested tanh has {written} nodes; with equal parts counted once "
        f"{last.shared} are left; the graph of dezero's gradient has {last.graph:,} functions: it shares "
        "what forward made, but does not see that two branches of backward compute the same."
    )
    return Study(
        "Three ways to differentiate",
        lead,
        [
            _growth(by_order, "order", f"{DEEP} nested tanh"),
            _growth(by_depth, "depth", "second derivatives of nested tanh"),
            _size_table(by_order, by_depth),
            costs,
        ],
        REFERENCES,
    )


def _listed(errors: list[float]) -> str:
    *others, last = (significant(error, 1) for error in errors)
    return f"{', '.join(others)} and {last}"


# Sizes ----------------------------------------------------------------------------------------------


def sizes_by_order(depth: int, orders: int) -> list[Sizes]:
    """Sizes of the derivatives of orders 1 .. orders of nested tanh, with SymPy's expressions."""
    x = sympy.Symbol("x", real=True)
    expression: Any = nested(depth, sympy.tanh, x)
    graphs = graph_sizes(depth, orders)
    found = []
    for order in range(1, orders + 1):
        tree = shared = None
        if expression is not None:
            expression = expression.diff(x)
            tree, shared = tree_nodes(expression), shared_nodes(expression)
            if tree > LARGEST:
                expression = None
        found.append(Sizes(depth, order, tree, shared, graphs[order - 1]))
    return found


def tree_nodes(expression: Any) -> int:
    """Nodes of the expression written out in full.

    >>> x = sympy.Symbol("x")
    >>> tree_nodes(sympy.sin(x) + x)
    4
    """
    return 1 + sum(tree_nodes(part) for part in expression.args)


def shared_nodes(expression: Any) -> int:
    """Nodes where equal parts count once.

    >>> x = sympy.Symbol("x")
    >>> shared_nodes(sympy.sin(x) + x)
    3
    """
    return len(set(sympy.preorder_traversal(expression)))


def graph_sizes(depth: int, orders: int) -> list[int]:
    """Functions in the graph of the gradient of each order."""
    found = repeated_backward(lambda x: nested(depth, F.tanh, x), Variable(np.array(X)), orders)
    return [sum(1 for _ in functions_behind(gx)) for gx in found]


def _growth(sizes: list[Sizes], along: Literal["order", "depth"], what: str) -> Figure:
    at = [float(getattr(each, along)) for each in sizes]
    lines = [
        Line(name, at, [math.nan if v is None else float(v) for v in values])
        for name, values in (
            ("expression, written out", [s.tree for s in sizes]),
            ("expression, equal parts shared", [s.shared for s in sizes]),
            ("computational graph", [s.graph for s in sizes]),
        )
    ]
    return Figure(*_GROWTH[along], f"Size of {what}: {_SEEN[along]}", *_GROWTH_AXES[along], lines)


_GROWTH = {
    "order": (
        "How a derivative grows",
        "The product and chain rules copy: each differentiation writes every factor again for every term. "
        "That multiplies the size with each order, whoever keeps the books.",
    ),
    "depth": (
        "",
        "With the number of nested functions it is different: a function more adds a link to the chain.",
    ),
}
_SEEN = {
    "order": "on this logarithmic axis all three climb with the order, the expression that shares equal "
    "parts least.",
    "depth": "from the second function on the graph and the shared expression each grow by the same amount "
    "for a function more, the expression written out grows faster.",
}
_GROWTH_AXES = {
    "order": (Axis("order of the derivative"), Axis("nodes or functions", log=True)),
    "depth": (Axis("nested functions"), Axis("nodes or functions", log=True)),
}


def _size_table(by_order: list[Sizes], by_depth: list[Sizes]) -> Table:
    return Table(
        "",
        "Each expression is SymPy's derivative of the one before, as it comes. One of more than "
        f"{LARGEST:,} nodes is not differentiated again.",
        "Nodes of the expression that SymPy derives, and functions in dezero's graph of the gradient",
        ["Nested tanh, order", "Expression written out", "Equal parts shared", "Graph"],
        [[f"{s.depth} nested, order {s.order}", s.tree, s.shared, s.graph] for s in [*by_order, *by_depth]],
    )


# Error and cost -------------------------------------------------------------------------------------


def _costs() -> tuple[Table, list[dict[str, float]]]:
    """The table, and for each order the relative error of each way."""
    cells: list[list[str | float | None]] = []
    errors: list[dict[str, float]] = []
    truths = derivatives(_values(DEEP), np.array([X]), max(ORDERS))
    for order in ORDERS:
        truth = truths[order - 1][0]
        errors.append({})
        for way, run in (("numeric", numeric), ("symbolic", symbolic), ("automatic", automatic)):
            found = run(DEEP, order)
            times = [duration(found.setup), duration(found.seconds)]
            errors[-1][way] = _relative_error(found.value, truth)
            cells.append([f"order {order}, {way}", errors[-1][way], *times])
    table = Table(
        "Error and cost side by side",
        "Numeric: differences of the function alone, at points whose number and distance an error model "
        "chooses. Symbolic: SymPy's derivative, compiled for floats; deriving it is the set-up. "
        "Automatic: backward, repeated; building the graph is part of every evaluation. "
        f"Times for a value are medians of {REPEATS}.",
        f"The derivatives of {DEEP} nested tanh at x = {X:g} in float64, against certified truth",
        ["Order and way", "Relative error", "Set-up", "Time for a value"],
        cells,
    )
    return table, errors


def _values(depth: int) -> Callable[[list[Any]], list[Any]]:
    return DezeroSubject(lambda v: nested(depth, F.tanh, v), [True]).values


def _relative_error(value: float, truth: arb) -> float:
    return float(abs((arb(value) - truth.mid()) / truth.mid()).mid())


def numeric(depth: int, order: int) -> Timed:
    """By finite differences."""
    return _timed(lambda: derivative(lambda points: nested(depth, np.tanh, points), X, order).value)


def symbolic(depth: int, order: int) -> Timed:
    """By the derived expression, compiled."""
    started = time.perf_counter()
    x = sympy.Symbol("x", real=True)
    evaluate = sympy.lambdify(x, nested(depth, sympy.tanh, x).diff(x, order), "math", cse=True)
    setup = time.perf_counter() - started
    return _timed(lambda: float(evaluate(X)), setup)


def automatic(depth: int, order: int) -> Timed:
    """By backward."""

    def value() -> float:
        *_, gx = repeated_backward(
            lambda x: nested(depth, F.tanh, x), Variable(np.array(X)), order, last_graph=False
        )
        return float(gx.data)

    return _timed(value)


def _timed(evaluate: Callable[[], float], setup: float | None = None) -> Timed:
    seconds, values = timed(evaluate, REPEATS)
    return Timed(values[-1], setup, seconds)


REFERENCES = works("griewank", "baydin")
