"""Judgement where balls cannot carry it: an oracle's estimate against the floats of backward.

The oracle's own bound comes with its ball; what rounding may do to the floats is `gradcheck.rounding`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from flint import arb

from gradcheck import probes, ulp, verdict
from gradcheck.finding import Evidence
from gradcheck.measure import Point, flat_balls, gradients
from gradcheck.oracles import finite_difference, symbolic
from gradcheck.oracles.arithmetic import exact, working
from gradcheck.oracles.differences import along
from gradcheck.oracles.ladder import LONG
from gradcheck.oracles.paths import Path
from gradcheck.rounding import allowances
from gradcheck.scene import Probe, Scene
from gradcheck.ulp import precision

BITS = 256  # of sums of products
MOST_KINKS = 8
EACH = 32  # up to so many elements finite differences look at each; above, at directions

_UNLIMITED = arb(2) ** 20_000


def judge(oracle: str, scene: Scene) -> list[Evidence]:
    """One row for each order that `oracle` ("symbolic" or "finite_difference") has an estimate of."""
    started = time.perf_counter()
    if oracle == "symbolic":
        rows = _by_symbols(scene) if scene.case.formula is not None else []
    else:
        rows = _by_differences(scene)
    seconds = (time.perf_counter() - started) / max(len(rows), 1)
    return [replace(row, seconds=seconds) for row in rows]


def judge_against_jets(scene: Scene, k: int) -> Evidence:
    """Certified truth, but a backward that balls cannot follow: its floats, contracted, decide."""
    assert scene.truth is not None
    truths = [balls[k - 1] for balls in scene.truth.columns]
    largest = _largest(truths) if scene.at.size <= EACH else arb(0)  # then each probe is an element
    rows = [
        _judge_column(scene, k, "jet", column, truth, largest)
        for column, truth in zip(scene.columns, truths, strict=True)
    ]
    worst = max(rows, key=_rank)
    if worst.verdict == "pass" and scene.kinks:
        reason = f"order {k}: f is not smooth at {scene.named(scene.kinks)}"
        return replace(worst, verdict="inconclusive", reason=reason)
    return worst


def _by_symbols(scene: Scene) -> list[Evidence]:
    case, at = scene.case, scene.at
    assert case.formula is not None
    estimates = symbolic.estimate(
        case.formula,
        at.inputs,
        at.active,
        at.cotangents[0],
        at.direction,
        at.order,
        params=dict(case.params),
    )
    return _judge_elements(scene, "symbolic", estimates)


def judge_where_jets_cannot(scene: Scene, positions: Sequence[int]) -> Evidence | None:
    """A row of order 1 if a gradient is wrong at an element where jets found no derivative.

    On a kink finite differences have no bound. Where they have one, jets met something like the 0/0 of
    sin(x)/x at 0 in a branch, and the function is smooth all the same.
    """
    positions = positions[:MOST_KINKS]
    op, gots = _Differenced(scene), scene.got(1)
    for p, truth in zip(positions, op.slopes(positions), strict=True):
        judged = verdict.judge_bound(exact(gots[p]), truth, arb(0), abs(truth), scene.at.dtype)
        if judged.verdict == "fail" and not _near(gots[p], truth, scene):
            return _row(scene, 1, "finite_difference", judged, exact(gots[p]), truth, p)
    return None


def _near(got: Any, truth: arb, scene: Scene) -> bool:
    """Whether half of the digits agree; rounding is not known here."""
    half = abs(truth.mid()) * arb(2) ** -(precision(scene.at.dtype) // 2)
    return bool(np.isfinite(got) and abs(exact(got) - truth.mid()) <= truth.rad() + half)


# Finite differences -----------------------------------------------------------------------------------


def _by_differences(scene: Scene) -> list[Evidence]:
    if not scene.fitting:
        return []
    if not all(np.isfinite(y).all() for y in scene.outputs if y.dtype.kind == "f"):
        reason = f"f is not finite here in {np.dtype(scene.at.dtype).name}"
        return [Evidence(1, "finite_difference", "inconclusive", reason)]
    op = _Differenced(scene)
    if scene.at.size <= EACH:
        scene.estimates = op.elements()
        return _judge_elements(scene, "finite_difference", scene.estimates, op.variation)
    return op.directions()


class _Differenced:
    """The subject as finite differences see it: in float64 where its own dtype is narrower."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.subject = scene.subject
        self.order = min(scene.at.order, scene.fitting)
        self.at = _widened(scene)
        self.shape = np.shape(_joined(self.at.cotangents, self.at.cotangents))

    def values(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """All outputs in one; NaN where f raises (outside of its domain, say)."""
        try:
            return _joined(self.subject.values(inputs), self.at.cotangents)
        except Exception:
            return np.full(self.shape, np.nan)

    def gradient(self, inputs: Sequence[np.ndarray], order: int) -> list[Any]:
        """The subject's own gradient, zeros where it gives none; NaN where it raises."""
        at = replace(self.at, inputs=list(inputs))
        try:
            found = gradients(self.subject, at, order)[order - 1]
        except Exception:
            return [np.full(x.shape, np.nan) for x in inputs]
        return [np.zeros(x.shape) if g is None else g for g, x in zip(found, inputs, strict=True)]

    def elements(self) -> list[Any]:
        """Each element of each order."""
        return finite_difference.estimate(
            self.values,
            self.at.inputs,
            self.at.active,
            _joined(self.at.cotangents, self.at.cotangents),
            self.at.direction,
            self.order,
            gradient=self.gradient,
            domains=self.scene.case.domains,
        )

    def slopes(self, positions: Sequence[int]) -> list[arb]:
        """Order 1 of some elements."""
        found = finite_difference.estimate(
            self.values,
            self.at.inputs,
            self.at.active,
            _joined(self.at.cotangents, self.at.cotangents),
            self.at.direction,
            1,
            domains=self.scene.case.domains,
            elements=[self.scene.location(p) for p in positions],
        )
        every = flat_balls(found[0], self.at)
        return [every[p] for p in positions]

    def variation(self, k: int, position: int) -> arb:
        """How much what order k differentiates varies over a good part of its scale, per unit.

        Beside it a derivative that is zero, or nearly so, has a size. It is without limit where nothing
        changes in the last digit: then there is nothing to be uncertain of.
        """
        at = self.at
        if k == 1:
            line = probes.unit(at.inputs, *self.scene.location(position))
        else:
            line = [np.asarray(d, dtype=float) for d in at.direction]
        path = Path(at.inputs, line, [(-np.inf, np.inf)] * len(at.inputs))
        if path.rests:
            return _UNLIMITED
        here = self._varying(k, path.at(LONG(0))[0], position)
        steps = [sign * scale / 8 for scale in path.range().scales for sign in (1, -1)]
        slopes = [
            float(np.abs(self._varying(k, path.at(LONG(t))[0], position) - here).sum() / abs(t))
            for t in steps
        ]
        known = [slope for slope in slopes if np.isfinite(slope)]
        if not known:
            return arb(0)
        return arb(max(known)) if max(known) > 0 else _UNLIMITED

    def _varying(self, k: int, inputs: list[np.ndarray], position: int) -> np.ndarray:
        """What order k differentiates: the weighed outputs, or the element of the gradient below."""
        if k == 1:
            weights = _joined(self.at.cotangents, self.at.cotangents)
            return np.asarray(weights * self.values(inputs), dtype=float)
        parts = zip(self.gradient(inputs, k - 1), self.at.active, strict=True)
        return np.concatenate([np.ravel(g) for g, on in parts if on])[position : position + 1]

    def directions(self) -> list[Evidence]:
        """Each order along a few directions that move elements by parts of themselves."""
        columns = self._columns()
        rows = []
        for k in range(1, self.order + 1):
            truths = self._first(columns) if k == 1 else self._next(columns, k)
            judged = [
                _judge_column(self.scene, k, "finite_difference", column, truth, arb(0))
                for column, truth in zip(columns, truths, strict=True)
            ]
            rows.append(max(judged, key=_rank))
        return rows

    def _columns(self) -> list[Probe]:
        rng = np.random.default_rng([2, self.scene.case.seed])
        at = self.at
        claims = self.scene.measured.got[: self.order]
        columns = probes.columns(rng, at.inputs, at.active, claims)
        return [probes.scaled_like(column, at.inputs) for column in columns]

    def _first(self, columns: list[Probe]) -> list[arb]:
        weights = _joined(self.at.cotangents, self.at.cotangents)
        return [
            along(lambda xs: [(weights, self.values(xs))], self.at.inputs, e, self._domains)[0]
            for e in columns
        ]

    def _next(self, columns: list[Probe], k: int) -> list[arb]:
        def paired(xs: list[np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
            gradient = np.concatenate([np.ravel(g) for g in self.gradient(xs, k - 1)])
            return [(np.concatenate([np.ravel(e) for e in c]), gradient) for c in columns]

        return along(paired, self.at.inputs, self.at.direction, self._domains)

    @property
    def _domains(self) -> Any:
        return self.scene.case.domains


def _joined(outputs: Sequence[np.ndarray], cotangents: Sequence[Any]) -> np.ndarray:
    """All outputs that have a cotangent, as one vector: finite differences take one array."""
    chosen = [y for y, u in zip(outputs, cotangents, strict=True) if u is not None]
    return chosen[0] if len(chosen) == 1 else np.concatenate([np.ravel(y) for y in chosen])


def _widened(scene: Scene) -> Point:
    """The point in float64, if its dtype is narrower and the subject follows."""
    at = scene.at
    if precision(at.dtype) >= precision(np.float64) or at.device != "cpu":
        return at
    wide = replace(
        at.with_cotangents(_as_float64),
        inputs=[_as_float64(x) if on else x for x, on in zip(at.inputs, at.active, strict=True)],
        direction=[_as_float64(d) for d in at.direction],
        dtype=np.dtype(np.float64),
    )
    try:
        outputs = scene.subject.values([x.copy() for x in wide.inputs])
    except Exception:  # an op may be written for its own dtype alone
        return at
    kept = [y for y, u in zip(outputs, at.cotangents, strict=True) if u is not None]
    return wide if all(np.asarray(y).dtype == np.float64 for y in kept) else at


def _as_float64(x: np.ndarray) -> np.ndarray:
    return x.astype(np.float64)


# Judging ----------------------------------------------------------------------------------------------


def _judge_column(scene: Scene, k: int, oracle: str, column: Probe, truth: arb, variation: arb) -> Evidence:
    """The contraction of backward's floats with a probe.

    Args:
        variation: a size that the derivative may be expected to have, beside its own.
    """
    gots, slack = scene.got(k), allowances(scene)[k - 1]
    weights = scene.weights(column)
    with working(BITS):
        terms = [exact(gots[p]) * weight for p, weight in weights]
        total = sum(terms, arb(0))
        allowance = arb(sum(abs(weight) * float(slack[p]) for p, weight in weights))
        scale = max(sum((abs(t) for t in terms), arb(0)), variation, *_finite([abs(truth)]), key=_size)
        judged = verdict.judge_bound(total, truth, allowance, scale, scene.at.dtype)
        place = weights[0][0] if len(weights) == 1 else None
        return _row(scene, k, oracle, judged, total, truth, place)


def _size(value: Any) -> float:
    return float(abs(value.mid()))


def _finite(values: Sequence[arb]) -> list[arb]:
    return [v for v in values if v.is_finite()]


def _largest(truths: Sequence[arb]) -> arb:
    return max((abs(t) for t in _finite(truths)), key=_size, default=arb(0))


Variation = Callable[[int, int], arb]  # (order, position): see _Differenced.variation


def _judge_elements(
    scene: Scene, oracle: str, estimates: list[Any], variation: Variation = lambda k, p: arb(0)
) -> list[Evidence]:
    rows = []
    for k, estimate in enumerate(estimates[: scene.fitting], 1):
        judged = list(_elements(scene, k, oracle, estimate, variation))
        if judged:
            rows.append(max(judged, key=_rank))
    return rows


def _elements(
    scene: Scene, k: int, oracle: str, estimate: list[Any], variation: Variation
) -> Iterator[Evidence]:
    truths, gots, slack = flat_balls(estimate, scene.at), scene.got(k), allowances(scene)[k - 1]
    dtype = scene.at.dtype
    scales = _scales(scene, truths)
    with working(BITS):
        for p, (truth, got) in enumerate(zip(truths, gots, strict=True)):
            if p in scene.kinks:
                continue
            value, allowance = exact(got), arb(float(slack[p]))
            judged = verdict.judge_bound(value, truth, allowance, scales[p], dtype)
            if judged.verdict == "inconclusive" and truth.is_finite():
                scale = variation(k, p)
                judged = verdict.judge_bound(value, truth, allowance, scale, dtype)
            yield _row(scene, k, oracle, judged, value, truth, p)


def _scales(scene: Scene, truths: Sequence[arb]) -> list[arb]:
    """For each element the largest true magnitude in its input."""
    scales: list[arb] = []
    for x, on in zip(scene.at.inputs, scene.at.active, strict=True):
        if on:
            start = len(scales)
            scales += [_largest(truths[start : start + x.size])] * x.size
    return scales


_SEVERITY = {"fail": 2, "inconclusive": 1, "pass": 0}


def _rank(row: Evidence) -> tuple[int, float]:
    """The row to show is the most serious, and among equals the one nearest to its limit."""
    used = (row.error_ulp or 0.0) / max((row.tolerance_ulp or 0.0) + (row.bound_ulp or 0.0), 1e-300)
    return _SEVERITY[row.verdict], used


def _row(
    scene: Scene,
    k: int,
    oracle: str,
    judged: verdict.Judgement,
    got: arb,
    truth: arb,
    place: int | None,
) -> Evidence:
    dtype = scene.at.dtype
    unit = ulp.ulp(truth, dtype)
    known = truth.is_finite()
    error = abs(got - truth.mid()) if known else arb("nan")
    return Evidence(
        order=k,
        oracle=oracle,
        verdict=judged.verdict,
        reason=f"order {k}: {judged.reason}",
        error_ulp=ulp.distance(got, truth, dtype) if known else None,
        error_abs=float(error.mid()) if error.is_finite() else None,
        error_rel=float((error / abs(truth.mid())).mid())
        if error.is_finite() and not truth.mid().is_zero()
        else None,
        bound_ulp=float((truth.rad() / unit).mid()) if known else None,
        tolerance_ulp=float((judged.tolerance / unit).mid()) if known else None,
        where="a random contraction of all elements" if place is None else scene.case.place(place),
        position=place,
        expected=truth.mid().str(17, radius=False) if known else "unknown",
        got=got.mid().str(17, radius=False) if got.is_finite() else str(float(got.mid())),
        input_value="" if place is None else str(scene.value(place)),
    )
