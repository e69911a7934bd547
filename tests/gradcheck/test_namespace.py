"""Every function of the neutral mathematics means of SymPy's expressions what NumPy's means of floats."""

import mpmath
import numpy as np
import pytest
import sympy

from gradcheck.oracles.symbols.namespace import sympy_namespace
from tests.gradcheck.mpmath_namespace import mpmath_namespace

A = np.array([[0.5, -1.25, 2.0], [0.125, 3.0, -0.75]])
B = np.array([[0.25, -1.0, 2.5]])

UNARY = ["exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "expm1", "abs"]
POSITIVE = ["log", "sqrt", "log1p"]
BINARY = ["maximum", "minimum"]
COMPARISONS = ["less", "less_equal", "greater", "greater_equal"]
REDUCTIONS = ["sum", "mean", "max", "min"]

FORMULAS = (
    [lambda m, a, b, n=n: getattr(m, n)(a) for n in UNARY]
    + [lambda m, a, b, n=n: getattr(m, n)(m.abs(a)) for n in POSITIVE]
    + [lambda m, a, b, n=n: getattr(m, n)(a, b) for n in BINARY]
    + [lambda m, a, b, n=n: m.where(getattr(m, n)(a, 0.125), a, b) for n in COMPARISONS]
    + [
        lambda m, a, b, n=n, axis=axis, keep=keep: getattr(m, n)(a, axis=axis, keepdims=keep)
        for n in REDUCTIONS
        for axis in (None, 0, -1, (0, 1), ())
        for keep in (False, True)
    ]
    + [
        lambda m, a, b: a @ b.T,
        lambda m, a, b: a**2 + 1 / (1 + m.exp(-b)),
        lambda m, a, b: m.where(np.array([[True], [False]]), a, b),
        lambda m, a, b: a.reshape(3, 2)[1:] - m.max(b),
        lambda m, a, b: m.exp(a[0, 0]),
    ]
)


def in_sympy(formula):
    symbols = sympy.symbols("x:9", real=True)
    a = np.array(symbols[:6], dtype=object).reshape(2, 3)
    b = np.array(symbols[6:], dtype=object).reshape(1, 3)
    result = np.asarray(formula(sympy_namespace, a, b), dtype=object)
    point = {s: sympy.Rational(v) for s, v in zip(symbols, [*A.flat, *B.flat], strict=True)}
    return np.frompyfunc(lambda e: sympy.N(sympy.sympify(e).xreplace(point), 40), 1, 1)(result)


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_of_symbols_has_the_values_of_numpy(formula):
    expected, result = np.asarray(formula(np, A, B)), in_sympy(formula)
    assert np.shape(result) == expected.shape
    np.testing.assert_allclose(np.asarray(result, dtype=float), expected, rtol=4e-16, atol=0)


def test_a_formula_of_symbols_has_the_values_of_mpmath_to_37_digits():
    to_mpf = np.frompyfunc(mpmath.mpf, 1, 1)
    with mpmath.workdps(40):
        for formula in FORMULAS:
            expected = np.ravel(np.asarray(formula(mpmath_namespace, to_mpf(A), to_mpf(B)), dtype=object))
            for p, q in zip(expected, np.ravel(in_sympy(formula)), strict=True):
                assert abs(p - mpmath.mpf(str(q))) <= mpmath.mpf("1e-37") * abs(p)


def test_a_derivative_goes_through_where_and_maximum():
    x = sympy.Symbol("x", real=True)
    branch = sympy_namespace.where(sympy_namespace.greater_equal(x, 0), x**2, -x)
    assert branch.diff(x).subs(x, 3) == 6
    assert branch.diff(x).subs(x, -3) == -1
    assert sympy_namespace.maximum(x, 1).diff(x).subs(x, 3) == 1


def test_bad_axis_is_refused():
    with pytest.raises(np.exceptions.AxisError):
        sympy_namespace.max(A.astype(object), axis=2)
