"""The orders of a derivative, from the first to the first that fails; kinks are found and left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dezero.functions as F
from gradcheck.judging import orders, second_look
from gradcheck.judging.kinks import claims_by_jets, elements
from tests.gradcheck.scenes import scene_of
from tests.gradcheck.zoo.specimen import op, some


def verdicts(f: Any, *inputs: Any, order: int = 2) -> list[tuple[int, str, str]]:
    _, rows = orders.judge(scene_of(f, *inputs, order=order))
    return [(row.order, row.oracle, row.verdict) for row in rows]


def crooked(gy: Any, x: Any) -> Any:
    return F.reshape(gy * F.cos(x), (1, -1))


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (F.sin, some(3), [(1, "jet", "pass"), (2, "jet", "pass")]),
        (op(np.sin, lambda gy, x: gy * F.sin(x)), some(3), [(1, "jet", "fail")]),
        (op(np.sin, lambda gy, x: gy * np.cos(x.data)), some(3), [(1, "jet", "pass"), (2, "jet", "fail")]),
        (op(np.sin, crooked), some(3), [(1, "contract", "fail")]),
        (op(np.sin, lambda gy, x: 1 / 0), some(3), [(1, "contract", "fail")]),
        (op(lambda x: np.sin(np.asarray(x, float)), lambda gy, x: gy * F.cos(x)), some(3), []),
        (op(np.abs, lambda gy, x: gy * 3.0), np.array([0.0, 1.0]), [(1, "jet", "fail")]),
    ],
    ids=["right", "wrong", "no graph", "shape", "raises", "no jets", "wrong beside a kink"],
)
def test_orders_are_judged_up_to_the_first_that_fails(f: Any, x: np.ndarray, expected: Any) -> None:
    assert verdicts(f, x) == expected


def test_the_seconds_of_the_truth_are_shared_by_the_orders() -> None:
    scene = scene_of(F.sin, some(2), order=3)
    _, rows = orders.judge(scene)
    assert sum(row.seconds for row in rows) == pytest.approx(scene.truth_seconds)


def test_where_all_elements_are_on_a_kink_nothing_is_left_out() -> None:
    judged, rows = orders.judge(scene_of(F.relu, np.zeros(2)))
    assert (judged.kinks.suspects, judged.kinks.left_out) == ([0, 1], ())
    assert [row.verdict for row in rows] == ["inconclusive"]


def test_gradients_around_have_a_limit_where_they_agree() -> None:
    smooth = scene_of(F.sin, np.array([0.5, 1.0]))
    assert smooth.truth is not None
    true = [float(column[0]) for column in smooth.truth.columns]
    assert elements.limits(smooth, 1) == pytest.approx(true)
    flat = op(lambda x: x * np.sqrt(np.sum(x * x)), lambda gy, x: gy * 0)
    assert elements.limits(scene_of(flat, np.zeros(2)), 1) == [0, 0]
    assert elements.limits(scene_of(F.relu, np.zeros(2)), 1) is None


@pytest.mark.parametrize(
    ("f", "x", "kinks"),
    [
        (F.relu, [0.0, 1.0, 0.0], [0, 2]),
        (lambda x: F.max(x), [1.0, 3.0, 3.0], [1, 2]),
        (F.sin, [0.0, 0.0], []),
    ],
)
def test_elements_on_a_kink_are_found(f: Any, x: list[float], kinks: list[int]) -> None:
    scene = scene_of(f, np.array(x))
    assert elements.find(scene, 1) == kinks
    assert [p for p in range(len(x)) if elements.is_one(scene, 1, p)] == kinks


@pytest.mark.parametrize(("slope", "judged"), [(0.0, "inconclusive"), (0.5, "inconclusive"), (1.5, "fail")])
def test_a_claim_must_lie_between_the_slopes_around(slope: float, judged: str) -> None:
    f = op(lambda x: np.maximum(x, 0), lambda gy, x: gy * ((x.data > 0) + slope * (x.data == 0)))
    row = claims_by_jets.judge(scene_of(f, np.array([0.0, 2.0])), 1, [0])
    assert row is not None
    assert (row.verdict, row.position) == (judged, 0)


def test_a_second_look_finds_what_vanishes_at_the_point() -> None:
    cut = op(lambda x: x * x, lambda gy, x: gy * 0)
    found = second_look.failing_nearby(scene_of(cut, np.zeros(2)))
    assert found is not None
    scene, row = found
    assert (scene.nearby, row.verdict) == (True, "fail")
    assert row.where.startswith("beside the point, at input 0")
    assert second_look.failing_nearby(scene_of(F.square, np.zeros(2))) is None
    assert second_look.failing_nearby(scene_of(F.sin, some(3))) is None
