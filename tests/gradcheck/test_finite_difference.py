"""Finite differences: their bounds hold, and they know where they do not apply."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.oracles.differences.error_curves import SCHEMES, curve, scheme_offsets
from gradcheck.oracles.differences.univariate import derivative

# name: (NumPy function, the same in mpmath, where, domain); naive fixed steps fail on most of them
FUNCTIONS = {
    "sin": (np.sin, mpmath.sin, (-10, 10), None),
    "exp": (np.exp, mpmath.exp, (-10, 10), None),
    "tanh": (np.tanh, mpmath.tanh, (-15, 15), None),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda x: 1 / (1 + mpmath.exp(-x)), (-9, 9), None),
    "cube": (lambda x: x**3, lambda x: x**3, (-5, 5), None),
    "log": (np.log, mpmath.log, (1e-3, 1e3), (0, np.inf)),
    "sqrt": (np.sqrt, mpmath.sqrt, (1e-3, 1e3), (0, np.inf)),
    "reciprocal": (lambda x: 1 / x, lambda x: 1 / x, (1e-3, 1e3), (0, np.inf)),
    "constant": (lambda x: 0 * x + 2, lambda x: mpmath.mpf(2), (-3, 3), None),
    "linear": (lambda x: -3 * x + 1, lambda x: -3 * x + 1, (-3, 3), None),
}
SHARP = {  # in float64 only
    "sin(1e5 x)": (lambda x: np.sin(1e5 * x), lambda x: mpmath.sin(10**5 * x), (-3, 3), None),
    "sin at 1e8": (np.sin, mpmath.sin, (0.9e8, 1.1e8), None),
    "sin at 1e12": (np.sin, mpmath.sin, (0.9e12, 1.1e12), None),
    "1e-300 sin": (lambda x: 1e-300 * np.sin(x), lambda x: mpmath.mpf(1e-300) * mpmath.sin(x),
                   (-3, 3), None),
    "1e300 cos": (lambda x: 1e300 * np.cos(x), lambda x: mpmath.mpf(1e300) * mpmath.cos(x),
                  (-3, 3), None),
    "offset": (lambda x: 1e10 + x**2, lambda x: 10**10 + x**2, (1, 5), None),
    "log at 1e-8": (np.log, mpmath.log, (0.5e-8, 2e-8), (0, np.inf)),
    "sqrt(1 - x) near 1": (lambda x: np.sqrt(1 - x), lambda x: mpmath.sqrt(1 - x),
                           (1 - 1e-8, 1 - 1e-9), (-np.inf, 1)),
    "exp at 1e-300": (np.exp, mpmath.exp, (1e-300, 2e-300), None),
    "x at 1e300": (lambda x: x * 2, lambda x: 2 * x, (1e299, 1e300), None),
    "bump": (lambda x: x + 1e-3 * np.exp(-((x * 1e6) ** 2)),
             lambda x: x + mpmath.mpf(1e-3) * mpmath.exp(-((x * 10**6) ** 2)), (-2e-6, 2e-6), None),
    "cancelling": (lambda x: (x + 1e8) - 1e8, lambda x: x, (1, 3), None),
}  # fmt: skip
ORDERS = st.integers(1, 3)
POSITION = st.floats(0, 1, allow_subnormal=False)


def truth(function, x, order):
    """By mpmath, with steps and digits for which it is exact beyond any double."""
    with mpmath.workdps(80 * (order + 1)):
        x = mpmath.mpf(float(x))
        unit = max(abs(x), 1)
        return mpmath.diff(lambda z: function(z * unit), x / unit, order) / unit**order


def check_bound(case, fraction, order, dtype):
    g, exact, (a, b), domain = case
    lower, upper = domain or (-np.inf, np.inf)
    x = dtype(a + (b - a) * fraction)
    calls = []

    def watched(points):
        calls.append(points)
        assert points.dtype == dtype
        return g(points)

    found = derivative(watched, x, order, lower=lower, upper=upper, dtype=dtype)
    points = np.concatenate(calls)
    assert len(calls) <= 2
    assert ((points > lower) & (points < upper)).all()
    if np.isfinite(found.bound):
        assert abs(mpmath.mpf(found.value) - truth(exact, x, order)) <= found.bound
    return found


@pytest.mark.parametrize("name", FUNCTIONS)
@given(fraction=POSITION, order=ORDERS, dtype=st.sampled_from([np.float64, np.float32, np.float16]))
@settings(max_examples=25, deadline=None)
def test_the_bound_holds(name, fraction, order, dtype):
    check_bound(FUNCTIONS[name], fraction, order, dtype)


@pytest.mark.parametrize("name", SHARP)
@given(fraction=POSITION, order=ORDERS)
@settings(max_examples=25, deadline=None)
def test_the_bound_holds_where_naive_steps_fail(name, fraction, order):
    check_bound(SHARP[name], fraction, order, np.float64)


@given(power=st.integers(-290, 290), fraction=POSITION, order=ORDERS, scale=st.integers(-280, 280))
@settings(max_examples=50, deadline=None)
def test_the_bound_holds_at_every_scale_of_argument_and_value(power, fraction, order, scale):
    unit, factor = 10.0**power, 10.0**scale

    def g(x):
        return factor * np.sin(x / unit)

    def exact(x):
        return mpmath.mpf(factor) * mpmath.sin(x / mpmath.mpf(unit))

    x = unit * (0.5 + fraction)
    found = derivative(g, x, order)
    if np.isfinite(found.bound):
        with mpmath.workdps(60):  # the chain rule by hand: mpmath's own step knows no scale
            inner = mpmath.mpf(x) / mpmath.mpf(unit)
            expected = mpmath.mpf(factor) * mpmath.diff(mpmath.sin, inner, order)
            expected /= mpmath.mpf(unit) ** order
        assert abs(mpmath.mpf(found.value) - expected) <= found.bound
    if order == 1 and abs(scale - power) < 280:
        assert np.isfinite(found.bound)


TIGHT = {  # relative bounds that must be reached: eps and the conditioning of the point allow them
    "sin": 1e-8, "exp": 1e-9, "log": 1e-10, "sqrt": 1e-10, "cube": 1e-10, "sin(1e5 x)": 1e-6,
    "sin at 1e8": 1e-8, "sin at 1e12": 1e-7, "1e-300 sin": 1e-8, "1e300 cos": 1e-8,
    "log at 1e-8": 1e-9, "sqrt(1 - x) near 1": 1e-5, "exp at 1e-300": 1e-10,
    "x at 1e300": 1e-10, "bump": 1e-8, "cancelling": 1e-4, "offset": 1e-3,
}  # fmt: skip


@pytest.mark.parametrize("name", TIGHT)
def test_the_bound_is_tight(name):
    for fraction in (0.13, 0.37, 0.71, 0.93):
        found = check_bound({**FUNCTIONS, **SHARP}[name], fraction, 1, np.float64)
        assert found.bound <= TIGHT[name] * abs(found.value)


def test_longdouble_beats_double():
    found = derivative(np.exp, np.longdouble(1), dtype=np.longdouble)
    assert found.bound < 1e-14
    assert abs(found.value - np.exp(np.longdouble(1))) <= found.bound


@pytest.mark.parametrize(
    ("g", "x", "order"),
    [
        (np.abs, 0.0, 1),
        (lambda x: np.abs(x - 1), 1.0, 1),
        (lambda x: np.maximum(x, 0), 0.0, 1),
        (lambda x: np.sqrt(np.abs(x)), 0.0, 1),
        (np.floor, 1.0, 1),
        (lambda x: x * np.abs(x), 0.0, 2),
        (lambda x: np.maximum(x, 0) ** 3, 0.0, 3),
        (lambda x: np.random.default_rng(0).standard_normal(x.shape), 1.0, 1),
        (lambda x: np.full_like(x, np.nan), 1.0, 1),
        (lambda x: (x + 1e8) - 1e8 + x * 1e-3, 0.3, 1),
    ],
)
def test_where_the_model_does_not_apply_it_says_so(g, x, order):
    found = derivative(g, x, order)
    assert found.bound == np.inf


@pytest.mark.parametrize(
    ("g", "x", "slope"),
    [
        (lambda x: np.maximum(x, 0), 1e-9, 1.0),
        (lambda x: np.maximum(x, 0), -1e-9, 0.0),
        (lambda x: np.abs(x - 1), 1 + 1e-9, 1.0),
        (lambda x: np.abs(x - 1), 1 - 1e-6, -1.0),
        (lambda x: np.where(x < 0.5, x**2, 7 - x), 0.5 + 1e-7, -1.0),
    ],
)
def test_a_kink_near_the_point_is_no_obstacle(g, x, slope):
    found = derivative(g, x)
    assert abs(found.value - slope) <= found.bound < 1e-6


@pytest.mark.parametrize("lower,upper", [(0.0, 3.0), (-3.0, 0.0), (0.0, np.inf)])  # noqa: PT006
def test_on_a_bound_the_stencil_is_one_sided(lower, upper):
    seen = []

    def g(x):
        seen.append(x)
        return np.exp(x)

    found = derivative(g, 0.0, lower=lower, upper=upper)
    assert abs(found.value - 1) <= found.bound < 1e-7
    assert lower <= np.concatenate(seen).min()
    assert np.concatenate(seen).max() <= upper


def test_no_room_between_the_bounds():
    found = derivative(np.exp, 1.0, lower=1.0, upper=np.nextafter(1.0, 2))
    assert found.bound == np.inf


def test_noise_is_seen():
    jitter = np.random.default_rng(1)
    found = derivative(lambda x: np.sin(x) + 1e-7 * jitter.standard_normal(x.shape), 1.0)
    assert found.bound > 1e-7
    assert abs(found.value - np.cos(1.0)) <= found.bound


@pytest.mark.parametrize(
    ("arguments", "keywords", "message"),
    [
        ((np.sin, np.inf), {}, "x must be finite"),
        ((np.sin, 2.0), {"upper": 1.0}, r"x must be finite and in \[-inf, 1.0\], got 2.0"),
        ((np.sin, 2.0, 0), {}, "order must be at least 1, got 0"),
        ((np.sin, 2), {"dtype": np.int64}, "dtype must be a float, got int64"),
        ((np.sum, 2.0), {}, "g must map"),
    ],
)
def test_misuse_of_derivative_is_refused(arguments, keywords, message):
    with pytest.raises(ValueError, match=message):
        derivative(*arguments, **keywords)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_curve_follows_its_model(scheme):
    c = curve(np.sin, 1.0, scheme=scheme, truth=np.cos(1.0), higher=lambda k: np.sin(1 + k * np.pi / 2))
    step, error, truncation, rounding = map(np.array, (c.step, c.error, c.truncation, c.rounding))
    assert (np.diff(step) > 0).all()
    assert (error <= 3 * (truncation + rounding) + 1e-15).all()
    wide = truncation > 100 * rounding
    assert wide.sum() > 3
    assert (error[wide] >= 0.5 * truncation[wide]).all()
    assert c.chosen_error <= 100 * error.min() + 1e-15


@pytest.mark.parametrize("order", [1, 2, 3])
def test_better_schemes_reach_smaller_errors(order):
    def derived(k):
        return np.sin(1 + k * np.pi / 2)

    errors = [
        curve(np.sin, 1.0, order, scheme=s, truth=derived(order), higher=derived).chosen_error
        for s in ("forward", "central", "five-point")
    ]
    assert errors == sorted(errors, reverse=True)


def test_richardson_is_the_extrapolation_of_central_differences():
    h, x = np.longdouble(2.0**-6), np.longdouble(0.5)
    c = curve(np.exp, 0.5, steps=[h], scheme="richardson", truth=np.exp(0.5))

    def central(h):
        right, left = (np.exp(np.float64(p)).astype(np.longdouble) for p in (x + h, x - h))
        return (right - left) / (2 * h)

    inner, outer = ((4 * central(k) - central(2 * k)) / 3 for k in (h, 2 * h))
    expected = abs(float((16 * inner - outer) / 15 / np.exp(0.5) - 1))
    assert c.error[0] == pytest.approx(expected, rel=1e-3, abs=2e-16)


def test_a_curve_is_absolute_at_a_zero_and_nan_outside_the_domain():
    assert curve(np.cos, 0.0, scheme="forward", steps=[0.5], truth=0.0).error[0] == 2 * (1 - np.cos(0.5))
    assert np.isnan(curve(np.log, 0.5, truth=2.0, steps=[1e-3, 0.75]).error[1])


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"scheme": "backward"}, "scheme must be one of forward, .* got 'backward'"),
        ({"order": 5}, "order must be from 1 to 4, got 5"),
        ({"order": 2, "scheme": "complex-step"}, "the complex step gives order 1 only, got 2"),
    ],
)
def test_misuse_of_curve_is_refused(keywords, message):
    with pytest.raises(ValueError, match=message):
        curve(np.sin, 1.0, truth=0.0, **keywords)


@pytest.mark.parametrize("g", [np.abs, lambda z: z.real])
def test_the_complex_step_refuses_what_returns_real_numbers(g):
    with pytest.raises(TypeError, match="g must return complex numbers"):
        curve(g, 1.0, truth=1.0, scheme="complex-step")


def test_offsets_of_higher_orders_are_enough_for_a_stencil():
    for scheme in SCHEMES[:-1]:
        for order in (1, 2, 3, 4):
            assert len(scheme_offsets(scheme, order)) > order


def test_the_chosen_step_is_the_one_of_those_drawn_nearest_to_the_model_s_minimum():
    """h²/6 |f'''| + u |f| / h is smallest at (3 u |f / f'''|)^(1/3), which need not be among the steps."""
    steps = np.geomspace(1e-1, 1e-12, 25)
    found = curve(np.exp, 1.0, steps=list(steps), truth=np.e, higher=lambda k: np.e)
    best = (3 * 2.0**-53) ** (1 / 3)
    assert found.chosen_step in found.step
    error = [h**2 / 6 + 2.0**-53 / h for h in found.step]
    assert found.chosen_step == found.step[int(np.argmin(error))]
    assert abs(math.log(found.chosen_step / best)) < math.log(steps[0] / steps[1])
