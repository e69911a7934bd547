"""Claims at a kink that are not made of the gradients around it."""

from __future__ import annotations

from gradcheck.judging.diagnosis.symptoms import Symptoms


def claimed(s: Symptoms) -> str | None:
    """What a claim at a kink must be."""
    if s.row is None or not _at_a_kink(s, s.row.reason):
        return None
    reason, where = s.row.reason, s.row.where
    if any(f"claims {number}" in reason for number in ("nan", "inf", "-inf")):
        return f"NaN or infinity at a kink: at {where} something divides by zero on the way back"
    if "add up" in reason:
        return "shares of a tie: elements that tie must share the gradient, or one of them must get it all"
    return f"a kink: the gradient at {where} is not between those on its sides"


def _at_a_kink(s: Symptoms, reason: str) -> bool:
    """Whether the failing row is about a claim there, as jets see it or as differences do."""
    claim = s.scene.kinks.claim
    by_jets = claim is not None and claim.verdict == "fail" and reason == claim.reason
    return by_jets or "has a kink at" in reason
