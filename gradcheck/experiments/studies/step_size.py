"""The error of numerical derivatives against the step, of one element of each function's result."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from flint import arb

from gradcheck.experiments.studies.digits import shortened
from gradcheck.experiments.studies.section import Section, plain_section
from gradcheck.oracles.differences.error_curves import SCHEMES, Curve, curve
from gradcheck.oracles.differences.trust import LONG
from gradcheck.specs import Spec

STEPS = 33
TERMS = 10  # derivatives that the model's truncation lines need: order 3 and a stencil's own 6, and one


def curves(spec: Spec, order: int) -> list[dict[str, Any]]:
    """The fields of one "curve" row for each order 1 .. order whose derivative does not vanish.

    Differentiated is one element of the result by one element of an input, those of `plain_section`: the
    cotangent is 1. The truth and the model's higher derivatives come from jets.
    """
    section, _ = plain_section(spec)
    return curves_along(section, order)


def curves_along(section: Section, order: int) -> list[dict[str, Any]]:
    """The same along a section."""
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
        "input": section.moving,
        "output": section.output,
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
    truth = LONG(exactly[order].mid().str(25, radius=False))  # a float64 is off by what a scheme may be
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
                    truth=truth,
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
