"""All plots of all functions: no label is cut off, no mark lies outside, and captions count what does."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.experiments.studies import section, step_size
from gradcheck.records.jsonl import Row, row
from gradcheck.report import domain_plots, step_plots, study_plots
from gradcheck.specs import specs
from tests.gradcheck.drawn import Box, Drawn
from tests.gradcheck.sample_rows import curve_row, figure_row, range_row, section_row

NUMBERS = st.floats(allow_subnormal=False)


def assert_whole(drawn: Drawn) -> None:
    """Everything is inside what it belongs to, up to half a unit."""
    for box in drawn.labels:
        assert inside(box, drawn.size), box
    for box in drawn.guides:
        assert inside(box, drawn.frame), box
    ticks = sorted(box for box in drawn.labels if box.bottom == drawn.labels[0].bottom)
    for one, other in pairwise(sorted(ticks, key=lambda box: box.left)):
        assert one.right <= other.left + 1, (one, other)
    width, height = drawn.frame
    for x, y in drawn.marks:
        assert -1 <= x <= width + 1, x
        assert -1 <= y <= height + 1, y
    for x, y in drawn.edge_marks:
        assert 0 <= x <= width
        assert 0 <= y <= height


def inside(box: Box, size: tuple[float, float]) -> bool:
    return box.left >= -0.5 and box.top >= -2 and box.right <= size[0] + 0.5 and box.bottom <= size[1] + 0.5


def assert_counted(found: Row) -> None:
    """The caption of a section says how many of its circles lie beyond the frame."""
    drawn = Drawn(domain_plots.section(found))
    counts = re.findall(r"(\d+) of them beyond the frame", domain_plots.section_caption(found))
    assert [len(drawn.edge_marks)] == list(map(int, counts)) or not (counts or drawn.edge_marks)
    circles = len(domain_plots.bounded(found)) if found["order"] else 0
    assert len(drawn.marks) + len(drawn.edge_marks) == circles


@pytest.mark.parametrize("name", specs())
def test_each_plot_of_a_function_is_whole(name: str):
    spec = specs()[name]
    sections = [row("section", found) for found in section.section_rows(spec, 3)]
    curves = [row("curve", found) for found in step_size.curves(spec, 3)]
    styles = step_plots.scheme_styles(curves)
    for found in sections:
        assert_whole(Drawn(domain_plots.section(found)))
        assert_whole(Drawn(domain_plots.accuracy(found)))
        assert_counted(found)
    for found in curves:
        assert_whole(Drawn(step_plots.curve(found, styles)))


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), max_size=12))
def test_plots_of_any_numbers_are_whole(points: list[tuple[float, float, float]]):
    x, y, bound = (list(column) for column in zip(*points, strict=True)) if points else ([], [], [])
    found = section_row(x=x, analytic=y[::-1], error_ulp=y, numeric={"x": x, "value": y, "bound": bound})
    scheme = {"step": x, "error": y, "power": 4, "constant": 0.5}
    model = {"step": x, "truncation": y, "rounding": bound}
    curve = curve_row(schemes={"central": scheme}, model=model)
    images = [
        domain_plots.section(found),
        domain_plots.accuracy(range_row(x=x, error_ulp=y)),
        step_plots.curve(curve, step_plots.scheme_styles([curve])),
        study_plots.figure(figure_row(lines=[{"label": "a", "style": "marks", "x": x, "y": y}])),
        study_plots.figure(figure_row(lines=[{"label": "a", "style": "line", "x": x, "y": y}])),
    ]
    for image in images:
        assert_whole(Drawn(image))


def test_long_names_of_axes_are_cut_short():
    axis = {"label": "a very long name " * 20, "log": False}
    (short,) = {
        b.text for b in Drawn(study_plots.figure(figure_row(x=axis, y=axis))).labels if "long" in b.text
    }
    assert short.endswith("…")


def test_a_pole_is_cut_and_its_circle_is_at_the_edge():
    x = [0.5 + n / 40 for n in range(41)]
    value = [1e6, *(1 / v for v in x[1:])]
    numeric = {"x": x[::10], "value": value[::10], "bound": [1.0] * 5}
    found = section_row(x=x, analytic=value, numeric=numeric)
    drawn = Drawn(domain_plots.section(found))
    assert [y for _, y in drawn.edge_marks] == [0]
    assert len(drawn.marks) == 4
    assert "1 of them beyond the frame" in domain_plots.section_caption(found)


def test_differences_of_a_constant_lie_on_it_where_they_agree_with_it():
    """Their noise, magnified to fill the frame, looked like a derivative."""
    x = [float(n) for n in range(11)]
    noise = [1e-17 * (-1) ** n for n in range(11)]
    found = section_row(x=x, analytic=[0.0] * 11, numeric={"x": x, "value": noise, "bound": [1e-16] * 11})
    assert {y for _, y in Drawn(domain_plots.section(found)).marks} == {376}  # the middle
    wrong = section_row(x=x, analytic=[0.0] * 11, numeric={"x": x, "value": [3.0] * 11, "bound": [0.1] * 11})
    heights = {y for _, y in Drawn(domain_plots.section(wrong)).marks}
    assert len(heights) == 1
    assert max(heights) < 100
