"""Gradients that lack a factor or a term, or have one too many, made of known arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from gradcheck.judging.diagnosis.factors import in_digits
from gradcheck.judging.diagnosis.other_points import passes_on
from gradcheck.judging.diagnosis.rules import of_each_input
from gradcheck.judging.diagnosis.symptoms import Pair, Symptoms, ratio

UNSURE = 10  # times the relative tolerance, by which the factors of two large elements may differ
Forms = dict[str, Callable[[np.ndarray], np.ndarray]]


@of_each_input
def unchanged(s: Symptoms, pair: Pair) -> str | None:
    """gy itself: unchanged, or only fitted to the shape."""
    if s.gy is None or s.order > 1:
        return None
    for how, passed in _passed_on(s.gy, s.scene.at.inputs[pair.input].shape):
        if s.close(pair.got, pair.of(passed)) and passes_on(s, pair.input, passed):
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


# Factors ----------------------------------------------------------------------------------------------


def _both_ways(pair: Pair) -> Iterator[tuple[np.ndarray, np.ndarray, str]]:
    """The two gradients, the one that lacks a factor first, and the diagnosis."""
    yield pair.got, pair.true, "lacks the factor {}"
    yield pair.true, pair.got, "has {} as a factor too many"


@of_each_input
def lacks(s: Symptoms, pair: Pair) -> str | None:
    """A factor that is missing, or one too many: a function of an input or of the output."""
    if s.coarse or (len(np.unique(pair.got)) < 2 and len(np.unique(pair.true)) < 2):
        return None
    for name, value in _candidates(s, pair, _FORMS):
        for less, more, words in _both_ways(pair):
            if not _may_be(s, more, less, value):
                continue
            if len(np.unique(value[(more != 0) & (less != 0)])) < 2:
                continue  # a mask, or a constant
            factor = ratio(more, less * value)
            if factor is None or not s.close(more, factor * (less * value)) or s.close(more, less):
                continue
            times = "" if abs(abs(factor) - 1) < 1e-6 else f" (and one of {in_digits(abs(factor))})"
            sign = " and its sign is wrong" if factor < 0 else ""
            return f"factor: the gradient of {s.name(pair.input)} {words.format(name)}{times}{sign}"
    return None


def _may_be(s: Symptoms, more: np.ndarray, less: np.ndarray, value: np.ndarray) -> bool:
    """Whether the two largest elements of `more` may be those of `less` times `value`, and one factor."""
    first, second = np.argsort(np.abs(more), axis=None)[[-1, -2]].tolist()
    a, b = (
        more.flat[first] * (less.flat[second] * value.flat[second]),
        more.flat[second] * (less.flat[first] * value.flat[first]),
    )
    return bool(abs(a - b) <= UNSURE * s.rtol * max(abs(a), abs(b)))


@of_each_input
def another_factor(s: Symptoms, pair: Pair) -> str | None:
    """An input or the output as a factor where another belongs."""
    if s.coarse or np.count_nonzero(pair.true) < 2:
        return None
    plain = [(name, v) for name, v in _candidates(s, pair, {"{}": _FORMS["{}"]}) if v.all()]
    for name, value in plain:
        for meant, other in plain:
            if value is not other and s.close(pair.got, pair.true / other * value):
                return f"factor: the gradient of {s.name(pair.input)} has {name} where {meant} belongs"
    return None


@of_each_input
def lacks_number(s: Symptoms, pair: Pair) -> str | None:
    """A factor that is missing, or one too many, and is another input that holds one number only."""
    if np.count_nonzero(pair.true) < 2:
        return None
    for name, x in s.at_hand[: len(s.scene.at.inputs)]:
        if not x.size or (x != x.flat[0]).any() or _is_common_factor(x):
            continue
        for less, more, words in _both_ways(pair):
            if s.close(less * float(x.flat[0]), more):
                return f"factor: the gradient of {s.name(pair.input)} {words.format(name)}"
    return None


def _candidates(s: Symptoms, pair: Pair, forms: Forms) -> Iterator[tuple[str, np.ndarray]]:
    """Functions of inputs and of the output, at the elements of a pair."""
    shape = s.scene.at.inputs[pair.input].shape
    for name, value in s.at_hand:
        try:
            there = pair.of(np.broadcast_to(value, shape))
        except ValueError:
            continue
        with np.errstate(all="ignore"):
            for form, apply in forms.items():
                found = apply(there)
                if (
                    np.isfinite(found).all()
                    and found.any()
                    and (value.size > 1 or not _is_common_factor(found))
                ):
                    yield form.format(name), found


def _is_common_factor(value: np.ndarray) -> bool:
    """A number that is a factor of many formulas: it is not attributed to an input that has this value."""
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


# Terms ------------------------------------------------------------------------------------------------


@of_each_input
def lacks_term(s: Symptoms, pair: Pair) -> str | None:
    """What is off is simple: a multiple of an array, or one number along an axis."""
    if s.order > 1 or s.coarse or pair.got.size < 3:
        return None
    rest, off = pair.true - pair.got, f"the gradient of {s.name(pair.input)} is off by"
    slack = 1e3 * s.rtol * np.abs(rest).max()
    for axis in range(rest.ndim):
        if rest.shape[axis] > 1 and np.ptp(rest, axis=axis).max() <= slack:
            what = "for all elements" if np.ptp(rest) <= slack else f"along axis {axis}"
            return (
                f"a term is missing or too many: {off} the same number {what} (a constant, or a sum or mean "
                "over them)"
            )
    for words, term in _terms(s, pair):
        for what, c in _multiples(rest, term):
            if np.any(c) and s.close(c * term, rest):
                return (
                    f"a term is missing or too many: {off} {what} {words} (a term of its own, or the effect "
                    "of a sum, a norm or a mean)"
                )
    return None


def _multiples(rest: np.ndarray, term: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """The factors that take a term nearest to the rest: one, or one for each row."""
    yield "a multiple of", np.asarray((term * rest).sum() / (term * term).sum())
    if rest.ndim > 1 and rest.shape[-1] > 2:
        with np.errstate(all="ignore"):
            c = (term * rest).sum(axis=-1, keepdims=True) / (term * term).sum(axis=-1, keepdims=True)
        yield "a multiple, row by row, of", np.where(np.isfinite(c), c, 0.0)


def _terms(s: Symptoms, pair: Pair) -> Iterator[tuple[str, np.ndarray]]:
    shape = s.scene.at.inputs[pair.input].shape
    arrays = [(s.name(i), x) for i, x in enumerate(s.scene.at.inputs)]
    arrays += [("the output", y) for y in s.scene.outputs[:1]] + ([] if s.gy is None else [("gy", s.gy)])
    for words, x in arrays:
        if x.shape == shape and np.any(x):
            yield words, pair.of(x)
