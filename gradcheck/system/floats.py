"""What a float dtype has: bits, decimal digits, a smallest number."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

#: Correct digits of a value below which none is right: it is off by half of itself, or more.
NO_DIGIT = 0.3


@cache
def precision(dtype: Any) -> int:
    """Significant bits of a float dtype: 11, 24, 53, 64.

    >>> precision(np.float32)
    24
    """
    return int(np.finfo(dtype).nmant) + 1


def full_digits(dtype: Any) -> float:
    """How many decimal digits a float of that dtype has: 3.3, 7.2, 15.9 (53 bits hold 15.95).

    >>> [round(full_digits(dtype), 2) for dtype in ("float16", "float32", "float64")]
    [3.31, 7.22, 15.95]
    """
    return precision(dtype) * math.log10(2)


def of_digits(kept: float, dtype: Any) -> str:
    """The digits that are kept, of those that there are.

    >>> of_digits(15.95, "float64"), of_digits(15.26, np.float64), of_digits(0.0, "float16")
    ('15.9 of 15.9', '15.2 of 15.9', '0.0 of 3.3')
    """
    return f"{rounded_down(kept)} of {rounded_down(full_digits(dtype))}"


def rounded_down(digits: float) -> str:
    """Digits to a tenth, rounded down: never more than there are."""
    return f"{math.floor(digits * 10) / 10:.1f}"


@cache
def lowest(dtype: Any) -> int:
    """The exponent of the smallest subnormal number.

    >>> lowest(np.float64)
    -1074
    """
    info = np.finfo(dtype)
    return int(info.minexp) - int(info.nmant)
