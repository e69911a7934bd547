"""Every function on a device: on the stand-in always, on a GPU where there is one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, Variable, as_array, cuda
from tests.dezero.function_table import CASES, Case, gradients

each_dtype = pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
drawn = {"dropout"}  # each device draws numbers of its own
ROUNDINGS = 16  # sums of up to 24 terms are added in other orders, and a GPU fuses products with sums


@each_dtype
@each_case
def test_every_function_stays_on_the_device_and_agrees(case: Case, dtype: Any, device: Any) -> None:
    _assert_agrees(case, case.inputs(dtype), device)


@pytest.mark.parametrize("case", [case for case in CASES if case.analytic], ids=lambda case: case.name)
def test_complex_numbers_stay_on_the_device_and_agree(case: Case, device: Any) -> None:
    _assert_agrees(case, [x + 0.25j for x in case.inputs()], device)


def _assert_agrees(case: Case, arrays: list[np.ndarray], device: Any) -> None:
    """Values and gradients of two orders are where the inputs are, and as the host's."""
    moved = [device.asarray(x) for x in arrays]
    found = [[case.f(*map(Variable, moved)).data], *gradients(case.f, moved, 2)]
    wanted = [[case.f(*map(Variable, arrays)).data], *gradients(case.f, arrays, 2)]
    for there, here in zip(found, wanted, strict=True):
        for a, b in zip(there, here, strict=True):
            assert (a is None) == (b is None)
            if a is not None:
                assert type(a) is device.ndarray
                if case.spec.name not in drawn:
                    _assert_close(a, b, ROUNDINGS * np.finfo(b.dtype).eps)


def _assert_close(there: Any, here: np.ndarray, tolerance: float) -> None:
    """Elements that cancel keep an error of the largest one's size."""
    array = cuda.as_numpy(there)
    assert (array.dtype, array.shape) == (here.dtype, here.shape)
    largest = np.abs(here).max(initial=1)
    np.testing.assert_allclose(array, here, rtol=tolerance, atol=tolerance * largest)


def test_dropout_keeps_the_same_elements_backward(device: Any) -> None:
    x = Variable(device.asarray(np.ones((4, 50), np.float32)))
    y = F.dropout(x, 0.5)
    y.backward()
    kept = cuda.as_numpy(y)
    assert set(np.unique(kept)) == {0, 2}
    np.testing.assert_array_equal(cuda.as_numpy(x.grad), kept)


def test_variables_travel(device: Any) -> None:
    x = Variable(np.array([1.0, 2.0]))
    x.to_gpu()
    assert type(x.data) is device.ndarray
    assert cuda.get_array_module(x) is device
    x.to_cpu()
    np.testing.assert_array_equal(x.data, [1.0, 2.0])
    np.testing.assert_array_equal(cuda.as_numpy(cuda.as_cupy(np.ones(2))), np.ones(2))


def test_the_device_is_there_under_cupys_names(device: Any) -> None:
    assert cuda.is_available()
    assert cuda.cupy is cuda.cp is device
    assert type(as_array(1.5, device)) is device.ndarray


def test_later_derivatives_of_tanh_agree(device: Any) -> None:
    (case,) = (case for case in CASES if case.name == "tanh")
    x = case.inputs()
    moved = gradients(case.f, [device.asarray(each) for each in x], 4)
    for there, here in zip(moved, gradients(case.f, x, 4), strict=True):
        _assert_close(there[0], here[0], ROUNDINGS * np.finfo(float).eps)


def test_probabilities_with_probabilities(device: Any) -> None:
    def gradient(move: Any) -> Any:
        p, t = (Variable(move(np.array(values))) for values in ([0.1, 0.5, 0.9], [0.3, 0.4, 1.0]))
        F.binary_cross_entropy(p, t).backward()
        return t.grad.data

    _assert_close(gradient(device.asarray), gradient(np.asarray), ROUNDINGS * np.finfo(float).eps)


def test_a_number_that_forward_returns_goes_to_the_device(device: Any) -> None:
    class Three(Function):
        def forward(self, x: Any) -> float:
            return 3.0

    y = Three()(device.asarray(np.ones(2)))
    assert type(y.data) is device.ndarray
    assert float(y) == 3


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.complex64])
def test_rows_of_other_dtypes_are_summed(dtype: Any, device: Any) -> None:
    x = Variable(device.asarray(np.arange(4).astype(dtype)))
    y = x[device.asarray(np.array([1, 1, 3]))]
    y.backward()
    assert cuda.as_numpy(x.grad).tolist() == [0, 2, 0, 1]


def test_retained_and_accumulated_gradients_stay_on_the_device(device: Any) -> None:
    x = Variable(device.asarray(np.array(3.0)))
    y = x * x
    z = F.sin(y) + x
    z.backward()
    z.backward(retain_grad=True)
    assert all(type(v.grad.data) is device.ndarray for v in (x, y, z))


def test_an_unregistered_module_leaves_no_trace() -> None:
    class Array:
        pass

    module = SimpleNamespace(ndarray=Array, random=SimpleNamespace(seed=lambda _: None))
    cuda.register_array_module(module)
    assert cuda.is_array(Array())
    cuda.unregister_array_module(module)
    assert not cuda.is_array(Array())
    with pytest.raises(TypeError, match="Variable: data must be an array"):
        Variable(Array())
