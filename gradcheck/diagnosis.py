"""The likely cause of a failure, from what was got and what is true.

Each hypothesis is one function that looks at the Symptoms of the lowest failing order and answers with a
sentence, or None; the first answer is the diagnosis. They run in the order of HYPOTHESES: the most
specific first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from gradcheck.contract import Violation
from gradcheck.finding import Evidence
from gradcheck.scene import Scene
from gradcheck.symptoms import (
    Pair,
    Symptoms,
    contributions,
    outputs_apart,
    ratio,
    relative_errors,
    usage,
    with_ones,
)
from gradcheck.ulp import precision


def diagnose(scene: Scene, rows: Sequence[Evidence], violations: Sequence[Violation]) -> str | None:
    """The likely cause of the first failure among `rows`, or None."""
    failing = [r for r in rows if r.verdict == "fail"]
    if not failing:
        return None
    order = min(r.order for r in failing)
    values = [r for r in failing if r.order == order and r.oracle != "contract"]
    messages = {v.kind: v.message for v in violations}
    symptoms = Symptoms(scene, max(order, 1), messages, values[0] if values else None)
    answers = (hypothesis(symptoms) for hypothesis in HYPOTHESES)
    answer = next((answer for answer in answers if answer), None)
    if answer is None or order < 2 or re.search(r"\border \d", answer):
        return answer
    return f"{answer} (order {order}; order {order - 1} is right)"


# Conduct ----------------------------------------------------------------------------------------------


def _side_effect(s: Symptoms) -> str | None:
    for kind, message in s.violations.items():
        if kind in ("input overwritten", "gy overwritten"):
            return f"{kind}: {message}; compute into a new array"
    return None


def _random(s: Symptoms) -> str | None:
    message = s.violations.get("not deterministic")
    return None if message is None else f"not deterministic: {message}"


def _raises(s: Symptoms) -> str | None:
    if s.order <= s.scene.measured.reached:
        return None
    return f"backward raises: {s.scene.measured.crash}"


def _contract(s: Symptoms) -> str | None:
    for kind, message in s.violations.items():
        return f"{kind}: {message}"
    return None


def _shape(s: Symptoms) -> str | None:
    for i, g in enumerate(s.got):
        x = s.scene.at.inputs[i]
        if g is None or not s.scene.at.active[i] or np.shape(g) == x.shape:
            continue
        what = f"the gradient of {s.name(i)} has shape {np.shape(g)}, the input {x.shape}"
        if _broadcasts(x.shape, np.shape(g)):
            return (
                f"sum over a broadcast axis missing: {what}; "
                "sum it over the axes that were broadcast (dezero.functions.sum_to)"
            )
        return f"transposed: {what}" if np.shape(g) == x.shape[::-1] else f"wrong shape: {what}"
    return None


def _whole_numbers(s: Symptoms) -> str | None:
    for i, g in enumerate(s.got):
        if g is not None and s.scene.at.active[i] and g.dtype.kind in "iub":
            return f"dtype: the gradient of {s.name(i)} has dtype {g.dtype}, so its fractions are cut off"
    return None


def _broadcasts(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(small, large) == large
    except ValueError:
        return False


# Values -----------------------------------------------------------------------------------------------


def _missing(s: Symptoms) -> str | None:
    """A gradient that is None, or zero throughout, though the truth is not."""
    for i in _wrong_inputs(s):
        g = s.got[i]
        if g is not None and np.any(g):
            continue
        what = "None" if g is None else "zero"
        name = s.name(i)
        if s.order > 1:
            return (
                f"graph cut in backward: the derivative of order {s.order} with respect to {name} "
                f"is {what}, so the gradient of order {s.order - 1} was computed from arrays (.data), "
                "not from Variables"
            )
        return f"one input's gradient missing: backward gives {what} for {name}{_or_else(s, i)}"
    return None


def _or_else(s: Symptoms, i: int) -> str:
    """What else gives nothing."""
    if s.got[i] is None:
        others = len(s.scene.at.inputs) > 1 and not all(s.scene.at.active)
        return " (or swapped: the gradients are returned in another order than the inputs)" if others else ""
    if _zero_for_ones(s, i):
        return " (or ignores gy: with ones in place of gy the gradient is zero here)"
    return ""


def _zero_for_ones(s: Symptoms, i: int) -> bool:
    """Whether a backward that takes gy to be 1 would rightly give zero."""
    return s.scene.truth is not None and not any(p.true.any() for p in with_ones(s).pairs if p.input == i)


def _spurious(s: Symptoms) -> str | None:
    """A gradient of something that f does not depend on."""
    for pair in s.wrong:
        if not pair.true.any() and np.isfinite(pair.got).all():
            return f"a gradient where there is none: that of {s.name(pair.input)} is zero throughout, got not"
    return None


def _digits(s: Symptoms) -> str | None:
    """Digits that show lost only for other incoming gradients than the case's."""
    message = s.violations.get("precision lost")
    return None if message is None or s.wrong else f"precision lost: {message}; something was rounded to it"


