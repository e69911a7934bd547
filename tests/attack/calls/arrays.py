"""Calls of functions that move, pick or reduce elements."""

from __future__ import annotations

import array
import math
from typing import Any

import numpy as np

from tests.attack.calls import formulas
from tests.attack.calls.draws import NAMES, Call, Draw
from tests.attack.jets import Jet, joined


def shapes(draw: Draw) -> Call:
    """reshape, transpose, flatten, expand_dims, squeeze, broadcast_to, sum_to."""
    draw.begin()
    x = draw.array(draw.shape())
    return draw.r.choice([_reshape, _transpose, _flatten, _expand, _squeeze, _broadcast, _sum_to])(draw, x)


def _moved(name: str, source: str, x: Any, map_: Any) -> Call:
    """A call that moves elements: `map_` of an array without a leading axis."""
    return Call(name, source, [x], lambda a: a.like(np.stack([map_(row) for row in a.t])), views=True)


def _reshape(draw: Draw, x: Any) -> Call:
    options = [(x.size,), (1, x.size), (-1,), (x.size, 1)] if x.size else [(0,), (0, 2), (3, 0)]
    if x.size and x.size % 2 == 0:
        options += [(2, -1), (x.size // 2, 2)]
    shape = draw.r.choice(options)
    forms = [f"F.reshape(a, {shape})", f"a.reshape({shape})", f"a.reshape(*{shape})"]
    return _moved("reshape", draw.r.choice(forms), x, lambda row: row.reshape(shape))


def _transpose(draw: Draw, x: Any) -> Call:
    axes = draw.r.sample(range(x.ndim), x.ndim)
    given = tuple(a - x.ndim if draw.chance(0.2) else a for a in axes)
    if draw.chance(0.3):
        source = draw.r.choice(["F.transpose(a)", "a.T", "a.transpose()"])
        return _moved("transpose", source, x, np.transpose)
    forms = [f"F.transpose(a, {given})", f"a.transpose({given})"]
    if len(given) > 1:
        forms.append(f"a.transpose(*{given})")
    return _moved("transpose", draw.r.choice(forms), x, lambda row: row.transpose(axes))


def _flatten(draw: Draw, x: Any) -> Call:
    return _moved("flatten", "F.flatten(a)", x, lambda row: row.reshape(len(row), math.prod(x.shape[1:])))


def _expand(draw: Draw, x: Any) -> Call:
    axis = draw.r.randrange(-x.ndim - 1, x.ndim + 1)
    return _moved("expand_dims", f"F.expand_dims(a, {axis})", x, lambda row: np.expand_dims(row, axis))


def _squeeze(draw: Draw, x: Any) -> Call:
    ones = [k for k, n in enumerate(x.shape) if n == 1]
    axis: Any = None
    if ones and draw.chance(0.7):
        axis = draw.r.choice([ones[0], ones[-1] - x.ndim, tuple(ones)])
    source = f"F.squeeze(a, {axis})" if axis is not None else "F.squeeze(a)"
    return _moved("squeeze", source, x, lambda row: np.squeeze(row, axis))


def _broadcast(draw: Draw, x: Any) -> Call:
    shape = tuple(draw.r.choice([1, 2, 3]) if n == 1 else n for n in x.shape)
    if len(shape) < 4 and draw.chance(0.4):
        shape = (draw.r.choice([1, 2]), *shape)
    return _moved("broadcast_to", f"F.broadcast_to(a, {shape})", x, lambda row: np.broadcast_to(row, shape))


def _sum_to(draw: Draw, x: Any) -> Call:
    shape = tuple(1 if draw.chance(0.4) else n for n in x.shape)[draw.r.choice([0, 0, 0, 1]) :]
    return Call(
        "sum_to", f"F.sum_to(a, {shape})", [x], lambda a: formulas.summed_to(a, shape),
        views=True, size=sizes(lambda a: formulas.summed_to(a, shape)),
    )  # fmt: skip


def sizes(reference: Any) -> Any:
    """The size of the terms of what is linear in every operand: the same of their magnitudes."""
    return lambda *xs: reference(*(Jet(abs(x)[None], 0, 0) for x in xs)).v


def joins(draw: Draw) -> Call:
    draw.begin()
    shape = draw.shape()
    count = draw.r.randint(1, 3)
    if draw.chance(0.5):
        axis = draw.r.randrange(-len(shape) - 1, len(shape) + 1)
        at = axis % (len(shape) + 1)
        xs = [draw.array(shape) for _ in range(count)]
        names = ", ".join(NAMES[:count])
        return Call(
            "stack", f"F.stack([{names}], {axis})", xs,
            lambda *jets: joined([j.linear(lambda t: np.expand_dims(t, at + 1)) for j in jets], at),
        )  # fmt: skip
    shape = shape or (2,)
    axis = draw.r.randrange(-len(shape), len(shape))
    at = axis % len(shape)
    xs = []
    for _ in range(count):
        own = list(shape)
        own[at] = draw.r.choice([0, 1, 2, own[at]])
        xs.append(draw.array(own))
    names = ", ".join(NAMES[:count])
    return Call("concatenate", f"F.concatenate([{names}], {axis})", xs, lambda *jets: joined(jets, at))


def reductions(draw: Draw) -> Call:
    name = draw.r.choice(["sum", "mean", "max", "min", "average"])
    draw.begin("fic" if name == "sum" else "fc" if name in ("mean", "average") else "fi")
    long = draw.chance(0.03)  # for what adds up; too long for the reference's derivatives
    x = abs(draw.array((draw.r.choice([2500, 4096]),))) if long else draw.array(draw.shape())
    axis, keepdims = draw.axis(x.ndim), draw.chance(0.4)
    forms = ["F.{0}(a, {1}, {2})", "a.{0}({1}, keepdims={2})", "np.{0}(a, {1}, keepdims={2})"]
    form = forms[0] if name == "average" else draw.r.choice(forms)
    reference: Any = {
        "sum": lambda a: formulas.summed(a, axis, keepdims),
        "mean": lambda a: formulas.averaged(a, axis, keepdims),
        "average": lambda a: formulas.averaged(a, axis, keepdims),
        "max": lambda a: formulas.extreme(a, axis, keepdims),
        "min": lambda a: formulas.extreme(a, axis, keepdims, -1),
    }[name]
    size = None if name in ("max", "min") else sizes(lambda a: formulas.summed(a, axis, keepdims))
    if name in ("mean", "average"):
        size = size if draw.special else sizes(reference)  # the sum may overflow
    called = "mean" if name == "average" else name
    source = form.format(name, axis, keepdims)
    return Call(
        called, source, [x], reference, size=size, masks=name in ("max", "min"), highest=0 if long else 2
    )


def stretch_of(x: Any) -> float:
    """By how much exp(x - max(x)) grows the rounding of the difference, for what plain values there are."""
    plain = x[abs(x) < 1e3]
    return 1 + min(float(np.ptp(plain)), 800.0) / 8 if plain.size else 1.0


def exponentials(draw: Draw) -> Call:
    """softmax, log_softmax, logsumexp."""
    draw.begin("f")
    draw.finite = True
    x = draw.array(draw.r.choice(SOME))
    if draw.special and draw.chance(0.5):
        x = np.where(abs(x) > 2, x.dtype.type(-np.inf), x)
    axis = draw.axis(x.ndim)
    if x.size and draw.special:  # where all is -inf there is nothing to compare with
        x = np.where(np.max(x, axis, keepdims=True) == -np.inf, x.dtype.type(0), x)
    stretch = stretch_of(x)
    name = draw.r.choice(["softmax", "log_softmax", "logsumexp", "softmax_simple"])
    if name == "softmax_simple" and (draw.special or abs(x).max(initial=0) > 10):
        name = "softmax"
    if name == "logsumexp":
        keepdims = draw.chance(0.4)
        source = f"F.logsumexp(a, {axis}, {keepdims})"
        return Call(
            name, source, [x], lambda a: formulas.log_sum_exp(a, axis, keepdims),
            size=lambda a: abs(a).max(axis=axis, keepdims=keepdims, initial=0) + 1,
            whole=2, stretch=stretch, tame=True,
        )  # fmt: skip
    if name == "log_softmax":
        return Call(
            name, f"F.log_softmax(a, {axis})", [x], lambda a: formulas.log_softmax(a, axis),
            whole=2, stretch=stretch, tame=True,
        )  # fmt: skip
    whole = 1 if name == "softmax_simple" else 2
    return Call(
        name, f"F.{name}(a, {axis})", [x], lambda a: formulas.softmax(a, axis),
        whole=whole, stretch=stretch, tame=True,
    )  # fmt: skip


SOME: list[tuple[int, ...]] = [(1,), (3,), (5,), (2, 3), (3, 1), (1, 4), (2, 3, 2), (2, 2, 1, 2), (0, 3)]


def picks(draw: Draw) -> Call:
    """get_item: numbers, slices, ..., None, masks, and whatever holds numbers, several together."""
    draw.begin()
    x = draw.array(draw.r.choice([s for s in SOME if 0 not in s]))
    if draw.chance(0.1):
        mask = np.asarray(draw.numbers.random(x.shape) < 0.5)
        text = str(mask.tolist()) if draw.chance(0.3) else f"np.array({mask.tolist()})"
    else:
        parts = _parts(draw, x.shape)
        alone = len(parts) == 1 and not parts[0].startswith("(")
        text = parts[0] if alone and draw.chance(0.8) else f"({''.join(part + ', ' for part in parts)})"
    source = draw.r.choice(["F.get_item(a, {0})", "a[{0}]"]).format(text)
    index = eval(text, {"np": np, "array": array})
    return _moved("get_item", source, x, lambda row: row[index])


def _parts(draw: Draw, shape: tuple[int, ...]) -> list[str]:
    """An index of an array of `shape`, part by part."""
    parts: list[str] = []
    axis = 0
    while axis < len(shape) and not draw.chance(0.15):
        if draw.chance(0.12):
            parts.append("None")
        elif draw.chance(0.1) and "..." not in parts:
            parts.append("...")
            axis += draw.r.randint(0, len(shape) - axis)
        else:
            parts.append(_index(draw, shape[axis]))
            axis += 1
    return parts


def _index(draw: Draw, n: int) -> str:
    """An index of one axis of n elements."""
    number = draw.r.randrange(-n, n)
    kind = draw.r.choice(["int", "slice", "slice", "several"])
    if kind == "int":
        return draw.r.choice([str(number), str(number), f"np.int64({number})", f"np.array({number})"])
    if kind == "slice":
        bounds = [draw.r.choice(["None", "None", str(draw.r.randrange(-n, n + 1))]) for _ in range(2)]
        return f"slice({', '.join(bounds)}, {draw.r.choice(['None', 'None', '1', '2', '-1'])})"
    two = f"{number}, {draw.r.randrange(-n, n)}"
    forms = ["[{0}]", "({0})", "np.array([{0}])", "np.array([{0}], 'int8')", "array.array('i', [{0}])",
             "[[{0}], [{0}]]", "range({1})"]  # fmt: skip
    return draw.r.choice(forms).format(two, n)
