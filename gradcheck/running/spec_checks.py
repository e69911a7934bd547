"""The checks of one spec, whoever wrote it: what a command or a test makes of it is what a run does."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from gradcheck.cases import variants
from gradcheck.cases.case import Case
from gradcheck.cases.display import require_fitting_display
from gradcheck.cases.from_spec import case_of
from gradcheck.cases.key import Key, omission, require_matching
from gradcheck.errors import SpecError
from gradcheck.judging import declarations
from gradcheck.judging.finding import Result
from gradcheck.running import tasks
from gradcheck.specs import Spec

DTYPES = ("float64", "float32")


class SpecCheck(NamedTuple):
    """One check of a spec.

    Attributes:
        id: of the case in a run.
        title: of the finding.
        find: does it; gaps that the spec declares are honoured as in a run.
        case: the point; None for a declaration (a convention, from which order derivatives vanish).
    """

    id: str
    title: str
    find: Callable[[], Result]
    case: Case | None = None


def spec_checks(
    spec: Spec,
    *,
    dtypes: Sequence[str] = DTYPES,
    order: int | None = None,
    seed: int = 0,
    device: str = "cpu",
    command: str = "",
) -> list[SpecCheck]:
    """Each variant in each dtype, and what the spec declares: the contiguous cases of a run.

    Args:
        dtypes: of `gradcheck.cases.key.DTYPES`.
        order: the highest order; by default the spec's.
        seed: 0 for the points of a run; another draws others, and a gap that passes there is no failure.
        device: "cpu" or "gpu".
        command: that checks the spec again, without options; by default each case's `gradcheck reproduce`.

    Raises:
        SpecError: a field does not fit, or the spec, or the device, omits all cases.

    >>> from gradcheck.specs import specs
    >>> [check.title for check in spec_checks(specs()["relu"], dtypes=["float64"])][-2:]
    ['relu:kink0', 'relu:vanishes']
    >>> spec_checks(specs()["tanh"], order=2)[0].find().verdict
    'pass'
    """
    require_fitting_display(spec)
    keys = keys_of(spec, dtypes, device)
    if all(keys.values()):
        raise SpecError(f"spec {spec.name}: not measured: {next(iter(keys.values()))}")
    measured = [key for key, reason in keys.items() if reason is None]
    found = [_of_case(spec, key, order, seed, command) for key in measured]
    return found + [_of_declaration(spec, each) for each in declared_ids(spec, device)]


def keys_of(spec: Spec, dtypes: Sequence[str], device: str) -> dict[Key, str | None]:
    """Each variant in each dtype -> why the spec, or the device, omits it, or None.

    Raises:
        SpecError: what the spec declares is of no case.

    >>> from gradcheck.specs import specs
    >>> keys_of(specs()["tanh"], ["float64"], "cpu")[Key("tanh")]
    """
    require_matching(spec)
    pairs = itertools.product(dtypes, variants.labels(spec))
    keys = [Key(spec.name, label, dtype, device) for dtype, label in pairs]
    return {key: omission(spec, key) for key in keys}


def _of_case(spec: Spec, key: Key, order: int | None, seed: int, command: str) -> SpecCheck:
    case = case_of(spec, key, order, seed)
    if command:
        options = f"--order {case.order} --dtype {key.dtype}" + (f" --seed {seed}" if seed else "")
        where = "" if key.device == "cpu" else f" --device {key.device}"
        case = replace(case, reproduce=f"{command} {options}{where}")
    return SpecCheck(case.id, case.title, partial(tasks.measured, spec, key, case, seed), case)


def declared_ids(spec: Spec, device: str) -> list[str]:
    """The ids of what the spec says besides its formula; that nothing vanishes is said by nobody."""
    ids = declarations.ids(spec, device)
    if spec.vanishes is not None:
        return ids
    return [each for each in ids if not each.partition("/")[0].endswith(f":{declarations.VANISHES}")]


def _of_declaration(spec: Spec, case_id: str) -> SpecCheck:
    title = case_id.partition("/")[0]
    return SpecCheck(case_id, title, lambda: replace(tasks.judged(spec, case_id)[1], title=title))
