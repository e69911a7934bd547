"""The checks that `gradcheck check` makes of a target: of a Spec here, of anything else in `trying`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from gradcheck.cases import variants
from gradcheck.cases.case import Case
from gradcheck.cases.display import require_fitting_display
from gradcheck.cases.from_spec import case_of
from gradcheck.cases.key import Key, omission
from gradcheck.cli.loading import Target
from gradcheck.errors import SpecError
from gradcheck.judging import declarations
from gradcheck.judging.finding import Result
from gradcheck.specs import Spec
from gradcheck.trying.in_file import plan_in_file
from gradcheck.trying.plan import Check, Plan, plan
from gradcheck.trying.wanted import Asked


def plan_of(target: Target, asked: Asked) -> Plan:
    """The checks of a target; a Spec is also compared with its formula and its declarations.

    Raises:
        SpecError: it cannot be called, or accepts none of the shapes tried; a field of a Spec does not fit.
    """
    if not isinstance(target.object, Spec):
        return (plan if target.named else plan_in_file)(target.text, target.object, asked)
    if asked.inputs:
        raise SpecError(f"{target.text} is a Spec, whose variants say the shapes: leave --shape out")
    from gradcheck.running import tasks  # with all that writes records, which no other target needs

    require_fitting_display(target.object)
    cases = spec_cases(target, asked)
    found = [Check(case.title, case.reproduce, partial(tasks.measure_case, case), case) for case in cases]
    return Plan(found + list(_declarations(target.object, asked.device)))


def _declarations(spec: Spec, device: str) -> Iterator[Check]:
    """What a Spec says besides its formula, judged as a run judges it."""
    for case_id in declarations.ids(spec, device):
        title = case_id.partition("/")[0]
        if spec.vanishes is not None or not title.endswith(declarations.VANISHES):
            yield Check(title, "", partial(_declared, spec, case_id, title))


def _declared(spec: Spec, case_id: str, title: str) -> Result:
    from gradcheck.running import tasks

    return replace(tasks.judged(spec, case_id)[1], title=title)


def spec_cases(target: Target, asked: Asked) -> list[Case]:
    """The points at which a run of the laboratory would measure it, in the dtypes asked for.

    Raises:
        SpecError: the spec, or the device, omits all of them.
    """
    spec: Spec = target.object
    keys = [
        Key(spec.name, label, dtype, asked.device)
        for dtype, label in itertools.product(asked.dtypes, variants.labels(spec))
    ]
    reasons = [omission(spec, key) for key in keys]
    if all(reasons):
        raise SpecError(f"{target.text}: not measured: {reasons[0]}")
    where = "" if asked.device == "cpu" else f" --device {asked.device}"
    return [
        replace(
            case_of(spec, key, asked.order),
            reproduce=f"gradcheck check {target.text} --order {asked.order} --dtype {key.dtype}{where}",
        )
        for key, reason in zip(keys, reasons, strict=True)
        if reason is None
    ]
