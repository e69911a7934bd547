"""softmax, log_softmax, logsumexp, cross entropy and their derivatives on rows of floats.

The same mathematics as in `log_sum_exp`, on matrices (n, C) in C order: see `_rows.in_rows`. Where the
formulas of all numbers mask the peak and the label of a row, these address it: n numbers are given care,
and not all n x C. Each formula fills its first arguments, which nobody else sees yet.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dezero.core import is_real
from dezero.functions._masks import MANY, all_finite, choose, has_bits
from dezero.functions._rows import at, column, dots, sums
from dezero.fusion import fused

# A sum of squares by dtype: no difference from a number whose square is less overflows.
MODERATE = {"f": 1e30, "d": 1e280}


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
    peak = at(y, y.argmax(axis=1))
    np.subtract(gy, column(np.where(y.take(peak) > 0.5, gy.take(peak), 0)), out=gx)
    gx -= dots(y, gx)
    gx *= y


def log_softmax(y: np.ndarray, e: np.ndarray, total: np.ndarray, x: np.ndarray) -> None:
    """y: log_softmax of the rows x. e, total: softmax is e / total."""
    _, others = _shifted_exponentials(y, e, total, x)
    y -= np.log1p(others)


def log_softmax_gradient(
    gx: np.ndarray, y: np.ndarray, e: np.ndarray, total: np.ndarray, gy: np.ndarray
) -> None:
    """gx: of log_softmax, which gave y, e and total."""
    np.multiply(e, sums(gy) / total, out=gx)
    np.subtract(gy, gx, out=gx)
    if (total < 2).any():  # a probability of more than 1/2: there, once in a row, the difference cancels
        sure = np.flatnonzero(y > -math.log(2))
        own, log_p, others = gy.take(sure), y.take(sure), gy[sure // y.shape[1]]
        others.put(at(others, sure % y.shape[1]), 0)
        gx.put(sure, -own * np.expm1(log_p) - np.exp(log_p) * others.sum(axis=1))


def log_sum_exp(y: np.ndarray, x: np.ndarray) -> None:
    """y: logsumexp of the rows x, a column."""
    e = np.empty_like(x)
    largest, others = _shifted_exponentials(e, e, y, x)
    np.add(largest, np.log1p(others), out=y)


def log_sum_exp_gradient(gx: np.ndarray, x: np.ndarray, gy: np.ndarray) -> None:
    """gx: of logsumexp of the rows x; gy is a column."""
    softmax(gx, x)
    gx *= gy


def log_p_of_labels(
    e: np.ndarray, total: np.ndarray, log_p: np.ndarray, x: np.ndarray, t: np.ndarray
) -> None:
    """log_p: log_softmax of the rows x at the labels t, both columns. e, total: softmax is e / total."""
    largest, others = _shifted_exponentials(e, e, total, x)
    of_labels = column(x.take(at(x, t[:, 0])))
    np.subtract(less(of_labels, largest), np.log1p(others), out=log_p)


def less_one_at_labels(
    scale: Any, gx: np.ndarray, e: np.ndarray, total: np.ndarray, log_p: np.ndarray, t: np.ndarray
) -> None:
    """gx: softmax less 1 at the labels t, times scale; e, total and log_p as `log_p_of_labels` made them."""
    np.multiply(e, scale / total, out=gx)
    gx.put(at(gx, t[:, 0]), scale * np.expm1(log_p[:, 0]))


def _exponentials(e: np.ndarray, x: np.ndarray) -> np.ndarray:
    """e: exp(x), in each row times what keeps it in range. Returns the sums, a column.

    Where the sum is 1 or more, what underflows does so in softmax too. There nothing is subtracted from x,
    which would cost time and round; of few numbers it is quicker to subtract than to look.
    """
    if x.size <= MANY:
        _subtract(x, x.max(axis=1, keepdims=True), e)
        np.exp(e, out=e)
        return sums(e)
    with np.errstate(over="ignore", under="ignore"):
        np.exp(x, out=e)
        total = sums(e)
    out_of_range = np.flatnonzero(~((total >= 1) & (total < math.inf)))
    if out_of_range.size:
        few = x[out_of_range]
        shifted = np.exp(less(few, few.max(axis=1, keepdims=True)))
        e[out_of_range], total[out_of_range] = shifted, sums(shifted)
    return total


def _shifted_exponentials(
    shifted: np.ndarray, e: np.ndarray, total: np.ndarray, x: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The largest of each row, and the sum of the exponentials of all but that.

    shifted: x less the largest. e: their exponentials, in the same array where both are. total: their sum.
    """
    peak = at(x, x.argmax(axis=1))
    largest = column(x.take(peak))
    _subtract(x, largest, shifted)
    np.exp(shifted, out=e)
    top = e.take(peak)  # 1, or NaN
    e.put(peak, 0)
    others = sums(e)
    e.put(peak, top)
    np.add(others, column(top), out=total)
    return largest, others


def _subtract(x: np.ndarray, largest: np.ndarray, out: np.ndarray) -> None:
    """out: `less`(x, largest)."""
    if _are_moderate(largest):
        np.subtract(x, largest, out=out)
    else:
        out[...] = less(x, largest)
