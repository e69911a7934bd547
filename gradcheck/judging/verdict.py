"""From estimates to a verdict: pure functions of numbers.

Two questions are kept apart. Is the formula right? The subject's own backward, run in balls so narrow
that rounding vanishes (`high`), is compared with the truth. How accurate is it in this dtype? Its floats
(`got`) are compared with `high`, and the tolerance is derived: the radius that the same backward
accumulates in balls of the dtype's precision (`low`) is the rounding that this formula can produce here.

No tolerance has an absolute floor above the smallest subnormal number of the dtype.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from flint import arb

from gradcheck.oracles.numbers import ulp
from gradcheck.oracles.numbers.matrices import dot
from gradcheck.oracles.registry import PROOFS
from gradcheck.system import floats

Verdict = Literal["pass", "fail", "inconclusive", "not-tested"]

# Is the formula right? By proof, by agreement within an estimate's bound, wrong, or not known.
Formula = Literal["proven", "supported", "wrong", "unknown"]

# Ball arithmetic rounds each operation once, to within an ULP; NumPy's vectorised elementary functions
# are allowed 4 ULP.
SAFETY = 4

# Of many elements the rounding allowed to their sum must not hide one that is so many times smaller than
# the rest and wrong by the smallest part that is looked for (see `tight`).
CAREFUL = 16


def negligible(dtype: Any) -> float:
    """ULPs that need no excuse where the formula is known to be right, or the same program ran twice.

    The last eighth of the digits: no mistake is that small.

    >>> negligible("float64"), negligible("float32"), negligible("float16")
    (64.0, 8.0, 2.0)
    """
    return float(2.0 ** (floats.precision(dtype) // 8))


def tight(dtype: Any) -> float:
    """The part of a gradient that a tolerance may be for agreement within it to be evidence.

    Small enough to show a constant that is off by 3 in 10,000, if the dtype has the digits.

    >>> tight("float64") < 3e-4, tight("float16")
    (True, 0.015625)
    """
    return max(2.0**-12, 2.0 ** (5 - floats.precision(dtype)))


# Many verdicts in one ---------------------------------------------------------------------------------


def worst(verdicts: Iterable[str]) -> Verdict:
    """The verdict of a whole: a fail anywhere, else an inconclusive, else a pass.

    >>> worst(["pass", "not-tested", "fail"]), worst([])
    ('fail', 'not-tested')
    """
    return _first_of(("fail", "inconclusive", "pass"), set(verdicts))


def _first_of(order: tuple[Verdict, ...], seen: set[str]) -> Verdict:
    return next((verdict for verdict in order if verdict in seen), "not-tested")


def outcome(said: Iterable[tuple[str, str]]) -> Verdict:
    """The verdict at one order, from what each (oracle, verdict) says.

    One fail is a fail. Otherwise an oracle that proves decides, if it has compared; without
    one, a single measured oracle that can decide is enough. A contract that holds (shapes, dtypes)
    says nothing of the values.

    >>> outcome([("symbolic", "pass"), ("finite_difference", "inconclusive")])
    'pass'
    >>> outcome([("jet", "inconclusive"), ("finite_difference", "pass")])
    'inconclusive'
    """
    said = list(said)
    if any(verdict == "fail" for _, verdict in said):
        return "fail"
    judged = {verdict for oracle, verdict in said if oracle != "contract"}
    proven = {verdict for oracle, verdict in said if oracle in PROOFS} - {"not-tested"}
    return worst(proven) if proven else _first_of(("pass", "inconclusive"), judged)


def overall(said: Iterable[tuple[int, str, str]]) -> Verdict:
    """The verdict of a case, from its (order, oracle, verdict): derivatives decide, and any fail.

    >>> overall([(0, "formula", "inconclusive"), (1, "jet", "pass")])
    'pass'
    """
    orders: dict[int, list[tuple[str, str]]] = {}
    for order, oracle, verdict in said:
        orders.setdefault(order, []).append((oracle, verdict))
    verdicts = {order: outcome(rows) for order, rows in orders.items()}
    if "fail" in verdicts.values():
        return "fail"
    derivatives = [verdict for order, verdict in verdicts.items() if order > 0]
    return worst(derivatives or verdicts.values())


def formula(said: Iterable[tuple[int, Formula]]) -> Formula:
    """Whether backward's formula is right, from the answers for each order: the worst of the best.

    >>> formula([(1, "proven"), (2, "supported"), (2, "unknown")]), formula([(1, "proven"), (2, "unknown")])
    ('supported', 'unknown')
    """
    best: dict[int, Formula] = {}
    for order, answer in said:
        if order > 0:
            best[order] = min(answer, best.get(order, "unknown"), key=_FORMULAS.index)
    answers = set(best.values())
    if "wrong" in answers:
        return "wrong"
    return max(answers, key=_FORMULAS.index, default="unknown")


_FORMULAS: tuple[Formula, ...] = ("wrong", "proven", "supported", "unknown")


# One comparison ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Judgement:
    """A comparison's outcome: verdict, whether balls prove it, error and tolerance, and what was said.

    `hiding`: what was allowed to the sum of many elements could hide one that is wrong.
    """

    verdict: Verdict
    certified: bool
    error: arb
    tolerance: arb
    reason: str
    hiding: bool = False


def rounding(high: arb, low: arb | None, dtype: Any) -> arb:
    """How far rounding may carry this element: the radius of `low`, at least half an ULP."""
    half = ulp.ulp(high, dtype) / 2
    if low is None or not low.is_finite():
        return half
    radius = low.rad()
    return radius if radius > half else half


def judge_formula(
    high: Sequence[arb],
    low: Callable[[], Sequence[arb]],
    probe: Sequence[tuple[int, float]],
    truth: arb,
    dtype: Any,
) -> Judgement:
    """Whether the contraction of `high` with `probe` is the `truth`.

    Balls that overlap prove agreement to their width. Where they do not, constants inside backward
    that were rounded to the dtype (1/n, say) excuse as much as rounding can do, as long as that is
    small for the gradient: otherwise nothing is shown.

    Args:
        low: asked for only where balls do not overlap.
        probe: (position, weight) of the elements that it weighs.
    """
    total = dot([high[p] for p, _ in probe], [weight for _, weight in probe])
    error = abs(total - truth)
    if not truth.is_finite():
        return Judgement("inconclusive", False, error, arb(0), "f has no finite derivative here")
    if not total.is_finite():
        return Judgement("inconclusive", False, error, arb(0), "backward in balls is not finite")
    if not total.overlaps(truth):
        return _judge_difference(high, low(), probe, error, dtype)
    width = total.rad() + truth.rad()
    if _is_narrow(high, probe, width, truth, dtype):
        return Judgement("pass", True, error, width, "proven equal")
    if width <= tolerance_of(high, low(), probe, dtype):
        return Judgement("pass", True, error, width, "proven equal up to rounding")
    return Judgement("inconclusive", False, error, width, "balls too wide to tell")


def _is_narrow(
    high: Sequence[arb], probe: Sequence[tuple[int, float]], width: arb, truth: arb, dtype: Any
) -> bool:
    """Whether balls are narrower than a part of an ULP of the gradient, or than what is zero to the dtype."""
    fine = arb(2) ** -(floats.precision(dtype) + 4)
    if width <= abs(truth.mid()) * fine:
        return True
    scale = dot([abs(high[p].mid()) for p, _ in probe], [abs(weight) for _, weight in probe])
    return bool(width <= scale * fine + arb(2) ** (floats.lowest(dtype) - 2))


def tolerance_of(
    high: Sequence[arb], low: Sequence[arb], probe: Sequence[tuple[int, float]], dtype: Any
) -> arb:
    """What rounding allows the contraction."""
    terms = (abs(weight) * rounding(high[p], low[p], dtype).mid() for p, weight in probe)
    return SAFETY * sum(terms, arb(0))


def _judge_difference(
    high: Sequence[arb], low: Sequence[arb], probe: Sequence[tuple[int, float]], error: arb, dtype: Any
) -> Judgement:
    tolerance = tolerance_of(high, low, probe, dtype)
    scale = sum((abs(weight * high[p].mid()) for p, weight in probe), arb(0))
    least = sum((abs(weight) for _, weight in probe), 0.0) * arb(2) ** (floats.lowest(dtype) - 1)
    if error <= least:
        return Judgement("pass", True, error, tolerance, "too small for the dtype to show")
    small = scale * arb(2) ** -(floats.precision(dtype) // 2)
    if error <= tolerance and tolerance <= small:
        hiding = tolerance > scale * (tight(dtype) / (CAREFUL * len(probe)))
        return Judgement("pass", True, error, tolerance, "equal up to rounded constants", hiding)
    decided = all(low[p].is_finite() for p, _ in probe)
    if error > tolerance and (decided or error > small):
        return Judgement("fail", True, error, tolerance, "proven different")
    return Judgement("inconclusive", False, error, tolerance, "rounding hides the difference")


def judge_rounding(got: arb, high: arb, low: arb, dtype: Any) -> Judgement:
    """Whether the float `got` is `high` up to the rounding that `low` allows."""
    tolerance = SAFETY * rounding(high, low, dtype) + high.rad()
    if not got.is_finite():
        return Judgement("fail", False, got, tolerance, "not finite")
    error = abs(got - high.mid()).mid()
    if error <= tolerance.mid():
        return Judgement("pass", True, error, tolerance, "within rounding")
    if low.is_finite():
        return Judgement("fail", True, error, tolerance, "further off than rounding can explain")
    return Judgement("inconclusive", False, error, tolerance, "rounding is unbounded here")


def overflowed(got: arb, truth: arb, dtype: Any) -> bool:
    """Whether `got` is the infinity that stands for a number beyond the dtype's largest.

    >>> overflowed(arb("inf"), arb(70000), "float16"), overflowed(arb("inf"), arb(60000), "float16")
    (True, False)
    """
    beyond = abs(truth) > arb(2) ** int(np.finfo(dtype).maxexp)
    return bool(beyond and got == (arb("inf") if truth > 0 else arb("-inf")))


def judge_bound(got: arb, truth: arb, allowance: arb, scale: arb, dtype: Any) -> Judgement:
    """Whether `got` is `truth` within the truth's own radius and an allowance for rounding.

    Args:
        scale: the size of the gradient; a tolerance that is not small for it shows nothing.
    """
    if not truth.is_finite():
        return Judgement("inconclusive", False, truth, allowance, "the oracle has no bound here")
    if not got.is_finite():
        return Judgement("fail", False, got, allowance, "backward is not finite")
    error = abs(got - truth.mid()).mid()
    tolerance = (truth.rad() + allowance).mid()
    if error > tolerance:
        return Judgement("fail", False, error, tolerance, "backward is outside of the bound of the truth")
    if error.is_zero() and truth.rad().is_zero():
        return Judgement("pass", False, error, arb(0), "equal")
    if tolerance <= tight(dtype) * scale.mid():
        return Judgement("pass", False, error, tolerance, "within the bound")
    return Judgement("inconclusive", False, error, tolerance, "no oracle's bound is tight enough here")
