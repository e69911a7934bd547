"""Stencils are exact where they claim to be, and err as they claim elsewhere."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.oracles.differences.stencils import coefficients, truncation

STENCILS = st.lists(st.integers(-9, 9), min_size=2, max_size=9, unique=True).map(tuple)


def apply(offsets, order, power):
    weights = coefficients(offsets, order)
    return sum(c * Fraction(o) ** power for c, o in zip(weights, offsets, strict=True))


def derivative_at_zero(power, order):
    result = Fraction(power == order)
    for factor in range(1, order + 1):
        result *= factor
    return result


@given(STENCILS, st.data())
def test_exact_for_polynomials_below_the_number_of_offsets(offsets, data):
    order = data.draw(st.integers(1, len(offsets) - 1))
    for power in range(len(offsets)):
        assert apply(offsets, order, power) == derivative_at_zero(power, order)


@given(STENCILS, st.data())
def test_truncation_is_the_first_power_that_is_not_exact(offsets, data):
    order = data.draw(st.integers(1, len(offsets) - 1))
    p, constant = truncation(offsets, order)
    assert p >= 1
    for power in range(order + p):
        assert apply(offsets, order, power) == derivative_at_zero(power, order)
    wrong = apply(offsets, order, order + p)
    assert wrong != 0
    for factor in range(1, order + p + 1):
        wrong /= factor
    assert constant == wrong


@pytest.mark.parametrize(
    ("offsets", "order", "weights", "p"),
    [
        ((0, 1), 1, "-1 1", 1),
        ((-1, 1), 1, "-1/2 1/2", 2),
        ((-1, 0, 1), 2, "1 -2 1", 2),
        ((-2, -1, 0, 1, 2), 1, "1/12 -2/3 0 2/3 -1/12", 4),
        ((0, 1, 2), 1, "-3/2 2 -1/2", 2),
    ],
)
def test_the_textbook_stencils(offsets, order, weights, p):
    assert " ".join(str(c) for c in coefficients(offsets, order)) == weights
    assert truncation(offsets, order)[0] == p


@pytest.mark.parametrize(
    ("offsets", "order"), [((0, 0, 1), 1), ((0, 1), 2), ((0, 1), 0), ((0, 1), -1), ((), 1)]
)
def test_impossible_stencils_are_refused(offsets, order):
    with pytest.raises(ValueError, match="coefficients: o"):
        coefficients(offsets, order)
