"""Part 5 of the book: devices, convolution and recurrence (steps 52 to 60)."""

import gc
import weakref

import numpy as np
import pytest

import dezero.functions as F
import dezero.layers as L
from dezero import Variable, as_variable, cuda, no_grad, test_mode
from dezero.dataloaders import DataLoader, SeqDataLoader
from dezero.datasets import SinCurve, Spiral
from dezero.models import MLP, VGG16, Model
from dezero.optimizers import Adam
from dezero.utils import get_conv_outsize, get_deconv_outsize
from tests.dezero.strict_device import DeviceArray, StrictDevice


@pytest.fixture
def device():
    """A device that needs no GPU: an array module with a type of its own."""
    module = StrictDevice()
    cuda.register_array_module(module)
    yield module
    cuda.unregister_array_module(module)


def test_step52_the_module_of_an_array():
    x = Variable(np.ones(3))
    assert cuda.get_array_module(x) is cuda.get_array_module(x.data) is np
    assert type(cuda.as_numpy(x)) is np.ndarray
    assert cuda.gpu_enable is cuda.is_available()


def test_step52_a_model_and_its_data_go_to_the_device_and_back(device):
    model, loader = MLP((4, 3)), DataLoader(Spiral(), 30)
    model(loader.next()[0])
    model.to_gpu()
    loader.to_gpu()
    x, t = next(iter(loader))
    assert type(x) is type(t) is DeviceArray
    loss = F.softmax_cross_entropy(model(x), t)
    loss.backward()
    assert all(type(p.data) is type(p.grad.data) is DeviceArray for p in model.params())
    model.to_cpu()
    loader.to_cpu()
    assert all(type(p.data) is np.ndarray for p in model.params())
    assert type(next(iter(loader))[0]) is np.ndarray


@pytest.mark.gpu
def test_step52_the_same_loss_on_a_gpu():
    x, t = np.random.default_rng(0).normal(size=(5, 4)), np.array([0, 1, 2, 1, 0])
    model = MLP((8, 3))
    on_host = F.softmax_cross_entropy(model(x), t)
    model.to_gpu()
    on_device = F.softmax_cross_entropy(model(cuda.as_cupy(x)), cuda.as_cupy(t))
    assert float(on_device.data) == pytest.approx(float(on_host.data), rel=1e-6)


def test_step53_arrays_in_files(tmp_path):
    one, two = np.array([1, 2, 3]), np.array([4, 5, 6])
    np.save(tmp_path / "one.npy", one)
    np.testing.assert_array_equal(np.load(tmp_path / "one.npy"), one)
    np.savez(tmp_path / "both.npz", x1=one, x2=two)
    with np.load(tmp_path / "both.npz") as arrays:
        np.testing.assert_array_equal(arrays["x2"], two)


def test_step53_parameters_have_paths():
    layer = L.Layer()
    inner = L.Layer()
    inner.p1 = L.Parameter(np.array(0))
    layer.l1 = inner
    layer.p2 = L.Parameter(np.array(0))
    assert [name for name, _ in layer.named_params()] == ["l1/p1", "p2"]


def test_step53_weights_saved_and_loaded(tmp_path):
    path = str(tmp_path / "my_mlp.npz")
    x = np.random.default_rng(0).normal(size=(5, 4))
    trained, fresh = MLP((10, 3)), MLP((10, 3))
    y = trained(x)
    assert not np.array_equal(fresh(x).data, y.data)
    trained.save_weights(path)
    with np.load(path) as arrays:
        assert sorted(arrays) == ["l0/W", "l0/b", "l1/W", "l1/b"]
    fresh.load_weights(path)
    np.testing.assert_array_equal(fresh(x).data, y.data)
    unsized = MLP((10, 3))
    unsized.load_weights(path)
    np.testing.assert_array_equal(unsized(x).data, y.data)


def test_step54_dropout_keeps_the_mean_and_scales_what_stays():
    y = F.dropout(np.ones(10_000), dropout_ratio=0.25).data
    assert set(y) == {0.0, 1 / 0.75}
    assert y.mean() == pytest.approx(1, abs=0.03)


