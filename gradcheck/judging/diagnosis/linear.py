"""Mistakes that show in the whole Jacobian J: what backward applies to gy is not J.T but something near it.

Each row of a Jacobian is an element of the output, each column one of the input. Backward's own matrix C
has in its rows what it gives for each unit cotangent; it should be J.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from gradcheck.judging.diagnosis.jacobian import Pair as Matrices
from gradcheck.judging.diagnosis.jacobian import along
from gradcheck.judging.diagnosis.symptoms import SQUARE, Pair, Symptoms, ratio

Matrix = np.ndarray
MOST_NAMED = 6


def _matrices(s: Symptoms) -> Iterator[tuple[Pair, Matrices]]:
    """The Jacobians by the inputs that are wrong, of several rows and columns."""
    for pair in s.wrong:
        found = s.jacobian(pair.input)
        if found is not None and min(found.true.shape) > 1:
            yield pair, found


def forward_again(s: Symptoms) -> str | None:
    """J applied to gy where J.T belongs, of an f of any size: one evaluation along gy tells."""
    gy = s.gy
    if s.order > 1 or gy is None or s.scene.truth is None:
        return None
    for pair in s.wrong:
        at = s.scene.at
        if at.inputs[pair.input].shape != gy.shape or gy.size <= SQUARE:
            continue
        direction = [gy if n == pair.input else np.zeros(x.shape) for n, x in enumerate(at.inputs)]
        if s.close(pair.got.ravel(), along(s.scene, direction)[pair.places]):
            return _wrong_adjoint(s, pair, "J @ gy")
    return None


def _wrong_adjoint(s: Symptoms, pair: Pair, what: str, kind: str = "wrong adjoint", hint: str = "") -> str:
    return (
        f"{kind}: with J the Jacobian of f by {s.name(pair.input)}, backward gives {what} where its "
        f"transpose J.T @ gy belongs{hint}"
    )


def adjoint(s: Symptoms) -> str | None:
    """J, its inverse or its inverse's transpose applied to gy, where J.T belongs."""
    for pair, (true, got) in _matrices(s):
        if true.shape[0] != true.shape[1] or s.elementwise(pair.input):
            continue
        for what, claim in [*_instead_of_transpose(true), *_along_one_axis(s, pair, true)]:
            factor = ratio(got, claim)
            if factor is not None and s.close(got, factor * claim) and not s.close(claim, true):
                times = "" if abs(factor - 1) < 1e-6 else f" ({factor:.6g} times that)"
                if _permutes(true):
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


def _permutes(true: Matrix) -> bool:
    """Whether J puts elements in another order."""
    ones = np.count_nonzero(true, axis=0)
    return bool(np.isin(true, (0, 1)).all() and (ones == 1).all())


def own_terms(s: Symptoms) -> str | None:
    """Each element's effect on its own output, without that on the others."""
    for pair, (true, got) in _matrices(s):
        if s.elementwise(pair.input) or true.shape[0] != true.shape[1]:
            continue
        if s.close(got, np.diag(np.diag(true))):
            return (
                f"cross terms missing: the gradient of {s.name(pair.input)} holds what each element does "
                "to its own output only, not to the others (a sum is missing)"
            )
    return None


def triangle(s: Symptoms) -> str | None:
    """One triangle of J only."""
    parts: dict[str, Callable[[Matrix], Matrix]] = {
        "the lower triangle": np.tril,
        "the upper triangle": np.triu,
        "the strictly lower triangle": lambda m: np.tril(m, -1),
        "the strictly upper triangle": lambda m: np.triu(m, 1),
    }
    for pair, (true, got) in _matrices(s):
        if true.shape[0] != true.shape[1] or s.elementwise(pair.input):
            continue
        for what, part in parts.items():
            if s.close(got, part(true)):
                return (
                    f"triangle: of the Jacobian by {s.name(pair.input)} backward uses {what} only "
                    "(rows: outputs, columns: inputs)"
                )
    return None


