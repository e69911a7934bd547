"""Variable as a program sees it: operators, dtypes, printed forms; and Config."""

from __future__ import annotations

import asyncio
import copy
import operator
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import Config, Parameter, Variable, as_array, no_grad, test_mode, using_config

OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
FLOATS = [np.float16, np.float32, np.float64, np.longdouble]


@pytest.mark.parametrize("op", OPERATORS)
@pytest.mark.parametrize("other", [2, 2.0, np.float64(2.0), np.int32(2), True])
@pytest.mark.parametrize("dtype", FLOATS)
def test_scalars_take_the_dtype_of_the_array(op: Any, other: Any, dtype: Any) -> None:
    x = Variable(np.array([1.5, 3.0], dtype))
    for y in (op(x, other), op(other, x)):
        x.cleargrad()
        y.backward()
        assert y.dtype == x.grad.dtype == dtype
    np.testing.assert_allclose(op(x, other).data, op(x.data, float(other)), rtol=1e-3)


@pytest.mark.parametrize("op", OPERATORS)
def test_arrays_on_either_side(op: Any) -> None:
    x, array = Variable(np.array([1.5, 3.0])), np.array([2.0, 4.0])
    for y, expected in [(op(x, array), op(x.data, array)), (op(array, x), op(array, x.data))]:
        assert type(y) is Variable
        np.testing.assert_allclose(y.data, expected)


def test_matrix_products_by_operator_and_method() -> None:
    a, b = np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(3, 2)
    for y in (Variable(a) @ b, a @ Variable(b), Variable(a).dot(b), Variable(a).matmul(Variable(b))):
        np.testing.assert_array_equal(y.data, a @ b)


def test_mixed_dtypes_promote_but_each_gradient_keeps_its_own() -> None:
    narrow, wide = Variable(np.ones(2, np.float32)), Variable(np.ones(2))
    y = narrow * wide
    y.backward(create_graph=True)
    assert y.dtype == np.float64
    assert (narrow.grad.dtype, wide.grad.dtype) == (np.float32, np.float64)


def test_a_complex_scalar_makes_a_real_array_complex() -> None:
    assert (Variable(np.ones(2, np.float32)) * 1j).dtype == np.complex64


def test_integers_stay_integers() -> None:
    x = Variable(np.array([1, 2]))
    assert (x + 1).dtype == x.dtype
    assert (x * 0.5).dtype == np.float64


def test_broadcast_operands_get_gradients_of_their_shape() -> None:
    shapes = [(2, 3), (3,), (2, 1), (), (1, 1, 3)]
    xs = [Variable(np.full(shape, 0.5)) for shape in shapes]
    y = xs[0] * xs[1] + xs[2] - xs[3] / xs[4]
    y.backward(create_graph=True)
    for x, shape in zip(xs, shapes, strict=True):
        assert x.grad.shape == shape
    np.testing.assert_array_equal(xs[2].grad.data, [[3], [3]])


def test_shape_attributes_and_methods() -> None:
    x = Variable(np.arange(6.0).reshape(2, 3), name="x")
    assert (x.shape, x.ndim, x.size, x.dtype, len(x), x.name) == ((2, 3), 2, 6, np.float64, 2, "x")
    for y in (x.reshape(3, 2), x.reshape((3, 2)), x.T, x.transpose(), x.transpose(1, 0),
              x.transpose((1, 0)), x.transpose(None)):  # fmt: skip
        assert y.shape == (3, 2)
    assert x.reshape(-1).shape == (6,)
    assert (x.sum().data, x.mean().data, x.max().data, x.min().data) == (15, 2.5, 5, 0)
    assert x.sum(axis=1, keepdims=True).shape == (2, 1)
    np.testing.assert_array_equal((+x).data, abs(-x).data)
    np.testing.assert_array_equal(x.pow(2).data, x.data**2)
    np.testing.assert_array_equal(x[1, ::2].data, [3, 5])


