"""The study of Newton's method: derivatives agree, digits double, contours are level."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.experiments.studies import minimizing, newton
from gradcheck.experiments.studies.contours import contours
from gradcheck.experiments.studies.problems import PROBLEMS, Problem, matyas, rosenbrock
from gradcheck.experiments.studies.study import study_rows
from gradcheck.records.jsonl import validate

EACH = pytest.mark.parametrize("problem", PROBLEMS, ids=[p.name for p in PROBLEMS])
NUMBERS = st.floats(-2, 2)


@functools.cache  # not at import, which each worker of pytest-xdist does
def by_sympy(problem: Problem) -> minimizing.Differentiated:
    return minimizing.by_sympy(problem.f, len(problem.start))


@EACH
@given(st.tuples(NUMBERS, NUMBERS))
def test_the_three_sources_of_second_derivatives_agree(problem: Problem, at: tuple[float, float]):
    point = list(at[: len(problem.start)])
    by_hand = problem.by_hand(point)
    sources = [minimizing.double_backprop(problem.f), by_sympy(problem)]
    for found in [source(point) for source in sources]:
        for wanted, got in zip(by_hand, found, strict=True):
            np.testing.assert_allclose(np.array(got, float), np.array(wanted, float), rtol=1e-9, atol=1e-6)


@EACH
def test_newtons_method_ends_in_the_minimum(problem: Problem):
    points = minimizing.newton_iterates(minimizing.double_backprop(problem.f), problem.start)
    assert minimizing.error(points[-1], problem) < 1e-12
    assert minimizing.error(points[0], problem) > 0.05


def test_digits_double():
    digits = minimizing.correct_digits(PROBLEMS[0])
    seen = [order for order in minimizing.orders(digits) if order is not None]
    assert len(digits) > 8
    assert max(digits) > 100
    assert seen[-1] == pytest.approx(2, abs=0.01)


def test_a_method_of_order_one_is_seen_as_such():
    assert minimizing.orders([1.0, 2.0, 3.0, 4.0])[2:] == [1.0, 1.0]


def test_a_quadratic_function_takes_one_step():
    path = minimizing.newton_iterates(minimizing.double_backprop(matyas), [8.0, -4.0])
    assert len(path) <= 3
    assert minimizing.error(path[1], PROBLEMS[-1]) < 1e-12


def test_contours_are_where_the_function_has_that_height():
    grid = np.linspace(-1.5, 1.5, 61)
    lines = contours(rosenbrock, grid, grid, [1.0, 10.0, 100.0])
    heights = [rosenbrock(np.array(line.x), np.array(line.y)) for line in lines]
    for height in heights:
        level = min([1.0, 10.0, 100.0], key=lambda each: abs(each - np.median(height)))
        assert np.abs(np.median(height) / level - 1) < 0.1
    assert {line.style for line in lines} == {"thin"}


@given(st.floats(0.2, 1.8))
def test_closed_contours_close(radius: float):
    grid = np.linspace(-2, 2, 41)
    (line,) = contours(lambda x, y: x**2 + y**2, grid, grid, [radius**2])
    assert (line.x[0], line.y[0]) == (line.x[-1], line.y[-1])
    assert np.allclose(np.hypot(line.x, line.y), radius, atol=0.02)


def test_the_study_shows_each_function_with_a_picture_its_methods_and_their_iterates():
    study = newton.study()
    for each in study_rows("newton", study, 1.0):
        validate(each)
    for problem in PROBLEMS:
        picture, methods, iterates = (p for p in study.parts if p.caption.startswith(problem.name))
        assert {"gradient descent", "Newton, double backprop"} <= {line.label for line in picture.lines}
        assert [row[0] for row in methods.cells][1:] == [f"Newton, {name}" for name in iterates.columns[1:]]
        assert [row[1] for row in methods.cells][1:] == [
            sum(row[n] is not None for row in iterates.cells) - 1 for n in (1, 2, 3)
        ]


def test_gradient_descent_is_not_said_to_arrive_where_it_does_not():
    far = minimizing.Iterates("gradient descent", [[0.0, 0.0]], None, 1.0)
    near = minimizing.Iterates("Newton", [[1.0, 1.0]], None, 1.0)
    sentences = [newton._steps_taken([way, near], PROBLEMS[1]) for way in (far, near)]
    assert "still 1.4 from the minimum after 0 steps" in sentences[0]
    assert "still" not in sentences[1]
