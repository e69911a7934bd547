"""Mistakes that show in the whole Jacobian J: what backward applies to gy is not J.T but something near it.

Each row of a Jacobian is an element of the output, each column one of the input. Backward's own matrix C
has in its rows what it gives for each unit cotangent; it should be J.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps

import numpy as np

from gradcheck.judging.diagnosis.jacobian import Matrix, along, true_jacobian
from gradcheck.judging.diagnosis.rules import Rule, of_each_input
from gradcheck.judging.diagnosis.symptoms import FULL, SQUARE, Pair, Symptoms, ratio
from gradcheck.measuring import probes

MOST_NAMED = 6
GLANCES = 2  # elements by which a guess is tried in floats


def _of_each_jacobian(rule: Callable[[Symptoms, Pair, Matrix, Matrix], str | None]) -> Rule:
    """The rule that asks this of J, of several rows and columns, and of C, by each wrong input."""

    @of_each_input
    @wraps(rule)
    def asked(s: Symptoms, pair: Pair) -> str | None:
        found = s.jacobian(pair.input)
        return None if found is None or min(found.true.shape) < 2 else rule(s, pair, found.true, found.got)

    return asked


def _mixes(s: Symptoms, pair: Pair, true: Matrix) -> bool:
    """Whether J is square, and not diagonal."""
    return true.shape[0] == true.shape[1] and not s.elementwise(pair.input)


@of_each_input
def forward_again(s: Symptoms, pair: Pair) -> str | None:
    """J applied to gy where J.T belongs, of an f of any size: one evaluation along gy decides."""
    gy, at = s.gy, s.scene.at
    if s.order > 1 or gy is None or s.scene.truth is None:
        return None
    if at.inputs[pair.input].shape != gy.shape or gy.size <= SQUARE:
        return None
    direction = [gy if n == pair.input else np.zeros(x.shape) for n, x in enumerate(at.inputs)]
    if not s.changes.may_be(s.scene, direction, pair.got.ravel(), pair.places) or not s.close(
        pair.got.ravel(), along(s.scene, direction)[pair.places]
    ):
        return None
    return _wrong_adjoint(s, pair, "J @ gy")


def _wrong_adjoint(s: Symptoms, pair: Pair, what: str, kind: str = "wrong adjoint", hint: str = "") -> str:
    return (
        f"{kind}: with J the Jacobian of f by {s.name(pair.input)}, backward gives {what} where its "
        f"transpose J.T @ gy belongs{hint}"
    )


@_of_each_jacobian
def adjoint(s: Symptoms, pair: Pair, true: Matrix, got: Matrix) -> str | None:
    """J, its inverse or its inverse's transpose applied to gy, where J.T belongs."""
    if not _mixes(s, pair, true):
        return None
    for what, claim in [*_instead_of_transpose(true), *_along_one_axis(s, pair, true)]:
        factor = ratio(got, claim)
        if factor is not None and s.close(got, factor * claim) and not s.close(claim, true):
            times = "" if abs(factor - 1) < 1e-6 else f" ({factor:.6g} times that)"
            if np.isin(true, (0, 1)).all() and (np.count_nonzero(true, axis=0) == 1).all():
                hint = " (an order of elements for the inverse order)"
                return _wrong_adjoint(s, pair, what + times, "permuted: the wrong adjoint", hint)
            return _wrong_adjoint(s, pair, what + times)
    return None


def _instead_of_transpose(true: Matrix) -> Iterator[tuple[str, Matrix]]:
    """What is given to gy, in words, and the matrix C that shows it."""
    yield "J @ gy", true.T
    yield "(J + J.T) / 2 @ gy, its symmetric part,", (true + true.T) / 2
    if np.linalg.cond(true) < 1e7:
        yield "inv(J) @ gy, the inverse,", np.linalg.inv(true).T
        yield "inv(J).T @ gy, the inverse's transpose,", np.linalg.inv(true)


