"""Rows of softmax and its kin."""

from __future__ import annotations

from typing import Any

from dezero import functions as F
from gradcheck.specs import recipes
from gradcheck.specs.shorthand import SUMS_FROM_SECOND, SUMS_FROM_THIRD, declared, loses_all
from gradcheck.specs.spec import Arg, Spec, Variant

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


SPECS: tuple[Spec, ...] = (
    Spec(
        name="softmax",
        topic="softmax",
        call=F.softmax,
        args=(X,),
        formula=_softmax,
        variants=AXES,
        recipe=recipes.along,
        covers=("softmax", "Softmax"),
        display=((1, 2),),
        **SUMS_FROM_SECOND,
    ),
    Spec(
        name="softmax_simple",
        topic="softmax",
        call=F.softmax_simple,
        args=(X,),
        formula=_softmax,
        variants=AXES,
        recipe=recipes.along,
        covers=("softmax_simple",),
        display=((1, 2),),
        gaps=(*loses_all("axis=1", "float16", "float32"), *loses_all("axis=0", "float16")),
        **declared(0, "It cancels where one element dominates; a true 0 has tiny ULPs."),
    ),
    Spec(
        name="log_softmax",
        topic="softmax",
        call=F.log_softmax,
        args=(X,),
        formula=_log_softmax,
        variants=AXES,
        recipe=recipes.along,
        covers=("log_softmax", "LogSoftmax"),
        display=((1, 2),),
        gaps=(
            *loses_all("axis=-1,2x2x3", "float16"),
            *loses_all("drawn2", "float16", layout="strided"),
        ),
        **SUMS_FROM_THIRD,
    ),
    Spec(
        name="logsumexp",
        topic="softmax",
        call=F.logsumexp,
        args=(X,),
        formula=lambda m, x, **axes: m.log(m.sum(m.exp(x), **axes)),
        variants=(
            Variant(),
            Variant({"axis": 1, "keepdims": True}),
            Variant({"axis": -1}),
            Variant({"axis": (0, 2)}, shapes=((2, 2, 3),)),
            Variant({"axis": 0}, shapes=((1, 3),)),
            Variant(shapes=((),)),
        ),
        recipe=recipes.reduction,
        covers=("logsumexp", "LogSumExp"),
        display=((2,),),
        **SUMS_FROM_THIRD,
    ),
)
