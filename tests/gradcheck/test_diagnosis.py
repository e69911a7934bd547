"""What a failure's message says: the likely cause, for one planted bug of each kind, word for word."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from dezero import Function, Variable
from dezero import functions as F
from gradcheck.judging.proof import locate
from tests.gradcheck.scenes import scene_of
from tests.gradcheck.zoo.right import RIGHT
from tests.gradcheck.zoo.specimen import op, several, some
from tests.gradcheck.zoo.wrong import WRONG

MESSAGES = {
    "cos without its minus": ("sign: the gradient of input 0 (x0) is the negative of the true one"),
    "exp off by 3 in 10,000": ("constant factor: the gradient of input 0 (x0) is 1.0003 times the true one"),
    "off by 1e-9": ("constant factor: the gradient of input 0 (x0) is 1.000000001 times the true one"),
    "gradient through float32": (
        "precision lost: the gradient of input 0 (x0) has the 7 digits of float32, so something "
        "in backward was rounded to it"
    ),
    "1e-6 sin, zero": ("one input's gradient missing: backward gives zero for input 0 (x0)"),
    "ignores gy": (
        "ignores gy: the gradient does not depend on the incoming gradient; multiply by gy (the chain rule)"
    ),
    "absolute value of gy": (
        "not linear in gy: the negative of an incoming gradient gives the same gradient (an absolute value?)"
    ),
    "clips gy": ("not linear in gy: twice the incoming gradient does not give twice the gradient"),
    "adds a constant to gy": (
        "not linear in gy: the negative of an incoming gradient does not give the negative gradient"
    ),
    "one wrong element among 40,000": (
        "some elements only: 1 of 40000 elements of the gradient of input 0 (x0) is wrong: element "
        "(156, 34); the other 39999 are right"
    ),
    "mean as sum": (
        "batch-size factor: the gradient of input 0 (x0) is 7 times the true one (7, for an array "
        "of 7 elements): a mean taken for a sum, or a sum for a mean (or another factor of that size)"
    ),
    "sum as mean": (
        "batch-size factor: the gradient of input 0 (x0) is 0.2 times the true one (1/5, for an "
        "array of 5 rows): a mean taken for a sum, or a sum for a mean (or another factor of that size)"
    ),
    "add, no sum over the batch": (
        "sum over a broadcast axis missing: the gradient of input 1 (x1) has shape (4, 3), the "
        "input (3,); sum it over the axes that were broadcast (dezero.functions.sum_to)"
    ),
    "bias takes the first row": (
        "sum over a broadcast axis missing: the gradient of input 1 (x1) holds only the "
        "contribution at index 0 of axis 0"
    ),
    "bias summed over the wrong axis": (
        "sum over the wrong axis: the gradient of input 1 (x1) is summed over axis 1"
    ),
    "kept axis": ("wrong shape: the gradient of input 0 (x0) has shape (3, 1), the input (3, 2)"),
    "transposed shape": ("transposed: the gradient of input 0 (x0) has shape (2, 3), the input (3, 2)"),
    "transpose of a square": ("transposed: the gradient of input 0 (x0) is the transpose of the true one"),
    "matmul, transpose forgotten": (
        "transposed: the gradient of input 0 (x0) is gy @ x1, the true one gy @ x1.T (x0: the "
        "input of shape (3, 3); x1: the input of shape (3, 3)), a product with a wrong transpose"
    ),
    "reversed": ("permuted: the gradient of input 0 (x0) is reversed along axis 0"),
    "wrong permutation of three axes": (
        "permuted: the wrong adjoint: with J the Jacobian of f by input 0 (x0), backward gives J @ gy where "
        "its transpose J.T @ gy belongs (an order of elements for the inverse order)"
    ),
    "swapped gradients of a product": (
        "swapped inputs: input 0 (x0) and input 1 (x1) have each other's gradient"
    ),
    "None for the second input": (
        'one input\'s gradient missing: backward gives None (which means "no gradient") for input 1 (x1)'
    ),
    "wrong in the second output": ("only one of several outputs: what comes back through output 1 is wrong"),
    "repeated index, last wins": (
        "wrong only at repeated indices: elements of input 0 (x0) that are used more than once "
        "get one contribution instead of the sum"
    ),
    "NaN of a branch not taken": (
        "NaN or infinity leaks into the gradient of input 0 (x0) at element (1,): from "
        "Div(-0.0, 0.0) = nan, inside the gradient of order 1"
    ),
    "relu lets everything pass": (
        "some elements only: 1 of 3 elements of the gradient of input 0 (x0) is not zero, though the true "
        "one is: those where the input is negative, which are also those where the input is smallest "
        "(element (1,)); the other 2 are right"
    ),
    "gelu with a rounded constant": (
        "the formula: 5 of 5 elements of the gradient of input 0 (x0) are wrong, by no factor, "
        "sign or order; derive it again, term by term"
    ),
    "damages its input": ("input overwritten: input 0 (x) was overwritten; compute into a new array"),
    "damages gy": (
        "gy overwritten: the incoming gradient gy was overwritten in backward; compute into a new array"
    ),
    "random backward": ("not deterministic: the gradient of input 0 (x0) changes between calls"),
    "random forward": (
        "not deterministic: f gives other values from call to call (by 0.002 of their size): it draws "
        "random numbers (_NOISE); fix its seed"
    ),
    "reads in memory order": ("layout: fortran inputs give another gradient at input 0 (x0), element (0, 1)"),
    "float64 for float32": ("dtype: order 1: gradient of input 0 (x0) has dtype float64, the input float32"),
    "integer gradient": ("dtype: the gradient of input 0 (x0) has dtype int64, so its fractions are cut off"),
    "raises": ("backward raises: ZeroDivisionError: division by zero"),
    "writes into a read-only input": (
        "input overwritten: it writes into its input or into gy: assignment destination is "
        "read-only (on a read-only array); compute into a new array"
    ),
    "sin, cut": (
        "graph cut in backward: the derivative of order 2 with respect to input 0 (x0) is None, "
        "so the gradient of order 1 was computed from arrays (.data), not from Variables"
    ),
    "sin at 0, cut": (
        "graph cut in backward: the derivative of order 2 with respect to input 0 (x0) is None, "
        "so the gradient of order 1 was computed from arrays (.data), not from Variables"
    ),
    "norm, scale detached": (
        "a factor of the gradient is cut from the graph, or has a wrong derivative: order 1 is "
        "right, order 2 is not"
    ),
    "gy detached in the sum": (
        "graph cut in backward: order 2: backward's result does not depend on gy in the graph as "
        "it does in value; gy was used as an array (.data), not as a Variable, or "
        "has a wrong derivative on its way"
    ),
    "third derivative twice too large": (
        "constant factor: the gradient of input 0 (x0) is 2 times the true one; "
        "found in Op of float64[3], inside the gradient of order 2"
    ),
    "isnan: sign": ("sign: the gradient of input 0 (x0) is the negative of the true one"),
    "isnan: cut": (
        "graph cut in backward: the derivative of order 2 with respect to input 0 (x0) is None, "
        "so the gradient of order 1 was computed from arrays (.data), not from Variables"
    ),
    "softmax, diagonal only": (
        "cross terms missing: the gradient of input 0 (x0) holds what each element does to its own output "
        "only, not to the others (a sum is missing)"
    ),
    "slope of the other branch": (
        "some elements only: 3 of 8 elements of the gradient of input 0 (x0) are 0.1 times the true ones: "
        "those where the input is negative, which are also those where the input is smaller than -1 "
        "(first (0,)); the other 5 are right"
    ),
    "one gradient too many": (
        "backward raises: TypeError: Op.backward must return a gradient per input: 1 at most, got 2 "
        '(None means "no gradient")'
    ),
    "gradient where there is none": (
        "a gradient where there is none: that of input 1 (x1) is zero, what backward gives is not"
    ),
    "keeps its first input": (
        "stale: the gradient at other inputs is that of an earlier call (something is kept between calls)"
    ),
    "order 2 through float32": (
        "precision lost: the gradient of input 0 (x0) has the 7 digits of float32, so something in backward "
        "was rounded to it; found in Op of float64[3], inside the gradient of order 1"
    ),
    "order 2 for contiguous gy only": (
        "layout: fortran inputs give another gradient at input 0 (x0), element (0, 0); "
        "found in Op of float64[3, 2], inside the gradient of order 1"
    ),
    "softmax, zero": (
        "one input's gradient missing: backward gives zero for input 0 (x0) "
        "(or ignores gy: with ones in place of gy the gradient is zero here)"
    ),
}

ZOO = {specimen.name: specimen for specimen in WRONG}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_planted_bug_is_named(name: str) -> None:
    specimen = ZOO[name]
    result = gradcheck.check(specimen.f, *specimen.inputs, order=specimen.order)
    assert result.diagnosis == MESSAGES[name]
    assert f"likely cause: {MESSAGES[name]}" in str(result)


# The causes that the design asks for, by their words.
CAUSES = (
    "sign", "constant factor", "transposed", "permuted", "sum over a broadcast axis missing",
    "sum over the wrong axis", "graph cut in backward", "ignores gy",
    "one input's gradient missing", "precision lost", "wrong only at repeated indices",
    "batch-size factor", "not deterministic", "input overwritten", "gy overwritten",
    "swapped inputs", "layout", "dtype", "NaN or infinity leaks", "not linear in gy",
    "only one of several outputs", "some elements only", "backward raises", "wrong shape",
)  # fmt: skip


@pytest.mark.parametrize("cause", CAUSES)
def test_there_is_a_planted_bug_for_every_cause(cause: str) -> None:
    assert any(message.startswith(cause) for message in MESSAGES.values())


@pytest.mark.parametrize("specimen", RIGHT[::12], ids=str)
def test_what_does_not_fail_has_no_diagnosis(specimen: object) -> None:
    result = gradcheck.check(specimen.f, *specimen.inputs)  # type: ignore[attr-defined]  # a Specimen
    assert result.diagnosis is None


@pytest.mark.parametrize("wrong", [[17], [3, 90], [3, 50, 90, 99], range(0, 100, 7), range(100)])
def test_wrong_elements_are_found_among_many(wrong: list[int]) -> None:
    factors = np.ones(100)
    factors[list(wrong)] = 1.5
    f = op(np.sin, lambda gy, x: gy * F.cos(x) * factors)
    scene = scene_of(f, some(100))
    found = locate.wrong_element(scene, 1, scene.high(1), scene.columns[0])
    assert found in wrong
    located = [p for p, is_wrong in scene.answers.located.get(1, {}).items() if is_wrong]
    assert located == (list(wrong) if len(wrong) <= 4 else [])


def cause(f: Any, *inputs: Any, order: int = 1) -> str:
    return str(gradcheck.check(f, *inputs, order=order).diagnosis)


@pytest.mark.parametrize(
    "backward",
    [
        lambda gy, x: gy * F.exp(x) * x,
        lambda gy, x: gy * F.exp(x) * F.sin(x),
        lambda gy, x: gy * F.exp(x) + gy,
    ],
)
def test_one_number_is_not_called_a_factor_or_one_of_several(backward: Any) -> None:
    for x in (np.array(0.7), np.array([0.7]), np.array([[1.3]])):
        found = cause(op(np.exp, backward), x)
        assert "constant factor" not in found
        assert "some elements" not in found


def test_a_factor_of_one_number_is_one_where_points_nearby_agree() -> None:
    found = cause(op(np.exp, lambda gy, x: 2 * gy * F.exp(x)), np.array(0.7))
    assert found == (
        "constant factor: the gradient of input 0 (x0) is 2 times the true one, here and at points beside"
    )


def test_a_square_that_passes_gy_on_is_no_stale_gradient() -> None:
    for x in (np.array(2.0), several(3), several(2, 3)):
        assert cause(op(np.square, lambda gy, x: gy), x).startswith("gy is passed on unchanged")


def test_what_was_not_looked_at_is_not_called_right() -> None:
    every_other = op(
        lambda x: np.sin(x[::-1]), lambda gy, x: gy[::-1] * F.cos(x) * (1 + np.arange(x.size) % 2)
    )
    found = cause(every_other, some(3000))
    assert "that were looked at" in found
    assert "2 times the true ones" in found


def test_two_exchanged_elements_of_many_are_all_that_is_wrong() -> None:
    order = np.arange(5000)
    order[[70, 4000]] = 4000, 70
    found = cause(op(lambda x: 2 * x, lambda gy, x: 2 * gy[order]), some(5000))
    assert found == (
        "some elements only: 2 of 5000 elements of the gradient of input 0 (x0) are exchanged with each "
        "other: first (70,); the other 4998 are right"
    )


def test_right_at_this_point_only_is_distinguished_from_right() -> None:
    specimen = ZOO["targets that sum to 1"]
    x, p = specimen.inputs
    found = cause(specimen.f, x, p / p.sum(axis=1, keepdims=True), order=2)
    assert found.startswith("already the gradient of order 1 is wrong, but not at this point: beside it, ")
    assert "the rows of input 1 (x1) sum to 1" in found


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_cast_of_dezero_is_not_blamed(dtype: Any) -> None:
    class Slope(Function):
        def forward(self, gy: Any, x: Any, t: Any) -> Any:
            return gy * (x - t)

        def backward(self, ggx: Variable) -> Any:
            _, x, t = self.inputs
            return F.sum(ggx * (x - t)), ggx, None

    f = op(lambda x, t: ((x - t) ** 2).sum() / 2, lambda gy, x, t: (Slope()(gy, x, t), None))
    found = cause(f, np.array([0.25, 1.5, -2.125], dtype), np.array([1, 0, 1]), order=2)
    assert found.startswith("factor: the gradient of input 1 (x) lacks the factor gy (input 0); found in S")


def test_a_zero_that_is_no_cut_is_not_called_one() -> None:
    found = cause(lambda x: F.maximum(x, x * 0) + F.log1p(F.exp(-F.abs(x))), np.zeros(1), order=2)
    assert ".data" not in found
    assert "Maximum at 0" in found


def test_float16_is_too_coarse_for_what_is_near_by_chance() -> None:
    found = cause(op(np.sin, lambda gy, x: gy * (1 - x * x / 3)), some(6).astype(np.float16))
    assert "for granted" not in found


def test_what_is_gy_at_one_point_only_is_not_called_unchanged() -> None:
    assert "unchanged" not in cause(op(lambda x: x**3, lambda gy, x: gy * x), np.ones(1))


def test_a_transpose_is_named_only_where_the_factors_are_the_true_ones() -> None:
    half = op(np.matmul, lambda gy, a, b: (F.matmul(gy, b.T), F.matmul(a.T, gy) * 3))
    found = cause(half, several(2, 3), several(3, 4, seed=1))
    assert "transpose" not in found
    assert "3 times the true one" in found
