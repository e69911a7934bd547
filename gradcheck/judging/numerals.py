"""Numbers to read: for a cotangent of 1, or with the one that they are contracted with.

A number that differs has as many digits as show it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from flint import arb

from gradcheck.judging.finding import OF_ONES, Evidence
from gradcheck.judging.scene import Scene
from gradcheck.measuring.measure import gradients
from gradcheck.measuring.point import Point
from gradcheck.oracles.numbers import ulp
from gradcheck.oracles.numbers.conversion import exact

MOST_SAID = 6  # numbers of gy and d, as text
ALIKE = 1.5  # digits: figures that differ by no more show the same error


@dataclass(frozen=True)
class Numerals:
    """An element of the gradient, expected and got, as text; `of` says of which cotangent, if not of 1.

    `contracted` has the cotangent and the direction themselves (`contracted_with`).
    """

    expected: str
    got: str
    of: str = ""
    contracted: str = ""

    def __str__(self) -> str:
        return f"expected {self.expected}, got {self.got}{self.of}"


def of_element(scene: Scene, k: int, position: int) -> Numerals:
    """Element `position` of the gradient of order k by jets, which must apply, and by backward.

    Of cotangents and directions of 1; where these hide the error, of those of the case.
    """
    known = scene.answers.elements.get((k, position))
    drawn = (
        (known, exact(scene.got(k)[position])) if known is not None else _pair(scene, scene.at, k, position)
    )
    of_ones = _pair(scene, with_ones(scene.at), k, position)
    if abs(_correct_digits(of_ones, scene) - _correct_digits(drawn, scene)) <= ALIKE:
        return Numerals(*texts(*of_ones), contracted=with_one(k))
    contracted = contracted_with(scene, k, position)
    return Numerals(*texts(*drawn), _of(scene, contracted), contracted)


def _of(scene: Scene, contracted: str) -> str:
    """Of which cotangent figures are, in brackets."""
    return f" (for {contracted or f'the cotangent of seed {scene.case.seed}'})"


def with_element(scene: Scene, row: Evidence) -> Evidence:
    """A row that fails at an element, with the figures in its reason.

    Where jets do not apply, they are those that were compared: of the cotangent of the case, divided out
    where f is one number.
    """
    if row.verdict != "fail" or row.position is None or row.error_ulp is None:
        return row  # without an error there are not two numbers to show
    found = of_element(scene, row.order, row.position) if scene.truth is not None else _compared(scene, row)
    row = replace(row, reason=f"{row.reason} at {row.where}: {found}")
    return put_into(row, found)


def put_into(row: Evidence, found: Numerals) -> Evidence:
    """The row with these figures, and a note of what cotangent they are, if not of 1."""
    note = f"order {row.order}: expected and got are {found.of.strip()[1:-1]}"
    notes = (*row.notes, note) if found.of else row.notes
    return replace(row, expected=found.expected, got=found.got, contracted=found.contracted, notes=notes)


def with_one(k: int) -> str:
    """What `contracted_with` says where all of it is 1."""
    return OF_ONES[k > 1]


def contracted_with(scene: Scene, k: int, position: int) -> str:
    """The cotangent and, from order 2 on, the direction that an element of G_k is contracted with, as text.

    Where f is elementwise they are what belongs to this element; else all of them, or nothing where these
    are too many to say.
    """
    gy = [u for u in scene.at.cotangents if u is not None]
    along = [scene.at.direction[i] for i, _ in scene.at.differentiated()] if k > 1 else []
    if scene.case.elementwise and len({np.shape(each) for each in (*gy, *scene.at.inputs)}) == 1:
        _, j = scene.at.location(position)
        gy, along = ([np.asarray(each).reshape(-1)[j] for each in arrays] for arrays in (gy, along))
    if sum(np.size(each) for each in (*gy, *along)) > MOST_SAID:
        return ""
    said = [f"{name} = {_listed(arrays)}" for name, arrays in (("gy", gy), ("d", along)) if arrays]
    return ", ".join(said)


def _listed(arrays: Sequence[np.ndarray]) -> str:
    """
    >>> _listed([np.array([0.5, 2.0])]), _listed([np.float16(0.5), np.float16(-1.25)])
    ('[0.5, 2]', '(0.5, -1.25)')
    """
    texts = [np.array2string(np.asarray(each), separator=", ", formatter=_FORMATTER) for each in arrays]
    shown = [" ".join(text.split()) for text in texts]
    return shown[0] if len(shown) == 1 else f"({', '.join(shown)})"


_FORMATTER: Any = {"float_kind": lambda number: f"{number:.12g}"}


def _compared(scene: Scene, row: Evidence) -> Numerals:
    drawn = [u for u in scene.at.cotangents if u is not None]
    alone = row.order == 1 and sum(u.size for u in drawn) == 1
    factor = float(drawn[0].reshape(-1)[0]) if alone else 1.0
    shown = texts(arb(row.expected) / factor, arb(row.got) / factor)
    if alone:
        return Numerals(*shown, contracted=with_one(1))
    return Numerals(*shown, _of(scene, row.contracted), row.contracted)


def with_ones(at: Point) -> Point:
    """The point with cotangents and directions of 1."""
    ones = at.with_cotangents(np.ones_like)
    return ones.with_direction(lambda d: np.where(d == 0, d, 1).astype(d.dtype))


def _pair(scene: Scene, at: Point, k: int, position: int) -> tuple[arb, arb]:
    """Expected and got; what may be zero, next to what was got, is zero."""
    got = exact(at.floats(gradients(scene.subject, at, k)[k - 1])[position])
    sizes = [[abs(got) if got.is_finite() else arb(0)] * k]
    truth = at.truth(scene.subject.values, [at.unit(position)], k, claims=sizes).columns[0][k - 1]
    return arb(0) if truth.contains(0) else truth, got


def _correct_digits(pair: tuple[arb, arb], scene: Scene) -> float:
    expected, got = pair
    return ulp.digits(got, expected, scene.at.dtype)


def texts(expected: arb, got: arb) -> tuple[str, str]:
    """Both with six digits, or as many as make them differ.

    >>> texts(arb(0.5), arb(1)), texts(arb(1), arb(1 + 1e-9))
    (('0.5', '1'), ('1', '1.000000001'))
    """
    numbers = float(expected.mid()) + 0.0, (float(got.mid()) if got.is_finite() else float(got)) + 0.0
    for digits in range(6, 18):
        first, second = (f"{number:.{digits}g}" for number in numbers)
        if first != second:
            break
    return first, second
