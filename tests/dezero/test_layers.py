"""Layers: their parameters and in which order, sizes, state, files, and hand-computed values."""

from __future__ import annotations

import copy
import gc
import subprocess
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dezero.functions as F
import dezero.layers as L
from dezero import Parameter, Variable
from dezero.optimizers import SGD, WeightDecay
from tests.dezero.differences import assert_gradients, substituted


class Pair(L.Layer):
    """A layer with a parameter of its own between two layers."""

    def __init__(self) -> None:
        super().__init__()
        self.zeta = L.Linear(3, in_size=2)
        self.p = Parameter(np.array(1.0, np.float32), name="p")
        self.alpha = L.Linear(1, nobias=True)

    def forward(self, x: Any) -> Variable:
        return self.alpha(self.zeta(x)) * self.p


def names(layer: L.Layer) -> list[str]:
    return [name for name, _ in layer.named_params()]


def test_parameters_come_in_the_order_of_assignment() -> None:
    """A defect of the public DeZero: they were kept in a set."""
    layer = Pair()
    assert names(layer) == ["zeta/W", "zeta/b", "p", "alpha/W"]
    expected = [layer.zeta.W, layer.zeta.b, layer.p, layer.alpha.W]
    assert [id(p) for p in layer.params()] == list(map(id, expected))


def test_the_order_is_the_same_in_every_process() -> None:
    program = "import dezero.layers as L; print([n for n, _ in L.LSTM(2, in_size=2).named_params()])"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(L.__file__).parents[2])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert outputs.pop().startswith("['x2f/W', 'x2f/b', 'x2i/W'")


def test_what_is_replaced_or_deleted_is_no_parameter_any_more() -> None:
    layer = Pair()
    layer.p = 3.0
    del layer.zeta
    assert names(layer) == ["alpha/W"]
    layer.p = Parameter(np.array(2.0))
    assert names(layer) == ["alpha/W", "p"]


def test_a_shared_parameter_comes_once() -> None:
    layer = Pair()
    layer.q = layer.p
    layer.beta = layer.alpha
    assert len(list(layer.params())) == 4


def test_none_and_numbers_may_go_into_a_layer() -> None:
    """A defect of the public DeZero: a weak reference to None crashed."""

    class Optional(L.Layer):
        def forward(self, x: Any, mask: Any, scale: Any) -> Any:
            return x * scale if mask is None else x * mask

    layer = Optional()
    x = Variable(np.ones(2))
    y = layer(x, None, 3.0)
    assert [r() for r in layer.inputs] == [x, None, 3.0]
    assert layer.outputs[0]() is y


def test_a_call_keeps_weak_references_only() -> None:
    layer = L.Linear(2)
    x = Variable(np.ones((1, 3), np.float32))
    y = layer(x)
    held = weakref.ref(x), weakref.ref(y)
    gc.disable()
    try:
        del x, y
        assert [r() for r in (*held, *layer.inputs, *layer.outputs)] == [None] * 4
    finally:
        gc.enable()


def test_several_outputs() -> None:
    class Two(L.Layer):
        def forward(self, x: Any) -> Any:
            return x + 1, x + 2

    class One(L.Layer):
        def forward(self, x: Any) -> Any:
            return (x + 1,)

    layer = Two()
    ys = layer(Variable(np.zeros(1)))
    assert [y.data[0] for y in ys] == [1, 2]
    assert [r() for r in layer.outputs] == list(ys)
    assert One()(Variable(np.zeros(1))).data[0] == 1


def test_a_layer_without_forward_says_so() -> None:
    with pytest.raises(NotImplementedError, match=r"Layer\.forward is not written"):
        L.Layer()(1)


# ---------------------------------------------------------------------------------------------------
# Linear, Conv2d, Deconv2d, EmbedID, BatchNorm
# ---------------------------------------------------------------------------------------------------

MAKERS: list[tuple[Callable[[], L.Layer], tuple[int, ...], tuple[int, ...]]] = [
    (lambda: L.Linear(4), (2, 3), (2, 4)),
    (lambda: L.Linear(4, nobias=True, in_size=3), (2, 3), (2, 4)),
    (lambda: L.Conv2d(4, (3, 2), stride=(2, 1), pad=1), (2, 3, 5, 4), (2, 4, 3, 5)),
    (lambda: L.Conv2d(4, 3, nobias=True, in_channels=3), (2, 3, 5, 4), (2, 4, 3, 2)),
    (lambda: L.Deconv2d(4, (2, 3), stride=2, pad=(0, 1)), (2, 3, 5, 4), (2, 4, 10, 7)),
    (lambda: L.BatchNorm(), (2, 3), (2, 3)),
    (lambda: L.BatchNorm(), (2, 3, 4, 5), (2, 3, 4, 5)),
    (lambda: L.RNN(4), (2, 3), (2, 4)),
    (lambda: L.LSTM(4, in_size=3), (2, 3), (2, 4)),
]


