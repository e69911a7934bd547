"""Plots and figures: any number can be drawn and printed, and is where and what it says."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.report import domain_plots, paths, step_plots
from gradcheck.report.formatting import significant, ulp
from gradcheck.report.scales import linear_axis, log_axis
from tests.gradcheck.sample_rows import curve_row, range_row

FINITE = st.floats(-1e307, 1e307)


@given(st.lists(st.tuples(st.floats(), st.floats()), max_size=8), st.floats(), st.floats())
def test_any_numbers_can_be_drawn(points: list[tuple[float, float]], step: float, error: float):
    """Not finite, zero, negative, huge, equal, none: every coordinate is still a number."""
    x, y = ([point[i] for point in points] for i in (0, 1))
    scheme = {"step": x, "error": y}
    model = {"step": x, "truncation": y, "rounding": y}
    chosen = {"chosen_step": step, "chosen_error": error}
    drawn = curve_row(schemes={"central": scheme}, model=model, **chosen)
    image = step_plots.curve(drawn, step_plots.scheme_styles([drawn]))
    image += domain_plots.accuracy(range_row(x=x, error_ulp=y))
    paths = re.findall(r' d="([^"]*)"', image)
    assert not re.search("nan|inf|e", "".join(paths))


def test_a_curve_goes_where_its_numbers_say():
    """Halving the step moves left, a smaller error moves down, by the same for the same factor."""
    axis = log_axis("h", [1e-8, 1.0], 1e-40, 1e10)
    assert axis(1e-2) - axis(1e-4) == pytest.approx(axis(1e-4) - axis(1e-6))
    assert 0 < axis(1e-8) < axis(1e-7) < axis(1.0) < 1


@given(st.lists(st.floats(-1e12, 1e12), min_size=1))
def test_ticks_lie_on_the_axis_and_are_few(values: list[float]):
    positive = [abs(value) + 1e-20 for value in values]
    axes = [linear_axis("x", values), log_axis("h", positive, 1e-40, 1e40)]
    for axis in axes:
        ticks = axis.ticks()
        assert len(ticks) <= 8
        assert all(-1e-9 <= axis(value) <= 1 + 1e-9 for value, _ in ticks)


def as_number(text: str) -> float:
    """What a reader takes the text for."""
    text = text.replace("\N{MINUS SIGN}", "-")
    scientific = re.fullmatch(r"(-?)(?:([\d.]+)·)?10([⁻⁰-⁹¹²³]+)", text)
    if not scientific:
        return float(text)
    sign, mantissa, power = scientific.groups(default="1")
    exponent = power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return float(f"{sign}{mantissa}e{exponent}")


@given(FINITE)
def test_significant_digits_are_those_of_the_value(value: float):
    assert as_number(significant(value)) == pytest.approx(value, rel=5.1e-3, abs=0)


@given(st.floats(min_value=0.01, max_value=1e300), st.floats(1.0, 1e3))
def test_a_larger_error_never_reads_smaller(error: float, factor: float):
    assert as_number(ulp(error)) <= as_number(ulp(error * factor))
    assert as_number(ulp(error)) == pytest.approx(error, rel=0.06)


@given(st.lists(st.tuples(st.floats(0, 300), st.floats(0, 200)), min_size=1, max_size=30))
def test_a_line_drawn_with_fewer_points_looks_the_same(points: list[tuple[float, float]]):
    corners = paths._corners(points)
    assert corners[0] == points[0]
    assert corners[-1] == points[-1]
    segments = list(itertools.pairwise(corners)) or [(corners[0], corners[0])]
    for point in points:
        distances = (next(paths._distances([a, point, b], 0, 2))[0] for a, b in segments)
        assert min(distances) <= paths._UNSEEN


def test_a_straight_line_needs_two_points():
    assert paths._corners([(float(n), 2.0 * n) for n in range(50)]) == [(0.0, 0.0), (49.0, 98.0)]
