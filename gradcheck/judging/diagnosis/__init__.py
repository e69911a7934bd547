"""The likely cause of a failure, from backward's gradient and the true one.

A rule looks at the Symptoms of the lowest failing order and answers with a sentence, or None; the first
answer is the diagnosis. RULES has them in the order in which they are asked: the most specific first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from gradcheck.judging.contract import Violation
from gradcheck.judging.diagnosis import (
    conduct,
    extent,
    factors,
    granted,
    lacking,
    linear,
    missing,
    other_points,
    other_questions,
    places,
    products,
    regions,
    shown_matrices,
)
from gradcheck.judging.diagnosis.rules import Rule, of_elements
from gradcheck.judging.diagnosis.symptoms import Symptoms
from gradcheck.judging.finding import Evidence
from gradcheck.judging.scene import Scene
from gradcheck.judging.side_by_side import SideBySide

RULES: tuple[Rule, ...] = (
    conduct.side_effect,
    conduct.random,
    conduct.raises,
    conduct.claimed,
    places.shape,
    conduct.whole_numbers,
    missing.missing,
    conduct.not_finite,
    of_elements(missing.spurious),
    missing.ignores_gy,
    missing.not_homogeneous,
    extent.one_output,
    of_elements(factors.rounded),
    factors.digits,
    missing.not_linear,
    of_elements(factors.sign),
    of_elements(factors.swapped),
    of_elements(places.transposed),
    regions.of_branch,
    of_elements(regions.branches),
    of_elements(lacking.lacks_number),
    of_elements(factors.factor),
    of_elements(products.wrong_product),
    of_elements(places.axes),
    linear.adjoint,
    of_elements(linear.forward_again),
    of_elements(lacking.unchanged),
    of_elements(lacking.lacks),
    of_elements(lacking.another_factor),
    linear.part_only,
    linear.own_effect_only,
    places.repeated,
    linear.reordered,
    other_questions.symmetric,
    other_questions.another_question,
    regions.single,
    linear.by_output,
    linear.entries,
    regions.region,
    of_elements(places.permuted),
    of_elements(lacking.lacks_term),
    granted.assumes,
    missing.detached,
    conduct.contract,
    regions.few,
    extent.one_input,
    extent.unexplained,
)
STRICT = False  # tests set this, to see where a rule raises


def diagnose(scene: Scene, rows: Sequence[Evidence], violations: Sequence[Violation]) -> str | None:
    """The likely cause of the first failure among `rows`, or None."""
    symptoms = symptoms_of(scene, rows, violations)
    if symptoms is None:
        return None
    order = symptoms.order
    below = other_points.first_order_nearby(symptoms)
    if below is not None:
        return f"already the gradient of order 1 is wrong, but not at this point: beside it, {_likely(below)}"
    answer = _likely(symptoms)
    if answer is None or order < 2 or re.search(r"\border \d", answer):
        return answer
    below_it = f"; order {order - 1} is right" if symptoms.right_below else ""
    return f"{answer} (order {order}{below_it})"


def _likely(symptoms: Symptoms) -> str | None:
    """The first answer. A check never raises: a rule that fails on the numbers has none."""
    for rule in RULES:
        try:
            answer = rule(symptoms)
        except Exception:
            if STRICT:
                raise
            continue
        if answer is not None:
            return answer
    return None


def matrices(scene: Scene, rows: Sequence[Evidence], violations: Sequence[Violation]) -> list[SideBySide]:
    """The Jacobian or Hessian of the first failure among `rows`, expected next to got, if it is small."""
    symptoms = symptoms_of(scene, rows, violations)
    return [] if symptoms is None else shown_matrices.shown_matrices(symptoms)


def symptoms_of(scene: Scene, rows: Sequence[Evidence], violations: Sequence[Violation]) -> Symptoms | None:
    """Those of the lowest order that fails; None where none does."""
    failing = [r for r in rows if r.verdict == "fail"]
    if not failing:
        return None
    order = min(r.order for r in failing)
    values = [r for r in failing if r.order == order and r.oracle != "contract"]
    messages = {v.kind: v.message for v in violations}
    below = {r.verdict for r in rows if r.order == order - 1 and r.oracle != "contract"}
    right_below = order > 1 and below == {"pass"}
    return Symptoms(scene, max(order, 1), messages, values[0] if values else None, right_below)
