"""The likely cause of a failure, from what was got and what is true.

Each hypothesis is one function that looks at the Symptoms of the lowest failing order and answers with a
sentence, or None; the first answer is the diagnosis. They run in the order of HYPOTHESES: the most
specific first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb

from gradcheck import probes, verdict
from gradcheck.finding import Evidence
from gradcheck.measure import flat
from gradcheck.oracles import jet
from gradcheck.oracles.arithmetic import Ball, Jet, exact
from gradcheck.ulp import precision

FULL_TRUTH = 400  # up to so many elements the whole true gradient is computed for a diagnosis


@dataclass(frozen=True)
class Symptoms:
    """A failure of order k: the scene, and the broken rules of the contract by kind."""

    scene: Any
    order: int
    violations: dict[str, str]
    row: Evidence | None

    @property
    def got(self) -> list[Any]:
        got = self.scene.measured.got
        return got[self.order - 1] if self.order <= len(got) else [None] * len(self.scene.at.inputs)

    @cached_property
    def truth(self) -> list[np.ndarray | None] | None:
        """The true gradient of every input as floats; None where it is out of reach."""
        return true_gradient(self.scene, self.order)

    @cached_property
    def pairs(self) -> list[tuple[int, np.ndarray, np.ndarray]]:
        """(input, got, true) for each differentiated input whose gradient has the right shape."""
        if self.truth is None:
            return []
        return [
            (i, np.asarray(g, dtype=float), t)
            for i, (g, t) in enumerate(zip(self.got, self.truth, strict=True))
            if t is not None and g is not None and np.shape(g) == t.shape
        ]

    @cached_property
    def wrong(self) -> list[tuple[int, np.ndarray, np.ndarray]]:
        """The pairs that differ."""
        return [(i, g, t) for i, g, t in self.pairs if not self.close(g, t)]

    def close(self, a: np.ndarray, b: np.ndarray) -> bool:
        """Equal but for a few digits of the dtype."""
        if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        scale = float(np.abs(b).max(initial=0.0))
        rtol = 2.0 ** -(precision(self.scene.at.dtype) * 0.45)
        return bool(np.all(np.abs(a - b) <= rtol * np.abs(b) + rtol * 1e-3 * scale))

    def name(self, i: int) -> str:
        return f"input {i} ({self.scene.case.names[i]})"


def diagnose(scene: Any, rows: Sequence[Evidence], violations: Sequence[Any]) -> str | None:
    """The likely cause of the first failure among `rows`, or None."""
    failing = [r for r in rows if r.verdict == "fail"]
    if not failing:
        return None
    order = min(r.order for r in failing)
    values = [r for r in failing if r.order == order and r.oracle != "contract"]
    symptoms = Symptoms(
        scene,
        max(order, 1),
        {v.kind: v.message for v in violations},
        values[0] if values else None,
    )
    for hypothesis in HYPOTHESES:
        answer = hypothesis(symptoms)
        if answer:
            return answer
    return None


# Hypotheses -----------------------------------------------------------------------------------------


def _raises(s: Symptoms) -> str | None:
    if s.order <= s.scene.measured.reached:
        return None
    return f"backward raises: {s.scene.measured.crash}"


def _side_effect(s: Symptoms) -> str | None:
    for kind in ("input overwritten", "gy overwritten"):
        if kind in s.violations:
            return f"{kind}: {s.violations[kind]}; compute into a new array"
    return None


def _random(s: Symptoms) -> str | None:
    if "not deterministic" in s.violations:
        return f"not deterministic: {s.violations['not deterministic']}"
    return None


def _shape(s: Symptoms) -> str | None:
    for i, g in enumerate(s.got):
        x = s.scene.at.inputs[i]
        if g is None or not s.scene.at.active[i] or np.shape(g) == x.shape:
            continue
        if _broadcasts(x.shape, np.shape(g)):
            return (
                f"sum over a broadcast axis missing: the gradient of {s.name(i)} has the shape "
                f"{np.shape(g)} of the broadcast operand; sum it to {x.shape} (dezero.functions.sum_to)"
            )
        if np.shape(g) == x.shape[::-1]:
            return f"transposed: the gradient of {s.name(i)} has shape {np.shape(g)}, the input {x.shape}"
        return f"wrong shape: the gradient of {s.name(i)} has shape {np.shape(g)}, the input {x.shape}"
    return None


def _broadcasts(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(small, large) == large
    except ValueError:
        return False


def _missing(s: Symptoms) -> str | None:
    """A gradient that is None, or zero throughout, though the truth is not."""
    for i, on in enumerate(s.scene.at.active):
        truth = None if s.truth is None else s.truth[i]
        if not on or truth is None or not np.any(truth):
            continue
        g = s.got[i]
        if g is not None and (np.shape(g) != truth.shape or np.any(g)):
            continue
        what = "None" if g is None else "zero"
        if s.order > 1:
            return (
                f"graph cut in backward: the derivative of order {s.order} with respect to {s.name(i)} "
                f"is {what}, so the gradient of order {s.order - 1} was computed from arrays (.data), "
                "not from Variables"
            )
        return f"one input's gradient missing: backward gives {what} for {s.name(i)}"
    return None


def _gy(s: Symptoms) -> str | None:
    message = s.violations.get("not linear in gy")
    if message is None or s.order > 1:
        return None
    if "twice" in message:
        return f"ignores gy or is not linear in it: {message}"
    return f"not linear in gy: {message}"


def _not_finite(s: Symptoms) -> str | None:
    for i, g in enumerate(s.got):
        if g is not None and s.scene.at.active[i] and not np.isfinite(np.asarray(g, dtype=float)).all():
            bad = np.argwhere(~np.isfinite(np.asarray(g, dtype=float)))[0]
            at = tuple(int(n) for n in bad)
            return (
                f"NaN or infinity leaks into the gradient of {s.name(i)} at element {at}: "
                "a branch that is not taken, or an overflow or 0/0 on the way"
            )
    return None


def _sign(s: Symptoms) -> str | None:
    wrong = [i for i, g, t in s.wrong if s.close(g, -t)]
    if wrong and len(wrong) == len(s.wrong):
        return f"sign: the gradient of {_names(s, wrong)} is the negative of the true one"
    return None


def _swapped(s: Symptoms) -> str | None:
    for i, g, t in s.wrong:
        for j, h, v in s.wrong:
            if i < j and s.close(g, v) and s.close(h, t):
                return f"swapped inputs: {s.name(i)} and {s.name(j)} have each other's gradient"
    return None


def _factor(s: Symptoms) -> str | None:
    for i, g, t in s.wrong:
        ratio = _ratio(g, t)
        if ratio is None or not s.close(g, ratio * t):
            continue
        batch = _batch(s, ratio)
        if batch:
            return f"batch-size factor: the gradient of {s.name(i)} is {ratio:.6g} times the true one {batch}"
        return f"constant factor: the gradient of {s.name(i)} is {ratio:.6g} times the true one"
    return None


def _ratio(g: np.ndarray, t: np.ndarray) -> float | None:
    scale = float(np.abs(t).max(initial=0.0))
    if not scale or not np.isfinite(g).all():
        return None
    return float(np.vdot(t / scale, g / scale) / np.vdot(t / scale, t / scale))


def _batch(s: Symptoms, ratio: float) -> str | None:
    """Whether the factor is the size of an array or of its first axis, or its inverse."""
    for x in [*s.scene.at.inputs, *s.scene.outputs]:
        for what, n in (("elements", x.size), ("rows", x.shape[0] if x.ndim else 1)):
            for factor, text in ((float(n), f"{n}"), (1.0 / n if n else 0.0, f"1/{n}")):
                if n > 2 and abs(ratio - factor) <= 1e-4 * abs(factor):
                    return f"({text}, for an array of {n} {what}): a mean taken for a sum, or a sum for a mean"
    return None


def _rounded(s: Symptoms) -> str | None:
    """Errors everywhere as large as a narrower dtype's rounding, and no larger."""
    errors = [_relative_errors(g, t) for _, g, t in s.pairs]
    worst = max((float(e.max(initial=0.0)) for e in errors), default=0.0)
    for narrow in (np.float32, np.float16):
        if precision(s.scene.at.dtype) <= precision(narrow):
            continue
        step = 2.0 ** -precision(narrow)
        if step / 64 < worst <= step * 4:
            return (
                f"precision lost: the gradient has the {-int(np.log10(worst))} digits of "
                f"{np.dtype(narrow).name}, so something in backward was rounded to it"
            )
    return None


