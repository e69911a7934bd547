"""Where no rule explains an error: how far it extends."""

from __future__ import annotations

import numpy as np

from gradcheck.diagnosis.symptoms import Pair, Symptoms, outputs_apart, own_effect, ratio


def one_output(s: Symptoms) -> str | None:
    if sum(u is not None for u in s.scene.at.cotangents) < 2:
        return None
    wrong = outputs_apart(s)
    if not wrong or len(wrong) == len(s.scene.outputs):
        return None
    which = " and ".join(str(n) for n in wrong)
    return f"only one of several outputs: what comes back through output {which} is wrong"


def one_input(s: Symptoms) -> str | None:
    wrong = [p.input for p in s.wrong]
    if wrong and len(wrong) < len(s.pairs):
        return f"only the gradient of {s.names(wrong)} is wrong"
    return None


def branch(s: Symptoms) -> str | None:
    """Some elements, all wrong by one factor: those of a branch, mostly."""
    for pair in s.wrong:
        if pair.sampled:
            continue
        off = s.off(pair.got, pair.true)
        got, true = pair.got[off], pair.true[off]
        factor = ratio(got, true)
        if off.sum() < 2 or off.all() or factor is None or not s.close(got, factor * true):
            continue
        return (
            f"some elements only: {int(off.sum())} of {pair.got.size} elements of the gradient of "
            f"{s.name(pair.input)} are {factor:.6g} times the true ones: {_which(s, pair, off)}"
        )
    return None


def _which(s: Symptoms, pair: Pair, off: np.ndarray) -> str:
    """What the wrong elements have in common."""
    x = s.scene.at.inputs[pair.input]
    for word, there in (("negative", x < 0), ("positive", x > 0), ("zero", x == 0)):
        if np.array_equal(off, there):
            return f"those where the input is {word}"
    return f"first {s.element(pair)}"


def own_terms(s: Symptoms) -> str | None:
    """Each element's effect on its own output, without that on the others."""
    if s.order > 1 or s.scene.truth is None:
        return None
    for pair in s.wrong:
        own = None if pair.sampled else own_effect(s.scene, pair.input)
        if own is not None and s.close(pair.got, own):
            return (
                f"cross terms missing: the gradient of {s.name(pair.input)} holds what each element does "
                "to its own output only, not to the others (a sum is missing)"
            )
    return None


def few(s: Symptoms) -> str | None:
    """Some elements only."""
    for pair in s.wrong:
        name = s.name(pair.input)
        if pair.sampled:
            if s.off(pair.got, pair.true).all() or s.row is None:
                continue
            return f"some elements only: the gradient is wrong at {s.row.where}, elsewhere it is right"
        off = s.off(pair.got, pair.true)
        if off.sum() <= max(1, pair.got.size // 4) and off.size > 1:
            return (
                f"some elements only: {int(off.sum())} of {pair.got.size} elements of the gradient of "
                f"{name} wrong, first {s.element(pair)}"
            )
    return None


def unexplained(s: Symptoms) -> str | None:
    """No simple rule: at least say what is wrong."""
    for pair in s.wrong:
        if not pair.sampled:
            count = int(s.off(pair.got, pair.true).sum())
            return (
                f"the formula: {count} of {pair.got.size} elements of the gradient of "
                f"{s.name(pair.input)} are wrong, by no factor, sign or order; "
                "derive it again, term by term"
            )
    return None if s.row is None else f"the formula: the gradient is wrong at {s.row.where}"
