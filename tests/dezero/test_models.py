"""Models: their sizes, parameter names, gradients, and where pretrained weights come from."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import dezero.functions as F
import dezero.layers as L
from dezero import Variable, test_mode, using_config, utils
from dezero.models import (
    MLP,
    VGG16,
    BottleneckA,
    BottleneckB,
    Model,
    ResNet,
    ResNet50,
    ResNet101,
    ResNet152,
    Sequential,
    SqueezeNet,
    resnet,
)
from tests.dezero.differences import assert_gradients, substituted


def names(model: L.Layer) -> list[str]:
    return [name for name, _ in model.named_params()]


def image(size: int = 64) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((1, 3, size, size), dtype="f")


def test_mlp_is_linear_layers_with_an_activation_between() -> None:
    model = MLP((4, 3), activation=F.tanh)
    x = np.random.default_rng(0).standard_normal((5, 2), dtype="f")
    y = model(x)
    assert names(model) == ["l0/W", "l0/b", "l1/W", "l1/b"]
    hidden = np.tanh(x @ model.l0.W.data + model.l0.b.data)
    np.testing.assert_allclose(y.data, hidden @ model.l1.W.data + model.l1.b.data, rtol=1e-5)


def test_mlp_uses_sigmoid_by_default_and_needs_a_layer() -> None:
    assert MLP((1,)).activation is F.sigmoid
    with pytest.raises(ValueError, match="MLP: fc_output_sizes must name one layer or more"):
        MLP(())
    with pytest.raises(TypeError, match=r"MLP: fc_output_sizes must be a sequence .*, got 10"):
        MLP(10)  # type: ignore[arg-type]  # what is wrong


def test_sequential_applies_layers_and_functions() -> None:
    model = Sequential(L.Linear(4), F.relu, L.Linear(2, nobias=True))
    y = model(np.ones((3, 5), np.float32))
    assert y.shape == (3, 2)
    assert names(model) == ["l0/W", "l0/b", "l2/W"]
    np.testing.assert_array_equal(y.data, model.l2(F.relu(model.l0(np.ones((3, 5), np.float32)))).data)


def test_sequential_refuses_what_cannot_be_called() -> None:
    with pytest.raises(TypeError, match="Sequential: layers must be Layers or functions, got 3 as number 1"):
        Sequential(F.relu, 3)  # type: ignore[arg-type]  # what is wrong


def test_plot_draws_the_graph_of_a_call(monkeypatch: Any) -> None:
    drawn: list[Any] = []
    monkeypatch.setattr(utils, "plot_dot_graph", lambda *args, **kwargs: drawn.append((args, kwargs)))
    MLP((2, 1)).plot(np.ones((1, 3), np.float32), to_file="mlp.svg")
    (((y,), settings),) = drawn
    assert settings == {"verbose": True, "to_file": "mlp.svg"}
    assert "Linear" in utils.get_dot_graph(y)


@pytest.mark.usefixtures("quick_weights")
@pytest.mark.parametrize(
    ("make", "classifier", "without_it"),
    [
        (VGG16, "fc", 14_714_688),
        (ResNet50, "fc6", 23_508_032 + 53_120 + 64),  # also running averages, and conv1's bias
        (SqueezeNet, "conv10", 735_424),
    ],
)
def test_networks_run_forward_and_backward_on_a_small_image(
    make: Any, classifier: str, without_it: int
) -> None:
    """In float32 throughout; parameters are as many as published."""
    model = make()
    x = Variable(image()[:, :, :40])
    y = model(x)
    F.softmax_cross_entropy(y, np.array([3])).backward()
    assert y.shape == (1, 1000)
    params = dict(model.named_params())
    assert sum(p.size for name, p in params.items() if not name.startswith(classifier)) == without_it
    grads = {name: p.grad for name, p in params.items() if "avg_" not in name}
    assert all(g is not None and np.isfinite(g.data).all() for g in grads.values())
    assert {y.dtype, x.grad.dtype, *(g.dtype for g in grads.values())} == {np.dtype(np.float32)}
    assert np.abs(x.grad.data).max() > 0


def test_vgg_takes_its_first_linear_layer_from_the_image() -> None:
    model = VGG16()
    assert model.fc6.W.data is None
    assert names(model)[-6:] == ["fc6/W", "fc6/b", "fc7/W", "fc7/b", "fc8/W", "fc8/b"]
    assert len(names(model)) == 32


@pytest.mark.usefixtures("quick_weights")
def test_names_of_resnet_are_those_of_the_weights_files() -> None:
    model = ResNet50()
    assert names(model)[:6] == ["conv1/W", "conv1/b", *(f"bn1/{n}" for n in AVERAGES)]
    assert {"res2/a/conv4/W", "res2/b2/bn3/gamma", "res5/b2/conv3/W", "fc6/b"} <= set(names(model))
    assert "res2/b3/conv1/W" not in names(model)


AVERAGES = ("avg_mean", "avg_var", "gamma", "beta")


@pytest.mark.usefixtures("quick_weights")
def test_resnets_have_as_many_layers_as_they_say() -> None:
    """Convolutions and the linear layer, but for the shortcuts' conv4."""
    weights = [n for n in names(ResNet50()) if n.endswith("/W") and "conv4" not in n]
    assert len(weights) == 50
    assert all(3 * sum(depths) + 2 == layers for layers, depths in resnet.BLOCKS.items())


