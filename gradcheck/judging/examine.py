"""The one function that turns a case into a finding; run, pytest plugin and mutation lab all call it.

Data flows down this file: the point is drawn, the subject is measured, the oracles are asked, each order
is judged, the contract is checked, and a failure is diagnosed.
"""

from __future__ import annotations

import gc
import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from gradcheck.cases.case import Case
from gradcheck.judging import contract, orders, verdict
from gradcheck.judging.contract import run_to_run
from gradcheck.judging.contract.repeatability import again, drifted
from gradcheck.judging.estimate import estimated
from gradcheck.judging.estimate.stopping import excused
from gradcheck.judging.finding import Evidence, Result
from gradcheck.judging.observing import observe
from gradcheck.judging.scene import Scene
from gradcheck.judging.second_look import failing_nearby
from gradcheck.measuring.measure import point_of
from gradcheck.oracles.numbers.working import by_itself
from gradcheck.oracles.registry import FALLBACK, PROOFS
from gradcheck.subjects.subject import Subject
from gradcheck.subjects.traceless import Traceless, traceless
from gradcheck.system import floats, progress
from gradcheck.system.raised import SIDE_EFFECT, EscapeError


@by_itself()
def examine(
    case: Case,
    oracles: Sequence[str] = ("jet",),
    subject: Subject | None = None,
    *,
    inside: bool = True,
    matrices: bool = True,
    contracts: bool = True,
) -> Result:
    """Judge every order of `case` and its contract.

    Args:
        oracles: names of `gradcheck.oracles.registry`; jets are asked in any case, and finite differences
            where these do not apply.
        subject: what is differentiated; by default `case.f` as a function of dezero.
        inside: of what fails, examine the functions that it is made of as well, to name the wrong one.
        matrices: of what fails, make the Jacobian or Hessian that is shown, expected and got.
        contracts: of what passes, check the contract as well.
    """
    started = time.perf_counter()
    nothing = _nothing_to_test(case)
    if nothing:
        return _result(case, [], nothing, started)
    with (
        np.errstate(all="ignore"),  # awkward points are expected here
        _uncollected(),
        traceless(subject or case.subject(), case.f) as without_traces,
    ):
        try:
            asked = _Asked(inside, inside and matrices, contracts)
            return _examine(case, oracles, without_traces, asked, started)
        except EscapeError as error:
            return _escaped(case, str(error), started)


class _Asked(NamedTuple):
    """What else is asked for besides the verdict: see `examine`."""

    inside: bool
    matrices: bool
    contracts: bool


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage collection: hundreds of thousands of balls are in no cycles, so scanning them is useless."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _nothing_to_test(case: Case) -> str | None:
    if not any(case.active):
        kinds = ", ".join(sorted({str(x.dtype) for x in case.inputs}))
        return f"no input is floating (got {kinds}), so there is nothing to differentiate; pass floats"
    if not case.size:
        return "the differentiable inputs are empty"
    return None


def _examine(case: Case, oracles: Sequence[str], subject: Traceless, asked: _Asked, started: float) -> Result:
    progress.tell("f at the point")
    at, outputs = point_of(case, subject)
    if all(u is None for u in at.cotangents):
        return _result(case, [], "no output is floating: there is no derivative", started)
    if not sum(u.size for u in at.cotangents if u is not None):
        return _result(case, [], "the output is empty", started)
    repeated = again(subject, at, outputs)
    if repeated.blame:
        return _blaming_f(case, repeated.blame, f"not deterministic: {repeated.blame}", started)
    scene = observe(case, subject, at, outputs)
    scene, evidence = orders.judge(scene)
    for oracle in oracles:
        if oracle not in PROOFS:
            evidence += estimated.judge(oracle, scene)
    if scene.truth is None and FALLBACK not in oracles:
        evidence += estimated.judge(FALLBACK, scene)
    progress.tell("contract: linearity, layouts, side effects")
    evidence = run_to_run.with_run_to_run(scene, _until_failure(excused(scene, evidence)))
    fails = any(row.verdict == "fail" for row in evidence)
    violations = contract.violations(scene, repeated.backward) if asked.contracts or fails else None
    blame = next((v.message for v in violations or () if v.of_f), None)
    if blame is None and (violations or fails):
        blame = drifted(subject, at, outputs)
    if blame:
        return _blaming_f(case, blame, f"not deterministic: {blame}", started)
    return _conclude(scene, evidence, violations, asked, started)


def _blaming_f(case: Case, reason: str, cause: str, started: float) -> Result:
    """f is no function of its inputs: its backward is not judged."""
    return replace(_result(case, [Evidence(1, "contract", "fail", reason)], None, started), diagnosis=cause)


