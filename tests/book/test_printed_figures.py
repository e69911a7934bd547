"""With the same seed the same figures as the book's package prints: the same draws, the same steps.

Its Linear computes in float64 where the input is float64, from weights that were drawn as float32;
here they stay float32 (a deliberate difference), so the figures agree to float32.
"""

import math

import numpy as np
import pytest

import dezero.functions as F
import dezero.layers as L
from dezero import DataLoader, Model, Parameter, Variable, as_variable, optimizers
from dezero.datasets import Spiral
from dezero.models import MLP

FLOAT32 = 1e-6


def seed(value):
    np.random.seed(value)  # noqa: NPY002  # the global state, from which layers draw, is what is meant


def line_with_noise():
    """The points of step 42, drawn as the book draws them."""
    seed(0)
    x = np.random.rand(100, 1)  # noqa: NPY002  # as above
    return x, 5 + 2 * x + np.random.rand(100, 1)  # noqa: NPY002  # as above


def wave_with_noise():
    """The points of steps 43 to 46."""
    seed(0)
    x = np.random.rand(100, 1)  # noqa: NPY002  # as above
    return x, np.sin(2 * np.pi * x) + np.random.rand(100, 1)  # noqa: NPY002  # as above


def test_step24_goldstein_price(capsys):
    x, y = Variable(np.array(1.0)), Variable(np.array(1.0))
    first = 1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2)
    second = 30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2)
    (first * second).backward()
    print(x.grad, y.grad)
    assert capsys.readouterr().out == "variable(-5376.0) variable(8064.0)\n"


def test_step27_the_taylor_sine(capsys):
    x = Variable(np.array(np.pi / 4))
    y = 0
    for i in range(100):
        term = (-1) ** i / math.factorial(2 * i + 1) * x ** (2 * i + 1)
        y = y + term
        if abs(term.data) < 0.0001:
            break
    y.backward()
    print(y.data, x.grad)
    assert capsys.readouterr().out == "0.7071064695751781 variable(0.7071032148228457)\n"


def test_step42_linear_regression():
    x, y = line_with_noise()
    w, b = Variable(np.zeros((1, 1))), Variable(np.zeros(1))
    losses = []
    for _ in range(100):
        difference = y - (F.matmul(x, w) + b)
        loss = F.sum(difference**2) / difference.size
        w.cleargrad()
        b.cleargrad()
        loss.backward()
        w.data -= 0.1 * w.grad.data
        b.data -= 0.1 * b.grad.data
        losses.append(float(loss.data))
    expected = [42.296340129442335, 23.97380754378544, 0.07908606512411756]
    np.testing.assert_allclose([losses[0], losses[1], losses[-1]], expected, rtol=1e-12)


def test_step43_a_network_in_float64():
    x, y = wave_with_noise()
    w1 = Variable(0.01 * np.random.randn(1, 10))  # noqa: NPY002  # as above
    b1 = Variable(np.zeros(10))
    w2 = Variable(0.01 * np.random.randn(10, 1))  # noqa: NPY002  # as above
    params = [w1, b1, w2, Variable(np.zeros(1))]
    losses = []
    for _ in range(3):
        hidden = F.sigmoid(F.linear(x, w1, b1))
        loss = F.mean_squared_error(y, F.linear(hidden, w2, params[3]))
        for param in params:
            param.cleargrad()
        loss.backward()
        for param in params:
            param.data -= 0.2 * param.grad.data
        losses.append(float(loss.data))
    expected = [0.8473695850105871, 0.6004598151124441, 0.5608541317049301]
    np.testing.assert_allclose(losses, expected, rtol=1e-12)


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


def test_step47_scores_probabilities_and_loss():
    seed(0)
    model = MLP((10, 3))
    x = np.array([[0.2, -0.4], [0.3, 0.5], [1.3, -3.2], [2.1, 0.3]])
    first = model(x[:1])
    np.testing.assert_allclose(first.data, [[-0.61505777, -0.42790161, 0.31733287]], rtol=FLOAT32)
    exponentials = F.exp(as_variable(first))
    probabilities = exponentials / F.sum(exponentials)
    expected = [[0.21068639, 0.25404893, 0.53526468]]
    np.testing.assert_allclose(probabilities.data, expected, rtol=FLOAT32)
    loss = F.softmax_cross_entropy_simple(model(x), np.array([2, 0, 1, 0]))
    assert float(loss.data) == pytest.approx(1.4967442462341742, rel=FLOAT32)


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


def test_making_data_does_not_touch_the_callers_seed():
    """In the book's package get_spiral seeds the global generator: what was seeded before is lost."""
    seed(3)
    expected = np.random.rand()  # noqa: NPY002  # as above
    seed(3)
    Spiral()
    assert np.random.rand() == expected  # noqa: NPY002  # as above


def test_adam_as_the_book_defines_it():
    """m and v move a part of the way, and the step has the correction of both; 3 steps by hand."""
    x = Parameter(np.array([1.0, -2.0]))
    optimizer = optimizers.Adam(alpha=0.1).setup([x])
    value, m, v = x.data.copy(), np.zeros(2), np.zeros(2)
    for t in range(1, 4):
        g = 2 * value
        m, v = m + 0.1 * (g - m), v + 0.001 * (g * g - v)
        rate = 0.1 * math.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        value = value - rate * m / (np.sqrt(v) + 1e-8)
        x.cleargrad()
        F.sum(x * x).backward()
        optimizer.update()
    np.testing.assert_allclose(x.data, value, rtol=1e-12)
