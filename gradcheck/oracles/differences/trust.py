"""Which step of a ladder is trusted, and how far (the model is in `ladder`)."""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial
from typing import Any, NamedTuple

import numpy as np

from gradcheck.oracles.differences.stencils import radius

Array = np.ndarray[Any, Any]
LONG = np.longdouble

GAUGES = 2  # smallest steps that only gauge the noise, if there are enough others
SAFETY = 3.0  # standard deviations of measured noise that a sample may be off
SMOOTH = 0.03  # error over spread, above which samples do not look like a smooth function's
AT_FLOOR = 30.0  # times the declared rounding, up to which an error is explained by it
GROWTH = 4.0, 16.0  # noise grows if it exceeds this multiple of that at a step smaller by this factor
TREAD = 2.0**-21  # of the scale: the smallest step in which a staircase differs from rounding
GRAIN = 2.0**-32  # of the scale: detail within such a step is that of a solver's last digits
STILL = 256.0  # times the rounding of the largest value, up to which all may be off: sums of many terms


@dataclass(frozen=True)
class LineDerivatives:
    """Derivatives of m functions, arrays of shape (m,); bounds are infinite where no step is trusted.

    `scale` is what the derivative of a power of that order would be that varies as much; `lowest` and
    `highest` enclose all that smooth steps say, though they contradict each other (NaN where there is none).
    """

    value: Array
    scale: Array
    bound: Array
    step: Array
    lowest: Array
    highest: Array


class Rungs(NamedTuple):
    """What each of K steps gives of m functions, arrays of shape (K, m)."""

    step: Array
    value: Array
    truncation: Array
    declared: Array  # the value's error by declared rounding and misplacement
    amplification: Array  # the value's error if every sample were off by 1
    noise: Array
    spread: Array
    finite: Array
    own: Array  # the declared rounding of its largest value
    common: Array  # that of the largest value of all the functions


def choose(rungs: Rungs, order: int, scale: float) -> LineDerivatives:
    """For each function the smooth step with the smallest error, if no other contradicts it, or 0.

    `scale` is the length on which the functions may vary.
    """
    ascending = np.argsort(rungs.step[:, 0])
    all_of = Rungs(*(column[ascending] for column in rungs))
    with np.errstate(all="ignore"):
        all_of = all_of._replace(noise=np.maximum.accumulate(all_of.noise, axis=0))
        rounding = all_of.declared + SAFETY * all_of.amplification * all_of.noise
        error = 2 * all_of.truncation + rounding
        agree = np.abs(np.diff(all_of.value, axis=0)) <= error[1:] + error[:-1]  # each step with the next
        growing = _growing(all_of)
        candidates = _candidates(all_of, error, agree, order)
        candidates &= ~_outweighed(all_of, error, agree, candidates, growing)
        candidates &= ~_within_a_tread(all_of, agree, candidates & ~growing, scale)
        best = np.argmin(np.where(candidates, error, np.inf), axis=0)
        value, step, spread, own_error = (
            _of_each(best, column) for column in (all_of.value, all_of.step, all_of.spread, error)
        )
        apart = np.abs(all_of.value - value) > error + own_error
        lowest = np.where(candidates, all_of.value - error, np.inf).min(axis=0)
        highest = np.where(candidates, all_of.value + error, -np.inf).max(axis=0)
        still, wide = _still(all_of, order)
        stairs = _staircase(all_of, order, scale, np.abs(value) - own_error, step)
    smooth, contradicted = candidates.any(axis=0), (candidates & apart).any(axis=0)
    bound = np.where(smooth & ~contradicted, own_error, np.inf)
    scaled = spread * factorial(order) / (2 * (radius(order) * step) ** order)
    value, bound = np.where(stairs, value / 2, value), np.where(stairs, bound + np.abs(value) / 2, bound)
    resting = (still < bound) & ((step < wide) | ~(np.abs(value) > bound + still))
    return LineDerivatives(
        value=np.where(resting, 0, value),
        scale=scaled,
        bound=np.where(resting, still, bound),
        step=step,
        lowest=np.where(smooth, lowest, np.nan),
        highest=np.where(smooth, highest, np.nan),
    )


def _of_each(rows: Array, column: Array) -> Array:
    """The element of each function's own row."""
    return np.asarray(column[rows, np.arange(rows.size)])


def _candidates(all_of: Rungs, error: Array, agree: Array, order: int) -> Array:
    """The smooth steps to choose among, confirmed by a neighbour.

    Constant samples say little (a quantized function is constant at small steps): they are taken
    only where there is nothing better. The smallest steps only gauge the noise, which may hide from
    a single step by luck.
    """
    per_spread = 4 * factorial(order) / radius(order) ** order  # as x^n/n! would have, 1 for n = 1
    explained = error * all_of.step**order <= SMOOTH * per_spread * all_of.spread
    smooth = all_of.finite & (explained | (error <= AT_FLOOR * all_of.declared))
    smooth[: GAUGES if len(smooth) > 2 * GAUGES else 0] = False
    varying = _supported(agree, smooth & (all_of.spread > 0))
    return np.where(varying.any(axis=0), varying, _supported(agree, smooth))


