"""By how much a device's gradients differ from run to run of the same program.

Threads of a device add in no fixed order. What that makes of a gradient is measured, by the same call
several times, and told; it is no excuse: where it is more than the rounding of this backward, backward is
not deterministic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.judging.contract.repeatability import same, within
from gradcheck.judging.finding import Evidence
from gradcheck.judging.rounding import allowances
from gradcheck.judging.scene import Scene
from gradcheck.measuring.measure import gradients

RUNS = 4  # beside the first


def measured(scene: Scene) -> list[np.ndarray]:
    """For each order the smallest and the largest of each element over all runs, as two rows.

    Empty on the host, where a program repeats itself to the last bit, as the contract asks; and where
    backward raises in a further run, or gives another shape, which the contract tells.
    """
    if scene.at.device == "cpu" or not scene.fitting:
        return []
    orders = range(1, scene.fitting + 1)
    try:
        again = [gradients(scene.subject, scene.at, scene.fitting) for _ in range(RUNS)]
        others = [[scene.at.floats(run[k - 1]) for k in orders] for run in again]
        runs = np.array([[scene.got(k) for k in orders], *others])
    except Exception:  # a wrong backward may do anything
        return []
    return list(np.stack([runs.min(axis=0), runs.max(axis=0)], axis=1))


def ulps(extremes: np.ndarray, dtype: Any) -> float:
    """The largest difference between two runs, in ULPs of the element.

    >>> ulps(np.array([[1.0, 2.0], [1.0, 2.0 + 2**-51]]), np.float64)
    1.0
    """
    least, most = extremes
    with np.errstate(all="ignore"):
        unit = np.spacing(np.abs(least).astype(dtype)).astype(most.dtype)
        apart = np.where(least == most, 0.0, (most - least) / unit)
    return float(np.nan_to_num(apart, nan=0.0).max(initial=0.0))


def told(scene: Scene, rows: Sequence[Evidence]) -> list[Evidence]:
    """The rows with what was measured at their order."""
    known = {k: ulps(extremes, scene.at.dtype) for k, extremes in enumerate(scene.runs, 1)}
    return [_with(row, known[row.order]) if row.order in known else row for row in rows]


def _with(row: Evidence, differing: float) -> Evidence:
    note = f"order {row.order}: values differ by up to {differing:.2g} ULP from run to run"
    notes = (*row.notes, note) if differing else row.notes
    return replace(row, run_to_run_ulp=differing, notes=notes)


def beyond_rounding(scene: Scene) -> tuple[int, float] | None:
    """(order, ULPs) of the first at which runs differ by more than this backward rounds; None if none do."""
    for k, extremes in enumerate(scene.runs, 1):
        least, most = extremes
        if not same(least, most) and not within(least, most, allowances(scene)[k - 1]):
            return k, ulps(extremes, scene.at.dtype)
    return None
