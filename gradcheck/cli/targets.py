"""The checks that `gradcheck check` makes of a target: a spec, a Function subclass or a plain function.

Shapes are given or chosen: those that the function accepts are all tried.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from gradcheck.cases import variants
from gradcheck.cases.calls import build_case
from gradcheck.cases.case import Case
from gradcheck.cases.display import require_fitting_display
from gradcheck.cases.from_spec import case_of
from gradcheck.cases.inputs import INTERVALS, Asked, Input, awkward, chosen, with_integers
from gradcheck.cases.key import DTYPES, Key, omission
from gradcheck.cli.loading import Target, is_function_class
from gradcheck.errors import InputError, SpecError
from gradcheck.judging import declarations
from gradcheck.judging.examine import examine
from gradcheck.judging.finding import Result
from gradcheck.measuring.measure import outputs_of
from gradcheck.running import tasks
from gradcheck.specs import Spec
from gradcheck.subjects.signatures import arity
from gradcheck.system.raised import EscapeError, described


class Check(NamedTuple):
    """One check of a target.

    Attributes:
        title: of the finding.
        reproduce: the command that does it again; empty where it has none.
        find: does it.
    """

    title: str
    reproduce: str
    find: Callable[[], Result]


def checks(target: Target, asked: Asked) -> list[Check]:
    """The checks of a target; a Spec is also compared with its formula and its declarations.

    Raises:
        SpecError: it cannot be called, or accepts none of the shapes tried; a field of a Spec does not fit.
    """
    if not isinstance(target.object, Spec):
        return [Check(c.title, c.reproduce, partial(examine, c)) for c in _function_cases(target, asked)]
    if asked.inputs:
        raise SpecError(f"{target.text} is a Spec, whose variants say the shapes: leave --shape out")
    require_fitting_display(target.object)
    cases = spec_cases(target, asked)
    found = [Check(case.title, case.reproduce, partial(tasks.measure_case, case)) for case in cases]
    return found + list(_declarations(target.object, asked.device))


def _declarations(spec: Spec, device: str) -> Iterator[Check]:
    """What a Spec says besides its formula, judged as a run judges it."""
    for case_id in declarations.ids(spec, device):
        title = case_id.partition("/")[0]
        if spec.vanishes is not None or not title.endswith(declarations.VANISHES):
            yield Check(title, "", partial(_declared, spec, case_id, title))


def _declared(spec: Spec, case_id: str, title: str) -> Result:
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
    return [
        replace(
            case_of(spec, key, asked.order),
            reproduce=_command(target, asked, f"--order {asked.order} --dtype {key.dtype}"),
        )
        for key, reason in zip(keys, reasons, strict=True)
        if reason is None
    ]


def _function_cases(target: Target, asked: Asked) -> list[Case]:
    """Cases for the inputs, given or chosen, that it accepts; with integers where it needs some."""
    f = _callable(target)
    tries = [[tuple(asked.inputs)]] if asked.inputs else _chosen(target, f)
    reasons: list[str] = []
    for tried in tries:
        found = []
        for each, dtype in itertools.product(tried, asked.dtypes):
            try:
                found.append(_case(target, f, asked._replace(inputs=each), dtype))
            except InputError as error:
                reasons.append(f"{' and '.join(map(str, each))}: {error}")
        if found:
            return found if asked.inputs else [*found, *_awkward(f, found)]
    example = " ".join("--shape 2x3" for _ in tries[0][0])
    raise SpecError(
        f"{target.text} fails on every shape tried ({reasons[0]}); give its own: {example}, and "
        "--shape 4:int for an input of integers"
    )


def _awkward(f: Callable[..., Any], found: Sequence[Case]) -> list[Case]:
    """The first float64 case again, with a zero and a tie in each of its inputs, where f is finite there."""
    first = next((case for case in found if case.dtype == np.float64), None)
    if first is None:
        return []
    changed = [awkward(x) for x in first.inputs]
    inputs = [x if new is None else new for x, new in zip(first.inputs, changed, strict=True)]
    if all(new is None for new in changed):
        return []
    case = build_case(f, inputs, first.order, first.seed, first.device)
    try:
        finite = _is_finite(case)
    except InputError:
        finite = False
    return [replace(case, op=f"{first.op}, a zero and a tie")] if finite else []


def _is_finite(case: Case) -> bool:
    """Whether all outputs are finite; also true of a function that exits, which the check will report.

    Raises:
        InputError: the function does not accept these inputs.
    """
    try:
        with np.errstate(all="ignore"):
            outputs = outputs_of(case.subject(), case.inputs)
    except EscapeError:
        return True
    return all(np.isfinite(y).all() for y in outputs)


def _callable(target: Target) -> Callable[..., Any]:
    if not is_function_class(target.object):
        return target.object  # load() saw that it is callable
    try:
        target.object()
    except Exception as error:
        raise SpecError(
            f"{target.text} cannot be made without arguments ({described(error)}); "
            "check a function that makes it, such as lambda x: MyFunction(axis=0)(x)"
        ) from error
    return target.object


def _chosen(target: Target, f: Any) -> list[list[tuple[Input, ...]]]:
    """The inputs to try, and those to try where none of these is accepted."""
    count = arity(f.forward if is_function_class(f) else f)
    if count is None:
        raise SpecError(f"{target.text}: how many inputs it takes cannot be seen; give a --shape for each")
    if count == 0:
        raise SpecError(f"{target.text} takes no inputs")
    return [chosen(count), with_integers(count)]


def _case(target: Target, f: Callable[..., Any], asked: Asked, dtype: str) -> Case:
    """The case at drawn inputs, in the first interval on which the outputs are finite."""
    error: InputError | None = None
    for interval in INTERVALS:
        rng = np.random.default_rng(asked.seed)
        inputs = [each.draw(rng, interval, DTYPES[dtype]) for each in asked.inputs]
        case = build_case(f, inputs, asked.order, asked.seed, asked.device)
        try:
            finite = _is_finite(case)
        except InputError as caught:
            error = caught
            continue
        if finite:
            given = " ".join(f"--shape {each}" for each in asked.inputs)
            options = f"{given} --dtype {dtype} --order {asked.order} --seed {asked.seed}"
            return replace(
                case, op=target.text.rpartition(":")[2], reproduce=_command(target, asked, options)
            )
    raise error or InputError("its values are not finite on any interval tried")


def _command(target: Target, asked: Asked, options: str) -> str:
    where = "" if asked.device == "cpu" else f" --device {asked.device}"
    return f"gradcheck check {target.text} {options}{where}"