@pytest.mark.parametrize(("make", "shape", "expected"), MAKERS)
def test_shapes_and_float32_throughout(make: Any, shape: Any, expected: Any) -> None:
    """A defect of the public DeZero: initial weights, and with them everything, turned into float64."""
    layer = make()
    x = Variable(np.random.default_rng(0).standard_normal(shape, dtype="f"))
    y = layer(x)
    y.sum().backward()
    assert y.shape == expected
    dtypes = {y.dtype, x.grad.dtype, *(p.dtype for p in layer.params())}
    dtypes |= {p.grad.dtype for p in layer.params() if p.grad is not None}
    assert dtypes == {np.dtype(np.float32)}


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_dtype_of_the_weights_is_as_asked(dtype: Any) -> None:
    for layer in (
        L.Linear(2, dtype=dtype, in_size=3),
        L.Conv2d(2, 3, dtype=dtype, in_channels=1),
        L.Deconv2d(2, 3, dtype=dtype, in_channels=1),
        L.EmbedID(5, 2, dtype=dtype),
    ):
        assert {p.dtype for p in layer.params()} == {np.dtype(dtype)}


@pytest.mark.parametrize(
    ("layer", "fan_in"),
    [
        (L.Linear(200, in_size=300), 300),
        (L.Conv2d(100, 3, in_channels=50), 450),
        (L.Deconv2d(100, 3, in_channels=50), 450),
        (L.EmbedID(300, 200), 1),
    ],
)
def test_weights_have_the_variance_that_keeps_that_of_x(layer: Any, fan_in: int) -> None:
    np.testing.assert_allclose(layer.W.data.std(), fan_in**-0.5, rtol=0.02)
    np.testing.assert_allclose(layer.W.data.mean(), 0, atol=0.02 * fan_in**-0.5)


@pytest.mark.parametrize("layer", [L.Linear(2), L.Conv2d(2, 1), L.Deconv2d(2, 1), L.BatchNorm()])
def test_an_input_without_the_axis_that_sizes_the_layer(layer: L.Layer) -> None:
    with pytest.raises(ValueError, match="cannot take the input size from x of shape"):
        layer(np.array(1.0))


def test_embedding_adds_the_gradients_of_a_row_used_twice() -> None:
    layer = L.EmbedID(4, 2)
    y = layer(np.array([[1, 3], [1, 0]]))
    y.backward()
    assert y.shape == (2, 2, 2)
    np.testing.assert_array_equal(layer.W.grad.data, [[1, 1], [2, 2], [0, 0], [1, 1]])


def test_embedding_refuses_what_is_no_integer() -> None:
    with pytest.raises(TypeError, match="embed_id: x must be an array of integers, got float64"):
        L.EmbedID(4, 2)(np.array([1.0]))
    with pytest.raises(TypeError, match=r"embed_id: x must be an array of integers, got \[\[1\], \[2, 3\]\]"):
        L.EmbedID(4, 2)([[1], [2, 3]])
    with pytest.raises(IndexError, match="embed_id: x must be from 0 to 3, got 4"):
        L.EmbedID(4, 2)(np.array([4]))


def test_running_averages_are_saved_but_not_trained() -> None:
    layer = L.BatchNorm()
    layer(np.array([[0.0], [2.0]], np.float32)).sum().backward()
    assert names(layer) == ["avg_mean", "avg_var", "gamma", "beta"]
    np.testing.assert_allclose(layer.avg_mean.data, [0.1], rtol=1e-6)
    optimizer = SGD(0.1).setup(layer)
    optimizer.add_hook(WeightDecay(0.5))
    optimizer.update()
    np.testing.assert_allclose(layer.avg_mean.data, [0.1], rtol=1e-6)
    assert layer.beta.data[0] == np.float32(-0.2)


# ---------------------------------------------------------------------------------------------------
# RNN, LSTM
# ---------------------------------------------------------------------------------------------------


