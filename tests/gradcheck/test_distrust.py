"""Jets are not believed where forward's values move otherwise than they."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from dezero import functions as F
from tests.gradcheck.zoo.specimen import op


def cube_root(x: Any, times: int = 60) -> Any:
    """By bisection between 0 and 4: every step is a constant to the numbers."""
    low, high = x * 0, x * 0 + 4.0
    for _ in range(times):
        middle = (low + high) / 2
        above = middle**3 > x
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return (low + high) / 2


def cordic_sine(x: Any, times: int = 50) -> Any:
    """Rotations by known angles until the angle is used up."""
    angles = [float(np.arctan(2.0**-n)) for n in range(times)]
    scale = float(np.prod([np.cos(a) for a in angles]))
    c, s, rest = x * 0 + scale, x * 0, x
    for n, angle in enumerate(angles):
        turn = np.where(rest > 0, 1.0, -1.0)
        c, s = c - turn * s * 2.0**-n, s + turn * c * 2.0**-n
        rest = rest - turn * angle
    return s


X = np.array([0.5, 7.3])
ANGLES = np.array([0.3, -0.7])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("forward", "slope", "x"),
    [
        (cube_root, lambda gy, x: gy / (3 * F.power(x, 2 / 3)), X),
        (lambda x: x * cube_root(x), lambda gy, x: gy * 4 / 3 * F.power(x, 1 / 3), X),
        (cordic_sine, lambda gy, x: gy * F.cos(x), ANGLES),
    ],
    ids=["bisection", "product with a bisection", "cordic"],
)
def test_differences_decide_and_a_right_backward_is_not_called_wrong(
    forward: Any, slope: Any, x: np.ndarray, dtype: str
) -> None:
    result = gradcheck.check(op(forward, slope), x.astype(dtype))
    assert result.verdict != "fail", str(result)
    assert not any(row.certified for row in result.evidence), str(result)
    assert "jets do not apply" in str(result)
    doubled = gradcheck.check(op(forward, lambda gy, x: 2 * slope(gy, x)), x.astype(dtype))
    assert doubled.verdict == "fail", str(doubled)
    nothing = gradcheck.check(op(forward, lambda gy, x: gy * 0), x.astype(dtype))
    assert nothing.verdict == "fail", str(nothing)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (F.relu, np.array([1e-9, -1e-9])),
        (lambda x: F.clip(x, -1.0, 1.0), np.array([1 - 1e-10, 1 + 1e-10])),
        (F.max, np.array([1.0, 1.0 + 1e-12, 0.5])),
        (lambda x: F.sin(1e5 * x), np.array([0.3, 0.7])),
        (F.sign, np.array([0.3, -2.0])),
    ],
)
def test_kinks_nearby_and_quick_functions_are_no_reason(f: Any, x: np.ndarray) -> None:
    result = gradcheck.check(f, x)
    assert result.verdict == "pass"
    assert result.formula == "proven"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: F.sqrt(x + 1) - F.sqrt(x), np.array([1e17])),
        (lambda x: F.logsumexp(x) - F.max(x), np.array([40.0, 0.0])),
        (lambda x: F.log(1 + F.exp(-x)), np.array([40.0])),
    ],
    ids=["difference of roots", "excess of a maximum", "softplus"],
)
def test_floats_that_lose_their_digits_are_no_reason(f: Any, x: np.ndarray, dtype: str) -> None:
    result = gradcheck.check(f, x.astype(dtype))
    assert result.verdict in ("pass", "inconclusive"), str(result)
    assert result.formula == "proven", str(result)
    assert "jets do not apply" not in str(result)
