"""What a gradient assumes: it is right only where an input, or gy, has a property.

Backward and the truth are compared at points of another kind: rows that sum to 1, symmetric matrices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from gradcheck.judging.diagnosis.other_points import LARGEST, claimed_and_true, moved
from gradcheck.judging.diagnosis.symptoms import Symptoms
from gradcheck.judging.scene import Scene

Change = Callable[[np.ndarray], np.ndarray]


def assumes(s: Symptoms) -> str | None:
    """Right where an input, or gy, has a property that it need not have."""
    if s.order > 1 or s.coarse or s.scene.at.size > LARGEST or not s.wrong:
        return None
    wrong = [pair.input for pair in s.wrong]
    if _is_right(s, s.scene, wrong) is not False:
        return None  # the error is not visible in a sum
    others = _far_points(s)
    if any(_is_right(s, scene, wrong) for scene in others):
        return None  # that it is right there has another reason
    for words, put in _kinds_of_points(s):
        answers = (_is_right(s, there, wrong) for scene in (s.scene, *others) for there in put(scene))
        if _all_known_hold(answers):
            names = s.names(wrong)
            return f"right where {words}, wrong here: the gradient of {names} seems to take that for granted"
    return None


def _all_known_hold(answers: Iterator[bool | None]) -> bool:
    """Whether some are true, and none false; it stops at the first false one."""
    found = False
    for holds in answers:
        if holds is False:
            return False
        found = found or bool(holds)
    return found


def _far_points(s: Symptoms) -> list[Scene]:
    """Points far from this one: what is right at all of them, given a property, is no coincidence."""
    rng, at = np.random.default_rng(15), s.scene.at

    def shuffled(size: float, x: np.ndarray) -> np.ndarray:
        return np.asarray(rng.permutation(x.ravel()).reshape(x.shape) * size, dtype=x.dtype)

    return [moved(s, at.with_inputs(partial(shuffled, size)).inputs) for size in (3.0, 0.4)]


def _is_right(s: Symptoms, scene: Scene, inputs: Sequence[int]) -> bool | None:
    """Whether the gradients of these inputs are true at a point; None where that is not known."""
    found = claimed_and_true(s, scene, inputs)
    if found is None or not found[1] or not found[2]:
        return None
    got, true, size = found
    return abs(got - true) <= 10 * s.rtol * size


def _kinds_of_points(s: Symptoms) -> Iterator[tuple[str, Callable[[Scene], list[Scene]]]]:
    """Properties in words, and what makes of a scene those that have one."""
    for i, x in enumerate(s.scene.at.inputs):
        if x.dtype.kind == "f":
            for words, *changes in _properties(x.shape, any(pair.input == i for pair in s.wrong)):
                yield words.format(s.name(i)), partial(_with_input, s, i, changes)
    for n, u in enumerate(s.scene.at.cotangents):
        if u is not None and u.size > 1:
            for words, change in _of_cotangents(u.shape):
                yield words.format("the incoming gradient gy"), partial(_with_cotangent, s, n, change)


def _with_input(s: Symptoms, i: int, changes: Sequence[Change], scene: Scene) -> list[Scene]:
    """The scene with input i changed, in each way that changes it."""
    x, found = scene.at.inputs[i], []
    for change in changes:
        with np.errstate(all="ignore"):
            there = np.asarray(change(x), dtype=x.dtype)
        if np.isfinite(there).all() and not np.allclose(there, x):
            found.append(moved(s, [there if n == i else y for n, y in enumerate(scene.at.inputs)]))
    return found


def _with_cotangent(s: Symptoms, n: int, change: Change, scene: Scene) -> list[Scene]:
    cotangents = [change(u).astype(u.dtype) if m == n else u for m, u in enumerate(scene.at.cotangents)]
    return [moved(s, scene.at.inputs, cotangents)]


def _properties(shape: tuple[int, ...], own: bool) -> Iterator[tuple[Any, ...]]:
    """Properties of an input, and ways to give it one; `own`: it is one whose gradient is wrong."""
    if shape and np.prod(shape) > 1:
        if len(shape) > 1:
            yield "the rows of {} sum to 1", partial(_positive, axis=-1), partial(_signed, axis=-1)
            yield "the columns of {} sum to 1", partial(_positive, axis=0), partial(_signed, axis=0)
            yield "the rows of {} have the norm 1", lambda x: x / np.sqrt((x * x).sum(axis=-1, keepdims=True))
            yield "the rows of {} sum to 0", lambda x: x - x.mean(axis=-1, keepdims=True)
        yield "the elements of {} sum to 1", _positive, _signed
        yield "{} has the norm 1", lambda x: x / np.sqrt((x * x).sum())
        yield "the elements of {} sum to 0", lambda x: x - x.mean()
        if len(shape) > 1 and shape[-1] == shape[-2] > 1:
            yield "{} is symmetric", lambda x: (x + x.swapaxes(-1, -2)) / 2
            yield "{} is orthogonal", lambda x: np.linalg.qr(x)[0]
            yield (
                "{} is a multiple of the identity",
                lambda x: np.broadcast_to(x.flat[0] * np.eye(shape[-1]), x.shape),
            )
            yield "{} is diagonal", lambda x: x * np.eye(shape[-1])
            yield "{} is lower triangular", np.tril
            yield "{} is upper triangular", np.triu
        yield "all elements of {} are equal", lambda x: np.full_like(x, x.flat[0])
    yield "{} is 1", np.ones_like
    if not own:
        yield "{} is 0", np.zeros_like
    yield "{} is positive", np.abs
    yield "{} is negative", lambda x: -np.abs(x)
    yield "{} is larger than 1 in size", lambda x: x + np.where(x < 0, -1, 1)
    yield "{} is smaller than 1 in size", lambda x: x / (1 + np.abs(x))


def _positive(x: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Of a sum of 1 without signs."""
    return np.asarray(abs(x) / abs(x).sum(axis=axis, keepdims=True))


def _signed(x: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Of a sum of 1, as different as they were."""
    mean = x.mean(axis=axis, keepdims=True)
    return np.asarray(x - mean + mean.size / x.size)


def _of_cotangents(shape: tuple[int, ...]) -> Iterator[tuple[str, Change]]:
    yield "the elements of {} sum to 0", lambda u: u - u.mean()
    if len(shape) > 1:
        yield "the rows of {} sum to 0", lambda u: u - u.mean(axis=-1, keepdims=True)
        yield "the columns of {} sum to 0", lambda u: u - u.mean(axis=0, keepdims=True)
        yield "each row of {} is constant", lambda u: np.broadcast_to(u[..., :1], u.shape)
        yield "each column of {} is constant", lambda u: np.broadcast_to(u[:1], u.shape)
        if shape[-1] == shape[-2]:
            yield "{} is symmetric", lambda u: (u + u.swapaxes(-1, -2)) / 2
    yield "all elements of {} are equal", lambda u: np.full_like(u, u.flat[0])
