"""Judgement where there are too many elements for a proof: by differences along lines through all of them.

Order 1: the claimed gradient and the differences of forward are contracted with random signed directions,
one for each band of magnitudes of what backward claims, so that together they move every element; then with
the same directions at a few chosen elements alone. A wrong element shows in its line if its share exceeds
what rounding may do to the whole; how many elements have so small a share is counted, and said.

Order k: the gradient below is differenced along d, which gives all elements: compared are sums of some
neighbours, weighed at random. What fails is asked again with more steps, and then the element is looked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from flint import arb

from gradcheck.judging import comparison, verdict
from gradcheck.judging.differenced import BAND, Differenced
from gradcheck.judging.estimate import chosen
from gradcheck.judging.finding import Evidence
from gradcheck.judging.rounding import allowances
from gradcheck.judging.scene import Probe, Scene
from gradcheck.measuring import probes
from gradcheck.oracles.differences.directional import Slopes, sums
from gradcheck.system import floats, progress

ORACLE = "finite_difference"
LINES = 4  # bands of magnitudes at most, of what is not claimed to be zero
LEFT_OUT = 0.01  # of the sums, which may have no smooth slope before more steps are asked
LONG = np.longdouble
EXACT = 2.0**-50  # of its terms' magnitudes, what adding them up in longdouble may round at most


def judge(scene: Scene) -> list[Evidence]:
    """One row for each order whose gradients fit their inputs, up to the first that fails."""
    op = Differenced(scene)
    large = _Large(_in_dtype_of(scene, op), op)
    rows = [large.first()]
    for k in range(2, op.order + 1):
        if rows[-1].verdict == "fail":
            break
        rows.append(large.order(k))
    scene.answers.estimates.update(large.scene.answers.estimates)
    rows = [_kept(scene, large.scene, row) if row.verdict == "pass" else row for row in rows]
    return [replace(rows[0], notes=(large.note(), *rows[0].notes)), *rows[1:]]


def _in_dtype_of(scene: Scene, op: Differenced) -> Scene:
    """The scene of the differences: in float64, where the subject's dtype is narrower and it follows."""
    if op.at is scene.at:
        return scene
    return replace(scene, at=op.at, measured=scene.measured_at(op.at))


@dataclass(frozen=True)
class _Line:
    """A direction, what forward does along it, and what backward claims of it.

    Attributes:
        claims: each element's share of what backward claims.
        slack: what the last eighth of the digits of each claim adds up to.
        alone: only outputs that move are weighed.
    """

    column: Probe
    moving: np.ndarray
    claims: np.ndarray
    truth: arb
    slack: float
    alone: bool = False

    @property
    def claimed(self) -> arb:
        return _total(self.claims)

    @property
    def size(self) -> float:
        return float(np.abs(self.claims).sum())

    @property
    def resolution(self) -> float:
        """The smallest share that shows."""
        return float(self.truth.rad()) + self.slack


