"""A failure of a function made of others names the one that is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from dezero import Function, Variable
from dezero import functions as F
from gradcheck.experiments.mutation.mutants import MUTANTS
from gradcheck.experiments.mutation.planting import planted
from tests.gradcheck.zoo.specimen import op, several

X = several(2, 3)


class Wrong(Function):
    """The sine, with the negative derivative."""

    def forward(self, x: Any) -> Any:
        return np.sin(x)

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        return -gy * F.cos(x)


def test_the_wrong_function_inside_f_is_named() -> None:
    result = gradcheck.check(lambda x: F.exp(Wrong()(x * 2.0)).sum(), X)
    assert result.diagnosis == (
        "sign: the gradient of input 0 (x) is the negative of the true one; "
        "found in Wrong of float64[2, 3], inside f"
    )


def test_a_wrong_function_of_the_gradient_is_named() -> None:
    f = op(lambda x: -np.cos(x), lambda gy, x: gy * Wrong()(x))
    result = gradcheck.check(f, X, order=2)
    assert result.diagnosis == (
        "sign: the gradient of input 0 (x) is the negative of the true one; "
        "found in Wrong of float64[2, 3], inside the gradient of order 1"
    )


def test_one_function_alone_is_not_named_twice() -> None:
    result = gradcheck.check(Wrong, X)
    assert result.diagnosis == "sign: the gradient of input 0 (x) is the negative of the true one"


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x / Variable(x.data.max(keepdims=True)),
        lambda x: x - float(x.data.mean()),
        lambda x: F.sin(x) + np.cos(x.data),
    ],
)
def test_what_f_computes_outside_of_its_graph_is_to_blame_where_all_of_that_is_right(f: Any) -> None:
    result = gradcheck.check(f, X)
    assert str(result.diagnosis).startswith("graph cut in f: each function of its graph is right by itself")


def test_where_all_parts_are_right_the_whole_is_diagnosed() -> None:
    f = op(np.sin, lambda gy, x: gy * F.cos(x) + gy * F.cos(x) * F.exp(x) * 0.5)
    result = gradcheck.check(lambda x: f(x) * 1.0, X)
    assert "the formula" in str(result.diagnosis)
    assert "found in Op" in str(result.diagnosis)


@pytest.mark.parametrize(
    ("mutant", "cls", "cause"),
    [
        ("one-element", F.Exp, "some elements only"),
        ("rounded-floats", F.Exp, "precision lost"),
        ("overwrites-gy", F.Exp, "gy overwritten"),
        ("overwrites-input", F.Exp, "input overwritten"),
        ("contiguous-only", F.Exp, "layout"),
        ("changing", F.Exp, "not deterministic"),
        ("detached", F.Exp, "graph cut in backward"),
    ],
)
def test_each_kind_of_mistake_is_named_inside(mutant: str, cls: type[Function], cause: str) -> None:
    with planted(cls, MUTANTS[mutant]):
        result = gradcheck.check(lambda x: F.sum(F.exp(x) * x, axis=0), X, order=2)
    assert result.verdict == "fail"
    assert str(result.diagnosis).startswith(cause)
    assert "found in Exp of float64[2, 3], inside f" in str(result.diagnosis)