def reordered(s: Symptoms) -> str | None:
    """The rows or columns of J in another order."""
    for pair, (true, got) in _matrices(s):
        for what, a, b in (
            (f"the elements of the gradient of {s.name(pair.input)} come", true.T, got.T),
            (f"{_incoming(s)} taken", true, got),
        ):
            order = _order(s, a, b)
            if order is not None:
                return f"permuted: {what} in another order: {in_words(order)}"
    return None


def _incoming(s: Symptoms) -> str:
    return "gy is" if s.gy is not None else "the incoming gradients of all outputs, one after the other, are"


def _order(s: Symptoms, true: Matrix, got: Matrix) -> list[int] | None:
    """For each row of `got` the row of `true` that it is, each once; None where that is not so."""
    scale = np.abs(true).max(initial=0.0)
    near = np.abs(got[:, None] - true[None]) <= s.rtol * np.abs(true)[None] + 1e-3 * s.rtol * scale
    same = near.all(axis=2)
    if not (same.sum(axis=1) >= 1).all():
        return None
    left, order = list(range(len(true))), []
    for n, row in enumerate(same):
        choice = [m for m in sorted(left, key=lambda m: m != n) if row[m]]  # what may stay, stays
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


def by_output(s: Symptoms) -> str | None:
    """Rows of J that are wrong, or have factors of their own."""
    for pair, (true, got) in _matrices(s):
        rows = np.flatnonzero(s.off(got, true).any(axis=1))
        factors = [ratio(got[n], true[n]) for n in rows]
        scaled = all(
            f is not None and np.count_nonzero(true[n]) > 1 and s.close(got[n], f * true[n])
            for n, f in zip(rows, factors, strict=True)
        )
        if len(rows) == len(true) and (not scaled or len({f"{f:.6g}" for f in factors}) == 1):
            continue
        what = f"in the gradient of {s.name(pair.input)} what comes"
        if scaled:
            pairs = zip(rows.tolist(), factors, strict=True)
            times = _few([f"through {_element(s, n)} {f:.6g} times" for n, f in pairs])
            return f"factors by output: {what} through some is a multiple of what it should be: {times}"
        if len(rows) <= len(true) // 2:
            which = _few([_element(s, n) for n in rows.tolist()]).replace(", output element ", ", ")
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


def entries(s: Symptoms) -> str | None:
    """The wrong entries of J are its diagonal, a triangle, its border, or a few."""
    for pair, (true, got) in _matrices(s):
        if s.elementwise(pair.input):
            continue
        off = s.off(got, true)
        rows, columns = np.indices(off.shape)
        places = {
            "its diagonal": rows == columns,
            "all beside its diagonal": rows != columns,
            "its strictly upper triangle": columns > rows,
            "its strictly lower triangle": columns < rows,
            "its upper triangle": columns >= rows,
            "its lower triangle": columns <= rows,
            "its last diagonal entry": (rows == columns) & (rows == len(off) - 1),
            "the first and last diagonal entry, at the border": (rows == columns)
            & np.isin(rows, (0, len(off) - 1)),
            "next to its diagonal": abs(rows - columns) == 1,
        }
        if off.shape[0] != off.shape[1]:
            places = {}
        relevant = (true != 0) | (got != 0)
        if np.array_equal(off, relevant):
            continue
        which = next((w for w, p in places.items() if np.array_equal(off, p & relevant)), None)
        if which is None and not got[off].any():
            which = f"{off.sum()} of its {relevant.sum()} entries are taken to be zero"
        if which is None and off.sum() <= max(1, relevant.sum() // 4):
            n, m = np.argwhere(off)[0]
            which = f"{off.sum()} of its entries, first {_element(s, int(n))} by input element {m}"
        if which is not None:
            return f"part of the Jacobian by {s.name(pair.input)} is wrong: {which}, the rest is right"
    return None
