"""An error names the function, the argument, what was expected and what was given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dezero.functions as F
import dezero.layers as L
import dezero.models as M
import dezero.optimizers as O
import dezero.transforms as T
from dezero import Parameter, Variable, utils
from dezero.dataloaders import DataLoader
from dezero.datasets import Dataset

X, IMAGES, KERNEL = np.zeros((2, 3)), np.zeros((1, 2, 4, 4)), np.zeros((1, 2, 3, 3))
HALF: Any = 0.5

REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: F.sum(X, axis=2), "sum: axis: axis 2 is out of bounds for array of dimension 2"),
    (lambda: F.mean(X, axis=(0, -3)), "mean: axis: axis -3 is out of bounds"),
    (lambda: F.max(X, axis=2), "max: axis: axis 2 is out of bounds"),
    (lambda: Variable(X).min(axis=(1, 1)), "min: axis: repeated axis, got (1, 1)"),
    (lambda: F.softmax(np.zeros(3)), "softmax: axis: axis 1 is out of bounds for array of dimension 1"),
    (lambda: F.log_softmax(np.zeros(3)), "log_softmax: axis: axis 1 is out of bounds"),
    (lambda: F.logsumexp(X, axis=2), "logsumexp: axis: axis 2 is out of bounds"),
    (lambda: F.matmul(X, np.zeros((4, 2))), "matmul: the inner sizes of x (2, 3) and W (4, 2) must"),
    (lambda: Variable(X) @ np.zeros(2), "matmul: the inner sizes of x (2, 3) and W (2,) must"),
    (lambda: F.accuracy(X, np.zeros(3, int)), "accuracy: y must have shape (N, C), not be empty"),
    (lambda: F.accuracy(np.zeros(2), np.zeros(2, int)), "for each row, got (2,), (2,)"),
    (lambda: F.concatenate([X, X.T]), "concatenate: xs must have equal shapes but for axis 0, got (2, 3), "),
    (lambda: F.concatenate([X, X], axis=2), "concatenate: axis: axis 2 is out of bounds"),
    (lambda: F.stack([np.zeros(2), np.zeros(3)]), "stack: xs must have equal shapes, got (2,), (3,)"),
    (lambda: F.conv2d(IMAGES, KERNEL, stride=HALF), "conv2d: stride must be an integer or two"),
    (lambda: F.conv2d(IMAGES, KERNEL, pad=HALF), "conv2d: pad must be an integer or two of them, got 0.5"),
    (lambda: F.conv2d_simple(IMAGES, KERNEL, stride=HALF), "conv2d_simple: stride must be"),
    (lambda: F.deconv2d(IMAGES, KERNEL, outsize=(4,)), "deconv2d: outsize must be an integer or two of them"),
    (lambda: F.pooling(IMAGES, (2, 2, 2)), "pooling: kernel_size must be"),
    (lambda: F.average_pooling(IMAGES, 2, stride=HALF), "average_pooling: stride must be"),
    (lambda: F.im2col(IMAGES, 2, pad=HALF), "im2col: pad must be"),
    (lambda: F.col2im(X, (1, 3, 3), 2), "col2im: input_shape must be (N, C, H, W), got (1, 3, 3)"),
    (lambda: Variable(X) + Variable(np.zeros(4)), "add: cannot take x0 float64[2, 3], x1 float64[4]: oper"),
    (lambda: np.zeros(4) / Variable(X), "div: cannot take x0 float64[4], x1 float64[2, 3]: operands could"),
    (lambda: Variable(np.int8([1])) * 300, "mul: cannot take x0 int8[1], x1 300: Python integer 300 out of"),
    (lambda: F.rsub(X, np.zeros(4)), "rsub: cannot take x0 float64[2, 3], x1 float64[4]: operands could"),
    (lambda: F.softmax_simple(X, axis=7), "softmax_simple: axis: axis 7 is out of bounds"),
    (lambda: F.linear_simple(X, X), "linear_simple: cannot take x float64[2, 3], W float64[2, 3]: matmul:"),
    (lambda: F.flatten(np.array(1.0)), "flatten: x must have an axis or more, got shape ()"),
    (lambda: F.mean(np.zeros((0, 3)), axis=0), "mean: x must have elements along axis 0, got shape (0, 3)"),
    (lambda: F.max(np.zeros((0, 3))), "max: cannot take x float64[0, 3]: zero-size array"),
    (lambda: F.mean_squared_error(X[:0], X[:0]), "mean_squared_error: cannot take x0 float64[0, 3], x1"),
    (lambda: F.softmax_cross_entropy(X[:0], np.zeros(0, int)), "softmax_cross_entropy: x must be logits (N"),
    (lambda: F.softmax_cross_entropy(X, np.array([0, -1])), "labels t must be in [0, 3), got -1 to 0"),
    (lambda: F.sigmoid_cross_entropy(X[:0], X[:0]), "sigmoid_cross_entropy: x must not be empty"),
    (lambda: F.accuracy(X[:0], np.zeros(0, int)), "accuracy: y must have shape (N, C), not be empty"),
    (lambda: F.dropout(X, float("nan")), "dropout: dropout_ratio must be in [0, 1), got nan"),
    (lambda: F.reshape(X, (4, 2)), "reshape: cannot take x float64[2, 3], shape (4, 2): cannot reshape"),
    (lambda: F.transpose(X, (0, 0)), "transpose: cannot take x float64[2, 3], axes (0, 0): repeated axis"),
    (lambda: F.broadcast_to(X, (10**15,)), "broadcast_to: the shape of x, (2, 3), does not broadcast to"),
    (lambda: F.batch_norm(X, X[0], X[0], X[0], X[0], eps=-1.0), "batch_norm: eps must be a finite number"),
    (lambda: F.leaky_relu(X, float("inf")), "leaky_relu: slope must be a finite number, got inf"),
    (lambda: L.Conv2d(0, 3), "Conv2d: out_channels must be an integer of 1 or more, got 0"),
    (lambda: L.Conv2d(1, 0), "Conv2d: kernel_size must be an integer or two of them, 1 or more, got 0"),
    (lambda: L.Conv2d(1, 3, stride=-1), "Conv2d: stride must be an integer or two of them, 1 or more"),
    (lambda: L.Linear(0), "Linear: out_size must be an integer of 1 or more, got 0"),
    (lambda: L.Linear(2)(np.zeros((2, 0))), "Linear: cannot take the input size from x of shape (2, 0)"),
    (lambda: L.Linear(2, in_size=4)(X), "Linear: cannot take x float64[2, 3]: linear: x (..., I) and W"),
    (lambda: L.EmbedID(-1, 2), "EmbedID: in_size must be an integer of 1 or more, got -1"),
    (lambda: L.LSTM(2)(IMAGES), "LSTM: x must have shape (N, 4), the input size, got (1, 2, 4, 4)"),
    (lambda: L.Linear(10**15, in_size=1), "Linear: cannot take out_size 1000000000000000, in_size 1: "),
    (lambda: M.MLP((3, 0)), "MLP: each of fc_output_sizes must be an integer of 1 or more, got 0"),
    (lambda: O.SGD(lr=float("nan")), "SGD: lr must be a finite number of 0 or more, got nan"),
    (lambda: O.Adam(beta2=1.5), "Adam: beta2 must be a number from 0 to 1, got 1.5"),
    (lambda: T.ToInt()(np.array([np.nan])), "ToInt: array must be finite to become"),
    (lambda: utils.get_conv_outsize(4, 2, 0, 0), "get_conv_outsize: stride must be an integer of 1 or more"),
]  # fmt: skip

WRONG_TYPES: list[tuple[Callable[[], Any], str]] = [
    (lambda: F.clip(X, Variable(X), 1), "clip: x_min must be a number, an array or None, got"),
    (lambda: F.sum(X, axis="a"), "sum: axis must be None, an integer or a tuple of integers, got 'a'"),
    (lambda: F.sum(X, axis=1.5), "sum: axis must be None, an integer or a tuple of integers, got 1.5"),
    (lambda: F.sum(X, True), "sum: axis must be None, an integer or a tuple of integers, got True"),
    (lambda: Variable(X).mean(axis=[0]), "mean: axis must be None, an integer or a tuple of integers, got ["),
    (lambda: F.expand_dims(X, "a"), "expand_dims: axis must be an integer, got 'a'"),
    (lambda: F.concatenate([]), "concatenate: xs must be a list or tuple of one or more arrays, got []"),
    (lambda: F.stack([X], None), "stack: axis must be an integer, got None"),
    (lambda: F.transpose(X, 1.5), "transpose: axes must be a tuple of integers, got 1.5"),
    (lambda: F.broadcast_to(X, "ab"), "broadcast_to: shape must be a tuple of integers, got 'ab'"),
    (lambda: F.exp(np.array(["a"])), "exp: cannot take x <U1[1]: ufunc 'exp' not supported for the input"),
    (lambda: F.exp(None), "exp: cannot take x None: an operand must be a Variable, an array or a number"),
    (lambda: F.softmax([[1.0]]), "softmax: cannot take x [[1.0]]: data must be an array"),
    (lambda: F.reshape(Variable(None), (1,)), "reshape: cannot take x a Variable without data, shape (1,)"),
    (lambda: F.embed_id(-1, X), "embed_id: x must be an array of integers, got -1"),
    (lambda: F.accuracy(X, np.array(["a", "b"])), "accuracy: y and t must hold real numbers, got float64"),
    (lambda: F.dropout(X, "a"), "dropout: dropout_ratio must be a finite number, got 'a'"),
    (lambda: F.where("a", X, X), "where: cannot take condition 'a', x0 float64[2, 3], x1 float64[2, 3]: "),
    (lambda: F.batch_norm(X, X[0], X[0], np.zeros(3, int), X[0]), "batch_norm: mean must hold floats, got"),
    (lambda: F.im2col_array([[1.0]], 1, 1, 0), "im2col_array: img must be an array, got [[1.0]]"),
    (lambda: L.Linear(2, 3), "Linear: nobias must be True or False, got 3"),  # type: ignore[arg-type]
    (lambda: L.Linear(2.0), "Linear: out_size must be an integer of 1 or more, got 2.0"),  # type: ignore[arg-type]
    (lambda: L.Linear(2, dtype="floaty"), "Linear: dtype must be a dtype, got 'floaty'"),
    (lambda: M.ResNet([50]), "ResNet: n_layers must be an integer, got [50]"),  # type: ignore[arg-type]
    (lambda: O.SGD(lr="0.1"), "SGD: lr must be a finite number of 0 or more, got '0.1'"),  # type: ignore[arg-type]
    (lambda: O.FreezeParam("fc6"), "FreezeParam: layers must be Layers or Parameters, got 'fc6'"),
    (lambda: T.Flatten()([1.0]), "Flatten: array must be an array of numbers, got [1.0]"),
    (lambda: T.Compose([3]), "Compose: each of transforms must be a function, got 3"),  # type: ignore[list-item]
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), REFUSED, ids=[message[:40] for _, message in REFUSED])
def test_the_message_says_where_what_and_why(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the message is compared below
        call()
    assert message in str(caught.value)


@pytest.mark.parametrize(("call", "message"), WRONG_TYPES, ids=[message[:40] for _, message in WRONG_TYPES])
def test_a_wrong_type_is_a_type_error(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(TypeError) as caught:
        call()
    assert message in str(caught.value)


def test_an_error_in_backward_is_named() -> None:
    y = Variable(np.ones(2)) * Variable(np.ones(2))
    y.grad = Variable(np.array(["a", "b"]))
    with pytest.raises(TypeError, match=r"^backward of mul: cannot take x0 float64\[2\], x1 .*gy \[<U1"):
        y.backward()


def test_what_memory_cannot_hold_is_a_value_and_a_memory_error() -> None:
    y = F.broadcast_to(np.array(1.0), (10**15,))  # a view, which takes no memory
    with pytest.raises(ValueError, match=r"^backward: cannot take y float64\[10") as caught:
        y.backward()
    assert isinstance(caught.value, MemoryError)


def test_alarms_that_were_asked_for_stay_what_they_are() -> None:
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        F.exp(1000.0)
    with pytest.warns(RuntimeWarning, match="overflow"):
        F.exp(1000.0)


def test_errors_of_functions_that_a_program_wrote_stay_what_they_are() -> None:
    class Lookup(F.Exp):
        def forward(self, x: Any) -> Any:
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine") as caught:
        Lookup()(Variable(X))
    assert caught.value.__notes__ == ["in dezero's Lookup of float64[2, 3]"]

    def broken(x: Variable) -> Variable:
        raise AttributeError("mine")

    with pytest.raises(AttributeError, match=r"^mine$"):
        M.Sequential(broken)(X)


def test_an_argument_whose_text_fails_or_is_endless_is_named_too() -> None:
    class Silent:
        def __repr__(self) -> str:
            raise RuntimeError("no text")

    with pytest.raises(TypeError, match=r"^sum: axis must be .* got a Silent$"):
        F.sum(X, axis=Silent())  # type: ignore[arg-type]
    with pytest.raises(TypeError) as caught:
        F.exp("a" * 10**6)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("make", [L.RNN, L.LSTM])
def test_a_batch_of_another_size_than_the_state_is_refused(make: Any) -> None:
    layer = make(2)
    layer(np.ones((1, 3), "f"))
    with pytest.raises(ValueError, match=f"^{make.__name__}: x must have 1 rows, as many as before, got 2"):
        layer(np.ones((2, 3), "f"))
    layer.reset_state()
    layer(np.ones((2, 3), "f"))


def test_a_parameter_that_cannot_be_updated_is_named() -> None:
    param = Parameter(np.array([1, 2]))
    param.grad = Variable(np.ones(2))
    with pytest.raises(TypeError, match=r"^SGD.update: cannot take param int64\[2\], grad float64\[2\]: "):
        O.SGD().setup([param]).update()


class Rows(Dataset):
    rows: Any = ()

    def prepare(self) -> None:
        self.data = self.rows

    def __getitem__(self, index: Any) -> Any:
        return self.data[index]


def test_a_dataset_of_other_than_pairs_or_of_unequal_examples_is_named() -> None:
    dataset = Rows()
    dataset.data = [1, 2]
    with pytest.raises(TypeError, match=r"^DataLoader: dataset must give pairs \(example, label\), got "):
        next(DataLoader(dataset, 2))
    dataset.data = [(np.zeros(2), 0), (np.zeros(3), 1)]
    with pytest.raises(ValueError, match=r"^DataLoader: examples of the dataset must .* got \(2,\), \(3,\)"):
        next(DataLoader(dataset, 2))
