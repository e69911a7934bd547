"""Finite differences: their bounds hold, and they know where they do not apply."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.oracles.differences.error_curves import SCHEMES, curve, scheme_offsets
from gradcheck.oracles.differences.univariate import derivative, estimate
from gradcheck.oracles.symbols import formulas
from gradcheck.oracles.symbols.namespaces import numpy_namespace

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
    assert found.evaluations == len(points)
    assert len(calls) <= 2
    assert ((points > lower) & (points < upper)).all()
    assert found.reliable == bool(np.isfinite(found.bound)) == (not found.reason)
    if found.reliable:
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
    if found.reliable:
        with mpmath.workdps(60):  # the chain rule by hand: mpmath's own step knows no scale
            inner = mpmath.mpf(x) / mpmath.mpf(unit)
            expected = mpmath.mpf(factor) * mpmath.diff(mpmath.sin, inner, order)
            expected /= mpmath.mpf(unit) ** order
        assert abs(mpmath.mpf(found.value) - expected) <= found.bound
    if order == 1 and abs(scale - power) < 280:
        assert found.reliable


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
    assert not found.reliable
    assert found.bound == np.inf
    assert found.reason


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
def test_a_kink_beside_the_point_is_no_obstacle(g, x, slope):
    found = derivative(g, x)
    assert found.reliable
    assert abs(found.value - slope) <= found.bound < 1e-6


@pytest.mark.parametrize("lower,upper", [(0.0, 3.0), (-3.0, 0.0), (0.0, np.inf)])  # noqa: PT006
def test_on_a_bound_the_stencil_is_one_sided(lower, upper):
    seen = []

    def g(x):
        seen.append(x)
        return np.exp(x)

    found = derivative(g, 0.0, lower=lower, upper=upper)
    assert found.reliable
    assert abs(found.value - 1) <= found.bound < 1e-7
    assert lower <= np.concatenate(seen).min()
    assert np.concatenate(seen).max() <= upper


def test_no_room_between_the_bounds():
    found = derivative(np.exp, 1.0, lower=1.0, upper=np.nextafter(1.0, 2))
    assert not found.reliable
    assert found.reason == "the bounds leave no room for a stencil"


@pytest.mark.parametrize("noise", [1e-6, lambda points: 1e-6 * np.ones_like(points)])
def test_declared_noise_widens_the_bound(noise):
    quiet, noisy = derivative(np.sin, 1.0), derivative(np.sin, 1.0, noise=noise)
    assert noisy.bound > 1e4 * quiet.bound
    assert abs(noisy.value - np.cos(1.0)) <= noisy.bound


def test_noise_that_was_not_declared_is_seen():
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


def softmax(m, x):
    return m.exp(x) / m.sum(m.exp(x), axis=1, keepdims=True)


X = np.array([[0.5, -1.25, 2.0], [0.375, 1.5, -0.75]])
W = np.array([[0.5, -1.0], [1.25, 0.75], [-0.125, 2.0]])
OPS = {
    "tanh": (lambda m, x: m.tanh(x), [X]),
    "softmax": (softmax, [X]),
    "matmul": (lambda m, x, w: x @ w, [X, W]),
    "power": (lambda m, x, y: x**y, [X**2 + 0.25, X]),
    "log": (lambda m, x: m.log(x), [np.array([1e-8, 0.5, 30.0])]),
    "mean square": (lambda m, x, y: m.mean((x - y) ** 2), [X, X[:1]]),
    "relu": (lambda m, x: m.maximum(x, 0), [np.array([1e-9, -1e-9, 2.0, -3.0])]),
}


def setting(name, dtype):
    formula, inputs = OPS[name]
    inputs = [x.astype(dtype) for x in inputs]
    rng = np.random.default_rng(len(name))
    shape = formula(numpy_namespace, *inputs).shape
    cotangent = (rng.integers(-8, 9, shape) / 4 + 1 / 8).astype(dtype)
    direction = [(rng.integers(-8, 9, x.shape) / 4 + 1 / 8).astype(dtype) for x in inputs]
    domains = [(0, np.inf)] * len(inputs) if name == "log" else None

    def f(arrays):
        return formula(numpy_namespace, *arrays)

    def exact(arrays, order):
        active = [True] * len(arrays)
        return formulas.estimate(formula, arrays, active, cotangent, direction, order)

    return f, inputs, [True] * len(inputs), cotangent, direction, domains, exact


def assert_encloses(rows, truths, *, reliable=1.0):
    for row, expected in zip(rows, truths, strict=True):
        balls = [b for array in row for b in array.flat]
        certain = [b for array in expected for b in array.flat]
        assert all(b.overlaps(t) for b, t in zip(balls, certain, strict=True))
        assert np.mean([bool(b.is_finite()) for b in balls]) >= reliable


@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.longdouble])
def test_estimates_enclose_the_truth_from_forward_alone(name, dtype):
    f, inputs, active, u, d, domains, exact = setting(name, dtype)
    rows = estimate(f, inputs, active, u, d, 2, domains=domains)
    unresolved = name in ("log", "relu") and dtype == np.float32  # 1e-8 and 30 on one line
    assert_encloses(rows, exact(inputs, 2), reliable=0 if unresolved else 0.5)
    assert_encloses(rows[:1], exact(inputs, 1))


@pytest.mark.parametrize("name", OPS)
def test_estimates_enclose_the_truth_from_the_gradient(name):
    f, inputs, active, u, d, domains, exact = setting(name, np.float64)

    def gradient(arrays, order):
        rows = exact(arrays, order)[order - 1]
        return [np.array([float(b.mid()) for b in g.flat]).reshape(g.shape) for g in rows]

    rows = estimate(f, inputs, active, u, d, 3, domains=domains, gradient=gradient)
    assert_encloses(rows, exact(inputs, 3))


def test_a_wrong_gradient_of_order_two_is_excluded():
    f, inputs, active, u, d, domains, exact = setting("tanh", np.float64)
    rows = estimate(f, inputs, active, u, d, 2, domains=domains)
    for ball, right in zip(rows[1][0].flat, exact(inputs, 2)[1][0].flat, strict=True):
        assert ball.overlaps(right)
        assert not ball.overlaps(right * 1.0003)
        assert not ball.overlaps(-right)


def test_elements_inactive_and_integer_inputs():
    x, t = X.copy(), np.array([0, 2])

    def f(arrays):
        assert arrays[1].dtype == t.dtype
        arrays[2] += 1  # a careless op may write to what it gets
        return arrays[0][np.arange(2), arrays[1]] * arrays[2]

    [[gx, gt, gc]] = estimate(
        f, [x, t, np.ones(2)], [True, True, False], np.array([2.0, 3.0]), [x, None, None], 1,
        elements=[(0, 0), (0, 1)],
    )  # fmt: skip
    assert gt is None
    assert gc is None
    assert gx[0, 0].contains(4)
    assert gx[0, 1].contains(0)
    assert float(gx[0, 0].rad()) < 1e-9
    assert not any(b.is_finite() for b in gx.flat[2:])
    assert (x == X).all()


def test_a_zero_direction_gives_zeros():
    f, inputs, active, u, d, _, _ = setting("tanh", np.float64)
    for gradient in (None, lambda arrays, order: arrays):
        rows = estimate(f, inputs, active, u, [np.zeros_like(d[0])], 2, gradient=gradient)
        assert (rows[1][0] == 0).all()


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"order": 0}, "order must be at least 1, got 0"),
        ({"cotangent": np.ones(3)}, r"cotangent has shape \(3,\), f returned shape \(2, 3\)"),
        ({"elements": [(1, 0)]}, "input 1 is not differentiated"),
    ],
)
def test_misuse_of_estimate_is_refused(keywords, message):
    arguments = {
        "f": lambda a: a[0] * a[1].sum(), "inputs": [X, np.arange(3)], "active": [True, True],
        "cotangent": np.ones((2, 3)), "direction": [X, None], "order": 1, **keywords,
    }  # fmt: skip
    with pytest.raises(ValueError, match=message):
        estimate(**arguments)


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
    assert c.relative


@pytest.mark.parametrize("order", [1, 2, 3])
def test_better_schemes_reach_smaller_errors(order):
    truth = [np.cos(1.0), -np.sin(1.0), -np.cos(1.0)][order - 1]
    errors = [
        curve(np.sin, 1.0, order, scheme=s, truth=truth).chosen_error
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
    assert not curve(np.cos, 0.0, truth=0.0).relative
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


def test_offsets_of_higher_orders_are_enough_for_a_stencil():
    for scheme in SCHEMES[:-1]:
        for order in (1, 2, 3, 4):
            assert len(scheme_offsets(scheme, order)) > order