def _relative_errors(g: np.ndarray, t: np.ndarray) -> np.ndarray:
    known = (t != 0) & np.isfinite(g)
    return np.abs(g[known] - t[known]) / np.abs(t[known])


def _transposed(s: Symptoms) -> str | None:
    for i, g, t in s.wrong:
        if g.ndim == 2 and g.shape[0] == g.shape[1] and s.close(g.T, t):
            return f"transposed: the gradient of {s.name(i)} is the transpose of the true one"
        for axis in range(g.ndim):
            if s.close(np.flip(g, axis), t):
                return f"permuted: the gradient of {s.name(i)} is reversed along axis {axis}"
    return None


def _permuted(s: Symptoms) -> str | None:
    for i, g, t in s.wrong:
        if g.size > 2 and s.close(np.sort(g.ravel()), np.sort(t.ravel())):
            return f"permuted: the gradient of {s.name(i)} has the right elements in the wrong places"
    return None


def _axes(s: Symptoms) -> str | None:
    """A broadcast operand whose gradient was summed over the wrong axes, or not summed."""
    if s.order > 1:
        return None
    for i, g, t in s.wrong:
        terms = contributions(s.scene, i)
        for part in terms:
            answer = _sum_of(s, i, part, g, t)
            if answer:
                return answer
    return None


