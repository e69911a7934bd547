"""Calls of functions of each element: one operand, two, and bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.attack.calls import formulas
from tests.attack.calls.draws import NAMES, Call, Draw
from tests.attack.calls.formulas import RULES
from tests.attack.jets import Jet, Rule, apply

DOMAINS = {"log": "positive", "sqrt": "positive", "log1p": "over", "reciprocal": "positive"}
REAL = {"abs", "sign", "relu"}  # not analytic
# The ways to write a call, where they are not F's and NumPy's.
SPELLED = {
    "softplus": ["F.softplus({0})"],
    "relu": ["F.relu({0})"],
    "neg": ["F.neg({0})", "-{0}", "np.negative({0})"],
    "abs": ["F.abs({0})", "abs({0})", "np.abs({0})"],
    "sigmoid": ["F.sigmoid({0})", "F.sigmoid_simple({0})"],
}
BINARY: dict[str, tuple[list[str], Callable[[Jet, Jet], Jet]]] = {
    "add": (["F.add({0}, {1})", "{0} + {1}", "np.add({0}, {1})"], lambda a, b: a + b),
    "sub": (["F.sub({0}, {1})", "{0} - {1}", "F.rsub({1}, {0})"], lambda a, b: a - b),
    "mul": (["F.mul({0}, {1})", "{0} * {1}", "np.multiply({0}, {1})"], lambda a, b: a * b),
    "div": (["F.div({0}, {1})", "{0} / {1}", "F.rdiv({1}, {0})"], formulas.divided),
    "power": (["F.power({0}, {1})", "{0} ** {1}"], formulas.powered),
    "maximum": (["F.maximum({0}, {1})", "np.maximum({0}, {1})"], formulas.larger),
    "minimum": (["F.minimum({0}, {1})"], lambda a, b: formulas.larger(a, b, -1)),
}


def unary(draw: Draw) -> Call:
    name = draw.r.choice(list(RULES))
    draw.begin("fi" if name in REAL else "fic")
    x = draw.array(draw.shape(), DOMAINS.get(name, "any") if draw.chance(0.9) else "any")
    form = draw.r.choice(SPELLED.get(name, [f"F.{name}({{0}})", f"np.{name}({{0}})"]))
    if "simple" in form and (draw.special or abs(x).max(initial=0) > 10):
        form = "F.sigmoid({0})"  # the simple one overflows, as documented
    return _of_one(name, form.format("a"), x, RULES[name], masks=name == "relu", leaf=name == "sign")


def _of_one(name: str, source: str, x: Any, rule: Rule, **settings: Any) -> Call:
    called = "sigmoid_simple" if "simple" in source else name
    whole = 1 if "simple" in source else 3
    return Call(called, source, [x], lambda a: apply(a, rule), whole=whole, tame=whole == 1, **settings)


def powers(draw: Draw) -> Call:
    draw.begin()
    c = draw.r.choice([0, 1, 2, 3, -1, -2, 0.5, -0.5, 1.5, 2.0, 1.0, 0.0])
    if np.dtype(draw.dtype).kind in "iu":
        c = draw.r.choice([0, 1, 2, 3])
    if draw.special:
        c = draw.r.choice([0, 1, 2, 3, -1])
    whole = float(c).is_integer()
    x = draw.array(draw.shape(), "any" if whole and draw.chance(0.5) else "positive")
    source = draw.r.choice(["a ** {0!r}", "F.pow(a, {0!r})", "a.pow({0!r})"]).format(c)
    return _of_one("pow", source, x, formulas.power_of(c))


def binary(draw: Draw) -> Call:
    name = draw.r.choice(list(BINARY))
    real = name in ("maximum", "minimum", "power")
    draw.begin("f" if name == "power" else "fi" if real else "fic")
    if name == "power":
        draw.special = False
    shape = draw.shape()
    first = draw.array(shape, "positive" if name == "power" else "any")
    broadcastable = shape if draw.special else draw.broadcastable(shape)  # sums of infinities say nothing
    alone = name in ("maximum", "minimum") or broadcastable == shape
    domain = "positive" if name == "div" and (not alone or draw.chance(0.8)) else "any"
    second = draw.array(broadcastable, domain, draw.other_dtype())
    forms, reference = BINARY[name]
    form = draw.r.choice(forms)
    fixed: frozenset[int] = frozenset()
    if draw.chance(0.2):
        fixed = frozenset([draw.r.randrange(2)])
    size = (lambda a, b: abs(a) + abs(b)) if name in ("add", "sub") else None
    stretch = 1.0
    if name == "power":  # an exponent's rounding counts as often as the logarithm says
        stretch += float(abs(second).max(initial=0) * abs(np.log(first)).max(initial=0)) / 4
    called = form[2:].split("(")[0] if form.startswith("F.") else name
    return Call(
        called, form.format(*NAMES), [first, second], reference, fixed,
        size=size, whole=2, stretch=stretch, tame=not alone,
        highest=1 if name == "power" and draw.dtype == "float16" else 2,  # its range is too small
    )  # fmt: skip


_SCALARS = ["float16", "float32", "float64", "longdouble", "int8", "int64"]


def scalars(draw: Draw) -> Call:
    """An operator between a Variable and a number of Python or NumPy."""
    draw.begin("f")
    draw.special = False
    name = draw.r.choice(["add", "sub", "mul", "div"])
    c = draw.r.choice([0.5, -2.0, 3, 1.0, 0.75])
    text = repr(c) if draw.chance(0.6) else f"np.{draw.r.choice(_SCALARS)}({int(c) or 1})"
    c = eval(text, {"np": np})
    x = draw.array(draw.shape(), "positive")
    reference = BINARY[name][1]
    sign = {"add": "+", "sub": "-", "mul": "*", "div": "/"}[name]
    number = np.asarray(c, x.dtype)
    size = (lambda a: abs(a) + abs(c)) if name in ("add", "sub") else None
    if draw.chance(0.5):
        return Call(name, f"a {sign} {text}", [x], lambda a: reference(a, a.constant(number)), size=size)
    return Call(name, f"{text} {sign} a", [x], lambda a: reference(a.constant(number), a), size=size)


def bounds(draw: Draw) -> Call:
    """clip, leaky_relu, where, dropout in test mode: what selects."""
    draw.begin("f")
    name = draw.r.choice(["clip", "clip", "leaky_relu", "where", "dropout"])
    x = draw.array(draw.shape())
    if name == "dropout":
        return Call(name, "in_test_mode(F.dropout)(a, 0.3)", [x], lambda a: a, views=True)
    if name == "clip":
        low = draw.r.choice([None, -1.0, 0.0, -0.5])
        high = draw.r.choice([1.0, 0.5, 2.0]) if low is None or draw.chance(0.8) else None
        return _of_one(name, f"F.clip(a, {low!r}, {high!r})", x, _clip(low, high), masks=True)
    if name == "leaky_relu":
        slope = draw.r.choice([0.2, 1.0, -0.5] if draw.special else [0.2, 0.0, 1.0, -0.5])
        at = x.dtype.type(slope)
        rule: Rule = (lambda v: np.where(v > 0, v, v * at), formulas.step(1, at), lambda v: 0 * v)
        return _of_one(name, f"F.leaky_relu(a, {slope!r})", x, rule, masks=slope != 0)
    other = draw.array(draw.broadcastable(x.shape), dtype=draw.other_dtype())
    condition = draw.numbers.random(draw.broadcastable(x.shape)) < 0.5
    text = f"np.array({condition.tolist()}, bool).reshape({condition.shape})"
    return Call(
        name, f"F.where({text}, a, b)", [x, other],
        lambda a, b: formulas.chosen(condition, a, b), masks=True,
    )  # fmt: skip


def _clip(low: float | None, high: float | None) -> Rule:
    def slope(x: Any) -> Any:
        within = (x >= (-np.inf if low is None else low)) & (x <= (np.inf if high is None else high))
        return np.where(np.isnan(x), x, within.astype(x.dtype))

    return lambda x: np.clip(x, low, high), slope, lambda x: 0 * x
