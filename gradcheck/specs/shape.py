"""Rows of the functions that move elements and change none: all of them are linear."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero import functions as F
from gradcheck.specs import recipes
from gradcheck.specs.parts import Arg, Variant
from gradcheck.specs.shorthand import row, shaped, without
from gradcheck.specs.spec import Formula, Spec

SEVERAL = tuple(Arg(name) for name in ("x0", "x1", "x2"))


def _row(
    name: str,
    classes: str,
    formula: Formula,
    *variants: Variant,
    args: tuple[Arg, ...] = (Arg("x"),),
    **fields: Any,
) -> Spec:
    usual: dict[str, Any] = {"recipe": getattr(recipes, name, None), "vanishes": 2, "display": ((2, 3),)}
    return row("shape", name, classes, formula, *args, variants=variants, **usual | fields)


SPECS: tuple[Spec, ...] = (
    _row(
        "reshape",
        "Reshape",
        lambda m, x, shape: x.reshape(shape),
        Variant({"shape": (3, 2)}),
        Variant({"shape": (-1,)}),
        Variant({"shape": 6}),
        Variant({"shape": (1, 1)}, ((),)),
        Variant({"shape": (3, 1, -1)}, ((1, 2, 3),)),
    ),
    _row(
        "transpose",
        "Transpose",
        lambda m, x, axes=None: x.transpose(axes),
        Variant(),
        Variant({"axes": (1, 0)}),
        Variant({"axes": (1, 2, 0)}, ((2, 3, 2),)),
        Variant({"axes": (0, -1, 1)}, ((2, 3, 2),)),
        shaped((2, 1, 3)),
        shaped((3,)),
        shaped(()),
    ),
    _row(
        "flatten",
        "",
        lambda m, x: x.reshape(x.shape[0], -1),
        *(shaped((2, 3, 2)), shaped((2, 2, 1, 3)), shaped((3,))),
        display=((2, 1, 2),),
        omits=without("0-d", "the first axis of x stays, so x has one"),
    ),
    _row(
        "expand_dims",
        "",
        lambda m, x, axis: np.expand_dims(x, axis),
        *(Variant({"axis": axis}) for axis in (0, 1, -1, -3)),
        Variant({"axis": 0}, ((),)),
        Variant({"axis": 1}, ((1, 3),)),
    ),
    _row(
        "squeeze",
        "",
        lambda m, x, axis=None: np.squeeze(x, axis),
        shaped((1, 3, 1)),
        *(Variant({"axis": axis}, ((1, 3, 1),)) for axis in (0, -1, (0, -1))),
        Variant({"axis": 1}, ((2, 1, 3),)),
        shaped(()),
        display=((1, 3, 1),),
    ),
    _row(
        "concatenate",
        "Concatenate",
        lambda m, *xs, axis=0: np.concatenate(xs, axis),
        shaped((2, 3), (1, 3)),
        shaped((2,), (1,), (3,)),
        Variant({"axis": 1}, ((2, 1), (2, 3), (2, 2))),
        Variant({"axis": -1}, ((2, 2, 1), (2, 2, 2))),
        call=lambda *xs, axis=0: F.concatenate(xs, axis),
        args=SEVERAL,
        display=((2,), (1,)),
        omits=without("0-d", "arrays are joined along an axis that they have"),
    ),
    _row(
        "stack",
        "",
        lambda m, *xs, axis=0: np.stack(xs, axis),
        shaped((2, 3), (2, 3)),
        shaped((), (), ()),
        Variant({"axis": 1}, ((2, 3),) * 3),
        Variant({"axis": -1}, ((2, 3),) * 2),
        Variant({"axis": 1}, ((1, 3),) * 2),
        call=lambda *xs, axis=0: F.stack(xs, axis),
        args=SEVERAL,
        display=((2,), (2,)),
    ),
)