def _sum_of(s: Symptoms, i: int, part: np.ndarray, g: np.ndarray, t: np.ndarray) -> str | None:
    for axis in range(part.ndim):
        rest = np.sum(part, axis=axis)
        if rest.shape != g.squeeze().shape or s.close(rest, t.squeeze()):
            continue
        if s.close(rest, g.squeeze()):
            return f"sum over the wrong axis: the gradient of {s.name(i)} is summed over axis {axis}"
    for axis in range(part.ndim):
        for index in range(part.shape[axis]):
            if s.close(np.take(part, index, axis), g.squeeze()):
                return (
                    f"sum over a broadcast axis missing: the gradient of {s.name(i)} holds only "
                    f"the contribution at index {index} of axis {axis}"
                )
    return None


def _repeated(s: Symptoms) -> str | None:
    """Wrong exactly where several output elements use one input element."""
    if s.order > 1:
        return None
    for i, g, t in s.wrong:
        uses = usage(s.scene, i)
        if uses is None:
            continue
        off = ~np.isclose(g, t, rtol=1e-6, atol=0.0)
        if off.any() and (uses[off] > 1).all() and (uses[~off] <= 1).any():
            return (
                f"wrong only at repeated indices: elements of {s.name(i)} that are used more than once "
                "get one contribution instead of the sum"
            )
    return None


def _detached(s: Symptoms) -> str | None:
    if s.order > 1:
        return (
            f"a factor of the gradient is cut from the graph, or has a wrong derivative: order "
            f"{s.order - 1} is right, order {s.order} is not"
        )
    return None