def test_as_array_keeps_arrays_and_wraps_scalars() -> None:
    array = np.ones(2)
    assert as_array(array) is array
    assert as_array(np.float32(1)).dtype == np.float32
    assert isinstance(as_array(2.5), np.ndarray)


class TestConfig:
    def test_contexts_restore_what_was_before(self) -> None:
        with no_grad():
            assert not Config.enable_backprop
            with using_config("enable_backprop", True):
                assert F.sin(1.0).creator is not None
            assert not Config.enable_backprop
        assert Config.enable_backprop
        with test_mode():
            assert not Config.train
        assert Config.train

    def test_an_unknown_name_is_refused(self) -> None:
        with pytest.raises(AttributeError, match=r"using_config: name must be .*got 'enable_backprob'"):
            using_config("enable_backprob", False).__enter__()

    def test_each_thread_has_its_own(self) -> None:
        seen = {}
        with no_grad():
            thread = threading.Thread(target=lambda: seen.update(other=Config.enable_backprop))
            thread.start()
            thread.join()
            seen["own"] = Config.enable_backprop
        assert seen == {"other": True, "own": False}

    def test_each_task_has_its_own(self) -> None:
        async def recorded(off: bool, turn: asyncio.Barrier) -> bool:
            if off:
                Config.enable_backprop = False
            await turn.wait()
            return F.sin(1.0).creator is not None

        async def main() -> list[bool]:
            turn = asyncio.Barrier(2)
            return await asyncio.gather(recorded(True, turn), recorded(False, turn))

        with ThreadPoolExecutor(1) as fresh:  # a thread that surely has no event loop yet
            assert fresh.submit(lambda: asyncio.run(main())).result() == [False, True]

    def test_backward_during_no_grad_of_another_order(self) -> None:
        """backward itself sets the switch, whatever it was outside."""
        x = Variable(np.array(2.0))
        y = x**3
        with no_grad():
            y.backward(create_graph=True)
        g = x.grad
        x.cleargrad()
        g.backward()
        assert x.grad.data == 12
        assert Config.enable_backprop

    def test_its_text_shows_both(self) -> None:
        assert repr(Config) == "Config(enable_backprop=True, train=True)"


# What programs assign


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (3,), (2, 1)])
def test_a_step_down_the_gradient_leaves_an_array(shape: Any, dtype: Any) -> None:
    def stepped(step: Any) -> Variable:
        x = Variable(np.full(shape, 2.0, dtype))
        (x * x).backward()
        step(x)
        assert type(x.data) is np.ndarray
        assert x.creator is None
        return x

    def in_place(x: Variable) -> None:
        x.data -= 0.5 * x.grad

    def with_data(x: Variable) -> None:
        x.data = x.data - 0.5 * x.grad.data  # of shape () a number of NumPy

    def as_variables(x: Variable) -> None:
        x.data = x - 0.5 * x.grad

    def within(x: Variable) -> None:
        x.data[...] -= 0.5 * x.grad

    for step in (in_place, with_data, as_variables, within):
        x = stepped(step)
        assert x.dtype == dtype
        np.testing.assert_array_equal(x.data, np.zeros(shape, dtype))
        (x * x).backward()


def test_what_is_assigned_to_data() -> None:
    x = Variable(np.ones(3, np.float32))
    x.data = 2.5
    assert (type(x.data), x.shape, float(x)) == (np.ndarray, (), 2.5)
    x.data = None
    assert x.data is None
    for wrong in ("text", [1.0], (1.0,), {}):
        with pytest.raises(TypeError, match=r"Variable: data must be an array .* got <class"):
            x.data = wrong


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (np.array([1.0, 2.0, 3.0]), [1.0, 2.0, 3.0]),
        (np.array([1, 2, 3], np.int8), [1.0, 2.0, 3.0]),
        (Variable(np.array([1.0, 2.0, 3.0])), [1.0, 2.0, 3.0]),
        (2, [2.0, 2.0, 2.0]),
        (0.5, [0.5, 0.5, 0.5]),
        (np.float32(0.5), [0.5, 0.5, 0.5]),
        (None, [1.0, 1.0, 1.0]),
    ],
    ids=str,
)
def test_a_cotangent_may_be_an_array_or_a_number(given: Any, expected: Any, create_graph: bool) -> None:
    x = Variable(np.array([1.0, 2.0, 4.0], np.float32))
    y = F.square(x)
    y.grad = given
    assert given is None or isinstance(y.grad, Variable)
    y.backward(create_graph=create_graph)
    assert x.grad.dtype == x.dtype
    np.testing.assert_array_equal(x.grad.data, 2 * x.data * expected)


