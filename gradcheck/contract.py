"""What a backward must do beside giving the right values: shapes, linearity, no side effects.

Each rule looks at the subject's floats of order 1 (higher orders are order 1 of the gradient function)
and gives at most one Violation. A rule that only a kind of subject can answer asks it whether it can.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcheck import verdict
from gradcheck.measure import flat_floats, gradients, outputs_of
from gradcheck.rounding import allowances
from gradcheck.sampling import LAYOUTS
from gradcheck.scene import Scene
from gradcheck.subject import to_device, to_host
from gradcheck.ulp import precision

# What two runs of one backward may differ by on a device that adds in another order each time, in ULPs
# of the largest element of the gradient.
REORDERING_ULP = 1024

REPEATS = 2  # further calls with the same inputs, which must give the same


@dataclass(frozen=True)
class Violation:
    """A rule that was broken: its kind (for the diagnosis), the order, and what was seen."""

    kind: str
    message: str
    order: int = 1
    where: str = ""


def violations(scene: Scene) -> list[Violation]:
    """The rules that the scene's subject breaks."""
    if not scene.measured.reached or shape_misfit(scene, 1):
        return []
    unfit = _repeatable(scene)
    if unfit is not None:  # nothing else can be told then
        return [unfit]
    rules = (_dtypes, _linear, _linear_in_the_graph, _layouts)
    return [v for v in (rule(scene) for rule in rules) if v is not None]


def shape_misfit(scene: Scene, k: int) -> str | None:
    """What is wrong with the shapes of the gradients of order k, or None."""
    for i, g, x in _pairs(scene, k):
        if g is not None and g.shape != x.shape:
            name = scene.case.names[i]
            return f"order {k}: gradient of input {i} ({name}) has shape {g.shape}, the input {x.shape}"
    return None


def _pairs(scene: Scene, k: int) -> Iterator[tuple[int, Any, np.ndarray]]:
    for i, (x, on) in enumerate(zip(scene.at.inputs, scene.at.active, strict=True)):
        if on:
            yield i, scene.measured.got[k - 1][i], x


def _dtypes(scene: Scene) -> Violation | None:
    for k in range(1, scene.measured.reached + 1):
        for i, g, x in _pairs(scene, k):
            if g is not None and g.dtype != x.dtype:
                return _dtype_violation(scene, i, g.dtype, x.dtype, k)
    return _returned_dtypes(scene)


def _dtype_violation(scene: Scene, i: int, got: Any, expected: Any, k: int = 1) -> Violation:
    message = f"gradient of input {i} ({scene.case.names[i]}) has dtype {got}, the input {expected}"
    return Violation("dtype", f"order {k}: {message}", k)


def _returned_dtypes(scene: Scene) -> Violation | None:
    """What backward itself returns, where a single dtype goes in and out."""
    at = scene.at
    dtypes = {x.dtype for x, on in zip(at.inputs, at.active, strict=True) if on}
    dtypes |= {u.dtype for u in at.cotangents if u is not None}
    found = _answer(scene, "returned_dtypes", *_there(scene)) if len(dtypes) == 1 else None
    for i, dtype in enumerate(found or ()):
        if at.active[i] and dtype is not None and dtype not in dtypes:
            return _dtype_violation(scene, i, dtype, at.inputs[i].dtype)
    return None


def _answer(scene: Scene, question: str, *arguments: Any) -> Any:
    """What the subject says, or None if it is not of a kind to ask, or f does not bear the question."""
    ask = getattr(scene.subject, question, None)
    try:
        return None if ask is None else ask(*arguments)
    except Exception:  # f may call backward itself, and need leaves or no graph beyond its own
        return None


def _there(scene: Scene) -> tuple[list[Any], list[Any]]:
    """Copies of inputs and cotangents on the device."""
    at = scene.at
    inputs = [to_device(x.copy(), at.device) for x in at.inputs]
    return inputs, [None if u is None else to_device(u.copy(), at.device) for u in at.cotangents]


def _same(a: Any, b: Any) -> bool:
    return bool(a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True))


def _repeatable(scene: Scene) -> Violation | None:
    """The same call gives the same values and gradients; devices may add in another order."""
    kind = "not deterministic"
    again = outputs_of(scene.subject, scene.at.inputs, scene.at.device)
    if any(not _close(scene, a, b) for a, b in zip(scene.outputs, again, strict=True)):
        return Violation(kind, "f itself gives other values from call to call; fix its random seed")
    for _ in range(REPEATS):
        inputs, cotangents = _there(scene)
        found = scene.subject.gradients(inputs, cotangents, scene.at.direction, 1)[0]
        damage = _damage(scene, inputs, cotangents)
        if damage is not None:
            return damage
        later = [None if g is None else to_host(g) for g in found]
        for i, first, _ in _pairs(scene, 1):
            if (first is None) != (later[i] is None):
                return Violation(kind, f"input {i} has a gradient in one call and none in the next")
            if first is not None and not _close(scene, first, later[i]):
                name = scene.case.names[i]
                return Violation(kind, f"the gradient of input {i} ({name}) changes between calls")
    return None


