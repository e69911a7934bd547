"""What the book's larger programs (GAN, VAE, Grad-CAM, style transfer, its unit tests) rely on."""

import numpy as np
import pytest

import dezero
import dezero.functions as F
import dezero.layers as L
from dezero import Model, Parameter, Variable, cuda
from dezero.models import Sequential
from dezero.optimizers import SGD, AdaGrad, Adam, FreezeParam, WeightDecay
from tests.dezero.strict_device import StrictDevice


def rng():
    return np.random.default_rng(0)


def test_a_sequence_of_layers_and_functions_whose_weights_are_replaced():
    """Layers, functions of F and lambdas; the lists of layers of two models may be joined."""
    gen = Sequential(
        L.Linear(8), L.BatchNorm(), F.relu, lambda x: F.reshape(x, (-1, 2, 2, 2)),
        L.Deconv2d(1, kernel_size=4, stride=2, pad=1), F.sigmoid,
    )  # fmt: skip
    dis = Sequential(L.Conv2d(3, kernel_size=2, stride=2), F.leaky_relu, F.flatten, L.Linear(1), F.sigmoid)
    z = rng().standard_normal((5, 3))
    assert dis(gen(z)).shape == (5, 1)
    for layer in dis.layers + gen.layers:
        if type(layer).__name__.lower() in ("conv2d", "linear", "deconv2d"):
            layer.W.data = 0.02 * rng().standard_normal(layer.W.data.shape)
    optimizer = Adam(alpha=0.01, beta1=0.5).setup(gen)
    losses = []
    for _ in range(30):
        loss = F.binary_cross_entropy(dis(gen(z)), np.ones(5, int))
        gen.cleargrads()
        dis.cleargrads()
        loss.backward()
        optimizer.update()
        losses.append(float(loss.data))
    assert losses[-1] < losses[0]
    assert loss.dtype == np.float64


def test_the_result_of_a_part_cut_from_its_graph():
    """`fake.data` goes through the other network without gradients for the one that made it."""
    maker, judge = L.Linear(2, in_size=2), L.Linear(1, in_size=2)
    fake = maker(np.ones((1, 2), np.float32))
    judge(fake.data).backward()
    assert judge.W.grad is not None
    assert maker.W.grad is None


class Pair(Model):
    """A model whose forward gives two Variables, as the encoder of a VAE."""

    def __init__(self):
        super().__init__()
        self.mean = L.Linear(np.prod((1, 2)))  # NumPy's integer is a size too
        self.log_var = L.Linear(2)

    def forward(self, x):
        return self.mean(x), self.log_var(x)


def test_a_model_with_two_results_and_a_loss_that_starts_at_0():
    model = Pair()
    mean, log_var = model(rng().standard_normal((3, 4)))
    assert len(mean) == 3
    noise = cuda.get_array_module(mean.data).ones((3, 2))
    loss = 0
    for _ in range(2):
        loss += F.sum((mean + F.exp(log_var) * noise) ** 2) / 2
    loss = loss + F.sum(1.0 * (mean**2 + F.exp(log_var) - log_var - 1) * 0.5) / len(mean)
    loss.backward()
    assert all(param.grad.shape == param.shape for param in model.params())


def test_a_model_may_define_call_itself():
    """The networks of steps 59 and 60 do; parameters and updates are the same."""

    class Recurrent(Model):
        def __init__(self):
            super().__init__()
            self.rnn = L.RNN(3)
            self.fc = L.Linear(1)

        def __call__(self, x):
            return self.fc(self.rnn(x))

    model = Recurrent()
    model(np.ones((1, 1)))
    F.sum(model(np.ones((1, 1)))).backward()
    names = [name for name, _ in model.named_params()]
    assert names == ["rnn/x2h/W", "rnn/x2h/b", "rnn/h2h/W", "fc/W", "fc/b"]
    assert all(param.grad is not None for param in model.params())


def test_what_a_layer_gave_can_be_asked_for_after_backward():
    """Grad-CAM: the output of a layer within a model, its gradient, one score of one image."""
    model = Sequential(L.Conv2d(2, 3), F.relu, F.flatten, L.Linear(4))
    y = model(rng().standard_normal((1, 1, 5, 5)).astype(np.float32))
    features = model.l0.outputs[0]()
    y[0, np.argmax(y.data)].backward(retain_grad=True)
    assert features.grad.shape == features.shape == (1, 2, 3, 3)
    assert F.average(features.grad, axis=(0, 2, 3)).shape == (2,)


