"""Derivatives of high order by backward of backward: sin to order 8, tanh to order 6."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import dezero.functions as F
from dezero import Variable
from dezero.utils.graph import functions_behind
from gradcheck.studies.accuracy import derivatives, error_ulp
from gradcheck.studies.parts import Axis, Figure, Line, Study, Table
from gradcheck.studies.section import shortened
from gradcheck.subject import DezeroSubject

SUBJECTS: tuple[tuple[str, Callable[[Any], Any], int], ...] = (("sin", F.sin, 8), ("tanh", F.tanh, 6))
LOW, HIGH, POINTS = -3.0, 3.0, 120  # an even number of points: none is a zero of a derivative
DRAWN = 4  # derivatives in the picture


@dataclass(frozen=True)
class Order:
    """One derivative: its values, the functions in its graph, seconds, and errors in ULPs."""

    order: int
    values: np.ndarray
    functions: int
    seconds: float
    errors: list[float]


def study() -> Study:
    """Graph sizes, seconds and errors over the order."""
    found = {name: measure(f, highest) for name, f, highest in SUBJECTS}
    told = "; ".join(
        f"{name} needs {orders[0].functions} functions for the first derivative and "
        f"{orders[-1].functions} for that of order {orders[-1].order}, and is off by "
        f"{max(max(o.errors) for o in orders):.1f} ULP at most"
        for name, orders in found.items()
    )
    lead = (
        "Backward is made of Functions, so its graph can be differentiated again, as often as one likes. "
        f"The graphs grow, the errors hardly: {told}, beyond what half an ULP of x would cause."
    )
    parts: list[Figure | Table] = [_sizes(found)]
    for name, orders in found.items():
        parts += [_curves(name, orders), _table(name, orders)]
    return Study("Higher-order derivatives", lead, parts)


def measure(f: Callable[[Any], Any], highest: int) -> list[Order]:
    """Derivatives of orders 1 .. highest at POINTS points, each by backward of the one before.

    >>> [each.functions for each in measure(F.exp, 2)]
    [2, 3]
    """
    x = Variable(np.linspace(LOW, HIGH, POINTS))
    truth = derivatives(DezeroSubject(f, [True]).values, x.data, highest + 1)
    started = time.perf_counter()
    y, found = f(x), []
    for order in range(1, highest + 1):
        x.cleargrad()
        y.backward(create_graph=True)
        assert x.grad is not None
        y = x.grad
        seconds = time.perf_counter() - started
        errors = [
            error_ulp(got, truth[order - 1][i], truth[order][i], x.data[i])
            for i, got in enumerate(y.data)
        ]
        functions = sum(1 for _ in functions_behind(y))
        found.append(Order(order, y.data.copy(), functions, seconds, errors))
    return found


def _sizes(found: dict[str, list[Order]]) -> Figure:
    return Figure(
        "Graphs grow with the order",
        "sin and cos give each other, so one order adds a few functions. The derivative of tanh is a "
        "product, and its product rule adds terms at each order.",
        "Functions in the graph of each derivative, on a logarithmic axis: tanh climbs by a factor with "
        "each order, sin by one or two functions.",
        Axis("order of the derivative"),
        Axis("functions in the graph", log=True),
        [
            Line(name, [each.order for each in orders], [each.functions for each in orders])
            for name, orders in found.items()
        ],
    )


def _curves(name: str, orders: list[Order]) -> Figure:
    x = np.linspace(LOW, HIGH, POINTS).round(6).tolist()
    shown = orders[:DRAWN]
    return Figure(
        name,
        "",
        f"The first {DRAWN} derivatives of {name}, by backward: each crosses zero where the one before "
        "has its peaks.",
        Axis("x"),
        Axis("derivative"),
        [Line(f"order {each.order}", x, shortened(each.values)) for each in shown],
    )


def _table(name: str, orders: list[Order]) -> Table:
    return Table(
        "",
        f"Seconds are those from the first forward to this derivative, for {POINTS} points at once.",
        f"Derivatives of {name} between {LOW:g} and {HIGH:g}: graph, seconds and error",
        ["Order", "Functions in the graph", "Seconds", "Median error (ULP)", "Worst error (ULP)"],
        [
            [str(o.order), o.functions, o.seconds, float(np.median(o.errors)), max(o.errors)]
            for o in orders
        ],
    )
