"""The symbolic oracle against mpmath's numerical derivatives, in tails, at ties and at kinks."""

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb, ctx, fmpq

from gradcheck.oracles.symbols import formulas
from gradcheck.oracles.symbols.evaluation import Program
from tests.gradcheck.mpmath_namespace import mpmath_namespace, softmax

X = np.array([[0.5, 1.25, 2.0], [0.125, 3.0, 0.75]])
Y = np.array([[1.5, 0.375, -1.0], [2.5, 0.625, 1.75]])
W = np.array([[0.5, -1.0], [1.25, 0.75], [-0.125, 2.0]])


def normalize(m, x, eps):
    centred = x - m.mean(x, axis=0, keepdims=True)
    return centred / m.sqrt(m.mean(centred**2, axis=0, keepdims=True) + eps)


FORMULAS = {
    "sin": (lambda m, x: m.sin(x), [X], {}),
    "elementwise": (lambda m, x: m.exp(-x) * m.cos(x) + m.log(x) - m.sqrt(x), [X], {}),
    "hyperbolic": (lambda m, x: m.tanh(x) + m.sinh(x) / m.cosh(x) + m.tan(x), [X], {}),
    "log1p expm1": (lambda m, x: m.log1p(x) * m.expm1(x), [X], {}),
    "power": (lambda m, x, y: x**y, [X, Y], {}),
    "constant power": (lambda m, x, c: x**c, [X], {"c": 2.5}),
    "division": (lambda m, x, y: y / x, [X, Y], {}),
    "broadcast": (lambda m, x, y: x * y, [X, Y[:1]], {}),
    "matmul": (lambda m, x, w: x @ w, [X, W], {}),
    "sum": (lambda m, x, axis: m.sum(x * x, axis=axis), [X], {"axis": 1}),
    "softmax": (softmax, [X], {}),
    "logsumexp": (lambda m, x: m.log(m.sum(m.exp(x))), [X], {}),
    "normalize": (normalize, [X], {"eps": 1e-5}),
    "max": (lambda m, x: m.max(x, axis=0) ** 2, [X], {}),
    "clip": (lambda m, x: m.minimum(m.maximum(x, 0.6), 1.6) ** 3, [X], {}),
    "abs": (lambda m, x, y: m.abs(x - y) ** 3, [X, Y], {}),
    "nested": (lambda m, x, y: m.maximum(m.abs(x - 0.75), m.minimum(x, y)) ** 2, [X, Y], {}),
    "where": (lambda m, x: m.where(m.less(x, 1), m.sin(x), x**2), [X], {}),
    "reshape": (lambda m, x: (x.reshape(3, 2).T[1] ** 3).sum(), [X], {}),
}


def signed(shape, seed):
    return np.random.default_rng(seed).integers(-8, 9, shape) / 4 + 1 / 8


def by_mpmath(formula, inputs, params, cotangent, direction, order, i, index, digits=60):
    """The element of G_order, by mpmath's numerical differentiation: no SymPy, no balls."""
    with mpmath.workdps(digits):
        to_mpf = np.frompyfunc(mpmath.mpf, 1, 1)
        exactly = {k: mpmath.mpf(v) if isinstance(v, float) else v for k, v in params.items()}

        def contracted(s, t):
            moved = [to_mpf(x) + t * to_mpf(d) for x, d in zip(inputs, direction, strict=True)]
            moved[i][index] += s
            output = formula(mpmath_namespace, *moved, **exactly)
            return np.sum(to_mpf(cotangent) * output)

        return mpmath.diff(contracted, (0, 0), (1, order - 1))


def digits_of(ball):
    with mpmath.workdps(80):
        return mpmath.mpf(ball.mid().str(80, radius=False))


@pytest.mark.parametrize("name", FORMULAS)
def test_agrees_with_numerical_differentiation_at_high_precision(name):
    formula, inputs, params = FORMULAS[name]
    cotangent = signed(formulas.value(formula, inputs, params).shape, 1)
    direction = [signed(x.shape, 2) for x in inputs]
    active = [True] * len(inputs)
    rows = formulas.estimate(formula, inputs, active, cotangent, direction, 3, params=params)
    for order, row in enumerate(rows, start=1):
        for i, array in enumerate(row):
            assert array.shape == inputs[i].shape
            for index in [(0, 0), tuple(n - 1 for n in array.shape)]:
                expected = by_mpmath(formula, inputs, params, cotangent, direction, order, i, index)
                with mpmath.workdps(80):
                    assert abs(digits_of(array[index]) - expected) <= mpmath.mpf("1e-25")


