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
from gradcheck.experiments.studies.accuracy import derivatives, error_ulp, repeated_backward
from gradcheck.experiments.studies.digits import shortened
from gradcheck.experiments.studies.study import Axis, Figure, Line, Study, Table
from gradcheck.oracles.numbers.conversion import exact
from gradcheck.oracles.numbers.ulp import distance as ulp_distance
from gradcheck.records.literature import works
from gradcheck.report.formatting import duration, ulp
from gradcheck.subjects.dezero import DezeroSubject

SUBJECTS: tuple[tuple[str, Callable[[Any], Any], int], ...] = (("sin", F.sin, 8), ("tanh", F.tanh, 6))
LOW, HIGH, POINTS = -3.0, 3.0, 120  # an even number of points: none is a zero of a derivative
REPEATS = 5
DRAWN = 4  # derivatives in the picture


@dataclass(frozen=True)
class Order:
    """One derivative: its values, the functions in its graph, seconds, and errors in ULPs.

    `errors` are those of the values as they are, `beyond` what remains of them after what half an ULP of x
    would also cause.
    """

    order: int
    values: np.ndarray
    functions: int
    seconds: float
    errors: list[float]
    beyond: list[float]


def study() -> Study:
    """Graph sizes, seconds and errors over the order."""
    found = {name: measure(f, highest) for name, f, highest in SUBJECTS}
    lead = (
        "Backward is made of Functions, so its graph can be differentiated again, as often as one likes: "
        "double backprop, and so on. Errors are counted in ULP, the spacing of floats at a value. "
        f"{' '.join(_told(name, orders) for name, orders in found.items())} A difference quotient of order "
        "n would multiply the rounding of f by 1/hⁿ; here nothing is divided by a step."
    )
    parts: list[Figure | Table] = [_sizes(found), _times(found)]
    for name, orders in found.items():
        parts += [_curves(name, orders), _table(name, orders)]
    return Study("Higher-order derivatives", lead, parts, REFERENCES)


def _told(name: str, orders: list[Order]) -> str:
    """How the graph and the median error change from the first order to the last."""
    sizes = [each.functions for each in orders]
    medians = [float(np.median(each.errors)) for each in orders]
    grown = (
        f"stays at {sizes[0]} functions"
        if len(set(sizes)) == 1
        else f"grows from {sizes[0]} to {sizes[-1]} functions"
    )
    return (
        f"Up to order {orders[-1].order} the graph of {name} {grown}, and half of the points are off by no "
        f"more than {ulp(max(medians))} ULP at every order."
    )


def measure(f: Callable[[Any], Any], highest: int) -> list[Order]:
    """Derivatives of orders 1 .. highest at POINTS points, each by backward of the one before.

    >>> [each.functions for each in measure(F.exp, 2)]
    [2, 2]
    """
    x = Variable(np.linspace(LOW, HIGH, POINTS))
    truth = derivatives(DezeroSubject(f, [True]).values, x.data, highest + 1)
    runs = [_backwards(f, x, highest) for _ in range(REPEATS)]
    seconds = np.median([[at for _, at in run] for run in runs], axis=0)
    return [
        Order(
            order,
            y.data.copy(),
            sum(1 for _ in functions_behind(y)),
            float(seconds[order - 1]),
            [ulp_distance(exact(v), t, v.dtype) for v, t in zip(y.data, truth[order - 1], strict=True)],
            [error_ulp(*each) for each in zip(y.data, truth[order - 1], truth[order], x.data, strict=True)],
        )
        for order, (y, _) in enumerate(runs[-1], 1)
    ]


def _backwards(f: Callable[[Any], Any], x: Variable, highest: int) -> list[tuple[Variable, float]]:
    """Each derivative, and the seconds from the first forward to it."""
    started = time.perf_counter()
    return [(gx, time.perf_counter() - started) for gx in repeated_backward(f, x, highest)]


def _sizes(found: dict[str, list[Order]]) -> Figure:
    return Figure(
        "Graphs grow with the order",
        "sin and cos give each other, so the graph of each derivative is as small as that of the first: "
        "one function of x, times the cotangent (the weight gy that backward begins with). The first "
        "derivatives of tanh are written as functions of x, too; then they are products, and the product "
        "rule adds terms.",
        f"Functions in the graph of each derivative, on a logarithmic axis: {_grown(found)}.",
        Axis("order of the derivative"),
        Axis("functions in the graph", log=True),
        [
            Line(name, [each.order for each in orders], [each.functions for each in orders])
            for name, orders in found.items()
        ],
    )


def _grown(found: dict[str, list[Order]]) -> str:
    """Each function's sizes, in words."""
    return "; ".join(
        f"{name} {', '.join(str(o.functions) for o in orders)}" for name, orders in found.items()
    )


def _times(found: dict[str, list[Order]]) -> Figure:
    return Figure(
        "",
        "Time grows with the graph: it is what forward and every backward up to this order take, for "
        f"{POINTS} points at once, the median of {REPEATS} runs.",
        "Time up to the derivative of each order, on a logarithmic axis: every order adds its own backward.",
        Axis("order of the derivative"),
        Axis("milliseconds", log=True),
        [
            Line(name, [each.order for each in orders], shortened(1e3 * each.seconds for each in orders))
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
        "An error in ULPs has two parts: where a derivative is steep, or nearly zero, half an ULP of x "
        "moves it by many of its own, however it is computed. The last column takes that part off: it is "
        "the worst of what is left at any point.",
        f"Derivatives of {name} between {LOW:g} and {HIGH:g}: graph, time and error in ULPs",
        [
            "Order",
            "Functions in the graph",
            "Time",
            "Median error",
            "Worst error",
            "Beyond half an ULP of x",
        ],
        [
            [
                str(o.order),
                o.functions,
                duration(o.seconds),
                *(ulp(e) for e in (float(np.median(o.errors)), max(o.errors), max(o.beyond))),
            ]
            for o in orders
        ],
    )


REFERENCES = works("griewank", "johansson")
