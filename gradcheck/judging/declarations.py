"""What a spec declares besides its cases, judged: derivatives at kinks, and from which order all vanish."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from flint import arb

from gradcheck.cases import variants
from gradcheck.cases.case import Case
from gradcheck.cases.from_spec import case_at, case_of
from gradcheck.cases.key import Key
from gradcheck.judging import numerals
from gradcheck.judging.finding import Evidence
from gradcheck.judging.verdict import Verdict
from gradcheck.measuring import probes
from gradcheck.measuring.balls import Gradients
from gradcheck.measuring.measure import measure, outputs_of, point_of
from gradcheck.measuring.point import Point
from gradcheck.oracles import jet
from gradcheck.specs import Convention, Spec
from gradcheck.subjects.dezero import DezeroSubject
from gradcheck.system.raised import described

HIGHEST = 4  # derivatives up to this order vanish or do not
KINK, VANISHES = "kink", "vanishes"  # labels of such cases


def ids(spec: Spec, device: str = "cpu") -> list[str]:
    """The case ids of a spec's declarations on a device. Which orders vanish is a matter of the formula.

    That none vanishes is declared by a row of dezero that says nothing; of other packages, by nobody.

    >>> from gradcheck.specs import specs
    >>> ids(specs()["relu"]), ids(specs()["relu"], "gpu")
    (['relu:kink0/float64/cpu', 'relu:vanishes/float64/cpu'], ['relu:kink0/float64/gpu'])
    """
    vanishing = device == "cpu" and (spec.vanishes is not None or not spec.package)
    labels = [f"{KINK}{n}" for n in range(len(spec.conventions))] + [VANISHES] * vanishing
    return [Key(spec.name, label, device=device).id for label in labels]


def judged(spec: Spec, case_id: str, highest: int | None = None) -> tuple[Case, Evidence]:
    """The declaration of one of the spec's `ids`: a case with its one row.

    A backward that raises is a finding, as in any other case: a fail.

    Args:
        highest: derivatives up to this order vanish or do not, HIGHEST at most. By default the truth is
            looked at up to HIGHEST, and backward is asked up to the spec's order.
    """
    called, _, device = case_id.split("/")
    label = called.partition(":")[2]
    if label == VANISHES:
        asked = min(highest or spec.order, HIGHEST)
        return check_vanishing(spec, case_id, min(highest or HIGHEST, HIGHEST), asked)
    convention = spec.conventions[int(label.removeprefix(KINK))]
    return check_convention(spec, convention, case_id, device)


# Conventions ----------------------------------------------------------------------------------------


def check_convention(
    spec: Spec, convention: Convention, case_id: str, device: str = "cpu"
) -> tuple[Case, Evidence]:
    """The gradient of the outputs' sum at a kink against the declared one, exactly."""
    started = time.perf_counter()
    inputs = [np.asarray(x) for x in convention.inputs]
    case = case_at(
        spec,
        inputs,
        convention.params,
        id=case_id,
        order=1,
        seed=0,
        device=device,
        reproduce=f"gradcheck reproduce {case_id}",
    )
    subject = case.subject()
    ones = [np.ones_like(y) for y in outputs_of(subject, inputs)]
    try:
        [got] = subject.gradients([x.copy() for x in inputs], ones, inputs, 1)
    except Exception as error:  # a wrong backward may raise anything; that is a finding
        return case, _raising(1, described(error), "", started)
    wrong = [
        i
        for i, (g, want) in enumerate(zip(got, convention.gradients, strict=True))
        if want is not None and not np.array_equal(np.zeros_like(want) if g is None else g, want)
    ]
    return case, Evidence(
        order=1,
        oracle="convention",
        verdict="fail" if wrong else "pass",
        reason=convention.text if not wrong else f"not as declared: {convention.text}",
        certified=True,  # compared exactly
        where=f"input {wrong[0]} ({case.names[wrong[0]]})" if wrong else "all inputs",
        expected=_listed(convention.gradients),
        got=_listed(got),
        contracted=numerals.with_one(1),
        input_value=_listed(inputs),
        seconds=time.perf_counter() - started,
    )


def _raising(order: int, raised: str, where: str, started: float) -> Evidence:
    """The row of a backward that raised: it was compared with nothing."""
    reason = f"backward of order {order} raised {raised}"
    seconds = time.perf_counter() - started
    return Evidence(order, "convention", "fail", reason, where=where, seconds=seconds)


