"""Whatever NumPy takes for an index: values, gradients, errors; and settings that change before backward."""

from __future__ import annotations

import array
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import dezero
import dezero.functions as F
from dezero import Variable, cuda, no_grad
from tests.dezero.strict_device import StrictDevice

X = np.arange(24.0).reshape(2, 3, 4) + 0.5


class Arraylike:
    """An object that NumPy asks for an array."""

    def __init__(self, held: np.ndarray) -> None:
        self.held = held

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.held


class Sequence:
    """An object with a length and items."""

    def __init__(self, items: list[Any]) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, i: int) -> Any:
        return self.items[i]


class Indexlike:
    """An object that is an integer."""

    def __index__(self) -> int:
        return 1


def _as_tuples(found: Any) -> Any:
    return tuple(map(_as_tuples, found)) if isinstance(found, list) else found


# The forms in which numbers (an array of integers, 1 axis or more) come.
FORMS: dict[str, Callable[[np.ndarray], Any]] = {
    "array": lambda a: a,
    "int8": lambda a: a.astype(np.int8),
    "big-endian": lambda a: a.astype(">i4"),
    "uint64": lambda a: (a % 2).astype(np.uint64),
    "read-only": lambda a: np.broadcast_to(a, (2, *a.shape)),
    "list": lambda a: a.tolist(),
    "tuples": lambda a: _as_tuples(a.tolist()),
    "array.array": lambda a: array.array("i", a.reshape(-1).tolist()),
    "memoryview": lambda a: memoryview(np.ascontiguousarray(a)),
    "bytearray": lambda a: bytearray((a.reshape(-1) % 2).tolist()),
    "range": lambda a: range(min(a.size, 2)),
    "Arraylike": lambda a: Arraylike(a),
    "Sequence": lambda a: Sequence(a.tolist()),
    "Variable": lambda a: Variable(a),
    "list of Variables": lambda a: [Variable(np.array(i)) for i in a.reshape(-1)],
    "list of arrays": lambda a: list(a),
    "list of NumPy's integers": lambda a: [np.int32(i) for i in a.reshape(-1)],
    "masked array": lambda a: np.ma.array(a),
    "one number": lambda a: a.reshape(-1)[0],
    "one Variable": lambda a: Variable(np.array(a.reshape(-1)[0])),
    "Indexlike": lambda a: Indexlike(),
}
NUMBERS = arrays.arrays(
    np.int64, arrays.array_shapes(max_dims=2, min_side=1, max_side=3), elements=st.integers(-2, 1)
)
PARTS = st.one_of(
    st.integers(-2, 1),
    st.slices(3),
    st.just(...),
    st.none(),
    st.sampled_from([True, False, np.True_, np.array(False), [True, False], Variable(np.ones(2, bool))]),
    arrays.arrays(bool, st.sampled_from([(2,), (3,), (2, 3), (0, 3), (2, 3, 4)])),
    st.builds(lambda form, a: FORMS[form](a), st.sampled_from(sorted(FORMS)), NUMBERS),
)
INDICES = PARTS | st.tuples(PARTS) | st.tuples(PARTS, PARTS) | st.tuples(PARTS, PARTS, PARTS)


def _plain(index: Any) -> Any:
    """The index as NumPy is given it: it knows no Variables."""
    if isinstance(index, (tuple, list)):
        return type(index)(map(_plain, index))
    return index.data if isinstance(index, Variable) else index


def _expected(index: Any) -> tuple[np.ndarray, np.ndarray]:
    """X[index], and the gradient of the sum of its squares: what is read n times gets n terms."""
    places = np.arange(X.size).reshape(X.shape)[_plain(index)]
    counts = np.bincount(np.ravel(places), minlength=X.size).reshape(X.shape)
    return X[_plain(index)], 2 * X * counts


def _moved(index: Any, module: Any) -> Any:
    """The index with its arrays where x is."""
    if isinstance(index, tuple):
        return tuple(_moved(part, module) for part in index)
    return module.asarray(index) if type(index) is np.ndarray and index.dtype.isnative else index


