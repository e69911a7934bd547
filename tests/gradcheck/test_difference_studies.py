"""The studies of difference quotients: each figure is computed once more, by mpmath or plain NumPy."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

from gradcheck.experiments.studies import (
    differences,
    fixed_step,
    million,
    schemes,
    step_schemes,
)
from gradcheck.experiments.studies.digits import marked
from gradcheck.experiments.studies.section import plain_section
from gradcheck.experiments.studies.study import Figure, Study, Table
from gradcheck.specs import specs

U = 2.0**-53

#: Elementwise functions as mpmath has them.
BY_MPMATH: dict[str, Callable[[Any], Any]] = {
    **{
        name: getattr(mpmath, name)
        for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "sqrt", "log")
    },
    "expm1": mpmath.expm1,
    "log1p": mpmath.log1p,
    "reciprocal": lambda x: 1 / x,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
}


@pytest.fixture(autouse=True)
def digits() -> Any:
    with mpmath.workdps(60):
        yield


@pytest.fixture(scope="module")
def costs() -> dict[str, fixed_step.Cost]:
    return {cost.op: cost for cost in fixed_step.costs()}


def _figures(study: Study) -> list[Figure]:
    return [part for part in study.parts if isinstance(part, Figure)]


# Digit by digit -------------------------------------------------------------------------------------


def test_digit_by_digit_is_what_mpmath_says_and_within_the_model() -> None:
    table = differences.digit_by_digit()
    for k, (name, above, below, gap, _, quotient, error, truncation, rounding) in enumerate(table.cells, 1):
        h = mpmath.mpf(10.0**-k)
        assert name.endswith("⁻" + str(k).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")))
        ahead, back = 1 + 10.0**-k, 1 - 10.0**-k
        values = [float(above), float(below)]
        for value, x in zip(values, (ahead, back), strict=True):
            assert abs(value - mpmath.exp(mpmath.mpf(x))) <= U * abs(value)  # u bounds what rounding does
        assert float(gap) == pytest.approx(values[0] - values[1], abs=1e-16)
        exactly = (mpmath.mpf(values[0]) - mpmath.mpf(values[1])) / (mpmath.mpf(ahead) - mpmath.mpf(back))
        assert float(quotient.replace("|", "")) == pytest.approx(float(exactly), rel=1e-14)
        assert error == pytest.approx(float(abs(exactly - mpmath.e)), rel=1e-3, abs=1e-15)
        assert truncation == pytest.approx(float(h**2 / 6 * mpmath.e))
        assert rounding == pytest.approx(float(U * mpmath.e / h))
        assert error <= 1.001 * truncation + 1.1 * rounding
        shared = quotient.index("|")
        assert str(mpmath.nstr(mpmath.e, 30)).startswith(quotient[:shared])
    errors = [row[6] for row in table.cells]
    assert [round(math.log10(a / b)) for a, b in itertools.pairwise(errors[:4])] == [2, 2, 2]
    assert errors.index(min(errors)) in (4, 5, 6)


def test_the_bar_stands_before_the_first_wrong_digit() -> None:
    assert marked("2.5", "2.71") == "2.|5"
    assert marked("3.1", "2.7") == "|3.1"


# The best step --------------------------------------------------------------------------------------


def test_the_formula_of_the_text_is_that_of_the_central_difference() -> None:
    for value, third in ((2.0, 5.0), (1.0, 1e-3)):
        assert schemes.CENTRAL.best_step(value, third, U) == pytest.approx((3 * U * value / third) ** (1 / 3))
    for text in (differences.optimal_steps()[0], step_schemes.study().parts[0], fixed_step.parts(_two())[0]):
        assert re.search(r"\(3 u \|f( / f'''\||\| / \|f'''\|)\)\^\(1/3\)", text.text)


def _two() -> list[fixed_step.Cost]:
    return [fixed_step.Cost(specs()[name]) for name in ("tanh", "exp")]


def test_the_errors_in_each_dtype_and_the_best_steps() -> None:
    figure, table = differences.optimal_steps()
    assert isinstance(table, Table)
    steps = [row[4] for row in table.cells]
    assert steps == sorted(steps, reverse=True)
    for name, eps, predicted, at_worst, best, error, at_fixed in table.cells:
        dtype = np.dtype(name).type
        assert eps == float(np.finfo(dtype).eps)
        assert predicted == pytest.approx((3 * eps / 2) ** (1 / 3))
        assert at_worst == pytest.approx(predicted**2 / 6 + eps / 2 / predicted)
        assert at_worst == pytest.approx(predicted**2 / 2)
        assert predicted / 4 < best <= predicted, name
        assert error <= at_worst, name
        if at_fixed != "1 + h is 1":
            assert at_fixed > 10 * error  # right for none of them
        if dtype is not np.longdouble:
            assert error == pytest.approx(_error_of_exp(dtype, best), rel=0.02), name
    bottoms = [min(zip(line.y, line.x, strict=True)) for line in figure.lines if line.style == "line"]
    assert bottoms == sorted(bottoms, reverse=True)
    assert [x for _, x in bottoms] == sorted((x for _, x in bottoms), reverse=True)


def _error_of_exp(dtype: Any, h: float) -> float:
    """The median relative error of central differences of exp, each compared with mpmath."""
    errors = []
    for x in (1 + np.arange(33) / 128).astype(dtype):
        quotient = (np.exp(x + dtype(h)) - np.exp(x - dtype(h))) / dtype(2 * h)
        errors.append(abs(mpmath.mpf(float(quotient)) / mpmath.exp(float(x)) - 1))
    return float(np.median([float(e) for e in errors]))


# A fixed step ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("op", BY_MPMATH)
def test_the_step_of_the_table_is_the_formula_computed_by_hand(
    op: str, costs: dict[str, fixed_step.Cost]
) -> None:
    f, cost = BY_MPMATH[op], costs[op]
    x = _start(op)
    value, slope, third = (mpmath.diff(f, x, k) for k in (0, 1, 3))
    assert cost.truth == pytest.approx(float(slope))  # the derivative itself: gy is 1
    assert cost.curved
    assert cost.best_step == pytest.approx(float((3 * U * abs(value / third)) ** (mpmath.mpf(1) / 3)))
    cut_off = float(mpmath.mpf(1e-8) / 6 * abs(third / slope))
    rounded = float(U * abs(value / slope) / 1e-4)
    assert abs(cost.fixed - cut_off) <= 2 * rounded + 1e-6 * cut_off
    at_worst = float(cost.best_step**2 / 6 * abs(third / slope) + U * abs(value / slope) / cost.best_step)
    assert cost.best <= 3 * at_worst  # a function of NumPy may be off by more than half an ULP
    assert cost.wide < cost.best
    assert cost.backward < 1e-15


def _start(op: str) -> float:
    section, _ = plain_section(specs()[op])
    return section.start


def test_only_functions_with_a_truncation_are_in_what_is_said_of_it(
    costs: dict[str, fixed_step.Cost],
) -> None:
    study = differences.study()
    curved = [c for c in costs.values() if c.curved]
    assert {"square", "neg", "matmul", "relu", "mean_squared_error", "abs"} <= {
        c.op for c in costs.values() if not c.curved
    }
    assert f"{len(curved)} functions here that have a third derivative" in study.lead
    middle = sorted(c.fixed for c in curved)[len(curved) // 2]
    told = re.search(r"leaves a relative error of (?:(\d)·)?10⁻(\S) in the median", study.lead)
    assert told
    said = float(told[1] or 1) * 10.0 ** -int(told[2].translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")))
    assert said == pytest.approx(middle, rel=0.5)
    (figure,) = [p for p in _figures(study) if p.title.startswith("What a fixed step")]
    assert {len(line.x) for line in figure.lines} == {len(curved)}


def test_without_a_truncation_the_fixed_step_leaves_rounding_alone(
    costs: dict[str, fixed_step.Cost],
) -> None:
    for cost in costs.values():
        if not cost.curved:
            section, _ = plain_section(specs()[cost.op])
            rounded = U * abs(float(section.value(section.start)) / cost.truth) / 1e-4
            assert cost.fixed <= 10 * rounded, cost.op


def test_headers_of_the_costs_say_which_column_is_a_step_and_which_an_error(
    costs: dict[str, fixed_step.Cost],
) -> None:
    for part in fixed_step.parts(list(costs.values())):
        if isinstance(part, Table):
            for row in part.cells:
                found = dict(zip(part.columns, row, strict=True))
                cost = costs[str(row[0])]
                assert found["error at h = 10⁻⁴"] == cost.fixed
                assert found["error, more points"] == cost.wide
                assert found["error, backward"] == cost.backward
                assert cost.curved == ("h of the model" in found)
                if cost.curved:
                    assert (found["h of the model"], found["error at that h"]) == (cost.best_step, cost.best)


def test_digits_gained_are_the_medians_of_the_picture(costs: dict[str, fixed_step.Cost]) -> None:
    figure = fixed_step.parts(list(costs.values()))[0]
    assert isinstance(figure, Figure)
    medians = [float(np.median(line.y)) for line in figure.lines]
    gains = [math.log10(a / b) for a, b in itertools.pairwise(medians)]
    told = [float(number) for number in re.findall(r"\d+\.\d", figure.caption)]
    assert told == pytest.approx(gains, abs=0.06)
    assert min(told) > 0


def test_a_million_derivatives_at_the_price_of_a_few_evaluations(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a smaller layer: what backward gives is what the chain rule gives, and the differences agree."""
    monkeypatch.setattr(million, "SIDE", 40)
    table, price = million.study()
    assert price > 0
    assert [row[2] for row in table.cells] == ["measured"] * 3 + ["extrapolated"]
    assert re.search(r"differ from backward by \d(\.\d)?·10⁻\S+ at most", table.text)