def test_one_image_as_the_parameter_of_an_empty_model():
    """Style transfer: Gram matrices, slices that overlap, a model that has but the image."""
    model = Model()
    model.param = image = Parameter(rng().standard_normal((1, 2, 4, 4)).astype(np.float32))
    optimizer = AdaGrad(lr=0.1).setup(model)
    target = Variable(rng().standard_normal((1, 2, 4, 4)).astype(np.float32))
    gram = None
    losses = []
    for _ in range(20):
        grams = []
        for x in (image, target):
            rows = x.reshape(2, -1)
            gram = F.matmul(rows, rows.T).reshape(1, 2, 2)
            grams.append(gram)
        steps = (image[:, :, :-1, :-1] - image[:, :, 1:, :-1]) ** 2
        loss = F.mean_squared_error(*grams) / (4 * (2 * 4 * 4) ** 2) + 1e-6 * F.sum(steps)
        image.cleargrad()
        loss.backward()
        optimizer.update()
        losses.append(float(loss.data))
    assert losses[-1] < losses[0]
    assert image.dtype == loss.dtype == np.float32


def test_weight_decay_is_a_penalty_in_the_loss():
    x, t, rate = rng().standard_normal((10, 2)), np.zeros(10, int), 0.4

    def weights_after_a_step(hooked):
        layer = L.Linear(3, in_size=2, nobias=True)
        layer.W.data = np.ones((2, 3))
        optimizer = SGD().setup(layer)
        optimizer.add_hook(WeightDecay(rate=rate))
        if not hooked:
            optimizer.hooks.clear()
        loss = F.softmax_cross_entropy(layer(x), t)
        if not hooked:
            loss = loss + rate / 2 * (layer.W**2).sum()
        loss.backward()
        optimizer.update()
        return layer.W.data

    np.testing.assert_allclose(weights_after_a_step(True), weights_after_a_step(False), rtol=1e-12)


def test_parameters_that_are_frozen_can_be_listed():
    layer, single = L.Linear(2, in_size=1), Parameter(np.ones(1))
    frozen = FreezeParam(layer, single).freeze_params
    assert [id(param) for param in frozen] == [id(layer.W), id(layer.b), id(single)]


def test_updating_by_an_operator_makes_a_new_variable():
    """`W -= ...` in no_grad: W is another Variable afterwards, a leaf, and the old one is as it was."""
    w = old = Variable(np.array([1.0, 2.0]))
    with dezero.no_grad():
        w -= 0.5 * np.ones(2)
    assert w is not old
    assert w.creator is None
    assert (old.data.tolist(), w.data.tolist()) == ([1.0, 2.0], [0.5, 1.5])


@pytest.mark.parametrize("name", ["avg_mean", "avg_var", "gamma", "beta"])
def test_what_was_set_before_the_first_batch_stays(name):
    layer = L.BatchNorm()
    getattr(layer, name).data = np.array([2.0, 3.0])
    with dezero.test_mode():
        layer(rng().standard_normal((4, 2)))
    assert getattr(layer, name).data.tolist() == [2.0, 3.0]
    others = {"avg_mean": 0, "avg_var": 1, "gamma": 1, "beta": 0}
    del others[name]
    for other, start in others.items():
        assert getattr(layer, other).data.tolist() == [start, start]


def test_the_books_misspelt_product():
    x, w = Variable(np.ones((2, 3))), Variable(np.ones((3, 4)))
    np.testing.assert_array_equal(x.matmaul(w).data, x.matmul(w).data)


def test_cupy_is_a_name_where_there_is_a_device():
    if not cuda.gpu_enable:
        for name in ("cupy", "cp"):
            with pytest.raises(AttributeError, match=f"has no attribute '{name}'"):
                getattr(cuda, name)
    stand_in = StrictDevice()
    cuda.register_array_module(stand_in)
    try:
        assert cuda.gpu_enable
        assert cuda.cupy is cuda.cp is stand_in
    finally:
        cuda.unregister_array_module(stand_in)


def test_the_switches_of_the_early_core_do_nothing():
    dezero.setup_variable()
    assert dezero.is_simple_core is False
    assert (Variable(np.array(2.0)) * 3).data == 6.0


def test_a_prepared_dataset_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("DEZERO_CACHE", str(tmp_path / "cache"))
    data, label = np.arange(6.0).reshape(3, 2), np.arange(3)
    assert dezero.datasets.load_cache_npz("https://host/set.tar.gz", train=True) == (None, None)
    path = dezero.datasets.save_cache_npz(data, label, "https://host/set.tar.gz", train=True)
    assert path == f"{dezero.datasets.cache_dir}/set.tar.gz.train.npz"
    assert dezero.datasets.save_cache_npz(data + 1, label, "set.tar.gz", train=True) is None
    kept = dezero.datasets.load_cache_npz("set.tar.gz", train=True)
    np.testing.assert_array_equal(kept[0], data)
    np.testing.assert_array_equal(kept[1], label)
    assert dezero.datasets.load_cache_npz("set.tar.gz") == (None, None)
