"""What a worker does: one task, named so that it can be sent to another process, to rows.

Experiments are imported by the task that performs one: cases, of which there are most, need none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from gradcheck.cases import laboratory, variants
from gradcheck.cases.case import Case
from gradcheck.cases.key import Key, find, gap, spec_in
from gradcheck.cases.table import matching, spec_of
from gradcheck.errors import InputError, SpecError
from gradcheck.judging import declarations
from gradcheck.judging.examine import examine
from gradcheck.judging.finding import Evidence, Result
from gradcheck.judging.proof import forward
from gradcheck.oracles.registry import ORACLES
from gradcheck.records.jsonl import Row, row
from gradcheck.records.judged_rows import GAP
from gradcheck.records.recording import case_rows
from gradcheck.running.availability import available
from gradcheck.specs import Spec
from gradcheck.subjects.layouts import CONTIGUOUS
from gradcheck.system.raised import EscapeError


class Task(NamedTuple):
    """A piece of a run.

    Attributes:
        kind: a name of KINDS.
        name: a case id, a spec's or a network's name.
        order: the highest order, or None for the spec's own.
    """

    kind: str
    name: str
    order: int | None = None


def perform(task: Task) -> list[Row]:
    """The rows of a task."""
    return KINDS[task.kind](task.name, task.order)


def kin(task: Task) -> str:
    """Alike for tasks that share what they compute: the cases of a variant, and the bugs in one case.

    >>> kin(Task("case", "tanh/float32/cpu")), kin(Task("mutant", "sign/Tanh/tanh/float64/cpu"))
    ('case tanh', 'mutant tanh/float64/cpu')
    """
    at = task.name.partition("/")[0] if task.kind == "case" else task.name
    if task.kind == "mutant":
        at = task.name.split("/", 2)[-1]
    return f"{task.kind} {at}"


def _case(case_id: str, order: int | None) -> list[Row]:
    key = find(case_id)
    case = laboratory.build(key, order)
    return case_rows(case, measured(spec_of(key.spec), key, case))


def measured(spec: Spec, key: Key, case: Case, seed: int = 0) -> Result:
    """The finding on the case of a spec's key, with the gaps that the spec declares.

    Args:
        seed: that the case was drawn with.

    Raises:
        SpecError: the spec's `call` is no function of these inputs that returns a Variable.
    """
    try:
        found = measure_case(case)
    except InputError as error:
        said = str(error).removeprefix("check: ")
        expected = "a function of these inputs that returns a Variable"
        raise SpecError(f"spec {spec.name}: call: expected {expected}: {case.title}: {said}") from error
    known = gap(spec, key)
    if found.verdict == "pass" and (key.device != "cpu" or seed):
        known = None  # a gap is declared as the host rounds at a run's points; elsewhere luck is no failure
    return as_declared(found, known)


def as_declared(result: Result, known: str | None) -> Result:
    """A known gap is expected not to pass: where it does, the declaration is what fails."""
    if known is None:
        return result
    if result.verdict == "pass":
        reason = f"a declared gap now passes; remove it from the spec: {known}"
        row = Evidence(1, "contract", "fail", reason)
        return replace(result, verdict="fail", reason=reason, evidence=(*result.evidence, row))
    known_gap = f"{GAP}: {known}"
    rows = [
        e if e.verdict == "pass" else replace(e, verdict="inconclusive", reason=f"{known_gap} ({e.reason})")
        for e in result.evidence
    ]
    reason = f"{known_gap} ({result.reason})"
    return replace(result, verdict="inconclusive", reason=reason, evidence=tuple(rows))


def measure_case(case: Case) -> Result:
    """The finding on a case of the table: its oracles, and forward against the formula.

    Jets prove every case. The other oracles take the time they need where they have something to add:
    not where only memory is laid out otherwise, where a variant is a drawn one, or in float16, of which
    no estimate is tight enough to tell.
    """
    try:
        shown = forward.against_formula(case)
    except EscapeError:
        shown = None  # the examination says what f raised
    if shown is not None and forward.is_unfit(shown):
        case = replace(case, formula=None)  # no oracle of this op
    proof_alone = case.layout != CONTIGUOUS or variants.is_drawn(case.id) or case.dtype == np.float16
    result = examine(case, () if proof_alone else ORACLES)
    if shown is None:
        return result
    if shown.verdict == "fail":
        result = replace(result, verdict="fail", reason=shown.reason)
    return replace(result, evidence=(shown, *result.evidence))


def _declaration(case_id: str, order: int | None) -> list[Row]:
    """A declaration of a spec: a convention at a kink, or from which order derivatives vanish."""
    return case_rows(*judged(spec_in(case_id), case_id, order))


def judged(spec: Spec, case_id: str, order: int | None = None) -> tuple[Case, Result]:
    """The finding on one of a spec's declarations, by the id of its case."""
    case, evidence = declarations.judged(spec, case_id, order)
    return case, Result(evidence.verdict, evidence.reason, evidence=(evidence,), title=case_id)


