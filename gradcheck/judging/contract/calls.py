"""The further calls that the rules share: other layouts, other cotangents, other directions.

G_k is linear in the cotangent u, and homogeneous of degree k - 1 in the direction d. So a call with -c u
tells G_k again (c is a large power of two, past what a backward may clip); so do one with u and d times
ALL_DIGITS, and one with u + r less one with r. Each has its own memory layout, and numbers that use all their
digits: rounding in the wrong place shows then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from gradcheck.judging.contract.repeatability import same
from gradcheck.judging.near import moved
from gradcheck.judging.scene import Scene
from gradcheck.measuring import probes
from gradcheck.measuring.point import Point
from gradcheck.subjects.dezero import to_device, to_host
from gradcheck.subjects.layouts import LAYOUTS
from gradcheck.subjects.subject import Trial

# Negative, and without zeros at the end: what is multiplied by it has all its digits. No formula has it: the
# pi of a backward would take the digits of 1/pi away again.
ALL_DIGITS = -float(np.exp(-1.13))

Arrays = Sequence[Any]
Handed = tuple[Arrays, Arrays, Arrays]  # inputs, cotangents, directions, where the subject runs


@dataclass(frozen=True)
class Call:
    """One call of the subject at `at`, and what came of it.

    Attributes:
        trial: on host arrays; None where it raised `error`. With both, the derivative by gy did.
        overwritten: (kind, message) of each array that was handed over and written to.
    """

    at: Point
    trial: Trial | None
    error: Exception | None
    overwritten: Sequence[tuple[str, str]]

    @cached_property
    def table(self) -> np.ndarray | None:
        """The gradients of all elements (columns) at each order (rows).

        None unless all shapes fit, and numbers are numbers (what a backward kept of another call may
        be objects).
        """
        if self.trial is None:
            return None
        shapes = [x.shape for x in self.at.inputs]
        for gradients in self.trial.gradients:
            pairs = zip(gradients, shapes, strict=True)
            if any(g is not None and (g.shape != s or g.dtype == object) for g, s in pairs):
                return None
        return np.stack([self.at.floats(gradients) for gradients in self.trial.gradients])


def call(
    scene: Scene,
    at: Point,
    order: int,
    layout: str = "contiguous",
    *,
    watched: bool = False,
    cotangents: Arrays | None = None,
) -> Call:
    """Call the subject at `at`, its arrays laid out anew.

    Args:
        cotangents: those of `at` as they are to be handed over, where not in that layout.
    """
    handed = _laid_out(at, LAYOUTS[layout], cotangents)
    try:
        trial = scene.subject.trial(*handed, order, watched=watched)
    except Exception as error:  # a wrong backward may raise anything
        if watched:  # f may call backward itself, and need leaves or no graph beyond its own
            unwatched = call(scene, at, order, layout, cotangents=cotangents)
            return _with_lower(unwatched, scene, order - 1, error) if unwatched.trial else unwatched
        return Call(at, None, error, _overwritten(scene, at, handed))
    here = replace(
        trial,
        outputs=[to_host(y) for y in trial.outputs],
        gradients=[[None if g is None else to_host(g) for g in gs] for gs in trial.gradients],
        pairings=[(to_host(a), to_host(size), to_host(b)) for a, size, b in trial.pairings],
    )
    return Call(at, here, None, _overwritten(scene, at, handed))


def _with_lower(unwatched: Call, scene: Scene, order: int, error: Exception) -> Call:
    """The call with what a watched one of lower order writes to; with the error if that one is none."""
    lower = call(scene, unwatched.at, order, watched=True) if order else None
    if lower is None or lower.trial is None or unwatched.trial is None:
        return unwatched
    by_gy = error if lower.trial.returned or lower.error else None
    return replace(unwatched, error=by_gy, trial=replace(unwatched.trial, damage=lower.trial.damage))


def _laid_out(at: Point, arrange: Callable[[np.ndarray], np.ndarray], cotangents: Arrays | None) -> Handed:
    def there(x: np.ndarray) -> Any:
        return arrange(to_device(x, at.device))

    us = cotangents or [None if u is None else there(u) for u in at.cotangents]
    return [there(x) for x in at.inputs], us, [there(d) for d in at.direction]


def _overwritten(scene: Scene, at: Point, handed: Handed) -> list[tuple[str, str]]:
    """What is not as it was handed over."""
    inputs, cotangents, directions = handed
    found = [
        ("input overwritten", f"input {i} ({scene.case.names[i]}) was overwritten")
        for i, (after, before) in enumerate(zip(inputs, at.inputs, strict=True))
        if not same(to_host(after), before)
    ]
    gys = (*zip(cotangents, at.cotangents, strict=True), *zip(directions, at.direction, strict=True))
    if not all(before is None or same(to_host(after), before) for after, before in gys):
        found.append(("gy overwritten", "the incoming gradient gy was overwritten in backward"))
    return found


# The calls --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Calls:
    """The calls that belong to one scene, at the highest order that fits."""

    raised: Call  # -c u
    watched: Call  # u and d times ALL_DIGITS; Fortran order
    negative: Call  # u; negative strides
    sum: Call  # u + r; every other element of a larger array
    term: Call  # r, broadcast; read-only inputs
    moved: Call  # order 1 at other inputs
    zero: Call  # order 1 of a zero u
    plain: Call  # order 1 of u, with no graph of the gradient

    @property
    def here(self) -> list[Call]:
        """All at the scene's own inputs."""
        return [self.raised, self.watched, self.negative, self.sum, self.term, self.zero, self.plain]


