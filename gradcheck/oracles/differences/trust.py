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


class Rung(NamedTuple):
    """What one step gives, arrays of shape (m,); or what all steps give, arrays of shape (K, m)."""

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


def choose(rungs: list[Rung], order: int, scale: float) -> LineDerivatives:
    """For each function the smooth step with the smallest error, if no other contradicts it, or 0.

    `scale` is the length on which the functions may vary.
    """
    rungs = sorted(rungs, key=lambda rung: float(rung.step[0]))
    all_of = Rung(*(np.array(column) for column in zip(*rungs, strict=True)))
    with np.errstate(all="ignore"):
        all_of = all_of._replace(noise=np.maximum.accumulate(all_of.noise, axis=0))
        rounding = all_of.declared + SAFETY * all_of.amplification * all_of.noise
        error = 2 * all_of.truncation + rounding
        candidates = _candidates(all_of, error, order)
        candidates &= ~_outweighed(all_of, error, candidates)
        candidates &= ~_within_a_tread(all_of, error, candidates, scale)
        best = np.argmin(np.where(candidates, error, np.inf), axis=0)[np.newaxis]
        chosen = {
            name: np.take_along_axis(array, best, axis=0)
            for name, array in {**all_of._asdict(), "error": error}.items()
        }
        apart = np.abs(all_of.value - chosen["value"]) > error + chosen["error"]
        lowest = np.min(np.where(candidates, all_of.value - error, np.inf), axis=0)
        highest = np.max(np.where(candidates, all_of.value + error, -np.inf), axis=0)
        still, wide = _still(all_of, order)
        stairs = _staircase(all_of, order, scale, chosen)
    smooth, contradicted = np.any(candidates, 0), np.any(candidates & apart, 0)
    reliable = smooth & ~contradicted
    value, error = chosen["value"][0], np.where(reliable, chosen["error"][0], np.inf)
    value, error = np.where(stairs, value / 2, value), np.where(stairs, error + np.abs(value) / 2, error)
    resting = (still < error) & ((chosen["step"][0] < wide) | ~(np.abs(value) > error + still))
    return LineDerivatives(
        value=np.where(resting, 0, value),
        scale=chosen["spread"][0] * factorial(order) / (2 * (radius(order) * chosen["step"][0]) ** order),
        bound=np.where(resting, still, error),
        step=chosen["step"][0],
        lowest=np.where(smooth, lowest, np.nan),
        highest=np.where(smooth, highest, np.nan),
    )


def _candidates(all_of: Rung, error: Array, order: int) -> Array:
    """The smooth steps to choose among, confirmed by a neighbour.

    Constant samples say little (a quantized function is constant at small steps): they are taken
    only where there is nothing better. The smallest steps only gauge the noise, which may hide from
    a single step by luck.
    """
    per_spread = 4 * factorial(order) / radius(order) ** order  # as x^n/n! would have, 1 for n = 1
    explained = error * all_of.step**order <= SMOOTH * per_spread * all_of.spread
    smooth = all_of.finite & (explained | (error <= AT_FLOOR * all_of.declared))
    smooth[: GAUGES if len(smooth) > 2 * GAUGES else 0] = False
    varying = _supported(all_of.value, error, smooth & (all_of.spread > 0))
    return np.where(varying.any(axis=0), varying, _supported(all_of.value, error, smooth))


def _outweighed(all_of: Rung, error: Array, candidates: Array) -> Array:
    """The steps that contradict smaller ones which resolve the last digits, and are less trusted."""
    floor = candidates & (all_of.spread > 0) & (error <= AT_FLOOR * all_of.declared)
    resolved = _in_a_row(all_of.value, error, floor)
    reference = np.argmin(np.where(resolved, error, np.inf), axis=0)[np.newaxis]
    value, own = (np.take_along_axis(array, reference, axis=0) for array in (all_of.value, error))
    wider = np.arange(len(candidates))[:, np.newaxis] > reference
    contradicts = np.abs(all_of.value - value) > error + own
    doubtful = _growing(all_of) | ~_in_a_row(all_of.value, error, candidates)
    return np.asarray(resolved.any(axis=0) & wider & contradicts & doubtful)


def _within_a_tread(all_of: Rung, error: Array, candidates: Array, scale: float) -> Array:
    """The steps so small that they see the grain of a solver's answer, where several wide ones agree."""
    small = all_of.step < GRAIN * scale
    row = _in_a_row(all_of.value, error, candidates & ~small & ~_growing(all_of) & (all_of.spread > 0))
    return np.asarray(small & row.any(axis=0))


def _staircase(all_of: Rung, order: int, scale: float, chosen: dict[str, Array]) -> Array:
    """Whether the derivative that wide steps show is that of what a staircase approximates.

    It rests, or jumps by more than that, where it should move visibly. Its own derivative is 0, so either may
    be meant: a table's slopes, or a solver's root.
    """
    reach = radius(order) * all_of.step
    moves = 2 * (np.abs(chosen["value"]) - chosen["error"]) * reach**order / factorial(order)
    wide = (all_of.step > TREAD * scale) & (all_of.step < chosen["step"])
    rests = wide & (all_of.spread == 0) & (moves > AT_FLOOR * all_of.own)
    nearest = wide & (np.cumsum(wide, axis=0) == 1)
    jumps = nearest & (all_of.noise > np.maximum(moves, AT_FLOOR * all_of.own))
    return np.asarray(np.any(rests | jumps, axis=0))


def _growing(all_of: Rung) -> Array:
    """Whether the noise at each step is much more than at one that is much smaller."""
    before, known = _much_smaller(all_of)
    return np.asarray(known & (all_of.noise > GROWTH[0] * all_of.noise[before]))


def _much_smaller(all_of: Rung) -> tuple[Array, Array]:
    """For each rung the largest one that is much smaller, and whether there is one."""
    steps = all_of.step[:, 0]
    before = np.searchsorted(steps, steps / GROWTH[1], side="right") - 1
    return np.maximum(before, 0), (before >= 0)[:, np.newaxis]


def _still(all_of: Rung, order: int) -> tuple[Array, Array]:
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
    tightest = np.argmin(bound, axis=0)[np.newaxis]
    least, step = (np.take_along_axis(array, tightest, axis=0)[0] for array in (bound, all_of.step))
    return least, np.where(np.isfinite(least), step, 0)


def _supported(value: Array, error: Array, candidates: Array) -> Array:
    """The candidates that agree with a neighbour that is one too."""
    return _spread_out(_agreeing(value, error, candidates), len(candidates))


def _in_a_row(value: Array, error: Array, candidates: Array) -> Array:
    """The candidates in a row of three, each of which agrees with the next."""
    agree = _agreeing(value, error, candidates)
    return _spread_out(agree[1:] & agree[:-1], len(candidates))


def _agreeing(value: Array, error: Array, candidates: Array) -> Array:
    """Which candidates agree with the next one, if that is a candidate too."""
    agree = np.abs(np.diff(value, axis=0)) <= error[1:] + error[:-1]
    return np.asarray(agree & candidates[1:] & candidates[:-1])


def _spread_out(found: Array, count: int) -> Array:
    """Of `count` rungs those in any of the groups of neighbours found, one at each first member."""
    result = np.zeros((count, *found.shape[1:]), dtype=bool)
    for offset in range(count - len(found) + 1):
        result[offset : offset + len(found)] |= found
    return result
