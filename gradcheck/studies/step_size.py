"""The error of numerical derivatives against the step, for one element of each function's input."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb

from gradcheck import laboratory, probes
from gradcheck.cases import Case
from gradcheck.laboratory import Key
from gradcheck.oracles import jet
from gradcheck.oracles.arithmetic import working
from gradcheck.oracles.curves import curve
from gradcheck.specs import Spec
from gradcheck.subject import DezeroSubject

SCHEMES = ("forward", "central", "five-point", "richardson")
STEPS = 41
TERMS = (
    10  # derivatives that the model's truncation lines need: order 3 and a stencil's own 6, and one
)


def curves(spec: Spec, order: int) -> list[dict[str, Any]]:
    """The fields of one "curve" row for each order 1 .. order whose derivative does not vanish.

    Differentiated is <u, f> as a function of the first element of the first differentiated input of
    the spec's first case; the truth and the model's higher derivatives come from jets.
    """
    case = laboratory.build(Key(spec.name, 0, "float64", "cpu"))
    g, x, exactly = _section(case)
    return [
        _fields(spec, case, k, g, x, exactly)
        for k in range(1, order + 1)
        if not exactly[k].is_zero()
    ]


def _section(case: Case) -> tuple[Callable[[np.ndarray], np.ndarray], float, list[arb]]:
    """<u, f> along one element: as a function of points, the element's value, derivatives there."""
    subject = DezeroSubject(case.f, case.active)
    i = list(case.active).index(True)
    inputs = list(case.inputs)
    rng = np.random.default_rng(case.seed)
    weights = probes.like(rng, subject.values(inputs))

    def g(points: np.ndarray) -> np.ndarray:
        values = []
        for point in points:
            moved = inputs[i].copy()
            moved.reshape(-1)[0] = point
            outputs = subject.values([*inputs[:i], moved, *inputs[i + 1 :]])
            values.append(sum(float(np.vdot(w, y)) for w, y in zip(weights, outputs, strict=True)))
        return np.array(values)

    return g, float(inputs[i].flat[0]), _derivatives(subject, case, i, weights)


def _derivatives(
    subject: DezeroSubject, case: Case, i: int, weights: list[np.ndarray]
) -> list[arb]:
    """Derivatives of orders 0 .. TERMS along the element, from one jet."""
    unit = probes.unit(case.inputs, i, 0)
    rest = [np.zeros_like(d) for d in unit]
    path = [unit] + [rest] * (TERMS - 1)
    outputs, _ = jet.evaluate(subject.values, case.inputs, case.active, path, bits=jet.START_BITS)
    with working(jet.START_BITS, TERMS + 1):
        coefficients = jet.contract(outputs, weights, TERMS + 1)
        return [c * math.factorial(k) for k, c in enumerate(coefficients)]


def _fields(
    spec: Spec,
    case: Case,
    order: int,
    g: Callable[[np.ndarray], np.ndarray],
    x: float,
    exactly: list[arb],
) -> dict[str, Any]:
    room = _room(case, x)
    steps = np.geomspace(min(room, 1.0), 2.0**-45 * max(abs(x), 1.0), STEPS)
    found = {
        scheme: curve(
            g,
            x,
            order,
            steps.tolist(),
            scheme,
            truth=float(exactly[order].mid()),
            higher=lambda k: float(exactly[k].mid()) if k <= TERMS else math.nan,
        )
        for scheme in SCHEMES
    }
    central = found["central"]
    return {
        "op": spec.name,
        "order": order,
        "x": x,
        "input": case.place(0),
        "truth": exactly[order].mid().str(20, radius=False),
        "schemes": {name: {"step": c.step, "error": c.error} for name, c in found.items()},
        "model": {
            "step": central.step,
            "truncation": central.truncation,
            "rounding": central.rounding,
        },
        "chosen_step": central.chosen_step,
        "chosen_error": central.chosen_error,
    }


def _room(case: Case, x: float) -> float:
    """The largest step whose widest stencil (Richardson's: 4 times 2) stays inside the domain."""
    if case.domains is None:
        return 1.0
    lower, upper = case.domains[list(case.active).index(True)]
    return min(x - lower, upper - x, 8.0) / 8.5
