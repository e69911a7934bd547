"""Gradients that are the true ones but for digits, a sign, a factor, or their order among the inputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.judging.diagnosis.other_points import POINTS, holds_nearby
from gradcheck.judging.diagnosis.symptoms import Pair, Symptoms, ratio, relative_errors
from gradcheck.system.floats import precision


def rounded(s: Symptoms) -> str | None:
    """Errors that look random and are as large as a narrower dtype's rounding.

    Some wrong formulas are as close as float16, but linear in gy: rounding is not.
    """
    bent = not {"precision lost", "not linear in gy", "dtype"}.isdisjoint(s.violations)
    for pair in s.pairs:
        large = np.abs(pair.true) > s.rtol * np.abs(pair.true).max(initial=0.0)  # not lost near the largest
        errors = relative_errors(pair.got[large], pair.true[large])
        worst = float(errors.max(initial=0.0))
        for narrow in (np.float32, np.float16):
            step = 2.0 ** -precision(narrow)
            if precision(s.scene.at.dtype) <= precision(narrow) or (narrow is np.float16 and not bent):
                continue
            if step / 64 < worst <= 4 * step and _random_looking(errors, pair.got, narrow):
                return (
                    f"precision lost: the gradient of {s.name(pair.input)} has the "
                    f"{-int(np.log10(worst))} digits of {np.dtype(narrow).name}, "
                    "so something in backward was rounded to it"
                )
    return None


def digits(s: Symptoms) -> str | None:
    """Digits that show lost only for other incoming gradients than the case's."""
    message = s.violations.get("precision lost")
    return None if message is None or s.wrong else f"precision lost: {message}; something was rounded to it"


def _random_looking(errors: np.ndarray, got: np.ndarray, narrow: Any) -> bool:
    """Of various sizes, unlike a constant factor's, and most; or all numbers are of the narrow dtype."""
    with np.errstate(all="ignore"):
        if np.array_equal(got.astype(narrow).astype(float), got):
            return True
    worst = float(errors.max())
    return float(np.ptp(errors)) > 1e-3 * worst and float(np.median(errors)) > worst / 64


def sign(s: Symptoms) -> str | None:
    negative = [p for p in s.wrong if s.close(p.got, -p.true)]
    if not negative or len(negative) < len(s.wrong):
        return None
    exchanged = len(negative) == 2 and s.close(negative[0].got, negative[1].true)
    also = " (or swapped: they have each other's gradient)" if exchanged else ""
    inputs = [p.input for p in negative]
    return f"sign: {s.gradients(inputs)} the negative of the true {_one(inputs)}{also}"


def _one(inputs: list[int]) -> str:
    return "ones" if len(inputs) > 1 else "one"


def swapped(s: Symptoms) -> str | None:
    """Gradients handed to other inputs than theirs."""
    owners = {a.input: next((b.input for b in s.pairs if s.close(a.got, b.true)), None) for a in s.wrong}
    moved = {a: b for a, b in owners.items() if b is not None}
    if len(moved) < 2 or set(moved) != set(moved.values()):
        return None
    if len(moved) == 2:
        return f"swapped inputs: {s.names(list(moved))} have each other's gradient"
    whose = ", ".join(f"{s.name(a)} has that of {s.name(b)}" for a, b in moved.items())
    return f"swapped inputs: the gradients come in another order than the inputs: {whose}"


def factor(s: Symptoms) -> str | None:
    """One factor on which several numbers agree: elements, inputs, or points nearby."""
    factors = {p.input: f for p in s.wrong if (f := ratio(p.got, p.true)) and s.close(p.got, f * p.true)}
    shared = len(factors) > 1 and np.ptp(list(factors.values())) <= s.rtol * max(map(abs, factors.values()))
    for pair in s.wrong:
        factor = factors.get(pair.input)
        if factor is None:
            continue
        several = np.count_nonzero(pair.true) > 1 or shared
        holds = holds_nearby(s, pair.input, factor, 1 if several else POINTS)
        if holds or (several and holds is None):
            alike = [i for i, f in factors.items() if abs(f - factor) <= s.rtol * abs(factor)]
            nearby = "" if several else ", here and at points beside"
            what = f"{s.gradients(alike)} {in_digits(factor)} times the true {_one(alike)}{nearby}"
            batch = _batch(s, factor)
            return f"batch-size factor: {what} {batch}" if batch else f"constant factor: {what}"
        if several:
            return _varying(s, pair, factor)
    return None


def _varying(s: Symptoms, pair: Pair, factor: float) -> str:
    """A factor of all elements that does not hold near the point: a known number, or unknown."""
    what = f"factor: the gradient of {s.name(pair.input)}"
    for name, x in s.at_hand:
        value = float(x.flat[0]) if x.size == 1 else 0.0
        if value and abs(factor - value) <= s.rtol * abs(value):
            return f"{what} has {name} as a factor too many"
        if value and abs(factor * value - 1) <= s.rtol:
            return f"{what} lacks the factor {name}"
    return f"{what} is {in_digits(factor)} times the true one here, but not beside the point"


def in_digits(factor: float) -> str:
    """Enough digits to see that it is not 1."""
    digits = 6 if abs(factor - 1) > 1e-5 else 12
    return f"{factor:.{digits}g}"


def _batch(s: Symptoms, factor: float) -> str | None:
    """Whether the factor is the size of an array or of its first axis, or its inverse."""
    for x in [*s.scene.at.inputs, *s.scene.outputs]:
        for what, n in (("elements", x.size), ("rows", x.shape[0] if x.ndim else 1)):
            for size, text in ((float(n), f"{n}"), (1.0 / max(n, 1), f"1/{n}")):
                if n > 2 and abs(factor - size) <= 1e-4 * size:
                    return (
                        f"({text}, for an array of {n} {what}): a mean taken for a sum, or a sum "
                        "for a mean (or another factor of that size)"
                    )
    return None
