"""Claims at a kink that are not made of the gradients around it."""

from __future__ import annotations

from gradcheck.diagnosis.symptoms import Symptoms


def claimed(s: Symptoms) -> str | None:
    """What a claim at a kink must be."""
    claim = s.scene.claim
    if claim is None or claim.verdict != "fail" or s.row is None or s.row.reason != claim.reason:
        return None
    if "nan" in claim.reason or "claims inf" in claim.reason or "claims -inf" in claim.reason:
        return f"NaN or infinity at a kink: at {claim.where} something divides by zero on the way back"
    if "add up" in claim.reason:
        return "shares of a tie: elements that tie must share the gradient, or one of them must get it all"
    return f"a kink: the gradient at {claim.where} is not between those on its sides"
