"""Variable as a program sees it: operators, dtypes, printed forms; and Config."""

from __future__ import annotations

import asyncio
import operator
import subprocess
import sys
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


@pytest.mark.parametrize(("data", "text"), [
    (np.array(1.5), "variable(1.5)"),
    (None, "variable(None)"),
    (np.array([[1, 2], [3, 4]]), "variable([[1 2]\n          [3 4]])"),
])  # fmt: skip
def test_printed_form(data: Any, text: str) -> None:
    assert repr(Variable(data)) == text
    assert str(Parameter(data)) == text


@pytest.mark.parametrize("data", [1.0, 1, "1", [1.0], np.float64(1.0), (1,)])
def test_data_must_be_an_array(data: Any) -> None:
    with pytest.raises(TypeError, match=r"Variable: data must be an array .* or None, got <class"):
        Variable(data)


def test_as_array_keeps_arrays_and_wraps_scalars() -> None:
    array = np.ones(2)
    assert as_array(array) is array
    assert as_array(np.float32(1)).dtype == np.float32
    assert isinstance(as_array(2.5), np.ndarray)


def test_pow_of_zero_and_one() -> None:
    x = Variable(np.array([0.0, 2.0]))
    (x**0).backward()
    np.testing.assert_array_equal(x.grad.data, [0, 0])
    x.cleargrad()
    (x**1).backward()
    np.testing.assert_array_equal(x.grad.data, [1, 1])


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

    def test_contexts_restore_after_an_error(self) -> None:
        with pytest.raises(ZeroDivisionError), no_grad():
            _ = 1 / 0
        assert Config.enable_backprop

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


def test_import_is_lean() -> None:
    """What is heavy or optional is imported when it is used."""
    program = (
        "import sys, dezero; "
        "print([m for m in ('matplotlib', 'PIL', 'cupy', 'sympy', 'flint', 'gradcheck') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stdout.strip() == "[]"


def test_the_books_names_are_exported() -> None:
    for name in ["Variable", "Parameter", "Function", "Config", "using_config", "no_grad", "test_mode",
                 "as_array", "as_variable"]:  # fmt: skip
        assert getattr(dezero, name) is getattr(dezero.core, name)
    assert set(F.__all__) <= set(vars(F))
