"""Part 3 of the book: derivatives of higher order (steps 25 to 36)."""

import math
import shutil
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Function, Variable, core_simple
from dezero.utils import functions_behind, get_dot_graph, plot_dot_graph
from tests.book.shared import CORES, goldstein, gradient


def var(value, name=None):
    return Variable(np.array(value), name=name)


def test_step25_a_graph_is_text_of_nodes_and_edges():
    lines = get_dot_graph(var(1.0, "x") + var(1.0, "y"), verbose=False).splitlines()
    assert lines[0] == "digraph g {"
    assert lines[-1] == "}"
    body = lines[1:-1]
    assert sum(" -> " in line for line in body) == 3
    assert sum("shape=box" in line for line in body) == 1
    assert sum("color=orange" in line for line in body) == 3


def test_step26_names_shapes_and_dtypes_are_shown():
    x0, x1 = var(1.0, "x0"), var([[1.0, 2.0]], "x1")
    text = get_dot_graph(x0 + x1)
    assert 'label="x0: () float64"' in text
    assert 'label="x1: (1, 2) float64"' in text
    assert 'label="Add"' in text
    assert "float64" not in get_dot_graph(x0 + x1, verbose=False)


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_step26_the_goldstein_price_function_as_a_picture(tmp_path):
    z = goldstein(var(1.0, "x"), var(1.0, "y"))
    z.name = "z"
    target = tmp_path / "goldstein.png"
    plot_dot_graph(z, verbose=False, to_file=str(target))
    assert target.read_bytes().startswith(b"\x89PNG")
    assert get_dot_graph(z).count("shape=box") == len(list(functions_behind(z)))


class Sin(Function):
    """The sine as the reader adds it in step 27."""

    def forward(self, x):
        return np.sin(x)

    def backward(self, gy):
        (x,) = self.inputs
        return gy * F.cos(x)


def my_sin(x, threshold):
    """The Taylor series of the sine, up to the first term smaller than `threshold`."""
    y = 0
    for i in range(100):
        t = (-1) ** i / math.factorial(2 * i + 1) * x ** (2 * i + 1)
        y = y + t
        if abs(t.data) < threshold:
            break
    return y


def test_step27_the_sine_and_its_derivative():
    x = var(np.pi / 4)
    y = Sin()(x)
    y.backward()
    assert float(y.data) == pytest.approx(0.7071067811865476, abs=2e-16)
    assert float(x.grad.data) == pytest.approx(0.7071067811865476, abs=2e-16)


@CORES
def test_step27_the_taylor_series_of_the_sine(framework):
    x = framework.Variable(np.array(np.pi / 4))
    y = my_sin(x, 0.0001)
    y.backward()
    assert f"{y.data} {gradient(x)}" == "0.7071064695751781 0.7071032148228457"


def test_step27_more_terms_come_closer_and_make_a_bigger_graph():
    x = var(np.pi / 4)
    coarse, fine = my_sin(x, 0.0001), my_sin(x, 1e-150)
    assert float(fine.data) == pytest.approx(math.sin(np.pi / 4), abs=2e-16)
    assert len(list(functions_behind(fine))) > 5 * len(list(functions_behind(coarse)))
    fine.backward()
    assert float(x.grad.data) == pytest.approx(math.cos(np.pi / 4), abs=2e-16)


def rosenbrock(x0, x1):
    return 100 * (x1 - x0**2) ** 2 + (x0 - 1) ** 2


@CORES
def test_step28_the_gradient_of_rosenbrock(framework):
    x0, x1 = framework.Variable(np.array(0.0)), framework.Variable(np.array(2.0))
    rosenbrock(x0, x1).backward()
    assert (gradient(x0), gradient(x1)) == (-2.0, 400.0)


def test_step28_gradient_descent_creeps_along_the_valley():
    x0, x1 = var(0.0), var(2.0)
    seen = {}
    for i in range(10_001):
        seen[i] = float(x0.data), float(x1.data)
        x0.cleargrad()
        x1.cleargrad()
        rosenbrock(x0, x1).backward()
        x0.data -= 0.001 * x0.grad.data
        x1.data -= 0.001 * x1.grad.data
    assert seen[1000] == pytest.approx((0.6837118569138317, 0.4659526837427042), rel=1e-9)
    assert seen[10_000] == pytest.approx((0.9944984367782456, 0.9890050527419593), rel=1e-9)


def quartic(x):
    return x**4 - 2 * x**2


NEWTON_FROM_2 = [
    2.0, 1.4545454545454546, 1.1510467893775467, 1.0253259289766978, 1.0009084519430513,
    1.0000012353089454, 1.000000000002289, 1.0,
]  # fmt: skip


@CORES
def test_step29_newton_with_the_second_derivative_by_hand(framework):
    x = framework.Variable(np.array(2.0))
    path = [float(x.data)]
    for _ in range(7):
        x.cleargrad()
        quartic(x).backward()
        x.data = np.asarray(x.data - gradient(x) / (12 * x.data**2 - 4))
        path.append(float(x.data))
    assert path == pytest.approx(NEWTON_FROM_2, rel=1e-14)