def _along_one_axis(s: Symptoms, pair: Pair, true: Matrix) -> Iterator[tuple[str, Matrix]]:
    """The transpose along one axis only, of an f from arrays of several axes to arrays of that shape."""
    shape = s.scene.at.inputs[pair.input].shape
    if len(shape) < 2 or s.gy is None or s.gy.shape != shape:
        return
    for axis in range(len(shape)):
        turned = true.reshape(*shape, *shape).swapaxes(axis, axis + len(shape))
        yield f"J @ gy along axis {axis} (and J.T @ gy along the others)", turned.reshape(true.shape)


@_of_each_jacobian
def part_only(s: Symptoms, pair: Pair, true: Matrix, got: Matrix) -> str | None:
    """Each element's effect on its own output, without that on other outputs; or one triangle of J."""
    if not _mixes(s, pair, true):
        return None
    if s.close(got, np.diag(np.diag(true))):
        return _no_cross_terms(s, pair)
    triangles = {
        "the lower triangle": np.tril(true),
        "the upper triangle": np.triu(true),
        "the strictly lower triangle": np.tril(true, -1),
        "the strictly upper triangle": np.triu(true, 1),
    }
    for what, part in triangles.items():
        if s.close(got, part):
            return (
                f"triangle: of the Jacobian by {s.name(pair.input)} backward uses {what} only "
                "(rows: outputs, columns: inputs)"
            )
    return None


@of_each_input
def own_effect_only(s: Symptoms, pair: Pair) -> str | None:
    """The first of these of larger arrays, of which backward's own matrix is not asked."""
    gy, i = s.gy, pair.input
    if s.order > 1 or gy is None or s.scene.truth is None or s.elementwise(i):
        return None
    if s.scene.at.inputs[i].shape != gy.shape or not SQUARE < gy.size <= FULL:
        return None
    weights, got = gy.ravel()[pair.places], pair.got.ravel()
    for n in np.argsort(np.abs(weights))[-GLANCES:]:
        unit, place = probes.unit(s.scene.at.inputs, i, int(pair.places[n])), pair.places[[n]]
        if not s.changes.may_be(s.scene, unit, got[[n]] / weights[[n]], place):
            return None
    own = np.diag(true_jacobian(s.scene, i))[pair.places]
    return _no_cross_terms(s, pair) if s.close(got, own * weights) else None


def _no_cross_terms(s: Symptoms, pair: Pair) -> str:
    return (
        f"cross terms missing: the gradient of {s.name(pair.input)} holds what each element does "
        "to its own output only, not to the others (a sum is missing)"
    )


@_of_each_jacobian
def reordered(s: Symptoms, pair: Pair, true: Matrix, got: Matrix) -> str | None:
    """The rows or columns of J in another order."""
    incoming = "the incoming gradients of all outputs, one after the other, are" if s.gy is None else "gy is"
    for what, a, b in (
        (f"the elements of the gradient of {s.name(pair.input)} come", true.T, got.T),
        (f"{incoming} taken", true, got),
    ):
        order = _order(s, a, b)
        if order is not None:
            return f"permuted: {what} in another order: {in_words(order)}"
    return None


def _order(s: Symptoms, true: Matrix, got: Matrix) -> list[int] | None:
    """For each row of `got` the row of `true` that it is, each once; None where that is not so."""
    scale = np.abs(true).max(initial=0.0)
    near = np.abs(got[:, None] - true[None]) <= s.rtol * np.abs(true)[None] + 1e-3 * s.rtol * scale
    same = near.all(axis=2)
    if not (same.sum(axis=1) >= 1).all():
        return None
    left, order = list(range(len(true))), []
    for n, row in enumerate(same):
        choice = [m for m in sorted(left, key=lambda m: m != n) if row[m]]  # what can keep its place keeps it
        if not choice:
            return None
        order.append(choice[0])
        left.remove(choice[0])
    return order if order != sorted(order) else None