@pytest.mark.parametrize("name", FORMULAS)
def test_value_agrees_with_the_high_precision_namespace(name):
    formula, inputs, params = FORMULAS[name]
    with mpmath.workdps(80):
        arrays = [np.frompyfunc(mpmath.mpf, 1, 1)(x) for x in inputs]
        exactly = {k: mpmath.mpf(v) if isinstance(v, float) else v for k, v in params.items()}
        expected = np.asarray(formula(mpmath_namespace, *arrays, **exactly), dtype=object)
        result = formulas.value(formula, inputs, params)
        assert result.shape == expected.shape
        for ball, number in zip(result.flat, expected.flat, strict=True):
            assert abs(digits_of(ball) - number) <= mpmath.mpf("1e-45") * abs(number)


def first_derivatives(formula, x, order=1, **params):
    rows = formulas.estimate(formula, [x], [True], np.ones_like(x), [np.ones_like(x)], order)
    return [row[0] for row in rows]


@pytest.mark.parametrize(
    ("formula", "x", "truth"),
    [
        (lambda m, x: m.tanh(x), 18.0, lambda x: mpmath.sech(x) ** 2),
        (lambda m, x: m.tanh(x), 300.0, lambda x: mpmath.sech(x) ** 2),
        (lambda m, x: 1 / (1 + m.exp(-x)), 40.0, lambda x: 1 / (2 + 2 * mpmath.cosh(x))),
        (lambda m, x: x - m.log(1 + m.exp(x)), 700.0, lambda x: 1 / (1 + mpmath.exp(x))),
        (lambda m, x: m.sin(100000 * x), 1e12, lambda x: 100000 * mpmath.cos(100000 * x)),
        (lambda m, x: (x + 1e30) - 1e30 + x**2, 1e-30, lambda x: 1 + 2 * x),
    ],
)
def test_every_digit_in_the_tails(formula, x, truth):
    [g] = first_derivatives(formula, np.array(x))
    with mpmath.workdps(500):
        expected = truth(mpmath.mpf(x))
        assert abs(digits_of(g[()]) - expected) <= mpmath.mpf("1e-48") * abs(expected)
    assert g[()].rel_accuracy_bits() >= 50 * 3.32


def test_saturation_beyond_every_float_is_enclosed_as_next_to_nothing():
    [g] = first_derivatives(lambda m, x: m.tanh(x), np.array(1e5))
    assert g[()].contains(0) or g[()] > 0
    assert g[()].abs_upper() < arb(2) ** -1074


def test_a_sum_that_vanishes_is_enclosed_around_zero():
    rows = formulas.estimate(softmax, [X], [True], np.ones((2, 3)), [signed((2, 3), 3)], 2)
    for ball in [b for row in rows for b in row[0].flat]:
        assert ball.contains(0)
        assert ball.abs_upper() < arb(2) ** -1074


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_floats_are_taken_as_the_rationals_they_are(dtype):
    x = np.array(1, dtype=dtype) / 3
    with ctx.workprec(200):
        [g] = first_derivatives(lambda m, x: x**2, x)
        numerator, denominator = x.as_integer_ratio()
        assert g[()].overlaps(2 * arb(fmpq(numerator, denominator)))
        assert not g[()].overlaps(arb(fmpq(2, 3)))


def test_float_parameters_are_exact_in_every_product():
    def twice(m, x, slope):
        return slope * x * slope

    rows = formulas.estimate(twice, [np.array(1.0)], [True], 1.0, [1.0], 1, params={"slope": 0.1})
    square = Fraction(0.1) ** 2
    with ctx.workprec(300):
        assert rows[0][0][()].overlaps(arb(fmpq(square.numerator, square.denominator)))


def test_float_exponents_are_powers():
    [g] = first_derivatives(lambda m, x: x**2.0, np.array(-3.0))
    assert g[()] == -6


def test_integers_and_booleans_pass_and_inactive_inputs_get_nothing():
    t, mask = np.array([2, 0]), np.array([[True, False, True], [False, True, True]])

    def formula(m, x, t, mask, y):
        assert t.dtype == np.int64
        return m.sum(m.where(mask, x * y, 0)) + x[np.arange(2), t].sum()

    row = formulas.estimate(
        formula, [X, t, mask, Y], [True, False, False, False], 1.0, [X, None, None, None], 1
    )[0]
    assert row[1:] == [None, None, None]
    expected = np.where(mask, Y, 0)
    expected[np.arange(2), t] += 1
    assert (row[0] == expected).all()


def test_an_inactive_exponent_brings_no_logarithm_of_a_negative_base():
    row = formulas.estimate(
        lambda m, x, y: x**y, [np.array(-2.0), np.array(3.0)], [True, False], 1.0, [1.0, 1.0], 2
    )
    assert [r[0][()] for r in row] == [12, -12]


