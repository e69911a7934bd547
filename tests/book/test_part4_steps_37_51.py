"""Part 4 of the book: neural networks (steps 37 to 51)."""

import math
import shutil

import numpy as np
import pytest

import dezero.functions as F
import dezero.layers as L
from dezero import Parameter, Variable, no_grad, utils
from dezero.dataloaders import DataLoader
from dezero.datasets import Dataset, Digits, Spiral, get_spiral
from dezero.layers import Layer
from dezero.models import MLP, Model
from dezero.optimizers import SGD, Adam, MomentumSGD
from dezero.transforms import Compose, Flatten, Normalize, ToFloat

MATRIX = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]


def var(value):
    return Variable(np.array(value))


def test_step37_functions_work_element_by_element():
    x, c = var(MATRIX), var([[10.0, 20.0, 30.0], [40.0, 50.0, 60.0]])
    np.testing.assert_array_equal(F.sin(x).data, np.sin(MATRIX))
    t = x + c
    F.sum(t).backward(retain_grad=True)
    assert str(t) == "variable([[11. 22. 33.]\n          [44. 55. 66.]])"
    for v in (t, x, c):
        np.testing.assert_array_equal(v.grad.data, np.ones((2, 3)))


@pytest.mark.parametrize(
    "reshaped",
    [
        lambda x: F.reshape(x, (6,)),
        lambda x: x.reshape(6),
        lambda x: x.reshape((6,)),
        lambda x: x.reshape([6]),
        lambda x: x.reshape(-1),
    ],
)
def test_step38_reshape(reshaped):
    x = var(MATRIX)
    y = reshaped(x)
    assert y.shape == (6,)
    y.backward()
    np.testing.assert_array_equal(x.grad.data, np.ones((2, 3)))


@pytest.mark.parametrize(
    "transposed", [F.transpose, lambda x: x.transpose(), lambda x: x.T, lambda x: x.transpose(1, 0)]
)
def test_step38_transpose(transposed):
    x = var(MATRIX)
    y = transposed(x)
    np.testing.assert_array_equal(y.data, np.transpose(MATRIX))
    (y * var([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])).backward()
    np.testing.assert_array_equal(x.grad.data, [[1, 3, 5], [2, 4, 6]])


def test_step38_transpose_of_four_axes():
    x = Variable(np.zeros((2, 3, 4, 5)))
    y = x.transpose(1, 0, 3, 2)
    assert y.shape == (3, 2, 5, 4)
    y.backward()
    assert x.grad.shape == x.shape