def test_resnet_refuses_other_depths() -> None:
    with pytest.raises(ValueError, match="ResNet: n_layers must be 50, 101 or 152, got 34"):
        ResNet(34)


@pytest.mark.parametrize("fb", [False, True])
def test_a_bottleneck_halves_the_image_once(fb: bool) -> None:
    block = BottleneckA(4, 2, 8, stride=2, downsample_fb=fb)
    assert block(np.ones((1, 4, 6, 6), np.float32)).shape == (1, 8, 3, 3)


def trained(layer: L.Layer) -> list[str]:
    return [name for name in names(layer) if "avg_" not in name]


def in_float64(layer: L.Layer) -> list[np.ndarray]:
    """The parameters that are trained, spread so that relu's kinks are not near."""
    rng, params = np.random.default_rng(3), dict(layer.named_params())
    return [params[name].data + 0.3 * rng.standard_normal(params[name].shape) for name in trained(layer)]


@pytest.mark.parametrize("make", [lambda: BottleneckA(2, 2, 3, stride=1), lambda: BottleneckB(2, 2)])
@pytest.mark.parametrize("train", [True, False])
def test_gradients_of_a_bottleneck_to_order_2(make: Any, train: bool) -> None:
    block = make()
    x = np.random.default_rng(0).standard_normal((2, 2, 4, 3))
    block(x)

    def f(x: Variable, *params: Variable) -> Variable:
        with using_config("train", train):
            return substituted(block, trained(block), params)(x)

    assert_gradients(f, x, *in_float64(block))


def test_gradients_of_the_first_block_of_vgg_to_order_2() -> None:
    block = Sequential(L.Conv2d(3, 3, pad=1), F.relu, L.Conv2d(2, 3, pad=1), F.relu)
    x = np.random.default_rng(0).standard_normal((1, 2, 4, 4))
    block(x)
    assert_gradients(
        lambda x, *params: F.pooling(substituted(block, trained(block), params)(x), 2, 2) ** 2,
        x,
        *in_float64(block),
    )


def test_dropout_of_a_network_is_off_in_test_mode() -> None:
    model = SqueezeNet()
    with test_mode():
        np.testing.assert_array_equal(model(image(35)).data, model(image(35)).data)


# ---------------------------------------------------------------------------------------------------
# Pretrained weights
# ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "file_name"),
    [
        (VGG16, "vgg16.npz"),
        (ResNet50, "resnet50.npz"),
        (ResNet101, "resnet101.npz"),
        (ResNet152, "resnet152.npz"),
    ],
)
def test_pretrained_weights_come_from_where_the_book_keeps_them(
    make: Any, file_name: str, monkeypatch: Any
) -> None:
    asked = []
    monkeypatch.setattr(resnet, "BLOCKS", dict.fromkeys(resnet.BLOCKS, (1, 1, 1, 1)))  # quick to make

    def offline(url: str, sha256: str | None = None) -> str:
        asked.append(url)
        raise utils.DownloadError("get_file: could not download it: no network")

    monkeypatch.setattr(utils, "get_file", offline)
    with pytest.raises(utils.DownloadError, match="could not download"):
        make(pretrained=True)
    assert asked == [f"https://github.com/koki0702/dezero-models/releases/download/v0.1/{file_name}"]


class Small(Model):
    """A model whose pretrained weights are where a test says."""

    WEIGHTS_PATH = ""

    def __init__(self, pretrained: bool = False, sha256: str | None = None) -> None:
        super().__init__()
        self.fc = L.Linear(2, in_size=3)
        if pretrained:
            self.load_pretrained(self.WEIGHTS_PATH, sha256)


