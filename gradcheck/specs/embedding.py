"""Rows of embedding: rows of a matrix by number."""

from __future__ import annotations

import numpy as np

from gradcheck.specs import recipes
from gradcheck.specs.parts import Arg
from gradcheck.specs.shorthand import row, shaped, without
from gradcheck.specs.spec import Spec

SPECS: tuple[Spec, ...] = (
    row(
        "embedding",
        "embed_id",
        "",
        lambda m, x, W: W[x],  # noqa: N803  # the book's name
        Arg("x", values=np.array([[2, 0, 2], [2, 1, 0]])),
        Arg("W", shape=(4, 3)),
        variants=(shaped((2, 3), (4, 3)), shaped((2, 3), (4, 1))),
        recipe=recipes.rows,
        omits=without("0-d", "the rows of W have an axis"),
        vanishes=2,
        display=((1,), (2, 2)),
    ),
)