def _formula(name: str, order: int | None) -> list[Row]:
    from gradcheck.running.formula import formula_row

    return [formula_row(spec_of(name))]


def _curve(name: str, order: int | None) -> list[Row]:
    from gradcheck.experiments.studies import step_size

    spec = spec_of(name)
    return [row("curve", fields) for fields in step_size.curves(spec, min(order or 3, 3))]


def _range(name: str, order: int | None) -> list[Row]:
    from gradcheck.experiments.studies import accuracy

    spec = spec_of(name)
    assert spec.sweep is not None
    x = accuracy.points(spec.sweep)
    errors = accuracy.over_range(spec, x=x, order=min(order or 3, 3))
    return [
        row("range", {"op": name, "order": k, "x": x.tolist(), "error_ulp": of_order})
        for k, of_order in enumerate(errors, 1)
    ]


def _section(name: str, order: int | None) -> list[Row]:
    from gradcheck.experiments.studies import section

    fields = section.section_rows(spec_of(name), min(order or 3, 3))
    return [row("section", each) for each in fields]


def _anatomy(name: str, order: int | None) -> list[Row]:
    from gradcheck.experiments.studies import anatomy

    spec = spec_of(name)
    return [
        *(row("graph", fields) for fields in anatomy.graph_rows(spec)),
        *(row("source", fields) for fields in anatomy.source_rows(spec)),
    ]


def _study(name: str, order: int | None) -> list[Row]:
    from gradcheck.experiments.studies import catalogue

    return catalogue.run(name)


def _network(name: str, order: int | None) -> list[Row]:
    from gradcheck.experiments import networks

    network = next(n for n in networks.NETWORKS if n.name == name)
    return networks.network_rows(network)


def _mutant(plan_id: str, order: int | None) -> list[Row]:
    from gradcheck.experiments.mutation import experiment

    return experiment.rows(plan_id, order)


KINDS: dict[str, Callable[[str, int | None], list[Row]]] = {
    "case": _case,
    "declaration": _declaration,
    "formula": _formula,
    "curve": _curve,
    "range": _range,
    "section": _section,
    "anatomy": _anatomy,
    "study": _study,
    "network": _network,
    "mutant": _mutant,
}


def reproduce(case_id: str, order: int | None = None) -> tuple[Case, Result]:
    """One case of the table again.

    Raises:
        SpecError: there is no such case, or no such device here.
    """
    spec = spec_in(case_id)
    if case_id in (*declarations.ids(spec), *declarations.ids(spec, "gpu")):
        available(case_id.rpartition("/")[2])
        return judged(spec, case_id, order)
    key = find(case_id)
    available(key.device)
    case = laboratory.build(key, order)
    return case, measure_case(case)


def tasks(selection: laboratory.Selection) -> list[Task]:
    """All tasks of a run: verdicts first, so that a run that is interrupted has some; then what is heavy,
    so that cores finish together. Among cases those of many arguments are the heaviest.
    """
    from gradcheck.experiments import networks
    from gradcheck.experiments.studies import catalogue

    chosen = matching(selection.pattern)
    order = selection.order
    everything = selection.pattern == "*"
    keys = sorted(laboratory.keys(selection), key=lambda key: -len(spec_of(key.spec).args))
    found = [Task("case", key.id, order) for key in keys]
    found += [
        Task("declaration", case_id, order)
        for s in chosen
        for device in selection.devices
        for case_id in declarations.ids(s, device)
    ]
    found += [
        Task("network", n.name)
        for n in networks.NETWORKS
        if everything and n.profile in ("quick", selection.profile)
    ]
    found += [Task("study", name) for name in catalogue.STUDIES if everything]
    found += [Task("curve", s.name, order) for s in chosen if s.formula is not None]
    found += [Task("range", s.name, order) for s in chosen if s.sweep is not None]
    found += [Task("section", s.name, order) for s in chosen]
    found += [Task("anatomy", s.name) for s in chosen]
    found += [Task("formula", s.name) for s in chosen]
    return found


def declared(found: list[Task]) -> list[str]:
    """The ids of all cases that tasks will give rows of: what a run must have executed."""
    return [task.name for task in found if task.kind in ("case", "declaration")]
