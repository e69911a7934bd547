"""Gradients that lack a term, or have one too many, where this is simple."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcheck.judging.diagnosis.symptoms import Pair, Symptoms


def residual(s: Symptoms) -> str | None:
    """What is off is simple: a multiple of an array, or one number along an axis."""
    for pair in s.wrong if s.order == 1 and not s.coarse else ():
        if pair.got.size < 3:
            continue
        rest = pair.true - pair.got
        for axis in range(rest.ndim):
            if rest.shape[axis] > 1 and np.ptp(rest, axis=axis).max() <= 1e3 * s.rtol * np.abs(rest).max():
                whole = np.ptp(rest) <= 1e3 * s.rtol * np.abs(rest).max()
                what = "for all elements" if whole else f"along axis {axis}"
                return (
                    f"a term is missing or too many: the gradient of {s.name(pair.input)} is off by the same "
                    f"number {what} (a constant, or a sum or mean over them)"
                )
        for words, term in _terms(s, pair):
            for what, c in _multiples(rest, term):
                if np.any(c) and s.close(c * term, rest):
                    return (
                        f"a term is missing or too many: the gradient of {s.name(pair.input)} is off by "
                        f"{what} {words} (a term of its own, or the effect of a sum, a norm or a mean)"
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
            yield words, np.asarray(x, dtype=float).ravel()[pair.places].reshape(pair.got.shape)
