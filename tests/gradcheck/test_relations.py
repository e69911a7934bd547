"""The calls of the contract and the relations between them, one by one, at a scene each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dezero import Variable
from dezero import functions as F
from gradcheck.judging import verdict
from gradcheck.judging.contract import by_gy, dtypes, relations, run_to_run, traces
from gradcheck.judging.contract.agreement import alike, first_difference, raising, table
from gradcheck.judging.contract.cotangents import ALL_DIGITS, all_digits, broadcast_term, plus, scaled
from gradcheck.judging.contract.further import Call, call
from gradcheck.judging.contract.repeatability import same, within
from gradcheck.judging.contract.violation import Violation
from tests.gradcheck.scenes import scene_of
from tests.gradcheck.zoo.specimen import op, several

X = several(3, 2)
FLOATS = hnp.arrays(np.float64, 5, elements=st.floats(-1e3, 1e3))


@pytest.fixture
def scene() -> Any:
    return scene_of(F.sin, X, order=2)


def given_back(scene: Any, gradients: Any) -> Call:
    """A call at the scene's point that gave these gradients, orders by elements."""
    other = call(scene, scene.at, len(gradients))
    assert other.trial is not None
    shaped = [[np.reshape(row, X.shape)] for row in gradients]
    return replace(other, trial=replace(other.trial, gradients=shaped))


# Agreement ----------------------------------------------------------------------------------------------


@given(FLOATS, st.integers(0, 4), st.floats(1e-6, 1e6))
def test_two_runs_are_within_rounding_or_not(a: np.ndarray, n: int, gap: float) -> None:
    b = a.copy()
    assert same(a, b)
    assert within(a, b, np.zeros(5))
    b[n] += gap
    unseen = abs(b - a)[n] <= verdict.negligible(a.dtype) * np.spacing(np.abs(a).max())
    assert within(a, b, np.zeros(5)) == unseen
    assert within(a, b, np.full(5, 2 * gap))
    assert not same(a, a.astype(np.float32))
    assert same(0 * a, -0 * a)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([1.0, 0.0], [1.0 + 1e-9, 1e-9], True),
        ([1.0, 0.0], [1.0 + 1e-6, 0.0], False),
        ([np.nan, np.inf], [np.nan, np.inf], True),
        ([1, 2], [1, 3], False),
        ([1.0], [1.0, 1.0], False),
    ],
)
def test_values_of_f_agree_to_half_of_their_digits(a: Any, b: Any, expected: bool) -> None:
    assert alike(np.array(a), np.array(b)) == expected


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("position", [0, 4])
@pytest.mark.parametrize("power", [None, 1.0])
def test_the_element_that_is_off_is_found(scene: Any, order: int, position: int, power: float | None) -> None:
    base = table(scene)
    assert first_difference(scene, base, given_back(scene, base), power=power) is None
    moved = base.copy()
    moved[order - 1, position] *= 1.5
    assert first_difference(scene, base, given_back(scene, moved), power=power) == (order, position)
    nearly = base * (1 + 2.0**-52)
    assert first_difference(scene, base, given_back(scene, nearly), power=power) is None


def test_other_shapes_and_calls_that_raised_are_apart_at_once(scene: Any) -> None:
    raised = Call(scene.at, None, ValueError("no"), [])
    assert first_difference(scene, table(scene), raised) == (1, 0)
    assert first_difference(scene, table(scene)[:1], given_back(scene, table(scene))) == (1, 0)


def test_a_gap_at_a_call_that_cannot_be_measured_is_off_from_half_of_the_digits_on() -> None:
    """Its rounding is not known: backward raises at these cotangents when it is called again."""
    scene = scene_of(op(np.sin, lambda gy, x: gy * F.cos(x) if np.all(gy.data > -8) else 1 / 0), X)
    elsewhere = scene.at.with_cotangents(lambda u: u - 16)
    other = replace(given_back(scene, table(scene)), at=elsewhere)
    for share, expected in ((1e-12, None), (0.5, (1, 0))):
        moved = table(scene) * np.where(np.arange(X.size) == 0, 1 + share, 1.0)
        assert first_difference(scene, moved, other, power=1.0) == expected


# Further calls --------------------------------------------------------------------------------------------


def test_cotangents_are_scaled_and_added(scene: Any) -> None:
    [u] = scene.at.cotangents
    assert np.array_equal(scaled(scene.at, -2.0).cotangents[0], -2 * u)
    part = all_digits(scene.at)
    assert np.array_equal(part.cotangents[0], ALL_DIGITS * u)
    assert np.array_equal(part.direction[0], ALL_DIGITS * scene.at.direction[0])
    term, [view] = broadcast_term(scene)
    assert view.strides[0] == 0
    assert np.array_equal(view, term.cotangents[0])
    assert np.array_equal(plus(scene.at, term).cotangents[0], u + view)


