"""Where the mistake is looked for: inside f, at a small part of large inputs, or in f as a whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradcheck.cases.case import Case
from gradcheck.judging.contract import Violation
from gradcheck.judging.diagnosis import diagnose, small_part
from gradcheck.judging.diagnosis.culprits import Cause, culprit
from gradcheck.judging.diagnosis.inside import Inside
from gradcheck.judging.finding import Evidence, Result
from gradcheck.judging.scene import Scene


def likely_cause(
    scene: Scene, rows: list[Evidence], violations: list[Violation], examine: Callable[..., Result] | None
) -> Cause:
    """The mistake of the function inside f that is wrong, where one is; else that of f as a whole.

    Where the inputs are large, so that each look at all of them is costly, first that of f at a small part.

    Args:
        examine: judges a case, for functions inside f and small parts; None where these are not looked at.
    """
    lowest = min(row.order for row in rows if row.verdict == "fail")
    order = max(lowest, 1)
    if examine is not None and small_part.is_worthwhile(scene):
        found = small_part.cause(scene, rows, examine)
        if found is not None:
            return found
    graphs = None
    if examine is not None and not scene.large:
        graphs = _graphs(scene, order, rows, violations, examine)
        found = graphs.blame() or _of_f(graphs, order, violations)
        if found is not None:
            return found
    text = diagnose(scene, rows, [v for v in violations if v.order <= lowest])
    alone = graphs and graphs.alone()
    return Cause(text, culprit(alone, order, text) if alone and text else None)


def _graphs(
    scene: Scene, order: int, rows: list[Evidence], violations: list[Violation], examine: Callable[..., Any]
) -> Inside:
    """The graphs of f and of its gradients, whose functions are examined by themselves."""
    # The contract, by f: so its functions keep it, too. In the graphs of higher orders it is not seen of f.
    kept = 0 < order <= 2 and scene.fitting > 0 and not violations

    def judge(case: Case) -> Result:
        return examine(case, inside=False, contracts=not kept)

    return Inside(scene, order, rows, judge, kept=kept)


def _of_f(graphs: Inside, order: int, violations: list[Violation]) -> Cause | None:
    """What is wrong with f where all its functions are right: a kink inside it, or an incomplete graph."""
    text = graphs.kinked()
    if text is None and order == 1 and not violations:
        text = graphs.outside()
    return None if text is None else Cause(text)
