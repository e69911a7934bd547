"""What jets say of each order, at kinks and beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flint import arb

from gradcheck.judging.estimate import estimated
from gradcheck.judging.finding import Evidence
from gradcheck.judging.kinks import claims, kinks
from gradcheck.judging.proof import certified
from gradcheck.judging.proof.reach import not_finite
from gradcheck.judging.scene import Scene


def judge(scene: Scene) -> list[Evidence]:
    """What jets say of each order, up to the first that fails; the contract's word where they cannot."""
    rows: list[Evidence] = []
    for k in range(1, scene.at.order + 1):
        row = _judge_order(scene, k)
        if row is not None:
            rows.append(row)
            if row.verdict == "fail":
                break
    share = scene.truth_seconds / len(rows) if rows else 0.0
    return [replace(row, seconds=share) for row in rows]


def _leave_kinks_out(scene: Scene, k: int) -> Evidence | None:
    """From the first order that is not smooth, elements on a kink are judged by what is around, once."""
    if scene.truth is None or scene.suspects is not None or k > scene.fitting:
        return None
    infinite = not_finite(scene)
    if scene.truth.smooth >= k and not (k == 1 and (scene.truth.ties or infinite)):
        return None
    limits = None if infinite else kinks.limits(scene, k)
    if limits is not None:
        _take_limits(scene, k, limits)
        return None
    scene.suspects = kinks.behind_infinities(scene) if infinite else kinks.find(scene, k)
    if not scene.suspects:
        return None
    if infinite:
        scene.claim = Evidence(k, "jet", "inconclusive", f"order {k}: {infinite}")
    else:
        scene.claim = claims.judge(scene, k, scene.suspects)
    if scene.claim is None or scene.claim.verdict != "fail":
        _leave_out(scene)
    return scene.claim


def _leave_out(scene: Scene) -> None:
    """The elements on a kink, if there are others."""
    if scene.suspects and len(scene.suspects) < scene.at.size:
        kinks.freeze(scene, scene.suspects)


def _take_limits(scene: Scene, k: int, limits: Sequence[float]) -> None:
    """Where jets know no derivative at the point itself, but it is the same all around, it is that."""
    assert scene.truth is not None
    if scene.truth.smooth >= k:
        return
    columns = [
        [*column[: k - 1], arb(limit), *column[k:]]
        for column, limit in zip(scene.truth.columns, limits, strict=True)
    ]
    scene.truth = replace(scene.truth, columns=columns, smooth=k)
    scene.limited = k


def _of_limits(scene: Scene, row: Evidence) -> Evidence:
    """The row; what gradients around tend to, on the rays that were asked, is no proof."""
    if scene.limited != row.order:
        return row
    formula = "supported" if row.formula == "proven" else row.formula
    reason = row.reason.replace("(proven)", "(it is not what the gradients around tend to)")
    return replace(row, certified=False, formula=formula, reason=reason.replace("proven right", "right"))


def _judge_order(scene: Scene, k: int) -> Evidence | None:
    measured = scene.measured
    if k > measured.reached:
        reason = f"backward of order {k} raised {measured.crash}"
        return Evidence(k, "contract", "fail", reason)
    misfit = scene.misfit(k)
    if misfit:
        return Evidence(k, "contract", "fail", misfit)
    if scene.truth is None:
        return None
    claim = _leave_kinks_out(scene, k)
    if claim is not None and claim.verdict == "fail":
        return _elements_before_kinks(scene, k) or claim
    if k == 1 and scene.suspects and scene.claim is None:
        wrong = estimated.judge_where_jets_cannot(scene, scene.suspects)
        if wrong is not None:
            return wrong
    if scene.truth.smooth < k or len(scene.suspects or ()) == scene.at.size:
        return scene.claim or Evidence(k, "jet", "inconclusive", _kink_reason(scene, k))
    return _beside_kinks(scene, k)


def _elements_before_kinks(scene: Scene, k: int) -> Evidence | None:
    """The proven mistake at elements on no kink, if there is one: it may explain the wrong claim too."""
    if not scene.suspects or len(scene.suspects) == scene.at.size:
        return None
    claim, scene.claim = scene.claim, None
    _leave_out(scene)
    row = _beside_kinks(scene, k)
    scene.claim = claim
    return row if row.verdict == "fail" and row.formula == "wrong" else None


def _beside_kinks(scene: Scene, k: int) -> Evidence:
    """What is to be said of the elements that are on no kink.

    One that fails may be on a kink too, after all: then it is left out with the others.
    """
    row = certified.judge(scene, k) if scene.measured.high is not None else None
    row = _of_limits(scene, row or estimated.judge_against_jets(scene, k))
    if row.verdict != "fail" or row.position is None or not _on_a_kink(scene, k, row.position):
        return row
    scene.suspects = sorted({*(scene.suspects or ()), row.position})
    scene.claim = claims.judge(scene, k, scene.suspects)
    if len(scene.suspects) == scene.at.size or (scene.claim is not None and scene.claim.verdict == "fail"):
        return scene.claim or Evidence(k, "jet", "inconclusive", _kink_reason(scene, k))
    _leave_out(scene)
    return _beside_kinks(scene, k)


def _on_a_kink(scene: Scene, k: int, position: int) -> bool:
    tied = bool(scene.suspects) or (scene.truth is not None and scene.truth.ties > 0)
    return tied and position not in scene.kinks and kinks.is_one(scene, k, position)


def _kink_reason(scene: Scene, k: int) -> str:
    infinite = not_finite(scene)
    if infinite is not None:
        return f"order {k}: {infinite}"
    what = "not differentiable" if k == 1 else f"not {k} times differentiable"
    found = scene.suspects
    return f"f is {what} " + (f"here: {scene.named(found)}" if found else "at this point")
