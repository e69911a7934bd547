"""How many digits the value of a proven formula keeps, and whether rounding of the data explains the loss.

A value without a correct digit cannot be used, whatever its formula: that is no pass. Where half an ULP of
what backward is given moves the true gradient as much, no backward can do better, and there is no warning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from flint import arb

from gradcheck.judging import numerals, verdict
from gradcheck.judging.finding import Evidence
from gradcheck.judging.proof.sensitivity import changes_of, explained
from gradcheck.judging.scene import Scene
from gradcheck.oracles.numbers import ulp
from gradcheck.system import floats

MOST = 64  # elements with few digits that are looked at, the worst first


def judged(scene: Scene, row: Evidence, kept: np.ndarray, errors: Callable[[int], arb]) -> Evidence:
    """`row`, a pass of order k, with the digits that its values keep: inconclusive where one keeps none.

    Args:
        kept: the digits of each element.
        errors: how far an element is off.
    """
    row = replace(row, digits=float(kept.min()))
    few = np.flatnonzero(kept < floats.full_digits(scene.at.dtype) / 2).tolist()
    if not few:
        return row
    worst = sorted(few, key=lambda p: kept[p])[:MOST]
    excused = _excused(scene, row.order, worst, [errors(p) for p in worst])
    lost = [p for p in worst if p not in excused]
    if not lost:
        return replace(row, notes=(_excuse(scene, row.order, worst[0]),))
    position = lost[0]
    found = numerals.of_element(scene, row.order, position)
    where = f"{scene.case.place(position)}: {found}"
    row = replace(row, digits=float(kept[position]))
    if kept[position] < floats.NO_DIGIT:
        return _nothing_kept(scene, row, position, found, where)
    digits = floats.of_digits(float(kept[position]), scene.at.dtype)
    return replace(row, warnings=(f"order {row.order}: {digits} digits are kept at {where}",))


def _nothing_kept(
    scene: Scene, row: Evidence, position: int, found: numerals.Numerals, where: str
) -> Evidence:
    dtype = np.dtype(scene.at.dtype).name
    reason = f"order {row.order}: the formula is proven, its {dtype} value has no correct digit at {where}"
    return replace(
        row,
        verdict="inconclusive",
        reason=reason,
        expected=found.expected,
        got=found.got,
        contracted=found.contracted,
        **scene.element(position),
    )


def _excused(scene: Scene, k: int, positions: list[int], errors: list[arb]) -> set[int]:
    """Those of the positions whose error half an ULP of the data explains.

    Of all together; or of each alone, where it is no more than rounding of the largest element, or where
    the truth is 0, which has no digits to keep: there as many times as ULPs need no excuse elsewhere.
    """
    found = changes_of(scene, k)
    if found is None:
        return set()
    sizes = np.array([[float(c[p] / e) for p, e in zip(positions, errors, strict=True)] for c in found])
    together = explained(sizes, np.ones(len(positions)), verdict.SAFETY)
    alone = np.abs(np.where(np.isfinite(sizes), sizes, 0.0)).sum(axis=0)
    small = [_is_small(scene, k, p, e) for p, e in zip(positions, errors, strict=True)]
    zero = [_is_zero(scene, k, p) for p in positions]
    excused = together | (np.array(small) & (verdict.SAFETY * alone >= 1))
    excused |= np.array(zero) & (verdict.negligible(scene.at.dtype) * alone >= 1)
    return {p for p, good in zip(positions, excused.tolist(), strict=True) if good}


def _is_zero(scene: Scene, k: int, position: int) -> bool:
    return scene.high(k)[position].contains(0)


def _is_small(scene: Scene, k: int, position: int, error: arb) -> bool:
    """Whether an error is a few ULPs of the largest element of the gradient by the same input."""
    assert scene.measured.high is not None
    values = scene.measured.high[k - 1][scene.at.location(position)[0]]
    largest = max((abs(v.mid()) for v in values.flat if v.is_finite()), key=float, default=arb(0))
    return bool(abs(error) <= verdict.SAFETY * ulp.ulp(largest, scene.at.dtype))


def _excuse(scene: Scene, k: int, position: int) -> str:
    return (
        f"order {k}: few digits are kept at {scene.case.place(position)}, where half an ULP of the data "
        "moves the true gradient as much"
    )
