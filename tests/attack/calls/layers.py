"""Calls of layers, whose parameters are drawn like operands."""

# ruff: noqa: E741, N803, N806  # the field's letters

from __future__ import annotations

import numpy as np

from tests.attack.calls import network_formulas as formulas
from tests.attack.calls.arrays import sizes
from tests.attack.calls.draws import NAMES, Call, Draw
from tests.attack.calls.networks import stretch_of_moments
from tests.attack.jets import Array, Jet


def layers(draw: Draw) -> Call:
    draw.begin("f")
    draw.special = False
    name = draw.r.choice(list(_LAYERS))
    return _LAYERS[name](draw)


def _linear_layer(draw: Draw) -> Call:
    I, O = draw.r.choice([1, 2, 3]), draw.r.choice([1, 2, 3])
    inputs = [draw.array((draw.r.choice([1, 2]), I)), draw.array((I, O)), draw.array((O,))]
    source = f"given(L.Linear({O}), W=b, b=c)(a)"
    return Call("Linear", source, inputs, formulas.linear, size=sizes(formulas.linear), tame=True)


def _conv_layer(draw: Draw) -> Call:
    C, OC, k = draw.r.choice([1, 2]), draw.r.choice([1, 2]), draw.r.choice([1, 2])
    inputs = [draw.array((1, C, 3, 2)), draw.array((OC, C, k, k)), draw.array((OC,))]

    def reference(x: Jet, W: Jet, b: Jet) -> Jet:
        return formulas.conv2d(x, W, b, (1, 1), (1, 1))

    source = f"given(L.Conv2d({OC}, {k}, pad=1), W=b, b=c)(a)"
    return Call("Conv2d", source, inputs, reference, size=sizes(reference), tame=True)


def _deconv_layer(draw: Draw) -> Call:
    C, OC, k = draw.r.choice([1, 2]), draw.r.choice([1, 2]), draw.r.choice([1, 2])
    inputs = [draw.array((1, C, 2, 2)), draw.array((C, OC, k, k)), draw.array((OC,))]

    def reference(x: Jet, W: Jet, b: Jet) -> Jet:
        return formulas.deconv2d(x, W, b, (2, 2), (0, 0), (2 + k, 2 + k))

    source = f"given(L.Deconv2d({OC}, {k}, stride=2), W=b, b=c)(a)"
    return Call("Deconv2d", source, inputs, reference, size=sizes(reference), tame=True)


def _embed_layer(draw: Draw) -> Call:
    W, numbers = draw.array((3, 2)), draw.numbers.integers(0, 3, 4)
    source = f"given(L.EmbedID(3, 2), W=a)(np.array({numbers.tolist()}))"
    return Call("EmbedID", source, [W], lambda a: a.linear(lambda t: t[:, numbers]))


def _batch_norm_layer(draw: Draw) -> Call:
    C = draw.r.choice([1, 2])
    inputs = [draw.array((4, C)), draw.array((C,)), draw.array((C,))]
    if draw.dtype == "float16":  # whose range ends before 1 / eps
        inputs[0] = np.asarray(np.arange(4 * C).reshape(4, C), draw.dtype)

    def reference(x: Jet, gamma: Jet, beta: Jet) -> Jet:
        return formulas.batch_norm(x, gamma, beta, None, 2e-5)

    stretch = stretch_of_moments(inputs[0], inputs[1], 2e-5)
    source = "given(L.BatchNorm(), gamma=b, beta=c)(a)"
    return Call("BatchNorm", source, inputs, reference, whole=0, stretch=stretch, tame=True)


def _rnn_layer(draw: Draw) -> Call:
    I, H = draw.r.choice([1, 2]), draw.r.choice([1, 2])
    inputs = [draw.array(shape) for shape in [(2, I), (2, I), (I, H), (H,), (H, H)]]
    source = f"in_turn(given(L.RNN({H}), x2h_W=c, x2h_b=d, h2h_W=e), a, b)"

    def reference(a: Jet, b: Jet, W: Jet, bias: Jet, Wh: Jet) -> Jet:
        return formulas.rnn([a, b], W, bias, Wh)

    return Call("RNN", source, inputs, reference, whole=0, stretch=_stretch(inputs), tame=True)


def _stretch(inputs: list[Array]) -> float:
    """By how much errors may grow in two steps: each multiplies by weights."""
    return 1 + float(max(abs(x).max() for x in inputs)) ** 2


def _lstm_layer(draw: Draw) -> Call:
    I, H = draw.r.choice([1, 2]), 1
    inputs = [draw.array((2, I)), draw.array((2, I))]
    inputs += [draw.array((I, H)) for _ in range(4)] + [draw.array((H,)) for _ in range(4)]
    inputs += [draw.array((H, H)) for _ in range(4)]
    slots = [f"x2{g}_W" for g in "fiou"] + [f"x2{g}_b" for g in "fiou"] + [f"h2{g}_W" for g in "fiou"]
    params = ", ".join(f"{slot}={name}" for slot, name in zip(slots, NAMES[2:], strict=False))

    def reference(a: Jet, b: Jet, *rest: Jet) -> Jet:
        return formulas.lstm([a, b], rest[:4], rest[4:8], rest[8:])

    source = f"in_turn(given(L.LSTM({H}), {params}), a, b)"
    return Call("LSTM", source, inputs, reference, whole=0, stretch=_stretch(inputs), tame=True)


_LAYERS = {
    "Linear": _linear_layer, "Conv2d": _conv_layer, "Deconv2d": _deconv_layer, "EmbedID": _embed_layer,
    "BatchNorm": _batch_norm_layer, "RNN": _rnn_layer, "LSTM": _lstm_layer,
}  # fmt: skip
