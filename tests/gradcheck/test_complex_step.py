"""The complex step is accurate to the last digits, and refuses what is not analytic."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.oracles.differences.complex_step import derivative

FUNCTIONS = {
    "sin": (np.sin, mpmath.cos),
    "exp": (np.exp, mpmath.exp),
    "tanh": (np.tanh, lambda x: mpmath.sech(x) ** 2),
    "sin(1e5 x)": (lambda x: np.sin(1e5 * x), lambda x: 10**5 * mpmath.cos(10**5 * x)),
    "rational": (lambda x: x / (1 + x**2), lambda x: (1 - x**2) / (1 + x**2) ** 2),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda x: 1 / (2 + 2 * mpmath.cosh(x))),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@given(x=st.floats(-5, 5, allow_subnormal=False))
def test_the_bound_holds_and_is_tight(name, x):
    f, slope = FUNCTIONS[name]
    found = derivative(f, x)
    with mpmath.workdps(50):
        truth = slope(mpmath.mpf(x))
        assert abs(mpmath.mpf(float(found.value)) - truth) <= found.bound
    frequency = 1e5 if "1e5" in name else 1
    size = abs(found.value) + frequency**2 * (1 + abs(x))
    assert found.bound <= 1e-13 * size * (1 + abs(x))


def test_along_a_direction():
    x, d = np.array([1.0, 2.0]), np.array([0.5, -1.0])
    found = derivative(lambda z: z[0] * z[1] ** 2, x, d)
    assert abs(found.value - (0.5 * 4 - 1 * 2 * 1 * 2)) <= found.bound


def test_elementwise_keeps_the_shape():
    found = derivative(np.exp, np.zeros((2, 3)))
    assert found.value.shape == found.bound.shape == (2, 3)


@pytest.mark.parametrize("f", [np.abs, lambda z: z.real, lambda z: np.zeros(())])
def test_what_returns_real_numbers_is_refused(f):
    with pytest.raises(TypeError, match=r"f must return complex numbers.*finite differences"):
        derivative(f, 1.0)


def test_complex_positions_are_refused():
    with pytest.raises(ValueError, match="x must be real, got complex128"):
        derivative(np.exp, 1j)