class _Large:
    """Order by order, with what was compared on the way."""

    def __init__(self, scene: Scene, op: Differenced) -> None:
        self.scene = scene
        self.op = op
        self._largest = 0.0  # of a derivative along a line, so far
        self._directions = 0
        self._chosen = 0
        self._sums = 0
        self._hidden = 0
        self._skipped = 0

    def note(self) -> str:
        """What was compared, and what was not, in one line."""
        parts = [f"{self._chosen} chosen elements"]
        if self._directions:
            parts.insert(0, f"{self._directions} random directions through all of them and")
        if self._sums:
            parts.append(f"and {self._sums:,} sums of neighbours at higher orders")
        found = f"{self.scene.at.size:,} elements are too many for a proof: compared were {' '.join(parts)}"
        if self._hidden:
            found += f"; {self._hidden:,} have so small a share that an error there may not show"
        if self._skipped:
            found += f"; {self._skipped:,} sums without a smooth slope were left out"
        return found

    # Order 1 ------------------------------------------------------------------------------------------

    def first(self) -> Evidence:
        at = self.scene.at
        gots = self.scene.got(1)
        if not np.isfinite(gots).all():
            return self._not_finite(1, gots)
        rng = np.random.default_rng([2, self.scene.case.seed])
        columns = list(probes.banded(rng, at.inputs, at.active, self.scene.measured.got[0], BAND, LINES))
        picked = chosen.positions(self.scene)
        mask = at.shaped(np.isin(np.arange(at.size), picked).astype(float))
        sample = [sum(parts) * m for *parts, m in zip(*columns, mask, strict=True)]
        self._chosen = len(picked)
        rows: list[Evidence] = []
        for column in (sample, *columns):
            way = "of chosen elements" if column is sample else f"along direction {self._directions + 1}"
            progress.tell(f"order 1: differences {way}")
            lines = self._lines(column)
            for line in lines:
                row = self._row(line)
                if row.verdict == "fail":
                    return row
                rows.append(row)
            if column is not sample:
                self._directions += 1
                self._hidden += _hidden(lines)
        return max(rows, key=comparison.rank)

    def _row(self, line: _Line) -> Evidence:
        """That of a wrong element, where one shows; what is not clear else is asked again."""
        row = self._judged(line)
        found = self._wrong_element(line) if row.verdict == "fail" else None
        if found is not None:
            return found
        return row if row.verdict == "pass" else self._judged_again(line)

    def _lines(self, column: Probe, *, thorough: bool = False) -> list[_Line]:
        """Of all outputs; and of those that move alone, among which the rounding of others hides nothing.

        Outputs without a smooth slope are left out, on both sides.
        """
        slopes = self.op.along(column, thorough=thorough)
        known = np.isfinite(slopes.bound)
        self._skipped += int(np.count_nonzero(~known)) if known.any() else 0
        lines = [self._line(column, slopes, known if known.any() else ~known)]
        moved = known & slopes.moved
        if moved.any() and moved.sum() < known.sum():
            lines.append(replace(self._line(column, slopes, moved), alone=True))
        return lines

    def _line(self, column: Probe, slopes: Slopes, kept: np.ndarray) -> _Line:
        at = self.scene.at
        gots = self.scene.got(1) if kept.all() else self.op.weighed_gradient(kept[slopes.pieces])
        weights = at.floats(column)
        claims = gots * weights
        digits = verdict.negligible(at.dtype) * 2.0 ** -floats.precision(at.dtype)
        slack = digits * float(np.abs(claims).sum())
        return _Line(column, weights != 0, claims, slopes.total(kept), slack)

    def _judged(self, line: _Line, varied: float = 0.0) -> Evidence:
        """A small derivative is measured by the largest of all lines, or by how much f varies, if known."""
        true = comparison.magnitude(line.truth) if line.truth.is_finite() else 0.0
        self._largest = max(self._largest, line.size, true)
        given = line.claimed, line.truth, arb(line.slack), arb(max(self._largest, varied))
        found = verdict.judge_bound(*given, self.scene.at.dtype)
        return comparison.row(self.scene, 1, ORACLE, found, line.claimed, line.truth, None)

    def _judged_again(self, line: _Line) -> Evidence:
        """With more steps, and all that rounding may do."""
        fresh = self._lines(line.column, thorough=True)
        again = fresh[-1] if line.alone else fresh[0]
        weights = np.abs(self.scene.at.floats(line.column))
        slack = float((np.where(weights > 0, allowances(self.scene)[0], 0.0) * weights).sum())
        again = replace(again, slack=max(slack, again.slack))
        row = self._judged(again)
        if row.verdict != "inconclusive" or not again.truth.is_finite():
            return row
        varied = self.op.variation(line.column)
        known = varied.is_finite() or not line.size  # of a claim below the last digit of f nothing is known
        return self._judged(again, comparison.magnitude(varied)) if known else row

    def _wrong_element(self, line: _Line) -> Evidence | None:
        """The row of a wrong element of a line that fails; None where none shows by itself."""
        progress.tell("order 1: looking for a wrong element")
        position = chosen.most_wrong(self.op, line.column, line.claims)
        rng = np.random.default_rng([7, self.scene.case.seed])
        others = rng.choice(np.flatnonzero(line.moving), chosen.COMPANY).tolist()
        looked = list(dict.fromkeys([position, *chosen.around(self.scene, position), *others]))
        self.scene.answers.estimates[1] = dict(zip(looked, self.op.elements(1, looked), strict=True))
        return self._failing(1, looked)

    def _failing(self, k: int, positions: Sequence[int]) -> Evidence | None:
        """The first of these elements that is wrong by itself."""
        known = self.scene.answers.estimates[k]
        rows = (comparison.contraction(self.scene, k, ORACLE, [(p, 1.0)], known[p]) for p in positions)
        return next((row for row in rows if row.verdict == "fail"), None)

    def _not_finite(self, k: int, gots: np.ndarray) -> Evidence:
        position = int(np.argmin(np.isfinite(gots)))
        self.scene.answers.estimates[k] = {position: self.op.elements(k, [position])[0]}
        return self._failing(k, [position]) or Evidence(
            k, ORACLE, "inconclusive", f"order {k}: no oracle's bound is tight enough here"
        )

    # Order k ------------------------------------------------------------------------------------------

    def order(self, k: int) -> Evidence:
        gots = self.scene.got(k)
        if not np.isfinite(gots).all():
            return self._not_finite(k, gots)
        progress.tell(f"order {k}: differences of the gradient below")
        found = self.op.directed(k)
        used = self._used(k, gots, found)
        if (used > 1).any() or np.isnan(used).mean() > LEFT_OUT:
            found = self.op.directed(k, thorough=True)
            used = self._used(k, gots, found, self._slack(k, found))
        known = np.isfinite(used)
        self._sums += int(np.count_nonzero(known))
        self._skipped += int(np.count_nonzero(~known))
        if not known.any():
            return Evidence(k, ORACLE, "inconclusive", f"order {k}: no oracle's bound is tight enough here")
        worst = int(np.argmax(np.where(known, used, -1.0)))
        row = self._piece(k, gots, found, worst)
        if used[worst] <= 1:
            return replace(row, verdict="pass", formula="supported", reason=f"order {k}: within the bound")
        members = np.flatnonzero(found.pieces == worst).tolist()
        self.scene.answers.estimates[k] = dict(zip(members, self.op.elements(k, members), strict=True))
        return self._failing(k, members) or row

    def _used(self, k: int, gots: np.ndarray, found: Slopes, slack: np.ndarray | None = None) -> np.ndarray:
        """For each piece the part of its tolerance that its error is; NaN where nothing is known."""
        dtype = self.scene.at.dtype
        terms = found.weights * gots
        size = sums(np.abs(terms), found.pieces)
        least = verdict.negligible(dtype) * 2.0 ** -floats.precision(dtype) * size
        tolerance = found.bound + (least if slack is None else np.maximum(slack, least))
        error = np.abs(sums(terms.astype(LONG), found.pieces) - found.value)
        below = sums(np.abs(found.weights * self.scene.got(k - 1)), found.pieces)
        scale = max(float(x.max(initial=0.0)) for x in (size, np.abs(found.value), below))
        shows = (tolerance <= verdict.tight(dtype) * scale) | (error > tolerance) | (tolerance == 0)
        with np.errstate(all="ignore"):
            used = np.where(error == 0, 0.0, error / tolerance)
        return np.where(np.isfinite(tolerance) & shows, used, np.nan).astype(float)

    def _slack(self, k: int, found: Slopes) -> np.ndarray:
        return np.asarray(sums(np.abs(found.weights) * allowances(self.scene)[k - 1], found.pieces))

    def _piece(self, k: int, gots: np.ndarray, found: Slopes, n: int) -> Evidence:
        here = found.pieces == n
        claims = (gots * found.weights)[here]
        truth = replace(found, value=found.value[n : n + 1], bound=found.bound[n : n + 1]).balls()[0]
        slack = arb(verdict.negligible(self.scene.at.dtype) * EXACT * float(np.abs(claims).sum()))
        size = arb(float(np.abs(claims).sum()))
        judged = verdict.judge_bound(_total(claims), truth, slack, size, self.scene.at.dtype)
        return comparison.row(self.scene, k, ORACLE, judged, _total(claims), truth, None)