def _wrong_inputs(s: Symptoms) -> list[int]:
    """The inputs with a wrong gradient; a row of values fails for one at least."""
    active = [i for i, on in enumerate(s.scene.at.active) if on]
    if not s.pairs and s.row is not None and len(active) == 1:
        return active
    return [pair.input for pair in s.wrong]


def _not_finite(s: Symptoms) -> str | None:
    for i, g in enumerate(s.got):
        if g is None or not s.scene.at.active[i]:
            continue
        bad = np.argwhere(~np.isfinite(np.asarray(g, dtype=float)))
        if len(bad):
            index = tuple(int(n) for n in bad[0])
            return (
                f"NaN or infinity leaks into the gradient of {s.name(i)} at element {index}: from "
                + (s.source_of_nan or "a branch that is not taken, or an overflow or 0/0 on the way")
            )
    return None


def _ignores_gy(s: Symptoms) -> str | None:
    if s.order == 1:
        if "ignores gy" in s.violations:
            return f"ignores gy: {s.violations['ignores gy']}; multiply by gy (the chain rule)"
    elif "gy detached" in s.violations and not s.wrong:
        return (
            f"graph cut in backward: {s.violations['gy detached']}; "
            "gy was used as an array (.data), not as a Variable"
        )
    return None


def _not_linear(s: Symptoms) -> str | None:
    message = s.violations.get("not linear in gy") if s.order == 1 else None
    return None if message is None else f"not linear in gy: {message}"


def _not_homogeneous(s: Symptoms) -> str | None:
    """Rounding commutes with factors, so it is not to blame; it does not with sums."""
    answer = _not_linear(s)
    return None if answer is None or "sum" in answer or "part" in answer else answer


def _rounded(s: Symptoms) -> str | None:
    """Errors that look random and are as large as a narrower dtype's rounding."""
    for pair in s.pairs:
        errors = relative_errors(*_significant(s, pair))
        worst = float(errors.max(initial=0.0))
        for narrow in (np.float32, np.float16):
            step = 2.0 ** -precision(narrow)
            if precision(s.scene.at.dtype) <= precision(narrow):
                continue
            if step / 64 < worst <= 4 * step and _random_looking(errors, pair.got, narrow):
                return (
                    f"precision lost: the gradient of {s.name(pair.input)} has the "
                    f"{-int(np.log10(worst))} digits of {np.dtype(narrow).name}, "
                    "so something in backward was rounded to it"
                )
    return None


def _random_looking(errors: np.ndarray, got: np.ndarray, narrow: Any) -> bool:
    """Of various sizes, unlike a constant factor's, and most; a number alone is of the narrow dtype."""
    if errors.size > 1:
        worst = float(errors.max())
        return float(np.ptp(errors)) > 1e-3 * worst and float(np.median(errors)) > worst / 64
    with np.errstate(all="ignore"):
        return np.array_equal(got.astype(narrow).astype(float), got)


def _significant(s: Symptoms, pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    """The elements that are not lost beside the largest."""
    large = np.abs(pair.true) > s.rtol * np.abs(pair.true).max(initial=0.0)
    return pair.got[large], pair.true[large]


def _sign(s: Symptoms) -> str | None:
    negative = [p for p in s.wrong if s.close(p.got, -p.true)]
    if not negative or len(negative) < len(s.wrong):
        return None
    exchanged = len(negative) == 2 and s.close(negative[0].got, negative[1].true)
    also = " (or swapped: they have each other's gradient)" if exchanged else ""
    names = s.names([p.input for p in negative])
    return f"sign: the gradient of {names} is the negative of the true one{also}"


def _swapped(s: Symptoms) -> str | None:
    for a in s.wrong:
        for b in s.wrong:
            if a.input < b.input and s.close(a.got, b.true) and s.close(b.got, a.true):
                names = s.names([a.input, b.input])
                return f"swapped inputs: {names} have each other's gradient"
    return None


def _factor(s: Symptoms) -> str | None:
    for pair in s.wrong:
        factor = ratio(pair.got, pair.true)
        if factor is None or not s.close(pair.got, factor * pair.true):
            continue
        what = f"the gradient of {s.name(pair.input)} is {_shown(factor)} times the true one"
        batch = _batch(s, factor)
        if batch:
            return f"batch-size factor: {what} {batch}"
        if np.count_nonzero(pair.true) > 1 or len(s.wrong) == len(s.pairs):
            return f"constant factor: {what}"
    return None


def _shown(factor: float) -> str:
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
                        f"({text}, for an array of {n} {what}): a mean taken for a sum, or a sum for a mean"
                    )
    return None


def _transposed(s: Symptoms) -> str | None:
    for pair in s.wrong:
        if pair.sampled:
            continue
        name, got, true = s.name(pair.input), pair.got, pair.true
        if got.ndim == 2 and got.shape[0] == got.shape[1] and s.close(got.T, true):
            return f"transposed: the gradient of {name} is the transpose of the true one"
        for axis in range(got.ndim):
            if s.close(np.flip(got, axis), true):
                return f"permuted: the gradient of {name} is reversed along axis {axis}"
    return None


