"""The same gradient at other points: where it is right tells what it takes for granted.

Each hypothesis compares backward and the truth at a point of another kind (rows that sum to 1, symmetric
matrices), or the gradient that came with the truth of another question (transposed, along another axis).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck import probes
from gradcheck.diagnosis.symptoms import Pair, Symptoms
from gradcheck.judging import locate
from gradcheck.judging.differenced import Differenced
from gradcheck.judging.scene import Probe, Scene
from gradcheck.measure import flat_floats, gradients

LARGEST = 2000  # elements of a point that is tried elsewhere
MOST_WHOLE = 64  # elements of a gradient that is computed for another question
BESIDE = 3
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


# What is taken for granted -----------------------------------------------------------------------------


def assumes(s: Symptoms) -> str | None:
    """Right where an input, or gy, has a property that it need not have."""
    if s.order > 1 or s.scene.at.size > LARGEST or not s.wrong:
        return None
    wrong = [pair.input for pair in s.wrong]
    for words, scene in _kinds_of_points(s):
        found = _claimed_and_true(s, scene, wrong)
        if found is None or not found[1]:
            continue
        got, true, size = found
        if size and abs(got - true) <= 10 * s.rtol * size:
            return f"right only where {words}: there the gradient of {s.names(wrong)} is right, here it is not"
    return None


def _kinds_of_points(s: Symptoms) -> Iterator[tuple[str, Scene]]:
    at = s.scene.at
    for i, x in enumerate(at.inputs):
        if x.dtype.kind != "f":
            continue
        for words, change in _properties(x.shape):
            with np.errstate(all="ignore"):
                there = np.asarray(change(x), dtype=x.dtype)
            if np.isfinite(there).all() and not np.allclose(there, x):
                inputs = [there if n == i else y for n, y in enumerate(at.inputs)]
                yield words.format(s.name(i)), moved(s, inputs)
    for n, u in enumerate(at.cotangents):
        if u is None or u.size < 2:
            continue
        for words, change in _of_cotangents(u.shape):
            there = [change(v).astype(v.dtype) if m == n else v for m, v in enumerate(at.cotangents)]
            yield words.format("the incoming gradient gy"), moved(s, cotangents=there)


def _properties(shape: tuple[int, ...]) -> Iterator[tuple[str, Change]]:
    """Properties of an input, and what gives it one."""
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
            yield "{} is diagonal", lambda x: x * np.eye(shape[-1])
            yield "{} is lower triangular", np.tril
            yield "{} is upper triangular", np.triu
        yield "all elements of {} are equal", lambda x: np.full_like(x, x.flat[0])
    yield "{} is 1", np.ones_like
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


# The truth of another question ---------------------------------------------------------------------------


def symmetric(s: Symptoms) -> str | None:
    """Right along symmetric matrices: the two differ by what such directions do not see."""
    for pair in s.wrong:
        got, true = pair.got, pair.true
        if pair.sampled or got.ndim < 2 or got.shape[-1] != got.shape[-2] or got.shape[-1] < 2:
            continue
        if s.close(got + got.swapaxes(-1, -2), true + true.swapaxes(-1, -2)):
            return (
                f"symmetric: the gradient of {s.name(pair.input)} is right along symmetric directions, wrong "
                "beside them: f is taken for a function of symmetric matrices (make f symmetric in its input, "
                "or give each element its own derivative)"
            )
    return None


def another_question(s: Symptoms) -> str | None:
    """The gradient of f at transposed arrays, or with axes exchanged."""
    if s.order > 1 or s.gy is None or s.scene.at.size > MOST_WHOLE:
        return None
    for pair in s.wrong:
        x = s.scene.at.inputs[pair.input]
        for a in range(x.ndim):
            for b in range(a):
                answer = _exchanged(s, pair, b, a)
                if answer:
                    return answer
    return None


def _exchanged(s: Symptoms, pair: Pair, a: int, b: int) -> str | None:
    """What the gradient is the true one of, with two axes exchanged somewhere."""

    def swap(x: np.ndarray) -> np.ndarray:
        return x.swapaxes(a, b) if x.ndim > b else x

    assert s.gy is not None
    given, gys = s.scene.at.inputs, s.scene.at.cotangents
    inputs = [swap(x) if n == pair.input else x for n, x in enumerate(given)]
    every = [swap(x) for x in given]
    turned = [swap(u) for u in gys]
    name = s.name(pair.input)
    for xs, us, back, words in (
        (every, turned, True, f"wrong axis: the gradient of {name} is that along axis {a} for axis {b}, or the reverse"),
        (every, gys, True, f"wrong axis: the gradient of {name} is that along axis {a} for axis {b}, or the reverse"),
        (given, turned, False, f"transposed: the gradient of {name} is the true one for gy with axes {a} and {b} exchanged"),
        (given, turned, True, f"transposed: the gradient of {name} is the true one but for gy, and itself, transposed"),
        (inputs, gys, False, f"transposed: the gradient of {name} is the true one at the transpose of {name}"),
        (inputs, gys, True, f"transposed: the gradient of {name} is the true one at the transpose of {name}"),
    ):
        found = _whole(s, xs, us, pair.input)
        found = swap(found) if found is not None and back else found
        if found is not None and s.close(pair.got, found) and not s.close(found, pair.true):
            return words
    return None


def _whole(s: Symptoms, inputs: Sequence[np.ndarray], cotangents: Sequence[Any], i: int) -> np.ndarray | None:
    """The true gradient by input i at other inputs and cotangents; None where there is none."""
    scene = moved(s, inputs, cotangents)
    if scene.truth is None:
        return None
    units = [probes.unit(inputs, i, j) for j in range(inputs[i].size)]
    try:
        balls = locate.truths(scene, 1, units)
    except Exception:  # f may not take such shapes
        return None
    known = np.array([float(b.mid()) if b.is_finite() else np.nan for b in balls])
    return known.reshape(inputs[i].shape) if np.isfinite(known).all() else None


# What is missing ------------------------------------------------------------------------------------------


def residual(s: Symptoms) -> str | None:
    """What is missing is simple: a multiple of an array, or one number along an axis."""
    for pair in s.wrong if s.order == 1 else ():
        if pair.sampled or pair.got.size < 3:
            continue
        rest = pair.true - pair.got
        for axis in range(rest.ndim):
            if rest.shape[axis] > 1 and np.ptp(rest, axis=axis).max() <= 1e3 * s.rtol * np.abs(rest).max():
                whole = np.ptp(rest) <= 1e3 * s.rtol * np.abs(rest).max()
                what = "for all elements" if whole else f"along axis {axis}"
                return (
                    f"a term is missing: the gradient of {s.name(pair.input)} is off by the same number {what} "
                    "(a sum or a mean over them)"
                )
        for words, term in _terms(s, pair):
            c = np.vdot(term, rest) / np.vdot(term, term)
            if c and s.close(c * term, rest):
                return (
                    f"a term is missing: the gradient of {s.name(pair.input)} lacks "
                    f"{c:.6g} times {words} (or a multiple of it by a sum)"
                )
    return None


def _terms(s: Symptoms, pair: Pair) -> Iterator[tuple[str, np.ndarray]]:
    shape = pair.got.shape
    arrays = [(s.name(i), x) for i, x in enumerate(s.scene.at.inputs)]
    arrays += [("the output", y) for y in s.scene.outputs[:1]] + ([] if s.gy is None else [("gy", s.gy)])
    for words, x in arrays:
        if x.shape == shape and np.any(x):
            yield words, np.asarray(x, dtype=float)
