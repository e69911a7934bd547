"""Plots and figures: any number can be drawn and printed, and is where and what it says."""

from __future__ import annotations

import copy
import itertools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.oracles.differences.error_curves import curve
from gradcheck.records.jsonl import Row
from gradcheck.report import data, domain_plots, paths, step_plots, study_plots
from gradcheck.report.formatting import significant, ulp
from gradcheck.report.scales import linear_axis, log_axis
from tests.gradcheck.drawn import Drawn
from tests.gradcheck.sample_rows import curve_row, figure_row, range_row

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


# The order of a scheme ------------------------------------------------------------------------------


OF_EACH_ORDER = [*itertools.product(("forward", "central", "five-point", "richardson"), (1, 2, 3, 4))]


@pytest.mark.parametrize(("scheme", "order"), [*OF_EACH_ORDER, ("complex-step", 1)])
def test_the_order_of_a_scheme_is_the_slope_of_its_error(scheme: str, order: int):
    """All derivatives of exp are exp: where the error is truncation, it falls as the step's power says."""
    found = curve(
        np.exp,
        0.5,
        order,
        np.geomspace(1e-4, 0.2, 60),
        scheme,
        truth=np.exp(0.5),
        higher=lambda k: np.exp(0.5),
    )
    rows = zip(found.step, found.error, found.rounding, strict=True)
    truncated = [(h, error) for h, error, rounding in rows if error > 100 * rounding]
    assert len(truncated) > 5
    slope, offset = np.polyfit(*np.log([truncated[: len(truncated) // 2 + 3]]).squeeze().T, 1)
    assert slope == pytest.approx(found.power, abs=0.15)
    assert np.exp(offset) == pytest.approx(found.constant, rel=0.5)
    assert (
        found.power
        == {"forward": 1, "central": 2, "five-point": 4, "richardson": 6, "complex-step": 2}[scheme]
    )
    h, predicted = found.step[-1], found.truncation[-1]
    assert predicted == pytest.approx(found.constant * h**found.power)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_rounding_rises_as_the_step_to_the_minus_order(order: int):
    found = curve(np.exp, 0.5, order, [1e-6, 1e-3], truth=np.exp(0.5), higher=lambda k: np.exp(0.5))
    slope = np.log(found.rounding[1] / found.rounding[0]) / np.log(found.step[1] / found.step[0])
    assert slope == pytest.approx(-order, abs=1e-3)


def names(row: Row) -> list[str]:
    return [name for _, name in step_plots.legend([row], step_plots.scheme_styles([row]))]


def test_the_legend_says_the_order_where_the_row_does():
    plain = curve_row()
    known = copy.deepcopy(plain)
    for power, scheme in zip((1, 2, 4), known["schemes"].values(), strict=True):
        scheme |= {"power": power, "constant": 0.3}
    assert names(plain)[:3] == ["forward", "central", "five-point"]
    assert names(known)[:3] == ["forward, error ~ h", "central, error ~ h²", "five-point, error ~ h⁴"]
    labels = [box.text for box in Drawn(step_plots.curve(known, step_plots.scheme_styles([known]))).guides]
    assert labels == ["h", "h²", "h⁴", "1/h"]


def test_where_nothing_is_truncated_the_legend_says_no_order():
    linear = curve_row()
    for scheme in linear["schemes"].values():
        scheme |= {"power": 2, "constant": 0.0}
    linear["model"]["truncation"] = [0.0] * len(linear["model"]["step"])
    assert names(linear) == ["forward", "central", "five-point", "predicted rounding"]


def test_a_guide_lies_on_the_truncation_that_it_stands_for():
    known = curve_row()
    known["schemes"]["five-point"] |= {"power": 4, "constant": 0.3}
    drawn = Drawn(step_plots.curve(known, step_plots.scheme_styles([known])))
    guide, line = (
        [*map(int, re.findall(r"-?\d+", path))] for path in (_path(drawn, "guide"), _path(drawn, "s2"))
    )
    assert line[0] + sum(line[2::2]) == guide[0] + guide[2]  # both end where the step is largest
    assert line[1] + sum(line[3::2]) == pytest.approx(guide[1] + guide[3], abs=2)


def _path(drawn: Drawn, look: str) -> str:
    return next(
        g[0] if g[0].tag == "path" else g[1] for g in drawn.inside if look in g.attrib["class"]
    ).attrib["d"]


# What has no place on a logarithmic axis ------------------------------------------------------------


def of_errors(*errors: float) -> Row:
    steps = [10.0**-n for n in range(len(errors))]
    scheme = {"step": steps, "error": list(errors)}
    model = {"step": steps, "truncation": list(errors), "rounding": list(errors)}
    return curve_row(schemes={"central": scheme}, model=model, chosen_step=1.0, chosen_error=errors[0])


def test_an_error_of_zero_is_a_mark_at_the_edge_and_bends_no_line():
    row = of_errors(1e-2, 1e-4, 1e-6, 0.0, 1e-5, 1e-3)
    drawn = Drawn(step_plots.curve(row, step_plots.scheme_styles([row])))
    assert [y for _, y in drawn.edge_marks] == [drawn.frame[1]]
    assert _path(drawn, "line").count("M") == 2  # the line is broken there
    assert names(row)[-1] == "error 0: the value is the truth"
    assert "error 0: the value is the truth" not in names(of_errors(1e-2, 1e-4))


def test_zeros_in_a_row_are_a_line_between_two_marks():
    row = of_errors(1e-2, 0.0, 0.0, 0.0, 1e-5, 0.0)
    drawn = Drawn(step_plots.curve(row, step_plots.scheme_styles([row])))
    (path,) = drawn.paths("edge")
    start, end = (float(text) for text in re.fullmatch(r"M(\d+) \d+H(\d+)", path).groups())  # type: ignore[union-attr]
    marks = sorted(x for x, _ in drawn.edge_marks)
    frame = step_plots._frame(row)
    assert marks == pytest.approx(sorted(frame.place(10.0**-n, 1.0)[0] for n in (1, 3, 5)), abs=0.5)
    assert {start, end} == set(marks[1:])


def test_curves_in_the_background_are_drawn_and_have_no_column():
    lines = [
        {"label": "", "style": "thin", "x": [0.0, 1.0, 2.0], "y": [0.0, 1.0, 4.0]},
        {"label": "a", "style": "line", "x": [0.0, 2.0], "y": [4.0, 0.0]},
    ]
    row = figure_row(lines=lines, y={"label": "y", "log": False})
    drawn = Drawn(study_plots.figure(row))
    assert [group.attrib["class"] for group in drawn.inside] == ["aside thin", "line s0"]
    assert data.figure_data(row).splitlines()[0] == f"{row['x']['label']},a"


def test_a_difference_of_zero_is_a_mark_and_no_spike():
    row = of_errors(1e-2, 1e-4, 1e2, 1e5, 1.0, 1e7, 1.0)
    drawn = Drawn(step_plots.curve(row, step_plots.scheme_styles([row])))
    assert len(drawn.edge_marks) == 2
    assert len({y for _, y in drawn.edge_marks}) == 1
    assert names(row)[-1] == "error 1, as a difference of 0 has"
    assert _path(drawn, "line").count("M") == 1  # what is left of the noise lies above the frame


# Axes -----------------------------------------------------------------------------------------------


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
