"""Rows of dropout: with a fixed mask, and in test mode."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

import dezero
from dezero import functions as F
from gradcheck.specs import recipes
from gradcheck.specs.parts import Arg, Omission, Variant
from gradcheck.specs.shorthand import MATRIX_AND_SCALAR, row
from gradcheck.specs.spec import Spec

SEED = 0


def _train(x: Any, dropout_ratio: float) -> Any:
    """In training mode, each call with the same random numbers; the generator stays as it was."""
    state = np.random.get_state()  # noqa: NPY002  # dropout draws from the global generator
    np.random.seed(SEED)  # noqa: NPY002  # likewise
    try:
        return F.dropout(x, dropout_ratio)
    finally:
        np.random.set_state(state)  # noqa: NPY002  # likewise


def _test(x: Any) -> Any:
    with dezero.test_mode():
        return F.dropout(x)


def _formula(m: Any, x: Any, dropout_ratio: float) -> Any:
    numbers = np.random.RandomState(SEED).random_sample(x.shape)
    return x * np.asarray(numbers >= dropout_ratio).astype(int) / (1 - dropout_ratio)


_row = partial(row, "dropout", function="dropout", vanishes=2)

SPECS: tuple[Spec, ...] = (
    _row(
        "dropout",
        "",
        _formula,
        Arg("x", shape=(3, 4)),
        call=_train,
        variants=(
            *(Variant({"dropout_ratio": ratio}) for ratio in (0.5, 0.25)),
            *(Variant({"dropout_ratio": 0.25}, (shape,)) for shape in ((2, 2, 2, 2), (1, 4), ())),
        ),
        recipe=recipes.with_params(dropout_ratio=(0.0, 0.25, 0.5, 0.75)),
        omits=(Omission("a device's generator draws another mask than the formula's", device="gpu"),),
        note="The mask is that of one seed.",
        display=((2,),),
    ),
    _row(
        "dropout_test",
        "",
        lambda m, x: x,
        Arg("x"),
        call=_test,
        variants=MATRIX_AND_SCALAR,
        recipe=recipes.elementwise,
        note="In test mode: the identity.",
        display=((),),
    ),
)