def test_backward_adds_to_what_was_assigned() -> None:
    x = Variable(np.array([1.0, 2.0]))
    for given, before in ((np.array([10.0, 20.0]), [10.0, 20.0]), (5, [5.0, 5.0])):
        x.grad = given
        (3 * x).backward()
        np.testing.assert_array_equal(x.grad.data, np.add(before, 3))
    held = np.array([1.0, 1.0])
    x.grad = held
    (3 * x).backward()
    np.testing.assert_array_equal(held, [1.0, 1.0])


@pytest.mark.parametrize("given", [np.ones(2), np.ones((3, 1)), np.array(1.0), Variable(np.ones(4))], ids=str)
def test_a_grad_of_another_shape_is_an_error_where_it_is_used(given: Any) -> None:
    x = Variable(np.ones(3))
    y = 2 * x
    y.grad = given
    with pytest.raises(ValueError, match=r"backward: grad must have the shape \(3,\), got "):
        y.backward()
    x.grad, y.grad = given, None
    with pytest.raises(ValueError, match=r"backward: the grad that a Variable of shape \(3,\) has"):
        y.backward()


@pytest.mark.parametrize("wrong", ["text", [1.0, 2.0], (1.0,), {}, F.sin])
def test_a_grad_of_an_impossible_type_is_an_error_at_once(wrong: Any) -> None:
    x = Variable(np.ones(2))
    with pytest.raises(TypeError, match="Variable: grad must be a Variable, an array, a number or None, got"):
        x.grad = wrong
    assert x.grad is None


def test_a_number_as_the_grad_of_other_dtypes() -> None:
    for data, given, dtype in (
        (np.ones(2, int), 0.5, np.float64),
        (np.ones(2, complex), 0.5, complex),
        (np.ones(2, np.float32), 1j, complex),
        (np.array([1, 2], object), 0.5, object),
    ):
        x = Variable(data)
        x.grad = given
        assert x.grad.dtype == dtype
        assert (x.grad.data == np.full(2, given)).all()
    unsized = Parameter(None)
    unsized.grad = 2.0
    assert unsized.grad.shape == ()


def test_attributes_of_a_program() -> None:
    for x in (Variable(np.ones(2)), Parameter(np.ones(2), name="W"), F.sin(Variable(np.ones(2)))):
        x.note, x.seen = "mine", [1]
        assert (x.note, x.seen, vars(x).keys() >= {"note", "seen"}) == ("mine", [1], True)
        for other in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
            assert (other.note, other.seen, other.name, other.creator) == ("mine", [1], x.name, None)
        del x.note
        assert not hasattr(x, "note")
    assert not vars(Variable(np.ones(2)))


def test_a_copy_of_one_of_several_outputs_is_a_leaf() -> None:
    class Split(dezero.Function):
        def forward(self, x: Any) -> Any:
            return x + 1, x + 2

    _, second = Split()(Variable(np.ones(2)))
    other = copy.copy(second)
    assert (second.output_index, other.output_index, other.creator) == (1, 0, None)


def test_an_integer_beyond_64_bits_is_a_float() -> None:
    """As an object of Python it would have powers that never end."""
    with np.errstate(over="ignore"):
        assert F.power(10**30, 10**12).data == np.inf
    assert (F.exp(10**400) + F.add(10**20, 1)).dtype == np.float64
