"""Rows of the layers, as functions of an input and of their parameters."""

# ruff: noqa: N803  # the field's letters

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

import dezero.layers as L
from dezero import Variable
from dezero import functions as F
from gradcheck.specs import convolution, embedding, linear_algebra, normalization, recipes
from gradcheck.specs.functional import bind, parametrized
from gradcheck.specs.parts import Arg
from gradcheck.specs.shorthand import shaped, without
from gradcheck.specs.spec import DRAWN_ELSEWHERE, Formula, Spec

FUNCTIONS = {
    row.name: row for topic in (convolution, embedding, linear_algebra, normalization) for row in topic.SPECS
}
NO_SCALARS = without("0-d", "samples and states have an axis of samples and one of values")


def _like(function: str, name: str, make: Callable[..., L.Layer], *paths: str, use: Any = None) -> Spec:
    """The row of a layer that computes a function of the table: that one's row, as far as it has b."""
    row = FUNCTIONS[function]
    variants = [v for v in row.variants if v.shapes is None or len(v.shapes) == 1 + len(paths)]
    return replace(
        row,
        name=f"layers.{name}",
        topic="layers",
        call=parametrized(make, paths, use),
        variants=tuple(variants[:2]),
        recipe=None,
        note=f"{DRAWN_ELSEWHERE} {function}.",
        conventions=(),
    )


def _batch_norm(layer: Any, x: Variable) -> Variable:
    """A call of a BatchNorm that has averages already."""
    averages = normalization.averages(layer.gamma, 0.0, 1.0)
    layer.avg_mean.data, layer.avg_var.data = averages
    return layer(x)


def _rnn(x: Variable, h: Variable, *parameters: Variable) -> Variable:
    """One step of an RNN from the state h."""
    layer = L.RNN(h.shape[1])
    bind(layer, dict(zip(RNN, parameters, strict=True)))
    layer.h = h
    return layer(x)


def _lstm(x: Variable, h: Variable, c: Variable, *parameters: Variable) -> Variable:
    """One step of an LSTM from the state h and c: the new h and c, stacked."""
    layer = L.LSTM(h.shape[1])
    bind(layer, dict(zip(LSTM, parameters, strict=True)))
    layer.h, layer.c = h, c
    return F.stack([layer(x), layer.c])


def _rnn_formula(m: Any, x: Any, h: Any, Wx: Any, b: Any, Wh: Any) -> Any:
    return m.tanh(x @ Wx + b + h @ Wh)


def _lstm_formula(m: Any, x: Any, h: Any, c: Any, *parameters: Any) -> Any:
    weights = [parameters[k : k + 3] for k in range(0, 12, 3)]  # Wx, b and Wh of each gate
    zf, zi, zo, zu = (x @ Wx + b + h @ Wh for Wx, b, Wh in weights)
    f, i, o = (1 / (1 + m.exp(-z)) for z in (zf, zi, zo))
    c = f * c + i * m.tanh(zu)
    return np.stack([o * m.tanh(c), c])


def _step(name: str, call: Any, formula: Formula, args: tuple[Arg, ...], **fields: Any) -> Spec:
    return Spec(name=f"layers.{name}", topic="layers", call=call, args=args, formula=formula, **fields)


RNN = {"x2h/W": Arg("Wx", shape=(2, 2)), "x2h/b": Arg("b", shape=(2,)), "h2h/W": Arg("Wh", shape=(2, 2))}
LSTM = {
    path: arg
    for gate in "fiou"
    for path, arg in (
        (f"x2{gate}/W", Arg(f"W{gate}", shape=(2, 1))),
        (f"x2{gate}/b", Arg(f"b{gate}", shape=(1,))),
        (f"h2{gate}/W", Arg(f"V{gate}", shape=(1, 1))),
    )
}

SPECS: tuple[Spec, ...] = (
    _like("linear", "Linear", lambda: L.Linear(1), "W", "b"),
    _like("conv2d", "Conv2d", lambda **size: L.Conv2d(1, 1, **size), "W", "b"),
    _like("deconv2d", "Deconv2d", lambda **size: L.Deconv2d(1, 1, **size), "W", "b"),
    _like("embed_id", "EmbedID", lambda: L.EmbedID(1, 1), "W"),
    _like("batch_norm", "BatchNorm", L.BatchNorm, "gamma", "beta", use=_batch_norm),
    _step(
        "RNN",
        _rnn,
        _rnn_formula,
        (Arg("x", shape=(2, 2)), Arg("h", shape=(2, 2)), *RNN.values()),
        variants=(shaped((2, 2), (2, 2), (2, 2), (2,), (2, 2)), shaped((1, 2), (1, 1), (2, 1), (1,), (1, 1))),
        recipe=partial(recipes.recurrent, states=1, gates=1),
        omits=NO_SCALARS,
        covers=("Tanh", "Linear"),
        note="One step, from the state h.",
        display=((1, 1), (1, 1), (1, 1), (1,), (1, 1)),
    ),
    _step(
        "LSTM",
        _lstm,
        _lstm_formula,
        (Arg("x", shape=(1, 2)), Arg("h", shape=(1, 1)), Arg("c", shape=(1, 1)), *LSTM.values()),
        recipe=partial(recipes.recurrent, states=2, gates=4),
        omits=NO_SCALARS
        + without("fortran", "one sample and one state keep it small; drawn variants have more", ""),
        covers=("LSTMStep", "StackGates"),
        note="One step, from the state h and c: the new h and c, stacked.",
        display=((1, 1), (1, 1), (1, 1), *((1, 1), (1,), (1, 1)) * 4),
    ),
)
