"""What a gradient assumes: it is right only where an input, or gy, has a property.

Backward and the truth are compared at points of another kind: rows that sum to 1, symmetric matrices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from gradcheck.judging.diagnosis.other_points import LARGEST, claimed_and_true, moved
from gradcheck.judging.diagnosis.symptoms import Symptoms
from gradcheck.judging.scene import Scene

Change = Callable[[np.ndarray], np.ndarray]
Crowd = tuple[Change, tuple[str, ...]]


def assumes(s: Symptoms) -> str | None:
    """Right where an input, or gy, has a property that it need not have."""
    if s.order > 1 or s.coarse or s.scene.at.size > LARGEST or not s.wrong:
        return None
    wrong = [pair.input for pair in s.wrong]
    if _is_right(s, s.scene, wrong) is not False:
        return None  # the error is not visible in a sum
    others = _far_points(s)
    arrays = [*_of_each_array(s, wrong)]
    excluded = _excluded(s, arrays, wrong)
    for array in arrays:
        for words, *changes in array.kinds:
            if (array.name, words) in excluded:
                continue
            scenes = (there for scene in (s.scene, *others) for there in array.put(scene, changes))
            if _all_known_hold(_is_right(s, there, wrong) for there in scenes):
                if any(_is_right(s, scene, wrong) for scene in others):
                    return None  # that it is right there has another reason
                where, names = words.format(array.name), s.names(wrong)
                return (
                    f"right where {where}, wrong here: the gradient of {names} seems to take that for granted"
                )
    return None


def _excluded(s: Symptoms, arrays: Sequence[_Array], wrong: Sequence[int]) -> set[tuple[str, str]]:
    """(array, property) where the gradient is known to be wrong at a point that has the property.

    A point with several properties of all inputs excludes these at once; those of one array follow where it
    does not.
    """
    inputs = [array for array in arrays if array.is_input]
    excluded: set[tuple[str, str]] = set()
    for each in zip(*(array.crowds for array in inputs), strict=False) if len(inputs) > 1 else ():
        there, having = s.scene, set[tuple[str, str]]()
        for array, (change, several) in zip(inputs, each, strict=True):
            changed = array.put(there, [change])
            if changed:
                [there] = changed
                having |= {(array.name, words) for words in several}
        if having and _is_right(s, there, wrong) is False:
            excluded |= having
    for array in arrays:
        for change, several in array.crowds:
            having = {(array.name, words) for words in several}
            if not having <= excluded and _all_are_wrong(s, array.put(s.scene, [change]), wrong):
                excluded |= having
    return excluded


def _all_are_wrong(s: Symptoms, scenes: Sequence[Scene], wrong: Sequence[int]) -> bool:
    """Whether the gradient is known to be wrong at all of these points, of which there are some."""
    return bool(scenes) and all(_is_right(s, there, wrong) is False for there in scenes)


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
    found = claimed_and_true(s, scene, inputs, zeros=True)
    if found is None:
        return None
    got, true, size = found
    right = abs(got - true) <= 10 * s.rtol * size
    return None if right and not true else right


class _Array(NamedTuple):
    """An input or a cotangent.

    Attributes:
        put: changes it in a scene, in each of several ways.
        kinds: properties, each with ways to give it.
        crowds: ways to give it several at once.
    """

    name: str
    put: Callable[[Scene, Sequence[Change]], list[Scene]]
    kinds: list[tuple[Any, ...]]
    crowds: list[Crowd]
    is_input: bool


def _of_each_array(s: Symptoms, wrong: Sequence[int]) -> Iterator[_Array]:
    for i, x in enumerate(s.scene.at.inputs):
        if x.dtype.kind == "f":
            kinds, crowds = [*_of_inputs(x.shape, i in wrong)], [*_several_of_inputs(x.shape)]
            yield _Array(s.name(i), partial(_with_input, s, i), kinds, crowds, True)
    for n, u in enumerate(s.scene.at.cotangents):
        if u is not None and u.size > 1:
            kinds, crowds = [*_of_cotangents(u.shape)], [*_several_of_cotangents(u.shape)]
            yield _Array("the incoming gradient gy", partial(_with_cotangent, s, n), kinds, crowds, False)


def _with_input(s: Symptoms, i: int, scene: Scene, changes: Sequence[Change]) -> list[Scene]:
    """The scene with input i changed, in each way that changes it."""
    x, found = scene.at.inputs[i], []
    for change in changes:
        with np.errstate(all="ignore"):
            there = np.asarray(change(x), dtype=x.dtype)
        if np.isfinite(there).all() and not np.allclose(there, x):
            found.append(moved(s, [there if n == i else y for n, y in enumerate(scene.at.inputs)]))
    return found


def _with_cotangent(s: Symptoms, n: int, scene: Scene, changes: Sequence[Change]) -> list[Scene]:
    """The scene with cotangent n changed in each way."""
    us = scene.at.cotangents
    return [
        moved(s, scene.at.inputs, [change(u).astype(u.dtype) if m == n else u for m, u in enumerate(us)])
        for change in changes
    ]


# Properties ---------------------------------------------------------------------------------------------

ROWS_TO_1, COLUMNS_TO_1 = "the rows of {} sum to 1", "the columns of {} sum to 1"
ROWS_TO_0, COLUMNS_TO_0 = "the rows of {} sum to 0", "the columns of {} sum to 0"
ROWS_OF_1 = "the rows of {} have the norm 1"
TO_1, OF_1, TO_0 = "the elements of {} sum to 1", "{} has the norm 1", "the elements of {} sum to 0"
SYMMETRIC, ORTHOGONAL, DIAGONAL = "{} is symmetric", "{} is orthogonal", "{} is diagonal"
IDENTITY = "{} is a multiple of the identity"
LOWER, UPPER = "{} is lower triangular", "{} is upper triangular"
EQUAL, ONE, ZERO = "all elements of {} are equal", "{} is 1", "{} is 0"
EACH_ROW, EACH_COLUMN = "each row of {} is constant", "each column of {} is constant"
POSITIVE, NEGATIVE = "{} is positive", "{} is negative"
LARGER, SMALLER = "{} is larger than 1 in size", "{} is smaller than 1 in size"


def _of_inputs(shape: tuple[int, ...], own: bool) -> Iterator[tuple[Any, ...]]:
    """Properties of an input, and ways to give it one; `own`: it is one whose gradient is wrong."""
    if shape and np.prod(shape) > 1:
        if len(shape) > 1:
            yield ROWS_TO_1, partial(_positive, axis=-1), partial(_signed, axis=-1)
            yield COLUMNS_TO_1, partial(_positive, axis=0), partial(_signed, axis=0)
            yield ROWS_OF_1, lambda x: x / np.sqrt((x * x).sum(axis=-1, keepdims=True))
            yield ROWS_TO_0, lambda x: x - x.mean(axis=-1, keepdims=True)
        yield TO_1, _positive, _signed
        yield OF_1, lambda x: x / np.sqrt((x * x).sum())
        yield TO_0, lambda x: x - x.mean()
        if _is_square(shape):
            yield SYMMETRIC, lambda x: (x + x.swapaxes(-1, -2)) / 2
            yield ORTHOGONAL, lambda x: np.linalg.qr(x)[0]
            yield IDENTITY, lambda x: np.broadcast_to(x.flat[0] * np.eye(shape[-1]), x.shape)
            yield DIAGONAL, lambda x: x * np.eye(shape[-1])
            yield LOWER, np.tril
            yield UPPER, np.triu
        yield EQUAL, lambda x: np.full_like(x, x.flat[0])
    yield ONE, np.ones_like
    if not own:
        yield ZERO, np.zeros_like
    yield POSITIVE, np.abs
    yield NEGATIVE, lambda x: -np.abs(x)
    yield LARGER, lambda x: x + np.where(x < 0, -1, 1)
    yield SMALLER, lambda x: x / (1 + np.abs(x))


def _several_of_inputs(shape: tuple[int, ...]) -> Iterator[Crowd]:
    """Ways to give an input several of these properties: where it is wrong then, none of them explains it."""
    square = _is_square(shape)
    if len(shape) > 1 and np.prod(shape) > 1:
        others = [SYMMETRIC] * square + [COLUMNS_TO_1] * (square and len(shape) == 2)
        yield lambda x: _stochastic(_centred(x)), (ROWS_TO_1, POSITIVE, SMALLER, *others)
        yield lambda x: _of_norm_1(_centred(x), axis=-1), (ROWS_OF_1, ROWS_TO_0, TO_0)
        yield lambda x: _of_norm_1(x - x.mean()) * np.sqrt(1 - 1 / x.size) + 1 / x.size, (TO_1, OF_1)
    if len(shape) == 1 and np.prod(shape) > 1:
        yield lambda x: _stochastic(x - x.mean()), (TO_1, POSITIVE, SMALLER)
        yield lambda x: _of_norm_1(x - x.mean()), (TO_0, OF_1)
    if square:
        several = (IDENTITY, DIAGONAL, LOWER, UPPER, ORTHOGONAL)
        yield lambda x: np.broadcast_to(np.eye(shape[-1]), x.shape), several
    yield np.ones_like, (EQUAL, ONE)
    yield lambda x: -1 - np.abs(x), (NEGATIVE, LARGER)


def _of_cotangents(shape: tuple[int, ...]) -> Iterator[tuple[Any, ...]]:
    yield TO_0, lambda u: u - u.mean()
    if len(shape) > 1:
        yield ROWS_TO_0, lambda u: u - u.mean(axis=-1, keepdims=True)
        yield COLUMNS_TO_0, lambda u: u - u.mean(axis=0, keepdims=True)
        yield EACH_ROW, lambda u: np.broadcast_to(u[..., :1], u.shape)
        yield EACH_COLUMN, lambda u: np.broadcast_to(u[:1], u.shape)
        if shape[-1] == shape[-2]:
            yield SYMMETRIC, lambda u: (u + u.swapaxes(-1, -2)) / 2
    yield EQUAL, lambda u: np.full_like(u, u.flat[0])


def _several_of_cotangents(shape: tuple[int, ...]) -> Iterator[Crowd]:
    """As for inputs."""
    if len(shape) > 1:
        yield _centred, (TO_0, ROWS_TO_0, COLUMNS_TO_0, *((SYMMETRIC,) if shape[-1] == shape[-2] else ()))
        yield lambda u: np.full_like(u, u.flat[0]), (EACH_ROW, EACH_COLUMN, EQUAL)


def _is_square(shape: tuple[int, ...]) -> bool:
    return len(shape) > 1 and shape[-1] == shape[-2] > 1


def _centred(x: np.ndarray) -> np.ndarray:
    """Of rows and columns that sum to 0, and symmetric if it is square."""
    square = x.shape[-1] == x.shape[-2]
    even = (x + x.swapaxes(-1, -2)) / 2 if square else x
    for axis in {-1, 0, *((-2,) if square else ())}:
        even = even - even.mean(axis=axis, keepdims=True)
    return np.asarray(even)


def _stochastic(centred: np.ndarray) -> np.ndarray:
    """Positive, of rows that sum to 1, from rows that sum to 0."""
    return np.asarray((1 + centred / (2 * np.abs(centred).max())) / centred.shape[-1])


def _of_norm_1(x: np.ndarray, axis: int | None = None) -> np.ndarray:
    return np.asarray(x / np.sqrt((x * x).sum(axis=axis, keepdims=True)))


def _positive(x: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Of a sum of 1 without signs."""
    return np.asarray(abs(x) / abs(x).sum(axis=axis, keepdims=True))


def _signed(x: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Of a sum of 1, as different as they were."""
    mean = x.mean(axis=axis, keepdims=True)
    return np.asarray(x - mean + mean.size / x.size)
