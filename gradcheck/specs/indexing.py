"""Rows of reading elements by index."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.specs import recipes
from gradcheck.specs.parts import Arg, Variant
from gradcheck.specs.shorthand import row
from gradcheck.specs.spec import Spec


def _index(label: str, slices: Any, *shapes: tuple[int, ...]) -> Variant:
    return Variant({"slices": slices}, shapes or None, label)


SPECS: tuple[Spec, ...] = (
    row(
        "indexing",
        "get_item",
        "GetItem GetItemGrad",
        lambda m, x, slices: x[slices],
        Arg("x", shape=(3, 4)),
        variants=(
            _index("integer", 1),
            _index("element", (2, -1)),
            _index("slice", (slice(None), slice(1, 3))),
            _index("negative-step", (slice(None, None, -1), slice(3, 0, -2))),
            _index("ellipsis", (..., 0)),
            _index("new-axis", (None, slice(1, None), None, 2)),
            _index("mask", np.arange(12).reshape(3, 4) % 5 < 2),
            _index("row-mask", (np.array([True, False, True]), slice(0, 2))),
            _index("repeated", np.array([0, 2, 2, 0])),
            _index("repeated-pairs", (np.array([0, 1, 0, 0]), np.array([3, 1, 3, 2]))),
            _index("repeated-list", ([1, 1], slice(None))),
            _index("row-of-one", (slice(None), [2, 0]), (1, 3)),
            _index("scalar", (), ()),
        ),
        recipe=recipes.index,
        vanishes=2,
        display=((2, 2),),
    ),
)
