"""What jets say of each order, at kinks and away from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flint import arb

from gradcheck.judging.estimate import estimated
from gradcheck.judging.finding import Evidence
from gradcheck.judging.kinks import claims_by_jets, elements
from gradcheck.judging.proof import certified
from gradcheck.judging.proof.reach import not_finite
from gradcheck.judging.scene import Scene
from gradcheck.system import progress

Judged = tuple[Scene, Evidence | None]  # the scene without the kinks that were found, and the row


def judge(scene: Scene) -> tuple[Scene, list[Evidence]]:
    """The judgement by jets of each order, up to the first that fails; by the contract where they cannot.

    And the scene that was judged: without elements on a kink.
    """
    rows: list[Evidence] = []
    for k in range(1, scene.at.order + 1):
        if scene.truth is not None:
            progress.tell(f"order {k}: jets against backward")
        scene, row = _judge_order(scene, k)
        if row is not None:
            rows.append(row)
            if row.verdict == "fail":
                break
    share = scene.truth_seconds / len(rows) if rows else 0.0
    return scene, [replace(row, seconds=share) for row in rows]


def _judge_order(scene: Scene, k: int) -> Judged:
    measured = scene.measured
    if k > measured.reached:
        return scene, Evidence(k, "contract", "fail", f"backward of order {k} raised {measured.crash}")
    misfit = scene.misfit(k)
    if misfit:
        return scene, Evidence(k, "contract", "fail", misfit)
    if scene.truth is None:
        return scene, None
    scene = _without_kinks(scene, k)
    suspects, claim = scene.kinks.suspects, scene.kinks.claim
    if _fails(claim):
        return _elements_before_kinks(scene, k)
    if k == 1 and suspects and claim is None:
        wrong = estimated.judge_where_jets_cannot(scene, suspects)
        if wrong is not None:
            return scene, wrong
    if (scene.truth is not None and scene.truth.smooth < k) or _all_suspected(scene):
        return scene, claim or _not_smooth(scene, k)
    return _smooth_elements(scene, k)


def _without_kinks(scene: Scene, k: int) -> Scene:
    """From the first order that is not smooth, elements on a kink are judged once, by those around."""
    assert scene.truth is not None
    if scene.kinks.suspects is not None or k > scene.fitting:
        return scene
    infinite = not_finite(scene)
    if scene.truth.smooth >= k and not (k == 1 and (scene.truth.ties or infinite)):
        return scene
    limits = None if infinite else elements.limits(scene, k)
    if limits is not None:
        return _with_limits(scene, k, limits)
    if not infinite:
        return _suspecting(scene, k, elements.find(scene, k))
    claim = Evidence(k, "jet", "inconclusive", f"order {k}: {infinite}")
    return _claimed(scene, elements.behind_infinities(scene), claim)


def _suspecting(scene: Scene, k: int, suspects: list[int]) -> Scene:
    return _claimed(scene, suspects, claims_by_jets.judge(scene, k, suspects) if suspects else None)


def _claimed(scene: Scene, suspects: list[int], claim: Evidence | None) -> Scene:
    """The suspects are left out, unless backward's claim there fails or there is nothing else."""
    known = replace(scene.kinks, suspects=suspects, claim=claim if suspects else None)
    scene = replace(scene, kinks=known)
    keeps = not suspects or _fails(claim) or _all_suspected(scene)
    return scene if keeps else elements.left_out(scene)


def _fails(claim: Evidence | None) -> bool:
    return claim is not None and claim.verdict == "fail"


def _all_suspected(scene: Scene) -> bool:
    return len(scene.kinks.suspects or ()) == scene.at.size


def _with_limits(scene: Scene, k: int, limits: Sequence[float]) -> Scene:
    """The derivative from all around, if it is the same there, where jets have none at the point itself."""
    assert scene.truth is not None
    if scene.truth.smooth >= k:
        return scene
    columns = [
        [*column[: k - 1], arb(limit), *column[k:]]
        for column, limit in zip(scene.truth.columns, limits, strict=True)
    ]
    truth = replace(scene.truth, columns=columns, smooth=k)
    return replace(scene, truth=truth, kinks=replace(scene.kinks, limited=k))


def _of_limits(scene: Scene, row: Evidence) -> Evidence:
    """The row; what gradients around tend to, on the rays that were asked, is no proof."""
    if scene.kinks.limited != row.order:
        return row
    formula = "supported" if row.formula == "proven" else row.formula
    reason = row.reason.replace("(proven)", "(it is not what the gradients around tend to)")
    return replace(row, certified=False, formula=formula, reason=reason.replace("proven right", "right"))


def _elements_before_kinks(scene: Scene, k: int) -> Judged:
    """The wrong claim; before it a proven mistake at elements on no kink, which may explain it too."""
    claim = scene.kinks.claim
    if _all_suspected(scene):
        return scene, claim
    scene, row = _smooth_elements(elements.left_out(_with_claim(scene, None)), k)
    if row.verdict == "fail" and row.formula == "wrong":
        return scene, row
    return _with_claim(scene, claim), claim


def _with_claim(scene: Scene, claim: Evidence | None) -> Scene:
    return replace(scene, kinks=replace(scene.kinks, claim=claim))


def _smooth_elements(scene: Scene, k: int) -> tuple[Scene, Evidence]:
    """The judgement of the elements that are on no kink.

    One that fails may be on a kink too, after all: then it is left out as well.
    """
    row = certified.judge(scene, k) if scene.measured.high is not None else None
    row = _of_limits(scene, row or estimated.judge_against_jets(scene, k))
    if row.verdict != "fail" or row.position is None or not _on_a_kink(scene, k, row.position):
        return scene, row
    scene = _suspecting(scene, k, sorted({*(scene.kinks.suspects or ()), row.position}))
    claim = scene.kinks.claim
    if _all_suspected(scene) or _fails(claim):
        return scene, claim or _not_smooth(scene, k)
    return _smooth_elements(scene, k)


def _on_a_kink(scene: Scene, k: int, position: int) -> bool:
    tied = bool(scene.kinks.suspects) or (scene.truth is not None and scene.truth.ties > 0)
    return tied and position not in scene.kinks.left_out and elements.is_one(scene, k, position)


def _not_smooth(scene: Scene, k: int) -> Evidence:
    infinite, found = not_finite(scene), scene.kinks.suspects
    what = "not differentiable" if k == 1 else f"not {k} times differentiable"
    where = f"here: {scene.named(found)}" if found else "at this point"
    return Evidence(
        k, "jet", "inconclusive", f"order {k}: {infinite}" if infinite else f"f is {what} {where}"
    )
