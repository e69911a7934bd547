"""A training step on a device neither waits for it nor sends it anything: forward, backward, update.

Where a step must, its docstring says so, and here it is counted.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import dezero.functions as F
import dezero.layers as L
import dezero.optimizers as O
from dezero import Layer, Parameter, Variable, no_grad, test_mode
from dezero.models import MLP, BottleneckA, Sequential, SqueezeNet
from tests.dezero.strict_device import counting
from tests.dezero.training import OPTIMIZERS, on

LABELS = np.array([2, 0, 1, 1])
HALVES = np.full((4, 3), 0.5, np.float32)


class Unrolled(Layer):
    """A recurrent layer over three steps in time."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Any) -> Variable:
        self.layer.reset_state()
        for _ in range(3):
            y = self.layer(x)
        return y


class Picking(Layer):
    """What reads elements by index."""

    def __init__(self) -> None:
        super().__init__()
        self.w = Parameter(np.ones((5, 3), np.float32))

    def forward(self, x: Any) -> Variable:
        return x[1:, ..., :3] @ self.w[:3] + self.w[-1, None]


MODELS: list[tuple[str, Callable[[], Any], tuple[int, ...]]] = [
    ("MLP", lambda: MLP((5, 3), activation=F.relu), (4, 6)),
    ("activations", lambda: Sequential(L.Linear(3), F.tanh, F.softplus, F.leaky_relu, F.sigmoid), (4, 6)),
    (
        "CNN",
        lambda: Sequential(
            L.Conv2d(4, 3, pad=1), L.BatchNorm(), F.relu, lambda x: F.pooling(x, 2, 2), F.dropout,
            L.Deconv2d(2, 2), lambda x: F.average_pooling(x, 2, 1, 1), F.flatten, L.Linear(3),
        ),
        (4, 2, 6, 6),
    ),
    ("ResNet's block", lambda: Sequential(BottleneckA(2, 2, 4, 2), F.flatten, L.Linear(3)), (4, 2, 5, 5)),
    ("SqueezeNet", SqueezeNet, (1, 3, 35, 35)),
    ("RNN", lambda: Unrolled(L.RNN(3)), (4, 6)),
    ("LSTM", lambda: Unrolled(L.LSTM(3)), (4, 6)),
    ("indices of the host's", Picking, (5, 3)),
]  # fmt: skip

LOSSES: list[tuple[str, Callable[[Any, Any], Variable]]] = [
    ("softmax_cross_entropy", lambda y, t: F.softmax_cross_entropy(y, t.labels)),
    ("mean_squared_error", lambda y, t: F.mean_squared_error(y, t.halves)),
    ("sigmoid_cross_entropy", lambda y, t: F.sigmoid_cross_entropy(y, t.flags)),
    ("binary_cross_entropy", lambda y, t: F.binary_cross_entropy(F.sigmoid(y), t.halves)),
    ("numbers", lambda y, t: F.sum(np.float64(0.5) * F.maximum(y - 1, 0.0) ** 2 + F.clip(y, -1, 1) / 3)),
    ("reductions", lambda y, t: F.mean(F.logsumexp(y, axis=1) - F.log_softmax(y).max() - F.softmax(y).min())),
]


def crossings(step: Callable[[], Any]) -> list[str]:
    """What crossed the border in a second step: the first one makes weights and state."""
    step()
    with counting() as counts:
        step()
    return counts.where


def training(model: Layer, optimizer: O.Optimizer, loss: Callable[[], Variable]) -> Callable[[], None]:
    optimizer.setup(model)

    def step() -> None:
        value = loss()
        model.cleargrads()
        value.backward()
        optimizer.update()

    return step


@pytest.mark.parametrize(("name", "make", "shape"), MODELS, ids=[name for name, *_ in MODELS])
def test_models_do_not_wait(name: str, make: Any, shape: tuple[int, ...], standin: Any) -> None:
    model, x = make(), on(standin, shape)
    model.to_gpu()
    assert crossings(training(model, O.Adam(), lambda: F.mean(model(x) ** 2))) == []
    with test_mode(), no_grad():
        assert crossings(lambda: model(x)) == []


@pytest.mark.parametrize(("name", "loss"), LOSSES, ids=[name for name, _ in LOSSES])
def test_losses_do_not_wait(name: str, loss: Any, standin: Any) -> None:
    model, x = MLP((3,)), on(standin, (4, 6))
    model.to_gpu()
    t = SimpleNamespace(
        labels=standin.asarray(LABELS), halves=standin.asarray(HALVES), flags=standin.asarray(HALVES > 0)
    )
    assert crossings(training(model, O.SGD(), lambda: loss(model(x), t))) == []
    assert crossings(lambda: F.accuracy(model(x), t.labels)) == []


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_optimizers_and_hooks_do_not_wait(kind: Any, standin: Any) -> None:
    model, x = MLP((4, 3)), on(standin, (4, 6))
    model.to_gpu()
    model(x)
    optimizer = kind()
    for hook in (O.WeightDecay(1e-4), O.FreezeParam(model.l0), O.ClipGrad(0.1)):
        optimizer.add_hook(hook)
    assert crossings(training(model, optimizer, lambda: F.mean(model(x) ** 2))) == []


def test_higher_orders_do_not_wait(standin: Any) -> None:
    model, x = MLP((4, 3), activation=F.tanh), Variable(on(standin, (4, 6)))
    model.to_gpu()
    t = standin.asarray(LABELS)

    def step() -> None:
        x.cleargrad()
        F.softmax_cross_entropy(model(x), t).backward(create_graph=True)
        gx, x.grad = x.grad, None
        assert gx is not None
        F.sum(gx * gx).backward()

    assert crossings(step) == []


def test_embedding_waits_once_for_numbers_that_lie_there(standin: Any) -> None:
    layer, numbers = L.EmbedID(5, 2), np.array([[1, 1], [0, 4]])
    layer.to_gpu()
    there = standin.asarray(numbers)
    assert kinds(training(layer, O.SGD(), lambda: F.sum(layer(there)))) == ["bool"]
    assert kinds(training(layer, O.SGD(), lambda: F.sum(layer(numbers)))) == ["upload"]


def test_labels_of_the_host_are_sent_once(standin: Any) -> None:
    model, x = MLP((3,)), on(standin, (4, 6))
    model.to_gpu()
    loss = training(model, O.SGD(), lambda: F.softmax_cross_entropy(model(x), LABELS))
    assert kinds(loss) == ["upload"]


def test_indexing_waits_once_for_what_lies_there(standin: Any) -> None:
    x = Variable(on(standin, (4, 3)))
    rows, columns = standin.asarray(np.array([0, 3])), standin.asarray(np.array([1, -1], np.int8))
    mask = np.array([True, False, True, True])

    def reading(index: Any) -> Callable[[], None]:
        return lambda: F.sum(x[index] ** 2).backward(create_graph=True)

    assert kinds(reading((rows, columns))) == ["bool"]
    assert kinds(reading((rows, [1, 2]))) == ["bool", "upload"]
    assert kinds(reading(mask)) == ["upload"]
    assert kinds(reading(standin.asarray(mask))) == ["nonzero"]
    assert kinds(reading((np.array(2), slice(None)))) == []


def kinds(step: Callable[[], Any]) -> list[str]:
    return [place.rpartition(" ")[2] for place in crossings(step)]
