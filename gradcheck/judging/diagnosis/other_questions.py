"""Gradients that are right for another question: f of transposed or reversed arrays, along another axis."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import combinations, islice
from typing import Any

import numpy as np

from gradcheck.judging.diagnosis.other_points import LARGEST, moved, true_unless_far
from gradcheck.judging.diagnosis.rules import of_each_input
from gradcheck.judging.diagnosis.symptoms import Pair, Symptoms
from gradcheck.judging.scene import Scene
from gradcheck.measuring import probes

Change = Callable[[np.ndarray], np.ndarray]
ELEMENTS = 30_000  # of all points together, where they are large


@of_each_input
def symmetric(s: Symptoms, pair: Pair) -> str | None:
    """Right along symmetric matrices: the two differ by what such directions do not see."""
    got, true = pair.got, pair.true
    if pair.sampled or got.ndim < 2 or got.shape[-1] != got.shape[-2] or got.shape[-1] < 2:
        return None
    if not s.close(got + got.swapaxes(-1, -2), true + true.swapaxes(-1, -2)):
        return None
    return (
        f"symmetric: the gradient of {s.name(pair.input)} is right along symmetric directions, wrong "
        "beside them: f is taken for a function of symmetric matrices (make f symmetric in its "
        "input, or give each element its own derivative)"
    )


@of_each_input
def another_question(s: Symptoms, pair: Pair) -> str | None:
    """The gradient of f at transposed or reversed arrays, or along another axis."""
    if s.order > 1 or s.coarse or s.scene.truth is None or s.scene.at.size > ELEMENTS:
        return None
    got = s.got[pair.input]
    probe = probes.weights(np.random.default_rng(11), got.shape)
    claimed, size = float((got * probe).sum()), float(np.abs(got * probe).sum())
    most = None if s.scene.at.size <= LARGEST else ELEMENTS // s.scene.at.size
    for words, scene, back in islice(_questions(s, pair.input), most):
        true = _true_part(s, scene, pair.input, back(probe), claimed, size)
        if true is not None and abs(claimed - true) <= s.rtol * size:
            return words.format(s.name(pair.input))
    return None


def _true_part(
    s: Symptoms, scene: Scene, i: int, weights: np.ndarray, claimed: float, size: float
) -> float | None:
    """The true contraction of the gradient by input i, unless it is far from the one that is claimed.

    None where f does not take what it is given.
    """
    column = [weights if n == i else np.zeros(x.shape) for n, x in enumerate(scene.at.inputs)]
    try:
        return true_unless_far(s, scene, column, claimed, size)
    except Exception:  # f may not take such shapes
        return None


def _questions(s: Symptoms, i: int) -> Iterator[tuple[str, Scene, Change]]:
    """Other functions that may have been differentiated: text, a scene, and a map of its gradient to ours."""
    given, gys = s.scene.at.inputs, s.scene.at.cotangents
    for name, x, put in _arrays(s):
        if x.ndim > 2:  # the kernel of a convolution, most likely
            words = (
                "reversed: the gradient of {}"
                + f" is the true one for {name} reversed along its last two axes"
            )
            yield words, put(x[..., ::-1, ::-1]), _unchanged
    for a, b in combinations(range(given[i].ndim), 2):
        swap = _swapping(a, b)
        every = [swap(x) for x in given]
        turned_gys = [None if u is None else swap(u) for u in gys]
        for cotangents in (turned_gys, gys):
            words = "wrong axis: the gradient of {}" + f" is that along axis {a} for axis {b}, or the reverse"
            yield words, moved(s, every, cotangents), swap
    for name, x, put in _arrays(s):
        for a, b in combinations(range(x.ndim), 2):
            swap = _swapping(a, b)
            words = "transposed: the gradient of {}" + f" is the true one for the transpose of {name}"
            yield words, put(swap(x)), _unchanged
            yield words + ", and then transposed", put(swap(x)), swap
        for axis in range(x.ndim):
            turned = np.flip(x, axis)
            words = "reversed: the gradient of {}" + f" is the true one for {name} reversed along axis {axis}"
            yield words, put(turned), _unchanged


def _arrays(s: Symptoms) -> Iterator[tuple[str, np.ndarray, Callable[[np.ndarray], Scene]]]:
    """Each input and gy, and the scene that has another array in its place."""
    given, gys = s.scene.at.inputs, s.scene.at.cotangents
    for n, x in enumerate(given):
        if x.dtype.kind == "f":
            yield s.name(n), x, partial(_with_array, s, given, n, inputs=True)
    for n, u in enumerate(gys):
        if u is not None:
            yield "gy", u, partial(_with_array, s, gys, n, inputs=False)


def _with_array(s: Symptoms, arrays: Sequence[Any], n: int, array: np.ndarray, *, inputs: bool) -> Scene:
    """The scene with another array in the n-th place of the inputs, or of the cotangents."""
    changed = [array if m == n else x for m, x in enumerate(arrays)]
    return moved(s, changed) if inputs else moved(s, None, changed)


def _unchanged(x: np.ndarray) -> np.ndarray:
    return x


def _swapping(a: int, b: int) -> Change:
    return lambda x: x.swapaxes(a, b) if x.ndim > b else x
