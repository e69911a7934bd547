"""Array helpers and the book's gradient check."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import dezero.functions as F
from dezero import Function, Parameter, Variable, cuda, utils
from dezero.utils import (
    array_allclose,
    array_equal,
    get_conv_outsize,
    get_deconv_outsize,
    gradient_check,
    logsumexp,
    max_backward_shape,
    numerical_grad,
    pair,
    reshape_sum_backward,
)

SHAPES = hnp.array_shapes(max_dims=3, max_side=3)


# Arrays


@given(x=hnp.arrays(np.int64, SHAPES), data=st.data())
def test_a_sums_cotangent_gets_its_axes_back(x, data):
    axis = data.draw(
        st.none()
        | st.integers(-x.ndim, x.ndim - 1)
        | st.lists(st.integers(0, x.ndim - 1), unique=True).map(tuple)
    )
    keepdims = data.draw(st.booleans())
    gy = np.asarray(x.sum(axis=axis, keepdims=keepdims))
    back = reshape_sum_backward(gy, x.shape, axis, keepdims)
    np.testing.assert_array_equal(
        np.broadcast_to(back, x.shape), np.broadcast_to(x.sum(axis=axis, keepdims=True), x.shape)
    )
    assert max_backward_shape(x, axis) == list(x.sum(axis=axis, keepdims=True).shape)


def test_reshape_sum_backward_takes_variables():
    back = reshape_sum_backward(Variable(np.ones(3)), (3, 2), axis=(1,), keepdims=False)
    assert isinstance(back, Variable)
    assert back.shape == (3, 1)


@given(
    x=hnp.arrays(np.float64, (2, 3), elements=st.floats(-5, 5)),
    axis=st.sampled_from([0, 1, None]),
)
def test_logsumexp_by_its_definition(x, axis):
    before = x.copy()
    expected = np.log(np.exp(x).sum(axis=axis, keepdims=True))
    np.testing.assert_allclose(logsumexp(x, axis), expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(x, before)


def test_logsumexp_neither_overflows_nor_gives_nan():
    x = np.array([[1e4, 1e4], [-1e4, -1e4], [-np.inf, -np.inf], [np.inf, 0]])
    expected = [1e4 + np.log(2), -1e4 + np.log(2), -np.inf, np.inf]
    np.testing.assert_allclose(logsumexp(x)[:, 0], expected)
    assert logsumexp(x[:2].astype(np.float32)).dtype == np.float32


def test_comparisons_take_arrays_variables_and_both_sides(device):
    a = np.array([1.0, 2.0])
    there = cuda.as_cupy(a)
    assert array_equal(Variable(a), there)
    assert array_allclose(there, Variable(a + 1e-6))
    assert not array_equal(a, a + 1e-6)
    assert not array_equal(a, a[:1])
    assert not array_allclose(a, a + 1e-3)
    assert array_allclose(a, a + 1e-3, atol=1e-2)


@given(size=st.integers(1, 12), k=st.integers(1, 5), stride=st.integers(1, 4), pad=st.integers(0, 3))
def test_output_sizes_by_counting(size, k, stride, pad):
    places = [i for i in range(0, size + 2 * pad, stride) if i + k <= size + 2 * pad]
    if places:
        assert get_conv_outsize(size, k, stride, pad) == len(places)
    # A transposed convolution undoes what a convolution with the same numbers does.
    out = get_deconv_outsize(size, k, stride, pad)
    if out > 0:
        assert get_conv_outsize(out, k, stride, pad) == size


def test_pair():
    assert pair(np.int64(2)) == (2, 2)
    assert pair([3, 4]) == (3, 4)
    for wrong in (1.5, (1,), (1, 2, 3), "12", None, (1, 2.0)):
        with pytest.raises(ValueError, match="pair: x must be an integer or two of them, got"):
            pair(wrong)


# Gradient check


class Planted(Function):
    """x³ with a backward that can be wrong."""

    def __init__(self, backward):
        self.derivative = backward

    def forward(self, x):
        return x**3

    def backward(self, gy):
        (x,) = self.inputs
        return self.derivative(x, gy)


RIGHT = {"cube": lambda x, gy: 3 * x**2 * gy}
WRONG = {
    "sign": lambda x, gy: -3 * x**2 * gy,
    "factor": lambda x, gy: 2 * x**2 * gy,
    "ignores gy": lambda x, gy: 3 * x**2,
    "sum of gy": lambda x, gy: 3 * x**2 * gy.sum(),
    "abs of gy": lambda x, gy: 3 * x**2 * (gy**2) ** 0.5,
    "one element": lambda x, gy: 3 * x**2 * gy * np.array([1, 1, 0.9]),
    "permuted": lambda x, gy: (3 * x**2 * gy)[::-1],
    "none": lambda x, gy: None,
}


@pytest.mark.parametrize("name", RIGHT | WRONG)
def test_planted_errors_are_found(name, capsys):
    rule = (RIGHT | WRONG)[name]
    verdict = gradient_check(lambda x: Planted(rule)(x), np.array([1.0, -2.0, 0.5]))
    assert verdict is (name in RIGHT)
    assert ("disagrees with central differences" in capsys.readouterr().out) is (name in WRONG)


class Product(Function):
    """x0 * x1, with a wrong gradient for x1."""

    def forward(self, x0, x1):
        return x0 * x1

    def backward(self, gy):
        _, x1 = self.inputs
        return gy * x1, gy * x1


class Scaled(Function):
    """sin, made small; its backward is right, but for a factor."""

    def __init__(self, scale, factor):
        self.scale, self.factor = scale, factor

    def forward(self, x):
        return self.scale * np.sin(x)

    def backward(self, gy):
        (x,) = self.inputs
        return self.factor * self.scale * gy * F.cos(x)


@pytest.mark.parametrize("scale", [1e-8, 1e-6, 1e-3, 1.0, 1e6])
def test_gradient_check_sees_wrong_gradients_of_any_size(scale):
    x = np.linspace(-1, 1, 6).reshape(2, 3)
    assert gradient_check(Scaled(scale, 1), x)
    for wrong in (0, -1, 2, 1.01):
        assert not gradient_check(Scaled(scale, wrong), x)


@pytest.mark.parametrize("by_keyword", [False, True])
@pytest.mark.parametrize("as_variable", [False, True])
def test_every_input_is_checked(by_keyword, as_variable, capsys):
    a, b = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    b = Variable(b) if as_variable else b
    if by_keyword:
        assert not gradient_check(lambda x, other: Product()(x, other), a, other=b)
    else:
        assert not gradient_check(lambda x, other: Product()(x, other), a, b)
    name = "'other'" if by_keyword else "1"
    assert f"for input {name}\n" in capsys.readouterr().out


def test_what_is_no_float_is_passed_along():
    def f(x, index, power, scale=1):
        assert (index.dtype, type(power), scale) == (np.int64, int, "two")
        return x[index] ** power

    assert gradient_check(f, np.array([1.0, 2.0, 3.0]), np.array([2, 0, 2]), 2, scale="two")


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x,
        lambda x: x.sum(),
        lambda x: x.reshape(3, 2).T,
        lambda x: x[0, 1],
        lambda x: x * 0.5 + x**2,
        lambda x: x * 0,
    ],
)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_any_output_shape_and_input_dtype(f, dtype):
    assert gradient_check(f, np.arange(6).reshape(2, 3).astype(dtype))


def test_numbers_and_integers_are_computed_in_float64():
    assert gradient_check(lambda x: x**2, 3)
    assert gradient_check(lambda x: x**2, np.array([1, 2]))


def test_nothing_that_was_passed_or_closed_over_changes():
    x, w = Variable(np.array([1.0, 2.0], np.float32)), Parameter(np.array([3.0, 4.0]))
    x.grad = Variable(np.array([7.0, 7.0], np.float32))
    w.grad = Variable(np.array([8.0, 8.0]))
    fresh = Parameter(np.array(1.0))
    data = x.data
    assert gradient_check(lambda x, w: x * w * fresh, x, w)
    assert gradient_check(lambda x: x * w * fresh, x)
    assert x.data is data
    np.testing.assert_array_equal(data, np.array([1, 2], np.float32))
    np.testing.assert_array_equal(x.grad.data, [7, 7])
    np.testing.assert_array_equal(w.grad.data, [8, 8])
    assert fresh.grad is None


def test_a_read_only_input_will_do():
    x = np.array([1.0, 2.0])
    x.flags.writeable = False
    assert gradient_check(lambda x: x**2, x)
    np.testing.assert_allclose(numerical_grad(lambda x: x**2, x), [2, 4], rtol=1e-6)


def test_second_derivatives_by_checking_the_gradient_function():
    def gradient(x):
        y = x**4
        y.backward(create_graph=True)
        gx = x.grad
        x.cleargrad()
        return gx

    assert gradient_check(gradient, np.array([1.0, -2.0]))


def test_what_is_no_variable_is_refused():
    for wrong in (lambda x: x.data, lambda x: [x, x], lambda x: None):
        with pytest.raises(TypeError, match="gradient_check: f must return one Variable, got"):
            gradient_check(wrong, np.array([1.0]))


def test_the_check_works_on_the_device(device):
    x = device.asarray([[1.0, 2.0], [3.0, 4.0]])
    assert gradient_check(lambda x: x**2, x)
    grad = numerical_grad(lambda x: x**2, Variable(x))
    assert type(grad) is device.ndarray
    np.testing.assert_allclose(cuda.as_numpy(grad), [[2, 4], [6, 8]], rtol=1e-6)


@given(x=hnp.arrays(np.float64, SHAPES, elements=st.floats(-3, 3)))
def test_numerical_grad_of_the_sum(x):
    before = x.copy()
    for given_as in (x, Variable(x)):
        grad = numerical_grad(lambda x, c, power: c * x**power, given_as, 0.5, power=3)
        assert grad.shape == x.shape
        np.testing.assert_allclose(grad, 1.5 * before**2, rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(x, before)


def test_numerical_grad_takes_plain_numpy_functions_and_float32():
    grad = numerical_grad(np.sin, np.array([0.5], np.float32))
    np.testing.assert_allclose(grad, np.cos([0.5]), rtol=1e-8)
    assert numerical_grad(np.square, 3) == pytest.approx(6)


# The package


def test_the_package_exports_what_it_lists(monkeypatch, tmp_path):
    assert all(hasattr(utils, name) for name in utils.__all__)
    monkeypatch.setenv("DEZERO_CACHE", str(tmp_path))
    assert utils.cache_dir == str(tmp_path)
    with pytest.raises(AttributeError, match="has no attribute 'no_such_name'"):
        _ = utils.no_such_name
