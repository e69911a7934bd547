"""The right numbers in the wrong places, or summed over the wrong axes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcheck.diagnosis.symptoms import Pair, Symptoms, contributions, usage


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
        for axis in range(got.ndim):
            if s.close(np.flip(got, axis), true):
                return f"permuted: the gradient of {name} is reversed along axis {axis}"
    return None


def wrong_product(s: Symptoms) -> str | None:
    """A product of gy with an input, one of them transposed where it should not be, or the reverse."""
    u = next((u for u in s.scene.at.cotangents if u is not None), None)
    if s.order > 1 or u is None or u.ndim != 2:
        return None
    for pair in s.wrong:
        others = [x for x in s.scene.at.inputs if x.ndim == 2 and x.dtype.kind == "f"]
        for n, x in enumerate(others):
            for left, right, text in _products(u, x, f"x{n}"):
                if left.shape[1] == right.shape[0] and s.close(left @ right, pair.got):
                    return (
                        f"transposed: the gradient of {s.name(pair.input)} is {text} "
                        f"(x{n}: the input of shape {x.shape}), a product with a wrong transpose"
                    )
    return None


def _products(u: np.ndarray, x: np.ndarray, name: str) -> Iterator[tuple[np.ndarray, np.ndarray, str]]:
    for a, gy in ((u, "gy"), (u.T, "gy.T")):
        for b, other in ((x, name), (x.T, f"{name}.T")):
            yield a, b, f"{gy} @ {other}"
            yield b, a, f"{other} @ {gy}"


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
    """Wrong exactly where several output elements use one input element."""
    if s.order > 1 or s.scene.truth is None:
        return None
    for pair in s.wrong:
        uses = None if pair.sampled else usage(s.scene, pair.input)
        if uses is None:
            continue
        off = s.off(pair.got, pair.true)
        if off.any() and (uses[off] > 1).all() and (uses[~off] <= 1).any():
            return (
                f"wrong only at repeated indices: elements of {s.name(pair.input)} that are used more "
                "than once get one contribution instead of the sum"
            )
    return None
