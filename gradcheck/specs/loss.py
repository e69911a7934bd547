"""Rows of the losses: means over a batch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dezero import functions as F
from gradcheck.specs import recipes
from gradcheck.specs.shorthand import SUMS_FROM_SECOND, SUMS_FROM_THIRD, loses_all, shaped, without
from gradcheck.specs.spec import Arg, Exemption, Spec, Variant

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
BY_CLASS: dict[str, Any] = {
    "variants": (
        shaped((3, 4), (3,)),
        Variant(shapes=((1, 4), (1,)), values={"t": np.array([2])}),
    ),
    "recipe": recipes.classes,
    "omits": without("0-d", "scores have an axis of samples and one of classes"),
}
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


SPECS: tuple[Spec, ...] = (
    Spec(
        name="mean_squared_error",
        topic="loss",
        call=F.mean_squared_error,
        args=PAIR,
        formula=_mean_squared_error,
        variants=PAIR_VARIANTS,
        recipe=recipes.broadcast,
        covers=("mean_squared_error", "MeanSquaredError"),
        vanishes=3,
        display=((2,), (2,)),
    ),
    Spec(
        name="mean_squared_error_simple",
        topic="loss",
        call=F.mean_squared_error_simple,
        args=PAIR,
        formula=_mean_squared_error,
        variants=PAIR_VARIANTS,
        recipe=recipes.broadcast,
        covers=("mean_squared_error_simple",),
        vanishes=3,
        display=((2,), (2,)),
    ),
    Spec(
        name="softmax_cross_entropy",
        topic="loss",
        call=F.softmax_cross_entropy,
        args=(LOGITS, CLASSES),
        formula=_softmax_cross_entropy,
        **BY_CLASS,
        covers=("softmax_cross_entropy", "SoftmaxCrossEntropy"),
        gaps=loses_all("drawn5", "float32", layout="readonly"),
        display=((1, 3), (1,)),
        **SUMS_FROM_THIRD,
    ),
    Spec(
        name="softmax_cross_entropy_simple",
        topic="loss",
        call=F.softmax_cross_entropy_simple,
        args=(LOGITS, CLASSES),
        formula=_softmax_cross_entropy,
        **BY_CLASS,
        covers=("softmax_cross_entropy_simple",),
        display=((1, 3), (1,)),
        gaps=loses_all("", "float16"),
        **SUMS_FROM_SECOND,
    ),
    Spec(
        name="sigmoid_cross_entropy",
        topic="loss",
        call=F.sigmoid_cross_entropy,
        args=(SCORES, LABELS),
        formula=_sigmoid_cross_entropy,
        variants=HARD,
        recipe=recipes.labels,
        covers=("sigmoid_cross_entropy", "SigmoidCrossEntropy"),
        display=((1, 1), (1, 1)),
    ),
    Spec(
        name="sigmoid_cross_entropy_soft",
        topic="loss",
        call=F.sigmoid_cross_entropy,
        args=(SCORES, SOFT_LABELS),
        formula=_sigmoid_cross_entropy,
        variants=SOFT,
        recipe=recipes.same,
        covers=("sigmoid_cross_entropy", "SigmoidCrossEntropy"),
        display=((1, 1), (1, 1)),
        **SUMS_FROM_THIRD,
    ),
    Spec(
        name="binary_cross_entropy",
        topic="loss",
        call=F.binary_cross_entropy,
        args=(PROBABILITIES, LABELS),
        formula=_binary_cross_entropy,
        variants=HARD,
        recipe=recipes.labels,
        covers=("binary_cross_entropy", "BinaryCrossEntropy"),
        display=((1, 1), (1, 1)),
    ),
    Spec(
        name="binary_cross_entropy_soft",
        topic="loss",
        call=F.binary_cross_entropy,
        args=(PROBABILITIES, SOFT_LABELS),
        formula=_binary_cross_entropy,
        variants=SOFT,
        recipe=recipes.same,
        covers=("binary_cross_entropy", "BinaryCrossEntropy", "Logit"),
        display=((1, 1), (1, 1)),
        **SUMS_FROM_THIRD,
    ),
)

EXEMPT = (Exemption("accuracy", "a count of hits: it changes in jumps and has no derivative"),)