@pytest.mark.parametrize("layout", ["contiguous", "fortran", "strided", "negative", "readonly"])
def test_a_call_in_any_layout_gives_the_same(scene: Any, layout: str) -> None:
    other = call(scene, scene.at, 2, layout, watched=True)
    assert other.table is not None
    assert np.array_equal(other.table, table(scene))
    assert not other.overwritten


def test_a_call_tells_what_raised_and_what_was_written_to() -> None:
    def writes(gy: Variable, x: Variable) -> Variable:
        gx = 2 * gy
        gy.data[...] = 0
        return gx

    scene = scene_of(op(lambda x: 2 * x, writes), X)
    assert [kind for kind, _ in call(scene, scene.at, 1).overwritten] == ["gy overwritten"]
    raising = replace(scene, subject=scene_of(op(np.sin, lambda gy, x: 1 / 0), X).subject)
    other = call(raising, scene.at, 1)
    assert isinstance(other.error, ZeroDivisionError)
    assert other.table is None


def test_arguments_of_calls_are_arrays_of_0d_inputs_too() -> None:
    scene = scene_of(lambda x: F.sum(x * x), np.array(0.5), order=2)
    points = [relation.other.at for relation in relations.linear(scene)]
    assert len(points) > 3
    assert all(isinstance(each, np.ndarray) for at in points for each in (*at.cotangents, *at.direction))


# Relations ------------------------------------------------------------------------------------------------


def asked(f: Any, order: int = 2) -> dict[str, str | None]:
    """What is said of each relation of linearity, by its first words."""
    scene = scene_of(f, X, order=order)
    found = [(each.message, each.violation(scene)) for each in relations.linear(scene)]
    return {message: None if v is None else v.message for message, v in found}


@pytest.mark.parametrize("f", [F.sin, F.exp, lambda x: F.sum(x * x), lambda x: (F.sin(x), F.cos(x))])
def test_every_relation_holds_of_a_sound_function(f: Any) -> None:
    found = asked(f)
    assert len(found) >= 6
    assert set(found.values()) == {None}
    scene = scene_of(f, X, order=2)
    assert relations.further_calls(scene).fit_together(scene)
    assert relations.laid_out(scene) is None


@pytest.mark.parametrize(
    ("backward", "holding"),
    [
        (lambda gy, x: gy * gy * gy * F.cos(x), {"the negative", "a zero"}),
        (lambda gy, x: (gy + 1) * F.cos(x), set()),
        (lambda gy, x: F.abs(gy) * F.cos(x), {"twice", "1024 times", "a zero"}),
    ],
)
def test_of_a_backward_that_is_not_linear_some_relations_hold(backward: Any, holding: set[str]) -> None:
    f = op(np.sin, backward)
    held = [message for message, said in asked(f, order=1).items() if said is None]
    assert all(any(message.startswith(words) for message in held) for words in holding), held
    scene = scene_of(f, X)
    assert not relations.further_calls(scene).fit_together(scene)


@given(st.sampled_from([-8.0, -1.0, 0.5, 2.0, 1024.0]), st.integers(0, 5))
def test_a_multiple_of_the_cotangent_gives_that_multiple(factor: float, position: int) -> None:
    scene = scene_of(F.sin, X)
    other = call(scene, scaled(scene.at, factor), 1)
    assert relations.times(scene, factor, other).off(scene) is None
    assert relations.times(scene, 2 * factor, other).off(scene) == (1, 0)


def test_a_violation_has_the_order_in_front_from_the_second_on() -> None:
    assert Violation.at(1, "layout", "it changes") == Violation("layout", "it changes")
    assert Violation.at(3, "layout", "it changes", "here") == Violation(
        "layout", "order 3: it changes", 3, "here"
    )


def test_room_is_left_for_a_large_factor() -> None:
    assert [raising(t) for t in (np.float64, np.float32, np.float16)] == [1024, 1024, 16]


# The remaining rules --------------------------------------------------------------------------------------


def test_a_sound_function_leaves_no_traces_and_keeps_its_dtype(scene: Any) -> None:
    calls = relations.further_calls(scene)
    assert traces.unrepeatable(scene) is None
    assert traces.overwritten(scene) is None
    assert traces.stale(scene, calls.moved) is None
    assert by_gy.detached(scene, calls.part, calls.same) is None
    assert dtypes.wrong_dtype(scene, calls.part) is None
    assert dtypes.narrow_digits(scene, calls.part) is None
    assert run_to_run.measured(scene) == []
    assert run_to_run.beyond_rounding(scene) is None


def test_runs_of_a_device_may_differ_by_rounding_only(scene: Any) -> None:
    [base] = table(scene)[:1]
    near, far = (replace(scene, runs=[np.array([base, base * (1 + gap)])]) for gap in (2.0**-51, 1e-6))
    assert run_to_run.beyond_rounding(near) is None
    assert run_to_run.beyond_rounding(far) == (1, run_to_run.ulps(far.runs[0], np.float64))
