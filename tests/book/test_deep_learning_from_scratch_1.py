"""What the first book, "Deep Learning from Scratch", teaches, chapter by chapter."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Parameter, Variable, no_grad
from dezero.dataloaders import DataLoader
from dezero.datasets import Digits
from dezero.models import MLP
from dezero.optimizers import SGD, AdaGrad, Adam, WeightDecay
from dezero.utils import numerical_grad

CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def gate(weights, bias):
    """A perceptron: 1 where the weighted sum of x (N, 2) and the bias is above 0."""
    return lambda x: (F.matmul(x, np.array(weights)) + bias).data > 0


AND, NAND, OR = gate([0.5, 0.5], -0.7), gate([-0.5, -0.5], 0.7), gate([0.5, 0.5], -0.2)


@pytest.mark.parametrize(
    ("perceptron", "truth"), [(AND, [0, 0, 0, 1]), (NAND, [1, 1, 1, 0]), (OR, [0, 1, 1, 1])]
)
def test_chapter2_perceptron_gates(perceptron, truth):
    assert perceptron(CORNERS).tolist() == truth


def test_chapter2_xor_takes_two_layers():
    hidden = np.stack([NAND(CORNERS), OR(CORNERS)], axis=1).astype(float)
    assert AND(hidden).tolist() == [0, 1, 1, 0]


@given(w0=st.floats(-5, 5), w1=st.floats(-5, 5), b=st.floats(-5, 5))
def test_chapter2_no_single_perceptron_is_xor(w0, w1, b):
    assert gate([w0, w1], b)(CORNERS).tolist() != [0, 1, 1, 0]


def test_chapter2_xor_is_learned_by_two_layers():
    model = MLP((4, 1), activation=F.tanh)
    optimizer = Adam(0.05).setup(model)
    t = np.array([[0], [1], [1], [0]])
    for _ in range(200):
        loss = F.sigmoid_cross_entropy(model(CORNERS), t)
        model.cleargrads()
        loss.backward()
        optimizer.update()
    assert ((model(CORNERS).data > 0) == t).all()


def test_chapter3_activations():
    x = np.array([-1.0, 1.0, 2.0])
    np.testing.assert_allclose(F.sigmoid(x).data, [0.26894142, 0.73105858, 0.88079708], atol=5e-9)
    np.testing.assert_array_equal(F.relu(x).data, [0, 1, 2])


def test_chapter3_a_network_of_three_layers_forward():
    W1 = np.array([[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]])  # noqa: N806  # the book's names
    W2 = np.array([[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]])  # noqa: N806
    W3 = np.array([[0.1, 0.3], [0.2, 0.4]])  # noqa: N806
    z1 = F.sigmoid(F.linear(np.array([[1.0, 0.5]]), W1, np.array([0.1, 0.2, 0.3])))
    z2 = F.sigmoid(F.linear(z1, W2, np.array([0.1, 0.2])))
    y = F.linear(z2, W3, np.array([0.1, 0.2]))
    np.testing.assert_allclose(z1.data, [[0.57444252, 0.66818777, 0.75026011]], atol=5e-9)
    np.testing.assert_allclose(z2.data, [[0.62624937, 0.7710107]], atol=5e-9)
    np.testing.assert_allclose(y.data, [[0.31682708, 0.69627909]], atol=5e-9)


def test_chapter3_softmax_does_not_overflow():
    y = F.softmax(np.array([[0.3, 2.9, 4.0]]))
    np.testing.assert_allclose(y.data, [[0.01821127, 0.24519181, 0.73659691]], atol=5e-9)
    y = F.softmax(np.array([[1010.0, 1000.0, 990.0]]))
    np.testing.assert_allclose(y.data, [[9.99954600e-01, 4.53978686e-05, 2.06106005e-09]], rtol=1e-8)


@pytest.mark.parametrize(
    ("y", "squares", "entropy"),
    [
        ([0.1, 0.05, 0.6, 0.0, 0.05, 0.1, 0.0, 0.1, 0.0, 0.0], 0.0975, 0.510825457099338),
        ([0.1, 0.05, 0.1, 0.0, 0.05, 0.1, 0.0, 0.6, 0.0, 0.0], 0.5975, 2.302584092994546),
    ],
)
def test_chapter4_losses_are_smaller_for_the_better_guess(y, squares, entropy):
    y, t = np.array(y), np.eye(10)[2]
    assert float((F.sum((y - Variable(t)) ** 2) / 2).data) == pytest.approx(squares, rel=1e-12)
    assert float(-F.sum(t * F.log(Variable(y) + 1e-7)).data) == pytest.approx(entropy, rel=1e-12)


@pytest.mark.parametrize(("x", "slope"), [(5.0, 0.2), (10.0, 0.3)])
def test_chapter4_the_slope_of_a_parabola(x, slope):
    def f(x):
        return 0.01 * x**2 + 0.1 * x

    point = Variable(np.array(x))
    f(point).backward()
    assert float(point.grad.data) == pytest.approx(slope, rel=1e-15)
    assert float(numerical_grad(f, np.array(x))) == pytest.approx(slope, abs=1e-10)


@pytest.mark.parametrize("point", [(3.0, 4.0), (0.0, 2.0), (3.0, 0.0)])
def test_chapter4_the_gradient_of_a_bowl(point):
    x = Variable(np.array(point))
    F.sum(x**2).backward()
    np.testing.assert_array_equal(x.grad.data, 2 * np.array(point))


def descend(f, start, optimizer, steps):
    """The points that an optimizer visits."""
    x = Parameter(np.array(start))
    optimizer.setup([x])
    path = [x.data.copy()]
    for _ in range(steps):
        x.cleargrad()
        f(x).backward()
        optimizer.update()
        path.append(x.data.copy())
    return np.array(path)


def test_chapter4_gradient_descent_and_its_learning_rate():
    def bowl(x):
        return F.sum(x**2)

    end = descend(bowl, [-3.0, 4.0], SGD(0.1), 100)[-1]
    np.testing.assert_allclose(end, [-6.11110793e-10, 8.14814391e-10], rtol=1e-8)
    assert np.abs(descend(bowl, [-3.0, 4.0], SGD(10.0), 100)[-1]).min() > 1e12  # too large
    np.testing.assert_allclose(
        descend(bowl, [-3.0, 4.0], SGD(1e-10), 100)[-1], [-2.99999994, 3.99999992], atol=5e-9
    )  # too small


def test_chapter4_the_gradient_of_a_simple_net():
    x = np.array([[0.6, 0.9]])
    W = Variable(np.array([[0.47355232, 0.9977393, 0.84668094], [0.85557411, 0.03563661, 0.69422093]]))  # noqa: N806
    y = F.matmul(x, W)
    np.testing.assert_allclose(y.data, [[1.05414809, 0.63071653, 1.1328074]], atol=5e-9)
    loss = F.softmax_cross_entropy(y, np.array([2]))
    loss.backward()
    assert float(loss.data) == pytest.approx(0.92806853663411326, abs=5e-8)
    expected = [[0.21924763, 0.14356247, -0.36281009], [0.32887144, 0.2153437, -0.54421514]]
    np.testing.assert_allclose(W.grad.data, expected, atol=5e-8)


def test_chapter5_apples_and_a_tax():
    apple, number, tax = (Variable(np.array(value)) for value in (100.0, 2.0, 1.1))
    price = apple * number * tax
    price.backward()
    assert float(price.data) == pytest.approx(220)
    found = [float(v.grad.data) for v in (apple, number, tax)]
    assert found == pytest.approx([2.2, 110, 200])


def test_chapter5_apples_and_oranges():
    values = [2.0, 100.0, 150.0, 3.0, 1.1]
    apples, apple, orange, oranges, tax = inputs = [Variable(np.array(v)) for v in values]
    price = (apple * apples + orange * oranges) * tax
    price.backward()
    assert float(price.data) == pytest.approx(715)
    assert [float(v.grad.data) for v in inputs] == pytest.approx([110, 2.2, 3.3, 165, 650])


def test_chapter5_backward_agrees_with_differences_and_is_what_trains():
    x, t = next(iter(DataLoader(Digits(), 3, rng=0)))
    model = MLP((5, 10))
    F.softmax_cross_entropy(model(x.astype(float)), t).backward()

    def loss_with(W):  # noqa: N803
        kept, model.l1.W.data = model.l1.W.data, W.data
        with no_grad():
            loss = F.softmax_cross_entropy(model(x.astype(float)), t)
        model.l1.W.data = kept
        return loss

    expected = numerical_grad(loss_with, Variable(model.l1.W.data))
    np.testing.assert_allclose(model.l1.W.grad.data, expected, rtol=1e-4, atol=1e-7)


def trough(x):
    """The valley of chapter 6, long in x and steep in y: x**2 / 20 + y**2."""
    return x[0] ** 2 / 20 + x[1] ** 2


def test_chapter6_sgd_zigzags_and_adagrad_does_not():
    def turns(path):
        """How often the path crosses the bottom of the valley."""
        return int((np.diff(np.sign(path[:, 1])) != 0).sum())

    assert turns(descend(trough, [-7.0, 2.0], SGD(0.95), 30)) == 30
    assert turns(descend(trough, [-7.0, 2.0], AdaGrad(1.5), 30)) == 0


@pytest.mark.parametrize(("scale", "spread"), [(1.0, "edges"), (0.01, "middle"), (None, "wide")])
def test_chapter6_initial_weights_decide_how_activations_spread(scale, spread):
    """Sigmoid over five layers of 100: saturated, all alike, or (1/sqrt(n)) well spread."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 100))
    for _ in range(5):
        W = rng.normal(size=(100, 100)) * (scale or math.sqrt(1 / 100))  # noqa: N806
        x = F.sigmoid(F.matmul(x, W)).data
    at_edges, in_middle = np.mean(np.abs(x - 0.5) > 0.4), np.mean(np.abs(x - 0.5) < 0.1)
    observed = "edges" if at_edges > 0.5 else "middle" if in_middle > 0.99 else "wide"
    assert observed == spread