def _escaped(case: Case, raised: str, started: float) -> Result:
    """f exits instead of returning: its derivatives are not judged."""
    reason = f"f raised {raised}, which is no Exception"
    cause = f"leaves its caller: {reason}; raise an Exception, and end no program"
    if raised.startswith(SIDE_EFFECT):
        reason = f"f {raised.removeprefix(SIDE_EFFECT)}"
        cause = f"side effect: {reason}; what a program prints is not an op's to end"
    return _blaming_f(case, reason, cause, started)


def _until_failure(evidence: list[Evidence]) -> list[Evidence]:
    """Without the orders above the lowest that fails: they follow from it."""
    failing = min((row.order for row in evidence if row.verdict == "fail"), default=None)
    return [row for row in evidence if failing is None or row.order <= failing]


# Concluding -----------------------------------------------------------------------------------------


def _conclude(
    scene: Scene,
    evidence: list[Evidence],
    violations: list[contract.Violation] | None,
    asked: _Asked,
    started: float,
) -> Result:
    """The result; `violations` is None where the contract was not asked."""
    checked = violations is not None
    violations = violations or []
    broken = [Evidence(v.order, "contract", "fail", v.message, where=v.where) for v in violations]
    rows = _until_failure([*evidence, *broken])
    if not any(row.verdict == "fail" for row in rows):
        progress.tell("a point nearby")
        nearby = failing_nearby(scene)
        if nearby is not None:
            scene, row = nearby
            rows.append(_with_given_point(row, rows))
    if checked and not any(row.oracle == "contract" for row in rows) and scene.measured.reached:
        held = "shapes, dtypes, linearity, layouts, no side effects"
        rows.append(Evidence(1, "contract", "pass", held))
    result = _result(scene.case, rows, None, started)
    notes = [n for n in dict.fromkeys((*result.notes, scene.obstacle, scene.measured.obstacle)) if n]
    if scene.obstacle:
        notes.append(_ADVICE)
    if result.verdict != "fail":
        return replace(result, notes=notes)
    from gradcheck.judging import diagnosis  # most checks pass, and need none
    from gradcheck.judging.diagnosis.cause import likely_cause

    progress.tell("diagnosis")
    cause = likely_cause(scene, rows, violations, examine if asked.inside else None)
    matrices = diagnosis.matrices(scene, rows, violations) if asked.matrices else ()
    lines = tuple(line for matrix in matrices for line in matrix.lines())
    return replace(
        result, diagnosis=cause.text, culprit=cause.culprit, jacobian=lines, matrices=matrices, notes=notes
    )


def _with_given_point(row: Evidence, rows: list[Evidence]) -> Evidence:
    """A row of a point near the given one, which also says what was found at the given one."""
    here = verdict.outcome((r.oracle, r.verdict) for r in rows if r.order == row.order)
    given = "at the given point it is right" if here == "pass" else "at the given point that cannot be told"
    return replace(row, reason=f"{row.reason}; {given}")


_ADVICE = (
    "finite differences carry the verdict instead; for a certified one let forward run on arrays of "
    "dtype object: NumPy functions, no float() of what moves, no np.asarray(x, float), no compiled code"
)


def _result(case: Case, rows: list[Evidence], nothing: str | None, started: float) -> Result:
    judged = verdict.overall((row.order, row.oracle, row.verdict) for row in rows)
    return Result(
        verdict=judged,
        reason=nothing or _reason(rows, judged, case.dtype),
        evidence=tuple(rows),
        title=case.title,
        reproduce=case.reproduce,
        seconds=time.perf_counter() - started,
        warnings=_each_once(row.warnings for row in rows),
        notes=_each_once(row.notes for row in rows),
        formula=verdict.formula((row.order, row.formula) for row in rows if row.oracle != "contract"),
        digits=_fewest_digits(rows),
        dtype=np.dtype(case.dtype).name,
    )


def _fewest_digits(rows: Sequence[Evidence]) -> float | None:
    """The digits of the worst element of all orders."""
    return min((row.digits for row in rows if row.digits is not None), default=None)


def _each_once(several: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(itertools.chain.from_iterable(several)))


def _reason(rows: list[Evidence], judged: verdict.Verdict, dtype: Any) -> str:
    if judged == "pass":
        passed = [row for row in rows if row.oracle != "contract" and row.verdict == "pass"]
        jets = [row for row in passed if row.oracle == "jet"]
        proof = bool(jets) and all(row.certified for row in jets)
        how = "proven by Taylor jets" if proof else "agree with the estimates' bounds"
        digits = _fewest_digits(passed)
        kept = "" if digits is None else f"; {floats.of_digits(digits, dtype)} digits kept"
        return f"derivatives of order {_span(sorted({row.order for row in passed}))}: {how}{kept}"
    ordered = sorted(rows, key=lambda row: row.order)
    return next((r.reason for r in ordered if r.verdict == judged), "nothing was compared")


def _span(orders: Sequence[int]) -> str:
    orders = [k for k in orders if k]
    if not orders:
        return "0"
    return str(orders[0]) if len(orders) == 1 else f"{orders[0]} to {orders[-1]}"
