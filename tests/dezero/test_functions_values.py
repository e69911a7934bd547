"""What each function computes, its conventions at kinks and ties, and what it refuses."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Variable
from dezero.core import Elementwise


def gradient(f: Any, x: Any, **kwargs: Any) -> np.ndarray:
    variable = Variable(np.array(x, dtype=float))
    F.sum(f(variable, **kwargs)).backward()
    return variable.grad.data


class TestConventionsAtKinks:
    def test_abs(self) -> None:
        np.testing.assert_array_equal(gradient(F.abs, [-2, 0, 2]), [-1, 0, 1])

    def test_relu(self) -> None:
        np.testing.assert_array_equal(gradient(F.relu, [-2, 0, 2]), [0, 0, 1])

    def test_leaky_relu(self) -> None:
        np.testing.assert_array_equal(gradient(F.leaky_relu, [-2, 0, 2]), [0.2, 0.2, 1])

    def test_clip(self) -> None:
        f = gradient(lambda x: F.clip(x, -1, 1), [-2, -1, 0, 1, 2])
        np.testing.assert_array_equal(f, [0, 1, 1, 1, 0])

    @pytest.mark.parametrize("f", [F.maximum, F.minimum])
    def test_maximum_and_minimum_share_ties(self, f: Any) -> None:
        x0, x1 = Variable(np.array([1.0, 2.0, 3.0])), Variable(np.array([2.0, 2.0, 2.0]))
        f(x0, x1).backward()
        np.testing.assert_array_equal(x0.grad.data + x1.grad.data, [1, 1, 1])
        assert x0.grad.data[1] == 0.5

    def test_power_at_zero(self) -> None:
        x, c = Variable(np.array([0.0, 0.0, 0.0, 2.0])), Variable(np.array([0.0, 1.0, 2.0, 0.0]))
        F.power(x, c).backward()
        np.testing.assert_array_equal(x.grad.data, [0, 1, 0, 0])
        np.testing.assert_array_equal(c.grad.data, [0, 0, 0, np.log(2)])

    def test_mixed_second_derivative_of_power_at_exponent_zero(self) -> None:
        x, c = Variable(np.array(2.0)), Variable(np.array(0.0))
        F.power(x, c).backward(create_graph=True)
        g = x.grad
        c.cleargrad()
        g.backward()
        assert c.grad.data == 0.5  # d/dc of c x^(c - 1)

    def test_sign_is_a_leaf(self) -> None:
        assert F.sign(Variable(np.array([-2.0, 0.0, 3.0]))).creator is None


class TestReductions:
    @pytest.mark.parametrize("name", ["sum", "mean", "max", "min"])
    @pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), (-1, 0), (0, 1, 2), ()])
    @pytest.mark.parametrize("keepdims", [False, True])
    def test_values_and_shapes_are_numpys(self, name: str, axis: Any, keepdims: bool) -> None:
        x = np.arange(24.0).reshape(2, 3, 4) % 7
        expected = getattr(np, name)(x, axis=axis, keepdims=keepdims)
        y = getattr(F, name)(Variable(x), axis=axis, keepdims=keepdims)
        np.testing.assert_allclose(y.data, expected, rtol=1e-15)
        gx = gradient(getattr(F, name), x, axis=axis, keepdims=keepdims)
        assert gx.shape == x.shape
        total = x.size if name == "sum" else expected.size
        np.testing.assert_allclose(gx.sum(), total, rtol=1e-14)

    @pytest.mark.parametrize("f", [F.max, F.min])
    def test_ties_share_the_gradient(self, f: Any) -> None:
        np.testing.assert_array_equal(gradient(f, [1.0, 1.0, 1.0, 1.0]), [0.25] * 4)

    def test_logsumexp(self) -> None:
        x = np.array([[1000.0, 1000.0], [-1000.0, -1001.0]])
        expected = [1000 + np.log(2), -1000 + np.log1p(np.exp(-1))]
        np.testing.assert_allclose(F.logsumexp(x, axis=1).data, expected, rtol=1e-15)
        assert F.logsumexp(x).shape == ()
        assert F.logsumexp(x, axis=-1, keepdims=True).shape == (2, 1)

    def test_float16_accumulates_in_float32(self) -> None:
        x = np.full((5000, 2), 0.1, np.float16)
        exact = 5000 * float(np.float16(0.1))
        for y, expected in [(F.sum(x, 0), exact), (F.mean(x, 0), exact / 5000)]:
            assert y.dtype == np.float16
            np.testing.assert_allclose(y.data.astype(float), expected, rtol=1e-3)
        assert F.mean(np.full(5000, 60.0, np.float16)).data == 60  # the sum alone would overflow

    @given(st.lists(st.integers(1, 3), max_size=4), st.data())
    def test_sum_to_undoes_broadcast_to(self, sizes: list[int], data: st.DataObject) -> None:
        kept = [size if data.draw(st.booleans()) else 1 for size in sizes]
        small = tuple(kept[data.draw(st.integers(0, len(kept))) :])
        x = np.arange(1.0, 1 + np.prod(small)).reshape(small)
        wide = F.broadcast_to(x, tuple(sizes))
        np.testing.assert_array_equal(wide.data, np.broadcast_to(x, sizes))
        repeats = np.prod(sizes) / np.prod(small)
        np.testing.assert_allclose(F.sum_to(wide, small).data, x * repeats)

    @pytest.mark.parametrize("shape", [(2,), (5,), (3, 2), (2, 2), (0,), (1, 2, 3), (-1,)])
    def test_sum_to_refuses_shapes_that_do_not_broadcast(self, shape: tuple[int, ...]) -> None:
        x, text = np.ones((2, 3)), re.escape(str(shape))
        for refused in (lambda: F.sum_to(x, shape), lambda: F.SumTo.of(x, shape=shape)):
            with pytest.raises(ValueError, match=rf"sum_to: shape {text} does not .*\(2, 3\)"):
                refused()

    @pytest.mark.parametrize("shape", [(3,), (3, 3), (2, 2), (2, 3, 1)])
    def test_broadcast_to_refuses_shapes_that_do_not_broadcast(self, shape: Any) -> None:
        text = re.escape(str(shape))
        with pytest.raises(ValueError, match=rf"broadcast_to: .*\(2, 3\), does not .* to {text}"):
            F.broadcast_to(np.ones((2, 3)), shape)

    def test_a_gradient_of_another_shape_is_refused_and_not_reshaped(self) -> None:
        class Transposed(Elementwise):
            def forward(self, x: Any) -> Any:
                return 2 * x

            vjps = (lambda gy, y, x: 2 * gy.T,)

        x = Variable(np.ones((2, 3)))
        with pytest.raises(ValueError, match=r"sum_to: shape \(2, 3\) does not broadcast"):
            Transposed()(x).backward()


class TestShapes:
    @pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
    def test_expand_dims_and_squeeze(self, axis: int) -> None:
        x = np.arange(6.0).reshape(2, 3)
        y = F.expand_dims(x, axis)
        np.testing.assert_array_equal(y.data, np.expand_dims(x, axis))
        np.testing.assert_array_equal(F.squeeze(y, axis).data, x)
        np.testing.assert_array_equal(F.squeeze(y).data, x)

    def test_squeeze_refuses_other_sizes(self) -> None:
        with pytest.raises(ValueError, match=r"squeeze: axis=1 must name axes of size 1.*\(1, 3\)"):
            F.squeeze(np.ones((1, 3)), 1)

    @pytest.mark.parametrize("axes", [None, (0, 1, 2), (2, 0, 1), (-1, 0, -2)])
    def test_transpose(self, axes: Any) -> None:
        x = Variable(np.arange(24.0).reshape(2, 3, 4))
        y = F.transpose(x, axes)
        expected = np.transpose(x.data, axes)
        np.testing.assert_array_equal(y.data, expected)
        y.grad = Variable(expected.copy())
        y.backward()
        np.testing.assert_array_equal(x.grad.data, x.data)

    def test_flatten_keeps_the_batch(self) -> None:
        assert F.flatten(np.ones((2, 3, 4))).shape == (2, 12)
        assert F.flatten(np.ones((0, 3, 4))).shape == (0, 12)

    @pytest.mark.parametrize("axis", [0, 1, -1])
    def test_concatenate_and_stack(self, axis: int) -> None:
        xs = [Variable(np.full((2, 3), float(i))) for i in range(3)]
        for ours, numpys in [(F.concatenate, np.concatenate), (F.stack, np.stack)]:
            y = ours(xs, axis)
            np.testing.assert_array_equal(y.data, numpys([x.data for x in xs], axis))
            y.grad = Variable(y.data.copy())
            y.backward()
            for x in xs:
                np.testing.assert_array_equal(x.grad.data, x.data)
                x.cleargrad()

    @pytest.mark.parametrize("f", [F.concatenate, F.stack])
    @pytest.mark.parametrize("xs", [[], np.ones((2, 2))])
    def test_joining_wants_a_sequence(self, f: Any, xs: Any) -> None:
        with pytest.raises(TypeError, match=r"xs must be a list or tuple of one or more arrays"):
            f(xs)


class TestMatmul:
    @pytest.mark.parametrize(("a", "b"), [
        ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)),
        ((5, 2, 3), (5, 3, 4)), ((1, 2, 3), (5, 3, 4)), ((4, 1, 2, 3), (5, 3, 1)), ((3,), (5, 3, 4)),
        ((5, 2, 3), (3,)), ((0, 3), (3, 2)),
    ])  # fmt: skip
    def test_shapes_are_numpys(self, a: tuple[int, ...], b: tuple[int, ...]) -> None:
        x, W = (Variable(np.cos(np.arange(np.prod(s))).reshape(s)) for s in (a, b))  # noqa: N806
        y = F.matmul(x, W)
        np.testing.assert_allclose(y.data, x.data @ W.data, atol=1e-14)
        y.backward()
        assert (x.grad.shape, W.grad.shape) == (a, b)

    @pytest.mark.parametrize(("a", "b"), [((), (3,)), ((3,), ()), ((2, 3), (2, 3))])
    def test_what_does_not_fit_is_refused(self, a: tuple[int, ...], b: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match="matmul"):
            F.matmul(np.ones(a), np.ones(b))

    @pytest.mark.parametrize("f", [F.linear, F.linear_simple])
    def test_linear(self, f: Any) -> None:
        x, W, b = np.arange(6.0).reshape(2, 3), np.ones((3, 2)), np.array([0.5, -1.0])  # noqa: N806
        np.testing.assert_array_equal(f(x, W, b).data, x @ W + b)
        np.testing.assert_array_equal(f(x, W).data, x @ W)
        np.testing.assert_array_equal(f(x[0], W, b).data, x[0] @ W + b)

    def test_linear_names_shapes_that_do_not_fit(self) -> None:
        with pytest.raises(ValueError, match=r"linear: x \(..., I\).* got \(2, 3\) and \(2, 3\)"):
            F.linear(np.ones((2, 3)), np.ones((2, 3)))


class TestActivations:
    def test_sigmoid_softplus_softmax_values(self) -> None:
        x = np.linspace(-3, 3, 6).reshape(2, 3)
        np.testing.assert_allclose(F.sigmoid(x).data, 1 / (1 + np.exp(-x)), rtol=1e-14)
        np.testing.assert_allclose(F.softplus(x).data, np.log1p(np.exp(x)), rtol=1e-14)
        e = np.exp(x)
        for axis in (0, 1, -1, None, (0, 1)):
            expected = e / e.sum(axis=axis, keepdims=True)
            np.testing.assert_allclose(F.softmax(x, axis).data, expected, rtol=1e-14)
            np.testing.assert_allclose(F.log_softmax(x, axis).data, np.log(expected), rtol=1e-13)
        np.testing.assert_allclose(F.softmax_simple(x).data, F.softmax(x).data, rtol=1e-14)
        np.testing.assert_allclose(F.sigmoid_simple(x).data, F.sigmoid(x).data, rtol=1e-14)

    @given(st.lists(st.floats(-1000, 1000), min_size=1, max_size=6))
    def test_softmax_is_a_distribution_whatever_the_logits(self, logits: list[float]) -> None:
        x = np.array([logits])
        np.testing.assert_allclose(F.softmax(x).data.sum(), 1, rtol=1e-14)
        assert (F.log_softmax(x).data <= 0).all()

    def test_ties_at_the_peak_change_nothing(self) -> None:
        x = Variable(np.array([[2.0, 2.0, 1.0]]))
        for f in (F.softmax, F.log_softmax):
            y = f(x)
            F.sum(y * np.array([[1.0, -2.0, 0.5]])).backward()
            p = F.softmax(x).data
            u = np.array([[1.0, -2.0, 0.5]])
            expected = p * (u - (p * u).sum()) if f is F.softmax else u - p * u.sum()
            np.testing.assert_allclose(x.grad.data, expected, rtol=1e-14)
            x.cleargrad()


class TestLosses:
    def test_mean_squared_error_divides_by_the_first_size(self) -> None:
        x0, x1 = np.ones((2, 3)), np.zeros((2, 3))
        assert F.mean_squared_error(x0, x1).data == 3
        assert F.mean_squared_error_simple(x0, x1).data == 3
        assert F.mean_squared_error(1.0, 3.0).data == 4

    @pytest.mark.parametrize("labels", [np.array([2, 0]), Variable(np.array([2, 0], np.uint8))])
    @pytest.mark.parametrize("f", [F.softmax_cross_entropy, F.softmax_cross_entropy_simple])
    def test_softmax_cross_entropy(self, f: Any, labels: Any) -> None:
        x = Variable(np.array([[0.5, 1.0, -1.0], [2.0, 0.0, 0.0]]))
        y = f(x, labels)
        p = np.exp(x.data) / np.exp(x.data).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(y.data, -(np.log(p[0, 2]) + np.log(p[1, 0])) / 2, rtol=1e-14)
        y.backward()
        one_hot = np.array([[0, 0, 1], [1, 0, 0]])
        np.testing.assert_allclose(x.grad.data, (p - one_hot) / 2, rtol=1e-13)

    @pytest.mark.parametrize("f", [F.softmax_cross_entropy, F.softmax_cross_entropy_simple])
    @pytest.mark.parametrize("labels", [
        np.array([0.0, 1.0]), np.array([0, 1, 1]), np.array([[0, 1], [1, 0]]), np.array([0, 3]),
        np.array([-1, 0]), np.array([True, False]),
    ])  # fmt: skip
    def test_labels_that_do_not_fit_are_refused(self, f: Any, labels: Any) -> None:
        with pytest.raises(ValueError, match=rf"{f.__name__}: .*t"):
            f(np.ones((2, 3)), labels)

    def test_sigmoid_cross_entropy(self) -> None:
        x, t = np.array([[0.5, -1.0], [2.0, 0.0]]), np.array([[1, 0], [0.25, 1]])
        p = 1 / (1 + np.exp(-x))
        expected = -(t * np.log(p) + (1 - t) * np.log(1 - p)).sum() / 2
        np.testing.assert_allclose(F.sigmoid_cross_entropy(x, t).data, expected, rtol=1e-14)
        np.testing.assert_allclose(F.sigmoid_cross_entropy(x, t.ravel()).data, expected, rtol=1e-14)
        np.testing.assert_allclose(F.binary_cross_entropy(p, t).data, expected, rtol=1e-14)
        np.testing.assert_allclose(F.binary_cross_entropy(p, t.ravel()).data, expected, rtol=1e-14)

    @pytest.mark.parametrize("f", [F.sigmoid_cross_entropy, F.binary_cross_entropy])
    def test_binary_labels_must_be_as_many(self, f: Any) -> None:
        with pytest.raises(ValueError, match=r"t must have as many elements as [xp] \(2,\), got \(3,\)"):
            f(np.full(2, 0.5), np.array([0, 1, 1]))

    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
    def test_binary_cross_entropy_is_finite_at_0_and_1(self, dtype: Any) -> None:
        p = Variable(np.array([0, 0, 1, 1], dtype))
        y = F.binary_cross_entropy(p, np.array([0, 1, 0, 1]))
        y.backward()
        assert np.isfinite(y.data)
        assert np.isfinite(p.grad.data).all()
        assert y.dtype == dtype

    def test_accuracy(self) -> None:
        y, t = np.array([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]]), np.array([1, 1, 1])
        assert F.accuracy(y, t).data == 2 / 3
        assert F.accuracy(Variable(y), Variable(t)).creator is None


def test_where_broadcasts_and_takes_scalars() -> None:
    x = Variable(np.arange(3.0))
    y = F.where(np.array([[True, False, True], [False, False, True]]), x, -1.0)
    np.testing.assert_array_equal(y.data, [[0, -1, 2], [-1, -1, 2]])
    y.backward()
    np.testing.assert_array_equal(x.grad.data, [1, 0, 2])
    assert F.where(np.array([1, 0]), Variable(np.ones(2, np.float32)), 0.0).dtype == np.float32
