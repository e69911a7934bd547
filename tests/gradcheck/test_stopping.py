"""Solvers that stop before they are done: what that leaves open is measured, and nothing more is excused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from dezero import functions as F
from tests.gradcheck.zoo.right_exam2 import X, contraction
from tests.gradcheck.zoo.specimen import op


@pytest.mark.parametrize(
    ("weight", "within"), [(0.3, 1e-2), (0.3, 1e-8), (0.9, 1e-2), (0.9, 1e-4), (0.9, 1e-8), (0.97, 1e-2)]
)
def test_a_right_gradient_of_several_elements_that_stop_together_does_not_fail(
    weight: float, within: float
) -> None:
    for order in (
        (1, 2) if (weight, within) != (0.9, 1e-8) else (2,)
    ):  # of the longest iteration, both at once
        result = gradcheck.check(contraction(weight, within), X, order=order)
        assert result.verdict != "fail", str(result)


@pytest.mark.parametrize(("within", "factor"), [(1e-2, 1.5), (1e-4, 1.01), (1e-8, 1 + 1e-5)])
def test_what_is_further_off_fails(within: float, factor: float) -> None:
    result = gradcheck.check(contraction(0.5, within, factor), X)
    assert result.verdict == "fail", str(result)


def test_an_iteration_that_balls_cannot_end_is_given_up() -> None:
    """Each step trebles the radius: no comparison is decided any more, whatever the precision."""

    def forward(x: Any) -> Any:
        y, step = x * 0, x
        while not np.all(np.abs(step) < 1e-9):
            step = 0.9 * np.cos(y) + x - y
            y = y + step
        return y

    result = gradcheck.check(op(forward, lambda gy, x: gy * F.exp(x)), X)
    assert result.verdict == "fail"
    assert result.seconds < 60
