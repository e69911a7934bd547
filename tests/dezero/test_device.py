"""Every function on a device: on the stand-in always, on a GPU where there is one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, cuda
from tests.dezero.function_table import CASES, Case, gradients

each_dtype = pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
drawn = {"dropout"}  # each device draws numbers of its own
ROUNDINGS = 16  # sums of up to 24 terms are added in other orders, and a GPU fuses products with sums


@each_dtype
@each_case
def test_every_function_stays_on_the_device_and_agrees(case: Case, dtype: Any, device: Any) -> None:
    arrays = case.inputs(dtype)
    moved = [device.asarray(x) for x in arrays]
    y = case.f(*map(Variable, moved))
    assert type(y.data) is device.ndarray
    found = [[y.data], *gradients(case, moved, 2)]
    wanted = [[case.f(*map(Variable, arrays)).data], *gradients(case, arrays, 2)]
    for there, here in zip(found, wanted, strict=True):
        for a, b in zip(there, here, strict=True):
            assert (a is None) == (b is None)
            if a is not None and case.name not in drawn:
                _assert_close(a, b, ROUNDINGS * np.finfo(dtype).eps)


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


def test_scalars_follow_the_other_operand_to_the_device(device: Any) -> None:
    x = Variable(device.asarray(np.ones(2, np.float32)))
    y = (2.0 * x + 1) / np.float64(3.0)
    y.backward()
    assert type(y.data) is type(x.grad.data) is device.ndarray
    assert y.dtype == x.grad.dtype == np.float32


def test_a_host_array_beside_a_device_array_is_refused(device: Any) -> None:
    x = Variable(device.asarray(np.ones(2)))
    with pytest.raises(TypeError):
        x + np.ones(2)
    with pytest.raises(TypeError):
        F.matmul(np.ones((2, 2)), x)


def test_retained_and_accumulated_gradients_stay_on_the_device(device: Any) -> None:
    x = Variable(device.asarray(np.array(3.0)))
    y = x * x
    z = F.sin(y) + x
    z.backward()
    z.backward(retain_grad=True)
    assert all(type(v.grad.data) is device.ndarray for v in (x, y, z))


def test_without_a_device_the_message_says_what_to_install() -> None:
    if cuda.is_available():
        pytest.skip("this machine has a device")
    with pytest.raises(RuntimeError, match="cuda: CuPy is"):
        Variable(np.ones(2)).to_gpu()
    assert cuda.gpu_enable is False


def test_an_unregistered_module_leaves_no_trace(device: Any) -> None:
    array = device.asarray(np.ones(2))
    assert cuda.is_array(array)
    cuda.unregister_array_module(device)
    assert not cuda.is_array(array)
    with pytest.raises(TypeError, match="Variable: data must be an array"):
        Variable(array)
