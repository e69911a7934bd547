"""Where no rule explains an error: how far it extends."""

from __future__ import annotations

from gradcheck.judging.diagnosis.other_points import outputs_apart
from gradcheck.judging.diagnosis.symptoms import Pair, Symptoms


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
        return f"only {s.gradients(wrong)} wrong"
    return None


def unexplained(s: Symptoms) -> str | None:
    """No simple rule: at least say what is wrong."""
    for pair in s.wrong:
        count, looked = int(s.off(pair.got, pair.true).sum()), " that were looked at" if pair.sampled else ""
        if pair.got.size == 1:
            return _one_number(s, pair)
        rules = "no factor or sign" if pair.sampled else "no factor, sign or order"
        return (
            f"the formula: {count} of {pair.got.size} elements{looked} of the gradient of "
            f"{s.name(pair.input)} {'is' if count == 1 else 'are'} wrong, by {rules}; "
            "derive it again, term by term"
        )
    if s.row is None:
        return None
    if s.row.formula in ("proven", "supported"):
        return f"rounding: the formula is right, its value further off than rounding is at {s.row.where}"
    return f"the formula: the gradient is wrong at {s.row.where}"


def _one_number(s: Symptoms, pair: Pair) -> str:
    """What one number says, for an incoming gradient of 1 where there is one."""
    gy = s.gy
    unit = float(gy.flat[0]) if gy is not None and gy.size == 1 and s.order == 1 else 1.0
    true, got = (float(v.flat[0]) / unit for v in (pair.true, pair.got))
    for_one = " for an incoming gradient of 1" if unit != 1 else ""
    return (
        f"the formula: the gradient of {s.name(pair.input)} should be {true:.6g} and is {got:.6g}{for_one}; "
        "one number does not tell by what rule (check several elements)"
    )
