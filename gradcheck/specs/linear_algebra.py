"""Rows of the matrix products."""

from __future__ import annotations

from typing import Any

from gradcheck.specs import recipes
from gradcheck.specs.parts import Arg
from gradcheck.specs.shorthand import SUMS_FROM_SECOND, row, shaped, without
from gradcheck.specs.spec import Spec

AFFINE = (Arg("x", shape=(2, 3)), Arg("W", shape=(3, 2)), Arg("b", shape=(2,)))
AFFINE_VARIANTS = (
    shaped((2, 3), (3, 2), (2,)),
    shaped((2, 3), (3, 2)),
    shaped((1, 3), (3, 1), (1,)),
    shaped((3,), (3, 2), (2,)),
    shaped((2, 2, 2), (2, 3), (3,)),
)
NO_SCALARS = without("0-d", "a matrix product sums over an axis of both operands")


def _affine(m: Any, x: Any, W: Any, b: Any = None) -> Any:  # noqa: N803  # the book's name
    return x @ W if b is None else x @ W + b


def _row(name: str, classes: str, *args: Arg, **fields: Any) -> Spec:
    fields |= {"omits": NO_SCALARS, "vanishes": 3, **SUMS_FROM_SECOND}
    return row("linear_algebra", name, classes, _affine, *args, **fields)


SPECS: tuple[Spec, ...] = (
    _row(
        "matmul",
        "dot MatMul",
        Arg("x"),
        Arg("W"),
        variants=(
            shaped((2, 3), (3, 2)),
            shaped((2, 2, 3), (2, 3, 2)),
            shaped((2, 2, 2), (2, 3)),
            shaped((2, 2), (3, 2, 2)),
            shaped((2, 1, 2, 2), (2, 2, 1)),
            shaped((3,), (3,)),
            shaped((2, 3), (3,)),
            shaped((3,), (3, 2)),
            shaped((2, 2, 3), (3,)),
        ),
        recipe=recipes.matmul,
        display=((1, 2), (2, 1)),
    ),
    *(
        _row(
            name,
            classes,
            *AFFINE,
            variants=AFFINE_VARIANTS,
            recipe=recipes.linear,
            display=((1, 2), (2, 1), (1,)),
        )
        for name, classes in (("linear", "Linear"), ("linear_simple", ""))
    ),
)