def test_step54_in_test_mode_nothing_is_dropped():
    x = np.ones(5)
    with test_mode():
        np.testing.assert_array_equal(F.dropout(x).data, x)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "pad", "expected"),
    [(4, 3, 1, 1, 4), (4, 3, 1, 0, 2), (7, 3, 2, 0, 3), (28, 5, 1, 0, 24), (224, 3, 1, 1, 224)],
)
def test_step55_output_sizes(size, kernel, stride, pad, expected):
    assert get_conv_outsize(size, kernel, stride, pad) == expected
    x = np.zeros((1, 1, size, size), np.float32)
    kernels = np.zeros((1, 1, kernel, kernel), np.float32)
    assert F.conv2d(x, kernels, stride=stride, pad=pad).shape[2:] == (expected, expected)
    assert get_deconv_outsize(expected, kernel, 1, 0) == expected + kernel - 1


IMAGE = np.array([[1, 2, 3, 0], [0, 1, 2, 3], [3, 0, 1, 2], [2, 3, 0, 1.0]])
KERNEL = np.array([[2, 0, 1], [0, 1, 2], [1, 0, 2.0]])


def test_step55_a_convolution_by_hand():
    y = F.conv2d(IMAGE[None, None], KERNEL[None, None])
    np.testing.assert_array_equal(y.data[0, 0], [[15, 16], [6, 15]])
    y = F.conv2d(IMAGE[None, None], KERNEL[None, None], np.array([3.0]))
    np.testing.assert_array_equal(y.data[0, 0], [[18, 19], [9, 18]])


def test_step56_channels_are_summed_and_kernels_make_channels():
    x = np.random.default_rng(0).normal(size=(1, 3, 4, 4))
    W = np.random.default_rng(1).normal(size=(2, 3, 3, 3))  # noqa: N806  # the book's name
    y = F.conv2d(x, W)
    assert y.shape == (1, 2, 2, 2)
    by_channel = sum(F.conv2d(x[:, [c]], W[:, [c]]).data for c in range(3))
    np.testing.assert_allclose(y.data, by_channel, rtol=1e-12)


def test_step56_pooling_takes_the_largest_and_forgives_a_shift():
    image = np.array([[1, 2, 1, 0], [0, 1, 2, 3], [3, 0, 1, 2], [2, 4, 0, 1.0]])
    y = F.pooling(image[None, None], kernel_size=2, stride=2)
    np.testing.assert_array_equal(y.data[0, 0], [[2, 3], [4, 2]])
    x = np.zeros((1, 1, 4, 4))
    x[..., 1] = 1
    np.testing.assert_array_equal(F.pooling(x, 2, 2).data, F.pooling(np.roll(x, -1, axis=3), 2, 2).data)


@pytest.mark.parametrize(("images", "rows"), [(1, 9), (10, 90)])
def test_step57_im2col_lays_patches_out_as_rows(images, rows):
    x = np.random.default_rng(0).normal(size=(images, 3, 7, 7))
    col = F.im2col(x, kernel_size=5, stride=1, pad=0, to_matrix=True)
    assert col.shape == (rows, 75)
    np.testing.assert_array_equal(col.data[0], x[0, :, :5, :5].ravel())


def test_step57_conv2d_and_its_gradients():
    rng = np.random.default_rng(0)
    x, W = Variable(rng.normal(size=(1, 5, 15, 15))), Variable(rng.normal(size=(8, 5, 3, 3)))  # noqa: N806
    y = F.conv2d_simple(x, W, b=None, stride=1, pad=1)
    np.testing.assert_allclose(y.data, F.conv2d(x, W, None, 1, 1).data, rtol=1e-10, atol=1e-12)
    y.backward()
    assert (y.shape, x.grad.shape, W.grad.shape) == ((1, 8, 15, 15), x.shape, W.shape)


def test_step57_layers_of_convolution():
    layer = L.Conv2d(8, kernel_size=3, stride=1, pad=1)
    assert layer(np.zeros((1, 5, 15, 15), np.float32)).shape == (1, 8, 15, 15)
    assert layer.W.shape == (8, 5, 3, 3)