def test_step39_sum():
    x = var([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    y = F.sum(x)
    y.backward()
    assert (repr(y), repr(x.grad)) == ("variable(21.0)", "variable([1. 1. 1. 1. 1. 1.])")


def test_step39_sum_along_an_axis():
    x = var(MATRIX)
    y = F.sum(x, axis=0)
    y.backward()
    assert repr(y) == "variable([5. 7. 9.])"
    np.testing.assert_array_equal(x.grad.data, np.ones((2, 3)))
    assert Variable(np.ones((2, 3, 4, 5))).sum(keepdims=True).shape == (1, 1, 1, 1)


def test_step40_sum_to_is_the_adjoint_of_broadcast_to():
    x = np.array(MATRIX)
    np.testing.assert_array_equal(utils.sum_to(x, (1, 3)), [[5, 7, 9]])
    np.testing.assert_array_equal(utils.sum_to(x, (2, 1)), [[6], [15]])
    row = Variable(np.array([1.0, 2.0, 3.0]))
    F.broadcast_to(row, (2, 3)).backward()
    np.testing.assert_array_equal(row.grad.data, [2, 2, 2])
    matrix = var(MATRIX)
    F.sum_to(matrix, (1, 3)).backward()
    np.testing.assert_array_equal(matrix.grad.data, np.ones((2, 3)))


def test_step40_arithmetic_broadcasts():
    x0, x1 = var([1.0, 2.0, 3.0]), var([10.0])
    y = x0 + x1
    y.backward()
    assert repr(y) == "variable([11. 12. 13.])"
    assert repr(x1.grad) == "variable([3.])"
    assert repr(x0.grad) == "variable([1. 1. 1.])"


def test_step41_matmul():
    rng = np.random.default_rng(0)
    x, W = Variable(rng.normal(size=(2, 3))), Variable(rng.normal(size=(3, 4)))  # noqa: N806
    y = F.matmul(x, W)
    gy = rng.normal(size=y.shape)
    y.grad = Variable(gy)
    y.backward()
    assert (y.shape, x.grad.shape, W.grad.shape) == ((2, 4), (2, 3), (3, 4))
    np.testing.assert_allclose(x.grad.data, gy @ W.data.T)
    np.testing.assert_allclose(W.grad.data, x.data.T @ gy)


def test_step41_the_inner_product_of_vectors():
    assert F.matmul(var([1.0, 2.0, 3.0]), var([4.0, 5.0, 6.0])).data == 32.0


def toy_line():
    """The data of step 42: y = 5 + 2x and noise."""
    rng = np.random.RandomState(0)  # its streams are frozen; they give the book's numbers
    x = rng.rand(100, 1)
    return x, 5 + 2 * x + rng.rand(100, 1)


def test_step42_linear_regression():
    x, y = toy_line()
    W, b = Variable(np.zeros((1, 1))), Variable(np.zeros(1))  # noqa: N806
    losses = []
    for _ in range(100):
        loss = F.mean_squared_error(y, F.matmul(x, W) + b)
        losses.append(float(loss.data))
        W.cleargrad()
        b.cleargrad()
        loss.backward()
        W.data -= 0.1 * W.grad.data
        b.data -= 0.1 * b.grad.data
    assert (repr(W), repr(b)) == ("variable([[2.11807369]])", "variable([5.46608905])")
    expected = [42.296340129442335, 23.97380754378544, 0.07908606512411756]
    assert [losses[0], losses[1], losses[-1]] == pytest.approx(expected, rel=1e-12)


def test_step42_mean_squared_error_frees_what_its_simple_form_keeps():
    x, y = map(Variable, toy_line())
    one, many = F.mean_squared_error(x, y), F.mean_squared_error_simple(x, y)
    np.testing.assert_allclose(one.data, many.data, rtol=1e-14)
    assert len(list(utils.functions_behind(one))) == 1
    assert len(list(utils.functions_behind(many))) > 1


def toy_wave():
    """The data of step 43: a wave and noise."""
    rng = np.random.RandomState(0)
    x = rng.rand(100, 1)
    return x, np.sin(2 * np.pi * x) + rng.rand(100, 1), rng


def test_step43_a_network_of_two_layers_fits_a_wave():
    x, y, rng = toy_wave()
    W1, b1 = Variable(0.01 * rng.randn(1, 10)), Variable(np.zeros(10))  # noqa: N806
    W2, b2 = Variable(0.01 * rng.randn(10, 1)), Variable(np.zeros(1))  # noqa: N806
    losses = []
    for _ in range(8000):
        h = F.sigmoid(F.linear(x, W1, b1))
        loss = F.mean_squared_error(y, F.linear(h, W2, b2))
        losses.append(float(loss.data))
        for v in (W1, b1, W2, b2):
            v.cleargrad()
        loss.backward()
        for v in (W1, b1, W2, b2):
            v.data -= 0.2 * v.grad.data
    assert losses[:3] == pytest.approx(
        [0.8473695850105871, 0.6004598151124441, 0.5608541317049301], rel=1e-12
    )
    assert losses[::1000][:8] == pytest.approx(
        [0.847369, 0.251429, 0.247595, 0.237861, 0.212222, 0.167422, 0.096819, 0.078495], abs=1e-5
    )


def test_step43_a_line_cannot():
    x, y, _ = toy_wave()
    columns = np.hstack([x, np.ones_like(x)])
    residual = y - columns @ np.linalg.lstsq(columns, y)[0]
    assert (residual**2).mean() > 0.2


def test_step44_a_layer_collects_its_parameters():
    layer = Layer()
    layer.p1 = Parameter(np.array(1))
    layer.p2 = Parameter(np.array(2))
    layer.p3 = Variable(np.array(3))
    layer.p4 = "test"
    assert list(layer.params()) == [layer.p1, layer.p2]
    assert isinstance(Parameter(np.array(1.0)), Variable)
    assert not isinstance(Variable(np.array(1.0)), Parameter)


def test_step44_linear_takes_its_input_size_from_the_data():
    layer = L.Linear(10)
    assert (layer.W.data, layer.W.name, layer.b.shape) == (None, "W", (10,))
    layer(np.ones((5, 3), np.float32))
    assert layer.W.shape == (3, 10)
    assert [p.shape for p in L.Linear(10, nobias=True, in_size=3).params()] == [(3, 10)]


def train(model, optimizer, x, y, steps):
    """The losses of `steps` steps on one batch."""
    losses = []
    for _ in range(steps):
        loss = F.mean_squared_error(y, model(x))
        model.cleargrads()
        loss.backward()
        optimizer.update()
        losses.append(float(loss.data))
    return losses


class TwoLayerNet(Model):
    def __init__(self, hidden_size, out_size):
        super().__init__()
        self.l1 = L.Linear(hidden_size)
        self.l2 = L.Linear(out_size)

    def forward(self, x):
        return self.l2(F.sigmoid(self.l1(x)))


def test_step45_layers_within_layers():
    model = TwoLayerNet(10, 1)
    model(np.ones((4, 3)))
    assert [p.shape for p in model.params()] == [(3, 10), (10,), (10, 1), (1,)]
    model(np.ones((4, 3))).backward()
    assert all(p.grad is not None for p in model.params())
    model.cleargrads()
    assert all(p.grad is None for p in model.params())


def test_step45_an_mlp_is_such_a_model():
    model = MLP((10, 20, 30, 40, 1))
    assert model(np.ones((2, 5))).shape == (2, 1)
    assert [p.shape for p in model.params()][::2] == [(5, 10), (10, 20), (20, 30), (30, 40), (40, 1)]


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_step45_a_model_draws_its_graph(tmp_path):
    target = tmp_path / "model.png"
    TwoLayerNet(10, 1).plot(Variable(np.ones((5, 10)), name="x"), to_file=str(target))
    assert target.read_bytes().startswith(b"\x89PNG")


def test_step46_sgd_is_the_update_by_hand():
    x, y, _ = toy_wave()
    by_hand, model = MLP((10, 1)), MLP((10, 1))
    for m in (by_hand, model):
        m(x)
    for ours, theirs in zip(model.params(), by_hand.params(), strict=True):
        ours.data = theirs.data.copy()
    train(model, SGD(0.2).setup(model), x, y, 10)
    for _ in range(10):
        by_hand.cleargrads()
        F.mean_squared_error(y, by_hand(x)).backward()
        for p in by_hand.params():
            p.data -= 0.2 * p.grad.data
    for ours, theirs in zip(model.params(), by_hand.params(), strict=True):
        np.testing.assert_array_equal(ours.data, theirs.data)


def test_step46_optimizers_are_exchanged_in_one_line():
    x, y, _ = toy_wave()
    finals = {}
    for optimizer in (SGD(0.2), MomentumSGD(0.2), Adam(0.05)):
        model = MLP((10, 1))
        losses = train(model, optimizer.setup(model), x, y, 600)
        finals[type(optimizer).__name__] = losses[-1]
    assert finals["SGD"] < 0.3
    assert max(finals["MomentumSGD"], finals["Adam"]) < finals["SGD"] / 2


def test_step47_slices():
    x = Variable(np.array([[1, 2, 3], [4, 5, 6]]))
    assert repr(F.get_item(x, 1)) == repr(x[1]) == "variable([4 5 6])"
    assert repr(x[:, 2]) == "variable([3 6])"
    x = var(MATRIX)
    x[1].backward()
    np.testing.assert_array_equal(x.grad.data, [[0, 0, 0], [1, 1, 1]])


def test_step47_a_row_taken_twice_gets_both_gradients():
    x = var(MATRIX)
    y = F.get_item(x, np.array([0, 0, 1]))
    assert repr(y) == "variable([[1. 2. 3.]\n          [1. 2. 3.]\n          [4. 5. 6.]])"
    y.backward()
    np.testing.assert_array_equal(x.grad.data, [[2, 2, 2], [1, 1, 1]])


def test_step47_softmax_gives_probabilities():
    y = MLP((10, 3))(np.array([[0.2, -0.4]]))
    p = F.softmax(y)
    assert p.shape == (1, 3)
    assert float(p.data.sum()) == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(p.data, F.softmax_simple(y).data, rtol=1e-6)


def test_step47_the_loss_of_untrained_weights():
    np.random.seed(0)  # noqa: NPY002  # layers draw from the global generator
    x = np.array([[0.2, -0.4], [0.3, 0.5], [1.3, -3.2], [2.1, 0.3]])
    t = np.array([2, 0, 1, 0])
    y = MLP((10, 3))(x)
    np.testing.assert_allclose(y.data[0], [-0.61505778, -0.42790161, 0.31733289], atol=2e-8)
    np.testing.assert_allclose(F.softmax(y).data[0], [0.21068639, 0.25404893, 0.53526469], atol=2e-8)
    loss = F.softmax_cross_entropy(y, t)
    assert float(loss.data) == pytest.approx(1.4967442524053058, abs=2e-8)
    assert float(F.softmax_cross_entropy_simple(y, t).data) == pytest.approx(float(loss.data))


def test_step48_the_spirals_by_batches_cut_by_hand():
    x, t = get_spiral(train=True)
    assert (x.shape, t.shape) == ((300, 2), (300,))
    rng = np.random.default_rng(0)
    model = MLP((10, 3))
    optimizer = SGD(lr=1.0).setup(model)
    averages = []
    for _ in range(200):
        order = rng.permutation(300)
        total = 0.0
        for start in range(0, 300, 30):
            chosen = order[start : start + 30]
            loss = F.softmax_cross_entropy(model(x[chosen]), t[chosen])
            model.cleargrads()
            loss.backward()
            optimizer.update()
            total += float(loss.data) * 30
        averages.append(total / 300)
    assert averages[0] == pytest.approx(math.log(3), abs=0.2)
    assert averages[-1] < 0.25
    with no_grad():
        assert F.accuracy(model(x), t).data > 0.9


def test_step48_a_linear_model_cannot_part_the_spirals():
    x, t = get_spiral()
    model = MLP((3,))
    optimizer = SGD(lr=1.0).setup(model)
    for _ in range(100):
        loss = F.softmax_cross_entropy(model(x), t)
        model.cleargrads()
        loss.backward()
        optimizer.update()
    assert F.accuracy(model(x), t).data < 0.7


def test_step49_a_dataset_has_a_length_and_gives_pairs():
    train_set = Spiral(train=True)
    x, t = train_set[0]
    assert (len(train_set), x.shape, np.ndim(t)) == (300, (2,), 0)
    batch = [train_set[i] for i in range(30)]
    assert np.array([x for x, _ in batch]).shape == (30, 2)


def test_step49_a_big_dataset_reads_when_asked():
    class BigData(Dataset):
        read = 0

        def __getitem__(self, index):
            self.read += 1
            return np.full(3, index), index % 2

        def __len__(self):
            return 1_000_000

        def prepare(self):
            pass

    data = BigData()
    x, t = data[999_999]
    assert (data.read, x[0], t) == (1, 999_999, 1)


def test_step49_transforms_are_applied_to_what_is_asked_for():
    plain, halved = Spiral(), Spiral(transform=Compose([Normalize(mean=0.0, std=2.0)]))
    np.testing.assert_allclose(halved[7][0], plain[7][0] / 2)
    shifted = Spiral(target_transform=lambda t: t + 10)
    assert shifted[7][1] == plain[7][1] + 10


def test_step50_iterators():
    iterator = iter([1, 2, 3])
    assert [next(iterator) for _ in range(3)] == [1, 2, 3]
    with pytest.raises(StopIteration):
        next(iterator)


def test_step50_a_loader_gives_batches_and_starts_again():
    train_loader = DataLoader(Spiral(train=True), 10)
    test_loader = DataLoader(Spiral(train=False), 10, shuffle=False)
    for _ in range(2):
        batches = list(train_loader)
        assert len(batches) == 30
        assert all((x.shape, t.shape) == ((10, 2), (10,)) for x, t in batches)
    first, again = (next(iter(test_loader))[0] for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_step50_shuffling_changes_the_order_and_loses_nobody():
    loader = DataLoader(Spiral(), 300)
    one, two = (next(iter(loader))[0] for _ in range(2))
    assert not np.array_equal(one, two)
    np.testing.assert_array_equal(np.sort(one, axis=0), np.sort(two, axis=0))


def test_step50_accuracy():
    y = np.array([[0.2, 0.8, 0], [0.1, 0.9, 0], [0.8, 0.1, 0.1]])
    assert repr(F.accuracy(y, np.array([1, 2, 0]))) == "variable(0.6666666666666666)"


def fit(model, optimizer, loader, epochs):
    for _ in range(epochs):
        for x, t in loader:
            loss = F.softmax_cross_entropy(model(x), t)
            model.cleargrads()
            loss.backward()
            optimizer.update()


def mean_accuracy(model, loader):
    with no_grad():
        correct = sum(float(F.accuracy(model(x), t).data) * len(t) for x, t in loader)
    return correct / len(loader.dataset)


def test_step50_the_spirals_by_a_loader():
    model = MLP((10, 3))
    fit(model, SGD(lr=1.0).setup(model), DataLoader(Spiral(), 30), epochs=150)
    assert mean_accuracy(model, DataLoader(Spiral(), 30)) > 0.9
    assert mean_accuracy(model, DataLoader(Spiral(train=False), 30, shuffle=False)) > 0.85


def test_step51_images_of_digits():
    """MNIST's place is taken by the digits that come with the package."""
    x, t = Digits(train=True, transform=None)[0]
    assert (x.shape, x.dtype, type(t)) == ((1, 8, 8), np.uint8, np.int64)
    prepared = Digits(transform=Compose([Flatten(), ToFloat(), Normalize(0.0, 16.0)]))[0][0]
    assert (prepared.shape, prepared.dtype) == ((64,), np.float32)
    assert 0 <= prepared.min() < prepared.max() <= 1


@pytest.mark.parametrize(("activation", "at_least"), [(F.sigmoid, 0.2), (F.relu, 0.93)])
def test_step51_relu_learns_digits_faster(activation, at_least):
    model = MLP((64, 64, 10), activation=activation)
    fit(model, SGD(lr=0.1).setup(model), DataLoader(Digits(), 50), epochs=15)
    found = mean_accuracy(model, DataLoader(Digits(train=False), 100, shuffle=False))
    assert found > at_least
