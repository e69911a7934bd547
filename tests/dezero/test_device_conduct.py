"""On a device dezero conducts itself as on the host: errors, indices, moves, random numbers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dezero
import dezero.functions as F
import dezero.layers as L
import dezero.optimizers as O
from dezero import Function, Parameter, Variable, cuda
from dezero.functions.indexing import sum_at
from dezero.models import MLP
from tests.dezero.strict_device import StrictDevice

X = np.arange(12.0).reshape(3, 4)
WRONG: list[tuple[Any, str]] = [
    (3, "3 is out of bounds for axis 0"),
    ((0, -5), "-5 is out of bounds for axis 1"),
    (np.array([0, 3]), "must be from -3 to 2, got 3"),
    (np.array([[-4]], np.int8), "must be from -3 to 2, got -4"),
    ([1, 7], "must be from -3 to 2, got 7"),
    ((..., np.array([4, 0])), "indices of axis 1 of x (3, 4) must be from -4 to 3, got 4"),
    ((slice(None), None, [-5]), "indices of axis 1 of x (3, 4) must be from -4 to 3, got -5"),
    (np.ones(4, bool), "a mask of axis 0 of x (3, 4) must have its sizes, got shape (4,)"),
    ((0, np.ones(3, bool)), "a mask of axis 1 of x (3, 4) must have its sizes, got shape (3,)"),
    ((0, 0, 0), "too many indices"),
    (([0], [0], [0]), "too many indices"),
    (np.array([0.5]), "arrays of indices must be integer or boolean, got float64"),
    (([0, 1], [0, 1, 2]), "roadcast"),
]


def moved(device: Any, index: Any) -> Any:
    """An index with its arrays on the device."""
    if isinstance(index, tuple):
        return tuple(moved(device, part) for part in index)
    return device.asarray(index) if isinstance(index, np.ndarray) else index


@pytest.mark.parametrize(("index", "message"), WRONG, ids=str)
def test_an_index_out_of_range_is_an_error(index: Any, message: str, device: Any) -> None:
    x = Variable(device.asarray(X))
    for given_index in (index, moved(device, index)):
        with pytest.raises(IndexError, match="get_item: ") as caught:
            x[given_index]
        assert message.lower() in str(caught.value).lower()
    with pytest.raises(IndexError, match="get_item: "):
        Variable(X)[index]


def test_a_number_that_is_no_row_is_an_error(device: Any) -> None:
    layer = L.EmbedID(5, 2)
    for numbers, got in [([0, 5], 5), ([[-1]], -1)]:
        for place in (np.asarray, device.asarray):
            layer.to_gpu()
            with pytest.raises(IndexError, match=f"embed_id: x must be from 0 to 4, got {got}"):
                layer(place(np.array(numbers)))
        layer.to_cpu()
        with pytest.raises(IndexError, match=f"embed_id: x must be from 0 to 4, got {got}"):
            layer(np.array(numbers))
    layer.to_gpu()
    assert layer(np.zeros((2, 0), int)).shape == (2, 0, 2)


@pytest.mark.parametrize("dtype", ["?", "b", "B", "h", "H", "i", "I", "q", "Q", "e", "f", "d", "F", "D"])
def test_every_dtype_is_summed_by_index(dtype: str, device: Any) -> None:
    sign = 1 - 2j if dtype in "FD" else -3 if dtype in "bhiq" else 1
    values = (np.arange(6).reshape(3, 2) * sign).astype(dtype)
    index = np.array([1, 0, 1])
    expected = np.zeros((2, 2), dtype)
    np.add.at(expected, index, values)
    for there in (np.asarray, device.asarray):
        total = cuda.as_numpy(sum_at(there(index), there(values), (2, 2)))
        assert total.dtype == np.dtype(dtype)
        np.testing.assert_array_equal(total, expected)


def test_many_terms_in_float16_keep_their_sum(device: Any) -> None:
    for there in (np.asarray, device.asarray):
        x = Variable(there(np.ones(2, np.float16)))
        F.sum(x[np.zeros(3000, int)]).backward()
        assert x.grad is not None
        assert cuda.as_numpy(x.grad).tolist() == [3000, 0]


def test_an_integer_variable_is_an_index(device: Any) -> None:
    number = Variable(device.asarray(np.array(1)))
    assert ["a", "b"][number] == "b"
    assert list(range(number)) == [0]
    assert X[number].tolist() == X[1].tolist()
    for no_index in (np.array(1.0), np.array([1, 2])):
        with pytest.raises(TypeError, match="only integer scalar arrays"):
            range(Variable(device.asarray(no_index)))  # type: ignore[arg-type]


def test_a_variable_there_behaves_as_one_of_the_host(device: Any) -> None:
    x = Variable(device.asarray(np.array([[1.5, 0.0]])))
    assert len(x) == 1
    assert [float(element) for element in x[0]] == [1.5, 0.0]
    assert [row.shape for row in x] == [(2,)]
    assert (bool(x[0, 0]), int(x[0, 0])) == (True, 1)
    assert 1.5 in x
    assert repr(x) == "variable([[1.5 0. ]])"
    accuracy = F.accuracy(x, device.asarray(np.array([0]))).data
    assert (type(accuracy), accuracy.shape, float(accuracy)) == (device.ndarray, (), 1.0)
    with pytest.raises(TypeError):
        len(Variable(device.asarray(np.array(1.0))))
    with pytest.raises(ValueError, match="ambiguous"):
        bool(x)


MIXED: list[tuple[Callable[[Any, Any], Any], str]] = [
    (lambda x, h: x + h, "add: .*x0 float64[2] on the device, x1 float64[2] on the host"),
    (lambda x, h: h * x, "mul: .*x0 float64[2] on the host, x1 float64[2] on the device"),
    (lambda x, h: x + Variable(np.array(1.0)), "x1 float64[] on the host"),
    (lambda x, h: F.maximum(h, x), "maximum: .*x0 float64[2] on the host"),
    (lambda x, h: F.where(h > 0, x, 0.0), "where: .*condition bool[2] on the host"),
    (lambda x, h: F.clip(x, h, None), "clip: .*x_min float64[2] on the host"),
    (lambda x, h: F.concatenate([x, h]), "concatenate: .*xs float64[2] on the device, operand 1 float64[2]"),
    (lambda x, h: F.mean_squared_error(x, h), "mean_squared_error: "),
    (lambda x, h: F.linear(x, h.reshape(2, 1)), "linear: .*W float64[2, 1] on the host"),
    (lambda x, h: F.matmul(np.ones((2, 2)), x), "matmul: .*x float64[2, 2] on the host, W float64[2, 1] on"),
    (lambda x, h: Variable(h)[x.data.astype("i8")], "get_item: .*slices int64[2] on the device"),
]


@pytest.mark.parametrize(("call", "message"), MIXED, ids=[message for _, message in MIXED])
def test_arrays_on_two_sides_are_named(call: Any, message: str, device: Any) -> None:
    name, _, place = message.rpartition(": .*")
    with pytest.raises(TypeError, match="all arrays must lie on one side, got ") as caught:
        call(Variable(device.asarray(np.ones(2))), np.ones(2))
    assert name in str(caught.value)
    assert place in str(caught.value)


def test_numbers_of_numpy_are_numbers(device: Any) -> None:
    x = Variable(device.asarray(np.ones(2, np.float32)))
    for y in (
        np.float64(0.1) * x,
        x / np.int64(3),
        2.0 * x + 1,
        F.maximum(x, np.float64(2.0)),
        x - np.array(0.5)[()],
    ):
        y.backward()
        assert type(y.data) is type(x.grad.data) is device.ndarray
        assert y.dtype == x.grad.dtype == np.float32


def test_numbers_and_arrays_are_gradients(device: Any) -> None:
    class Constants(Function):
        def forward(self, *xs: Any) -> Any:
            return sum(xs)

        def backward(self, gy: Variable) -> Any:
            five, ones = device.asarray(np.array(5.0)), device.asarray(np.ones(2))
            return 2.0, np.float64(3.0), np.array(4.0), five, ones

    for create_graph in (False, True):
        xs = [Variable(device.asarray(np.ones(2, np.float32))) for _ in range(5)]
        y = Constants()(*xs)
        y.grad = device.asarray(np.ones(2, np.float32))
        y.backward(create_graph=create_graph)
        for x, value in zip(xs, (2.0, 3.0, 4.0, 5.0, 1.0), strict=True):
            assert (type(x.grad.data), x.grad.dtype) == (device.ndarray, np.float32)
            assert cuda.as_numpy(x.grad).tolist() == [value, value]


def test_what_is_assigned_to_a_variable(device: Any) -> None:
    x = Variable(device.asarray(np.ones(2, np.float32)))
    x.grad = 3.0
    assert (type(x.grad.data), x.grad.dtype) == (device.ndarray, np.float32)
    x.grad = device.asarray(np.zeros(2))
    x.data = x - x.grad
    assert type(x.data) is device.ndarray
    x.data = device.asarray(np.zeros(3))
    assert x.shape == (3,)


@pytest.mark.parametrize("label", [-1, 3, 2**40])
def test_a_label_that_is_no_class_is_nan_there(label: int, device: Any) -> None:
    x = Variable(device.asarray(np.ones((2, 3), np.float32)))
    loss = F.softmax_cross_entropy(x, device.asarray(np.array([1, label])))
    loss.backward()
    assert loss.dtype == np.float32
    assert np.isnan(float(loss))
    assert x.grad is not None
    assert np.isnan(cuda.as_numpy(x.grad)).all(axis=1).tolist() == [False, True]
    for labels in (np.array([1, label]), device.asarray(np.array([1, label]))):
        with pytest.raises(ValueError, match="softmax_cross_entropy_simple: labels t must be in"):
            F.softmax_cross_entropy_simple(x, labels)
    with pytest.raises(ValueError, match="softmax_cross_entropy: labels t must be in"):
        F.softmax_cross_entropy(x, np.array([1, label]))


@pytest.mark.parametrize("loss", [F.softmax_cross_entropy, F.softmax_cross_entropy_simple, F.accuracy])
def test_labels_may_lie_on_the_host(loss: Any, device: Any) -> None:
    logits, labels = np.array([[0.0, 1.0], [3.0, 1.0]]), np.array([1, 1])
    there = loss(Variable(device.asarray(logits)), labels)
    assert type(there.data) is device.ndarray
    np.testing.assert_allclose(cuda.as_numpy(there), loss(logits, labels).data, rtol=1e-15)


@pytest.mark.parametrize("scale", [0.1, 100.0, np.nan])
def test_gradients_are_clipped_there_as_here(scale: float, device: Any) -> None:
    def clipped(there: Any) -> np.ndarray:
        w = Parameter(there(np.array([3.0, 4.0], np.float32)))
        w.grad = Variable(there(np.array([3.0, 4.0 * scale], np.float32)))
        O.ClipGrad(2.0)([w])
        return cuda.as_numpy(w.grad)

    np.testing.assert_allclose(clipped(device.asarray), clipped(np.asarray), rtol=3e-7)


def test_a_model_that_is_moved_before_it_is_loaded_lies_there(tmp_path: Any, device: Any) -> None:
    model, x = MLP((4, 3)), np.ones((2, 5), np.float32)
    y = model(x)
    model.save_weights(tmp_path / "weights.npz")
    other = MLP((4, 3))
    other.to_gpu()
    other.load_weights(tmp_path / "weights.npz")
    assert {type(param.data) for param in other.params()} == {device.ndarray}
    np.testing.assert_allclose(cuda.as_numpy(other(device.asarray(x))), y.data, rtol=1e-6)
    other = MLP((4, 3))
    other.to_gpu()
    other.to_cpu()
    other.load_weights(tmp_path / "weights.npz")
    np.testing.assert_array_equal(other(x).data, y.data)


def test_without_a_device_to_gpu_says_so_at_once() -> None:
    if cuda.is_available():
        pytest.skip("this machine has a device")
    for move in (Variable(np.ones(2)).to_gpu, L.Linear(3, nobias=True).to_gpu):
        with pytest.raises(RuntimeError, match="cuda: CuPy is"):
            move()
    assert cuda.gpu_enable is False


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_one_seed_repeats_what_is_drawn_there_and_here(dtype: Any, device: Any) -> None:
    def drawn() -> list[np.ndarray]:
        dezero.seed(3)
        x = device.asarray(np.ones((4, 50), dtype))
        layer = L.Linear(5, dtype=dtype)
        layer.to_gpu()
        y, kept = layer(x), F.dropout(x, 0.25)
        assert layer.W.dtype == y.dtype == kept.dtype == dtype
        return [cuda.as_numpy(v) for v in (layer.W, kept)] + [np.random.random_sample(2)]  # noqa: NPY002

    weights, kept, here = drawn()
    for a, b in zip(drawn(), (weights, kept, here), strict=True):
        np.testing.assert_array_equal(a, b)
    assert np.std(weights) == pytest.approx(50**-0.5, rel=0.3)
    assert (kept == 0).mean() == pytest.approx(0.25, abs=0.12)
    dezero.seed(4)
    assert np.random.random_sample(2).tolist() != here.tolist()  # noqa: NPY002


def test_a_device_draws_in_the_dtype_of_its_data(standin: Any, monkeypatch: Any) -> None:
    drawn = []
    for name in ("standard_normal", "random_sample"):
        draw = getattr(standin.random, name)
        monkeypatch.setattr(
            standin.random,
            name,
            lambda size, dtype, draw=draw: drawn.append(np.dtype(dtype).name) or draw(size, dtype),
        )
    for dtype in (np.float16, np.float32, np.float64):
        x = standin.asarray(np.ones((2, 3), dtype))
        L.Linear(2, nobias=True, dtype=dtype)(F.dropout(x))
    assert drawn == ["float32"] * 4 + ["float64"] * 2


def test_a_seed_is_remembered_for_a_device_that_comes_later() -> None:
    def first() -> list[float]:
        dezero.seed(5)
        module: Any = StrictDevice()
        cuda.register_array_module(module)
        try:
            return module.asnumpy(module.random.random_sample(3)).tolist()
        finally:
            cuda.unregister_array_module(module)

    assert first() == first()


def test_a_seed_imports_no_cupy() -> None:
    code = "import sys, dezero; dezero.seed(0); assert 'cupy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("value", "error"),
    [(0.5, TypeError), (None, TypeError), (-1, ValueError), (2**32, ValueError)],
)
def test_a_seed_is_an_integer_that_numpy_takes(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="seed: value must be "):
        dezero.seed(value)
