"""Where the mistake is looked for: inside f, at a small part of large inputs, or in f as a whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradcheck.cases.case import Case
from gradcheck.judging.contract import Violation
from gradcheck.judging.diagnosis import diagnose, small_part
from gradcheck.judging.diagnosis.inside import Inside
from gradcheck.judging.finding import Evidence, Result
from gradcheck.judging.scene import Scene


def likely_cause(
    scene: Scene, rows: list[Evidence], violations: list[Violation], examine: Callable[..., Result] | None
) -> str | None:
    """The mistake of the function inside f that is wrong, where one is; else that of f as a whole.

    Where the inputs are large, so that each look at all of them is costly, first that of f at a small part.

    Args:
        examine: judges a case, for functions inside f and small parts; None where these are not looked at.
    """
    order = min(row.order for row in rows if row.verdict == "fail")
    found = None if examine is None else _elsewhere(scene, max(order, 1), rows, violations, examine)
    return found or diagnose(scene, rows, [v for v in violations if v.order <= order])


def _elsewhere(
    scene: Scene, order: int, rows: list[Evidence], violations: list[Violation], examine: Callable[..., Any]
) -> str | None:
    """What is wrong inside f: one of its functions, or that its graph is incomplete."""
    found = small_part.cause(scene, rows, examine) if small_part.is_worthwhile(scene) else None
    if found or scene.large:
        return found
    # The contract, by f: so its functions keep it, too. In the graphs of higher orders it is not seen of f.
    kept = 0 < order <= 2 and scene.fitting > 0 and not violations

    def judge(case: Case) -> Result:
        return examine(case, inside=False, contracts=not kept)

    graphs = Inside(scene, order, rows, judge, kept=kept)
    found = graphs.blame() or graphs.kinked()
    if found is None and order == 1 and not violations:
        return graphs.outside()
    return found