KINKS = {
    "abs": (lambda m, x: m.abs(x), 0.0, 1),
    "maximum": (lambda m, x: m.maximum(x, 0), 0.0, 1),
    "minimum": (lambda m, x: m.minimum(2 * x, x), 0.0, 1),
    "where": (lambda m, x: m.where(m.greater(x, 0), x, 3 * x), 0.0, 1),
    "jump": (lambda m, x: m.where(m.greater(x, 0), x, x + 1), 0.0, 0),
    "relu squared": (lambda m, x: m.maximum(x, 0) ** 2, 0.0, 2),
    "x |x|": (lambda m, x: x * m.abs(x), 0.0, 2),
    "x^2 |x|": (lambda m, x: x**2 * m.abs(x), 0.0, 3),
    "hidden": (lambda m, x: m.exp(m.abs(x - 1) + m.abs(1 - x)), 1.0, 1),
}


@pytest.mark.parametrize("name", KINKS)
def test_a_kink_is_indeterminate_from_its_order_on(name):
    formula, x, order = KINKS[name]
    for k, g in enumerate(first_derivatives(formula, np.array(x), 3), start=1):
        assert g[()].is_nan() == (k >= order)
    assert not any(g[()].is_nan() for g in first_derivatives(formula, np.array(x + 1e-12), 3))


def test_a_kink_spares_the_other_elements():
    x = np.array([[1.0, 1.0, 0.0], [1.0, 2.0, 3.0]])
    [[g]] = formulas.estimate(lambda m, x: m.max(x, axis=1), [x], [True], [1.0, 2.0], [x], 1)
    assert [b.is_nan() for b in g[0]] == [True, True, True]
    assert list(g[1]) == [0, 0, 2]


HARMLESS = {
    "stable sigmoid": lambda m, x: m.where(
        m.greater_equal(x, 0), 1 / (1 + m.exp(-x)), m.exp(x) / (1 + m.exp(x))
    ),
    "loser's tie": lambda m, x: m.maximum(m.maximum(x, -x), x + 5),
    "same on both sides": lambda m, x: m.where(m.less(x, 0), x**3, x**3),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_a_tie_that_changes_nothing_is_no_kink(name):
    at, nearby = (first_derivatives(HARMLESS[name], np.array(x), 3) for x in (0.0, float(2.0**-200)))
    for g, near in zip(at, nearby, strict=True):
        assert float(abs(g[()] - near[()]).mid()) < 1e-50


def test_singular_points_are_indeterminate():
    for formula in (lambda m, x: m.sqrt(x), lambda m, x: m.log(x), lambda m, x: 1 / x):
        [g] = first_derivatives(formula, np.array(0.0))
        assert not g[()].is_finite()


def test_nothing_passed_is_modified_and_the_precision_is_restored():
    x, u, d, params = X.copy(), np.ones((2, 3)), signed((2, 3), 4), {"c": 1.5}
    before = ctx.prec, d.copy()
    formulas.estimate(lambda m, x, c: c * m.sin(x), [x], [True], u, [d], 2, params=params)
    assert (x == X).all()
    assert (d == before[1]).all()
    assert params == {"c": 1.5}
    assert ctx.prec == before[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([X], [True], np.ones(3), [X], 1), r"cotangent must have the output's shape \(2, 3\)"),
        (([X], [True], X, [X], 0), "order must be at least 1, got 0"),
        (([X * 1j], [True], X, [X], 1), "input 0 must be real and finite, got complex128"),
        (([X * np.nan], [True], X, [X], 1), "input 0 must be real and finite"),
    ],
)
def test_misuse_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        formulas.estimate(lambda m, x: m.sin(x), *arguments)


def test_a_function_without_ball_arithmetic_is_named():
    x = sympy.Symbol("x", real=True)
    with pytest.raises(NotImplementedError, match="no ball arithmetic for zeta"):
        Program([sympy.zeta(x)], [x])


def test_a_formula_runs_on_symbols_once_for_all_points_and_dtypes_but_not_for_other_shapes_or_parameters():
    runs = []

    def formula(m, x, index, c):
        runs.append(x.shape)
        return m.sin(x[index]) * c

    index = np.array([0, 1])
    for dtype in (np.float64, np.float32):
        found = formulas.value(formula, [X.astype(dtype), index], {"c": 2.0})
        assert float(found[1, 2].mid()) == pytest.approx(2 * math.sin(X[1, 2]), rel=1e-6)
    assert len(runs) == 1
    formulas.value(formula, [X[:, :2], index], {"c": 2.0})
    formulas.value(formula, [X, index], {"c": 3.0})
    formulas.value(formula, [X, index[::-1]], {"c": 2.0})
    assert len(runs) == 4
