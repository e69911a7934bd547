"""Every public function with a call that is right, and what must be said of a call with odd arguments.

It gives a value and gradients of the right shapes, or is refused by an error that names function and
argument: `complaint` says what is wrong with what came instead.
"""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import dezero.functions as F
from dezero import Variable
from gradcheck.cases import variants
from gradcheck.specs import Spec, specs

Call = tuple[Callable[..., Any], dict[str, Any]]

X, ROWS, ONES = np.linspace(-1, 1, 6).reshape(2, 3), np.array([0, 2]), np.ones(3)
WINDOW = {"kernel_size": 2, "stride": 1, "pad": 0, "to_matrix": True}
MOMENTS = {"mean": ONES * 1, "var": ONES * 2, "decay": 0.9, "eps": 1e-5}


def _of_spec(spec: Spec) -> dict[str, Any]:
    """Arguments for all parameters of the function that a spec calls: those of its fullest variant."""
    variant = max(spec.variants, key=lambda v: (len(variants.shapes(spec, v)), len(v.params)))
    inputs = variants.inputs(spec, variant, 0, np.float64)
    given = {arg.name: x for arg, x in zip(spec.args, inputs, strict=False)} | dict(variant.params)
    parameters = inspect.signature(spec.call).parameters.values()
    return {p.name: given.get(p.name, p.default) for p in parameters}


CALLS: dict[str, Call] = {
    **{
        spec.call.__name__: (spec.call, _of_spec(spec))
        for spec in specs().values()
        if spec.call in vars(F).values()
    },
    # Those that no spec calls as they are.
    "sign": (F.sign, {"x": X}),
    "concatenate": (F.concatenate, {"xs": [X, X], "axis": 0}),
    "stack": (F.stack, {"xs": [X, X], "axis": 0}),
    "dropout": (F.dropout, {"x": X, "dropout_ratio": 0.5}),
    "accuracy": (F.accuracy, {"y": X, "t": ROWS}),
    "im2col_array": (F.im2col_array, {"img": np.ones((2, 3, 4, 4)), **WINDOW}),
    "col2im_array": (F.col2im_array, {"col": np.ones((2, 4)), "img_shape": (1, 1, 2, 3), **WINDOW}),
    "batch_norm": (F.batch_norm, {"x": X, "gamma": ONES, "beta": ONES, **MOMENTS}),
}


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