def _wrong_product(s: Symptoms) -> str | None:
    """A product of gy with an input, one of them transposed where it should not be, or the reverse."""
    u = next((u for u in s.scene.at.cotangents if u is not None), None)
    if s.order > 1 or u is None or u.ndim != 2:
        return None
    for pair in s.wrong:
        others = [x for x in s.scene.at.inputs if x.ndim == 2 and x.dtype.kind == "f"]
        for n, x in enumerate(others):
            for left, right, text in _products(u, x, f"x{n}"):
                if left.shape[1] == right.shape[0] and s.close(left @ right, pair.got):
                    return (
                        f"transposed: the gradient of {s.name(pair.input)} is {text} "
                        f"(x{n}: the input of shape {x.shape}), a product with a wrong transpose"
                    )
    return None


def _products(u: np.ndarray, x: np.ndarray, name: str) -> Iterator[tuple[np.ndarray, np.ndarray, str]]:
    for a, gy in ((u, "gy"), (u.T, "gy.T")):
        for b, other in ((x, name), (x.T, f"{name}.T")):
            yield a, b, f"{gy} @ {other}"
            yield b, a, f"{other} @ {gy}"


def _permuted(s: Symptoms) -> str | None:
    for pair in s.wrong:
        if pair.sampled or pair.got.size <= 2:
            continue
        if s.close(np.sort(pair.got.ravel()), np.sort(pair.true.ravel())):
            return (
                f"permuted: the gradient of {s.name(pair.input)} has the right elements in the wrong places"
            )
    return None


def _axes(s: Symptoms) -> str | None:
    """A broadcast operand whose gradient was summed over the wrong axes, or not summed."""
    if s.order > 1 or s.scene.truth is None:
        return None
    for pair in s.wrong:
        if pair.sampled:
            continue
        for part in contributions(s.scene, pair.input):
            answer = _wrong_axis(s, pair, part) or _no_sum(s, pair, part)
            if answer:
                return answer
    return None


def _wrong_axis(s: Symptoms, pair: Pair, part: np.ndarray) -> str | None:
    got, true = pair.got.squeeze(), pair.true.squeeze()
    for axis in range(part.ndim):
        rest = np.sum(part, axis=axis)
        if rest.shape == got.shape and s.close(rest, got) and not s.close(rest, true):
            name = s.name(pair.input)
            return f"sum over the wrong axis: the gradient of {name} is summed over axis {axis}"
    return None


def _no_sum(s: Symptoms, pair: Pair, part: np.ndarray) -> str | None:
    for axis in range(part.ndim):
        for index in range(part.shape[axis]):
            if s.close(np.take(part, index, axis), pair.got.squeeze()):
                return (
                    f"sum over a broadcast axis missing: the gradient of {s.name(pair.input)} holds "
                    f"only the contribution at index {index} of axis {axis}"
                )
    return None


def _repeated(s: Symptoms) -> str | None:
    """Wrong exactly where several output elements use one input element."""
    if s.order > 1 or s.scene.truth is None:
        return None
    for pair in s.wrong:
        uses = None if pair.sampled else usage(s.scene, pair.input)
        if uses is None:
            continue
        off = s.off(pair.got, pair.true)
        if off.any() and (uses[off] > 1).all() and (uses[~off] <= 1).any():
            return (
                f"wrong only at repeated indices: elements of {s.name(pair.input)} that are used more "
                "than once get one contribution instead of the sum"
            )
    return None


def _detached(s: Symptoms) -> str | None:
    if s.order == 1:
        return None
    return (
        f"a factor of the gradient is cut from the graph, or has a wrong derivative: order "
        f"{s.order - 1} is right, order {s.order} is not"
    )


def _one_output(s: Symptoms) -> str | None:
    if sum(u is not None for u in s.scene.at.cotangents) < 2:
        return None
    wrong = outputs_apart(s)
    if not wrong or len(wrong) == len(s.scene.outputs):
        return None
    which = " and ".join(str(n) for n in wrong)
    return f"only one of several outputs: what comes back through output {which} is wrong"


def _one_input(s: Symptoms) -> str | None:
    wrong = [p.input for p in s.wrong]
    if wrong and len(wrong) < len(s.pairs):
        return f"only the gradient of {s.names(wrong)} is wrong"
    return None


def _few(s: Symptoms) -> str | None:
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


def _unexplained(s: Symptoms) -> str | None:
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


HYPOTHESES: tuple[Callable[[Symptoms], Any], ...] = (
    _side_effect,
    _random,
    _raises,
    _shape,
    _whole_numbers,
    _missing,
    _not_finite,
    _spurious,
    _ignores_gy,
    _not_homogeneous,
    _rounded,
    _digits,
    _not_linear,
    _sign,
    _swapped,
    _transposed,
    _wrong_product,
    _axes,
    _repeated,
    _factor,
    _permuted,
    _detached,
    _one_output,
    _contract,
    _few,
    _one_input,
    _unexplained,
)
