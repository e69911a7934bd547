"""What readers of the book write beyond its own programs: each was found in programs that failed here."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
import dezero.layers as L
from dezero import Layer, Model, Parameter, Variable, cuda
from dezero.layers.base import Names
from dezero.models import MLP, Sequential
from dezero.optimizers import SGD, AdaDelta, AdaGrad, Adam, MomentumSGD, Optimizer
from dezero.transforms import Compose

X = np.random.default_rng(0).standard_normal((4, 3))

# ---------------------------------------------------------------------------------------------------
# Optimizers: state under the parameter's id, as the book's own keep it
# ---------------------------------------------------------------------------------------------------


def state(table: Any, param: Variable) -> Any:
    key = id(param)
    if key not in table:
        table[key] = cuda.get_array_module(param.data).zeros_like(param.data)
    return table[key]


class MyMomentum(MomentumSGD):
    def update_one(self, param: Any) -> None:
        v = state(self.vs, param)
        v *= self.momentum
        v -= self.lr * param.grad.data
        param.data += v


class MyAdaGrad(AdaGrad):
    def update_one(self, param: Any) -> None:
        h = state(self.hs, param)
        h += param.grad.data**2
        param.data -= self.lr * param.grad.data / (np.sqrt(h) + self.eps)


class MyAdaDelta(AdaDelta):
    def update_one(self, param: Any) -> None:
        msg, msdx = state(self.msg, param), state(self.msdx, param)
        msg *= self.rho
        msg += (1 - self.rho) * param.grad.data**2
        dx = np.sqrt((msdx + self.eps) / (msg + self.eps)) * param.grad.data
        msdx *= self.rho
        msdx += (1 - self.rho) * dx**2
        param.data -= dx


class MyAdam(Adam):
    def update(self, *args: Any, **kwargs: Any) -> None:
        super().update(*args, **kwargs)

    def update_one(self, param: Any) -> None:
        m, v = state(self.ms, param), state(self.vs, param)
        m += (1 - self.beta1) * (param.grad.data - m)
        v += (1 - self.beta2) * (param.grad.data**2 - v)
        param.data -= self.lr * m / (np.sqrt(v) + self.eps)


def trained(optimizer: Optimizer, steps: int) -> np.ndarray:
    layer = L.Linear(2, in_size=3, dtype=np.float64)
    layer.W.data = np.arange(6.0).reshape(3, 2)
    optimizer.setup(layer)
    for _ in range(steps):
        loss = F.sum(layer(X) ** 2)
        layer.cleargrads()
        loss.backward()
        optimizer.update()
    return layer.W.data


@pytest.mark.parametrize(
    ("mine", "ours"),
    [(MyMomentum, MomentumSGD), (MyAdaGrad, AdaGrad), (MyAdaDelta, AdaDelta), (MyAdam, Adam)],
)
def test_an_optimizer_with_state_by_id_is_the_same_one(mine: Any, ours: Any) -> None:
    np.testing.assert_allclose(trained(mine(), 5), trained(ours(), 5), rtol=1e-12)


def test_state_is_one_table_by_id_and_by_parameter() -> None:
    vs, p, q = MomentumSGD().vs, Parameter(np.ones(2)), Parameter(np.ones(3))
    assert id(p) not in vs
    assert p not in vs
    with pytest.raises(KeyError):
        vs[id(p)]
    vs[id(p)] = np.full(2, 5.0)
    assert vs[p] is vs[id(p)]
    assert (p in vs, len(vs), list(vs)) == (True, 1, [id(p)])
    vs[q] += 1
    assert vs[id(q)].tolist() == [1, 1, 1]
    del vs[id(q)]
    assert vs[q].tolist() == [0, 0, 0]


# ---------------------------------------------------------------------------------------------------
# Layers: the set of names, paths, first weights
# ---------------------------------------------------------------------------------------------------


def test_names_print_and_serve_as_a_set() -> None:
    layer = L.Linear(2, in_size=3)
    assert str(layer._params) == "{'W', 'b'}"
    assert layer._params == {"W", "b"}
    assert str(Layer()._params) == "set()"
    layer.extra = Variable(np.ones(1))  # no Parameter: not found by itself
    layer._params.add("extra")
    assert len(list(layer.params())) == 3
    layer._params.remove("extra")
    assert [name for name in layer._params if "b" in layer._params] == ["W", "b"]
    assert [layer.__dict__[name] is getattr(layer, name) for name in layer._params] == [True, True]


@given(st.lists(st.tuples(st.sampled_from(["add", "discard", "update"]), st.sampled_from("abcd"))))
def test_names_are_a_set_that_keeps_its_order(steps: list[tuple[str, str]]) -> None:
    names, plain, order = Names(), set(), list[str]()
    for method, name in steps:
        getattr(names, method)(name)
        getattr(plain, method)(name)
        order = [known for known in order if known in plain] + [name] * (name in plain and name not in order)
    assert names == plain
    assert list(names) == order
    assert names | {"z"} == plain | {"z"}
    assert eval(repr(names)) == plain


def test_flatten_params_fills_a_dict_with_paths() -> None:
    model, found = MLP((3, 1)), {"before": None}
    model._flatten_params(found)
    model._flatten_params(found, "net")
    wanted = ["l0/W", "l0/b", "l1/W", "l1/b"]
    assert list(found) == ["before", *wanted, *(f"net/{name}" for name in wanted)]
    assert found["net/l1/b"] is model.layers[1].b


def test_an_overridden_flatten_params_is_what_is_saved(tmp_path: Path) -> None:
    class Half(L.Linear):
        def _flatten_params(self, params_dict: Any, parent_key: str = "") -> None:
            params_dict["weights"] = self.W

    Half(2, in_size=3).save_weights(tmp_path / "half.npz")
    assert np.load(tmp_path / "half.npz").files == ["weights"]


def test_a_layer_that_keeps_its_parameters_to_itself() -> None:
    class Frozen(L.Linear):
        def params(self) -> Any:
            return iter(())

    model = Sequential(Frozen(2, in_size=3), L.Linear(1, in_size=2))
    assert [p.shape for p in model.params()] == [(2, 1), (1,)]


class Ones(L.Linear):
    def _init_W(self, xp: Any = np) -> None:  # noqa: N802  # the book's name
        self.W.data = xp.ones((self.in_size, self.out_size), dtype=self.dtype)


class ConvOnes(L.Conv2d):
    def _init_W(self, xp: Any = np) -> None:  # noqa: N802
        self.W.data = xp.ones((self.out_channels, self.in_channels, 2, 2), dtype=self.dtype)


def test_the_first_weights_are_drawn_by_init_w() -> None:
    for layer in (Ones(2), Ones(2, in_size=3)):
        np.testing.assert_allclose(layer(X).data, np.repeat(X.sum(axis=1), 2).reshape(4, 2))
    for conv in (ConvOnes(2, 2), ConvOnes(2, 2, in_channels=3)):
        assert conv(np.ones((1, 3, 2, 2), np.float32)).data.ravel().tolist() == [12, 12]
    layer = L.Linear(2, in_size=3)
    before = layer.W.data
    layer._init_W()
    assert (layer.W.shape, layer.W.dtype, (layer.W.data == before).any()) == ((3, 2), np.float32, False)


@pytest.mark.parametrize("name", ["weights", "weights.npz", "weights.v1"])
def test_weights_have_the_name_that_numpy_gives(name: str, tmp_path: Path) -> None:
    saved, loaded = L.Linear(2, in_size=3), L.Linear(2, in_size=3)
    saved.save_weights(str(tmp_path / name))
    (file,) = tmp_path.iterdir()
    assert file.name == name.removesuffix(".npz") + ".npz"
    for path in (file, tmp_path / name):
        loaded.W.data = 0 * loaded.W.data
        loaded.load_weights(path)
        np.testing.assert_array_equal(loaded.W.data, saved.W.data)


# ---------------------------------------------------------------------------------------------------
# Models whose list of layers changes
# ---------------------------------------------------------------------------------------------------


def linear(size: int = 3) -> L.Linear:
    return L.Linear(size, in_size=3, dtype=np.float64)


def assert_is_its_list(model: Any) -> None:
    """Forward applies the list; its parameters are found, by names of their own; copies are alike."""
    y = model(X)
    x: Any = X
    for layer in model.layers:
        x = layer(x)
    np.testing.assert_array_equal(y.data, x.data if isinstance(x, Variable) else x)
    layers = [layer for layer in model.layers if isinstance(layer, Layer)]
    wanted = {id(p) for layer in layers for p in layer.params()}
    named = dict(model.named_params())
    assert wanted <= {id(p) for p in model.params()} == {id(p) for p in named.values()}
    assert len(list(model.params())) == len({id(p) for p in model.params()})
    for name, param in named.items():
        found = model
        for part in name.split("/"):
            found = getattr(found, part)
        assert found is param
    assert model._params == {name.partition("/")[0] for name in named}
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(other(X).data if layers else other(X), y.data if layers else y)
        assert [name for name, _ in other.named_params()] == list(named)
        assert not {id(p) for p in other.params()} & {id(p) for p in model.params()}


KINDS = ["append", "insert", "pop", "replace", "attribute", "own", "assign", "function", "again"]
STEPS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 3)), max_size=8)


@given(STEPS)
def test_a_sequential_is_what_its_list_holds(steps: list[tuple[str, int]]) -> None:
    model = Sequential(linear(), linear())
    for step, i in steps:
        if step == "append":
            model.layers.append(linear())
        elif step == "insert":
            model.layers.insert(i, linear())
        elif step == "pop" and len(model.layers) > 1:
            model.layers.pop()
        elif step == "replace":
            model.layers[i % len(model.layers)] = linear()
        elif step == "attribute":  # as the book's MLP is made; also replaces an element
            setattr(model, f"l{i}", linear())
        elif step == "own":
            setattr(model, f"own{i}", linear())
            model.layers.append(getattr(model, f"own{i}"))
        elif step == "assign":
            model.layers = [linear() for _ in range(i + 1)]
        elif step == "function":
            model.layers.append(F.relu)
        elif step == "again":
            model.layers.append(model.layers[0])
        assert_is_its_list(model)


def test_an_element_and_its_attribute_are_one() -> None:
    model = MLP((3, 2))
    model.l1 = L.Linear(5)
    assert model.layers[1] is model.l1
    model.layers[0] = L.Linear(4)
    assert model.l0 is model.layers[0]
    assert model(X).shape == (4, 5)
    with pytest.raises(AttributeError, match="'MLP' object has no attribute 'l2'"):
        _ = model.l2


def test_an_mlp_without_layers_says_so() -> None:
    model = MLP((3, 2))
    model.layers.clear()
    with pytest.raises(ValueError, match="MLP: layers must hold one layer or more, got none"):
        model(X)


def test_a_subclass_appends_as_the_book_does() -> None:
    class Deep(MLP):
        def __init__(self) -> None:
            super().__init__((3,))
            for i in (1, 2):
                layer = L.Linear(4)
                setattr(self, f"l{i}", layer)
                self.layers.append(layer)

    model = Deep()
    assert model(X).shape == (4, 4)
    assert [name for name, _ in model.named_params()] == [f"l{i}/{name}" for i in range(3) for name in "Wb"]


def test_what_is_appended_is_trained_saved_and_loaded(tmp_path: Path) -> None:
    def made() -> Any:
        model = MLP((3,))
        model.layers.append(L.Linear(2))
        model(X)
        return model

    model, other = made(), made()
    before = model.layers[1].W.data.copy()
    optimizer = SGD(0.1).setup(model)
    F.sum(model(X)).backward()
    optimizer.update()
    assert (model.layers[1].W.data != before).all()
    model.cleargrads()
    assert model.layers[1].W.grad is None
    model.save_weights(tmp_path / "weights.npz")
    other.load_weights(tmp_path / "weights.npz")
    np.testing.assert_array_equal(other(X).data, model(X).data)


def test_a_model_with_a_list_of_its_own() -> None:
    class Net(Model):
        def __init__(self, *sizes: int) -> None:
            super().__init__()
            self.layers: list[Any] = []
            for i, size in enumerate(sizes):
                setattr(self, f"l{i}", L.Linear(size))
                self.layers.append(getattr(self, f"l{i}"))

        def forward(self, x: Any) -> Any:
            for layer in self.layers:
                x = layer(x)
            return x

    model = Net(3, 2)
    assert model(X).shape == (4, 2)
    assert [name for name, _ in model.named_params()] == ["l0/W", "l0/b", "l1/W", "l1/b"]


# ---------------------------------------------------------------------------------------------------
# Functions and data
# ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [3, 7, np.int64(9)])
def test_an_axis_past_the_last_is_the_last(axis: Any) -> None:
    x = Variable(np.ones((2, 3)))
    y = F.expand_dims(x, axis)
    F.sum(y * np.arange(6.0).reshape(2, 3, 1)).backward()
    assert (y.shape, x.grad.shape) == ((2, 3, 1), (2, 3))  # type: ignore[union-attr]


@pytest.mark.parametrize("loss", [F.softmax_cross_entropy, F.softmax_cross_entropy_simple])
def test_labels_as_a_column(loss: Any) -> None:
    t = np.array([0, 2, 1, 1])
    losses, grads = [], []
    for labels in (t, t[:, None], Variable(t[:, None])):
        x = Variable(X.copy())
        y = loss(x, labels)
        y.backward()
        losses.append(y.data)
        grads.append(x.grad.data)  # type: ignore[union-attr]
        assert F.accuracy(x, labels).data == F.accuracy(x, t).data
    for y, gx in zip(losses, grads, strict=True):
        np.testing.assert_array_equal(y, losses[0])
        np.testing.assert_array_equal(gx, grads[0])


def test_numbers_to_embed_as_a_list() -> None:
    W = Variable(np.arange(6.0).reshape(3, 2))  # noqa: N806
    assert F.embed_id([[0, 2]], W).data.tolist() == [[[0, 1], [4, 5]]]


def test_no_transforms() -> None:
    assert Compose(None)(3) == Compose([])(3) == 3
