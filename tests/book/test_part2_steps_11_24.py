"""Part 2 of the book: natural code (steps 11 to 24).

Steps 23 and 24 hold for the early core (`dezero.core_simple`) as for the last one.
"""

import gc
import tracemalloc
import weakref

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import Config, Function, Parameter, Variable, core_simple, no_grad, using_config
from tests.book.shared import CORES, goldstein, gradient


def var(value):
    return Variable(np.array(value))


class Add(Function):
    def forward(self, x0, x1):
        return x0 + x1

    def backward(self, gy):
        return gy, gy


class Both(Function):
    """One input, two outputs: x and x**2."""

    def forward(self, x):
        return x, x**2

    def backward(self, gy0, gy1):
        (x,) = self.inputs
        return gy0 + 2 * x * gy1


def add(x0, x1):
    return Add()(x0, x1)


def test_step11_a_function_may_take_and_give_several_variables():
    f = Add()
    y = f(var(2), var(3))
    assert y.data == 5
    assert len(f.inputs) == 2
    ys = Both()(var(3.0))
    assert [float(y.data) for y in ys] == [3.0, 9.0]


def test_step12_one_output_comes_without_a_list_around_it():
    assert type(add(var(2), var(3))) is Variable
    assert type(Both()(var(3.0))) is list


def test_step13_gradients_of_several_inputs():
    x, y = var(2.0), var(3.0)
    z = add(F.square(x), F.square(y))
    z.backward()
    assert (z.data, x.grad.data, y.grad.data) == (13.0, 4.0, 6.0)


def test_step13_gradients_of_several_outputs():
    x = var(3.0)
    y0, y1 = Both()(x)
    add(y0, y1).backward()
    assert x.grad.data == 7.0


def test_step14_the_same_variable_twice():
    x = var(3.0)
    y = add(x, x)
    y.backward()
    assert (y.data, x.grad.data) == (6.0, 2.0)


def test_step14_the_same_variable_three_times():
    x = var(3.0)
    add(add(x, x), x).backward()
    assert x.grad.data == 3.0


def test_step14_gradients_add_up_until_they_are_cleared():
    x = var(3.0)
    add(x, x).backward()
    add(add(x, x), x).backward()
    assert x.grad.data == 5.0
    x.cleargrad()
    assert x.grad is None
    add(add(x, x), x).backward()
    assert x.grad.data == 3.0


def test_step14_adding_up_leaves_other_gradients_alone():
    x, y = var(3.0), var(4.0)
    add(add(x, y), x).backward()
    x.grad.data += 100
    assert y.grad.data == 1.0


def test_step15_a_joint_waits_for_all_of_its_branches():
    """Taking functions in last-in-first-out order alone would pull `a` back with half its sum."""
    calls = []

    class Observed(Function):
        def forward(self, x):
            return x**2

        def backward(self, gy):
            calls.append(float(gy.data))
            return 2 * self.inputs[0] * gy

    x = var(2.0)
    a = Observed()(x)
    add(F.square(a), F.square(a)).backward()
    assert calls == [16.0]


def test_step16_generations_count_from_the_leaves():
    x = var(2.0)
    a = F.square(x)
    b, c = F.square(a), F.square(a)
    y = add(b, c)
    assert [v.generation for v in (x, a, b, c, y)] == [0, 1, 2, 2, 3]
    assert y.creator.generation == 2


def test_step16_generations_order_a_diamond():
    x = var(2.0)
    a = F.square(x)
    y = add(F.square(a), F.square(a))
    y.backward()
    assert (y.data, x.grad.data) == (32.0, 64.0)


@pytest.fixture
def reference_counting_only():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("reference_counting_only")
def test_step17_a_graph_goes_without_the_garbage_collector():
    for _ in range(10):
        x = Variable(np.random.default_rng(0).normal(size=1000))
        y = F.square(F.square(F.square(x)))
        y.backward()
        del x, y
    assert gc.collect() == 0


@pytest.mark.usefixtures("reference_counting_only")
def test_step17_functions_hold_their_outputs_weakly():
    x = var(2.0)
    y = F.square(x)
    assert isinstance(y.creator.outputs[0], weakref.ref)
    assert y.creator.outputs[0]() is y
    function = weakref.ref(y.creator)
    del y
    assert function() is None


@pytest.mark.usefixtures("reference_counting_only")
def test_step17_the_graph_of_a_gradient_goes_too():
    x = var(2.0)
    y = x**3 + F.sin(x)
    y.backward(create_graph=True)
    x.grad.backward()
    del x, y
    assert gc.collect() == 0


def test_step18_intermediate_gradients_are_dropped():
    x0, x1 = var(1.0), var(1.0)
    t = add(x0, x1)
    y = add(x0, t)
    y.backward()
    assert (y.grad, t.grad) == (None, None)
    assert (x0.grad.data, x1.grad.data) == (2.0, 1.0)


def test_step18_or_kept_on_request():
    x0, x1 = var(1.0), var(1.0)
    t = add(x0, x1)
    y = add(x0, t)
    y.backward(retain_grad=True)
    assert (y.grad.data, t.grad.data) == (1.0, 1.0)


