"""What a rule of diagnosis is: it looks at the symptoms, and answers with the likely cause, or None."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from gradcheck.judging.diagnosis.symptoms import Pair, Symptoms

Rule = Callable[[Symptoms], str | None]


def of_each_input(rule: Callable[[Symptoms, Pair], str | None]) -> Rule:
    """The rule that asks this of each input whose gradient is wrong, until one has an answer."""

    @wraps(rule)
    def asked(s: Symptoms) -> str | None:
        return next((answer for pair in s.wrong if (answer := rule(s, pair)) is not None), None)

    return asked


def of_elements(rule: Rule) -> Rule:
    """The rule, which compares elements: where it saw a sample of them only, its answer says so."""

    @wraps(rule)
    def asked(s: Symptoms) -> str | None:
        answer = rule(s)
        count = None if answer is None else s.looked_at
        if answer is None or count is None or "looked at" in answer:
            return answer
        return f"{answer} (at {'the element' if count == 1 else f'all {count} elements'} looked at)"

    return asked
