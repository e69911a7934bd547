"""Gradients that are the true ones but for digits, a sign, a factor, or their order among the inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradcheck.diagnosis import elsewhere
from gradcheck.diagnosis.symptoms import Pair, Symptoms, ratio, relative_errors
from gradcheck.ulp import precision

Forms = dict[str, Callable[[np.ndarray], np.ndarray]]


def rounded(s: Symptoms) -> str | None:
    """Errors that look random and are as large as a narrower dtype's rounding.

    Many a wrong formula is as near as float16 is, but linear in gy: rounding is not.
    """
    bent = not {"precision lost", "not linear in gy", "dtype"}.isdisjoint(s.violations)
    for pair in s.pairs:
        errors = relative_errors(*_significant(s, pair))
        worst = float(errors.max(initial=0.0))
        for narrow in (np.float32, np.float16):
            step = 2.0 ** -precision(narrow)
            if precision(s.scene.at.dtype) <= precision(narrow) or (narrow is np.float16 and not bent):
                continue
            if step / 64 < worst <= 4 * step and _random_looking(errors, pair.got, narrow):
                return (
                    f"precision lost: the gradient of {s.name(pair.input)} has the "
                    f"{-int(np.log10(worst))} digits of {np.dtype(narrow).name}, "
                    "so something in backward was rounded to it"
                )
    return None


def digits(s: Symptoms) -> str | None:
    """Digits that show lost only for other incoming gradients than the case's."""
    message = s.violations.get("precision lost")
    return None if message is None or s.wrong else f"precision lost: {message}; something was rounded to it"


def _random_looking(errors: np.ndarray, got: np.ndarray, narrow: Any) -> bool:
    """Of various sizes, unlike a constant factor's, and most; a number alone is of the narrow dtype."""
    if errors.size > 1:
        worst = float(errors.max())
        return float(np.ptp(errors)) > 1e-3 * worst and float(np.median(errors)) > worst / 64
    with np.errstate(all="ignore"):
        return np.array_equal(got.astype(narrow).astype(float), got)


def _significant(s: Symptoms, pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    """The elements that are not lost beside the largest."""
    large = np.abs(pair.true) > s.rtol * np.abs(pair.true).max(initial=0.0)
    return pair.got[large], pair.true[large]


def sign(s: Symptoms) -> str | None:
    negative = [p for p in s.wrong if s.close(p.got, -p.true)]
    if not negative or len(negative) < len(s.wrong):
        return None
    exchanged = len(negative) == 2 and s.close(negative[0].got, negative[1].true)
    also = " (or swapped: they have each other's gradient)" if exchanged else ""
    names = s.names([p.input for p in negative])
    return f"sign: the gradient of {names} is the negative of the true one{also}"


def swapped(s: Symptoms) -> str | None:
    """Gradients handed to other inputs than theirs."""
    owners = {a.input: next((b.input for b in s.pairs if s.close(a.got, b.true)), None) for a in s.wrong}
    moved = {a: b for a, b in owners.items() if b is not None}
    if len(moved) < 2 or set(moved) != set(moved.values()):
        return None
    if len(moved) == 2:
        return f"swapped inputs: {s.names(list(moved))} have each other's gradient"
    whose = ", ".join(f"{s.name(a)} has that of {s.name(b)}" for a, b in moved.items())
    return f"swapped inputs: the gradients come in another order than the inputs: {whose}"


def factor(s: Symptoms) -> str | None:
    """One factor on which several numbers agree: elements, inputs, or points beside."""
    factors = {p.input: f for p in s.wrong if (f := ratio(p.got, p.true)) and s.close(p.got, f * p.true)}
    shared = len(factors) > 1 and np.ptp(list(factors.values())) <= s.rtol * max(map(abs, factors.values()))
    for pair in s.wrong:
        factor = factors.get(pair.input)
        if factor is None:
            continue
        what = f"the gradient of {s.name(pair.input)} is {_shown(factor)} times the true one"
        beside = ""
        if np.count_nonzero(pair.true) < 2 and not shared:
            if not elsewhere.holds_beside(s, pair.input, factor):
                continue
            beside = ", here and at points beside"
        batch = _batch(s, factor)
        return f"batch-size factor: {what}{beside} {batch}" if batch else f"constant factor: {what}{beside}"
    return None


def unchanged(s: Symptoms) -> str | None:
    """gy itself: nothing was done with it, or only what its shape asks for."""
    if s.gy is None or s.order > 1:
        return None
    for pair in s.wrong:
        x = s.scene.at.inputs[pair.input]
        passed = _in_shape(s.gy, x.shape)
        if passed is not None and s.close(pair.got, passed.ravel()[pair.places].reshape(pair.got.shape)):
            how = "" if s.gy.shape == x.shape else ", but for its shape"
            return (
                f"gy is passed on unchanged{how}: the gradient of {s.name(pair.input)} lacks the derivative "
                "of f (the chain rule)"
            )
    return None


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
                if factor is None or not s.close(more, factor * (less * value)) or s.close(more, less):
                    continue
                times = "" if abs(abs(factor) - 1) < 1e-6 else f" (and one of {_shown(abs(factor))})"
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
    """A factor that is missing, or one too many, and is another input that is one number."""
    for pair in s.wrong:
        if np.count_nonzero(pair.true) < 2:
            continue
        for i, x in enumerate(s.scene.at.inputs):
            if x.size != 1 or _usual(x):
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


def _shown(factor: float) -> str:
    """Enough digits to see that it is not 1."""
    digits = 6 if abs(factor - 1) > 1e-5 else 12
    return f"{factor:.{digits}g}"


def _batch(s: Symptoms, factor: float) -> str | None:
    """Whether the factor is the size of an array or of its first axis, or its inverse."""
    for x in [*s.scene.at.inputs, *s.scene.outputs]:
        for what, n in (("elements", x.size), ("rows", x.shape[0] if x.ndim else 1)):
            for size, text in ((float(n), f"{n}"), (1.0 / max(n, 1), f"1/{n}")):
                if n > 2 and abs(factor - size) <= 1e-4 * size:
                    return (
                        f"({text}, for an array of {n} {what}): a mean taken for a sum, or a sum "
                        "for a mean (or another factor of that size)"
                    )
    return None
