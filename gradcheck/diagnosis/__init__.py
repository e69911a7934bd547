"""The likely cause of a failure, from what was got and what is true.

Each hypothesis is one function that looks at the Symptoms of the lowest failing order and answers with a
sentence, or None; the first answer is the diagnosis. They run in the order of HYPOTHESES: the most
specific first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from gradcheck.contract import Violation
from gradcheck.diagnosis import conduct, extent, factors, kinked, missing, places
from gradcheck.diagnosis.symptoms import Symptoms
from gradcheck.finding import Evidence
from gradcheck.judging.scene import Scene

HYPOTHESES: tuple[Callable[[Symptoms], str | None], ...] = (
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
    places.wrong_product,
    places.axes,
    places.repeated,
    factors.factor,
    places.permuted,
    extent.own_terms,
    extent.branch,
    missing.detached,
    conduct.contract,
    extent.few,
    extent.one_input,
    extent.unexplained,
)


def diagnose(scene: Scene, rows: Sequence[Evidence], violations: Sequence[Violation]) -> str | None:
    """The likely cause of the first failure among `rows`, or None."""
    failing = [r for r in rows if r.verdict == "fail"]
    if not failing:
        return None
    order = min(r.order for r in failing)
    values = [r for r in failing if r.order == order and r.oracle != "contract"]
    messages = {v.kind: v.message for v in violations}
    symptoms = Symptoms(scene, max(order, 1), messages, values[0] if values else None)
    answers = (hypothesis(symptoms) for hypothesis in HYPOTHESES)
    answer = next((answer for answer in answers if answer), None)
    if answer is None or order < 2 or re.search(r"\border \d", answer):
        return answer
    return f"{answer} (order {order}; order {order - 1} is right)"
