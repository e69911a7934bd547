"""Every public function with a call that is right, and what must be said of a call with odd arguments.

It gives a value and gradients of the right shapes, or is refused by an error that names function and
argument: `complaint` says what is wrong with what came instead.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import dezero.functions as F
from dezero import Variable


def _images(*shape: int) -> np.ndarray:
    return np.linspace(-1, 1, int(np.prod(shape))).reshape(shape)


X, ROWS = _images(2, 3), np.array([0, 2])
ONES, KERNEL = np.ones(3), _images(2, 3, 2, 2)
IMAGES = _images(2, 3, 4, 4)
TWO = {"x0": X, "x1": X + 0.5}
AXIS = {"x": X, "axis": 0}
WINDOW = {"kernel_size": 2, "stride": 1, "pad": 0}
COLUMN = {"input_shape": (1, 1, 2, 3), **WINDOW, "to_matrix": True}
LINEAR = {"x": X, "W": X.T.copy(), "b": np.ones(2)}
ELEMENTWISE = [
    F.abs, F.cos, F.cosh, F.exp, F.expm1, F.log, F.log1p, F.neg, F.reciprocal, F.relu, F.sigmoid,
    F.sigmoid_simple, F.sign, F.sin, F.sinh, F.softplus, F.sqrt, F.square, F.tan, F.tanh, F.flatten,
]  # fmt: skip
OF_TWO = [
    F.add, F.sub, F.mul, F.div, F.rsub, F.rdiv, F.power, F.maximum, F.minimum,
    F.mean_squared_error, F.mean_squared_error_simple,
]  # fmt: skip

Call = tuple[Callable[..., Any], dict[str, Any]]

CALLS: dict[str, Call] = {
    **{f.__name__: (f, {"x": X + 2}) for f in ELEMENTWISE},
    **{f.__name__: (f, TWO) for f in OF_TWO},
    **{f.__name__: (f, AXIS | {"keepdims": False}) for f in (F.sum, F.mean, F.max, F.min, F.logsumexp)},
    **{f.__name__: (f, AXIS) for f in (F.softmax, F.softmax_simple, F.log_softmax, F.expand_dims)},
    **{f.__name__: (f, {"x": X, "W": X.T.copy()}) for f in (F.matmul,)},
    **{f.__name__: (f, LINEAR) for f in (F.linear, F.linear_simple)},
    **{f.__name__: (f, {"x": IMAGES, **WINDOW}) for f in (F.pooling, F.pooling_simple, F.average_pooling)},
    "pow": (F.pow, {"x": X, "c": 2}),
    "leaky_relu": (F.leaky_relu, {"x": X, "slope": 0.2}),
    "clip": (F.clip, {"x": X, "x_min": -1, "x_max": 1}),
    "where": (F.where, {"condition": X > 0, "x0": X, "x1": X}),
    "reshape": (F.reshape, {"x": X, "shape": (3, 2)}),
    "transpose": (F.transpose, {"x": X, "axes": (1, 0)}),
    "squeeze": (F.squeeze, {"x": X[None], "axis": 0}),
    "concatenate": (F.concatenate, {"xs": [X, X], "axis": 0}),
    "stack": (F.stack, {"xs": [X, X], "axis": 0}),
    "broadcast_to": (F.broadcast_to, {"x": X, "shape": (2, 2, 3)}),
    "sum_to": (F.sum_to, {"x": X, "shape": (1, 3)}),
    "get_item": (F.get_item, {"x": X, "slices": 0}),
    "embed_id": (F.embed_id, {"x": ROWS, "W": X.T.copy()}),
    "dropout": (F.dropout, {"x": X, "dropout_ratio": 0.5}),
    "softmax_cross_entropy": (F.softmax_cross_entropy, {"x": X, "t": ROWS}),
    "softmax_cross_entropy_simple": (F.softmax_cross_entropy_simple, {"x": X, "t": ROWS}),
    "sigmoid_cross_entropy": (F.sigmoid_cross_entropy, {"x": X, "t": X > 0}),
    "binary_cross_entropy": (F.binary_cross_entropy, {"p": X**2, "t": X > 0}),
    "accuracy": (F.accuracy, {"y": X, "t": ROWS}),
    "im2col": (F.im2col, {"x": IMAGES, **WINDOW, "to_matrix": True}),
    "im2col_array": (F.im2col_array, {"img": IMAGES, **WINDOW, "to_matrix": True}),
    "col2im": (F.col2im, {"x": np.ones((2, 4)), **COLUMN}),
    "col2im_array": (
        F.col2im_array,
        {"col": np.ones((2, 4)), "img_shape": (1, 1, 2, 3), **WINDOW, "to_matrix": True},
    ),
    "conv2d": (F.conv2d, {"x": IMAGES, "W": KERNEL, "b": np.ones(2), "stride": 1, "pad": 0}),
    "conv2d_simple": (F.conv2d_simple, {"x": IMAGES, "W": KERNEL, "b": np.ones(2), "stride": 1, "pad": 0}),
    "deconv2d": (
        F.deconv2d,
        {"x": _images(2, 2, 3, 3), "W": KERNEL, "b": ONES, "stride": 1, "pad": 0, "outsize": (4, 4)},
    ),
    "batch_norm": (
        F.batch_norm,
        {"x": X, "gamma": ONES, "beta": ONES, "mean": ONES * 1, "var": ONES * 2, "decay": 0.9, "eps": 1e-5},
    ),
}  # fmt: skip


def complaint(name: str, function: Callable[..., Any], arguments: dict[str, Any]) -> str | None:
    """What is wrong with how a call of `function`, public as `name`, ended; None if nothing is."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error")
        wrapped = {key: _operand(value) for key, value in arguments.items()}
        try:
            y = function(**wrapped)
        except (ValueError, TypeError, IndexError) as error:
            return _names_both(str(error), name, arguments)
        except BaseException as error:
            return f"raises {type(error).__name__}: {error}"
        return _differentiated(y, wrapped) if isinstance(y, Variable) else None


def _operand(value: Any) -> Any:
    return Variable(value) if isinstance(value, np.ndarray) and value.dtype.kind in "fc" else value


def _names_both(message: str, name: str, arguments: dict[str, Any]) -> str | None:
    words = set(re.findall(r"\w+", message.split(":", 1)[-1]))
    if not message.startswith(f"{name}: ") or words.isdisjoint(arguments):
        return f"does not name {name} and one of {list(arguments)}: {message}"
    return None


def _differentiated(y: Variable, arguments: dict[str, Any]) -> str | None:
    if not isinstance(y.data, np.ndarray):
        return f"gives a Variable of {type(y.data)}"
    if y.size > 10**6 or y.dtype.kind not in "fc":
        return None
    try:
        y.backward(create_graph=True)
    except (ValueError, TypeError, IndexError) as error:
        return None if re.match(r"(backward of )?\w+: ", str(error)) else f"backward says no name: {error}"
    except BaseException as error:
        return f"backward raises {type(error).__name__}: {error}"
    for key, x in arguments.items():
        if isinstance(x, Variable) and x.grad is not None and x.grad.shape != x.shape:
            return f"the gradient of {key} has shape {x.grad.shape}, not {x.shape}"
    return None
