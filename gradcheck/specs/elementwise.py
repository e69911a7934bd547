"""Rows of the functions of each element."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from gradcheck.specs import recipes
from gradcheck.specs.parts import INFINITY, Arg, Convention, Sweep, Variant
from gradcheck.specs.shorthand import SUMS_FROM_SECOND, binary, row, shaped, unary
from gradcheck.specs.spec import Exemption, Spec

POSITIVE = Arg("x", low=0.25, high=4.0, domain=(0.0, INFINITY))
OVER_MINUS_ONE = Arg("x", low=-0.75, high=3.0, domain=(-1.0, INFINITY))
NOT_ZERO = Arg("x", avoid=(0.0,), gap=0.25)
BETWEEN_POLES = Arg("x", low=-1.25, high=1.25, domain=(-1.5, 1.5))
NOT_BOUNDS = Arg("x", avoid=(-1.0, 1.0))

# Two operands that never come near each other: one stays near whole numbers, one near halves.
WHOLES = Arg("x0", avoid=(-1.5, -0.5, 0.5, 1.5), gap=0.3)
HALVES = Arg("x1", avoid=(-2.0, -1.0, 0.0, 1.0, 2.0), gap=0.3)

TWENTY = Sweep(-20.0, 20.0)
DECADES = Sweep(1e-3, 1e3, logarithmic=True)

_row = partial(unary, "elementwise")
_binary = partial(binary, "elementwise")


def _at(inputs: Any, gradients: Any, text: str, **params: Any) -> tuple[Convention, ...]:
    """One convention, from plain numbers: a tuple of one array for each argument."""
    arrays = tuple(np.array(x, dtype=float) for x in inputs)
    declared = tuple(np.array(g, dtype=float) for g in gradients)
    return (Convention(arrays, declared, text, params),)


HALF_EACH = "where the operands are equal, each gets half of the gradient"

SPECS: tuple[Spec, ...] = (
    _row("sin", "Sin", lambda m, x: m.sin(x), sweep=TWENTY),
    _row("cos", "Cos", lambda m, x: m.cos(x), sweep=TWENTY),
    _row("tan", "Tan", lambda m, x: m.tan(x), BETWEEN_POLES, sweep=Sweep(-1.5, 1.5)),
    _row("sinh", "Sinh", lambda m, x: m.sinh(x), sweep=TWENTY),
    _row("cosh", "Cosh", lambda m, x: m.cosh(x), sweep=TWENTY),
    _row(
        "tanh", "Tanh Sech2 TanhSech2 Sech2Bend Sech2Less", lambda m, x: m.tanh(x), sweep=Sweep(-18.0, 18.0)
    ),
    _row("exp", "Exp", lambda m, x: m.exp(x), sweep=TWENTY),
    _row("expm1", "Expm1", lambda m, x: m.expm1(x), sweep=TWENTY),
    _row("log", "Log", lambda m, x: m.log(x), POSITIVE, sweep=DECADES),
    _row("log1p", "Log1p", lambda m, x: m.log1p(x), OVER_MINUS_ONE, sweep=DECADES),
    _row("sqrt", "Sqrt", lambda m, x: m.sqrt(x), POSITIVE, sweep=DECADES),
    _row("square", "Square", lambda m, x: x**2, vanishes=3, sweep=DECADES),
    _row("reciprocal", "Reciprocal", lambda m, x: 1 / x, NOT_ZERO, sweep=DECADES),
    _row(
        "abs",
        "Abs",
        lambda m, x: m.abs(x),
        NOT_ZERO,
        vanishes=2,
        conventions=_at([[0, -1]], [[0, -1]], "the derivative at 0 is 0"),
    ),
    _binary(
        "power",
        "Power PowerSlope",
        lambda m, x0, x1: x0**x1,
        Arg("x0", low=0.25, high=3.0, domain=(0.0, INFINITY)),
        Arg("x1", low=-2.0, high=3.0),
        conventions=_at([0, 0], [0, 0], "where both are 0, the derivative by each is 0"),
        **SUMS_FROM_SECOND,
    ),
    _binary(
        "maximum",
        "Maximum",
        lambda m, x0, x1: m.maximum(x0, x1),
        WHOLES,
        HALVES,
        vanishes=2,
        conventions=_at([[2, 1, -2], [0, 1, -2]], [[1, 0.5, 0.5], [0, 0.5, 0.5]], HALF_EACH),
    ),
    _binary(
        "minimum",
        "Minimum",
        lambda m, x0, x1: m.minimum(x0, x1),
        WHOLES,
        HALVES,
        vanishes=2,
        conventions=_at([[2, 1, -2], [0, 1, -2]], [[0, 0.5, 0.5], [1, 0.5, 0.5]], HALF_EACH),
    ),
    _row(
        "clip",
        "Clip",
        lambda m, x, x_min, x_max: m.minimum(m.maximum(x, x_min), x_max),
        NOT_BOUNDS,
        variants=tuple(
            Variant({"x_min": -1.0, "x_max": 1.0}, shapes=(shape,)) for shape in ((2, 3), (), (1, 3))
        ),
        recipe=recipes.with_params(x_min=(-1.0, -10.0), x_max=(1.0, 10.0)),
        vanishes=2,
        conventions=_at(
            [[-2, -1, 0, 1, 2]], [[0, 1, 1, 1, 0]], "the gradient passes at the bounds", x_min=-1.0, x_max=1.0
        ),
    ),
    row(
        "elementwise",
        "where",
        "Where Keep",
        lambda m, condition, x0, x1: m.where(condition, x0, x1),
        Arg("condition", values=np.array([[True, False, True], [False, True, False]])),
        Arg("x0"),
        Arg("x1"),
        variants=(shaped((2, 3), (2, 3), (2, 3)), shaped((2, 3), (3,), ()), shaped((2, 3), (2, 1), (1, 3))),
        recipe=recipes.choice,
        vanishes=2,
        display=((), (), ()),
    ),
)

EXEMPT = (Exemption("sign", "constant between its jumps: no gradient passes, and its result is a leaf"),)
