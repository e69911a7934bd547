"""The stand-in for a device has what CuPy has, and behaves as CuPy does."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable
from tests.dezero.strict_device import ImplicitTransferError, StrictDevice, counting
from tests.dezero.strict_device.interface import INTERFACE

xp: Any = StrictDevice()


def on(values: Any, dtype: Any = None) -> Any:
    return xp.asarray(np.array(values, dtype))


def test_what_compares_by_identity_equals_no_element(standin: Any) -> None:
    x = standin.asarray(np.ones(2))
    for other in (Variable(x), None, object()):
        assert not (x == other).any()
        assert (x != other).all()


def test_what_is_recorded_is_what_cupy_has() -> None:
    cupy = pytest.importorskip("cupy", reason="CuPy is not installed, so nothing to compare with")
    if "stand-in" in (cupy.__doc__ or ""):
        pytest.skip("CuPy is the stand-in itself here")
    from tests.dezero.strict_device.record import describe

    if cupy.__version__ != INTERFACE["version"]:
        pytest.skip(f"recorded of CuPy {INTERFACE['version']}, installed is {cupy.__version__}")
    assert json.loads(json.dumps(describe())) == INTERFACE


def test_what_cupy_has_not_is_refused() -> None:
    x = on([1.0, 2.0])
    with pytest.raises(AttributeError, match="module 'cupy' has no attribute 'trapezium'"):
        _ = xp.trapezium
    with pytest.raises(AttributeError, match="has no attribute 'nanquantile'"):
        _ = xp.nanquantile
    with pytest.raises(TypeError, match="sum\\(\\) got an unexpected keyword argument 'where'"):
        xp.sum(x, where=x > 0)
    with pytest.raises(TypeError, match="max\\(\\) got an unexpected keyword argument 'initial'"):
        x.max(initial=0)
    with pytest.raises(TypeError, match="Wrong arguments"):
        xp.exp(x, where=x > 0)


@pytest.mark.parametrize(
    "mix",
    [
        lambda x: np.asarray(x),
        lambda x: x + np.ones(2),
        lambda x: np.ones(2) * x,
        lambda x: np.add(np.ones(2), x),
        lambda x: np.ones(2) < x,
        lambda x: xp.where(np.ones(2, bool), x, x),
        lambda x: xp.concatenate([x, np.ones(2)]),
        lambda x: xp.sum(np.ones(2)),
        lambda x: np.concatenate([x, np.ones(2)]),
        lambda x: xp.matmul(x, np.ones(2)),
    ],
)
def test_host_arrays_do_not_mix_with_device_arrays(mix: Any) -> None:
    with pytest.raises(ImplicitTransferError):
        mix(on([1.0, 2.0]))


def test_numpys_functions_stay_on_the_device() -> None:
    x = on([1.0, 2.0])
    for found in (np.exp(x), np.sum(x), np.stack([x, x]), np.float32(2) * x, 2 + x, np.linalg.norm(x)):
        assert type(found) is xp.ndarray


@pytest.mark.parametrize("values", [np.array([object()]), np.ones(2, np.longdouble), np.ones(1, "M8[s]")])
def test_a_device_has_no_other_dtypes_than_numbers(values: np.ndarray) -> None:
    with pytest.raises(ValueError, match="Unsupported dtype"):
        xp.asarray(values)


def test_reductions_and_elements_are_0d_arrays() -> None:
    x = on([1.0, 2.0])
    for found in (x.sum(), x.max(), x[0], x.mean(), xp.allclose(x, x), xp.array_equal(x, x)):
        assert type(found) is xp.ndarray
        assert found.shape == ()


def test_views_share_memory_and_asarray_copies_nothing() -> None:
    x = on(3.0)
    x[()][...] = 4
    assert xp.asarray(x) is x
    assert x.item() == 4
    y = on([1.0, 2.0])
    y[1][...] = 5
    assert y.tolist() == [1, 5]


def test_arrays_of_indices_wrap_and_integers_do_not() -> None:
    x = on([10.0, 11.0, 12.0])
    assert x[on([1, 3, -4])].tolist() == [11, 10, 12]
    assert x.take(on([5])).tolist() == [12]
    xp.add.at(x, on([3, 4]), 1.0)
    assert x.tolist() == [11, 12, 12]
    with pytest.raises(IndexError, match="out of bounds"):
        _ = x[3]


def test_boolean_masks_are_read_and_assigned() -> None:
    x = on([[1.0, 2.0], [3.0, 4.0]])
    mask = x > 1.5
    with counting() as counts:
        assert x[mask].shape == (3,)
        x[mask] = on([7.0, 8.0, 9.0])
        x[mask[0]] = 0
    assert counts == {"mask": 3, "upload": 2}  # the three values and 0
    assert x.tolist() == [[1, 7], [0, 0]]
    with pytest.raises(ValueError, match="broadcast"):
        x[mask] = on([1.0, 2.0])


def test_what_is_repeated_is_assigned_in_no_order() -> None:
    found = set()
    for _ in range(64):
        x = on([0.0])
        x[on([0, 0])] = on([1.0, 2.0])
        found.add(x.item())
    assert found == {1, 2}


def test_scattered_sums_depend_on_the_run() -> None:
    found = set()
    for _ in range(64):
        x = on([0.0])
        xp.add.at(x, on([0, 0, 0]), on([1e16, -1e16, 1.0]))
        found.add(x.item())
    assert found == {0, 1}


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int64, np.complex64, bool])
def test_atomic_sums_have_few_dtypes(dtype: Any) -> None:
    with pytest.raises(TypeError, match="only supports int32"):
        xp.add.at(on([0, 0], dtype), on([0]), on([1], dtype))


def test_no_alarms_are_raised() -> None:
    with np.errstate(all="raise"):
        x = xp.exp(on([1e4])) + 1 / on([0.0])
        assert (x - x).tolist() == [pytest.approx(np.nan, nan_ok=True)]


def test_an_array_is_no_index_and_has_no_hash() -> None:
    with pytest.raises(TypeError, match="cannot be interpreted as an integer"):
        range(on(3))
    with pytest.raises(TypeError, match="unhashable"):
        hash(on(3))


def test_loops_of_ufuncs_decide_dtypes() -> None:
    half = on([1.0], np.float16)
    assert (half * 2.5).dtype == (2 * half).dtype == np.float16
    assert (half * np.float64(2)).dtype == np.float64
    assert (on([1]) / 2).dtype == np.float64
    assert xp.power(on([True]), on([True])).dtype == np.int8  # NumPy gives int8 too
    with pytest.raises(TypeError, match="Wrong type"):
        on([True]) - on([True])
    with pytest.raises(TypeError, match="Wrong type"):
        on([1j]) // on([1j])


def test_results_of_ufuncs_are_c_contiguous() -> None:
    x = xp.asarray(np.ones((2, 3), order="F"))
    assert xp.exp(x).flags.c_contiguous
    assert (x + 1).flags.c_contiguous
    assert x.copy().flags.c_contiguous


def test_out_is_checked() -> None:
    x, whole = on([1.5]), on([0])
    with pytest.raises(TypeError, match="casting rule"):
        xp.exp(x, out=whole)
    with pytest.raises(ValueError, match="mismatched"):
        xp.exp(x, out=on([1.0, 2.0]))


def test_its_generator_is_its_own() -> None:
    def draw() -> Any:
        return xp.random.rand(3).tolist()

    np.random.seed(0)  # noqa: NPY002  # which must not matter
    first = draw()
    np.random.seed(0)  # noqa: NPY002
    assert draw() != first
    xp.random.seed(0)
    seeded = draw()
    xp.random.seed(0)
    assert draw() == seeded
    assert xp.random.randn(2).dtype == np.float64
    assert xp.random.random_sample((2,), dtype=np.float32).dtype == np.float32
    with pytest.raises(TypeError, match="float32 and float64"):
        xp.random.rand(2, dtype=np.float16)


def test_crossings_are_counted_with_their_place() -> None:
    x, y = on(3.0), on([1.0])
    with counting() as counts:
        float(x), int(x), bool(x), x.item(), x.tolist(), repr(x), xp.asnumpy(x), xp.nonzero(y), on([1])
    kinds = ["float", "int", "bool", "item", "tolist", "print", "get", "nonzero", "upload"]
    assert counts == dict.fromkeys(kinds, 1)
    assert counts.syncs == 8
    assert all(f"{__file__}:" in place for place in counts.where)


def test_copies_and_pickles_are_device_arrays() -> None:
    x = on([1.0, 2.0])
    for other in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        other[0] = 5
        assert type(other) is xp.ndarray
        assert x.tolist() == [1, 2]


def test_memory_is_shared_by_dlpack_with_devices_only() -> None:
    x = on([1.0, 2.0])
    xp.from_dlpack(x)[0] = 3
    assert x.tolist() == [3, 2]
    with pytest.raises(BufferError, match="host"):
        xp.from_dlpack(np.ones(2))


def test_fused_functions_see_no_values() -> None:
    @xp.fuse(kernel_name="gate")
    def gate(x: Any, y: Any, scale: Any) -> Any:
        return scale * xp.where(x > 0, xp.exp(x), y) + 1

    x = on([0.0, -1.0])
    assert gate(x, x, 2.0).tolist() == [1, -1]
    of_values = (lambda x: x if x > 0 else -x, abs, lambda x: x.mean(), lambda x: xp.sort(x))
    for wrong in (*of_values, lambda x: x.reshape(2, 1), lambda x: x.shape):
        with pytest.raises((TypeError, AttributeError, NotImplementedError)):
            xp.fuse(lambda x, f=wrong: f(x))(x)
    with pytest.raises(TypeError, match="Invalid argument type"):
        gate(x, np.ones(2), 2.0)


def test_float32_has_no_subnormals(standin: Any) -> None:
    tiny = np.finfo("f").tiny
    half = standin.asarray(np.array([tiny, -tiny], "f")) / 2
    assert np.signbit(half.get()).tolist() == [False, True]
    assert not half.any()
    assert not (standin.asarray(np.array([tiny / 2], "f")) * 2).any()
    assert (standin.asarray(np.array([np.finfo("d").tiny])) / 2).all()
    far = np.array([-100.0], "f")
    assert 3.7e-44 < F.softplus(far).data < 3.9e-44
    for f in (F.softplus, F.sigmoid):
        assert not f(standin.asarray(far)).data.any()
        assert f(standin.asarray(far.astype("d"))).data.all()