def _assert_read(index: Any, module: Any, moved: bool = False) -> None:
    try:
        value, gradient = _expected(index)
        index = _moved(index, module) if moved else index
    except (IndexError, ValueError):
        with pytest.raises(IndexError, match="get_item: "):
            Variable(module.asarray(X))[index]
        return
    for create_graph in (False, True):
        x = Variable(module.asarray(X))
        y = x[index]
        np.testing.assert_array_equal(cuda.as_numpy(y), value)
        F.sum(y * y).backward(create_graph=create_graph)
        assert x.grad.dtype == x.dtype
        np.testing.assert_array_equal(cuda.as_numpy(x.grad), gradient)
    gx, x.grad = x.grad, None
    F.sum(gx).backward()  # the second derivative of the squares
    np.testing.assert_array_equal(cuda.as_numpy(x.grad), gradient / X)


@given(INDICES)
def test_any_index(index: Any) -> None:
    _assert_read(index, np)


@given(INDICES, st.booleans())
def test_any_index_on_a_device(index: Any, moved: bool) -> None:
    module: Any = StrictDevice()
    cuda.register_array_module(module)
    try:
        _assert_read(index, module, moved)
    finally:
        cuda.unregister_array_module(module)


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("form", FORMS)
def test_each_form(form: str, alone: bool) -> None:
    part = FORMS[form](np.array([1, 0, 1, 1]))
    if not (alone and form == "tuples"):  # which is an index of several parts
        _assert_read(part if alone else (part,), np)
    _assert_read((slice(None), part), np)
    _assert_read((..., part, 0), np)
    _assert_read((part, slice(None), [1]), np)


@pytest.mark.parametrize(
    "index",
    [
        "text", b"\0\1", 1.0, 1j, {0, 1}, {0: 1}, [0.5], [None], [[0], [0, 1]], [slice(None), 0], object(),
        np.array([0, 1], object), np.datetime64("2020-01-01"), 10**30, -(10**30), [10**30], slice(0.5, None),
        slice(0, 2, 0), (..., ...), (0, 0, 0, 0), 2, -3, [2], np.ones((2, 2), bool), [True, False, True],
        ([0, 1], [0, 1, 2]), (0, "text"), (i for i in [0]),
    ],
    ids=lambda index: re.sub(" at 0x[0-9a-f]+", "", str(index)),
)  # fmt: skip
def test_what_is_no_index(index: Any) -> None:
    with pytest.raises((IndexError, ValueError, TypeError)):
        X[index]
    for f in (lambda x: x[index], lambda x: F.get_item(x, index), lambda x: F.GetItem(index)(x)):
        with pytest.raises(IndexError, match="get_item: slices must"):
            f(Variable(X))


# What the caller changes between forward and backward


def _overwrite(held: Any) -> None:
    if isinstance(held, (np.ndarray, memoryview, bytearray)):
        np.asarray(held)[...] = 0
    elif isinstance(held, (list, array.array)):
        for i in range(len(held)):
            held[i] = 0


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("form", ["array", "int8", "list", "array.array", "memoryview", "bytearray"])
def test_an_index_may_change_before_backward(form: str, create_graph: bool) -> None:
    part = FORMS[form](np.array([1, 0, 1, 1]))
    for index in (part, (slice(None), part), (0, part)):
        part[:] = FORMS[form](np.array([1, 0, 1, 1]))
        _, gradient = _expected(index)
        x = Variable(X)
        y = x[index]
        y = F.sum(y * y)
        _overwrite(part)
        y.backward(create_graph=create_graph)
        np.testing.assert_array_equal(x.grad.data, gradient)
        if create_graph:
            gx, x.grad = x.grad, None
            part[:] = FORMS[form](np.array([1, 1, 1, 1]))
            F.sum(gx).backward()
            np.testing.assert_array_equal(x.grad.data, gradient / X)