def test_step29_gradient_descent_takes_far_more_steps():
    x = var(2.0)
    steps = 0
    while abs(x.data - 1) >= 0.001:
        x.cleargrad()
        quartic(x).backward()
        x.data = x.data - 0.01 * x.grad.data
        steps += 1
    by_newton = [abs(value - 1) < 0.001 for value in NEWTON_FROM_2].index(True)
    assert (steps, by_newton) == (70, 4)


def test_step30_a_variable_holds_data_gradient_and_creator():
    x = var(2.0)
    y = F.sin(x)
    y.backward()
    assert (type(x.data), type(x.grad), x.creator) == (np.ndarray, Variable, None)
    assert type(y.creator) is F.Sin


def test_step31_backward_is_a_computation_that_can_be_linked():
    x = var(2.0)
    F.sin(x).backward(create_graph=True)
    names = {type(function).__name__ for function in functions_behind(x.grad)}
    assert "Cos" in names
    leaves = [v for function in functions_behind(x.grad) for v in function.inputs if v.creator is None]
    assert any(v is x for v in leaves)


def test_step32_the_graph_of_backward_is_made_on_request():
    x = var(2.0)
    quartic(x).backward()
    assert x.grad.creator is None
    x.cleargrad()
    quartic(x).backward(create_graph=True)
    assert x.grad.creator is not None


def test_step32_the_early_core_gives_plain_arrays():
    x = core_simple.Variable(np.array(2.0))
    quartic(x).backward()
    assert type(x.grad) is np.ndarray
    assert x.grad == 24.0


def test_step33_a_second_derivative():
    x = var(2.0)
    quartic(x).backward(create_graph=True)
    assert repr(x.grad) == "variable(24.0)"
    gx = x.grad
    x.cleargrad()
    gx.backward()
    assert repr(x.grad) == "variable(44.0)"


def test_step33_without_cleargrad_both_derivatives_add_up():
    x = var(2.0)
    quartic(x).backward(create_graph=True)
    gx = x.grad
    gx.backward()
    assert repr(x.grad) == "variable(68.0)"


def test_step33_newton_with_the_second_derivative_by_backward():
    x = var(2.0)
    path = [float(x.data)]
    for _ in range(7):
        x.cleargrad()
        quartic(x).backward(create_graph=True)
        gx = x.grad
        x.cleargrad()
        gx.backward()
        x.data = x.data - gx.data / x.grad.data
        path.append(float(x.data))
    assert path == pytest.approx(NEWTON_FROM_2, rel=1e-14)


def derivatives(f, x, order):
    """f(x) and its derivatives up to `order`, as arrays."""
    y = f(x)
    results = [y.data]
    y.backward(create_graph=True)
    for _ in range(order):
        gx = x.grad
        results.append(gx.data)
        x.cleargrad()
        gx.backward(create_graph=True)
    return results


@given(st.floats(-10, 10))
def test_step34_the_derivatives_of_the_sine_go_in_a_circle(x):
    found = derivatives(F.sin, var(x), 8)
    expected = [math.sin(x), math.cos(x), -math.sin(x), -math.cos(x)] * 3
    assert [float(value) for value in found] == pytest.approx(expected[:9], rel=1e-14, abs=1e-300)


def test_step34_curves_of_200_points():
    x = Variable(np.linspace(-7, 7, 200))
    for found, expected in zip(
        derivatives(F.sin, x, 3),
        [np.sin(x.data), np.cos(x.data), -np.sin(x.data), -np.cos(x.data)],
        strict=True,
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-14)


@given(st.floats(-3, 3))
def test_step35_derivatives_of_tanh(x):
    y = math.tanh(x)
    slope = 1 - y**2
    expected = [y, slope, -2 * y * slope, (6 * y**2 - 2) * slope]
    found = [float(value) for value in derivatives(F.tanh, var(x), 3)]
    assert found == pytest.approx(expected, rel=1e-11, abs=1e-13)


def test_step35_each_derivative_of_tanh_from_the_third_on_has_a_bigger_graph():
    """That of the first three is a Function of x and the product with the cotangent."""
    x = var(1.0, "x")
    y = F.tanh(x)
    y.backward(create_graph=True)
    sizes = []
    for _ in range(8):
        gx = x.grad
        sizes.append(len(list(functions_behind(gx))))
        x.cleargrad()
        gx.backward(create_graph=True)
    assert sizes[:3] == [2, 2, 2]
    assert all(later > earlier for earlier, later in pairwise(sizes[2:]))
    assert sizes[-1] > 50 * sizes[0]


def test_step36_a_derivative_within_a_formula():
    x = var(2.0)
    y = x**2
    y.backward(create_graph=True)
    gx = x.grad
    x.cleargrad()
    z = gx**3 + y
    z.backward()
    assert repr(x.grad) == "variable(100.0)"


def test_step36_a_hessian_times_a_vector():
    x, v = Variable(np.array([1.0, 2.0])), Variable(np.array([4.0, 5.0]))
    t = F.sum(x**3)
    t.backward(create_graph=True)
    gx = x.grad
    x.cleargrad()
    F.matmul(v, gx).backward()
    np.testing.assert_array_equal(x.grad.data, 6 * x.data * v.data)