def _hidden(lines: Sequence[_Line]) -> int:
    """How many elements have a share that does not show, in all outputs or in those that move alone."""
    whole, *alone = lines
    same = [line for line in alone if np.array_equal(line.claims, whole.claims)]
    finest = min(line.resolution for line in (whole, *same))
    share = np.abs(whole.claims[whole.moving])
    return int(np.count_nonzero((share <= finest) & (share > 0)))


def _total(terms: np.ndarray) -> arb:
    """The sum of the terms; its radius is what adding them up may round."""
    return arb(float(np.sum(terms.astype(LONG))), EXACT * float(np.abs(terms).sum()))


def _kept(scene: Scene, wide: Scene, row: Evidence) -> Evidence:
    """The row of a pass; a fail where the floats of a narrower dtype lack more than half of its digits."""
    if wide is scene:
        return row
    got, true = scene.got(row.order), wide.got(row.order)
    half = 2.0 ** -(floats.precision(scene.at.dtype) // 2)
    off = ~(np.abs(got - true) <= half * np.abs(true).max(initial=0.0))
    if off.any():
        off &= ~(np.abs(got - true) <= allowances(scene)[row.order - 1])
    if not off.any():
        return row
    position = int(np.argmax(off))
    truth = arb(float(true[position]))
    dtype = scene.at.dtype
    judged = verdict.judge_bound(arb(float(got[position])), truth, arb(0), abs(truth), dtype)
    reason = f"further off in {np.dtype(dtype).name} than rounding can explain"
    judged = replace(judged, verdict="fail", reason=reason)
    return comparison.row(scene, row.order, ORACLE, judged, arb(float(got[position])), truth, position)
