"""The study of Newton's method: derivatives agree, digits double, contours are level."""

from __future__ import annotations

import functools
import itertools
import re

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.experiments.studies import minimizing, newton
from gradcheck.experiments.studies.contours import contours
from gradcheck.experiments.studies.problems import PROBLEMS, Problem, matyas, rosenbrock
from gradcheck.experiments.studies.study import Study, study_rows
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


@pytest.fixture(scope="module")
def study() -> Study:
    return newton.study()


def test_the_study_shows_each_function_with_a_picture_its_methods_and_their_iterates(study: Study):
    for each in study_rows("newton", study, 1.0):
        validate(each)
    for problem in PROBLEMS:
        picture, methods, iterates = (p for p in study.parts if p.caption.startswith(problem.name))
        assert {"gradient descent", "Newton, double backprop"} <= {line.label for line in picture.lines}
        assert [row[0] for row in methods.cells][1:] == [f"Newton, {name}" for name in iterates.columns[1:]]
        assert [row[1] for row in methods.cells][1:] == [
            sum(row[n] is not None for row in iterates.cells) - 1 for n in (1, 2, 3)
        ]


def test_an_error_is_squared_and_multiplied_by_what_taylor_says():
    """Of one variable e becomes e^2 times half the third derivative over the second: 24 / 16 at 1."""
    digits = minimizing.correct_digits(PROBLEMS[0])
    for before, after in itertools.pairwise(digits[5:]):
        assert 10 ** (2 * before - after) == pytest.approx(24 / 16, rel=0.01)


def test_digits_and_orders_are_those_of_newtons_method_written_in_mpmath(study: Study):
    table = next(part for part in study.parts if part.caption.startswith("Correct decimal digits"))
    assert f"Measured in {minimizing.DIGITS}-digit arithmetic" in study.lead
    for n, problem in enumerate(PROBLEMS[:3]):
        digits = _digits_by_mpmath(problem)
        shown = [row[2 * n + 1] for row in table.cells if row[2 * n + 1] is not None]
        found = [float(cell.replace("\N{MINUS SIGN}", "-")) for cell in shown]
        assert found == pytest.approx(digits[: len(found)], abs=0.006)
        seen = [float(row[2 * n + 2]) for row in table.cells if row[2 * n + 2] is not None]
        a, b, c = found[-3:]
        assert seen[-1] == pytest.approx((c - b) / (b - a), abs=0.01)
        assert seen[-1] == pytest.approx(2, abs=0.05)
        assert f"{seen[-1]:.2f} on {problem.name}" in study.lead
        assert found[-1] / found[-2] == pytest.approx(2, abs=0.05)  # the line climbs by a factor 2


def _digits_by_mpmath(problem: Problem) -> list[float]:
    with mpmath.workdps(minimizing.DIGITS):
        point = [mpmath.mpf(x) for x in problem.start]
        found = []
        for _ in range(14):
            off = mpmath.sqrt(mpmath.fsum((x - m) ** 2 for x, m in zip(point, problem.minimum, strict=True)))
            found.append(float(-mpmath.log10(off)) if off else float("inf"))
            gradient, hessian = problem.by_hand(point)
            step = mpmath.lu_solve(mpmath.matrix(hessian), mpmath.matrix(gradient))
            point = [x - s for x, s in zip(point, step, strict=True)]
        return found


def test_the_steps_told_are_those_of_numpys_linear_algebra(study: Study):
    most = int(re.search(r"at most (\d+) steps", study.lead)[1])
    for problem in PROBLEMS:
        table = next(p for p in study.parts if p.caption.startswith(f"{problem.name} from"))
        assert all(row[1] <= most for row in table.cells[1:])
        x = np.array(problem.start, float)
        for _ in range(min(row[1] for row in table.cells[1:])):
            gradient, hessian = problem.by_hand(list(x))
            x = x - np.linalg.solve(np.array(hessian, float), np.array(gradient, float))
        assert np.abs(x - problem.minimum).max() < 1e-12
        assert all(row[2] < 1e-12 for row in table.cells[1:])


def test_iterates_are_printed_with_the_decimals_that_the_caption_says(study: Study):
    tables = [part for part in study.parts if "side by side" in part.caption]
    assert len(tables) == len(PROBLEMS)
    for table in tables:
        decimals = int(re.search(r"to (\d+) decimals", table.caption)[1])
        for row in table.cells:
            for number in re.findall(r"\d+\.(\d+)", " ".join(cell for cell in row[1:] if cell)):
                assert len(number) == decimals
    assert tables[1].cells[2][1].startswith("(0.9987421581, \N{MINUS SIGN}0.0050125077")


