"""Proof by balls, judge by judge: the verdict on an order, which elements are wrong, what floats keep."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from gradcheck.judging.proof import certified, decoding, distrust, locate, reach
from gradcheck.oracles.numbers.working import working
from gradcheck.running.tasks import Task, perform
from tests.gradcheck.scenes import scene_of
from tests.gradcheck.zoo.specimen import op, some

THIRD = np.float64(1) / 3


def float_only(x: Any) -> np.ndarray:
    """A sine that is a table to numbers of other kinds than floats."""
    return np.sin(x) if np.asarray(x).dtype.kind == "f" else np.cos(x)


# The verdict on an order --------------------------------------------------------------------------------


def test_a_right_formula_is_proven_with_its_worst_element() -> None:
    row = certified.judge(scene_of(F.tanh, some(6), order=2), 2)
    assert row is not None
    assert (row.verdict, row.formula, row.certified) == ("pass", "proven", True)
    assert row.error_ulp is not None
    assert 0 <= row.error_ulp < 16
    assert row.position in range(6)


def test_a_wrong_formula_is_shown_at_a_wrong_element() -> None:
    factors = np.array([1.0, 1.0, 1.5, 1.0])
    row = certified.judge(scene_of(op(np.sin, lambda gy, x: gy * F.cos(x) * factors), some(4)), 1)
    assert row is not None
    assert (row.verdict, row.formula, row.position) == ("fail", "wrong", 2)
    assert float(row.got) == pytest.approx(1.5 * float(row.expected), rel=1e-4)


def test_a_value_that_loses_all_of_its_digits_is_no_pass() -> None:
    cancelling = op(np.sin, lambda gy, x: (gy * F.cos(x) + 1e17 * x) - 1e17 * x)
    row = certified.judge(scene_of(cancelling, np.array([THIRD])), 1)
    assert row is not None
    assert row.verdict == "inconclusive"


def test_where_backward_has_no_value_in_balls_nothing_is_said() -> None:
    scene = scene_of(op(lambda x: x * x, lambda gy, x: 2 * gy * x * (x / x)), np.zeros(1))
    assert certified.judge(scene, 1) is None


# Which elements -----------------------------------------------------------------------------------------


@given(st.integers(20, 400), st.data())
def test_a_few_wrong_elements_are_decoded(count: int, data: Any) -> None:
    sums = decoding.sums(count)
    positions = st.integers(0, count - 1)
    wrong = data.draw(st.lists(positions, min_size=1, max_size=(sums - 1) // 2, unique=True))
    sizes = {n: data.draw(st.integers(-9, 9).filter(bool)) for n in wrong}
    numbers = decoding.numbers(count)
    with working(256):
        errors = [sum((arb(e) * numbers[n] ** k for n, e in sizes.items()), arb(0)) for k in range(sums)]
        found = decoding.decoded(errors, count)
    assert found is not None
    assert {n: float(e) for n, e in found.items()} == sizes


def test_many_wrong_elements_are_not_decoded() -> None:
    numbers = decoding.numbers(50)
    errors = [sum((arb((n * n) % 7 + 1) * numbers[n] ** k for n in range(50)), arb(0)) for k in range(9)]
    assert decoding.decoded(errors, 50) is None


@given(st.integers(1, 300), st.data())
def test_the_search_finds_a_wrong_element_with_few_questions(count: int, data: Any) -> None:
    wrong = set(data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=3)))
    asked = []

    def error(weights: dict[int, float]) -> arb:
        asked.append(1)
        return sum((arb(w) for p, w in weights.items() if p in wrong), arb(0))

    found = locate.search(range(count), error, lambda weights: bool(error(weights) != 0))
    assert found in wrong
    assert len(asked) <= 4 + np.ceil(np.log2(count))


def test_true_elements_are_asked_for_once() -> None:
    x = some(5)
    scene = scene_of(F.sin, x)
    first = locate.true_elements(scene, 1, [3, 1, 3])
    assert [*scene.answers.elements] == [(1, 3), (1, 1)]
    again = locate.true_elements(scene, 1, [1, 3])
    assert again[0] is first[1]
    assert again[1] is first[0] is first[2]
    cotangent = float(scene.at.cotangents[0][3])
    assert float(first[0]) == pytest.approx(cotangent * np.cos(x[3]))


def test_a_column_is_weighed_element_by_element() -> None:
    scene = scene_of(lambda a, b: a * b, some(2), some(2))
    column = [np.array([1.0, 2.0]), np.array([3.0, 4.0])]
    assert [part.tolist() for part in locate.weighed(scene.at, column, {1: 10.0, 2: 0.5})] == [
        [0, 20],
        [1.5, 0],
    ]


# Whether forward is what its jets are -------------------------------------------------------------------


def test_forwards_floats_are_apart_where_they_left_the_range() -> None:
    scene = scene_of(lambda x: F.log(F.exp(x)), np.array([1.0, 800.0]))
    assert scene.truth is not None
    assert str(reach.out_of_reach(scene)).startswith("not to be had: f itself is inf in float64")
    assert reach.out_of_reach(scene_of(F.exp, some(3))) is None


@pytest.mark.parametrize(
    ("f", "x", "said"),
    [
        (F.sin, [1.0], None),
        (F.log, [0.0, 1.0], "f is infinite here: output 0, element (0,) is -inf"),
        (F.log, [-1.0], "f is NaN here: output 0, element (0,) is nan"),
        (lambda x: F.exp(x) * F.exp(x), [500.0], None),  # beyond the range only
    ],
)
def test_f_itself_is_not_finite(f: Any, x: list[float], said: str | None) -> None:
    assert reach.not_finite(scene_of(f, np.array(x))) == said


def test_jets_of_another_function_are_not_trusted() -> None:
    scene = scene_of(op(float_only, lambda gy, x: gy * F.cos(x)), some(3))
    assert scene.truth is None
    assert "forward on object arrays is another function" in str(scene.obstacle)
    assert distrust.obstacle(scene_of(F.sin, some(3))) is None


def test_distrust_is_weighed_in_every_dtype() -> None:
    """All rows are one row: what differs from the mean is rounding, and moves otherwise than jets say."""
    rows = perform(Task("case", "batch_norm/longdouble/cpu/broadcast"))
    assert {row["verdict"] for row in rows if row.get("order")} == {"pass"}
