"""Gradients that lack a factor, or have one too many, that is to be found among the inputs and the output."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from gradcheck.judging.diagnosis import elsewhere
from gradcheck.judging.diagnosis.factors import in_digits
from gradcheck.judging.diagnosis.symptoms import Pair, Symptoms, ratio

Forms = dict[str, Callable[[np.ndarray], np.ndarray]]


def unchanged(s: Symptoms) -> str | None:
    """gy itself: nothing was done with it, or only what its shape asks for."""
    if s.gy is None or s.order > 1:
        return None
    for pair in s.wrong:
        x = s.scene.at.inputs[pair.input]
        for how, passed in _passed_on(s.gy, x.shape):
            if not s.close(pair.got, passed.ravel()[pair.places].reshape(pair.got.shape)):
                continue
            if elsewhere.passes_on(s, pair.input, passed):
                return (
                    f"gy is passed on {how}: the gradient of {s.name(pair.input)} lacks the derivative "
                    "of f (the chain rule)"
                )
    return None


def _passed_on(gy: np.ndarray, shape: tuple[int, ...]) -> Iterator[tuple[str, np.ndarray]]:
    """gy in the shape of an input, and how."""
    passed = _in_shape(gy, shape)
    if passed is None:
        return
    yield "unchanged" if gy.shape == shape else "unchanged, but for its shape", passed
    for axis in range(len(shape) if gy.shape == shape else 0):
        yield f"reversed along axis {axis}", np.flip(passed, axis)


def _in_shape(gy: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """gy spread over, or summed to, a shape; None where neither fits."""
    try:
        if np.broadcast_shapes(gy.shape, shape) == shape:
            return np.broadcast_to(gy, shape)
        if np.broadcast_shapes(gy.shape, shape) != gy.shape:
            return None
    except ValueError:
        return None
    lead = gy.ndim - len(shape)
    axes = (*range(lead), *(lead + n for n, size in enumerate(shape) if size == 1 < gy.shape[lead + n]))
    return np.asarray(gy.sum(axis=axes, keepdims=True).reshape(shape))


def lacks(s: Symptoms) -> str | None:
    """A factor that is missing, or one too many: a function of an input or of the output."""
    for pair in () if s.coarse else s.wrong:
        if len(np.unique(pair.got)) < 2 and len(np.unique(pair.true)) < 2:
            continue
        for name, value in _candidates(s, pair, _FORMS):
            for less, more, what in ((pair.got, pair.true, "lacks the factor"), (pair.true, pair.got, "has")):
                factor = ratio(more, less * value)
                if len(np.unique(value[(more != 0) & (less != 0)])) < 2:
                    continue  # a mask, or a constant
                if factor is None or not s.close(more, factor * (less * value)) or s.close(more, less):
                    continue
                times = "" if abs(abs(factor) - 1) < 1e-6 else f" (and one of {in_digits(abs(factor))})"
                sign = " and its sign is wrong" if factor < 0 else ""
                which = f"{what} {name}" if what != "has" else f"has {name} as a factor too many"
                return f"factor: the gradient of {s.name(pair.input)} {which}{times}{sign}"
    return None


def another_factor(s: Symptoms) -> str | None:
    """An input or the output as a factor where another belongs."""
    for pair in () if s.coarse else s.wrong:
        if np.count_nonzero(pair.true) < 2:
            continue
        plain = [(name, v) for name, v in _candidates(s, pair, {"{}": _FORMS["{}"]}) if v.all()]
        for name, value in plain:
            for meant, other in plain:
                if value is not other and s.close(pair.got, pair.true / other * value):
                    return f"factor: the gradient of {s.name(pair.input)} has {name} where {meant} belongs"
    return None


def lacks_number(s: Symptoms) -> str | None:
    """A factor that is missing, or one too many, and is another input that holds one number only."""
    for pair in s.wrong:
        if np.count_nonzero(pair.true) < 2:
            continue
        for i, x in enumerate(s.scene.at.inputs):
            if not x.size or (x != x.flat[0]).any() or _usual(x):
                continue
            value = float(x.flat[0])
            for less, more, what in (
                (pair.got, pair.true, "lacks the factor {}"),
                (pair.true, pair.got, "has {} as a factor too many"),
            ):
                if s.close(less * value, more):
                    name = f"{s.scene.case.names[i]} (input {i})"
                    return f"factor: the gradient of {s.name(pair.input)} {what.format(name)}"
    return None


def _candidates(s: Symptoms, pair: Pair, forms: Forms) -> Iterator[tuple[str, np.ndarray]]:
    """Functions of inputs and of the output, at the elements of a pair."""
    shape = s.scene.at.inputs[pair.input].shape
    named = [
        (f"{s.scene.case.names[i]} (input {i})", x.astype(float)) for i, x in enumerate(s.scene.at.inputs)
    ]
    named += [("y (the output)", y.astype(float)) for y in s.scene.outputs[:1] if len(s.scene.outputs) == 1]
    for name, value in named:
        try:
            there = np.broadcast_to(value, shape).ravel()[pair.places].reshape(pair.got.shape)
        except ValueError:
            continue
        with np.errstate(all="ignore"):
            for form, apply in forms.items():
                found = apply(there)
                if np.isfinite(found).all() and found.any() and (value.size > 1 or not _usual(found)):
                    yield form.format(name), found


def _usual(value: np.ndarray) -> bool:
    """A number that is a factor of many formulas: it is not put down to an input that has this value."""
    return float(abs(value.flat[0])) in (0.25, 0.5, 1.0, 2.0, 3.0, 4.0)


_FORMS: Forms = {
    "{}": lambda v: v,
    "{} squared": np.square,
    "1 - {}": lambda v: 1 - v,
    "1 + {}": lambda v: 1 + v,
    "1 - {} squared": lambda v: 1 - v * v,
    "1 + {} squared": lambda v: 1 + v * v,
    "the size of {}": np.abs,
    "the sign of {}": np.sign,
    "the root of {}": np.sqrt,
    "exp of {}": np.exp,
    "log of {}": np.log,
    "cos of {}": np.cos,
    "sin of {}": np.sin,
    "the root of 1 - {} squared": lambda v: np.sqrt(1 - v * v),
    "{} cubed": lambda v: v**3,
}
