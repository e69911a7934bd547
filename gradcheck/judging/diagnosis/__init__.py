"""The likely cause of a failure, from what was got and what is true.

Each hypothesis is one function that looks at the Symptoms of the lowest failing order and answers with a
sentence, or None; the first answer is the diagnosis. They run in the order of HYPOTHESES: the most
specific first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from gradcheck.judging.contract import Violation
from gradcheck.judging.diagnosis import (
    conduct,
    elsewhere,
    extent,
    factors,
    kinked,
    lacking,
    linear,
    missing,
    places,
    products,
    questions,
    regions,
    shown,
    terms,
)
from gradcheck.judging.diagnosis.symptoms import Symptoms
from gradcheck.judging.finding import Evidence
from gradcheck.judging.scene import Scene

Hypothesis = Callable[[Symptoms], str | None]
OF_ELEMENTS: tuple[Hypothesis, ...] = (  # which compare elements, all or a sample
    missing.spurious,
    factors.rounded,
    factors.sign,
    factors.swapped,
    factors.factor,
    places.transposed,
    places.axes,
    places.permuted,
    products.wrong_product,
    lacking.lacks_number,
    lacking.unchanged,
    lacking.lacks,
    lacking.another_factor,
    linear.forward_again,
    regions.branches,
    terms.residual,
)
HYPOTHESES: tuple[Hypothesis, ...] = (
    conduct.side_effect,
    conduct.random,
    conduct.raises,
    kinked.claimed,
    places.shape,
    conduct.whole_numbers,
    missing.missing,
    conduct.not_finite,
    missing.spurious,
    missing.ignores_gy,
    missing.not_homogeneous,
    extent.one_output,
    factors.rounded,
    factors.digits,
    missing.not_linear,
    factors.sign,
    factors.swapped,
    places.transposed,
    regions.of_branch,
    regions.branches,
    lacking.lacks_number,
    factors.factor,
    products.wrong_product,
    places.axes,
    linear.adjoint,
    linear.forward_again,
    lacking.unchanged,
    lacking.lacks,
    lacking.another_factor,
    linear.own_terms,
    linear.triangle,
    places.repeated,
    linear.reordered,
    questions.symmetric,
    questions.another_question,
    regions.single,
    linear.by_output,
    linear.entries,
    regions.region,
    places.permuted,
    terms.residual,
    elsewhere.assumes,
    missing.detached,
    conduct.contract,
    regions.few,
    extent.one_input,
    extent.unexplained,
)


def diagnose(scene: Scene, rows: Sequence[Evidence], violations: Sequence[Violation]) -> str | None:
    """The likely cause of the first failure among `rows`, or None."""
    symptoms = symptoms_of(scene, rows, violations)
    if symptoms is None:
        return None
    order = symptoms.order
    below = elsewhere.first_order_beside(symptoms)
    if below is not None:
        return f"already the gradient of order 1 is wrong, but not at this point: beside it, {_likely(below)}"
    answer = _likely(symptoms)
    if answer is None or order < 2 or re.search(r"\border \d", answer):
        return answer
    below_it = f"; order {order - 1} is right" if symptoms.right_below else ""
    return f"{answer} (order {order}{below_it})"


def _likely(symptoms: Symptoms) -> str | None:
    """The first answer."""
    for hypothesis in HYPOTHESES:
        answer = _asked(hypothesis, symptoms)
        if answer is not None:
            return answer + _of_a_sample(symptoms, hypothesis, answer)
    return None


STRICT = False  # tests want to see what a hypothesis stumbles on


def _asked(hypothesis: Hypothesis, symptoms: Symptoms) -> str | None:
    """Its answer. A check of a wrong gradient never raises: one that fails on the numbers has none."""
    try:
        return hypothesis(symptoms)
    except Exception:
        if STRICT:
            raise
        return None


def _of_a_sample(symptoms: Symptoms, hypothesis: Hypothesis, answer: str) -> str:
    """That what was found is found of some elements only, where it is."""
    count = symptoms.looked_at if hypothesis in OF_ELEMENTS else None
    if count is None or "looked at" in answer:
        return ""
    return f" (at {'the element' if count == 1 else f'all {count} elements'} looked at)"


def matrices(scene: Scene, rows: Sequence[Evidence], violations: Sequence[Violation]) -> list[str]:
    """The Jacobian or Hessian of the first failure among `rows`, expected beside got, if it is small."""
    symptoms = symptoms_of(scene, rows, violations)
    return [] if symptoms is None else shown.shown(symptoms)


def symptoms_of(scene: Scene, rows: Sequence[Evidence], violations: Sequence[Violation]) -> Symptoms | None:
    """Those of the lowest order that fails; None where none does."""
    failing = [r for r in rows if r.verdict == "fail"]
    if not failing:
        return None
    order = min(r.order for r in failing)
    values = [r for r in failing if r.order == order and r.oracle != "contract"]
    messages = {v.kind: v.message for v in violations}
    below = [r.verdict for r in rows if r.order == order - 1 and r.oracle != "contract"]
    right_below = order > 1 and bool(below) and set(below) == {"pass"}
    return Symptoms(scene, max(order, 1), messages, values[0] if values else None, right_below)