def test_rnn_with_in_size_has_a_square_recurrent_weight() -> None:
    """A defect of the public DeZero: it got the input's size."""
    layer = L.RNN(4, in_size=3)
    assert (layer.x2h.W.shape, layer.h2h.W.shape, layer.h2h.b) == ((3, 4), (4, 4), None)
    layer(np.ones((2, 3), np.float32))
    assert layer(np.ones((2, 3), np.float32)).shape == (2, 4)


def test_values_of_rnn() -> None:
    layer = L.RNN(1, in_size=1)
    layer.x2h.W.data[...], layer.x2h.b.data[...], layer.h2h.W.data[...] = 2.0, 0.5, -1.0
    h = 0.0
    for x in (0.1, -0.2, 0.3):
        h = np.tanh(2 * x + 0.5 - h)
        np.testing.assert_allclose(layer(np.array([[x]])).data, [[h]], rtol=1e-6)
    layer.reset_state()
    np.testing.assert_allclose(layer(np.array([[0.1]])).data, [[np.tanh(0.7)]], rtol=1e-6)


def test_lstm_is_the_layers_it_is_made_of() -> None:
    layer = L.LSTM(3, in_size=2)
    xs = [Variable(x) for x in np.random.default_rng(0).standard_normal((4, 5, 2))]
    h = c = None
    for x in xs:
        z = {
            gate: getattr(layer, f"x2{gate}")(x) + (0 if h is None else getattr(layer, f"h2{gate}")(h))
            for gate in "fiou"
        }
        f, i, o, u = (*(F.sigmoid(z[gate]) for gate in "fio"), F.tanh(z["u"]))
        c = i * u if c is None else f * c + i * u
        h = o * F.tanh(c)
        np.testing.assert_allclose(layer(x).data, h.data, rtol=1e-12)
        np.testing.assert_allclose(layer.c.data, c.data, rtol=1e-12)
    layer.h.sum().backward()
    expected = [p.grad.data for p in layer.params()]
    gx = [x.grad.data for x in xs]
    for v in (*layer.params(), *xs):
        v.cleargrad()
    h.sum().backward()
    for p, e in zip(layer.params(), expected, strict=True):
        np.testing.assert_allclose(e, p.grad.data, rtol=1e-4, atol=1e-6)
    for x, e in zip(xs, gx, strict=True):
        np.testing.assert_allclose(e, x.grad.data, rtol=1e-10)


@pytest.mark.parametrize("make", [lambda: L.LSTM(2, in_size=2), lambda: L.RNN(2, in_size=2)])
def test_gradients_over_three_steps_to_order_2(make: Any) -> None:
    """Of all states, by the inputs and every parameter."""
    rng = np.random.default_rng(0)
    layer = make()
    params = names(layer)
    arrays = [rng.standard_normal((3, 2, 2)), *(0.5 * rng.standard_normal(p.shape) for p in layer.params())]

    def states(xs: Variable, *weights: Variable) -> Variable:
        recurrent = substituted(layer, params, weights)
        return F.concatenate([recurrent(xs[step]) for step in range(3)], axis=1)

    assert_gradients(states, *arrays)


def test_truncation_cuts_the_past_and_keeps_the_state() -> None:
    layer = L.LSTM(2, in_size=1)
    first = Variable(np.ones((1, 1)))
    layer(first).unchain_backward()
    layer.c.unchain_backward()
    layer(np.ones((1, 1))).sum().backward()
    assert first.grad is None
    assert layer.x2u.W.grad is not None


def over_time(layer: L.LSTM, xs: Any, change: Any) -> tuple[list[Any], list[Any]]:
    """The states of two steps with a change of the layer in between, and the parameters' gradients."""
    layer.reset_state()
    layer.cleargrads()
    states = [layer(xs[0])]
    change(layer)
    states.append(layer(xs[1]))
    sum(states).sum().backward()
    return [h.data for h in states], [p.grad.data for p in layer.params()]


def in_place(layer: L.LSTM) -> None:
    for param in layer.params():
        param.data *= 1.5


def other_arrays(layer: L.LSTM) -> None:
    for param in layer.params():
        param.data = 1.5 * param.data


def other_parameters(layer: L.LSTM) -> None:
    layer.x2i.W, layer.h2u.W = (Parameter(1.5 * param.data) for param in (layer.x2i.W, layer.h2u.W))


def not_in_one_piece(layer: L.LSTM) -> None:
    layer.h2o.W.data = np.asfortranarray(1.5 * layer.h2o.W.data)


