"""A failure as small matrices of derivatives, the true one and backward's side by side."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np

from gradcheck.judging.diagnosis.jacobian import Jacobians, Matrices, Matrix, hessian, scalars
from gradcheck.judging.diagnosis.symptoms import Symptoms
from gradcheck.judging.side_by_side import LARGEST_FIGURES, SideBySide

LARGEST_MAP = 20  # rows and columns of a Jacobian of which a heat map is shown
MOST_BLOCKS = 4
FEWEST_DIGITS, MOST_DIGITS = 5, 17


def shown_matrices(s: Symptoms) -> list[SideBySide]:
    """One for each input by which the derivative of order 1 or 2 is wrong, if it is small."""
    if s.order > min(2, s.scene.fitting) or "not deterministic" in s.violations:
        return []
    found: list[SideBySide] = []
    with suppress(Exception):  # a wrong backward may raise anything for another cotangent
        blocks = _jacobians(s) if s.order == 1 else _hessians(s)
        for _, (title, pair) in zip(range(MOST_BLOCKS), blocks, strict=False):
            found.append(_beside(s, title + (" (beside the point)" if s.scene.nearby else ""), pair))
    return found


def _jacobians(s: Symptoms) -> Iterator[tuple[str, Matrices]]:
    jacobians = Jacobians(s.scene)
    if jacobians.rows > LARGEST_MAP:
        return
    for i in _small_inputs(s, LARGEST_MAP):
        pair = jacobians.by(i)
        if _is_wrong(s, pair):
            yield f"Jacobian by {s.name(i)}; rows: outputs, columns: its elements", pair


def _hessians(s: Symptoms) -> Iterator[tuple[str, Matrices]]:
    for what, cotangents in scalars(s.scene.at.cotangents):
        found = 0
        small = _small_inputs(s, LARGEST_FIGURES)
        for i in small:
            for j in small:
                pair = hessian(s.scene, cotangents, i, j)
                if _is_wrong(s, pair):
                    found += 1
                    by = s.name(i) if i == j else f"{s.name(i)} (rows) and {s.name(j)} (columns)"
                    yield f"Hessian of {what} by {by}", pair
        if found:
            return


def _small_inputs(s: Symptoms, largest: int) -> list[int]:
    return [i for i, x in s.scene.at.differentiated() if 0 < x.size <= largest]


def _is_wrong(s: Symptoms, pair: Matrices) -> bool:
    """Whether the truth is known throughout, and the claim another."""
    return bool(np.isfinite(pair.true).all() and s.off(pair.got, pair.true).any())


def _beside(s: Symptoms, title: str, pair: Matrices) -> SideBySide:
    off = s.off(pair.got, pair.true)
    digits = _digits(pair, off)
    if s.scene.truth is not None:
        off = _texts(pair.true, digits) != _texts(pair.got, digits)
    return SideBySide(title, _rows(pair.true), _rows(pair.got), _rows(off), digits)


def _rows(matrix: Matrix) -> tuple[tuple[Any, ...], ...]:
    return tuple(map(tuple, matrix.tolist()))


def _digits(pair: Matrices, off: np.ndarray) -> int:
    """As few as show each difference."""
    wrong = list(zip(pair.true[off].tolist(), pair.got[off].tolist(), strict=True))
    enough = (
        d for d in range(FEWEST_DIGITS, MOST_DIGITS) if all(f"{a:.{d}g}" != f"{b:.{d}g}" for a, b in wrong)
    )
    return next(enough, MOST_DIGITS)


def _texts(matrix: Matrix, digits: int) -> np.ndarray:
    return np.array([[f"{v + 0.0:.{digits}g}" for v in row] for row in matrix.tolist()])
