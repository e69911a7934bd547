"""Rows of the functions that move elements and change none: all of them are linear."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dezero import functions as F
from gradcheck.specs.shorthand import shaped
from gradcheck.specs.spec import Arg, Formula, Spec, Variant

X = Arg("x")
SEVERAL = tuple(Arg(name, shape=(2, 3)) for name in ("x0", "x1", "x2"))


def _row(
    name: str,
    covers: tuple[str, ...],
    formula: Formula,
    *variants: Variant,
    call: Callable[..., Any] | None = None,
    args: tuple[Arg, ...] = (X,),
    display: tuple[tuple[int, ...], ...] = ((2, 3),),
) -> Spec:
    return Spec(
        name=name,
        topic="shape",
        call=call or getattr(F, name),
        args=args,
        formula=formula,
        variants=variants,
        covers=covers,
        vanishes=2,
        display=display,
    )


SPECS: tuple[Spec, ...] = (
    _row(
        "reshape",
        ("reshape", "Reshape"),
        lambda m, x, shape: x.reshape(shape),
        Variant({"shape": (3, 2)}),
        Variant({"shape": (-1,)}),
        Variant({"shape": 6}),
        Variant({"shape": (1, 1)}, shapes=((),)),
    ),
    _row(
        "transpose",
        ("transpose", "Transpose"),
        lambda m, x, axes=None: x.transpose(axes),
        Variant(),
        Variant({"axes": (1, 0)}),
        Variant({"axes": (1, 2, 0)}, shapes=((2, 3, 2),)),
        Variant({"axes": (0, -1, 1)}, shapes=((2, 3, 2),)),
        shaped((2, 1, 3)),
        shaped((3,)),
    ),
    _row(
        "flatten",
        ("flatten",),
        lambda m, x: x.reshape(x.shape[0], -1),
        shaped((2, 3, 2)),
        shaped((2, 2, 1, 3)),
        shaped((3,)),
        display=((2, 1, 2),),
    ),
    _row(
        "expand_dims",
        ("expand_dims",),
        lambda m, x, axis: np.expand_dims(x, axis),
        *(Variant({"axis": axis}) for axis in (0, 1, -1, -3)),
        Variant({"axis": 0}, shapes=((),)),
    ),
    _row(
        "squeeze",
        ("squeeze",),
        lambda m, x, axis=None: np.squeeze(x, axis),
        shaped((1, 3, 1)),
        Variant({"axis": 0}, shapes=((1, 3, 1),)),
        Variant({"axis": -1}, shapes=((1, 3, 1),)),
        Variant({"axis": (0, -1)}, shapes=((1, 3, 1),)),
        display=((1, 3, 1),),
    ),
    _row(
        "concatenate",
        ("concatenate", "Concatenate"),
        lambda m, *xs, axis=0: np.concatenate(xs, axis),
        shaped((2, 3), (1, 3)),
        shaped((2,), (1,), (3,)),
        Variant({"axis": 1}, shapes=((2, 1), (2, 3), (2, 2))),
        Variant({"axis": -1}, shapes=((2, 2, 1), (2, 2, 2))),
        call=lambda *xs, axis=0: F.concatenate(xs, axis),
        args=SEVERAL,
        display=((2,), (1,)),
    ),
    _row(
        "stack",
        ("stack",),
        lambda m, *xs, axis=0: np.stack(xs, axis),
        shaped((2, 3), (2, 3)),
        shaped((), (), ()),
        Variant({"axis": 1}, shapes=((2, 3), (2, 3), (2, 3))),
        Variant({"axis": -1}, shapes=((2, 3), (2, 3))),
        call=lambda *xs, axis=0: F.stack(xs, axis),
        args=SEVERAL,
        display=((2,), (2,)),
    ),
)
