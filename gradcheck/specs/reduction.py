"""Rows of the functions that reduce axes."""

from __future__ import annotations

from functools import partial

import numpy as np

from gradcheck.specs import recipes
from gradcheck.specs.parts import Arg, Convention, Omission, Variant
from gradcheck.specs.shorthand import row
from gradcheck.specs.spec import Formula, Spec

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


_row = partial(row, "reduction", variants=AXES, recipe=recipes.reduction, vanishes=2, display=((2, 2),))


def _with_ties(name: str, classes: str, formula: Formula, x: list[list[float]]) -> Spec:
    """A row whose elements may tie; of the rows of `x` one, two and three elements are its result."""
    shares = [[1, 0, 0], [0, 1 / 2, 1 / 2], [1 / 3, 1 / 3, 1 / 3]]
    shared = Convention((np.array(x),), (np.array(shares),), SHARED, {"axis": 1})
    return _row(name, classes, formula, Arg("x", distinct=True), conventions=(shared,), omits=NO_TIES)


SPECS: tuple[Spec, ...] = (
    _row("sum", "Sum", lambda m, x, **axes: m.sum(x, **axes), Arg("x")),
    _row("mean", "average Mean", lambda m, x, **axes: m.mean(x, **axes), Arg("x")),
    _with_ties(
        "max",
        "Max Spoil",
        lambda m, x, **axes: m.max(x, **axes),
        [[2.0, 1.0, 0.0], [0.0, 3.0, 3.0], [1.0, 1.0, 1.0]],
    ),
    _with_ties(
        "min",
        "Min",
        lambda m, x, **axes: m.min(x, **axes),
        [[-2.0, 1.0, 0.0], [0.0, -3.0, -3.0], [1.0, 1.0, 1.0]],
    ),
)
