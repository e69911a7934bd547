"""Where no rule explains an error: how far it extends."""

from __future__ import annotations

from gradcheck.diagnosis.symptoms import Pair, Symptoms, outputs_apart


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


def unexplained(s: Symptoms) -> str | None:
    """No simple rule: at least say what is wrong."""
    for pair in s.wrong:
        count, looked = int(s.off(pair.got, pair.true).sum()), " that were looked at" if pair.sampled else ""
        if pair.got.size == 1:
            return _one_number(s, pair)
        return (
            f"the formula: {count} of {pair.got.size} elements{looked} of the gradient of "
            f"{s.name(pair.input)} are wrong, by no factor, sign or order; "
            "derive it again, term by term"
        )
    return None if s.row is None else f"the formula: the gradient is wrong at {s.row.where}"


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
