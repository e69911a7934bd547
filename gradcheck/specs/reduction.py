"""Rows of the functions that reduce axes."""

from __future__ import annotations

import numpy as np

from dezero import functions as F
from gradcheck.specs import recipes
from gradcheck.specs.spec import Arg, Convention, Formula, Omission, Spec, Variant

AXES = (
    Variant(),
    Variant({"axis": 0}),
    Variant({"axis": 1, "keepdims": True}),
    Variant({"axis": -1}),
    Variant({"axis": (0, 2)}, shapes=((2, 3, 2),)),
    Variant({"axis": (-1, 0), "keepdims": True}, shapes=((2, 3, 2),)),
    Variant({"keepdims": True}),
    Variant(shapes=((),)),
    Variant({"axis": 1}, shapes=((2, 1, 3),)),
)

# To be broadcast, an argument is repeated along its first axis of more than one element.
TIES = "repeated elements tie, and there is no derivative"
REPEATED = ("", "axis=0", "axis=0+2,*", "axis=-1+0,*", "keepdims=True", "drawn*")
NO_TIES = tuple(Omission(TIES, variant, layout="broadcast") for variant in REPEATED)
SHARED = "elements that tie share the gradient equally"


def _row(
    name: str,
    covers: tuple[str, ...],
    formula: Formula,
    distinct: bool = False,
    conventions: tuple[Convention, ...] = (),
) -> Spec:
    """A row whose function is linear, between its ties at least."""
    return Spec(
        name=name,
        topic="reduction",
        call=getattr(F, name),
        args=(Arg("x", distinct=distinct),),
        formula=formula,
        variants=AXES,
        recipe=recipes.reduction,
        covers=covers,
        vanishes=2,
        conventions=conventions,
        omits=NO_TIES if distinct else (),
        display=((2, 2),),
    )


def _ties(x: list[list[float]]) -> tuple[Convention, ...]:
    """The largest (or smallest) elements of each row of `x`: one, two and three of them."""
    shares = [[1, 0, 0], [0, 1 / 2, 1 / 2], [1 / 3, 1 / 3, 1 / 3]]
    return (Convention((np.array(x),), (np.array(shares),), SHARED, {"axis": 1}),)


SPECS: tuple[Spec, ...] = (
    _row("sum", ("sum", "Sum"), lambda m, x, **axes: m.sum(x, **axes)),
    _row("mean", ("mean", "average", "Mean"), lambda m, x, **axes: m.mean(x, **axes)),
    _row(
        "max",
        ("max", "Max", "Spoil"),
        lambda m, x, **axes: m.max(x, **axes),
        distinct=True,
        conventions=_ties([[2.0, 1.0, 0.0], [0.0, 3.0, 3.0], [1.0, 1.0, 1.0]]),
    ),
    _row(
        "min",
        ("min", "Min"),
        lambda m, x, **axes: m.min(x, **axes),
        distinct=True,
        conventions=_ties([[-2.0, 1.0, 0.0], [0.0, -3.0, -3.0], [1.0, 1.0, 1.0]]),
    ),
)
