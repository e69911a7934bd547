"""Rows of the activation functions."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from gradcheck.specs import recipes
from gradcheck.specs.parts import Arg, Convention, Sweep, Variant
from gradcheck.specs.shorthand import declared, unary
from gradcheck.specs.spec import Spec

NOT_ZERO = Arg("x", avoid=(0.0,), gap=0.25)
FORTY = Sweep(-40.0, 40.0)
AT_ZERO = (np.array([0.0, 1.0]),)

_row = partial(unary, "activation")


def _sigmoid(m: Any, x: Any) -> Any:
    return 1 / (1 + m.exp(-x))


SPECS: tuple[Spec, ...] = (
    _row("sigmoid", "Sigmoid SigmoidSlope", _sigmoid, sweep=FORTY),
    _row(
        "sigmoid_simple",
        "",
        _sigmoid,
        sweep=FORTY,
        **declared(1, "Made of exp, its second and third derivatives cancel where they are nearly 0."),
    ),
    _row("softplus", "Softplus", lambda m, x: m.log(1 + m.exp(x)), sweep=FORTY),
    _row(
        "relu",
        "ReLU",
        lambda m, x: m.maximum(x, 0),
        NOT_ZERO,
        vanishes=2,
        conventions=(Convention(AT_ZERO, (np.array([0.0, 1.0]),), "the derivative at 0 is 0"),),
    ),
    _row(
        "leaky_relu",
        "LeakyReLU",
        lambda m, x, slope: m.where(m.greater(x, 0), x, slope * x),
        NOT_ZERO,
        variants=(
            *(Variant({"slope": slope}) for slope in (0.2, 0.01)),
            *(Variant({"slope": 0.2}, (shape,)) for shape in ((), (1, 3))),
        ),
        recipe=recipes.with_params(slope=(0.2, 0.01, 0.0, 1.5, -0.5)),
        vanishes=2,
        conventions=(
            Convention(AT_ZERO, (np.array([0.2, 1.0]),), "the derivative at 0 is the slope", {"slope": 0.2}),
        ),
    ),
)
