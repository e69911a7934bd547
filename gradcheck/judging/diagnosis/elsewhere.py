"""The same gradient at other points: where it is right tells what it takes for granted.

Backward and the truth are compared at points of another kind: rows that sum to 1, symmetric matrices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from gradcheck.judging import near
from gradcheck.judging.diagnosis.symptoms import Symptoms
from gradcheck.judging.differenced import Differenced
from gradcheck.judging.proof import locate
from gradcheck.judging.scene import Probe, Scene
from gradcheck.measuring import probes
from gradcheck.measuring.measure import flat_floats, gradients, measure
from gradcheck.system.floats import precision

LARGEST = 1200  # elements of a point that is tried elsewhere
BESIDE = 3  # points at which a factor is looked at again
Change = Callable[[np.ndarray], np.ndarray]


def along(scene: Scene, k: int, column: Probe) -> float | None:
    """The true contraction of the gradient of order k with a column; None where it is not known."""
    if scene.truth is not None:
        ball = locate.truths(scene, k, [column])[0]
    elif k == 1:
        ball = Differenced(scene).along(column).total()
    else:
        return None
    return float(ball.mid()) if ball.is_finite() else None


def moved(s: Symptoms, inputs: Sequence[Any] | None = None, cotangents: Any = None) -> Scene:
    """The scene at another point, of which nothing is known yet."""
    at = s.scene.at
    given = list(at.inputs if inputs is None else inputs)
    at = replace(at, inputs=given, cotangents=list(cotangents or at.cotangents), order=s.order)
    return replace(s.scene, at=at)


def symptoms_at(s: Symptoms, inputs: Sequence[Any]) -> Symptoms | None:
    """The same failure at other inputs; None where it is not to be had there."""
    scene = moved(s, inputs)
    if scene.truth is None or s.order > 1:
        return None
    try:
        there = replace(s, scene=replace(scene, measured=measure(scene.subject, scene.at)))
        return there if there.pairs else None
    except Exception:  # the point may be outside of the domain, and a backward may raise anything
        return None


def _claimed_and_true(s: Symptoms, scene: Scene, inputs: Sequence[int]) -> tuple[float, float, float] | None:
    """Contractions of some inputs' gradients: backward's, the true one, and the size of the terms."""
    rng = np.random.default_rng([8, scene.at.size])
    drawn = probes.like(rng, scene.at.inputs)
    column = [w if i in inputs else np.zeros_like(w) for i, w in enumerate(drawn)]
    try:
        gots = flat_floats(gradients(scene.subject, scene.at, s.order)[s.order - 1], scene.at)
        true = along(scene, s.order, column)
        terms = gots * flat_floats(column, scene.at)
    except Exception:  # the point may be outside of the domain, and a backward may raise anything
        return None
    if true is None or not np.isfinite(terms).all():
        return None
    return float(terms.sum()), true, float(np.abs(terms).sum())


def holds_beside(s: Symptoms, i: int, factor: float) -> bool | None:
    """Whether the gradient by input i is off by the same factor at points beside this one; None: unknown."""
    rng, large = np.random.default_rng(9), s.scene.at.size > LARGEST
    if large and s.scene.truth is None:  # differences take too long
        return None
    for _ in range(1 if large else BESIDE):
        shares = [1 + rng.uniform(0.05, 0.3, x.shape) for x in s.scene.at.inputs]
        inputs = [
            np.asarray(x * share, dtype=x.dtype) if on else x
            for x, share, on in zip(s.scene.at.inputs, shares, s.scene.at.active, strict=True)
        ]
        _off_kinks(s, inputs)
        found = _claimed_and_true(s, moved(s, inputs), [i])
        if found is None or not found[1]:
            return None
        if abs(found[0] - factor * found[1]) > 10 * s.rtol * max(found[2], abs(factor * found[1])):
            return False
    return True if all(x.any() for x in s.scene.at.inputs) else None


def _off_kinks(s: Symptoms, inputs: list[np.ndarray]) -> None:
    """Moves elements on a kink off it; one at 0 stays there when it is scaled."""
    for position in s.scene.kinks.left_out:
        i, j = s.scene.location(position)
        inputs[i].flat[j] += 0.125


def first_order_beside(s: Symptoms) -> Symptoms | None:
    """Of a failure of a higher order: that of order 1 at a point beside, if there is one."""
    if s.order < 2 or s.row is None or s.scene.at.size > LARGEST or s.scene.truth is None:
        return None
    scene = moved(replace(s, order=1), near.moved(s.scene))
    active = [i for i, on in enumerate(scene.at.active) if on]
    below = replace(s, scene=scene, order=1, violations={}, row=None)
    found = _claimed_and_true(below, scene, active)
    half = 2.0 ** -(precision(scene.at.dtype) // 2)
    if found is None or abs(found[0] - found[1]) <= half * max(found[2], abs(found[1])):
        return None
    return replace(below, scene=replace(scene, measured=measure(scene.subject, scene.at)))


def passes_on(s: Symptoms, i: int, expected: np.ndarray) -> bool:
    """Whether backward gives the same beside the point, as it does if it does not look at its inputs."""
    scene = moved(s, near.moved(s.scene))
    try:
        got = gradients(scene.subject, scene.at, 1)[0][i]
    except Exception:  # a backward may raise anything
        return False
    return got is not None and s.close(np.asarray(got, float), expected)


# What is taken for granted -----------------------------------------------------------------------------


def assumes(s: Symptoms) -> str | None:
    """Right where an input, or gy, has a property that it need not have."""
    if s.order > 1 or s.coarse or s.scene.at.size > LARGEST or not s.wrong:
        return None
    wrong = [pair.input for pair in s.wrong]
    if _right(s, s.scene, wrong) is not False:
        return None  # what is wrong does not show in a sum
    others = _others(s)
    if any(_right(s, scene, wrong) for scene in others):
        return None  # where it is right has another reason
    for words, put in _kinds_of_points(s):
        told = (_right(s, there, wrong) for scene in (s.scene, *others) for there in put(scene))
        if _all_known_hold(told):
            names = s.names(wrong)
            return f"right where {words}, wrong here: the gradient of {names} seems to take that for granted"
    return None


def _all_known_hold(told: Iterator[bool | None]) -> bool:
    """Whether some are true, and none false; no more is asked for than it takes."""
    found = False
    for holds in told:
        if holds is False:
            return False
        found = found or bool(holds)
    return found


def _others(s: Symptoms) -> list[Scene]:
    """Points far from this one: what is right here and there, given a property, is so by no coincidence."""
    rng = np.random.default_rng(15)
    at = s.scene.at
    found = []
    for size in (3.0, 0.4):
        inputs = [
            np.asarray(rng.permutation(x.ravel()).reshape(x.shape) * size, dtype=x.dtype) if on else x
            for x, on in zip(at.inputs, at.active, strict=True)
        ]
        found.append(moved(s, inputs))
    return found


def _right(s: Symptoms, scene: Scene, inputs: Sequence[int]) -> bool | None:
    """Whether the gradients of these inputs are true at a point; None where that is not known."""
    found = _claimed_and_true(s, scene, inputs)
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
