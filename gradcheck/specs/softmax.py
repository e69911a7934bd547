"""Rows of softmax and the functions like it."""

from __future__ import annotations

from functools import partial
from typing import Any

from gradcheck.specs import recipes
from gradcheck.specs.parts import Arg, Variant
from gradcheck.specs.shorthand import SUMS_FROM_SECOND, SUMS_FROM_THIRD, declared, loses_all, row, shaped
from gradcheck.specs.spec import Spec

X = Arg("x", low=-4.0, high=4.0)
AXES = (
    Variant({"axis": 1}),
    Variant({"axis": 0}),
    Variant({"axis": -1}, shapes=((2, 2, 3),)),
    Variant({"axis": None}),
    Variant({"axis": 1}, shapes=((1, 3),)),
    Variant({"axis": None}, shapes=((),)),
)


def _softmax(m: Any, x: Any, axis: Any) -> Any:
    return m.exp(x) / m.sum(m.exp(x), axis=axis, keepdims=True)


def _log_softmax(m: Any, x: Any, axis: Any) -> Any:
    return x - m.log(m.sum(m.exp(x), axis=axis, keepdims=True))


_row = partial(row, "softmax", variants=AXES, recipe=recipes.along, display=((1, 2),))

SPECS: tuple[Spec, ...] = (
    _row("softmax", "Softmax", _softmax, X, **SUMS_FROM_SECOND),
    _row(
        "softmax_simple",
        "",
        _softmax,
        X,
        gaps=(*loses_all("axis=1", "float16", "float32"), *loses_all("axis=0", "float16")),
        **declared(0, "It cancels where one element dominates; a true 0 has tiny ULPs."),
    ),
    _row(
        "log_softmax",
        "LogSoftmax",
        _log_softmax,
        X,
        gaps=(*loses_all("axis=-1,2x2x3", "float16"), *loses_all("drawn2", "float16", layout="strided")),
        **SUMS_FROM_THIRD,
    ),
    row(
        "softmax",
        "logsumexp",
        "LogSumExp",
        lambda m, x, **axes: m.log(m.sum(m.exp(x), **axes)),
        X,
        variants=(
            Variant(),
            Variant({"axis": 1, "keepdims": True}),
            Variant({"axis": -1}),
            Variant({"axis": (0, 2)}, ((2, 2, 3),)),
            Variant({"axis": 0}, ((1, 3),)),
            shaped(()),
        ),
        recipe=recipes.reduction,
        display=((2,),),
        **SUMS_FROM_THIRD,
    ),
)