def _few(s: Symptoms) -> str | None:
    for i, g, t in s.wrong:
        off = ~np.isclose(g, t, rtol=1e-6, atol=0.0)
        if 0 < off.sum() <= max(1, g.size // 4):
            index = tuple(int(n) for n in np.argwhere(off)[0])
            return f"{int(off.sum())} of {g.size} elements of the gradient of {s.name(i)} wrong, first {index}"
    return None


def _contract(s: Symptoms) -> str | None:
    for kind, message in s.violations.items():
        return f"{kind}: {message}"
    return None


def _one_input(s: Symptoms) -> str | None:
    wrong = [i for i, _, _ in s.wrong]
    if wrong and len(wrong) < len(s.pairs):
        return f"only the gradient of {_names(s, wrong)} is wrong"
    return None


def _names(s: Symptoms, inputs: Sequence[int]) -> str:
    return " and ".join(s.name(i) for i in inputs)


HYPOTHESES: tuple[Callable[[Symptoms], str | None], ...] = (
    _side_effect,
    _random,
    _raises,
    _shape,
    _missing,
    _not_finite,
    _gy,
    _rounded,
    _sign,
    _swapped,
    _transposed,
    _factor,
    _axes,
    _repeated,
    _permuted,
    _detached,
    _few,
    _contract,
    _one_input,
)


# Truth for a diagnosis ------------------------------------------------------------------------------


def _ask(scene: Any, columns: Sequence[Any], order: int) -> list[arb]:
    """Certified <G_order, e> for each probe e; jets must apply."""
    at = scene.at
    found = jet.truth(
        scene.subject.values, at.inputs, at.active, at.cotangents, at.direction, columns, order
    )
    return [column[order - 1] for column in found.columns]


def true_element(scene: Any, k: int, position: int) -> arb:
    """The truth of one element of the gradient of order k."""
    i, index = scene.case.element(position)
    j = int(np.ravel_multi_index(index, scene.at.inputs[i].shape)) if index else 0
    return _ask(scene, [probes.unit(scene.at.inputs, i, j)], k)[0]


def true_gradient(scene: Any, k: int) -> list[np.ndarray | None] | None:
    """The true gradient of order k as floats: None for inputs not differentiated, or altogether."""
    at = scene.at
    if at.size > FULL_TRUTH or scene.truth is None:
        return None
    columns = list(probes.units(at.inputs, at.active))
    balls = _ask(scene, [direction for _, _, direction in columns], k)
    truth = [np.zeros(x.shape) if on else None for x, on in zip(at.inputs, at.active, strict=True)]
    for (i, j, _), ball in zip(columns, balls, strict=True):
        part = truth[i]
        assert part is not None
        part.reshape(-1)[j] = float(ball.mid())
    return truth


def find_element(scene: Any, k: int, highs: Sequence[arb]) -> int:
    """One wrong element among many, by halving: each half's contraction is compared with the truth."""
    rng = np.random.default_rng(scene.case.seed)
    at = scene.at
    low = [v if isinstance(v, arb) else exact(v) for v in flat(scene.measured.low[k - 1], at)]
    base = [d if on else np.zeros_like(d) for d, on in zip(probes.like(rng, at.inputs), at.active, strict=True)]
    start, stop = 0, at.size
    while stop - start > 1:
        middle = (start + stop) // 2
        probe = _window(base, at, start, middle)
        weights = [exact(v) for v in flat(probe, at)]
        truth = _ask(scene, [probe], k)[0]
        judged = verdict.judge_formula(highs, low, weights, truth, at.dtype)
        start, stop = (start, middle) if judged.verdict == "fail" else (middle, stop)
    return start


def _window(direction: Sequence[np.ndarray], at: Any, start: int, stop: int) -> list[np.ndarray]:
    """`direction` with all but the elements start .. stop set to zero."""
    result, offset = [], 0
    for d, on in zip(direction, at.active, strict=True):
        keep = np.zeros(d.size)
        if on:
            keep[max(start - offset, 0) : max(stop - offset, 0)] = 1
            offset += d.size
        result.append(d * keep.reshape(d.shape))
    return result


def contributions(scene: Any, i: int) -> list[np.ndarray]:
    """For each output, u times its change as all of input i moves alike: the terms of a broadcast sum."""
    at = scene.at
    ones = [np.ones(x.shape) if n == i else np.zeros(x.shape) for n, x in enumerate(at.inputs)]
    outputs, _ = jet.evaluate(scene.subject.values, at.inputs, at.active, [ones], bits=jet.START_BITS)
    return [_slopes(y) * u for y, u in zip(outputs, at.cotangents, strict=True)]


def _slopes(y: np.ndarray) -> np.ndarray:
    values = [_slope(v) for v in np.ravel(y)]
    return np.array(values, dtype=float).reshape(np.shape(y))


def _slope(value: Any) -> float:
    return float(value.v[1].mid()) if isinstance(value, Jet) and not isinstance(value, Ball) else 0.0


def usage(scene: Any, i: int) -> np.ndarray | None:
    """How many output elements depend on each element of input i."""
    at = scene.at
    x = at.inputs[i]
    if x.size > FULL_TRUTH:
        return None
    counts = np.zeros(x.size, dtype=int)
    for j in range(x.size):
        step = probes.unit(at.inputs, i, j)
        outputs, _ = jet.evaluate(scene.subject.values, at.inputs, at.active, [step], bits=jet.START_BITS)
        counts[j] = sum(int(np.count_nonzero(_slopes(y))) for y in outputs)
    return counts.reshape(x.shape)