def test_step18_without_backprop_nothing_is_linked():
    with using_config("enable_backprop", False):
        y = F.square(var(2.0))
        assert not Config.enable_backprop
    assert Config.enable_backprop
    assert y.creator is None
    with no_grad():
        assert F.square(var(2.0)).creator is None
    assert F.square(var(2.0)).creator is not None


def test_step18_the_switch_returns_after_an_error():
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError
    assert Config.enable_backprop


def three_squares():
    """y = ((x**2)**2)**2 of x with 8 MB, and the most memory, in MB, held meanwhile."""
    x = Variable(np.ones((100, 100, 100)))
    tracemalloc.start()
    y = F.square(F.square(F.square(x)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return y, peak / 1e6


def test_step18_without_backprop_intermediate_arrays_are_freed():
    _, recorded = three_squares()
    with no_grad():
        _, unrecorded = three_squares()
    assert recorded == pytest.approx(3 * 8, abs=1)
    assert unrecorded == pytest.approx(2 * 8, abs=1)  # an input and an output at a time


def test_step18_no_grad_frees_the_first_result_at_once():
    def first_result_lives_on():
        a = F.square(var(2.0))
        first = weakref.ref(a)
        a = F.square(a)
        return first() is not None

    assert first_result_lives_on()
    with no_grad():
        assert not first_result_lives_on()


def test_step19_a_variable_shows_the_attributes_of_its_array():
    x = Variable(np.array([[1, 2, 3], [4, 5, 6]]), name="x")
    assert (x.name, x.shape, x.ndim, x.size, len(x)) == ("x", (2, 3), 2, 6, 2)
    assert x.dtype == np.array([1]).dtype


@pytest.mark.parametrize(
    ("data", "printed"),
    [
        (np.array([1, 2, 3]), "variable([1 2 3])"),
        (np.array([[1, 2, 3], [4, 5, 6]]), "variable([[1 2 3]\n          [4 5 6]])"),
        (np.array(2.0), "variable(2.0)"),
        (None, "variable(None)"),
    ],
)
def test_step19_printed_forms(data, printed):
    assert repr(Variable(data)) == str(Parameter(data)) == printed


@CORES
def test_step20_operators(framework):
    a, b, c = (framework.Variable(np.array(value)) for value in (3.0, 2.0, 1.0))
    y = a * b + c
    y.backward()
    assert str(y) == "variable(7.0)"
    assert (gradient(a), gradient(b), gradient(c)) == (2.0, 3.0, 1.0)


@CORES
def test_step21_variables_mix_with_arrays_and_numbers(framework):
    x = framework.Variable(np.array(2.0))
    assert repr(x + np.array(3.0)) == "variable(5.0)"
    assert repr(x + 3.0) == "variable(5.0)"
    assert repr(3.0 * x + 1.0) == "variable(7.0)"


@CORES
def test_step21_an_array_on_the_left_leaves_it_to_the_variable(framework):
    x = framework.Variable(np.array([1.0]))
    y = np.array([2.0]) + x
    assert isinstance(y, framework.Variable)
    assert repr(y) == "variable([3.])"
    y.backward()
    assert repr(x.grad) in ("array([1.])", "variable([1.])")


@CORES
def test_step22_more_operators(framework):
    x = framework.Variable(np.array(2.0))
    results = [-x, 2.0 - x, x - 1.0, x / 4, 3.0 / x, x**3]
    assert [float(y.data) for y in results] == [-2.0, 0.0, 1.0, 0.5, 1.5, 8.0]


@CORES
def test_step22_their_gradients(framework):
    expected = {
        (lambda x: -x): -1.0,
        (lambda x: 2.0 - x): -1.0,
        (lambda x: x - 1.0): 1.0,
        (lambda x: x / 4): 0.25,
        (lambda x: 3.0 / x): -0.75,
        (lambda x: x**3): 12.0,
    }
    for f, derivative in expected.items():
        x = framework.Variable(np.array(2.0))
        f(x).backward()
        assert gradient(x) == derivative


def test_step23_it_is_a_package():
    x = dezero.Variable(np.array(1.0))
    y = (x + 3) ** 2
    y.backward()
    assert (repr(y), repr(x.grad)) == ("variable(16.0)", "variable(8.0)")


def test_step23_the_early_core_is_there_beside_it():
    core_simple.setup_variable()
    x = core_simple.Variable(np.array(1.0))
    y = (x + 3) ** 2
    y.backward()
    assert (repr(y), x.grad) == ("variable(16.0)", 8.0)


def sphere(x, y):
    return x**2 + y**2


def matyas(x, y):
    return 0.26 * (x**2 + y**2) - 0.48 * x * y


@CORES
@pytest.mark.parametrize(
    ("f", "gx", "gy"), [(sphere, 2.0, 2.0), (matyas, 0.04, 0.04), (goldstein, -5376.0, 8064.0)]
)
def test_step24_gradients_of_complex_functions(framework, f, gx, gy):
    x, y = framework.Variable(np.array(1.0)), framework.Variable(np.array(1.0))
    f(x, y).backward()
    assert (gradient(x), gradient(y)) == (pytest.approx(gx, abs=1e-15), pytest.approx(gy, abs=1e-15))


def test_step24_goldstein_price_as_printed():
    x, y = var(1.0), var(1.0)
    goldstein(x, y).backward()
    assert f"{x.grad} {y.grad}" == "variable(-5376.0) variable(8064.0)"
