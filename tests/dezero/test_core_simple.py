"""The early core: what steps 23 to 32 teach, without the defects of the public one."""

import gc
import inspect
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezero import core_simple
from dezero.core_simple import Function, Variable, no_grad, setup_variable, using_config

NUMBERS = st.floats(-3, 3).map(lambda x: round(x, 3))


def leaf(value, dtype=np.float64):
    return Variable(np.array(value, dtype))


@given(a=NUMBERS, b=NUMBERS)
def test_operators_have_their_textbook_derivatives(a, b):
    b = b + 5  # a denominator
    cases = [
        (lambda x, y: x + y, 1, 1),
        (lambda x, y: x - y, 1, -1),
        (lambda x, y: x * y, b, a),
        (lambda x, y: x / y, 1 / b, -a / b**2),
        (lambda x, y: -x * 2 + 3 / y, -2, -3 / b**2),
        (lambda x, y: 1 - x + (y - 1), -1, 1),
        (lambda x, y: x**3 * y, 3 * a**2 * b, a**3),
    ]
    for f, dx, dy in cases:
        x, y = leaf(a), leaf(b)
        f(x, y).backward()
        assert x.grad == pytest.approx(dx, rel=1e-12)
        assert y.grad == pytest.approx(dy, rel=1e-12)


def test_gradients_are_plain_arrays_and_accumulate_until_cleared():
    x = leaf(2.0)
    (x * x).backward()
    (x * x).backward()
    assert isinstance(x.grad, np.ndarray)
    assert x.grad == 8.0
    once = leaf(2.0)
    (-once).backward()
    assert isinstance(once.grad, np.ndarray)
    x.cleargrad()
    assert x.grad is None


def test_generations_order_a_diamond():
    x = leaf(2.0)
    a = x**2
    y = a**2 + a**2
    y.backward()
    assert (y.data, x.grad) == (32.0, 64.0)


def test_gradients_are_not_shared():
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    z = x + y
    z.grad = seed = np.ones(2)
    z.backward()
    x.grad += 10
    np.testing.assert_array_equal(y.grad, [1, 1])
    np.testing.assert_array_equal(seed, [1, 1])


def test_gradients_have_the_shape_of_what_was_broadcast():
    x, y = leaf(np.ones((3, 1))), leaf(np.ones(4))
    (x * y).backward()
    np.testing.assert_array_equal(x.grad, np.full((3, 1), 4.0))
    np.testing.assert_array_equal(y.grad, np.full(4, 3.0))


@pytest.mark.parametrize("f", [lambda x: x + 1.0, lambda x: 2.0 / x - 0.5, lambda x: 3.0 * x**2])
def test_float32_stays_float32(f):
    x = leaf([1.0, 2.0], np.float32)
    y = f(x)
    y.backward()
    assert (y.dtype, x.grad.dtype) == (np.float32, np.float32)


def test_a_fraction_with_integers_is_not_cut_off():
    np.testing.assert_array_equal((Variable(np.array([1, 2])) * 2.5).data, [2.5, 5.0])


def test_the_derivative_of_a_constant_power_is_zero_also_at_zero():
    x = leaf(0.0)
    (x**0).backward()
    assert x.grad == 0.0


def test_intermediate_gradients_are_kept_only_on_request():
    x = leaf(3.0)
    a = x * 2
    y = a * a
    y.backward()
    assert (a.grad, y.grad, x.grad) == (None, None, 24.0)
    x.cleargrad()
    y.backward(retain_grad=True)
    assert (a.grad, y.grad, x.grad) == (12.0, 1.0, 24.0)
    y.backward(retain_grad=True)
    assert (a.grad, x.grad) == (24.0, 48.0)


def test_backward_of_a_leaf_is_one():
    x = leaf([1.0, 2.0])
    x.backward()
    np.testing.assert_array_equal(x.grad, [1, 1])


class Split(Function):
    """Two outputs: 2x and 3x."""

    def forward(self, x):
        return 2 * x, 3 * x

    def backward(self, gy0, gy1):
        return 2 * gy0 + 3 * gy1


def test_an_unused_or_collected_output_contributes_nothing():
    x = leaf(1.0)
    used, unused = Split()(x)
    used.backward()
    assert x.grad == 2.0
    x.cleargrad()
    del unused
    (used + Split()(x)[1]).backward()
    assert x.grad == 5.0


def test_many_uses_of_one_variable_and_long_chains():
    x = leaf(1.0)
    y = x
    for _ in range(20_000):
        y = y + x
    y.backward()
    assert x.grad == 20_001


def test_no_grad_records_nothing_and_ends_with_its_block():
    x = leaf(1.0)
    with no_grad():
        assert (x * x).creator is None
    assert (x * x).creator is not None
    with pytest.raises(ZeroDivisionError), using_config("enable_backprop", False):
        raise ZeroDivisionError
    assert core_simple.Config.enable_backprop


def test_nothing_is_left_for_the_garbage_collector():
    gc.disable()
    try:
        y = leaf(1.0) * 2 + 1
        reference = weakref.ref(y.creator)
        del y
        assert reference() is None
    finally:
        gc.enable()


def test_attributes_and_printed_form():
    x = Variable(np.array([[1, 2, 3], [4, 5, 6]]), name="x")
    assert (x.name, x.shape, x.ndim, x.size, x.dtype, len(x)) == ("x", (2, 3), 2, 6, np.int64, 2)
    assert repr(x) == "variable([[1 2 3]\n          [4 5 6]])"
    assert repr(Variable(None)) == "variable(None)"


def test_wrong_data_is_refused():
    with pytest.raises(TypeError, match=r"data must be a NumPy array or None, got <class 'float'>"):
        Variable(1.0)


def test_setup_variable_changes_nothing():
    before = dict(vars(Variable))
    setup_variable()
    assert dict(vars(Variable)) == before


def test_it_stands_alone():
    assert "dezero." not in inspect.getsource(core_simple).split('"""', 2)[2]
