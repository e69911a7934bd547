"""Whole models on a device: the same outputs as on the host, copies, files, ONNX."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dezero.functions as F
import dezero.layers as L
from dezero import Variable, cuda, no_grad, onnx, test_mode
from dezero.models import MLP, VGG16, ResNet50, Sequential, SqueezeNet

MODELS: list[tuple[Callable[[], Any], tuple[int, ...]]] = [
    (lambda: MLP((5, 3)), (2, 4)),
    (lambda: Sequential(L.LSTM(3), L.Linear(2)), (2, 4)),
    (VGG16, (1, 3, 32, 32)),
    (ResNet50, (1, 3, 32, 32)),
    (SqueezeNet, (1, 3, 35, 35)),
]


def images(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


def outputs(model: Any, x: Any) -> np.ndarray:
    with no_grad(), test_mode():
        return cuda.as_numpy(model(x))


@pytest.mark.usefixtures("quick_weights")
@pytest.mark.parametrize(("make", "shape"), MODELS)
def test_a_model_made_on_the_host_gives_the_same_on_the_device(make: Any, shape: Any, device: Any) -> None:
    model, x = make(), images(shape)
    wanted = outputs(model, x)
    if hasattr(model, "reset_state"):
        model.reset_state()
    for layer in getattr(model, "layers", []):
        if hasattr(layer, "reset_state"):
            layer.reset_state()
    model.to_gpu()
    found = outputs(model, device.asarray(x))
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-4 * np.abs(wanted).max())


def trained(device: Any) -> tuple[Any, Any]:
    """A small network with a gradient, and an input, both on the device."""
    model = Sequential(L.Linear(4), L.BatchNorm(), F.relu, L.Linear(2))
    model.to_gpu()
    x = device.asarray(images((3, 5)))
    F.sum(model(x) ** 2).backward()
    return model, x


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_of_a_model_are_on_the_device(copied: Any, device: Any) -> None:
    model, x = trained(device)
    other = copied(model)
    for mine, its in zip(model.params(), other.params(), strict=True):
        assert type(its.data) is device.ndarray
        assert its.data is not mine.data
    np.testing.assert_array_equal(outputs(other, x), outputs(model, x))


def test_weights_move_between_host_and_device_by_a_file(tmp_path: Any, device: Any) -> None:
    model, x = trained(device)
    model.save_weights(tmp_path / "weights.npz")
    host = Sequential(L.Linear(4), L.BatchNorm(), F.relu, L.Linear(2))
    host(cuda.as_numpy(x))
    host.load_weights(tmp_path / "weights.npz")
    assert {type(param.data) for param in host.params()} == {np.ndarray}
    np.testing.assert_allclose(outputs(host, cuda.as_numpy(x)), outputs(model, x), rtol=1e-4, atol=1e-6)
    unsized = Sequential(L.Linear(4), L.BatchNorm(), F.relu, L.Linear(2))
    unsized.to_gpu()
    unsized.load_weights(tmp_path / "weights.npz")
    np.testing.assert_array_equal(outputs(unsized, x), outputs(model, x))


def test_a_model_travels_there_and_back(device: Any) -> None:
    model, x = trained(device)
    wanted = outputs(model, x)
    model.to_cpu()
    assert {type(param.data) for param in model.params()} == {np.ndarray}
    np.testing.assert_allclose(outputs(model, cuda.as_numpy(x)), wanted, rtol=1e-4, atol=1e-6)


def test_the_state_of_a_recurrent_layer_follows_its_input(device: Any) -> None:
    for layer in (L.RNN(3), L.LSTM(3)):
        layer.to_gpu()
        x = device.asarray(images((2, 4)))
        layer(x)
        y = layer(x)
        assert type(layer.h.data) is device.ndarray
        y.backward()
        y.unchain_backward()
        layer.reset_state()
        assert type(layer(x).data) is device.ndarray


def test_a_model_on_the_device_is_exported(tmp_path: Any, device: Any) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    model, x = trained(device)
    with test_mode():
        onnx.export(model, x, path=tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {session.get_inputs()[0].name: cuda.as_numpy(x)})
    np.testing.assert_allclose(found, outputs(model, x), rtol=1e-4, atol=1e-5)


def test_gradients_of_gradients_of_a_network(device: Any) -> None:
    model, x = trained(device)
    x = Variable(x)
    model(x).sum().backward(create_graph=True)
    penalty = F.sum(x.grad**2)
    model.cleargrads()
    penalty.backward()
    assert all(type(p.grad.data) is device.ndarray for p in model.params() if p.grad is not None)
