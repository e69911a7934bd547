"""Digits kept are those of the element that keeps the fewest, counted here in exact fractions."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from dezero import Variable
from gradcheck.cases import key, laboratory
from gradcheck.judging.examine import examine
from gradcheck.judging.proof.forward import against_formula
from gradcheck.measuring.measure import point_of
from gradcheck.records.recording import case_rows
from gradcheck.report.answers import allowed
from gradcheck.system.floats import full_digits, precision


def case_with(name, order=None):
    return laboratory.build(key.find(name), order)


def ulp_of(truth, dtype):
    """The spacing of floats at a number, whose exponent is found by halving and doubling."""
    size, exponent = abs(truth), 0
    while size >= 2 ** (exponent + 1):
        exponent += 1
    while size < Fraction(2) ** exponent:
        exponent -= 1
    return Fraction(2) ** (exponent + 1 - precision(dtype))


def digits(got, truth, dtype):
    error = abs(Fraction(float(got)) - truth)
    if error <= ulp_of(truth, dtype) / 2:
        return full_digits(dtype)
    return min(full_digits(dtype), max(0.0, -math.log10(error / abs(truth))))


@pytest.mark.parametrize(
    "name", ["rdiv:2x1_1x3/float64/cpu/broadcast", "rdiv:2x3_3/float32/cpu/strided", "rdiv/float16/cpu"]
)
def test_a_declared_bound_leaves_the_digits_of_the_worst_element(name):
    """Past the declared ULPs the error is counted without what the data excuse. Digits are not."""
    case = case_with(name, 1)
    (row,) = [each for each in examine(case).evidence if each.oracle == "jet"]
    subject = case.subject()
    at, _ = point_of(case, subject)
    to_each = quotient_gradients(*at.inputs, at.cotangents[0])
    got = subject.gradients(at.inputs, at.cotangents, at.direction, 1)[0]
    every = [
        digits(g, t, case.dtype)
        for gots, truths in zip(got, to_each, strict=True)
        for g, t in zip(gots.flat, truths.flat, strict=True)
    ]
    assert row.digits == pytest.approx(min(every), abs=1e-3)


def quotient_gradients(x0, x1, gy):
    """Those of the sum of gy x1 / x0, each summed where an input was repeated."""
    found = [np.full(x.shape, Fraction(0)) for x in (x0, x1)]
    for place in np.ndindex(gy.shape):
        at = [
            tuple(n if m > 1 else 0 for n, m in zip(place[-x.ndim :], x.shape, strict=True)) for x in (x0, x1)
        ]
        a, b, u = (Fraction(float(x[i])) for x, i in zip((x0, x1, gy), (*at, place), strict=True))
        found[0][at[0]] -= u * b / a**2
        found[1][at[1]] += u / a
    return found


@pytest.mark.parametrize("seed", range(5))
def test_the_digits_of_a_value_are_the_fewest_of_any_element(seed):
    """The element that is most ULPs off may keep more digits: an ULP is a smaller part of a number near 2."""
    x = np.random.default_rng(seed).uniform(0.1, 10.0, 40).astype(np.float16)
    case = replace(case_with("reciprocal/float16/cpu"), inputs=[x])
    shaken = [1.0 / x[0] * (1 + 2.0**-10), *(1 / each for each in x[1:])]
    case = replace(case, f=lambda v: Variable(np.array(shaken, np.float16)) if v.dtype != object else 1 / v)
    row = against_formula(case)
    every = [
        digits(g, 1 / Fraction(float(each)), "float16")
        for g, each in zip(np.array(shaken, np.float16), x, strict=True)
    ]
    assert row.digits == pytest.approx(min(every), abs=1e-3)
    assert Fraction(row.got) in map(Fraction, np.array(shaken, np.float16).astype(float))


@pytest.mark.parametrize(
    "name", ["layers.LSTM/float16/cpu", "layers.RNN/float16/cpu", "mul/float16/cpu/negative"]
)
def test_the_error_is_the_distance_of_expected_and_got_in_ulps(name):
    case = case_with(name)
    for row in case_rows(case, examine(case)):
        if row["oracle"] != "jet" or float(row["expected"]) == 0:
            continue
        expected, got = Fraction(row["expected"]), Fraction(row["got"])
        assert row["error_ulp"] == pytest.approx(
            float(abs(got - expected) / ulp_of(expected, "float16")), abs=1e-3
        )
        assert row["error_ulp"] <= allowed(row).ulp
        if "excused_ulp" in row:
            assert row["error_ulp"] > row["declared_ulp"]
            assert allowed(row) in [
                (row["declared_ulp"] + row["excused_ulp"], "declared", row["excused_ulp"]),
                (row["tolerance_ulp"], "derived", None),
            ]