def _damage(scene: Scene, inputs: list[Any], cotangents: list[Any]) -> Violation | None:
    """Inputs and incoming gradients must come back as they went in."""
    at = scene.at
    for i, (after, before) in enumerate(zip(inputs, at.inputs, strict=True)):
        if not _same(to_host(after), before):
            message = f"input {i} ({scene.case.names[i]}) was overwritten"
            return Violation("input overwritten", message)
    for after, before in zip(cotangents, at.cotangents, strict=True):
        if before is not None and not _same(to_host(after), before):
            message = "the incoming gradient gy was overwritten in backward"
            return Violation("gy overwritten", message)
    return None


def _close(scene: Scene, first: Any, second: Any) -> bool:
    if scene.at.device == "cpu":
        return _same(first, second)
    if first.shape != second.shape:
        return False
    return bool(np.all(np.abs(first - second) <= _reordering(first)))


def _reordering(gradient: np.ndarray) -> float:
    """REORDERING_ULP at the largest element."""
    if not gradient.size or gradient.dtype.kind != "f":
        return 0.0
    return REORDERING_ULP * float(np.spacing(np.abs(gradient).max()))


# Linearity in gy ------------------------------------------------------------------------------------


def _linear(scene: Scene) -> Violation | None:
    """b(-v) = -b(v), b(2v) = 2 b(v) and b(0) = 0, exactly; b(v + w) = b(v) + b(w), up to rounding."""
    base = scene.measured.got[0]
    negative = _with_factor(scene, -1.0)
    if not _proportional(scene, base, negative, -1.0):
        if _proportional(scene, base, negative, 1.0):
            return _even(scene, base)
        return Violation(
            "not linear in gy",
            "the negative of an incoming gradient does not give the negative gradient",
        )
    if not _proportional(scene, base, _with_factor(scene, 2.0), 2.0):
        message = "twice the incoming gradient does not give twice the gradient"
        return Violation("not linear in gy", message)
    if not _proportional(scene, base, _with_factor(scene, 0.0), 0.0):
        message = "a zero incoming gradient gives a gradient that is not zero"
        return Violation("not linear in gy", message)
    return _additive(scene, base)


def _even(scene: Scene, base: list[Any]) -> Violation:
    """The gradient does not see the sign of gy: does it see gy at all?"""
    if _proportional(scene, base, _with_factor(scene, 2.0), 1.0):
        return Violation("ignores gy", "the gradient does not depend on the incoming gradient")
    message = "the negative of an incoming gradient gives the same gradient (an absolute value?)"
    return Violation("not linear in gy", message)


def _with_factor(scene: Scene, factor: float) -> list[Any]:
    at = scene.at.with_cotangents(lambda u: u * u.dtype.type(factor))
    return gradients(scene.subject, at, 1)[0]


def _proportional(scene: Scene, base: list[Any], scaled: list[Any], factor: float) -> bool:
    """Scaling by -1 and 2 commutes with rounding, except where numbers leave the normal range."""
    for before, after, x in zip(base, scaled, scene.at.inputs, strict=True):
        if before is None or after is None:
            if before is not after and factor:
                return False
            continue
        if before.shape != after.shape:
            return False
        with np.errstate(all="ignore"):
            expected = before * x.dtype.type(factor)
            usable = np.isfinite(expected) & np.isfinite(after)
            size = np.abs(np.where(usable, expected, 0)).astype(x.dtype)
            slack = 4 * np.spacing(size) + _near_the_limits(scene) * size.max(initial=0)
            if scene.at.device != "cpu":
                slack = slack + _reordering(np.where(usable, expected, 0))
            if not np.all(np.abs(after - expected)[usable] <= slack[usable]):
                return False
    return True


