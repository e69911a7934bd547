"""A failure as small matrices of derivatives, the true one and backward's side by side, as text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import numpy as np

from gradcheck.judging.diagnosis.jacobian import Jacobians, Matrices, Matrix, hessian, scalars
from gradcheck.judging.diagnosis.symptoms import Symptoms
from gradcheck.system import tables

LARGEST = 6  # rows and columns of a matrix that is shown
MOST_BLOCKS = 4
FEWEST_DIGITS, MOST_DIGITS = 5, 17


def matrix_lines(s: Symptoms) -> list[str]:
    """A block of lines for each input by which the derivative of order 1 or 2 is wrong, if it is small."""
    if s.order > min(2, s.scene.fitting) or "not deterministic" in s.violations:
        return []
    lines: list[str] = []
    with suppress(Exception):  # a wrong backward may raise anything for another cotangent
        blocks = _jacobians(s) if s.order == 1 else _hessians(s)
        for _, (title, pair) in zip(range(MOST_BLOCKS), blocks, strict=False):
            lines += [title + (" (beside the point)" if s.scene.nearby else ""), *side_by_side(s, pair)]
    return lines


def _jacobians(s: Symptoms) -> Iterator[tuple[str, Matrices]]:
    jacobians = Jacobians(s.scene)
    if jacobians.rows > LARGEST:
        return
    for i in _small_inputs(s):
        pair = jacobians.by(i)
        if _is_wrong(s, pair):
            yield f"Jacobian by {s.name(i)}; rows: outputs, columns: its elements", pair


def _hessians(s: Symptoms) -> Iterator[tuple[str, Matrices]]:
    for what, cotangents in scalars(s.scene.at.cotangents):
        found = 0
        for i in _small_inputs(s):
            for j in _small_inputs(s):
                pair = hessian(s.scene, cotangents, i, j)
                if _is_wrong(s, pair):
                    found += 1
                    by = s.name(i) if i == j else f"{s.name(i)} (rows) and {s.name(j)} (columns)"
                    yield f"Hessian of {what} by {by}", pair
        if found:
            return


def _small_inputs(s: Symptoms) -> list[int]:
    return [i for i, x in s.scene.at.differentiated() if 0 < x.size <= LARGEST]


def _is_wrong(s: Symptoms, pair: Matrices) -> bool:
    """Whether the truth is known throughout, and the claim another."""
    return bool(np.isfinite(pair.true).all() and s.off(pair.got, pair.true).any())


def side_by_side(s: Symptoms, pair: Matrices) -> list[str]:
    """Two matrices with headings; what is wrong in the second is marked."""
    off = s.off(pair.got, pair.true)
    digits = _digits(pair, off)
    if s.scene.truth is not None:
        off = _texts(pair.true, digits) != _texts(pair.got, digits)
    true = _columns(pair.true, digits, np.zeros(off.shape, dtype=bool))
    got = _columns(pair.got, digits, off)
    width = max(len(true[0]), len("expected"))
    rows = [("expected", "got (* wrong)"), *zip(true, got, strict=True)]
    return [f"  {left.ljust(width)}    {right}".rstrip() for left, right in rows]


def _digits(pair: Matrices, off: np.ndarray) -> int:
    """As few as show each difference."""
    wrong = list(zip(pair.true[off].tolist(), pair.got[off].tolist(), strict=True))
    enough = (
        d for d in range(FEWEST_DIGITS, MOST_DIGITS) if all(f"{a:.{d}g}" != f"{b:.{d}g}" for a, b in wrong)
    )
    return next(enough, MOST_DIGITS)


def _texts(matrix: Matrix, digits: int) -> np.ndarray:
    return np.array([[f"{v + 0.0:.{digits}g}" for v in row] for row in matrix.tolist()])


def _columns(matrix: Matrix, digits: int, marked: np.ndarray) -> list[str]:
    """The rows as text, in columns."""
    space = " " if marked.any() else ""
    texts = zip(_texts(matrix, digits).tolist(), marked.tolist(), strict=True)
    cells = [[v + ("*" if m else space) for v, m in zip(row, marks, strict=True)] for row, marks in texts]
    return tables.lines(cells, right=range(len(cells[0])))