def test_chapter6_linear_layers_start_well_spread():
    x = np.random.default_rng(0).normal(size=(500, 400)).astype(np.float32)
    model = MLP((400, 400), activation=lambda x: x)
    assert float(model(x).data.std()) == pytest.approx(1, abs=0.05)


def test_chapter6_batch_normalization_centres_each_feature():
    x = np.random.default_rng(0).normal(3, 10, size=(50, 4))
    y = F.batch_norm(x, np.ones(4), np.zeros(4), np.zeros(4), np.ones(4)).data
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(y.std(axis=0), 1, rtol=1e-5)


def test_chapter6_weight_decay_shrinks_weights():
    sizes = {}
    for rate in (0.0, 0.1):
        np.random.seed(0)  # noqa: NPY002  # layers draw from the global generator
        model = MLP((20, 10), activation=F.relu)
        optimizer = SGD(0.1).setup(model)
        optimizer.add_hook(WeightDecay(rate))
        for x, t in DataLoader(Digits(), 100, rng=0):
            loss = F.softmax_cross_entropy(model(x), t)
            model.cleargrads()
            loss.backward()
            optimizer.update()
        sizes[rate] = sum(float((p.data**2).sum()) for p in model.params())
    assert sizes[0.1] < 0.9 * sizes[0.0]