def further_calls(scene: Scene) -> Calls:
    """Make them."""
    at, order = scene.at, scene.fitting
    term, views = broadcast_term(scene)
    return Calls(
        raised=call(scene, scaled(at, -raising(at.dtype)), order),
        watched=call(scene, all_digits(at), order, "fortran", watched=True),
        negative=call(scene, at, order, "negative", watched=order > 1),  # d has the other sign
        sum=call(scene, plus(at, term), order, "strided"),
        term=call(scene, term, order, "readonly", cotangents=views),
        moved=call(scene, replace(at, inputs=moved(scene)), 1),
        zero=call(scene, scaled(at, 0.0), 1),
        plain=call(scene, at, 1),
    )


def raising(dtype: Any) -> float:
    """A factor that commutes with rounding, and leaves room in the range of the dtype.

    >>> raising(np.float64), raising(np.float16)
    (1024.0, 16.0)
    """
    return float(2.0 ** min(10, np.finfo(dtype).maxexp // 4))


def scaled(at: Point, factor: float) -> Point:
    """`at` with cotangents multiplied by `factor`."""
    return at.with_cotangents(lambda u: np.asarray(u * u.dtype.type(factor)))


def all_digits(at: Point) -> Point:
    """`at` with cotangents and direction multiplied by ALL_DIGITS."""
    direction = [np.asarray(d * d.dtype.type(ALL_DIGITS)) for d in at.direction]
    return replace(scaled(at, ALL_DIGITS), direction=direction)


def plus(at: Point, term: Point) -> Point:
    """`at` with the cotangents of both."""
    pairs = zip(at.cotangents, term.cotangents, strict=True)
    return replace(at, cotangents=[None if u is None else np.asarray(u + r) for u, r in pairs])


def broadcast_term(scene: Scene) -> tuple[Point, Arrays | None]:
    """A point with cotangents that are one row for all rows, and those as views with a stride of 0."""
    rng = np.random.default_rng([1, scene.case.seed])
    at = scene.at
    views = [None if u is None else np.broadcast_to(_row(rng, u), u.shape) for u in at.cotangents]
    term = replace(at, cotangents=[None if v is None else v.copy() for v in views])
    return term, (views if at.device == "cpu" else None)


def _row(rng: np.random.Generator, u: np.ndarray) -> np.ndarray:
    """A row of the shape of one of u's, with all digits; large enough to turn signs of u."""
    row = probes.weights(rng, u.shape[1:]).astype(u.dtype)
    if row.size == 1 and u.size:
        row = np.copysign(row, -u.ravel()[0])
    return np.asarray(row * u.dtype.type(4 / 3))