def in_words(order: list[int]) -> str:
    """A permutation in words: element n holds what belongs to element order[n].

    >>> in_words([1, 2, 0]), in_words([2, 1, 0]), in_words([0, 2, 1, 3])
    ('moved by 1 place', 'reversed', 'elements 1 and 2 are exchanged')
    """
    count, moved = len(order), [n for n, m in enumerate(order) if n != m]
    shifts = {(m - n) % count for n, m in enumerate(order)}
    if order == list(range(count))[::-1]:
        return "reversed"
    if len(moved) == 2:
        return f"elements {moved[0]} and {moved[1]} are exchanged"
    if len(shifts) == 1:
        by = min(shifts.pop(), count - (order[0] % count), key=abs)
        return f"moved by {by} place{'s' if by > 1 else ''}"
    return f"{len(moved)} of {count} are elsewhere"


@_of_each_jacobian
def by_output(s: Symptoms, pair: Pair, true: Matrix, got: Matrix) -> str | None:
    """Rows of J that are wrong, or have factors of their own."""
    rows = np.flatnonzero(s.off(got, true).any(axis=1)).tolist()
    factors = [ratio(got[n], true[n]) for n in rows]
    scaled = all(
        f is not None and np.count_nonzero(true[n]) > 1 and s.close(got[n], f * true[n])
        for n, f in zip(rows, factors, strict=True)
    )
    if len(rows) == len(true) and (not scaled or len({f"{f:.6g}" for f in factors}) == 1):
        return None
    what = f"in the gradient of {s.name(pair.input)} what comes"
    if scaled:
        pairs = zip(rows, factors, strict=True)
        times = _few([f"through {_element(s, n)} {f:.6g} times" for n, f in pairs])
        return f"factors by output: {what} through some is a multiple of what it should be: {times}"
    if len(rows) <= len(true) // 2:
        which = _few([_element(s, n) for n in rows]).replace(", output element ", ", ")
        return f"some outputs only: {what} through {which} is wrong, through the others right"
    return None


def _element(s: Symptoms, row: int) -> str:
    """The element of the outputs that a row of the Jacobian stands for."""
    sizes = [0 if u is None else u.size for u in s.scene.at.cotangents]
    if len(sizes) == 1:
        return f"output element {row}"
    ends = np.cumsum(sizes)
    n = int(np.searchsorted(ends, row, side="right"))
    return f"element {row - int(ends[n] - sizes[n])} of output {n}"


def _few(words: list[str]) -> str:
    more = len(words) - MOST_NAMED
    return ", ".join(words[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


@_of_each_jacobian
def entries(s: Symptoms, pair: Pair, true: Matrix, got: Matrix) -> str | None:
    """The wrong entries of J are its diagonal, a triangle, its border, or a few."""
    off, relevant = s.off(got, true), (true != 0) | (got != 0)
    if s.elementwise(pair.input) or np.array_equal(off, relevant):
        return None
    places = _places(len(off)) if off.shape[0] == off.shape[1] else {}
    which = next((words for words, there in places.items() if np.array_equal(off, there & relevant)), None)
    if which is None and not got[off].any():
        which = f"{off.sum()} of its {relevant.sum()} entries are taken to be zero"
    if which is None and off.sum() <= max(1, relevant.sum() // 4):
        n, m = np.argwhere(off)[0]
        which = f"{off.sum()} of its entries, first {_element(s, int(n))} by input element {m}"
    if which is None:
        return None
    return f"part of the Jacobian by {s.name(pair.input)} is wrong: {which}, the rest is right"


def _places(size: int) -> dict[str, np.ndarray]:
    """Sets of entries of a square matrix, in words."""
    rows, columns = np.indices((size, size))
    diagonal = rows == columns
    return {
        "its diagonal": diagonal,
        "all beside its diagonal": ~diagonal,
        "its strictly upper triangle": columns > rows,
        "its strictly lower triangle": columns < rows,
        "its upper triangle": columns >= rows,
        "its lower triangle": columns <= rows,
        "its last diagonal entry": diagonal & (rows == size - 1),
        "the first and last diagonal entry, at the border": diagonal & np.isin(rows, (0, size - 1)),
        "next to its diagonal": abs(rows - columns) == 1,
    }
