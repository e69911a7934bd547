"""Formulas that a device can run as one kernel: the same numbers and dtypes, in one launch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dezero.functions as F
import dezero.layers
import dezero.optimizers  # noqa: F401  # these have formulas too
from dezero import Variable, cuda, fusion
from dezero.fusion import Fusible, fused, fusing
from tests.dezero.function_table import CASES, Case, gradients
from tests.dezero.strict_device.launches import launches

each_formula = pytest.mark.parametrize("fusible", fusion.formulas(), ids=lambda fusible: fusible.name)
each_dtype = pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])

# Where fused, a product and a sum are rounded once on a GPU, and its libraries have errors of some ULPs.
ROUNDINGS = 16


@each_formula
@each_dtype
def test_a_fused_formula_is_the_plain_one(fusible: Fusible, dtype: Any, device: Any) -> None:
    """What it returns, and what it writes in place."""
    args, same = (fusible.arguments(device, (3, 4), dtype) for _ in range(2))
    found = _arrays((fusible.kernel(device)(*args), args))
    expected = _arrays((fusible.formula(*same), same))
    assert [(x.dtype, x.shape) for x in found] == [(x.dtype, x.shape) for x in expected]
    for x, y in zip(found, expected, strict=True):
        tolerance = ROUNDINGS * np.finfo(dtype).eps
        np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance)


def _arrays(nested: Any) -> list[np.ndarray]:
    """The arrays in tuples and lists, on the host."""
    if isinstance(nested, (tuple, list)):
        return [array for each in nested for array in _arrays(each)]
    return [cuda.as_numpy(nested)] if cuda.is_array(nested) else []


@pytest.mark.gpu
@each_formula
def test_cupy_traces_each_formula_as_elements(fusible: Fusible) -> None:
    """Where it cannot, it changes without a word to another way, in which numbers widen dtypes."""
    device = cuda.device_module()
    kernel = fusible.kernel(device)
    kernel(*fusible.arguments(device, (3, 4), np.float16))
    assert kernel.new_fusion is None


@each_formula
def test_a_fused_formula_is_one_launch_and_saves_some(fusible: Fusible, standin: Any) -> None:
    args = fusible.arguments(standin, (3, 4), np.float32)
    with launches() as plain:
        fusible.formula(*args)
    with launches() as one:
        fusible.kernel(standin)(*args)
    assert one == {fusible.name: 1}
    assert plain.total() > 1


def test_names_of_formulas_name_kernels() -> None:
    names = [fusible.name for fusible in fusion.formulas()]
    assert all(name.isidentifier() for name in names)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_function_is_the_same_where_formulas_are_fused(case: Case, device: Any) -> None:
    arrays = [device.asarray(x) for x in case.inputs(np.float64)]

    def computed(on: bool) -> list[Any]:
        device.random.seed(0)
        with fusing(on):
            return [case.f(*map(Variable, arrays)).data, *_flat(gradients(case.f, arrays, 2))]

    for x, y in zip(computed(True), computed(False), strict=True):
        assert (x is None) == (y is None)
        if x is not None:
            assert (x.dtype, x.shape) == (y.dtype, y.shape)
            np.testing.assert_allclose(cuda.as_numpy(x), cuda.as_numpy(y), rtol=1e-11, atol=1e-11)


def _flat(orders: Any) -> list[Any]:
    return [gx for gxs in orders for gx in gxs]


def test_only_what_is_on_a_device_is_fused(standin: Any) -> None:
    x = np.array([-1.0, 2.0])
    there = standin.asarray(x)
    with fusing(), launches() as counts:
        F.sigmoid(Variable(x))
        assert not counts
        y = F.sigmoid(Variable(there))
        assert counts == {"Sigmoid_forward": 1}
        y.backward()
    assert counts["Sigmoid_vjp0"] == 1


def test_gradients_of_gradients_are_as_without(standin: Any) -> None:
    """With a graph of backward the formulas run on Variables: each Function in it may be fused."""

    def third(x: Any) -> np.ndarray:
        v = Variable(x)
        F.tanh(v).backward(create_graph=True)
        for _ in range(2):
            gx, v.grad = v.grad, None
            gx.backward(create_graph=True)
        return cuda.as_numpy(v.grad)

    x = np.array([-1.0, 0.5, 20.0])
    with fusing():
        np.testing.assert_array_equal(third(standin.asarray(x)), third(x))


def test_off_is_off_and_the_switch_is_put_back(standin: Any) -> None:
    x = Variable(standin.asarray(np.ones(3)))
    with fusing(False), launches() as counts:
        F.sigmoid(x)
    assert "Sigmoid_forward" not in counts
    before = fusion.switch.on
    with pytest.raises(ZeroDivisionError), fusing(not before):
        1 / 0  # noqa: B018
    assert fusion.switch.on is before


def test_a_class_of_its_own_is_not_fused_as_its_base() -> None:
    """Its forward may be another."""

    class Shifted(F.activation.Sigmoid):
        def forward(self, x: Any) -> Any:
            return super().forward(x) + 1

    func = Shifted()
    assert fusion.forward_of(func) == func.forward
    assert fusion.vjps_of(func) is func.vjps
    assert isinstance(fusion.forward_of(F.activation.Sigmoid()), Fusible)


def test_a_number_of_numpy_or_too_many_arrays_are_left_to_the_plain_formula(standin: Any) -> None:
    @fused("x", 0.5)
    def scaled(x: Any, *rest: Any) -> Any:
        return x * rest[0] * 2

    x = standin.asarray(np.ones(2, np.float32))
    with fusing(), launches() as counts:
        scaled(x, 0.5)
        assert counts.pop("scaled") == 1
        scaled(x, np.float32(0.5))
        scaled(*[x] * (fusion.MOST_ARRAYS + 1))
    assert counts == {"multiply": 4}
    del fusion._fusibles["scaled"]


def test_the_stand_in_widens_by_what_is_made_of_numbers(standin: Any) -> None:
    """As CuPy does: so such constants are arguments of a formula."""
    x = standin.asarray(np.ones(2, np.float32))
    assert standin.fuse(kernel_name="k")(lambda x, rate: x * rate)(x, 0.1).dtype == np.float32
    assert standin.fuse(kernel_name="k")(lambda x, rate: x * (1 - rate))(x, 0.1).dtype == np.float64
