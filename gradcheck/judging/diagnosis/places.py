"""The right numbers in the wrong places, or summed over the wrong axes."""

from __future__ import annotations

import numpy as np

from gradcheck.judging.diagnosis.jacobian import contributions
from gradcheck.judging.diagnosis.rules import of_each_input
from gradcheck.judging.diagnosis.symptoms import Pair, Symptoms

SEVERAL = 3  # elements of a sample that are found elsewhere
MISTAKEN = 0.01  # chance at which a number may be found among others that are not it


def shape(s: Symptoms) -> str | None:
    for i, g in enumerate(s.got):
        x = s.scene.at.inputs[i]
        if g is None or not s.scene.at.active[i] or np.shape(g) == x.shape:
            continue
        what = f"the gradient of {s.name(i)} has shape {np.shape(g)}, the input {x.shape}"
        if _broadcasts(x.shape, np.shape(g)):
            return (
                f"sum over a broadcast axis missing: {what}; "
                "sum it over the axes that were broadcast (dezero.functions.sum_to)"
            )
        return f"transposed: {what}" if np.shape(g) == x.shape[::-1] else f"wrong shape: {what}"
    return None


def _broadcasts(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(small, large) == large
    except ValueError:
        return False


@of_each_input
def transposed(s: Symptoms, pair: Pair) -> str | None:
    got, name = s.got[pair.input], s.name(pair.input)
    if got is None or np.count_nonzero(pair.true) < 3:
        return None
    if got.ndim == 2 and got.shape[0] == got.shape[1] and s.close(pair.of(got.T), pair.true):
        return f"transposed: the gradient of {name} is the transpose of the true one"
    for axis in range(got.ndim):
        if s.close(pair.of(np.flip(got, axis)), pair.true):
            return f"permuted: the gradient of {name} is reversed along axis {axis}"
    return None


@of_each_input
def permuted(s: Symptoms, pair: Pair) -> str | None:
    if pair.got.size <= 2:
        return None
    whole = not pair.sampled and s.close(np.sort(pair.got.ravel()), np.sort(pair.true.ravel()))
    if not (whole or (pair.sampled and _found_elsewhere(s, pair))):
        return None
    what = f"the gradient of {s.name(pair.input)} has the right elements in the wrong places"
    return f"permuted: {what}{_moved_along(s, pair)}"


def _moved_along(s: Symptoms, pair: Pair) -> str:
    """By how many places, and along which axis, elements are moved, where it is a few."""
    got = np.asarray(s.got[pair.input], float)
    for axis, size in enumerate(got.shape):
        for by in (1, -1, 2, -2) if size > 4 else ():
            if s.close(pair.of(np.roll(got, by, axis)), pair.true):
                return f": moved by {abs(by)} place{'s' if abs(by) > 1 else ''} along axis {axis}"
    return ""


def _found_elsewhere(s: Symptoms, pair: Pair) -> bool:
    """Whether each true element of a sample is one of the gradient that was got, where few are alike."""
    got = s.got[pair.input]
    true = pair.true[s.off(pair.got, pair.true)]
    if got is None or len(np.unique(true)) < SEVERAL:
        return False
    values = np.sort(np.asarray(got, float).ravel())
    if s.rtol * values.size * np.abs(values).max() > MISTAKEN * np.ptp(values):
        return False  # one of so many is as close by chance
    after = np.searchsorted(values, true).clip(1, values.size - 1)
    nearest = np.where(true - values[after - 1] < values[after] - true, values[after - 1], values[after])
    return s.close(nearest, true)


@of_each_input
def axes(s: Symptoms, pair: Pair) -> str | None:
    """A broadcast operand whose gradient was summed over the wrong axes, or not summed."""
    if s.order > 1 or (pair.sampled and (len(pair.places) < SEVERAL or s.scene.truth is None)):
        return None
    if not any(_has_axis_more(u, s.scene.at.inputs[pair.input]) for u in s.scene.at.cotangents):
        return None
    for part in contributions(s.scene, pair.input):
        answer = _wrong_axis(s, pair, part) or _no_sum(s, pair, part)
        if answer:
            return answer
    return None


def _has_axis_more(u: np.ndarray | None, x: np.ndarray) -> bool:
    """Whether an output has the shape of an input but for one axis, and others of length 1."""
    axes = range(0 if u is None else u.ndim)
    return any(np.take(u, 0, axis).squeeze().shape == x.squeeze().shape for axis in axes if u is not None)


def _wrong_axis(s: Symptoms, pair: Pair, part: np.ndarray) -> str | None:
    for axis in range(part.ndim):
        rest = _elements_at(s, pair, np.sum(part, axis=axis))
        if rest is not None and s.close(rest, pair.got) and not s.close(rest, pair.true):
            name = s.name(pair.input)
            return f"sum over the wrong axis: the gradient of {name} is summed over axis {axis}"
    return None


def _elements_at(s: Symptoms, pair: Pair, array: np.ndarray) -> np.ndarray | None:
    """The elements of a pair in an array of the input's shape, but for axes of length 1; None of another."""
    if array.squeeze().shape != s.scene.at.inputs[pair.input].squeeze().shape:
        return None
    return pair.of(array)


def _no_sum(s: Symptoms, pair: Pair, part: np.ndarray) -> str | None:
    for axis in range(part.ndim):
        for index in range(part.shape[axis]):
            term = _elements_at(s, pair, np.take(part, index, axis))
            if term is not None and s.close(term, pair.got):
                return (
                    f"sum over a broadcast axis missing: the gradient of {s.name(pair.input)} holds "
                    f"only the contribution at index {index} of axis {axis}"
                )
    return None


@of_each_input
def repeated(s: Symptoms, pair: Pair) -> str | None:
    """Wrong exactly where several output elements use one input element: one's contribution came."""
    found = None if s.gy is None else s.jacobian(pair.input)
    if found is None or s.gy is None:
        return None
    true = found.true[:, pair.places]
    terms = true * s.gy.reshape(-1, 1)
    off, got = s.off(pair.got, pair.true).ravel(), pair.got.ravel()
    uses = np.count_nonzero(true, axis=0)
    if not (off.any() and (uses[off] > 1).all() and (uses[~off] <= 1).any()):
        return None
    near = (terms != 0) & (np.abs(terms - got) <= s.rtol * np.abs(terms))
    if not near.any(axis=0)[off].all():
        return None
    return (
        f"wrong only at repeated indices: elements of {s.name(pair.input)} that are used more "
        "than once get one contribution instead of the sum"
    )
