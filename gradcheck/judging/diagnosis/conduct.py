"""What backward does besides its values: side effects, chance, exceptions, dtypes, NaN, claims at a kink."""

from __future__ import annotations

import numpy as np

from gradcheck.judging.diagnosis.symptoms import Symptoms


def side_effect(s: Symptoms) -> str | None:
    for kind, message in s.violations.items():
        if kind in ("input overwritten", "gy overwritten"):
            return f"{kind}: {message}; compute into a new array"
    return None


def random(s: Symptoms) -> str | None:
    message = s.violations.get("not deterministic")
    return None if message is None else f"not deterministic: {message}"


def raises(s: Symptoms) -> str | None:
    if s.order <= s.scene.measured.reached:
        return None
    return f"backward raises: {s.scene.measured.crash}"


def whole_numbers(s: Symptoms) -> str | None:
    for i, g in enumerate(s.got):
        if g is not None and s.scene.at.active[i] and g.dtype.kind in "iub":
            return f"dtype: the gradient of {s.name(i)} has dtype {g.dtype}, so its fractions are cut off"
    return None


def not_finite(s: Symptoms) -> str | None:
    for i, g in enumerate(s.got):
        if g is None or not s.scene.at.active[i]:
            continue
        bad = np.argwhere(~np.isfinite(np.asarray(g, dtype=float)))
        if len(bad):
            index = tuple(int(n) for n in bad[0])
            return f"NaN or infinity leaks into the gradient of {s.name(i)} at element {index}" + (
                f": from {s.source_of_nan}" if s.source_of_nan else _UNSEEN
            )
    return None


_UNSEEN = " (a branch that is not taken, an overflow and 0/0 do so; none is seen here)"


def contract(s: Symptoms) -> str | None:
    for kind, message in s.violations.items():
        return f"{kind}: {message}"
    return None


def claimed(s: Symptoms) -> str | None:
    """What a claim at a kink must be."""
    if s.row is None:
        return None
    claim, reason, where = s.scene.kinks.claim, s.row.reason, s.row.where
    by_jets = claim is not None and claim.verdict == "fail" and reason == claim.reason
    if not by_jets and "has a kink at" not in reason:  # as differences see one
        return None
    if any(f"claims {number}" in reason for number in ("nan", "inf", "-inf")):
        return f"NaN or infinity at a kink: at {where} something divides by zero on the way back"
    if "add up" in reason:
        return "shares of a tie: elements that tie must share the gradient, or one of them must get it all"
    return f"a kink: the gradient at {where} is not between those on its sides"
