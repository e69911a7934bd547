"""Rows of batch normalization: by the batch's own moments, and by given averages."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

import dezero
from dezero import cuda
from dezero import functions as F
from gradcheck.specs import image_recipes
from gradcheck.specs.parts import Arg, Variant
from gradcheck.specs.shorthand import row, shaped, without
from gradcheck.specs.spec import Spec

ARGS = (Arg("x", shape=(4, 2)), Arg("gamma", shape=(2,)), Arg("beta", shape=(2,)))
SHAPES = (((4, 2), (2,), (2,)), ((2, 2, 1, 2), (2,), (2,)), ((2, 1, 1, 3), (1,), (1,)))

# The gradient by x is what gy's mean and its part along x leave of gy: of the few values a channel has
# here, few digits. (Measured on 150 drawn calls in float64: 983 ULP at order 1, 1079 at order 2.)
FEW_VALUES = (1024.0, 4096.0, 1024.0, 1024.0)

# var + eps are squares: SymPy takes the root of a float to 53 bits, which are enough for these.
MEAN, EPS = np.array([0.25, -1.5]), 2.0**-12
VAR = np.array([4.0, 0.25]) - EPS


def _train(x: Any, gamma: Any, beta: Any, **params: Any) -> Any:
    """In training mode, with averages of its own, which the call updates."""
    return F.batch_norm(x, gamma, beta, *averages(gamma, 0.0, 1.0), **params)


def _test(x: Any, gamma: Any, beta: Any, **params: Any) -> Any:
    """In test mode, with constant averages in the dtype of x."""
    given = averages(gamma, MEAN[: len(gamma)], VAR[: len(gamma)])
    with dezero.test_mode():
        return F.batch_norm(x, gamma, beta, *given, **params)


def averages(like: Any, *values: Any) -> list[Any]:
    """Arrays with these values, of the shape, the dtype and on the device of a Variable.

    The oracles' numbers are objects; the averages are not among what they trace.
    """
    xp = cuda.get_array_module(like)
    dtype = like.dtype if like.dtype.kind == "f" else np.float64
    return [xp.asarray(np.full(like.shape, value, dtype=dtype)) for value in values]


def _spread(a: Any, x: Any) -> Any:
    """(C,) shaped to broadcast against x."""
    return a.reshape(-1, *(1 for _ in x.shape[2:]))


def _formula(m: Any, x: Any, gamma: Any, beta: Any, eps: float = 2e-5) -> Any:
    axes = (0, *range(2, x.ndim))
    centred = x - m.mean(x, axis=axes, keepdims=True)
    var = m.mean(centred**2, axis=axes, keepdims=True)
    return _spread(gamma, x) * centred / m.sqrt(var + eps) + _spread(beta, x)


def _formula_of_averages(m: Any, x: Any, gamma: Any, beta: Any, eps: float) -> Any:
    mean, root = (_spread(a[: len(gamma)], x) for a in (MEAN, m.sqrt(VAR + eps)))
    return _spread(gamma, x) * (x - mean) / root + _spread(beta, x)


_row = partial(
    row,
    "normalization",
    function="batch_norm",
    omits=without("0-d", "x has an axis of samples and one of channels"),
    display=((2, 1), (1,), (1,)),
)

SPECS: tuple[Spec, ...] = (
    _row(
        "batch_norm",
        "batch_nrom BatchNorm ChannelMean",
        _formula,
        *ARGS,
        call=_train,
        variants=(*(shaped(*shapes) for shapes in SHAPES), Variant({"eps": 0.5}, SHAPES[0])),
        recipe=image_recipes.channels,
        bounds=FEW_VALUES,
        note="With few values in a channel the gradient is a small difference of few digits.",
    ),
    _row(
        "batch_norm_test",
        "BatchNorm",
        _formula_of_averages,
        *ARGS,
        call=_test,
        variants=tuple(Variant({"eps": EPS}, shapes) for shapes in SHAPES),
        recipe=lambda pick: replace(image_recipes.channels(pick), params={"eps": EPS}),
        vanishes=3,
        note="In test mode: the averages are constants.",
    ),
)
