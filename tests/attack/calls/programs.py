"""A call as a program: what its source may use, and how it is shown."""

from __future__ import annotations

import array
from collections.abc import Callable
from typing import Any

import numpy as np

import dezero.functions as F
import dezero.layers as L
from dezero import Variable, test_mode
from tests.attack.calls.draws import NAMES, Call


def given(layer: Any, **params: Variable) -> Any:
    """A layer with these parameters: x2h_W is W of its layer x2h."""
    for path, x in params.items():
        *above, name = path.split("_")
        owner = layer
        for step in above:
            owner = getattr(owner, step)
        setattr(owner, name, x)
    return layer


def in_turn(layer: Any, *xs: Any) -> Any:
    """What a layer with memory gives at the last step."""
    return [layer(x) for x in xs][-1]


def in_test_mode(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*given: Any) -> Any:
        with test_mode():
            return function(*given)

    return call


NAMESPACE = {
    "F": F, "L": L, "np": np, "array": array,
    "given": given, "in_turn": in_turn, "in_test_mode": in_test_mode,
}  # fmt: skip


def written(call: Call) -> str:
    """The call as a program."""
    lines = []
    for k, (name, x) in enumerate(zip(NAMES, call.inputs, strict=False)):
        array = f"np.array({x.tolist()}, '{x.dtype}').reshape({x.shape})"
        lines.append(f"{name} = {array}" if k in call.fixed else f"{name} = Variable({array})")
    return "; ".join([*lines, call.source, *sorted(call.notes)])
