"""A scene is given once: judges look at it, and hand on another where they leave something out."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

import dezero.functions as F
from gradcheck.judging import contract, orders, second_look
from gradcheck.judging.estimate import estimated
from gradcheck.judging.scene import Answers, Kinks, Scene
from tests.gradcheck.scenes import scene_of
from tests.gradcheck.zoo.specimen import op, some

TIED = np.array([0.0, 1.5, 0.0])


def given(scene: Scene) -> dict[str, Any]:
    """What a scene says by itself; balls and arrays as text, which tells each of their digits."""
    names = [f.name for f in dataclasses.fields(scene) if f.name not in ("case", "subject", "answers")]
    seen = {name: getattr(scene, name) for name in names if name != "measured"}
    seen["measured"] = (
        scene.measured.got,
        scene.measured.high,
        scene.measured.reached,
        scene.measured.obstacle,
    )
    with np.printoptions(threshold=10**6, floatmode="unique"):
        return {name: repr(value) for name, value in seen.items()}


def opaque(x: Any) -> Any:
    return np.sin(np.asarray(x, float))


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Scene)])
def test_nothing_of_a_scene_can_be_assigned(name: str) -> None:
    scene = scene_of(F.sin, some(2))
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(scene, name, None)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (F.tanh, some(3)),
        (F.relu, TIED),
        (op(np.abs, lambda gy, x: gy * 3.0), TIED),
        (op(np.sin, lambda gy, x: gy * F.cos(x) * 1.5), some(40)),
        (op(opaque, lambda gy, x: gy * F.cos(x)), some(3)),
        (op(lambda x: x * x, lambda gy, x: gy * 0), np.zeros(2)),
    ],
    ids=["right", "kinked", "wrong claim", "wrong", "by differences", "weak point"],
)
def test_a_judged_scene_is_what_it_was(f: Any, x: np.ndarray) -> None:
    scene = scene_of(f, x, order=2)
    before = given(scene)
    orders.judge(scene)
    estimated.judge("finite_difference", scene)
    contract.violations(scene)
    second_look.failing_nearby(scene)
    assert given(scene) == before


def test_kinks_are_left_out_of_another_scene() -> None:
    scene = scene_of(F.relu, TIED)
    judged, rows = orders.judge(scene)
    assert (scene.kinks, list(judged.kinks.left_out)) == (Kinks(), [0, 2])
    assert [row.verdict for row in rows] == ["inconclusive"]
    assert np.count_nonzero(judged.at.direction[0]) == 1 < np.count_nonzero(scene.at.direction[0])
    assert judged.kinks.claim is not None


def test_a_changed_scene_has_no_answers_yet() -> None:
    scene = scene_of(F.sin, some(2))
    assert not scene.beyond
    scene.answers.estimates[1] = {}
    assert dataclasses.replace(scene, nearby=True).answers == Answers() != scene.answers


def test_an_answer_is_computed_once() -> None:
    answers, asked = Answers(), []

    def compute() -> int:
        asked.append(1)
        return len(asked)

    assert [answers.once("one", compute), answers.once("one", compute), answers.once("two", compute)] == [
        1,
        1,
        2,
    ]
