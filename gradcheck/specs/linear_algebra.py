"""Rows of the matrix products."""

from __future__ import annotations

from typing import Any

from dezero import functions as F
from gradcheck.specs import recipes
from gradcheck.specs.shorthand import SUMS_FROM_SECOND, shaped, without
from gradcheck.specs.spec import Arg, Spec

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


SPECS: tuple[Spec, ...] = (
    Spec(
        name="matmul",
        topic="linear_algebra",
        call=F.matmul,
        args=(Arg("x"), Arg("W")),
        formula=_affine,
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
        omits=NO_SCALARS,
        covers=("matmul", "dot", "MatMul"),
        vanishes=3,
        **SUMS_FROM_SECOND,
        display=((1, 2), (2, 1)),
    ),
    Spec(
        name="linear",
        topic="linear_algebra",
        call=F.linear,
        args=AFFINE,
        formula=_affine,
        variants=AFFINE_VARIANTS,
        recipe=recipes.linear,
        omits=NO_SCALARS,
        covers=("linear", "Linear"),
        vanishes=3,
        **SUMS_FROM_SECOND,
        display=((1, 2), (2, 1), (1,)),
    ),
    Spec(
        name="linear_simple",
        topic="linear_algebra",
        call=F.linear_simple,
        args=AFFINE,
        formula=_affine,
        variants=AFFINE_VARIANTS,
        recipe=recipes.linear,
        omits=NO_SCALARS,
        covers=("linear_simple",),
        vanishes=3,
        **SUMS_FROM_SECOND,
        display=((1, 2), (2, 1), (1,)),
    ),
)
