"""The same gradient at other points: where it is right tells what it takes for granted.

Backward and the truth are compared at points of another kind: rows that sum to 1, symmetric matrices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck import probes
from gradcheck.diagnosis.symptoms import Symptoms
from gradcheck.judging import beside, locate
from gradcheck.judging.differenced import Differenced
from gradcheck.judging.scene import Probe, Scene
from gradcheck.measure import flat_floats, gradients, measure
from gradcheck.ulp import precision

LARGEST = 2000  # elements of a point that is tried elsewhere
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
    return replace(s.scene, at=at, elements={}, located={}, estimates=[])


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


def holds_beside(s: Symptoms, i: int, factor: float) -> bool:
    """Whether the gradient by input i is off by the same factor at points beside this one."""
    rng = np.random.default_rng(9)
    for _ in range(BESIDE):
        shares = [1 + rng.uniform(0.05, 0.3, x.shape) for x in s.scene.at.inputs]
        inputs = [
            np.asarray(x * share, dtype=x.dtype) if on else x
            for x, share, on in zip(s.scene.at.inputs, shares, s.scene.at.active, strict=True)
        ]
        found = _claimed_and_true(s, moved(s, inputs), [i])
        if found is None or not found[1] or abs(found[0] - factor * found[1]) > 10 * s.rtol * found[2]:
            return False
    return all(x.any() for x in s.scene.at.inputs)


def first_order_beside(s: Symptoms) -> Symptoms | None:
    """Of a failure of a higher order: that of order 1 at a point beside, if there is one."""
    if s.order < 2 or s.row is None or s.scene.at.size > LARGEST or s.scene.truth is None:
        return None
    scene = moved(replace(s, order=1), beside.moved(s.scene))
    active = [i for i, on in enumerate(scene.at.active) if on]
    below = replace(s, scene=scene, order=1, violations={}, row=None)
    found = _claimed_and_true(below, scene, active)
    half = 2.0 ** -(precision(scene.at.dtype) // 2)
    if found is None or abs(found[0] - found[1]) <= half * max(found[2], abs(found[1])):
        return None
    return replace(below, scene=replace(scene, measured=measure(scene.subject, scene.at)))


def passes_on(s: Symptoms, i: int, expected: np.ndarray) -> bool:
    """Whether backward gives the same beside the point, as it does if it does not look at its inputs."""
    scene = moved(s, beside.moved(s.scene))
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
    for words, scene in _kinds_of_points(s):
        found = _claimed_and_true(s, scene, wrong)
        if found is None or not found[1]:
            continue
        got, true, size = found
        if size and abs(got - true) <= 10 * s.rtol * size:
            return f"right where {words}, wrong here: the gradient of {s.names(wrong)} takes that for granted"
    return None


def _kinds_of_points(s: Symptoms) -> Iterator[tuple[str, Scene]]:
    at = s.scene.at
    for i, x in enumerate(at.inputs):
        if x.dtype.kind != "f":
            continue
        for words, change in _properties(x.shape, any(pair.input == i for pair in s.wrong)):
            with np.errstate(all="ignore"):
                there = np.asarray(change(x), dtype=x.dtype)
            if np.isfinite(there).all() and not np.allclose(there, x):
                inputs = [there if n == i else y for n, y in enumerate(at.inputs)]
                yield words.format(s.name(i)), moved(s, inputs)
    for n, u in enumerate(at.cotangents):
        if u is None or u.size < 2:
            continue
        for words, change in _of_cotangents(u.shape):
            changed = [change(v).astype(v.dtype) if m == n else v for m, v in enumerate(at.cotangents)]
            yield words.format("the incoming gradient gy"), moved(s, cotangents=changed)


def _properties(shape: tuple[int, ...], own: bool) -> Iterator[tuple[str, Change]]:
    """Properties of an input, and what gives it one; `own`: it is one whose gradient is wrong."""
    if shape and np.prod(shape) > 1:
        if len(shape) > 1:
            yield "the rows of {} sum to 1", lambda x: abs(x) / abs(x).sum(axis=-1, keepdims=True)
            yield "the columns of {} sum to 1", lambda x: abs(x) / abs(x).sum(axis=0, keepdims=True)
            yield "the rows of {} have the norm 1", lambda x: x / np.sqrt((x * x).sum(axis=-1, keepdims=True))
            yield "the rows of {} sum to 0", lambda x: x - x.mean(axis=-1, keepdims=True)
        yield "the elements of {} sum to 1", lambda x: abs(x) / abs(x).sum()
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
