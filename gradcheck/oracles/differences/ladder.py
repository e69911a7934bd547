"""Derivatives along a line from samples alone, with steps chosen by an error model.

At each step h of a ladder the samples x + o h, |o| <= r, give

    value       by the stencil on all 2r + 1 samples, of truncation order p
    truncation  how far the stencil on the inner 2r - 1 is from that: its own error, of order p - 2
    rounding    sum |c_o| (error of the sample at o) / h^n

where the error of a sample is the rounding that is declared for it, plus what its abscissa is off
times the slope, plus *measured* noise: the highest differences of the samples, which for a smooth
function vanish like h^(2r) and for noise of standard deviation s are s sqrt(binomial(2m, m))
(Hamming; Moré and Wild, "Estimating computational noise", 2011). Noise seen at a smaller step
counts at the larger ones too: truncation shrinks with the step, noise does not.

A step is *smooth* if this error is small against the spread of the samples, or not above the
declared rounding. The smallest error among the smooth steps wins. The answer is not reliable, and
its bound infinite, if no step is smooth (a kink, a jump, oscillations below the resolution) or if
two smooth steps contradict each other (a function that is quantized more coarsely than its dtype).
A wide step is not asked where several small ones in a row contradict it whose errors are no more than
rounding, if it has no such company itself, or if noise grows with the step: it averages over kinks or
oscillations that they resolve. (The noise of a quantized function does not grow.)

Two kinds of detail look like what they approximate. Steps below 2^-32 of the scale see the grain of
a solver's answer, and are not asked where wide ones agree. A function that rests, or jumps, at steps much
wider than rounding explains is a staircase: the bound of its slope covers 0, which it is almost everywhere.

A function is *still* if its samples differ by no more than the rounding of the largest value near it
(all outputs of an FFT carry that) and by no more at wide steps than at small ones. No step is smooth then;
its derivative is 0, within its spread over the reach of the widest such step.

Steps are not powers of two, nor of one another: on those, a function with a binary period would
look constant, and quantization would leave the same traces at each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import comb, sqrt
from typing import Any, NamedTuple

import numpy as np

from gradcheck.oracles.differences.stencils import coefficients, radius
from gradcheck.oracles.differences.trust import LONG, Array, LineDerivatives, Rungs, choose

SampledLine = Callable[[Array], "Samples"]

MANTISSAS = (21, 27, 17, 23, 19, 29)  # over 32: five bits, so that multiples of a step are exact
FIRST = (-3, -5, -7, -13, -20)  # good for a function that varies on the scale; the last two check
RUNGS = 18  # steps in a full ladder, which spans the dtype's precision (a factor 8 in float64)
ENOUGH = 0.6  # an error below eps**ENOUGH of the scale ends the search after the first steps,
ENOUGH_LESS = 0.07  # the exponent lower by this for each further order
WIDE = 2.0**-8  # a function constant over less than this part of its scales may vary farther out


class NoRoomError(ValueError):
    """The range around the point is narrower than any stencil."""


class Samples(NamedTuple):
    """What a line gives at K offsets: m functions at once.

    Attributes:
        values: (K, m).
        rounding: (K, m), the declared absolute error of each value.
        misplaced: (K,), how far the offsets really used are from those asked for.
    """

    values: Array
    rounding: Array
    misplaced: Array


@dataclass(frozen=True)
class Range:
    """Where a line may be sampled, and how finely; all in units of the offset.

    Attributes:
        lower, upper: offsets must lie strictly between (or be 0).
        scales: lengths on which the function may vary, the most likely first.
        spacing: the smallest difference of offsets that the dtype resolves here.
        eps: the relative precision of the samples' dtype.
    """

    lower: float
    upper: float
    scales: tuple[float, ...]
    spacing: float
    eps: float


def differentiate(line: SampledLine, where: Range, order: int, *, thorough: bool = True) -> LineDerivatives:
    """The derivative of this order at offset 0 of each of the m functions on the line.

    `line` is called with an array of offsets, once or twice.

    Args:
        thorough: ask more steps where the first do not give every function all digits.

    Raises:
        NoRoomError: no stencil fits into the range.
    """
    first = _sample(line, where, order, _first_steps(where, order))
    found = choose(first, order, min(where.scales)) if first else None
    if found and first and (not thorough or _enough(found, first, where, order)):
        return found
    known = set() if first is None else set(first.step[:, 0].astype(float).tolist())
    more = _sample(line, where, order, [h for h in _ladder(where, order) if float(h) not in known])
    parts = [part for part in (first, more) if part is not None]
    if not parts:
        raise NoRoomError(f"no stencil fits between offsets {where.lower} and {where.upper}")
    rungs = Rungs(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    return choose(rungs, order, min(where.scales))


def _enough(found: LineDerivatives, rungs: Rungs, where: Range, order: int) -> bool:
    """Whether more steps would not pay: every function is known well, or constant."""
    constant = (rungs.spread == 0).all(axis=0)
    constant &= where.scales[0] > WIDE * max(where.scales)
    tolerance = where.eps ** (ENOUGH - ENOUGH_LESS * (order - 1))
    return bool(np.all(constant | (found.bound <= tolerance * np.maximum(np.abs(found.value), found.scale))))


def _first_steps(where: Range, order: int) -> list[Any]:
    steps = [_irregular(i, where.scales[0] * 2.0**e) for i, e in enumerate(FIRST)]
    return _usable(steps, where, order)


def _irregular(i: int, step: float) -> float:
    return step * MANTISSAS[i % len(MANTISSAS)] / 32


def _ladder(where: Range, order: int) -> list[Any]:
    octaves = max(1.0, -np.log2(where.eps) / RUNGS)
    steps: list[float] = []
    for scale in where.scales:
        rungs = [_irregular(i, scale * 2.0 ** (-2 - octaves * i)) for i in range(RUNGS)]
        steps += [h for h in rungs if not steps or h < steps[-1] / 2 or h > 2 * steps[0]]
        steps.sort(reverse=True)
    return _usable(steps, where, order)


def _usable(steps: list[float], where: Range, order: int) -> list[Any]:
    """Those steps, as multiples of the spacing, with which a stencil fits into the range."""
    spacing = LONG(where.spacing)
    rounded = {float(h): h for h in np.rint(np.array(steps, LONG) / spacing) * spacing}
    return [h for h in rounded.values() if h > 0 and _fits(h, where, order)]


def _offsets(where: Range, order: int) -> tuple[int, ...]:
    """2r + 1 consecutive integers around 0, or to one side of it on an end of the range.

    Next to an end there is often a singularity, which a stencil that looks away from it would not
    see: only a point on the end itself has a one-sided stencil.
    """
    r = radius(order)
    start = 0 if where.lower == 0 else -2 * r if where.upper == 0 else -r
    return tuple(range(start, start + 2 * r + 1))


def _fits(step: Any, where: Range, order: int) -> bool:
    """Whether the stencil stays within the range."""
    first, *_, last = _offsets(where, order)
    above = first == 0 or where.lower < first * step
    return bool(above and (last == 0 or last * step < where.upper))


def _sample(line: SampledLine, where: Range, order: int, steps: list[Any]) -> Rungs | None:
    """What all steps give, by one call of the line; None without any."""
    if not steps:
        return None
    offsets = _offsets(where, order)
    points = np.multiply.outer(np.array(steps), np.array(offsets, dtype=LONG))
    unique, inverse = np.unique(points, return_inverse=True)
    with np.errstate(all="ignore"):  # probing may leave the range of floats
        places = inverse.reshape(points.shape)
        samples = Samples(*(array[places] for array in line(unique)))
        return _rungs(samples, offsets, np.array(steps), order)


def _rungs(samples: Samples, offsets: tuple[int, ...], steps: Array, order: int) -> Rungs:
    """What K steps give, of samples of shape (K, 2r + 1, m); misplaced ones (K, 2r + 1)."""
    values, rounding, misplaced = samples
    weights, inner, slope = _weights(offsets, order)
    step = steps[:, np.newaxis]
    power = step**order
    value = weights @ values / power
    declared = rounding + np.abs(slope @ values / step)[:, np.newaxis] * misplaced[:, :, np.newaxis]
    common = np.max(rounding, axis=(1, 2), where=np.isfinite(rounding), initial=0)
    return Rungs(
        step=np.broadcast_to(step, value.shape),
        value=value,
        truncation=np.abs(value - inner @ values / power),
        declared=np.abs(weights) @ declared / power,
        amplification=np.broadcast_to(np.abs(weights).sum() / power, value.shape),
        noise=_measured_noise(values),
        spread=np.ptp(values, axis=1),
        finite=np.asarray(np.isfinite(values).all(axis=1)),
        own=rounding.max(axis=1),
        common=np.broadcast_to(common[:, np.newaxis], value.shape),
    )


@cache
def _weights(offsets: tuple[int, ...], order: int) -> tuple[Array, Array, Array]:
    """Weights of the derivative by all offsets, by all but the outer two, and of the slope."""
    nearest = sorted(range(len(offsets)), key=lambda i: (abs(offsets[i]), offsets[i]))
    kept = sorted(nearest[:-2])
    inner = np.zeros(len(offsets), dtype=LONG)
    inner[kept] = _as_long(coefficients(tuple(offsets[i] for i in kept), order))
    return _as_long(coefficients(offsets, order)), inner, _as_long(coefficients(offsets, 1))


def _as_long(fractions: Any) -> Array:
    return np.array([LONG(c.numerator) / LONG(c.denominator) for c in fractions])


def _measured_noise(values: Array) -> Array:
    """The standard deviation that explains the two highest differences of equispaced samples."""
    m = values.shape[1] - 2
    last_but_one = np.diff(values, m, axis=1)
    last = np.diff(last_but_one, axis=1)
    found = [np.abs(d).max(axis=1) / sqrt(comb(2 * n, n)) for n, d in ((m, last_but_one), (m + 1, last))]
    return np.maximum(*found)
