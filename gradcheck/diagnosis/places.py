"""The right numbers in the wrong places, or summed over the wrong axes."""

from __future__ import annotations

import numpy as np

from gradcheck.diagnosis.symptoms import Pair, Symptoms, contributions


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


def transposed(s: Symptoms) -> str | None:
    for pair in s.wrong:
        if pair.sampled:
            continue
        name, got, true = s.name(pair.input), pair.got, pair.true
        if got.ndim == 2 and got.shape[0] == got.shape[1] and s.close(got.T, true):
            return f"transposed: the gradient of {name} is the transpose of the true one"
        for axis in range(got.ndim if np.count_nonzero(true) > 2 else 0):
            if s.close(np.flip(got, axis), true):
                return f"permuted: the gradient of {name} is reversed along axis {axis}"
    return None


def permuted(s: Symptoms) -> str | None:
    for pair in s.wrong:
        if pair.sampled or pair.got.size <= 2:
            continue
        if s.close(np.sort(pair.got.ravel()), np.sort(pair.true.ravel())):
            return (
                f"permuted: the gradient of {s.name(pair.input)} has the right elements in the wrong places"
            )
    return None


def axes(s: Symptoms) -> str | None:
    """A broadcast operand whose gradient was summed over the wrong axes, or not summed."""
    if s.order > 1 or s.scene.truth is None:
        return None
    for pair in s.wrong:
        if pair.sampled:
            continue
        for part in contributions(s.scene, pair.input):
            answer = _wrong_axis(s, pair, part) or _no_sum(s, pair, part)
            if answer:
                return answer
    return None


def _wrong_axis(s: Symptoms, pair: Pair, part: np.ndarray) -> str | None:
    got, true = pair.got.squeeze(), pair.true.squeeze()
    for axis in range(part.ndim):
        rest = np.sum(part, axis=axis)
        if rest.shape == got.shape and s.close(rest, got) and not s.close(rest, true):
            name = s.name(pair.input)
            return f"sum over the wrong axis: the gradient of {name} is summed over axis {axis}"
    return None


def _no_sum(s: Symptoms, pair: Pair, part: np.ndarray) -> str | None:
    for axis in range(part.ndim):
        for index in range(part.shape[axis]):
            if s.close(np.take(part, index, axis), pair.got.squeeze()):
                return (
                    f"sum over a broadcast axis missing: the gradient of {s.name(pair.input)} holds "
                    f"only the contribution at index {index} of axis {axis}"
                )
    return None


def repeated(s: Symptoms) -> str | None:
    """Wrong exactly where several output elements use one input element: one's contribution came."""
    if s.gy is None:
        return None
    for pair in s.wrong:
        found = s.jacobian(pair.input)
        if found is None:
            continue
        true = found.true[:, pair.places]
        terms = true * s.gy.reshape(-1, 1)
        off, got = s.off(pair.got, pair.true).ravel(), pair.got.ravel()
        uses = np.count_nonzero(true, axis=0)
        if not (off.any() and (uses[off] > 1).all() and (uses[~off] <= 1).any()):
            continue
        if all(_one_of(s, terms[:, j], got[j]) for j in np.flatnonzero(off)):
            return (
                f"wrong only at repeated indices: elements of {s.name(pair.input)} that are used more "
                "than once get one contribution instead of the sum"
            )
    return None


def _one_of(s: Symptoms, terms: np.ndarray, value: float) -> bool:
    """Whether the value is one of the terms that are not zero."""
    used = terms[terms != 0]
    return bool((np.abs(used - value) <= s.rtol * np.abs(used)).any())
