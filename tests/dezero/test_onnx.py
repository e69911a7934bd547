"""ONNX files: what another runtime makes of them is what dezero computes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dezero.functions as F
import dezero.layers as L
import dezero.onnx
from dezero import Config, Function, Parameter, Variable, cuda, no_grad, test_mode
from dezero.models import MLP, VGG16, Model, ResNet50, Sequential, SqueezeNet
from dezero.onnx.trace import trace
from tests.dezero.strict_device import StrictDevice

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

EPS = float(np.finfo(np.float32).eps)


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape, dtype="f")


def positive(*shape: int, seed: int = 0) -> np.ndarray:
    return np.abs(normal(*shape, seed=seed)) + np.float32(0.1)


def session(path: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def run(path: Path, *inputs: np.ndarray) -> list[np.ndarray]:
    """The outputs in onnxruntime, of a file that onnx finds sound."""
    onnx.checker.check_model(path, full_check=True)
    return session(path).run(None, {f"x{i}": x for i, x in enumerate(inputs)})


def expected(model: Callable[..., Any], *inputs: np.ndarray) -> list[np.ndarray]:
    with test_mode():
        result = model(*map(Variable, inputs))
    return [y.data for y in (result if isinstance(result, (list, tuple)) else [result])]


def assert_same_outputs(
    model: Callable[..., Any], path: Path, *inputs: np.ndarray, tolerance: float = 16 * EPS
) -> None:
    """Outputs equal but for `tolerance` of the largest: in shape, dtype and value."""
    for y, wanted in zip(run(path, *inputs), expected(model, *inputs), strict=True):
        assert (y.shape, y.dtype) == (wanted.shape, wanted.dtype)
        assert np.isfinite(wanted).all()
        np.testing.assert_allclose(y, wanted, rtol=0, atol=tolerance * np.abs(wanted).max(initial=0))


def rounding(model: L.Layer) -> float:
    """How much the order of sums may change: sqrt(K) eps for a sum of K products, in each layer."""
    weights = [p for name, p in model.named_params() if name.endswith("W")]
    sums = [w.size // w.shape[0 if w.ndim == 4 else 1] for w in weights]
    return 2 * EPS * sum(K**0.5 for K in sums)


def with_lived_in_averages(model: L.Layer) -> None:
    """Running averages, scales and biases that are not 0 and 1."""
    rng = np.random.default_rng(1)
    for name, p in model.named_params():
        if not name.endswith("W"):
            p.data = (0.5 + rng.random(p.shape)).astype(p.dtype)


# ---------------------------------------------------------------------------------------------------
# Each function
# ---------------------------------------------------------------------------------------------------

IMAGES = normal(2, 3, 7, 8)
# name: (function, inputs with a batch of 2)
FUNCTIONS: dict[str, tuple[Callable[..., Any], tuple[np.ndarray, ...]]] = {
    "add": (lambda x, y: x + y, (normal(2, 3), normal(2, 1, seed=1))),
    "add a scalar": (lambda x: 1.5 + x, (normal(2, 3),)),
    "sub": (lambda x: 1 - x, (normal(2, 3),)),
    "mul": (lambda x: x * x, (normal(2, 3),)),
    "div": (lambda x, y: x / y, (normal(2, 3), positive(2, 3))),
    "neg": (lambda x: -x, (normal(2, 3),)),
    "pow": (lambda x: x**3, (normal(2, 3),)),
    "pow of a broken exponent": (lambda x: x**0.5, (positive(2, 3),)),
    "power": (F.power, (positive(2, 3), normal(2, 3))),
    "abs": (abs, (normal(2, 3),)),
    "clip": (lambda x: F.clip(x, -0.5, 0.25), (normal(2, 9),)),
    "cos": (F.cos, (normal(2, 3),)),
    "cosh": (F.cosh, (normal(2, 3),)),
    "exp": (F.exp, (normal(2, 3),)),
    "log": (F.log, (positive(2, 3),)),
    "maximum": (F.maximum, (normal(2, 3), normal(2, 3, seed=1))),
    "minimum": (F.minimum, (normal(2, 3), normal(2, 3, seed=1))),
    "reciprocal": (F.reciprocal, (positive(2, 3),)),
    "sin": (F.sin, (normal(2, 3),)),
    "sinh": (F.sinh, (normal(2, 3),)),
    "sqrt": (F.sqrt, (positive(2, 3),)),
    "square": (F.square, (normal(2, 3),)),
    "tan": (F.tan, (normal(2, 3),)),
    "tanh": (F.tanh, (normal(2, 3),)),
    "leaky_relu": (lambda x: F.leaky_relu(x, 0.1), (normal(2, 9),)),
    "relu": (F.relu, (normal(2, 9),)),
    "sigmoid": (F.sigmoid, (normal(2, 3),)),
    "sigmoid_simple": (F.sigmoid_simple, (normal(2, 3),)),
    "softplus": (F.softplus, (10 * normal(2, 9),)),
    "the last": (lambda x: x[:, -1], (normal(2, 3, 4),)),
    "an element": (lambda x: x[:, 1, 2], (normal(2, 3, 4),)),
    "a part": (lambda x: x[..., 1:-1], (normal(2, 3, 4),)),
    "backwards": (lambda x: x[:, ::-1, 3:0:-2], (normal(2, 3, 4),)),
    "new axes": (lambda x: x[:, None, ..., None, 0], (normal(2, 3, 4),)),
    "past the end": (lambda x: x[:, 1:9, -9:2], (normal(2, 3, 4),)),
    "all": (lambda x: x[:], (normal(2, 3),)),
    "rows by number": (lambda x: F.embed_id(x, normal(9, 3)), (np.array([[1, 8], [0, 1]]),)),
    "items by number": (lambda x: Variable(normal(9, 3))[x], (np.array([[-1, 8], [0, 1]], "i4"),)),
    "numbers reshaped": (
        lambda x: F.embed_id(x.reshape(-1), normal(9, 3)) * 2, (np.array([[1, 8], [0, 1]]),)
    ),
    "dropout": (F.dropout, (normal(2, 3),)),
    "sum": (lambda x: F.sum(x, axis=-1), (normal(2, 3, 4),)),
    "sum of all": (F.sum, (normal(2, 3),)),
    "sum of a scalar": (lambda x: F.sum(F.sum(x)), (normal(2, 3),)),
    "mean": (lambda x: F.mean(x, axis=(1, 2), keepdims=True), (normal(2, 3, 4),)),
    "max": (lambda x: F.max(x, axis=1), (normal(2, 3),)),
    "min": (lambda x: F.min(x, axis=0), (normal(2, 3),)),
    "no axes": (lambda x: F.max(x, axis=()), (normal(2, 3),)),
    "logsumexp": (lambda x: F.logsumexp(x, axis=1), (normal(2, 3),)),
    "softmax": (F.softmax, (normal(2, 3),)),
    "softmax of all": (lambda x: F.softmax(x, axis=(1, 2)), (normal(2, 3, 4),)),
    "softmax_simple": (F.softmax_simple, (normal(2, 3),)),
    "log_softmax": (lambda x: F.log_softmax(x, axis=-1), (normal(2, 3),)),
    "log_softmax of all": (lambda x: F.log_softmax(x, axis=(1, 2)), (normal(2, 3, 4),)),
    "flatten": (F.flatten, (normal(2, 3, 4),)),
    "batch among other axes": (lambda x: x.reshape(-1, 4) + 1, (normal(2, 3, 4),)),
    "batch twice": (lambda x: F.expand_dims(x @ x.T, 1), (normal(2, 3),)),
    "expand_dims": (lambda x: F.expand_dims(x, 0), (normal(2, 3),)),
    "transpose": (lambda x: F.transpose(x, (1, -1, 0)), (normal(2, 3, 4),)),
    "transpose all": (lambda x: x.T, (normal(2, 3, 4),)),
    "concatenate": (lambda x, y: F.concatenate((x, y, x), axis=-1), (normal(2, 3), normal(2, 1))),
    "stack": (lambda x: F.stack((x, -x), axis=1), (normal(2, 3),)),
    "broadcast_to": (lambda x: F.broadcast_to(x, (len(x), 4, 3)), (normal(2, 1, 3),)),
    "broadcast to twice the batch": (
        lambda x: F.broadcast_to(F.sum(x), (2 * len(x), 3)), (normal(2, 3),)
    ),
    "sum_to": (lambda x: F.sum_to(x, (len(x), 1)), (normal(2, 3),)),
    "sum_to fewer axes": (lambda x: F.sum_to(x, (1, 4)), (normal(2, 3, 4),)),
    "matmul": (lambda x: x @ normal(3, 4, 5), (normal(2, 3, 2, 4),)),
    "linear": (lambda x: F.linear(x, normal(3, 4), normal(4)), (normal(2, 3),)),
    "linear of sequences": (lambda x: F.linear(x, normal(3, 4), normal(4)), (normal(2, 5, 3),)),
    "linear without bias": (lambda x: F.linear(x, normal(3, 4)), (normal(2, 5, 3),)),
    "conv2d": (lambda x: F.conv2d(x, normal(4, 3, 3, 2), normal(4), (2, 1), (0, 1)), (IMAGES,)),
    "conv2d without bias": (lambda x: F.conv2d(x, normal(4, 3, 2, 2)), (IMAGES,)),
    "deconv2d": (lambda x: F.deconv2d(x, normal(3, 4, 3, 2), normal(4), 2, 1), (IMAGES,)),
    "deconv2d to a size": (
        lambda x: F.deconv2d(x, normal(3, 4, 4, 3), None, (3, 2), (1, 0), (22, 18)), (IMAGES,)
    ),
    "pooling": (lambda x: F.pooling(x, (3, 2), (2, 3), (1, 0)), (IMAGES - 5,)),
    "average_pooling": (lambda x: F.average_pooling(x, (3, 2), (2, 3), (1, 0)), (IMAGES - 5,)),
    "batch_norm": (
        lambda x: F.batch_norm(x, normal(3), normal(3), normal(3), positive(3)), (IMAGES,)
    ),
    "batch_norm of vectors": (
        lambda x: F.batch_norm(x, normal(3), normal(3), normal(3), positive(3)), (normal(2, 3),)
    ),
    "bytes": (lambda x: x / 255, (np.arange(6, dtype=np.uint8).reshape(2, 3),)),
    "wider weights": (lambda x: x * normal(3).astype("d"), (normal(2, 3),)),
    "a cast": (lambda x: dezero.core.Copy("d")(x), (normal(2, 3),)),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_any_batch(name: str, tmp_path: Path) -> None:
    """Traced with a batch of 2, run with 2 and with 6."""
    function, inputs = FUNCTIONS[name]
    path = tmp_path / "function.onnx"
    dezero.onnx.export(function, *inputs, path=path)
    assert_same_outputs(function, path, *inputs)
    assert_same_outputs(function, path, *(np.concatenate([x, x[::-1], x]) for x in inputs))


def test_every_function_of_the_table_is_tested() -> None:
    traces = [trace(function, inputs) for function, inputs in FUNCTIONS.values()]
    assert {type(f) for t in traces for f in t.functions} == set(dezero.onnx.EMITTERS)


STEPS: list[Callable[[Variable], Variable]] = [
    F.tanh,
    F.relu,
    F.softmax,
    lambda x: x.transpose(0, 2, 1),
    lambda x: F.flatten(x).reshape(len(x), 6, -1),
    lambda x: F.concatenate((x, -x), axis=2),
    lambda x: x + F.mean(x, axis=-1, keepdims=True),
    lambda x: F.broadcast_to(F.max(x, axis=1, keepdims=True), x.shape),
]


@settings(max_examples=25)
@given(steps=st.lists(st.sampled_from(STEPS), max_size=6), batch=st.integers(1, 4))
def test_any_chain_of_functions(
    steps: list[Any], batch: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "chain.onnx"
    model = Sequential(*steps)
    dezero.onnx.export(model, normal(2, 4, 6), path=path)
    assert_same_outputs(model, path, normal(batch, 4, 6, seed=batch))


# ---------------------------------------------------------------------------------------------------
# Models
# ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", [F.sigmoid, F.tanh, F.relu, F.leaky_relu, F.softplus])
def test_mlp(activation: Any, tmp_path: Path) -> None:
    model = MLP((20, 10, 3), activation=activation)
    dezero.onnx.export(model, normal(1, 5), path=tmp_path / "mlp.onnx")
    assert_same_outputs(model, tmp_path / "mlp.onnx", normal(7, 5), tolerance=rounding(model))
    graph = onnx.load(tmp_path / "mlp.onnx").graph
    assert {t.name for t in graph.initializer} == {n for n, _ in model.named_params()}
    assert [node.op_type for node in graph.node].count("Gemm") == 3


def small_cnn() -> Any:
    model = Sequential(
        L.Conv2d(4, 3, pad=1),
        L.BatchNorm(),
        F.relu,
        lambda x: F.pooling(x, 2, 2),
        L.Conv2d(6, (2, 3), stride=(1, 2), nobias=True),
        lambda x: F.average_pooling(x, 2, 1, 1),
        F.flatten,
        F.dropout,
        L.Linear(5),
        L.BatchNorm(),
        F.softmax,
    )
    model(normal(2, 1, 8, 9))
    with_lived_in_averages(model)
    return model


def test_a_small_cnn(tmp_path: Path) -> None:
    model = small_cnn()
    dezero.onnx.export(model, normal(3, 1, 8, 9), path=tmp_path / "cnn.onnx")
    assert_same_outputs(model, tmp_path / "cnn.onnx", normal(5, 1, 8, 9), tolerance=rounding(model))


@pytest.mark.usefixtures("quick_weights")
@pytest.mark.parametrize(("make", "size"), [(SqueezeNet, (35, 35)), (ResNet50, (32, 64)), (VGG16, (32, 64))])
def test_networks(make: Any, size: tuple[int, int], tmp_path: Path) -> None:
    """Traced with one image and run with two."""
    model, path = make(), tmp_path / "network.onnx"
    if make is ResNet50:
        with no_grad(), test_mode():
            model(normal(1, 3, *size))
        with_lived_in_averages(model)
    dezero.onnx.export(model, normal(1, 3, *size), path=path)
    assert_same_outputs(model, path, normal(2, 3, *size), tolerance=rounding(model))
    path.unlink()  # 100 MB and more


def test_parameters_without_a_size_take_it_from_the_inputs(tmp_path: Path) -> None:
    model = Sequential(L.Conv2d(2, 3), L.BatchNorm(), F.flatten, L.Linear(3))
    dezero.onnx.export(model, normal(1, 1, 5, 5), path=tmp_path / "model.onnx")
    assert_same_outputs(model, tmp_path / "model.onnx", normal(2, 1, 5, 5), tolerance=rounding(model))


def test_a_shared_parameter_is_there_once(tmp_path: Path) -> None:
    layer = L.Linear(4, in_size=4)
    model = Sequential(layer, F.tanh, layer)
    dezero.onnx.export(model, normal(1, 4), path=tmp_path / "model.onnx")
    names = [t.name for t in onnx.load(tmp_path / "model.onnx").graph.initializer]
    assert names == ["l0/W", "l0/b"]
    assert_same_outputs(model, tmp_path / "model.onnx", normal(2, 4), tolerance=rounding(model))


def test_a_constant_that_is_used_twice_is_there_once(tmp_path: Path) -> None:
    c = normal(3)
    dezero.onnx.export(lambda x: (x + c) * c, normal(2, 3), path=tmp_path / "model.onnx")
    assert len(onnx.load(tmp_path / "model.onnx").graph.initializer) == 1


def test_what_depends_on_no_input_is_computed_beforehand(tmp_path: Path) -> None:
    weights = Parameter(normal(3, 3))

    def model(x: Variable) -> Variable:
        return x @ F.matmul(weights, weights.T)

    dezero.onnx.export(model, normal(1, 3), path=tmp_path / "model.onnx")
    ops = [node.op_type for node in onnx.load(tmp_path / "model.onnx").graph.node]
    assert ops == ["MatMul", "Identity"]
    assert_same_outputs(model, tmp_path / "model.onnx", normal(2, 3))


def test_several_inputs_and_outputs(tmp_path: Path) -> None:
    """Among them an input as it is, and the same output twice."""

    def model(a: Variable, b: Variable, c: Variable) -> tuple[Variable, ...]:
        product = a * b + c
        return product, a, product

    inputs = normal(2, 3), normal(2, 1, seed=1), normal(3, seed=2)
    dezero.onnx.export(model, *inputs, path=tmp_path / "model.onnx")
    assert_same_outputs(model, tmp_path / "model.onnx", normal(4, 3), normal(4, 1), inputs[2])


def test_names_that_a_parameter_has_are_left_to_it(tmp_path: Path) -> None:
    class Awkward(Model):
        def __init__(self) -> None:
            super().__init__()
            self.x0 = Parameter(normal(3))
            self.Mul_0 = Parameter(normal(3, seed=1))

        def forward(self, x: Variable) -> Variable:
            return x * self.x0 + self.Mul_0

    model = Awkward()
    dezero.onnx.export(model, normal(2, 3), path=tmp_path / "model.onnx")
    (y,) = session(tmp_path / "model.onnx").run(None, {"x0_": normal(2, 3)})
    np.testing.assert_allclose(y, model(normal(2, 3)).data, rtol=0, atol=16 * EPS)


def test_parameters_on_a_device(tmp_path: Path) -> None:
    """The file is that of the same model on the host."""
    model, x, module = small_cnn(), normal(2, 1, 8, 9), StrictDevice()
    dezero.onnx.export(model, x, path=tmp_path / "host.onnx")
    cuda.register_array_module(module)
    try:
        for p in model.params():
            p.data = module.asarray(p.data)
        dezero.onnx.export(model, module.asarray(x), path=tmp_path / "device.onnx")
    finally:
        cuda.unregister_array_module(module)
    assert (tmp_path / "device.onnx").read_bytes() == (tmp_path / "host.onnx").read_bytes()


# ---------------------------------------------------------------------------------------------------
# The batch size
# ---------------------------------------------------------------------------------------------------


def test_the_batch_size_is_open(tmp_path: Path) -> None:
    dezero.onnx.export(MLP((4, 3)), normal(2, 5), path=tmp_path / "mlp.onnx")
    mlp = session(tmp_path / "mlp.onnx")
    assert [v.shape for v in (*mlp.get_inputs(), *mlp.get_outputs())] == [["N", 5], ["N", 3]]
    assert [v.name for v in (*mlp.get_inputs(), *mlp.get_outputs())] == ["x0", "y0"]


def test_only_the_batch_size_itself_is_called_n(tmp_path: Path) -> None:
    dezero.onnx.export(lambda x: x.reshape(-1, 1), normal(2, 3), path=tmp_path / "model.onnx")
    shape = onnx.load(tmp_path / "model.onnx").graph.output[0].type.tensor_type.shape
    assert [dim.WhichOneof("value") for dim in shape.dim] == [None, "dim_value"]


@pytest.mark.parametrize(
    "model",
    [
        lambda x: x + np.ones((2, 3), np.float32),
        lambda x: F.sum(x, axis=0) / len(x),
        lambda x: x ** len(x),
        lambda x: F.reshape(x, (2, 3)) if len(x) == 2 else -x,
        lambda x: F.broadcast_to(F.sum(x), (len(x) + 1,)),
    ],
)
def test_the_batch_size_is_that_of_the_trace_where_the_graph_needs_it(model: Any, tmp_path: Path) -> None:
    dezero.onnx.export(model, normal(2, 3), path=tmp_path / "model.onnx")
    assert session(tmp_path / "model.onnx").get_inputs()[0].shape == [2, 3]
    assert_same_outputs(model, tmp_path / "model.onnx", normal(2, 3, seed=1))


def test_a_model_of_numbers_begins_with_embed_id(tmp_path: Path) -> None:
    model = Sequential(L.EmbedID(10, 4), lambda h: F.mean(h, axis=1), L.Linear(3), F.relu)
    dezero.onnx.export(model, np.array([[1, 2, 3], [4, 5, 6]]), path=tmp_path / "model.onnx")
    assert session(tmp_path / "model.onnx").get_inputs()[0].shape == ["N", 3]
    for numbers in np.array([[9, 0, 9]]), np.arange(9).reshape(3, 3):
        assert_same_outputs(model, tmp_path / "model.onnx", numbers, tolerance=rounding(model))


# ---------------------------------------------------------------------------------------------------
# What is left as it was
# ---------------------------------------------------------------------------------------------------


def test_nothing_is_changed_by_exporting(tmp_path: Path) -> None:
    model, x = small_cnn(), Variable(normal(2, 1, 8, 9))
    F.sum(model(x)).backward()
    before = {name: (p, p.data, p.data.copy(), p.grad) for name, p in model.named_params()}
    inputs, grad, data = model.l0.inputs, x.grad, x.data.copy()
    random = np.random.get_state(legacy=False)["state"]["key"].copy()  # noqa: NPY002  # dropout's
    dezero.onnx.export(model, x, path=tmp_path / "cnn.onnx")
    assert Config.train
    assert Config.enable_backprop
    state = np.random.get_state(legacy=False)["state"]  # noqa: NPY002  # as above
    np.testing.assert_array_equal(random, state["key"])
    assert model.l0.inputs is inputs
    assert x.grad is grad
    assert x.creator is None
    np.testing.assert_array_equal(x.data, data)
    for name, p in model.named_params():
        same, array, values, gradient = before[name]
        assert p is same
        assert p.data is array
        assert p.grad is gradient
        np.testing.assert_array_equal(p.data, values)


def test_a_recurrent_model_keeps_its_state(tmp_path: Path) -> None:
    """The file is the step from the state that the model has."""
    model: Any = Sequential(L.RNN(4), L.Linear(2))
    for seed in range(3):
        model(normal(2, 3, seed=seed))
    h = model.l0.h
    dezero.onnx.export(model, normal(2, 3), path=tmp_path / "rnn.onnx")
    assert model.l0.h is h
    assert_same_outputs(model, tmp_path / "rnn.onnx", normal(2, 3, seed=9), tolerance=rounding(model))


def test_it_works_where_nothing_is_recorded(tmp_path: Path) -> None:
    with no_grad():
        dezero.onnx.export(F.exp, normal(2, 3), path=tmp_path / "exp.onnx")
        assert not Config.enable_backprop
    assert_same_outputs(F.exp, tmp_path / "exp.onnx", normal(2, 3))


# ---------------------------------------------------------------------------------------------------
# What is refused
# ---------------------------------------------------------------------------------------------------


class Doubled(Function):
    def forward(self, x: Any) -> Any:
        return 2 * x


def test_a_function_without_a_form_is_named_and_the_file_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"before")
    with pytest.raises(NotImplementedError, match=r"Function Doubled \(of float32\[2, 3\]\)"):
        dezero.onnx.export(Doubled(), normal(2, 3), path=path)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_form_can_be_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(graph: Any, f: Function, y: Variable, x: str) -> str:
        return graph.add("Add", x, x)

    monkeypatch.setitem(dezero.onnx.EMITTERS, Doubled, twice)
    dezero.onnx.export(Doubled(), normal(2, 3), path=tmp_path / "model.onnx")
    assert_same_outputs(Doubled(), tmp_path / "model.onnx", normal(4, 3))


def leaves_by_data(x: Variable) -> Variable:
    return x * x.data.mean()


def leaves_by_no_grad(x: Variable) -> Variable:
    with no_grad():
        half = x / 2
    return x + half


def draws_at_random(x: Variable) -> Variable:
    return x + np.random.randn(3).astype("f")  # noqa: NPY002  # as the book's programs do


def decides_by_values(x: Variable) -> Variable:
    return x * 2 if x.data.sum() < 3 else x


@pytest.mark.parametrize("model", [leaves_by_data, leaves_by_no_grad, draws_at_random, decides_by_values])
def test_a_model_that_is_more_than_its_graph_is_refused(model: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="export: model must compute by dezero's functions alone"):
        dezero.onnx.export(model, np.zeros((2, 3), np.float32), path=tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_also_where_the_input_is_a_number(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="export: model must compute by dezero's functions alone"):
        dezero.onnx.export(leaves_by_data, np.zeros((), "f"), path=tmp_path / "model.onnx")


def in_training_mode(x: Variable) -> Variable:
    with dezero.using_config("train", True):
        return F.batch_norm(x, np.ones(3), np.ones(3), np.ones(3), np.ones(3))


@pytest.mark.parametrize(
    ("model", "inputs", "error", "message"),
    [
        (F.exp, (), ValueError, "inputs must hold an example of each input"),
        (F.exp, ([1.0],), TypeError, "input 0 must be an array or a Variable, got <class 'list'>"),
        (lambda x: x.data, (normal(2),), TypeError, "model must return Variables"),
        (lambda x: Variable(normal(2)), (normal(2),), ValueError, "output 0 does not depend on"),
        (F.exp, (np.ones(2, np.longdouble),), ValueError, "ONNX has no (longdouble|float128)"),
        (F.where, (np.ones(2, bool), normal(2), normal(2)), NotImplementedError, "Function Where"),
        (lambda m: Variable(normal(2))[m], (np.ones(2, bool),), NotImplementedError, "indexing by arrays"),
        (lambda x: x[np.array([1, 0])], (normal(2),), NotImplementedError, "indexing by arrays"),
        (in_training_mode, (normal(2, 3),), NotImplementedError, "normalization in training mode"),
    ],
)
def test_misuse_is_reported(
    model: Any, inputs: Any, error: type[Exception], message: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=f"export: .*{message}"):
        dezero.onnx.export(model, *inputs, path=tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_without_the_package_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"package onnx is needed.*pip install onnx"):
        dezero.onnx.export(F.exp, normal(2, 3), path=tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_the_package_is_imported_only_to_export() -> None:
    code = "import sys, dezero, dezero.onnx; sys.exit('onnx' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_example_of_the_documentation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[2] / "docs" / "onnx.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(text.split("```python\n")[1].split("```")[0], "docs/onnx.md", "exec"), names)
    ones = np.ones((32, 784), np.float32)
    np.testing.assert_allclose(names["y"], names["model"](ones).data, rtol=0, atol=rounding(names["model"]))
