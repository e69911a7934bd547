"""What floats decide before jets are asked: wrong elements by halves, functions inside f, claims at kinks."""

# ruff: noqa: N803, N806  # the field's letters

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import gradcheck
from dezero import Function, as_variable
from dezero import functions as F
from gradcheck.cases.case import Case
from gradcheck.judging.diagnosis.in_floats import right_in_floats
from gradcheck.judging.differenced import Differenced
from gradcheck.judging.kinks.slopes import is_far_from_all
from gradcheck.judging.proof import halves, locate
from gradcheck.oracles import jet
from tests.gradcheck.scenes import scene_of
from tests.gradcheck.zoo.specimen import op, several

MANY = 5000


def _sines(wrong: Sequence[int], factor: float) -> Any:
    factors = np.ones(MANY)
    factors[list(wrong)] = factor
    return op(np.sin, lambda gy, x: gy * F.cos(x) * factors)


@pytest.mark.parametrize("factor", [2.0, 1.0 + 1e-4])
@pytest.mark.parametrize("wrong", [[17], [3, 4100], range(300, 340), range(7, MANY, 100)], ids=str)
def test_floats_lead_to_few_elements_with_a_wrong_one(wrong: Sequence[int], factor: float) -> None:
    scene = scene_of(_sines(wrong, factor), np.random.default_rng(0).uniform(-2, 2, MANY))
    ones = [np.ones(MANY)]
    found = halves.few_with_a_wrong_one(scene, ones, range(MANY), 32)
    assert len(found) <= 32
    assert set(found) & set(wrong) or (not found and factor < 1.01)  # so little is lost in their errors


def test_floats_lead_nowhere_where_nothing_is_wrong() -> None:
    scene = scene_of(_sines([], 1.0), np.random.default_rng(0).uniform(-2, 2, MANY))
    assert halves.few_with_a_wrong_one(scene, [np.ones(MANY)], range(MANY), 32) == []


@pytest.mark.parametrize("wrong", [[17], [3, 4100], [30, 31, 32], range(100, 200)], ids=str)
def test_what_floats_lead_to_is_proven(wrong: Sequence[int]) -> None:
    scene = scene_of(_sines(wrong, 1.5), np.random.default_rng(0).uniform(-2, 2, MANY))
    assert locate.wrong_element(scene, 1, scene.high(1), scene.columns[0]) in wrong
    located = [p for p, is_wrong in scene.answers.located.get(1, {}).items() if is_wrong]
    assert located in ([], list(wrong))
    assert located or len(wrong) > 3


def _case(f: Any) -> Case:
    return scene_of(f, several(5, 4)).case


@pytest.mark.parametrize("factor", [1.0, 1.001, -1.0])
def test_a_function_is_right_in_floats(factor: float) -> None:
    f = op(np.tanh, lambda gy, x: gy * (1 - F.tanh(x) ** 2) * factor)
    assert right_in_floats(_case(f)) == (factor == 1)


def test_a_function_that_raises_or_gives_another_shape_is_not_right_in_floats() -> None:
    assert not right_in_floats(_case(op(np.sin, lambda gy, x: gy[0])))
    assert not right_in_floats(_case(op(np.sin, lambda gy, x: gy @ 1)))


@pytest.mark.parametrize("claim", [0.0, 0.5, 1.0, 7.0])
def test_what_may_be_claimed_at_a_kink_is_far_from_no_slopes_that_are_alike(claim: float) -> None:
    x = np.array([0.0, 0.5, -0.25])
    for position in range(3):
        scene = scene_of(op(lambda x: np.maximum(x, 0).sum(), lambda gy, x: gy * (x.data > 0)), x)
        unit, weight = scene.at.unit(position), float(scene.at.cotangents[0])
        far = is_far_from_all(Differenced(scene), unit, 0, claim * weight)
        assert far == (position > 0 and claim != [0.5, 1.0, 0.0][position])


def test_a_kernel_that_is_turned_round_is_named() -> None:
    class Convolution(F.Conv2d):
        def backward(self, gy: Any) -> Any:
            _, gW = super().backward(gy)
            return F.deconv2d(gy, self.inputs[1][:, :, ::-1, ::-1]), gW

    result = gradcheck.check(lambda x, W: Convolution()(x, W), several(2, 3, 5, 5), several(2, 3, 3, 3))
    wanted = (
        "reversed: the gradient of input 0 (x) is the true one for input 1 (W) reversed along its last two"
    )
    assert str(result.diagnosis).startswith(wanted)


@pytest.mark.parametrize("shape", [(10, 10), (10, 40)])
def test_a_second_derivative_of_many_elements_is_known_element_by_element(shape: tuple[int, int]) -> None:
    f = op(np.tanh, lambda gy, x: gy * (1 - F.tanh(x) * as_variable(F.tanh(x).data)))
    result = gradcheck.check(f, np.random.default_rng(0).standard_normal(shape), order=2)
    assert str(result.diagnosis).startswith(
        "constant factor: the gradient of input 0 (x0) is 0.5 times the true"
    )
    assert "looked at" not in str(result.diagnosis)


def test_a_gradient_of_a_narrower_dtype_breaks_no_other_rule() -> None:
    class Sine(Function):
        def forward(self, x: Any) -> Any:
            return np.sin(x)

        def backward(self, gy: Any) -> Any:
            return as_variable((gy * F.cos(self.inputs[0])).data.astype(np.float32))

    result = gradcheck.check(lambda x: Sine()(x), several(5, 4), order=2)
    assert str(result.diagnosis).startswith("precision lost: the gradient of input 0 (x) has the 7 digits")
    broken = [row.reason for row in result.evidence if row.oracle == "contract"]
    assert broken == ["order 1: gradient of input 0 (x) has dtype float32, the input float64"]


@pytest.mark.parametrize("order", [1, 2, 3])
def test_many_probes_of_one_evaluation_say_what_each_says_alone(order: int) -> None:
    x, d = several(3, 4), several(3, 4, seed=1)
    u = [several(3, 4, seed=2)]

    def f(xs: list[Any]) -> list[Any]:
        return [np.exp(xs[0]) / np.exp(xs[0]).sum(axis=1, keepdims=True)]

    units = [[unit.reshape(3, 4)] for unit in np.eye(12)]
    together = jet.truth(f, [x], [True], u, [d], units, order).columns
    alone = [jet.truth(f, [x], [True], u, [d], [unit], order).columns[0] for unit in units]
    for first, second in zip(together, alone, strict=True):
        assert all(a.overlaps(b) for a, b in zip(first, second, strict=True))
