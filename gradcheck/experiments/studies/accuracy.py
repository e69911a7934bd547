"""The error of an elementwise function's derivatives over its whole range, in ULPs, tails included."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from flint import arb

from dezero import Variable
from gradcheck.oracles import jet
from gradcheck.oracles.numbers import ulp
from gradcheck.oracles.numbers.conversion import exact
from gradcheck.oracles.numbers.series import Jet
from gradcheck.oracles.numbers.working import working
from gradcheck.specs import Spec, Sweep
from gradcheck.subjects.dezero import DezeroSubject

POINTS = 129
BITS = 320  # the tails of exp(-2|x|) lose 60 bits at |x| = 20; five times that stays far below an ULP


def points(sweep: Sweep, count: int = POINTS, dtype: Any = np.float64) -> np.ndarray:
    """Points that cover a sweep, evenly or on a logarithmic scale.

    >>> points(Sweep(0.01, 100, logarithmic=True), 3)
    array([1.e-02, 1.e+00, 1.e+02])
    """
    space = np.geomspace if sweep.logarithmic else np.linspace
    return np.asarray(space(sweep.low, sweep.high, count), dtype=dtype)


def over_range(spec: Spec, order: int, x: np.ndarray) -> list[list[float]]:
    """For orders 1 .. order, the error at each point of `x` in ULPs of its dtype.

    The part of an error that half an ULP of the input would also cause is taken off. The spec must be
    elementwise in its first argument; its first variant is measured.

    >>> from gradcheck.specs import specs
    >>> errors = over_range(specs()["tanh"], 2, np.array([-18.0, 0.5]))
    >>> max(errors[0]) <= 4, max(errors[1]) <= 8
    (True, True)
    """
    params = dict(spec.variants[0].params)
    subject = DezeroSubject(lambda v: spec.call(v, **params), [True])
    one = np.ones_like(x)
    with np.errstate(all="ignore"):
        got = subject.gradients([x], [one], [one], order)
    truth = derivatives(subject.values, x, order + 1)
    return [
        [
            error_ulp(g, truth[k][i], truth[k + 1][i], x[i])
            for i, g in enumerate(np.zeros_like(x) if got[k][0] is None else got[k][0])
        ]
        for k in range(order)
    ]


def derivatives(
    f: Callable[[list[Any]], list[Any]], x: np.ndarray, order: int, *, side: int = 1
) -> list[list[arb]]:
    """Certified derivatives of orders 1 .. order of an elementwise `f` at each element of `x`.

    Args:
        side: +1 for those from above, -1 for those from below, where a comparison in f meets a tie.
    """
    path = [[np.ones_like(x)]] + [[np.zeros_like(x)]] * (order - 1)
    outputs, _ = jet.evaluate(f, [x], [True], path, bits=BITS, side=side)
    with working(BITS, order + 1):  # else a product is rounded to 53 bits
        return [
            [_coefficient(y, k) * math.factorial(k) for y in outputs[0].ravel()] for k in range(1, order + 1)
        ]


def repeated_backward(
    f: Callable[[Variable], Variable], x: Variable, order: int, *, last_graph: bool = True
) -> Iterator[Variable]:
    """The derivatives of orders 1 .. order of an elementwise `f`, each by backward of the one before.

    Args:
        last_graph: the last one has a graph, too.

    >>> [float(gx.data) for gx in repeated_backward(lambda x: x**3, Variable(np.array(2.0)), 3)]
    [12.0, 12.0, 6.0]
    """
    y = f(x)
    for k in range(order):
        x.cleargrad()
        y.backward(create_graph=last_graph or k < order - 1)
        assert x.grad is not None
        y = x.grad
        yield y


def _coefficient(y: Any, k: int) -> arb:
    return y.v[k] if isinstance(y, Jet) else arb(0)


def error_ulp(got: Any, truth: arb, next_order: arb, x: Any) -> float:
    """|got - truth| less what half an ULP of x causes, in ULPs of the truth; NaN if that is none."""
    if not (truth.is_finite() and next_order.is_finite()):
        return math.nan
    if truth.contains(exact(got)):
        return 0.0  # also where the truth is zero and its midpoint is only noise
    distance = ulp.distance(exact(got), truth, x.dtype)
    half = exact(np.spacing(np.abs(x))) / 2
    excused = float((abs(next_order.mid()) * half / ulp.ulp(truth, x.dtype)).mid())
    return max(0.0, distance - excused)
