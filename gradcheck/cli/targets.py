"""The checks that `gradcheck check` makes of a target: of a Spec a run's, of others those of `trying`."""

from __future__ import annotations

import shlex

from gradcheck.cli.loading import Target
from gradcheck.errors import SpecError
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
    if asked.domains or asked.ranges or asked.symmetric or asked.draws:
        raise SpecError(
            f"{target.text} is a Spec, whose arguments say where to draw: leave --domain, --range, "
            "--symmetric and --draw out"
        )
    from gradcheck.running.spec_checks import spec_checks  # with what writes records: for no other target

    found = spec_checks(
        target.object,
        dtypes=asked.dtypes,
        order=None if asked.own_order else asked.order,
        seed=asked.seed,
        device=asked.device,
        command=f"gradcheck check {shlex.quote(target.text)}",
    )
    return Plan([Check(c.title, c.case.reproduce if c.case else "", c.find, c.case) for c in found])