def _outweighed(all_of: Rungs, error: Array, agree: Array, candidates: Array, growing: Array) -> Array:
    """The steps that contradict smaller ones which resolve the last digits, and are less trusted."""
    floor = candidates & (all_of.spread > 0) & (error <= AT_FLOOR * all_of.declared)
    resolved = _in_a_row(agree, floor)
    reference = np.argmin(np.where(resolved, error, np.inf), axis=0)
    value, own = (_of_each(reference, column) for column in (all_of.value, error))
    wider = np.arange(len(candidates))[:, np.newaxis] > reference
    contradicts = np.abs(all_of.value - value) > error + own
    doubtful = growing | ~_in_a_row(agree, candidates)
    return np.asarray(resolved.any(axis=0) & wider & contradicts & doubtful)


def _within_a_tread(all_of: Rungs, agree: Array, steady: Array, scale: float) -> Array:
    """The steps so small that they see the grain of a solver's answer, where several wide ones agree.

    `steady` are candidates whose noise does not grow.
    """
    small = all_of.step < GRAIN * scale
    row = _in_a_row(agree, steady & ~small & (all_of.spread > 0))
    return np.asarray(small & row.any(axis=0))


def _staircase(all_of: Rungs, order: int, scale: float, least: Array, step: Array) -> Array:
    """Whether the derivative that wide steps show is that of what a staircase approximates.

    By the chosen step it is of that size at least.
    It rests, or jumps by more than that, where it should move visibly. Its own derivative is 0, so either may
    be meant: a table's slopes, or a solver's root.
    """
    reach = radius(order) * all_of.step
    moves = 2 * least * reach**order / factorial(order)
    wide = (all_of.step > TREAD * scale) & (all_of.step < step)
    rests = wide & (all_of.spread == 0) & (moves > AT_FLOOR * all_of.own)
    nearest = wide & (np.cumsum(wide, axis=0) == 1)
    jumps = nearest & (all_of.noise > np.maximum(moves, AT_FLOOR * all_of.own))
    return np.asarray(np.any(rests | jumps, axis=0))


def _growing(all_of: Rungs) -> Array:
    """Whether the noise at each step is much more than at one that is much smaller."""
    before, known = _much_smaller(all_of)
    return np.asarray(known & (all_of.noise > GROWTH[0] * all_of.noise[before]))


def _much_smaller(all_of: Rungs) -> tuple[Array, Array]:
    """For each step the largest one that is much smaller, and whether there is one."""
    steps = all_of.step[:, 0]
    before = np.searchsorted(steps, steps / GROWTH[1], side="right") - 1
    return np.maximum(before, 0), (before >= 0)[:, np.newaxis]


def _still(all_of: Rungs, order: int) -> tuple[Array, Array]:
    """A bound of the slope of each function that is still, and at which step; infinite and 0 where none is.

    Something must be seen that does not grow: a quantized function does not move at all at small steps.
    Slopes at smaller steps are then of the same noise, even where they look smooth by chance.
    """
    before, known = _much_smaller(all_of)
    spread = np.maximum.accumulate(all_of.spread, axis=0)
    steady = known & (spread[before] > 0) & (spread <= GROWTH[0] * spread[before])
    steady &= spread <= STILL * all_of.common
    bound = (spread + 2 * all_of.own) / (radius(1) * all_of.step)
    bound = np.where(steady & (order == 1), bound, np.inf)
    tightest = np.argmin(bound, axis=0)
    least, step = (_of_each(tightest, column) for column in (bound, all_of.step))
    return least, np.where(np.isfinite(least), step, 0)


def _supported(agree: Array, candidates: Array) -> Array:
    """The candidates that agree with a neighbour that is one too."""
    return _spread_out(_neighbours(agree, candidates), len(candidates))


def _in_a_row(agree: Array, candidates: Array) -> Array:
    """The candidates in a row of three, each of which agrees with the next."""
    both = _neighbours(agree, candidates)
    return _spread_out(both[1:] & both[:-1], len(candidates))


def _neighbours(agree: Array, candidates: Array) -> Array:
    """Which candidates agree with the next one, if that is a candidate too."""
    return np.asarray(agree & candidates[1:] & candidates[:-1])


def _spread_out(found: Array, count: int) -> Array:
    """Of `count` steps those in any of the groups of neighbours found, one at each first member."""
    result = np.zeros((count, *found.shape[1:]), dtype=bool)
    for offset in range(count - len(found) + 1):
        result[offset : offset + len(found)] |= found
    return result