@pytest.fixture
def published(monkeypatch: Any, tmp_path: Path) -> Path:
    """A file of weights of Small, where WEIGHTS_PATH says; the cache is the folder next to it."""
    path = tmp_path / "server" / "small.npz"
    path.parent.mkdir()
    Small().save_weights(path)
    monkeypatch.setattr(Small, "WEIGHTS_PATH", path.as_uri())
    monkeypatch.setenv("DEZERO_CACHE", str(tmp_path / "cache"))
    return path


def test_pretrained_weights_are_loaded_and_kept(published: Path, capsys: Any) -> None:
    with np.load(published) as arrays:
        expected = arrays["fc/W"]
    np.testing.assert_array_equal(Small(pretrained=True).fc.W.data, expected)
    published.unlink()
    np.testing.assert_array_equal(Small(pretrained=True).fc.W.data, expected)
    assert capsys.readouterr().err.count("Downloading: small.npz") == 1


def test_pretrained_weights_that_were_damaged_are_reported(published: Path) -> None:
    Small(pretrained=True)
    kept = published.parent.parent / "cache" / "small.npz"
    kept.write_bytes(b"cut off")
    with pytest.raises(utils.ChecksumError, match=r"small\.npz is damaged.* delete it to have it"):
        Small(pretrained=True)


def test_pretrained_weights_with_another_checksum_are_refused(published: Path) -> None:
    right = hashlib.sha256(published.read_bytes()).hexdigest()
    with pytest.raises(utils.ChecksumError, match="has SHA-256"):
        Small(pretrained=True, sha256="0" * 64)
    assert Small(pretrained=True, sha256=right).fc.W.shape == (3, 2)


@pytest.mark.parametrize(
    ("content", "message"), [(b"no npz", "is no npz file of weights"), (None, "unknown")]
)
def test_other_weights_are_refused_with_a_way_out(
    content: bytes | None, message: str, published: Path
) -> None:
    if content is None:
        L.RNN(2, in_size=3).save_weights(published)
    else:
        published.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        Small(pretrained=True)
    kept = published.parent.parent / "cache" / "small.npz"
    assert caught.value.__notes__ == [f"to have it downloaded again, delete {kept}"]


def test_a_mirror_may_be_named(monkeypatch: Any) -> None:
    class Mirrored(VGG16):
        WEIGHTS_PATH = "https://mirror.invalid/vgg16.npz"

    asked = []

    def offline(url: str, sha256: str | None = None) -> str:
        asked.append(url)
        raise utils.DownloadError("offline")

    monkeypatch.setattr(utils, "get_file", offline)
    with pytest.raises(utils.DownloadError):
        Mirrored(pretrained=True)
    assert asked == ["https://mirror.invalid/vgg16.npz"]


def test_squeezenet_has_no_pretrained_weights() -> None:
    with pytest.raises(ValueError, match="SqueezeNet: pretrained must be False"):
        SqueezeNet(pretrained=True)


def test_preprocessing_for_vgg() -> None:
    """Blue first, the mean subtracted, channels first, resized to (width, height)."""
    picture = Image.new("RGB", (10, 20), (200, 100, 50))
    x = VGG16.preprocess(picture)
    assert (x.shape, x.dtype) == ((3, 224, 224), np.float32)
    np.testing.assert_allclose(x[:, 0, 0], [50 - 103.939, 100 - 116.779, 200 - 123.68], rtol=1e-6)
    assert VGG16.preprocess(picture, size=(30, 40)).shape == (3, 40, 30)
    assert VGG16.preprocess(picture, size=None, dtype=np.float64).shape == (3, 20, 10)
    assert VGG16.preprocess(Image.new("L", (10, 20))).shape == (3, 224, 224)
    with pytest.raises(TypeError, match=r"VGG16\.preprocess: image must be a PIL image, got <class"):
        VGG16.preprocess(x)


@pytest.mark.parametrize("model", [MLP((4, 2)), Sequential(L.Linear(4), L.Linear(2))])
def test_a_layer_that_is_replaced_takes_part(model: Any) -> None:
    """Its parameters are the model's, so it must be what the model computes with."""
    x = np.ones((1, 3), np.float32)
    before = model(x).data
    model.l0 = L.Linear(4)
    after = model(x)
    after.backward()
    assert model.layers[0] is model.l0
    assert not np.allclose(before, after.data)
    assert [name for name, _ in model.named_params()] == ["l0/W", "l0/b", "l1/W", "l1/b"]
    assert all(param.grad is not None for param in model.params())
