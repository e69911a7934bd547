"""Training on a device: layers made there, models, optimizers with hooks, loaders. Nothing meets the host.

The strict stand-in refuses a host array with a device array, so a forgotten `np.` fails here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dezero.functions as F
import dezero.layers as L
import dezero.optimizers as O
from dezero import DataLoader, Layer, Parameter, SeqDataLoader, cuda, test_mode
from dezero.datasets import Digits, SinCurve
from dezero.models import MLP, BottleneckA, BottleneckB, Sequential, SqueezeNet
from tests.dezero.training import OPTIMIZERS, on

LAYERS: list[tuple[Callable[[], Any], tuple[int, ...]]] = [
    (lambda: L.Linear(3), (2, 4)),
    (lambda: L.Conv2d(3, 3, pad=1), (2, 2, 4, 4)),
    (lambda: L.Deconv2d(3, 3, stride=2), (2, 2, 3, 3)),
    (L.BatchNorm, (4, 3)),
    (L.BatchNorm, (2, 3, 4, 4)),
    (lambda: L.RNN(3), (2, 4)),
    (lambda: L.LSTM(3), (2, 4)),
    (lambda: MLP((5, 3), activation=F.relu), (2, 4)),
    (lambda: Sequential(L.Linear(4), F.tanh, F.dropout, L.Linear(2)), (2, 3)),
    (lambda: BottleneckA(2, 2, 4, 2), (2, 2, 5, 5)),
    (lambda: BottleneckB(2, 2), (2, 2, 4, 4)),
    (SqueezeNet, (1, 3, 35, 35)),
]


def assert_stays(layer: Layer, device: Any) -> None:
    arrays = [v.data for p in layer.params() for v in (p, p.grad) if v is not None]
    assert {type(array) for array in arrays} == {device.ndarray}
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}


@pytest.mark.parametrize(("make", "shape"), LAYERS)
def test_what_is_first_sized_on_the_device_is_made_there(
    make: Any, shape: tuple[int, ...], device: Any
) -> None:
    layer, x = make(), on(device, shape)
    layer.to_gpu()
    optimizer = O.Adam().setup(layer)
    for _ in range(2):
        loss = F.mean(layer(x) ** 2)
        layer.cleargrads()
        loss.backward(create_graph=True)
        optimizer.update()
    assert_stays(layer, device)
    with test_mode():
        assert type(layer(x).data) is device.ndarray


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_optimizers_and_hooks_agree_with_the_host(kind: Any, device: Any) -> None:
    def train(move: Callable[[Any], Any]) -> list[np.ndarray]:
        w, b = (Parameter(move(np.linspace(-1, 1, n).reshape(-1, 3))) for n in (6, 3))
        frozen = Parameter(move(np.ones(3)))
        optimizer = kind().setup([w, b, frozen])
        for hook in (O.WeightDecay(0.1), O.FreezeParam(frozen), O.ClipGrad(0.5)):
            optimizer.add_hook(hook)
        x = move(np.arange(8.0).reshape(4, 2))
        for _ in range(3):
            for param in (w, b, frozen):
                param.cleargrad()
            F.sum((F.matmul(x, w) + b * frozen) ** 2).backward()
            optimizer.update()
        return [cuda.as_numpy(param) for param in (w, b, frozen)]

    for there, here in zip(train(device.asarray), train(np.asarray), strict=True):
        np.testing.assert_allclose(there, here, rtol=1e-12)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_what_an_optimizer_remembers_follows_its_parameter(kind: Any, device: Any) -> None:
    def train(moves: bool) -> np.ndarray:
        w = Parameter(np.linspace(-1, 1, 6))
        optimizer = kind().setup([w])
        for place in (w.to_gpu, w.to_cpu, w.to_cpu):
            w.cleargrad()
            F.sum(w**2).backward()
            kind_of_array = type(w.data)
            optimizer.update()
            assert type(w.data) is kind_of_array
            if moves:
                place()
        return w.data

    np.testing.assert_allclose(train(True), train(False), rtol=1e-14)


def test_newton_agrees_with_the_host(device: Any) -> None:
    def minimize(move: Callable[[Any], Any]) -> np.ndarray:
        x = Parameter(move(np.array([0.1, -2.0, 2.0])))
        optimizer = O.Newton(lambda: F.sum(x**4 - 2 * x**2) + F.sum(x) ** 2).setup([x])
        for _ in range(4):
            optimizer.update()
        return cuda.as_numpy(x)

    np.testing.assert_allclose(minimize(device.asarray), minimize(np.asarray), rtol=1e-10)


def test_a_classifier_is_trained_from_a_loader(device: Any) -> None:
    loader = DataLoader(Digits(train=False), 120, gpu=True, rng=0)
    model = MLP((10,))
    model.to_gpu()
    optimizer = O.Adam(alpha=0.01).setup(model)
    found = []
    for _ in range(2):
        for x, t in loader:
            y = model(x)
            model.cleargrads()
            F.softmax_cross_entropy(y, t).backward()
            optimizer.update()
            found.append(float(F.accuracy(y, t).data))
    assert_stays(model, device)
    assert found[-1] > found[0]


def test_a_sequence_is_learnt_from_a_loader(device: Any) -> None:
    loader = SeqDataLoader(SinCurve(transform=np.float32), 3, gpu=True)
    layer = L.LSTM(2)
    layer.to_gpu()
    x, t = next(loader)
    loss = F.mean_squared_error(F.sum(layer(x), axis=1, keepdims=True), t.astype(np.float32))
    loss.backward()
    loss.unchain_backward()
    assert_stays(layer, device)
