"""Part 1 of the book: backpropagation, made automatic (steps 1 to 10).

The functions of this part are written here, as the book's reader writes them; the framework is that
of the last step.
"""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Function, Variable, as_array
from dezero.utils import gradient_check

COMPOSED = 3.297442541400256  # the derivative of (exp(x**2))**2 at 0.5


class Square(Function):
    def forward(self, x):
        return x**2

    def backward(self, gy):
        (x,) = self.inputs
        return 2 * x * gy


class Exp(Function):
    def forward(self, x):
        return np.exp(x)

    def backward(self, gy):
        (x,) = self.inputs
        return F.exp(x) * gy


def square(x):
    return Square()(x)


def exp(x):
    return Exp()(x)


def numerical_diff(f, x, eps=1e-4):
    """The central difference of step 4."""
    above, below = (f(Variable(as_array(x.data + step))) for step in (eps, -eps))
    return (above.data - below.data) / (2 * eps)


def test_step01_a_variable_is_a_box():
    x = Variable(np.array(1.0))
    assert x.data == 1.0
    x.data = np.array(2.0)
    assert x.data == 2.0


@pytest.mark.parametrize(("value", "ndim"), [(1.0, 0), ([1, 2, 3], 1), ([[1, 2, 3], [4, 5, 6]], 2)])
def test_step01_scalar_vector_matrix_have_0_1_2_axes(value, ndim):
    assert Variable(np.array(value)).ndim == ndim


def test_step02_a_function_takes_a_variable_and_gives_one():
    y = Square()(Variable(np.array(10)))
    assert type(y) is Variable
    assert y.data == 100


def test_step02_forward_belongs_to_the_subclasses():
    with pytest.raises(NotImplementedError, match=r"Function\.forward"):
        Function()(Variable(np.array(1.0)))


def test_step03_functions_compose():
    A, B, C = Square(), Exp(), Square()  # noqa: N806  # the book's names
    y = C(B(A(Variable(np.array(0.5)))))
    assert float(y.data) == 1.648721270700128


def test_step04_numerical_differentiation_of_a_square():
    assert numerical_diff(Square(), Variable(np.array(2.0))) == pytest.approx(4.000000000004, abs=1e-14)


def test_step04_numerical_differentiation_of_a_composition():
    f = numerical_diff(lambda x: square(exp(square(x))), Variable(np.array(0.5)))
    assert f == pytest.approx(3.2974426293330694, abs=1e-13)
    assert f != pytest.approx(COMPOSED, abs=1e-9)  # its error is that of the method: about 1e-7


def test_step04_a_central_difference_beats_a_forward_one():
    def f(x):
        return np.exp(x**2) ** 2

    forward = (f(0.5 + 1e-4) - f(0.5)) / 1e-4
    central = numerical_diff(lambda x: square(exp(square(x))), Variable(np.array(0.5)))
    assert abs(central - COMPOSED) < abs(forward - COMPOSED) / 1000


def test_step05_the_chain_rule_is_a_product_from_the_output_back():
    x = 0.5
    a = x**2
    b = np.exp(a)
    assert 1 * (2 * b) * np.exp(a) * (2 * x) == pytest.approx(COMPOSED, rel=1e-15)


def test_step06_backpropagation_by_hand():
    A, B, C = Square(), Exp(), Square()  # noqa: N806
    x = Variable(np.array(0.5))
    a = A(x)
    b = B(a)
    y = C(b)
    y.grad = Variable(np.array(1.0))
    b.grad = C.backward(y.grad)
    a.grad = B.backward(b.grad)
    x.grad = A.backward(a.grad)
    assert float(x.grad.data) == pytest.approx(COMPOSED, rel=1e-15)


def test_step07_each_variable_knows_its_creator():
    A, B, C = Square(), Exp(), Square()  # noqa: N806
    x = Variable(np.array(0.5))
    a = A(x)
    b = B(a)
    y = C(b)
    assert y.creator is C
    assert y.creator.inputs[0] is b
    assert y.creator.inputs[0].creator is B
    assert y.creator.inputs[0].creator.inputs[0] is a
    assert a.creator is A
    assert a.creator.inputs[0] is x
    assert x.creator is None


def test_step07_backward_follows_the_links():
    x = Variable(np.array(0.5))
    y = square(exp(square(x)))
    y.grad = Variable(np.array(1.0))
    y.backward()
    assert float(x.grad.data) == pytest.approx(COMPOSED, rel=1e-15)


def test_step08_backward_is_a_loop_so_depth_is_no_limit():
    x = Variable(np.array(1.0))
    y = x
    for _ in range(10 * sys.getrecursionlimit()):
        y = y + 0.5
    y.backward()
    assert x.grad.data == 1.0


def test_step09_functions_nest_and_the_seed_is_one():
    x = Variable(np.array(0.5))
    y = square(exp(square(x)))
    y.backward()  # without y.grad = 1
    assert float(x.grad.data) == pytest.approx(COMPOSED, rel=1e-15)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_step09_the_seed_has_shape_and_dtype_of_the_output(shape):
    x = Variable(np.ones(shape, np.float32))
    x.backward()
    assert x.grad.shape == shape
    assert x.grad.dtype == np.float32
    assert (x.grad.data == 1).all()


@pytest.mark.parametrize("wrong", [1.0, 1, [1.0, 2.0], (1,), "1", np.float64(1.0)])
def test_step09_only_arrays_are_data(wrong):
    with pytest.raises(TypeError, match=r"Variable: data must be an array .* or None, got <class"):
        Variable(wrong)
    assert Variable(None).data is None


def test_step09_a_scalar_result_of_numpy_is_stored_as_an_array():
    assert type(np.array(2.0) ** 2) is np.float64  # what step 9 has to work around
    assert type(square(Variable(np.array(2.0))).data) is np.ndarray
    assert type(as_array(np.float64(1.0))) is np.ndarray


def test_step10_forward_and_backward_of_square():
    x = Variable(np.array(3.0))
    y = square(Variable(np.array(2.0)))
    assert y.data == 4.0
    square(x).backward()
    assert x.grad.data == 6.0


@given(x=st.floats(-3, 3))
def test_step10_gradient_check(x):
    assert gradient_check(square, np.array(x))
    assert gradient_check(exp, np.array(x))


def test_step10_gradient_check_finds_a_wrong_backward(capsys):
    class Wrong(Square):
        def backward(self, gy):
            return -super().backward(gy)

    assert not gradient_check(lambda x: Wrong()(x), np.array(2.0))
    assert "disagrees" in capsys.readouterr().out