def _listed(arrays: Sequence[Any]) -> str:
    return ", ".join("None" if x is None else str(np.asarray(x).tolist()) for x in arrays)


# Orders that vanish ---------------------------------------------------------------------------------


def check_vanishing(spec: Spec, case_id: str, highest: int, asked: int) -> tuple[Case, Evidence]:
    """Whether derivatives vanish from the declared order on and not before, in all variants."""
    keys = [Key(spec.name, label) for label in variants.labels(spec)]
    evidence = vanishing(spec.vanishes, (case_of(spec, key, asked) for key in keys), highest)
    shown = case_of(spec, keys[0], evidence.order)
    return replace(shown, id=case_id, reproduce=f"gradcheck reproduce {case_id}"), evidence


def vanishing(declared: int | None, cases: Iterable[Case], highest: int) -> Evidence:
    """Whether the true derivatives, and backward's, vanish from the declared order on and not before.

    An order vanishes if it does in all cases. The truth is that of jets along a random direction, where
    a derivative that is not zero everywhere is zero with probability 0.

    Args:
        declared: the first order that vanishes; None if none does.
        cases: backward is asked up to the order of each.
        highest: up to which the truth is looked at.
    """
    started = time.perf_counter()
    first = min(declared or highest + 1, highest + 1)
    alive: set[int] = set()
    finding: tuple[Verdict, str] | None = None
    for case in cases:
        subject = DezeroSubject(case.f, case.active)
        at, _ = point_of(case, subject)
        measured = measure(subject, at, balls=False)
        if measured.crash is not None:
            return _raising(measured.reached + 1, measured.crash, case.id, started)
        try:
            truths = _true_contractions(case, subject, at, highest)
        except jet.NotApplicableError as error:
            finding = "inconclusive", f"which derivatives vanish is not known in {case.id}: {error}"
            break
        gots = _not_zero(measured.got, truths)
        finding = _alive_though_declared(truths, gots, first, case.id)
        alive |= {k for k in range(1, highest + 1) if gots[k - 1] and not truths[k - 1].contains(0)}
        if finding or len(alive) == highest:
            break
    said = f"orders 1 to {highest}: " + _declared(first, highest)
    judged, reason = finding or _zero_though_not_declared(alive, first, said)
    return Evidence(
        order=min(first, highest),
        oracle="convention",
        verdict=judged,
        reason=reason,
        certified=judged != "inconclusive",
        where="all variants",
        expected=said,
        got=f"not zero: {sorted(alive)}",
        seconds=time.perf_counter() - started,
    )


def _true_contractions(case: Case, subject: DezeroSubject, at: Point, highest: int) -> list[arb]:
    """For each order the true <G_k, e> for a random e."""
    probe = at.moving(probes.like(np.random.default_rng([5, case.seed]), at.inputs))
    truth = at.truth(subject.values, [probe], highest, claims=[[arb("inf")] * highest])
    return truth.columns[0]


def _not_zero(got: Gradients, truths: Sequence[arb]) -> list[bool]:
    """Whether backward's G_k is not all zeros; of orders that it was not asked for, the truth."""
    asked = [any(g is not None and np.any(g) for g in of_order) for of_order in got]
    return asked + [not truth.contains(0) for truth in truths[len(asked) :]]


def _alive_though_declared(
    truths: Sequence[arb], gots: Sequence[bool], first: int, case_id: str
) -> tuple[Verdict, str] | None:
    for k, (truth, got) in enumerate(zip(truths, gots, strict=True), 1):
        if k < first:
            continue
        if not truth.contains(0):
            value = truth.mid().str(5, radius=False)
            return "fail", f"declared to vanish, the derivative of order {k} is {value} in {case_id}"
        if got:
            return "fail", f"order {k} vanishes, but backward gives other numbers in {case_id}"
        if not truth.is_zero():
            return "inconclusive", f"that order {k} vanishes is not proven in {case_id}"
    return None


def _zero_though_not_declared(alive: set[int], first: int, said: str) -> tuple[Verdict, str]:
    zero = [k for k in range(1, first) if k not in alive]
    if zero:
        return "fail", f"the derivative of order {zero[0]} vanishes, not as declared ({said})"
    return "pass", f"derivatives of {said}"


def _declared(first: int, highest: int) -> str:
    return "none vanishes" if first > highest else f"all vanish from order {first} on"
