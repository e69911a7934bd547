"""Rows of the losses: means over a batch."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from gradcheck.specs import recipes
from gradcheck.specs.parts import Arg, Variant
from gradcheck.specs.shorthand import SUMS_FROM_SECOND, SUMS_FROM_THIRD, loses_all, row, shaped, without
from gradcheck.specs.spec import Exemption, Spec

LOGITS = Arg("x", shape=(3, 4), low=-4.0, high=4.0)
CLASSES = Arg("t", shape=(3,), values=np.array([2, 0, 3]))
PAIR = (Arg("x0", shape=(3, 2)), Arg("x1", shape=(3, 2)))
PAIR_VARIANTS = (
    shaped((3, 2), (3, 2)),
    shaped((3,), (3,)),
    shaped((3, 2), (2,)),
    shaped((), ()),
    shaped((1, 2), (1, 2)),
)

SCORES = Arg("x", shape=(3, 2), low=-4.0, high=4.0)
PROBABILITIES = Arg("p", shape=(3, 2), low=0.125, high=0.875, domain=(0.0, 1.0))
LABELS = Arg("t", shape=(3, 2), values=np.array([[1, 0], [0, 1], [1, 1]]))
HARD = (
    shaped((3, 2), (3, 2)),
    Variant(shapes=((1, 2), (1, 2)), values={"t": np.array([[1, 0]])}),
    Variant(shapes=((), ()), values={"t": np.array(1)}),
)
SOFT = (shaped((3, 2), (3, 2)), shaped((1, 2), (1, 2)), shaped((), ()))
SOFT_LABELS = Arg("t", shape=(3, 2), low=0.125, high=0.875)


def _batch(x: Any) -> int:
    return math.prod(np.shape(x)[:1])


def _mean_squared_error(m: Any, x0: Any, x1: Any) -> Any:
    return m.sum((x0 - x1) ** 2) / _batch(x0 - x1)


def _softmax_cross_entropy(m: Any, x: Any, t: Any) -> Any:
    log_p = x - m.log(m.sum(m.exp(x), axis=1, keepdims=True))
    return -m.sum(log_p[np.arange(len(t)), t]) / len(t)


def _sigmoid_cross_entropy(m: Any, x: Any, t: Any) -> Any:
    return m.sum(t * m.log(1 + m.exp(-x)) + (1 - t) * m.log(1 + m.exp(x))) / _batch(x)


def _binary_cross_entropy(m: Any, p: Any, t: Any) -> Any:
    return -m.sum(t * m.log(p) + (1 - t) * m.log(1 - p)) / _batch(p)


_row = partial(row, "loss")
_by_class = partial(
    row,
    "loss",
    variants=(shaped((3, 4), (3,)), Variant(shapes=((1, 4), (1,)), values={"t": np.array([2])})),
    recipe=recipes.classes,
    omits=without("0-d", "scores have an axis of samples and one of classes"),
    display=((1, 3), (1,)),
)
_hard = partial(row, "loss", variants=HARD, recipe=recipes.labels, display=((1, 1), (1, 1)))
_soft = partial(row, "loss", variants=SOFT, recipe=recipes.same, display=((1, 1), (1, 1)))

SPECS: tuple[Spec, ...] = (
    *(
        _row(
            name,
            classes,
            _mean_squared_error,
            *PAIR,
            variants=PAIR_VARIANTS,
            recipe=recipes.broadcast,
            vanishes=3,
            display=((2,), (2,)),
        )
        for name, classes in (("mean_squared_error", "MeanSquaredError"), ("mean_squared_error_simple", ""))
    ),
    _by_class(
        "softmax_cross_entropy",
        "SoftmaxCrossEntropy SoftmaxLessOneHot",
        _softmax_cross_entropy,
        LOGITS,
        CLASSES,
        **SUMS_FROM_THIRD,
    ),
    _by_class(
        "softmax_cross_entropy_simple",
        "",
        _softmax_cross_entropy,
        LOGITS,
        CLASSES,
        gaps=loses_all("", "float16"),
        **SUMS_FROM_SECOND,
    ),
    _hard("sigmoid_cross_entropy", "SigmoidCrossEntropy", _sigmoid_cross_entropy, SCORES, LABELS),
    _soft(
        "sigmoid_cross_entropy_soft",
        "SigmoidCrossEntropy",
        _sigmoid_cross_entropy,
        SCORES,
        SOFT_LABELS,
        function="sigmoid_cross_entropy",
        **SUMS_FROM_THIRD,
    ),
    _hard("binary_cross_entropy", "BinaryCrossEntropy", _binary_cross_entropy, PROBABILITIES, LABELS),
    _soft(
        "binary_cross_entropy_soft",
        "BinaryCrossEntropy Logit",
        _binary_cross_entropy,
        PROBABILITIES,
        SOFT_LABELS,
        function="binary_cross_entropy",
        **SUMS_FROM_THIRD,
    ),
)

EXEMPT = (Exemption("accuracy", "a count of hits: it changes in jumps and has no derivative"),)
