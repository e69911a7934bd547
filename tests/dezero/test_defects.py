"""Each defect of the public DeZero (0.0.13) that concerns the core and the functions, by name.

Those of convolution, pooling, normalization and layers are tested in other files.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, Variable


def test_sigmoid_cross_entropy_at_logits_of_50() -> None:
    """Was NaN at 50, and the gradient 0 at -50."""
    x = Variable(np.array([[50.0], [-50.0]]))
    y = F.sigmoid_cross_entropy(x, np.array([[0], [1]]))
    y.backward()
    np.testing.assert_allclose(y.data, 50.0, rtol=1e-15)
    np.testing.assert_allclose(x.grad.data, [[0.5], [-0.5]], rtol=1e-15)


def test_binary_cross_entropy_is_symmetric() -> None:
    """Was clipped at 0.999 on one side: a sure and right prediction of 1 had a loss of 0.001."""
    for p in (0.9999, 1 - 2.0**-30):
        sure_of_1 = F.binary_cross_entropy(np.array([p]), np.array([1])).data
        sure_of_0 = F.binary_cross_entropy(np.array([1 - p]), np.array([0])).data
        np.testing.assert_allclose(sure_of_1, sure_of_0, rtol=1e-6)
        np.testing.assert_allclose(sure_of_1, -np.log(p), rtol=1e-14)


@pytest.mark.parametrize(("f", "x", "expected"), [
    (F.tanh, 18.0, 4 * np.exp(-36.0)),
    (F.tanh, -18.0, 4 * np.exp(-36.0)),
    (F.sigmoid, 40.0, np.exp(-40.0)),
    (F.sigmoid, -40.0, np.exp(-40.0)),
])  # fmt: skip
def test_tanh_and_sigmoid_keep_their_derivative_in_the_tails(f: Any, x: float, expected: float) -> None:
    variable = Variable(np.array(x))
    f(variable).backward()
    np.testing.assert_allclose(variable.grad.data, expected, rtol=1e-14)


@pytest.mark.parametrize("zero", [0, 0.0, np.float64(0), np.zeros(1), Variable(np.zeros(1))])
def test_x_to_the_power_0_at_0(zero: Any) -> None:
    """The gradient was NaN."""
    x = Variable(np.zeros(1))
    y = x**zero
    y.backward()
    assert (y.data[0], x.grad.data[0]) == (1, 0)


@pytest.mark.parametrize("f", [F.max, F.min])
def test_ties_of_max_and_min_do_not_multiply_the_gradient(f: Any) -> None:
    """Every tied element got the whole gradient."""
    x = Variable(np.full((2, 4), 3.0))
    f(x, axis=1).backward()
    np.testing.assert_array_equal(x.grad.data, np.full((2, 4), 0.25))


@pytest.mark.parametrize("f", [F.max, F.min])
def test_max_and_min_over_the_last_axis(f: Any) -> None:
    """axis=-1 crashed in backward."""
    x = Variable(np.arange(6.0).reshape(2, 3))
    f(x, axis=-1).backward()
    np.testing.assert_array_equal(x.grad.data.sum(axis=1), [1, 1])


def test_expand_dims_at_the_end() -> None:
    """axis=-1 put the new axis in the last place but one."""
    assert F.expand_dims(np.ones((2, 3)), -1).shape == (2, 3, 1)


def test_batched_matmul_has_a_backward() -> None:
    x, W = Variable(np.ones((5, 2, 3))), Variable(np.ones((3, 4)))  # noqa: N806
    F.matmul(x, W).backward()
    np.testing.assert_array_equal(x.grad.data, np.full((5, 2, 3), 4))
    np.testing.assert_array_equal(W.grad.data, np.full((3, 4), 10))


def plus_one(x: Variable) -> Variable:
    return x + 1.0


@pytest.mark.parametrize("f", [plus_one, F.mean, F.tanh, F.sigmoid])
def test_float32_does_not_turn_into_float64(f: Any) -> None:
    x = Variable(np.array([0.5, 1.5], np.float32))
    y = f(x)
    y.backward()
    assert y.dtype == x.grad.dtype == np.float32


def test_an_in_place_hook_on_one_gradient_leaves_the_others() -> None:
    """After x0 + x1 both gradients, and the output's, were one object."""
    x0, x1 = Variable(np.ones(2)), Variable(np.ones(2))
    y = x0 + x1
    y.backward(retain_grad=True)
    x0.grad.data += 0.1 * x0.data  # weight decay
    np.testing.assert_array_equal(x1.grad.data, [1, 1])
    np.testing.assert_array_equal(y.grad.data, [1, 1])


def test_backward_of_a_leaf() -> None:
    x = Variable(np.ones(2))
    x.backward()
    np.testing.assert_array_equal(x.grad.data, [1, 1])


class Halves(Function):
    def forward(self, x: Any) -> Any:
        return x[:1] * 1, x[1:] * 1

    def backward(self, ga: Variable, gb: Variable) -> Variable:
        return F.concatenate([ga, gb])


def test_an_unused_output() -> None:
    x = Variable(np.ones(2))
    first, _second = Halves()(x)
    (first * 3).backward()
    np.testing.assert_array_equal(x.grad.data, [3, 0])


def test_a_collected_output() -> None:
    x = Variable(np.ones(2))
    outputs = Halves()(x)
    y = outputs.pop() * 3
    del outputs
    y.backward(retain_grad=True)
    np.testing.assert_array_equal(x.grad.data, [0, 3])


def test_time_of_n_reuses_is_linear() -> None:
    """The list of functions was sorted at each step: 64 times the reuses took far over 64 times as long.

    Work is counted, not timed: the number of Python calls that backward makes.
    """
    counts = [_calls_of_backward(n) for n in (100, 6400)]
    assert counts[1] < 70 * counts[0]


def _calls_of_backward(reuses: int) -> int:
    x = Variable(np.array(1.0))
    y = x
    for _ in range(reuses):
        y = y + x
    calls = 0

    def count(*_: Any) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        y.backward()
    finally:
        sys.setprofile(None)
    return calls


def test_cross_entropy_graph_is_differentiable_twice() -> None:
    """What the book's losses return, a cotangent for x alone, is enough."""
    x = Variable(np.array([[0.5, -1.0, 2.0]]))
    F.softmax_cross_entropy(x, np.array([1])).backward(create_graph=True)
    g = x.grad
    x.cleargrad()
    F.sum(g * g).backward()
    assert np.abs(x.grad.data).max() > 0.01
