"""The error of numerical derivatives against the step, for one element of each function's input."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from flint import arb

from gradcheck.cases import laboratory
from gradcheck.cases.case import Case
from gradcheck.experiments.studies.section import Section, random_section, shortened
from gradcheck.oracles.differences.error_curves import SCHEMES, Curve, curve
from gradcheck.specs import Spec

STEPS = 41
TERMS = 10  # derivatives that the model's truncation lines need: order 3 and a stencil's own 6, and one


def curves(spec: Spec, order: int) -> list[dict[str, Any]]:
    """The fields of one "curve" row for each order 1 .. order whose derivative does not vanish.

    Differentiated is <u, f> as a function of the first element of the first differentiated input of
    the spec's first case; the truth and the model's higher derivatives come from jets.
    """
    return curves_of(laboratory.build(laboratory.first(spec)), order)


def curves_of(case: Case, order: int) -> list[dict[str, Any]]:
    """The same for a case."""
    section = random_section(case)
    exactly = section.exactly(section.start, TERMS)
    return [_fields(section, k, exactly) for k in range(1, order + 1) if not exactly[k].is_zero()]


def _fields(section: Section, order: int, exactly: list[arb]) -> dict[str, Any]:
    x = section.start
    found = dict(_schemes(section, order, exactly))
    central = found["central"]
    return {
        "op": section.case.op,
        "order": order,
        "x": x,
        "input": section.case.place(0),
        "truth": exactly[order].mid().str(20, radius=False),
        "schemes": {n: _errors(c) for n, c in found.items()},
        "model": {
            "step": central.step,
            "truncation": shortened(central.truncation),
            "rounding": shortened(central.rounding),
        },
        "chosen_step": central.chosen_step,
        "chosen_error": central.chosen_error,
    }


def _errors(found: Curve) -> dict[str, Any]:
    (constant,) = shortened([found.constant])
    return {
        "step": found.step, "error": shortened(found.error), "power": found.power, "constant": constant
    }  # fmt: skip


def _schemes(section: Section, order: int, exactly: list[arb]) -> Iterator[tuple[str, Curve]]:
    """Every scheme that applies; the complex step to first derivatives of analytic ops."""
    x = section.start
    taken = steps(section, STEPS)
    for scheme in SCHEMES if order == 1 else SCHEMES[:-1]:
        try:
            yield (
                scheme,
                curve(
                    section.values,
                    x,
                    order,
                    taken,
                    scheme,
                    truth=float(exactly[order].mid()),
                    higher=lambda k: float(exactly[k].mid()) if k <= TERMS else math.nan,
                ),
            )
        except TypeError:  # no complex numbers in, or none out
            if scheme != "complex-step":
                raise


def steps(section: Section, count: int) -> list[float]:
    """Steps from the largest that fits to some that lose all digits, evenly on a logarithmic scale."""
    return np.geomspace(
        min(_largest_step(section), 1.0), 2.0**-45 * max(abs(section.start), 1.0), count
    ).tolist()


def _largest_step(section: Section) -> float:
    """The largest step whose widest stencil (Richardson's: 4 times 2) stays inside the domain."""
    lower, upper = section.domain
    return min(section.start - lower, upper - section.start, 8.0) / 8.5