def _near_the_limits(scene: Scene) -> float:
    """The part of a gradient that may be lost where numbers have met the limits of the dtype's range."""
    met = scene.measured.alarms & {"overflow", "underflow"}
    return 2.0 ** -(precision(scene.at.dtype) // 2) if met else 0.0


def _additive(scene: Scene, base: list[Any]) -> Violation | None:
    rng = np.random.default_rng([1, scene.case.seed])
    at = scene.at
    other = at.with_cotangents(
        lambda u: (rng.permutation(u.ravel()).reshape(u.shape) * u.dtype.type(-1 / 3)).astype(u.dtype)
    )
    both = replace(
        at,
        cotangents=[
            None if u is None else u + v for u, v in zip(at.cotangents, other.cotangents, strict=True)
        ],
    )
    first, second, total = (
        flat_floats(g, at)
        for g in (base, gradients(scene.subject, other, 1)[0], gradients(scene.subject, both, 1)[0])
    )
    if not first.shape == second.shape == total.shape:
        return Violation("not linear in gy", "the gradient's shape depends on the incoming gradient")
    with np.errstate(all="ignore"):
        gap = np.abs(first + second - total)
        slack = verdict.negligible(at.dtype) * sum(np.spacing(np.abs(g)) for g in (first, second, total))
        beyond = np.isfinite(gap) & ~(gap <= slack)
    if scene.at.device != "cpu":
        beyond &= ~(gap <= _reordering(total))
    if beyond.any() and not np.all((gap <= slack + 4 * allowances(scene)[0])[beyond]):
        message = "the gradient for v + w is not the sum of those for v and w"
        return Violation("not linear in gy", message)
    return None


def _linear_in_the_graph(scene: Scene) -> Violation | None:
    """Backward must be differentiable by gy too: it is linear in it, so Euler's identity holds.

    A gy that was taken out of the graph shows nowhere else, while it is the last link of the chain.
    """
    at = scene.at
    if scene.fitting < 2 or at.device != "cpu":
        return None
    sums = _answer(scene, "pairings", *_there(scene), at.direction, scene.fitting)
    for k, (paired, scale, by_gy) in enumerate(sums or (), 2):
        gap = abs(paired - by_gy)
        # Of sums of several signs half of the digits are asked for.
        small = 2.0 ** -(precision(at.dtype) // 2) * scale
        if np.isfinite(paired) and not gap <= small and not gap <= small + _rounding(scene, k - 1):
            return Violation(
                "gy detached",
                f"order {k}: backward's result does not depend on gy in the graph as it does in value",
                k,
            )
    return None


def _rounding(scene: Scene, k: int) -> float:
    """What rounding may do to <G_k, d>, either way it is computed."""
    moves = flat_floats(scene.at.direction, scene.at)
    return 4 * float(np.abs(moves) @ allowances(scene)[k - 1])


# Layouts --------------------------------------------------------------------------------------------


def _layouts(scene: Scene) -> Violation | None:
    """The gradient must not depend on how inputs and incoming gradients lie in memory."""
    at = scene.at
    if at.device != "cpu":
        return None
    for name, arrange in LAYOUTS.items():
        if name == "contiguous":
            continue
        inputs = [arrange(x) if on else x for x, on in zip(at.inputs, at.active, strict=True)]
        cotangents = at.with_cotangents(arrange).cotangents
        try:
            values = scene.subject.values(inputs)
            got = scene.subject.gradients(inputs, cotangents, at.direction, 1)[0]
        except Exception as error:  # what only runs on contiguous arrays is the finding
            return _refused(name, error)
        if not all(_alike(y, z) for y, z in zip(scene.outputs, values, strict=True)):
            return Violation("layout", f"{name} inputs give other values of f itself")
        position = _differing(scene, [None if g is None else to_host(g) for g in got])
        if position is not None:
            where = scene.case.place(position)
            message = f"{name} inputs give another gradient at {where}"
            return Violation("layout", message, where=where)
    return None


def _alike(first: np.ndarray, second: np.ndarray) -> bool:
    """Values equal to half of their digits, beside the largest: sums may be taken in another order."""
    if first.shape != second.shape or first.dtype.kind != "f":
        return _same(first, second)
    rtol = 2.0 ** -(precision(first.dtype) // 2)
    scale = float(np.abs(first[np.isfinite(first)]).max(initial=0.0))
    return bool(np.allclose(second, first, rtol=rtol, atol=rtol * scale, equal_nan=True))


def _refused(layout: str, error: Exception) -> Violation:
    if "read-only" in str(error):
        message = f"it writes into its input or into gy: {error} (on a read-only array)"
        return Violation("input overwritten", message)
    return Violation("layout", f"{layout} inputs: {type(error).__name__}: {error}")


def _differing(scene: Scene, got: Sequence[Any]) -> int | None:
    """The first element whose gradient differs from the contiguous one by more than rounding."""
    at = scene.at
    for g, x, on in zip(got, at.inputs, at.active, strict=True):
        if on and g is not None and g.shape != x.shape:
            return 0
    ours, theirs = scene.got(1), flat_floats(got, at)
    different = ~((ours == theirs) | (np.isnan(ours) & np.isnan(theirs)))
    with np.errstate(all="ignore"):
        gap = np.abs(ours - theirs)
        different &= ~(gap <= verdict.negligible(at.dtype) * np.spacing(np.abs(ours)))
        if different.any():
            different &= ~(gap <= 2 * allowances(scene)[0])
    return int(np.argmax(different)) if different.any() else None