def test_step58_vgg16_is_13_convolutions_and_3_linear_layers():
    model = VGG16()
    with no_grad(), test_mode():
        y = model(np.random.default_rng(0).normal(size=(1, 3, 32, 32)).astype(np.float32))
    assert (y.shape, y.dtype) == ((1, 1000), np.float32)
    kinds = [type(getattr(model, name)) for name in model._params]
    assert (kinds.count(L.Conv2d), kinds.count(L.Linear)) == (13, 3)
    assert model.conv5_3.W.shape == (512, 512, 3, 3)


def test_step59_an_rnn_remembers():
    rnn = L.RNN(10)
    x = np.ones((1, 1), np.float32)
    first = rnn(x)
    second = rnn(x)
    assert first.shape == (1, 10)
    assert not np.array_equal(first.data, second.data)
    rnn.reset_state()
    np.testing.assert_array_equal(rnn(x).data, first.data)


class Predictor(Model):
    """A recurrent layer and a linear one, as in steps 59 and 60."""

    def __init__(self, recurrent):
        super().__init__()
        self.rnn = recurrent
        self.fc = L.Linear(1)

    def reset_state(self):
        self.rnn.reset_state()

    def forward(self, x):
        return self.fc(self.rnn(x))


def test_step59_the_graph_grows_until_it_is_cut():
    model = Predictor(L.RNN(5))
    loss = as_variable(np.array(0.0))
    for _ in range(3):
        loss = loss + F.sum(model(np.ones((1, 1), np.float32)))
    states = weakref.ref(model.rnn.h.creator)
    assert loss.generation > 6
    loss.unchain_backward()
    assert loss.creator is None
    assert model.rnn.h.creator is None
    gc.disable()
    try:
        assert states() is None
    finally:
        gc.enable()


def train(model, loader, epochs, bptt_length):
    """The average loss of each epoch."""
    optimizer = Adam(0.005).setup(model)
    averages = []
    for _ in range(epochs):
        model.reset_state()
        loss, count, total = as_variable(np.array(0.0)), 0, 0.0
        for x, t in loader:
            loss = loss + F.mean_squared_error(model(x.astype(np.float32)), t.astype(np.float32))
            count += 1
            if count % bptt_length == 0 or count == len(loader):
                model.cleargrads()
                loss.backward()
                loss.unchain_backward()
                optimizer.update()
                total += float(loss.data)
                loss = as_variable(np.array(0.0))
        averages.append(total / count)
    return averages


def error_on_the_cosine(model):
    """The mean squared error of predicting the held-back wave one value ahead."""
    wave = SinCurve(train=False)
    model.reset_state()
    with no_grad():
        predictions = [float(model(x.astype(np.float32).reshape(1, 1)).data.item()) for x, _ in wave]
    truth = np.array([t[0] for _, t in wave])
    return float(np.mean((np.array(predictions) - truth) ** 2))


def test_step59_truncated_bptt_fits_the_sine():
    model = Predictor(L.RNN(20))
    loader = DataLoader(SinCurve(train=True), batch_size=1, shuffle=False)
    averages = train(model, loader, epochs=4, bptt_length=30)
    assert averages[-1] < 0.02 < averages[0]
    assert error_on_the_cosine(model) < 0.05


def test_step60_batches_of_a_series_run_on_in_each_row():
    loader = SeqDataLoader(SinCurve(train=False), batch_size=3)
    x0, t0 = next(loader)
    x1, _ = next(loader)
    assert x0.shape == (3, 1)
    np.testing.assert_array_equal(x1, t0)
    np.testing.assert_array_equal(x0[:, 0], np.cos(np.linspace(0, 2 * np.pi, 1000))[[0, 333, 666]])


def test_step60_lstm_has_two_states():
    lstm = L.LSTM(10)
    lstm(np.ones((2, 3), np.float32))
    assert lstm.h.shape == lstm.c.shape == (2, 10)
    lstm.reset_state()
    assert (lstm.h, lstm.c) == (None, None)


def test_step60_an_lstm_fits_the_sine():
    model = Predictor(L.LSTM(20))
    loader = SeqDataLoader(SinCurve(train=True), batch_size=30)
    averages = train(model, loader, epochs=60, bptt_length=30)
    assert averages[-1] < 0.01 < averages[0]
    assert error_on_the_cosine(model) < 0.02