@pytest.mark.parametrize("change", [in_place, other_arrays, other_parameters, not_in_one_piece])
def test_weights_of_an_lstm_may_change_within_a_sequence(change: Any) -> None:
    """As if it stacked them at each step."""

    def change_and_forget(layer: L.LSTM) -> None:
        change(layer)
        layer.h = layer.h + 0  # made by no step: there are no weights to be found again

    layer, xs = L.LSTM(3, in_size=2), np.random.default_rng(0).standard_normal((2, 4, 2), dtype="f")
    twin = copy.deepcopy(layer)
    found, expected = over_time(layer, xs, change), over_time(twin, xs, change_and_forget)
    for ours, theirs in zip(found, expected, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


def test_steps_of_an_lstm_share_the_stack_of_its_weights_until_these_change() -> None:
    layer = L.LSTM(3, in_size=2)
    x = np.ones((1, 2), np.float32)
    first = layer(x).creator.inputs[3:]
    assert all(a is b for a, b in zip(layer(x).creator.inputs[3:], first, strict=True))
    layer.x2u.b.data[1] = 1.0
    assert not any(a is b for a, b in zip(layer(x).creator.inputs[3:], first, strict=True))


def test_cutting_the_past_leaves_the_weights_of_the_steps_after_it() -> None:
    """A loss that comes one step late is cut off when the next step has been made already."""
    layer, x = L.LSTM(2, in_size=1), np.ones((1, 1), np.float32)
    before = layer(x)
    h = layer(x)
    before.unchain_backward()
    h.sum().backward()
    assert layer.x2u.W.grad is not None
    assert layer.h2u.W.grad is not None


@pytest.mark.parametrize("dtype", ["f2", "f", "d", "g"])
def test_an_lstm_of_large_and_small_numbers(dtype: str) -> None:
    """Where no exponential is a normal number the slopes are found otherwise: the two meet at its end."""
    layer = L.LSTM(1, in_size=1)
    for param in layer.params():
        param.data = np.ones(param.shape, dtype)
    for size in (0.5, 5.0, 40.0, 50.0, 360.0, 1e4):
        layer.reset_state()
        x = Variable(np.array([[size], [-size], [0.0]], dtype))
        with np.errstate(all="raise", under="ignore"):
            layer(x).sum().backward()
        alone = [Variable(row) for row in x.data[:, None]]
        for row in alone:
            layer.reset_state()
            layer(row).sum().backward()
        np.testing.assert_allclose(x.grad.data[:, 0], [row.grad.data.item() for row in alone], rtol=1e-5)


# ---------------------------------------------------------------------------------------------------
# Devices, files
# ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("make", "shape", "expected"), MAKERS)
def test_layers_go_to_the_device_and_back(make: Any, shape: Any, expected: Any, device: Any) -> None:
    layer = make()
    x = np.random.default_rng(0).standard_normal(shape)
    here = layer(x).data
    layer.h = layer.c = None
    layer.to_gpu()
    there = layer(Variable(device.asarray(x)))
    there.sum().backward()
    assert type(there.data) is device.ndarray
    assert {type(p.data) for p in layer.params()} == {device.ndarray}
    np.testing.assert_allclose(device.asnumpy(there.data), here, rtol=1e-6, atol=1e-6)
    layer.to_cpu()
    assert {type(p.data) for p in layer.params()} == {np.ndarray}


def test_embedded_numbers_come_from_the_device(device: Any) -> None:
    layer = L.EmbedID(5, 2)
    layer.to_gpu()
    layer(device.asarray(np.array([[1, 1], [0, 4]]))).sum().backward()
    assert {type(layer.W.data), type(layer.W.grad.data)} == {device.ndarray}
    np.testing.assert_array_equal(device.asnumpy(layer.W.grad.data)[1], [2, 2])


def test_saving_without_sizes_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    path.write_bytes(b"precious")
    with pytest.raises(ValueError, match="save_weights: alpha/W have no size yet"):
        Pair().save_weights(path)
    assert path.read_bytes() == b"precious"


def test_an_interrupted_save_leaves_the_old_file(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "weights.npz"
    path.write_bytes(b"precious")

    def interrupted(stream: Any, **arrays: Any) -> None:
        stream.write(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez_compressed", interrupted)
    with pytest.raises(KeyboardInterrupt):
        L.Linear(2, in_size=3).save_weights(path)
    assert [p.name for p in tmp_path.iterdir()] == ["weights.npz"]
    assert path.read_bytes() == b"precious"


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 and then nothing"])
def test_a_file_that_is_no_archive(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"load_weights: .*w\.npz is no npz file of weights"):
        L.Linear(2, in_size=3).load_weights(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        L.Linear(2).load_weights(tmp_path / "none.npz")
