"""Gradients that are not there, or not linked: None, zeros, cuts, a gy that is not used as it should be."""

from __future__ import annotations

import numpy as np

from gradcheck.judging.diagnosis.inside import MOST_ELEMENTS
from gradcheck.judging.diagnosis.other_points import with_ones
from gradcheck.judging.diagnosis.rules import of_each_input
from gradcheck.judging.diagnosis.symptoms import Pair, Symptoms


def missing(s: Symptoms) -> str | None:
    """A gradient that is None, or zero throughout, though the truth is not."""
    active = [i for i, on in enumerate(s.scene.at.active) if on]
    empty = [i for i in active if s.got[i] is None or not np.any(s.got[i])]
    for i in empty if empty[:1] == [_shown(s)] or _single(s, active) else _wrong_of(s, empty):
        g = s.got[i]
        what = "None" if g is None else "zero"
        meaning = ' (which means "no gradient")' if g is None else ""
        name = s.name(i)
        if s.order > 1:
            arrays = f"gradient of order {s.order - 1} was computed from arrays (.data), not from Variables"
            unseen = s.scene.at.size > MOST_ELEMENTS  # its functions were not examined separately
            why = (
                f"so the {arrays}{' (or a function in it gives None)' if unseen else ''}"
                if g is None
                else f"so a factor of the {arrays}, or has a derivative that is wrongly zero"
            )
            return (
                f"graph cut in backward: the derivative of order {s.order} with respect to {name} "
                f"is {what}, {why}"
            )
        return f"one input's gradient missing: backward gives {what}{meaning} for {name}{_or_else(s, i)}"
    return None


def _shown(s: Symptoms) -> int | None:
    """The input at an element of which the formula is shown to be wrong: no truth has to be asked for."""
    row = s.row
    if row is None or row.formula != "wrong" or row.position is None:
        return None
    return s.scene.case.element(row.position)[0]


def _single(s: Symptoms, active: list[int]) -> bool:
    """Whether the row fails for the one input that there is, where nothing is known of its elements."""
    return not s.pairs and s.row is not None and len(active) == 1


def _wrong_of(s: Symptoms, inputs: list[int]) -> list[int]:
    """Those of the inputs whose gradient is wrong."""
    return [pair.input for pair in s.wrong if pair.input in inputs]


def _or_else(s: Symptoms, i: int) -> str:
    """Further reasons for no gradient."""
    if s.got[i] is None:
        others = len(s.scene.at.inputs) > 1 and not all(s.scene.at.active)
        return " (or swapped: the gradients are returned in another order than the inputs)" if others else ""
    known = s.scene.truth is not None  # otherwise a gradient that is right for a gy of ones would fail
    if known and not any(p.true.any() for p in with_ones(s).pairs if p.input == i):
        return " (or ignores gy: with ones in place of gy the gradient is zero here)"
    return ""


@of_each_input
def spurious(s: Symptoms, pair: Pair) -> str | None:
    """A gradient of something that f does not depend on."""
    if pair.true.any() or not np.isfinite(pair.got).all():
        return None
    return f"a gradient where there is none: that of {s.name(pair.input)} is zero, what backward gives is not"


def ignores_gy(s: Symptoms) -> str | None:
    if s.broken("ignores gy"):
        return f"ignores gy: {s.violations['ignores gy']}; multiply by gy (the chain rule)"
    if "gy detached" in s.violations and not s.wrong:
        return (
            f"graph cut in backward: {s.violations['gy detached']}; "
            "gy was used as an array (.data), not as a Variable, or has a wrong derivative on its way"
        )
    return None


def not_linear(s: Symptoms) -> str | None:
    return f"not linear in gy: {s.violations['not linear in gy']}" if s.broken("not linear in gy") else None


def not_homogeneous(s: Symptoms) -> str | None:
    """Rounding commutes with factors, so it is not to blame; it does not with sums."""
    answer = not_linear(s)
    return None if answer is None or "sum" in answer or "part" in answer else answer


def detached(s: Symptoms) -> str | None:
    if s.order == 1 or s.row is None:
        return None
    return (
        f"a factor of the gradient is cut from the graph, or has a wrong derivative: order "
        f"{s.order - 1} is right, order {s.order} is not"
    )
