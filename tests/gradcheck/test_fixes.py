"""The sentence that says what to change: it is there where the cause is known, and it is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck
from dezero import Function
from dezero import functions as F
from gradcheck.cases.calls import build_case
from gradcheck.judging.diagnosis.fixes import fix_of
from gradcheck.records.recording import case_rows

Backward = Callable[..., Any]
X = np.array([[0.5, -1.25, 2.0], [1.5, 0.75, -0.5]])
B = np.array([0.25, -0.75, 1.0])


def op(forward: Callable[..., Any], backward: Backward) -> Callable[..., Any]:
    class Op(Function):
        def forward(self, *xs: Any) -> Any:
            return forward(*xs)

        def backward(self, gy: Any) -> Any:
            return backward(gy, *self.inputs)

    def f(x: Any, b: Any = None) -> Any:
        return Op()(x) if b is None else Op()(x, b)

    return f


def square(x: Any) -> Any:
    return x * x


CASES: dict[str, tuple[Callable[..., Any], Backward, Backward, list[np.ndarray], str]] = {
    "a factor": (
        square, lambda gy, x: gy * x, lambda gy, x: 2 * (gy * x), [X],
        "Multiply what backward returns for x by 2.",
    ),
    "a sign": (
        np.cos, lambda gy, x: gy * F.sin(x), lambda gy, x: -(gy * F.sin(x)), [X],
        "Change the sign of what backward returns for x.",
    ),
    "gy alone": (
        np.sin, lambda gy, x: gy, lambda gy, x: gy * F.cos(x), [X],
        "Multiply gy by the derivative of f by x.",
    ),
    "no gy": (
        square, lambda gy, x: 2 * x, lambda gy, x: gy * (2 * x), [X],
        "Multiply what backward returns by gy (the chain rule).",
    ),
    "a sum": (
        lambda x, b: x + b, lambda gy, x, b: (gy, gy), lambda gy, x, b: (gy, F.sum_to(gy, b.shape)), [X, B],
        "Sum what backward returns for b over the axes that were broadcast: sum_to(g, b.shape).",
    ),
    "the order of the inputs": (
        lambda x, b: np.sin(x) * b * b,
        lambda gy, x, b: (gy * (2 * b * F.sin(x)), gy * (F.cos(x) * b * b)),
        lambda gy, x, b: (gy * (F.cos(x) * b * b), gy * (2 * b * F.sin(x))),
        [X, X[::-1] + 0.125],
        "Exchange what backward returns for x and b.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_fix_is_named_and_what_it_says_is_right(name: str) -> None:
    forward, wrong, fixed, inputs, sentence = CASES[name]
    result = gradcheck.check(op(forward, wrong), *inputs)
    assert result.verdict == "fail"
    assert fix_of(result.diagnosis) == sentence, result.diagnosis
    assert gradcheck.check(op(forward, fixed), *inputs), "with the change it passes"


@pytest.mark.parametrize(
    "diagnosis",
    [
        None,
        "backward raises: ValueError: no",
        "the formula: the gradient of input 0 (x) should be 2 and is 3",
        "constant factor: the gradient of input 0 (x) is 0 times the true one",
        "constant factor: the gradient of input 0 (x) is 2 times the true one (order 2; order 1 is right)",
        "sign: the gradient of input 0 (x) is the negative of the true one; found in Op of float64[3], "
        "inside the gradient of order 2",
        "sign: the gradients of input 0 (x) and input 1 (y) are the negative of the true ones (or swapped: "
        "they have each other's gradient)",
    ],
)
def test_nothing_is_said_where_the_change_is_not_known(diagnosis: str | None) -> None:
    assert fix_of(diagnosis) is None


@pytest.mark.parametrize(
    ("diagnosis", "sentence"),
    [
        (
            "batch-size factor: the gradient of input 0 (x) is 0.2 times the true one (1/5, for an array of "
            "5 rows): a mean taken for a sum",
            "Multiply what backward returns for x by 5.",
        ),
        (
            "factor: the gradient of input 1 (w) lacks the factor x (input 0)",
            "Multiply what backward returns for w by x.",
        ),
        (
            "transposed: the gradient of input 0 (x) is gy @ w, the true one gy @ w.T (w: the input of shape "
            "(3, 3)), a product with a wrong transpose",
            "For x return gy @ w.T in the place of gy @ w.",
        ),
    ],
)
def test_names_of_inputs_stand_as_they_are_written(diagnosis: str, sentence: str) -> None:
    assert fix_of(diagnosis) == sentence


def test_a_row_holds_the_jacobian_that_numpy_gives() -> None:
    f = op(square, lambda gy, x: gy * x)
    x = X[0]
    rows = case_rows(build_case(f, [x], 1, 0), gradcheck.check(f, x))
    (found,) = [each for row in rows for each in row.get("matrices", [])]
    np.testing.assert_allclose(found["expected"], np.diag(2 * x), rtol=10.0 ** -found["digits"])
    np.testing.assert_allclose(found["got"], np.diag(x), rtol=10.0 ** -found["digits"])
    assert found["wrong"] == [[n, n] for n in range(x.size)]


def test_a_row_holds_no_large_matrices() -> None:
    f = op(square, lambda gy, x: gy * x)
    x = np.linspace(0.5, 2.0, 9)
    rows = case_rows(build_case(f, [x], 1, 0), gradcheck.check(f, x))
    assert any("fix" in row for row in rows)
    assert not any("matrices" in row for row in rows)