def _changing(device: Any) -> dict[str, tuple[Any, Callable[[Variable, Any], Variable], Any]]:
    """Functions with something that is no operand: x, the call, and what the caller holds and changes."""
    square = device.asarray(np.linspace(-1, 1, 12).reshape(3, 4))
    labels = device.asarray(np.array([3, 0, 1]))
    mask = device.asarray(np.eye(3, 4, dtype=bool))
    binary = device.asarray(np.eye(3, 4))
    low = device.asarray(np.array([-0.5, -0.2, 0.0, 0.3]))
    average = device.asarray(np.array([0.1, 0.2, 0.3, 0.4]))
    ones = device.asarray(np.ones(4))
    return {
        "get_item": (square, lambda x, held: x[held], labels * 0 + 1),
        "get_item of a mask": (square, lambda x, held: x[held], mask),
        "embed_id": (square, lambda x, held: F.embed_id(held, x), labels % 3),
        "softmax_cross_entropy": (square, F.softmax_cross_entropy, labels),
        "softmax_cross_entropy_simple": (square, F.softmax_cross_entropy_simple, labels),
        "sigmoid_cross_entropy": (square, F.sigmoid_cross_entropy, binary),
        "binary_cross_entropy": (square * 0.25 + 0.5, F.binary_cross_entropy, binary),
        "mean_squared_error": (square, F.mean_squared_error, binary),
        "mean_squared_error, target first": (square, lambda x, held: F.mean_squared_error(held, x), binary),
        "where": (square, lambda x, held: F.where(held, x, 0.5 * x), mask),
        "Where": (square, lambda x, held: F.Where(held)(x, 0.5 * x), mask),
        "clip": (square, lambda x, held: F.clip(x, held, 0.4), low),
        "leaky_relu": (square, F.leaky_relu, low),
        "batch_norm": (square, lambda x, held: _normalized(x, held, ones), average),
    }


def _normalized(x: Variable, mean: Any, ones: Any) -> Variable:
    with dezero.test_mode():
        return F.batch_norm(x, Variable(ones), Variable(ones), mean, ones)


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name", _changing(np))
def test_settings_and_labels_may_change_before_backward(name: str, create_graph: bool, device: Any) -> None:
    for module in (np, device):
        gradients = []
        for changed in (False, True):
            array, f, held = _changing(module)[name]
            x = Variable(array)
            y = F.sum(F.square(f(x, held)))
            if changed:
                held[...] = held[::-1].copy() * 0
            y.backward(create_graph=create_graph)
            gx, x.grad = x.grad, None
            gradients.append(gx.data)
            if create_graph:
                F.sum(gx * gx).backward()
                gradients[-1] = cuda.as_numpy(x.grad)
        np.testing.assert_array_equal(*map(cuda.as_numpy, gradients))


def test_gradients_of_the_scale_after_the_running_average_moved_on() -> None:
    averages = np.zeros(2), np.ones(2)
    x, gamma = np.array([[1.0, 2.0], [3.0, -1.0]]), Variable(np.ones(2))
    with dezero.test_mode():
        y = F.batch_norm(x, gamma, np.zeros(2), *averages, eps=0.0)
    F.batch_norm(x, np.ones(2), np.zeros(2), *averages)
    y.backward()
    np.testing.assert_array_equal(gamma.grad.data, x.sum(axis=0))


def test_lists_of_axes_and_sizes_may_change() -> None:
    axes, kernel, shape = [1, 0], [2, 2], [1, 1, 3, 3]
    x = Variable(np.arange(9.0).reshape(3, 3))
    y = F.Transpose(axes)(x) * x
    images = Variable(np.arange(9.0).reshape(1, 1, 3, 3))
    columns = F.Im2col(kernel, 1, 0, True)(images)
    back = F.Col2im(shape, kernel, 1, 0, True)(columns)
    axes[:], kernel[:], shape[:] = [0, 1], [1, 1], [9, 9, 9, 9]
    y.backward()
    F.sum(back * images).backward()
    np.testing.assert_array_equal(x.grad.data, 2 * x.data.T)
    counts = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]])
    np.testing.assert_array_equal(images.grad.data[0, 0], 2 * counts * images.data[0, 0])


def test_what_is_kept_costs_nothing_where_nothing_is_recorded() -> None:
    index = np.array([0, 1])
    assert F.GetItem(index).slices is not index
    with no_grad():
        assert F.GetItem(index).slices is index


def test_the_callers_arrays_stay_writable() -> None:
    index, t = np.array([0, 1]), np.array([2, 1])
    x = Variable(X[0, :2])
    F.softmax_cross_entropy(x[index], t).backward()
    index[0], t[0] = 1, 0
