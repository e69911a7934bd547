"""softmax, log_softmax, logsumexp, cross entropy and their derivatives on rows of floats.

The same mathematics as in `log_sum_exp`, on arrays (A, C, B) whose rows lie along the middle axis: see
`_rows.in_rows`. Where the formulas of all numbers mask the peak and the label of a row, these address it: one
number of a row is given care, and not all C. Each formula fills its first arguments, which nobody else sees
yet. A column is (A, 1, B), one number for each row.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dezero.core import is_real
from dezero.functions._masks import MANY, all_finite, choose, has_bits, keep
from dezero.functions._rows import are_most, at, chosen, dots, largest_of, places_of, sums
from dezero.fusion import fused

# A sum of squares by dtype: no difference from a number whose square is less overflows.
MODERATE = {"f": 1e30, "d": 1e280}
LONG = 64  # elements of a row whose largest is sooner found than taken from all


@fused("x", "x")
def less(x: Any, largest: Any) -> Any:
    """x - largest; what overflows is -inf. Infinities of one sign tie: their difference is 0."""
    if not is_real(x) or _are_moderate(largest):
        return x - largest
    with np.errstate(over="ignore", invalid="ignore"):
        shifted = x - largest
        return shifted if all_finite(largest) else choose(x == largest, 0, shifted)


def _are_moderate(largest: Any) -> bool:
    """Whether they are finite, and far from overflow; quicker to ask than to silence NumPy's alarms."""
    return has_bits(largest) and bool(np.vdot(largest, largest) < MODERATE[largest.dtype.char])


def softmax(y: np.ndarray, x: np.ndarray) -> None:
    """y: softmax of the rows x."""
    y /= _exponentials(y, x)


def softmax_gradient(gx: np.ndarray, y: np.ndarray, gy: np.ndarray) -> None:
    """gx: of softmax, whose result was y.

    What all gy of a row have in common changes nothing; without that of a peak, which outweighs all others,
    nothing cancels.
    """
    np.subtract(gy, chosen(gy, y > 0.5), out=gx)
    gx -= dots(y, gx)
    gx *= y


def log_softmax(y: np.ndarray, e: np.ndarray, total: np.ndarray, others: np.ndarray, x: np.ndarray) -> None:
    """y: log_softmax of the rows x. e, total, others: as of `_shifted_exponentials`."""
    _shifted_exponentials(y, e, total, others, x)
    y -= np.log1p(others)


def log_softmax_gradient(
    gx: np.ndarray, y: np.ndarray, e: np.ndarray, total: np.ndarray, others: np.ndarray, gy: np.ndarray
) -> None:
    """gx: of log_softmax, which gave y, e, total and others."""
    of_all = sums(gy)
    np.multiply(e, of_all / total, out=gx)
    np.subtract(gy, gx, out=gx)
    # Of a probability of more than 1/2, once in a row, that difference cancels. All others sum up to less.
    sure = total < 2
    count = np.count_nonzero(sure)
    if are_most(count, sure.size):
        own = of_all * others / total - sums(keep(gy, e < 1))
        gx[...] = choose((e == 1) & sure, own, gx)
    elif count:
        places = places_of(e, np.flatnonzero(sure))
        others_less = e.take(places) < 1
        peak = places[~others_less]
        rest = sums(np.where(others_less, gy.take(places), 0)[:, :, None])
        gx.put(peak, (gy.take(peak) * others[sure] - rest.reshape(-1)) / total[sure])


def log_sum_exp(y: np.ndarray, x: np.ndarray) -> None:
    """y: logsumexp of the rows x, a column."""
    e = np.empty_like(x)
    peak = _shifted_exponentials(e, e, np.empty_like(y), y, x)
    np.add(peak, np.log1p(y), out=y)


def log_sum_exp_gradient(gx: np.ndarray, x: np.ndarray, gy: np.ndarray) -> None:
    """gx: of logsumexp of the rows x; gy is a column."""
    softmax(gx, x)
    gx *= gy


def log_p_of_labels(
    e: np.ndarray, total: np.ndarray, log_p: np.ndarray, x: np.ndarray, t: np.ndarray
) -> None:
    """log_p: log_softmax of the rows x at the labels t, both columns. e, total: softmax is e / total."""
    others = np.empty_like(total)
    peak = _shifted_exponentials(e, e, total, others, x)
    np.subtract(less(x.take(at(x, t)), peak), np.log1p(others), out=log_p)


def less_one_at_labels(
    scale: Any, gx: np.ndarray, e: np.ndarray, total: np.ndarray, log_p: np.ndarray, t: np.ndarray
) -> None:
    """gx: softmax less 1 at the labels t, times scale; e, total and log_p as `log_p_of_labels` made them."""
    np.multiply(e, scale / total, out=gx)
    gx.put(at(gx, t), scale * np.expm1(log_p))


def _exponentials(e: np.ndarray, x: np.ndarray) -> np.ndarray:
    """e: exp(x), in each row times what keeps it in range. Returns the sums, a column.

    Where the sum is 1 or more, what underflows does so in softmax too. There nothing is subtracted from x,
    which would cost time and round. Of few numbers it is quicker to subtract than to look, and of rows that
    lie side by side, whose largest are soon found.
    """
    if x.size <= MANY or x.shape[2] > 1:
        _subtract(x, largest_of(x), e)
        np.exp(e, out=e)
        return sums(e)
    with np.errstate(over="ignore", under="ignore"):
        np.exp(x, out=e)
        total = sums(e)
    out_of_range = np.flatnonzero(~((total >= 1) & (total < math.inf)))
    if out_of_range.size:
        few = x[out_of_range]
        shifted = np.exp(less(few, largest_of(few)))
        e[out_of_range], total[out_of_range] = shifted, sums(shifted)
    return total


def _shifted_exponentials(
    shifted: np.ndarray, e: np.ndarray, total: np.ndarray, others: np.ndarray, x: np.ndarray
) -> np.ndarray:
    """The largest of each row, a column.

    shifted: x less the largest. e: their exponentials, in the same array where both are; the largest is 1.
    others: the sums of these without the largest, which may be little. total: the sums.
    """
    is_long = x.shape[1] > LONG and x.shape[2] == 1
    place = at(x, x.argmax(axis=1)[:, None]) if is_long else None
    peak = largest_of(x) if place is None else x.take(place)
    _subtract(x, peak, shifted)
    np.exp(shifted, out=e)
    others[...] = _sums_without_one(e, place)
    np.add(others, 1, out=total)
    return peak


def _sums_without_one(e: np.ndarray, place: np.ndarray | None) -> np.ndarray:
    """The sums of the rows e without one element that is the largest: 1, or NaN as all of its row.

    place: where that is, if it is known; e is as it was again.
    """
    if place is not None:
        one = e.take(place)
        e.put(place, 0)
        others = sums(e)
        e.put(place, one)
        return others
    ones = np.floor(e)  # where the largest is, and what ties with it
    ties = sums(ones) - 1
    np.subtract(e, ones, out=ones)
    return sums(ones) + ties


def _subtract(x: np.ndarray, peak: np.ndarray, out: np.ndarray) -> None:
    """out: `less`(x, peak)."""
    if _are_moderate(peak):
        np.subtract(x, peak, out=out)
    else:
        out[...] = less(x, peak)
