"""With the same seed the same figures as the book's package prints: the same draws, the same steps.

Its Linear computes in float64 where the input is float64, from weights that were drawn as float32;
here they stay float32 (a deliberate difference), so the figures agree to float32.
"""

import numpy as np
import pytest

import dezero.functions as F
import dezero.layers as L
from dezero import DataLoader, Model, optimizers
from dezero.datasets import Spiral
from dezero.models import MLP

FLOAT32 = 1e-6


def seed(value):
    np.random.seed(value)  # noqa: NPY002  # the global state, from which layers draw, is what is meant


def wave_with_noise():
    """The points of steps 43 to 46."""
    seed(0)
    x = np.random.rand(100, 1)  # noqa: NPY002  # as above
    return x, np.sin(2 * np.pi * x) + np.random.rand(100, 1)  # noqa: NPY002  # as above


class TwoLayers(Model):
    def __init__(self):
        super().__init__()
        self.l1 = L.Linear(10)
        self.l2 = L.Linear(1)

    def forward(self, x):
        return self.l2(F.sigmoid(self.l1(x)))


@pytest.mark.parametrize("make", [TwoLayers, lambda: MLP((10, 1))])
def test_steps_44_to_46_weights_are_drawn_when_first_needed(make):
    """Layers that take their size from the data draw in the order in which they are called."""
    x, y = wave_with_noise()
    model = make()
    optimizer = optimizers.SGD(0.2).setup(model)
    losses = []
    for _ in range(1001):
        loss = F.mean_squared_error(y, model(x))
        model.cleargrads()
        loss.backward()
        optimizer.update()
        losses.append(float(loss.data))
    expected = [0.8165178479901415, 0.2499028014603371]
    np.testing.assert_allclose([losses[0], losses[1000]], expected, rtol=FLOAT32)


def test_step50_an_epoch_of_the_spirals(capsys):
    """Points, shuffling, weights, accuracy and losses: all as there, seeded after the data are made."""
    train, test = Spiral(train=True), Spiral(train=False)
    seed(7)
    loaders = DataLoader(train, 30), DataLoader(test, 30, shuffle=False)
    model = MLP((10, 3))
    optimizer = optimizers.SGD(1.0).setup(model)
    for loader in loaders:
        sums = np.zeros(2)
        for x, t in loader:
            y = model(x)
            loss, accuracy = F.softmax_cross_entropy(y, t), F.accuracy(y, t)
            if loader is loaders[0]:
                model.cleargrads()
                loss.backward()
                optimizer.update()
            sums += len(t) * np.array([float(loss.data), float(accuracy.data)])
        print("loss: {:.4f}, accuracy: {:.4f}".format(*sums / len(loader.dataset)))
    assert capsys.readouterr().out.splitlines() == [
        "loss: 1.1423, accuracy: 0.3100",
        "loss: 1.0761, accuracy: 0.3333",
    ]
