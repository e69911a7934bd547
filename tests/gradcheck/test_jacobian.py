"""A small Jacobian or Hessian that is wrong is shown, expected next to got."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from dezero import Variable
from dezero import functions as F
from tests.gradcheck.zoo.specimen import op, opaque_wrong, several


def matrices(f: Any, *inputs: Any, order: int = 1) -> list[str]:
    return list(gradcheck.check(f, *inputs, order=order).jacobian)


def test_a_forgotten_cumulative_sum_shows_a_triangle() -> None:
    result = gradcheck.check(op(np.cumsum, lambda gy, x: gy), several(3))
    assert list(result.jacobian) == [
        "Jacobian by input 0 (x0); rows: outputs, columns: its elements",
        "  expected    got (* wrong)",
        "  1  0  0     1   0   0",
        "  1  1  0     0*  1   0",
        "  1  1  1     0*  0*  1",
    ]
    assert "\n    1  1  1     0*  0*  1\n" in str(result)


def test_figures_are_of_unit_cotangents_and_as_long_as_the_difference_needs() -> None:
    square = op(np.square, lambda gy, x: gy * x * (2 + 1e-9))
    assert matrices(square, np.array([3.0])) == [
        "Jacobian by input 0 (x0); rows: outputs, columns: its elements",
        "  expected    got (* wrong)",
        "  6           6.000000003*",
    ]


def test_only_wrong_inputs_are_shown() -> None:
    product = op(np.multiply, lambda gy, a, b: (gy * b, gy * b))
    shown = matrices(product, np.array([2.0, 3.0]), np.array([5.0, 7.0]))
    assert shown == [
        "Jacobian by input 1 (x1); rows: outputs, columns: its elements",
        "  expected    got (* wrong)",
        "  2  0        5*  0",
        "  0  3        0   7*",
    ]


def test_a_second_derivative_shows_the_hessian() -> None:
    cube = op(lambda x: (x**3).sum(), lambda gy, x: 3 * gy * x * Variable(x.data))
    assert matrices(cube, np.array([1.0, 2.0]), order=2) == [
        "Hessian of f by input 0 (x0)",
        "  expected    got (* wrong)",
        "  6   0       3*  0",
        "  0  12       0   6*",
    ]


def test_a_hessian_that_sums_to_zero_is_shown_for_one_output() -> None:
    def difference(x: Any) -> Any:
        return np.stack([x[0] ** 2, -(x[0] ** 2)])

    f = op(difference, lambda gy, x: 2 * Variable(x.data) * (gy[0:1] - gy[1:2]))
    assert matrices(f, np.array([3.0]), order=2) == [
        "Hessian of output element 0 by input 0 (x0)",
        "  expected    got (* wrong)",
        "  2           0*",
    ]


def test_differences_show_it_where_jets_do_not_apply() -> None:
    specimen = opaque_wrong("", op(lambda x: np.cumsum(x.astype(float)), lambda gy, x: gy), several(2))
    assert matrices(specimen.f, *specimen.inputs)[2:] == ["  1  0        1   0", "  1  1        0*  1"]


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (op(np.square, lambda gy, x: gy), several(7)),
        (op(np.square, lambda gy, x: 2 * gy * x), several(3)),
        (op(lambda x: np.maximum(x, 0), lambda gy, x: 5 * gy * (x.data >= 0)), np.array([0.0, 1.0])),
        (op(lambda x: np.sqrt((x * x).sum()), lambda gy, x: 5 * gy + 0 * x), np.zeros(3)),
    ],
    ids=["large", "right", "kink", "norm at 0"],
)
def test_it_is_left_out_of(f: Any, x: Any) -> None:
    assert not matrices(f, x)


def test_a_backward_that_raises_for_other_cotangents_is_still_diagnosed() -> None:
    def backward(gy: Variable, x: Variable) -> Variable:
        if np.count_nonzero(gy.data) == 1:
            raise ValueError("one-hot")
        return 2 * gy * F.cos(x)

    result = gradcheck.check(op(np.sin, backward), several(3))
    assert result.verdict == "fail"
    assert result.diagnosis


def test_a_matrix_near_the_point_says_so() -> None:
    f = op(lambda x: np.sin(x) ** 2, lambda gy, x: gy * F.sin(2 * x) * F.cos(x) ** 2 * 2)
    result = gradcheck.check(f, np.zeros(2))
    assert result.verdict == "fail"
    assert result.jacobian[0].endswith("(beside the point)")