def test_the_minima_are_minima():
    for problem in PROBLEMS:
        gradient, hessian = problem.by_hand([mpmath.mpf(m) for m in problem.minimum])
        assert all(abs(g) < 1e-12 for g in gradient)
        assert np.linalg.eigvalsh(np.array(hessian, float)).min() > 0
        here = problem.f(*problem.minimum)
        rng = np.random.default_rng(0)
        near = [
            problem.f(*(np.array(problem.minimum) + 0.1 * rng.standard_normal(len(gradient))))
            for _ in range(50)
        ]
        assert min(near) > here


@EACH
def test_gradient_descents_rate_is_about_half_of_the_largest_that_is_stable(problem: Problem):
    """Near the minimum that is 2 over the largest curvature; the quartic is steeper where it begins."""
    _, hessian = problem.by_hand(list(problem.minimum))
    largest = 2 / np.linalg.eigvalsh(np.array(hessian, float)).max()
    if problem.name == PROBLEMS[0].name:  # there a larger rate leaps over the hill to the other minimum
        largest = next(rate for rate in np.arange(0.05, 0.2, 0.005) if not _arrives(problem, rate))
    assert problem.rate == pytest.approx(largest / 2, rel=0.15)


def _arrives(problem: Problem, rate: float) -> bool:
    x = np.array(problem.start)
    for _ in range(2000):
        x = x - rate * np.array(problem.by_hand(list(x))[0])
    return bool(np.abs(x - problem.minimum).max() < 1e-6)


def test_what_is_said_of_the_functions_shapes_is_so():
    quartic, rosenbrock_, goldstein, matyas_ = PROBLEMS
    steps = np.abs(np.diff([p[0] for p in minimizing.descent(quartic)]))
    assert (np.diff(steps) < 0).all()  # shorter and shorter

    # the valley of Rosenbrock bends: its floor is y = x²; the second step leaves it, the third is back
    path = minimizing.newton_iterates(rosenbrock_.by_hand, rosenbrock_.start)
    off_floor = [abs(y - x**2) for x, y in path]
    assert off_floor[1] < 1e-3 < 0.9 < off_floor[2]
    assert off_floor[3] < 1e-3
    assert minimizing.error(path[3], rosenbrock_) < 0.01
    late = np.array(minimizing.descent(rosenbrock_)[100:])
    assert np.abs(late[:, 1] - late[:, 0] ** 2).max() < 0.01
    assert "y = x²" in rosenbrock_.shape

    values, vectors = np.linalg.eigh(np.array(goldstein.by_hand(list(goldstein.minimum))[1], float))
    assert values[1] / values[0] == pytest.approx(2.4, abs=0.05)
    steps = np.linalg.norm(np.diff(np.array(minimizing.descent(goldstein)), axis=0), axis=1)
    assert (np.diff(steps) < 0).all()

    # Matyas' valley is straight: its curvature is the same everywhere, along y = x and across it
    values, vectors = np.linalg.eigh(np.array(matyas_.by_hand([0.0, 0.0])[1], float))
    assert values[1] / values[0] == pytest.approx(25)
    np.testing.assert_allclose(np.abs(vectors), np.sqrt(0.5))
    descent = np.array(minimizing.descent(matyas_))
    np.testing.assert_allclose(descent[1:, 0], descent[1:, 1], rtol=1e-12)
    np.testing.assert_allclose(descent[2:, 0] / descent[1:-1, 0], 0.96, rtol=1e-12)
    assert "bend" not in matyas_.shape


def test_gradient_descent_shows_order_one(study: Study):
    found = minimizing.descent(PROBLEMS[0])
    digits = [-np.log10(minimizing.error(point, PROBLEMS[0])) for point in found[-4:]]
    np.testing.assert_allclose(np.diff(digits), -np.log10(1 - 8 * PROBLEMS[0].rate), rtol=1e-3)
    assert "show an order of 1.00" in study.parts[1].text


def test_gradient_descent_is_not_said_to_arrive_where_it_does_not():
    far = minimizing.Iterates("gradient descent", [[0.0, 0.0]], None, 1.0)
    near = minimizing.Iterates("Newton", [[1.0, 1.0]], None, 1.0)
    sentences = [newton._steps_taken([way, near], PROBLEMS[1]) for way in (far, near)]
    assert "still 1.4 from the minimum after 0 steps" in sentences[0]
    assert "still" not in sentences[1]
