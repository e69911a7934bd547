"""Rows of the operators: + - * / **, and of broadcasting with its adjoint."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from gradcheck.specs import recipes
from gradcheck.specs.parts import Arg, Convention, Sweep, Variant
from gradcheck.specs.shorthand import SUMS_FROM_SECOND, binary, row, unary
from gradcheck.specs.spec import Spec

X, X0, X1 = Arg("x"), Arg("x0"), Arg("x1")

_row = partial(row, "arithmetic")
_unary = partial(unary, "arithmetic")
_binary = partial(binary, "arithmetic")


def _nonzero(name: str) -> Arg:
    return Arg(name, avoid=(0.0,), gap=0.5)


def _power(m: Any, x: Any, c: float) -> Any:
    return x**c


def _sum_to(m: Any, x: Any, shape: tuple[int, ...]) -> Any:
    lead = x.ndim - len(shape)
    repeated = tuple(lead + axis for axis, size in enumerate(shape) if size == 1)
    return np.reshape(m.sum(x, axis=(*range(lead), *repeated), keepdims=True), shape)


SPECS: tuple[Spec, ...] = (
    _binary("add", "Add Copy", lambda m, x0, x1: x0 + x1, X0, X1, vanishes=2),
    _binary("sub", "Sub", lambda m, x0, x1: x0 - x1, X0, X1, vanishes=2),
    _binary("rsub", "Sub", lambda m, x0, x1: x1 - x0, X0, X1, vanishes=2),
    _binary("mul", "Mul", lambda m, x0, x1: x0 * x1, X0, X1, vanishes=3, **SUMS_FROM_SECOND),
    _binary("div", "Div", lambda m, x0, x1: x0 / x1, X0, _nonzero("x1"), **SUMS_FROM_SECOND),
    _binary("rdiv", "Div", lambda m, x0, x1: x1 / x0, _nonzero("x0"), X1, **SUMS_FROM_SECOND),
    _unary("neg", "Neg", lambda m, x: -x, X, vanishes=2),
    _unary(
        "pow",
        "Pow",
        _power,
        Arg("x", avoid=(0.0,), gap=0.25),
        variants=(
            *(Variant({"c": c}) for c in (3, 2, 1, 0, -1, -2)),
            Variant({"c": 3}, shapes=((),)),
            Variant({"c": 2}, shapes=((1, 3),)),
        ),
        recipe=recipes.with_params(c=(-3, -1, 0, 1, 2, 3, 4)),
        conventions=(
            Convention((np.array([0.0, 2.0]),), (np.zeros(2),), "x**0 is constant, also at 0", {"c": 0}),
        ),
        sweep=Sweep(1e-3, 1e3, logarithmic=True),
    ),
    _row(
        "pow_fraction",
        "Pow",
        _power,
        Arg("x", low=0.25, high=4.0, domain=(0.0, np.inf)),
        function="pow",
        variants=(
            *(Variant({"c": c}) for c in (0.5, 2.5, -0.5, 0.75)),
            Variant({"c": 0.5}, ((),)),
            Variant({"c": 2.5}, ((1, 3),)),
        ),
        recipe=recipes.with_params(c=(0.5, 1.5, 2.5, -0.5, -1.25, 0.75)),
        sweep=Sweep(1e-3, 1e3, logarithmic=True),
        display=((),),
    ),
    _row(
        "broadcast_to",
        "BroadcastTo",
        lambda m, x, shape: np.broadcast_to(x, shape),
        X,
        variants=(
            Variant({"shape": (2, 3)}, ((3,),)),
            Variant({"shape": (2, 3)}, ((2, 1),)),
            Variant({"shape": (2, 2, 3)}, ((2, 1, 3),)),
            Variant({"shape": (2, 3)}, ((),)),
        ),
        recipe=recipes.broadcast_to,
        vanishes=2,
        display=((3,),),
    ),
    _row(
        "sum_to",
        "SumTo",
        _sum_to,
        X,
        variants=(
            *(Variant({"shape": shape}) for shape in ((3,), (2, 1), ())),
            Variant({"shape": (1, 3)}, ((2, 2, 3),)),
            Variant({"shape": (3,)}, ((2, 1, 3),)),
            Variant({"shape": ()}, ((),)),
        ),
        recipe=recipes.sum_to,
        vanishes=2,
        display=((2, 3),),
    ),
)
