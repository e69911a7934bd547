"""What the page of an op of a user's draws, from one of its cases: no formula of it is known.

    section     the value and its derivatives along one element, within where f is finite
    range       the error over the domain that was found, of an elementwise op that jets follow
    curve       the error of numerical differentiation against the step, where jets know the truth
    graph       what the op is made of, and its gradient
    source      of each backward that is not one of dezero's own; where there is none, of the op itself

What cannot be measured is left out of the page, and a warning says why.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.cases.case import MOST_DRAWN, Case
from gradcheck.experiments.studies import anatomy, own_range, section, step_size
from gradcheck.experiments.studies.section import Section
from gradcheck.oracles.differences.univariate import derivative
from gradcheck.oracles.jet import NotApplicableError
from gradcheck.oracles.numbers.working import by_itself
from gradcheck.records.rows import Row, row
from gradcheck.subjects.traceless import traceless
from gradcheck.subjects.written import is_dezeros
from gradcheck.system.raised import described
from gradcheck.system.texts import storable

HIGHEST = 3  # order that is drawn
_REACH = 2.0  # to both sides of the point


def rows(op: str, case: Case, order: int, target: Any = None) -> list[Row]:
    """The rows of all that can be drawn of a case of an op of this name.

    Args:
        target: what the user has written: a function, a layer, a Function; None where it is not known.
    """
    case = replace(case, op=op, device="cpu")
    highest = min(order, HIGHEST)
    found: list[Row] = []
    if case.input_elements > MOST_DRAWN:
        why = f"the smallest point that was tried has {case.input_elements} elements"
        found.append(_warning(op, "its curves", why))
    elif any(case.active):
        found += _tried(op, "section", lambda: _sections(case, highest))
        found += _tried(op, "curve", lambda: _curves(case, highest))
    if any(case.active):
        found += _tried(op, "range", lambda: own_range.rows_of(case, highest))
    found += _tried(op, "graph", lambda: _graphs(case))
    found += _tried(op, "source", lambda: _sources(case, target))
    return found


@by_itself()
def curves(case: Case) -> list[Row]:
    """The "curve" rows of a case alone, up to its order, along the first element that matters.

    Where there are none, a warning that says why. What f holds is as before, afterwards.
    """
    f, highest = case.f, min(case.order, HIGHEST)
    with np.errstate(all="ignore"), traceless(case.subject(), f) as kept:
        alone = replace(case, device="cpu", f=lambda *xs: kept.alone(lambda: f(*xs)))
        try:
            along, _ = section.section_of(alone)
            drawn = step_size.curves_along(along, highest)
        except NotApplicableError:  # the notes of a finding say why
            return [undrawn("jets do not apply to f, so the truth is not known")]
        except Exception as error:  # f may not run on the host
            return [undrawn(described(error))]
    if not drawn:
        return [undrawn(f"the derivative of {along.output} by {along.moving} is 0")]
    if any(math.isnan(float(fields["truth"])) for fields in drawn):
        return [undrawn(f"the derivative of {along.output} by {along.moving} is not known here")]
    return [row("curve", fields) for fields in drawn]


def undrawn(why: str) -> Row:
    """The warning in place of curves."""
    return row("warning", {"message": storable(f"error against step is not drawn: {why}")})


def _tried(op: str, kind: str, measure: Callable[[], list[dict[str, Any]]]) -> Iterator[Row]:
    """The rows that this gives; a warning where it gives none, as the op may do anything."""
    try:
        yield from [row(kind, fields) for fields in measure()]
    except Exception as error:
        yield _warning(op, f"its {kind}", described(error))


def _warning(op: str, what: str, why: str) -> Row:
    return row("warning", {"message": storable(f"{op}: {what} could not be drawn: {why}")})


def _sections(case: Case, highest: int) -> list[dict[str, Any]]:
    certified = _jets_apply(case)
    found, label = _worth_drawing(case, certified)
    ends = _finite_around(found)
    try:
        drawn = section.rows_along(found, label, ends, highest, certified=certified)
    except Exception:  # the findings say what is wrong with backward
        drawn = section.rows_along(found, label, ends, 0, certified=certified)
    return [fields for fields in drawn if fields["order"] < 2 or not _vanishes(fields)]


def _curves(case: Case, highest: int) -> list[dict[str, Any]]:
    """Along the element that the sections are drawn along."""
    found, _ = _worth_drawing(case, certified=True)
    return step_size.curves_along(found, highest)


def _vanishes(fields: dict[str, Any]) -> bool:
    """Whether a derivative is 0 and has to be, as the second one of what is linear."""
    return not any(fields["analytic"]) and not any(fields["error_ulp"])


def _worth_drawing(case: Case, certified: bool) -> tuple[Section, str]:
    """Along an element where backward is off, if there is one; else along one that matters."""
    found, label = section.section_of(case, _is_off)
    if _is_off(found):
        return found, label
    return section.section_of(case, Section.matters if certified else _moves)


def _jets_apply(case: Case) -> bool:
    try:
        next(section.sections_of(case)).matters()
    except Exception:  # f runs on no objects, or goes another way there
        return False
    return True


def _is_off(found: Section) -> bool:
    """Whether backward is far from the slope of the value: what a page is to show, if anything is."""
    slope = derivative(found.values, found.start, lower=found.domain[0], upper=found.domain[1])
    try:
        (got,) = found.backward(found.start, 1)
    except Exception:
        return False
    allowed = 10 * slope.bound + 1e-6 * max(abs(slope.value), abs(got))
    return not abs(got - slope.value) <= allowed if math.isfinite(slope.bound) else False


def _moves(found: Section) -> bool:
    """Whether the value changes where the element does."""
    x = found.start
    return bool(found.value(x) != found.value(x + 1e-3 * max(abs(x), 1.0)))


def _finite_around(found: Section) -> tuple[float, float]:
    """The widest interval around the point, up to a reach, in which the values at some points are finite."""
    lower, upper = found.domain
    x = found.start
    reach = max(_REACH, abs(x))
    steps = np.linspace(0.0, reach, section.POINTS)[1:]
    up = _last_finite(found, x + steps[x + steps < upper], x)
    down = _last_finite(found, x - steps[x - steps > lower], x)
    return down, up


def _last_finite(found: Section, points: np.ndarray, start: float) -> float:
    last = start
    for point in points:
        try:
            with np.errstate(all="ignore"):
                value = float(found.value(point))
        except Exception:  # f refuses it
            break
        if not math.isfinite(value):
            break
        last = float(point)
    return last


def _graphs(case: Case) -> list[dict[str, Any]]:
    """That of the op, and that of its gradient where backward gives one."""
    try:
        return anatomy.graphs_of(case)
    except Exception:  # the findings say what is wrong with backward
        y, _ = anatomy.value(case)
        return [{"op": case.op, "order": 0, **anatomy.graph(y)}] if y.creator else []


def _sources(case: Case, target: Any) -> list[dict[str, Any]]:
    """Of the user's own backwards; of an op that is made of dezero's functions alone, of what is written."""
    own = [anatomy.source(cls) for cls in anatomy.classes_of(case) if not is_dezeros(cls)]
    if not own and target is not None:
        own = [anatomy.source_of(_called(target))]
    return [{"op": case.op, **found} for found in own]


def _called(target: Any) -> Any:
    """The function that says what is computed."""
    target = inspect.unwrap(getattr(target, "func", target))  # of a partial
    forward = getattr(target, "forward", None)
    return target if forward is None else getattr(forward, "__func__", forward)
