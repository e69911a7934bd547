"""Derivatives against 60-digit truth over the whole range, tails included, in units in the last place.

An error that half an ULP of the input would also cause is excused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable
from tests.dezero.function_table import gradients
from tests.dezero.strict_number import StrictNumber, strict

BOUNDS = {0: 4, 1: 4, 2: 8, 3: 16, 4: 32}  # ULPs allowed, by order
DIGITS = 60

Truth = Callable[[Any], Sequence[Any]]  # x -> the derivatives of order 0 to 4, some to 5


def tanh_truth(x: Any) -> Sequence[Any]:
    t, s = mp.tanh(x), mp.sech(x) ** 2
    fourth, fifth = s * t * (16 - 24 * t**2), s * (16 - 120 * t**2 + 120 * t**4)
    return [t, s, -2 * t * s, s * (6 * t**2 - 2), fourth, fifth]


def sigmoid_truth(x: Any) -> Sequence[Any]:
    a, b = 1 / (1 + mp.exp(-x)), 1 / (1 + mp.exp(x))
    p = a * b
    fourth, fifth = p * (b - a) * (1 - 12 * p), p * (1 - 30 * p + 120 * p**2)
    return [a, p, p * (b - a), p * (1 - 6 * p), fourth, fifth]


def softplus_truth(x: Any) -> Sequence[Any]:
    return [mp.log1p(mp.exp(x)), *sigmoid_truth(x)[:4]]


def tan_truth(x: Any) -> Sequence[Any]:
    t = mp.tan(x)
    q = 1 + t**2
    return [t, q, 2 * t * q, q * (2 + 6 * t**2), q * t * (16 + 24 * t**2)]


def circular(*functions: Any) -> Truth:
    return lambda x: [functions[k % len(functions)](x) for k in range(5)]


def power_truth(c: float) -> Truth:
    return lambda x: [mp.ff(c, k) * x ** (c - k) for k in range(5)]


def log_truth(x: Any) -> Sequence[Any]:
    return [mp.log(x), *power_truth(-1)(x)[:4]]


def minus(f: Any) -> Any:
    return lambda x: -f(x)


def power(c: float) -> Any:
    """F.power with an array of exponents, which has other code than `x ** c`."""
    return lambda x: F.power(x, np.full(x.shape, c, x.dtype))


BOTH_SIGNS = np.concatenate([-np.geomspace(1e-9, 1, 20), np.geomspace(1e-9, 1, 20)])
# Beside the zeros of tanh's third and fourth derivatives.
BY_TANH_3_ZERO = 0.6584789484624084 * (1 + np.geomspace(1e-12, 1e-2, 20))
BY_TANH_4_ZERO = 1.1462158347805888 * (1 + np.geomspace(1e-12, 1e-2, 20))
POSITIVE = np.geomspace(1e-3, 1e3, 80)

CASES: dict[str, tuple[Any, Truth, np.ndarray]] = {
    "tanh": (F.tanh, tanh_truth, np.linspace(-18, 18, 160)),
    "tanh where its third derivative is 0": (F.tanh, tanh_truth, BY_TANH_3_ZERO),
    "sigmoid where its third derivative is 0": (F.sigmoid, sigmoid_truth, -2 * BY_TANH_3_ZERO),
    "tanh near 0": (F.tanh, tanh_truth, BOTH_SIGNS),
    "sigmoid": (F.sigmoid, sigmoid_truth, np.linspace(-40, 40, 160)),
    "sigmoid near 0": (F.sigmoid, sigmoid_truth, BOTH_SIGNS),
    "softplus": (F.softplus, softplus_truth, np.linspace(-40, 40, 80)),
    "softplus near 0": (F.softplus, softplus_truth, BOTH_SIGNS),
    "sin": (F.sin, circular(mp.sin, mp.cos, minus(mp.sin), minus(mp.cos)), np.linspace(-99, 99, 81)),
    "cos": (F.cos, circular(mp.cos, minus(mp.sin), minus(mp.cos), mp.sin), np.linspace(-99, 99, 81)),
    "tan": (F.tan, tan_truth, np.linspace(-10, 10, 80)),
    "sinh": (F.sinh, circular(mp.sinh, mp.cosh), np.linspace(-30, 30, 80)),
    "cosh": (F.cosh, circular(mp.cosh, mp.sinh), np.linspace(-30, 30, 80)),
    "exp": (F.exp, circular(mp.exp), np.linspace(-80, 80, 80)),
    "expm1": (F.expm1, lambda x: [mp.expm1(x)] + [mp.exp(x)] * 4, BOTH_SIGNS),
    "log": (F.log, log_truth, POSITIVE),
    "log1p": (F.log1p, lambda x: [mp.log1p(x), *log_truth(1 + x)[1:]], 0.99 * BOTH_SIGNS),
    "sqrt": (F.sqrt, power_truth(0.5), POSITIVE),
    "reciprocal": (F.reciprocal, power_truth(-1), POSITIVE),
    "1 / x": (lambda x: 1 / x, power_truth(-1), POSITIVE),
    "square": (F.square, power_truth(2), POSITIVE),
    "2 ** x": (lambda x: 2.0**x, lambda x: [mp.log(2) ** k * 2**x for k in range(5)], 30 * BOTH_SIGNS),
    **{f"x ** {c}": (lambda x, c=c: x**c, power_truth(c), POSITIVE) for c in (3, 7, -2, 0.5, -1.5)},
    **{f"power {c}": (power(c), power_truth(c), POSITIVE) for c in (3.0, -2.0, 0.5, 2.25)},
}


def derivatives(f: Any, x: np.ndarray, orders: int) -> list[np.ndarray]:
    """f(x) and its elementwise derivatives, as long as they depend on x."""
    variable = Variable(x)
    y = f(variable)
    found = [y.data]
    for _ in range(orders):
        variable.cleargrad()
        y.backward(create_graph=True)
        if variable.grad is None:
            break
        y = variable.grad
        found.append(y.data)
    return found


def exact(value: Any) -> Any:
    """A float of any size as mpmath's number (whose own conversion is by way of a double)."""
    return mp.mpf(float(value)) + mp.mpf(float(value - type(value)(float(value))))


def spacing(value: Any, dtype: Any) -> Any:
    return mp.mpf(float(np.spacing(np.abs(dtype(float(value))))))


def excess(found: Any, truth: Any, excused: Any, dtype: Any) -> float:
    """The error in ULPs of the truth, less what is excused. Results that underflow do not count."""
    if abs(truth) < exact(np.finfo(dtype).tiny):
        return 0.0
    return float((abs(exact(found) - truth) - excused) / spacing(truth, dtype))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", CASES)
def test_elementwise(name: str, dtype: Any) -> None:
    f, truth, points = CASES[name]
    xs = points.astype(dtype)
    check_accuracy(derivatives(f, xs, 3), truth, xs)


@pytest.mark.parametrize(("f", "truth", "points"), [
    (F.tanh, tanh_truth, [*np.linspace(-18, 18, 80), *BY_TANH_3_ZERO, *BY_TANH_4_ZERO]),
    (F.sigmoid, sigmoid_truth, [*np.linspace(-40, 40, 80), *2 * BY_TANH_3_ZERO, *2 * BY_TANH_4_ZERO]),
])  # fmt: skip
@pytest.mark.parametrize("dtype", [np.longdouble, np.float64, np.float32])
def test_order_4_of_tanh_and_sigmoid(f: Any, truth: Truth, points: list[float], dtype: Any) -> None:
    xs = np.array(points, dtype)
    check_accuracy(derivatives(f, xs, 4), truth, xs)


def check_accuracy(found: Sequence[np.ndarray], truth: Truth, xs: np.ndarray) -> None:
    """The derivatives found at `xs` are within BOUNDS, but for what half an ULP of x would cause."""
    dtype = xs.dtype.type
    with mp.workdps(DIGITS):
        truths = [truth(exact(x)) for x in xs]
        for order, values in enumerate(found):
            worst = max(
                excess(v, t[order], abs(t[order + 1]) * spacing(x, dtype) / 2, dtype)
                for v, t, x in zip(values, truths, xs, strict=True)
            )
            assert worst <= BOUNDS[order], f"order {order}: {worst:.1f} ULP"


@pytest.mark.parametrize(("f", "points"), [
    (F.tanh, [-300.0, 300.0, -1e4, 1e4]),
    (F.sigmoid, [-700.0, 700.0, -1e4, 1e4]),
    (F.softplus, [-700.0, 700.0, -1e4, 1e4]),
])  # fmt: skip
def test_far_tails_neither_overflow_nor_turn_into_nan(f: Any, points: list[float]) -> None:
    for values in derivatives(f, np.array(points), 3):
        assert np.isfinite(values).all()


def test_tails_keep_their_digits() -> None:
    for f, x, truth in [(F.tanh, 300.0, tanh_truth), (F.sigmoid, -700.0, sigmoid_truth)]:
        found = derivatives(f, np.array([x]), 3)
        with mp.workdps(DIGITS):
            for order, t in enumerate(truth(mp.mpf(x))[:4]):
                assert excess(found[order][0], t, 0, np.float64) <= BOUNDS[order]


# Functions of several elements. Their truth is backward itself, run on numbers of 200 digits: that its
# formulas are right is what test_functions_contract shows, and here only their rounding is in question.

JOINT = {
    "softmax": F.softmax,
    "log_softmax": F.log_softmax,
    "logsumexp": lambda x: F.logsumexp(x, axis=1),
    "softmax_cross_entropy": lambda x: F.softmax_cross_entropy(x, np.array([1])),
    "sigmoid_cross_entropy": lambda x: F.sigmoid_cross_entropy(x, np.array([[0, 1, 1]])),
}
LOGITS = [[0.25, -0.5, 1.0], [3.25, 4.5, -2.5], [-50.0, 49.0, 50.0], [50.0, -50.0, 0.0],
          [-50.0, 50.0, 0.5], [-14.0, 20.0, -17.0], [-1000.0, 0.0, 1000.0]]  # fmt: skip


@pytest.mark.parametrize("logits", LOGITS, ids=str)
@pytest.mark.parametrize("name", JOINT)
def test_functions_of_logits(name: str, logits: list[float]) -> None:
    f = JOINT[name]
    x = np.array([logits])
    found = gradients(f, [x], order=3)
    with mp.workdps(1000):
        truths = gradients(f, [strict(x)], order=3)
        moved = [gradients(f, [nudged(x, i)], order=3) for i in range(3)]
        for order, [(gx,), (truth,)] in enumerate(zip(found, truths, strict=True), start=1):
            excused = sum(abs(m[order - 1][0] - truth) for m in moved)
            worst = max(
                excess(g, t.value, e.value, np.float64)
                for g, t, e in zip(gx.ravel(), truth.ravel(), excused.ravel(), strict=True)
            )
            assert worst <= BOUNDS[order], f"order {order}: {worst:.1f} ULP"


def nudged(x: np.ndarray, index: int) -> np.ndarray:
    """`x` as strict numbers, half an ULP added to one of them."""
    numbers = strict(x)
    numbers[0, index] = numbers[0, index] + StrictNumber(spacing(x[0, index], np.float64) / 2)
    return numbers


@pytest.mark.parametrize("name", JOINT)
def test_logits_of_1000(name: str) -> None:
    x = Variable(np.array([[1000.0, -1000.0, 999.0]]))
    y = JOINT[name](x)
    assert np.isfinite(y.data).all()
    F.sum(y * y).backward(create_graph=True)
    first = x.grad
    assert np.isfinite(first.data).all()
    x.cleargrad()
    F.sum(first * first).backward()
    assert np.isfinite(x.grad.data).all()


# Sums whose terms cancel, with truths worked out by hand.


def test_log_softmax_where_the_cotangent_sums_to_nearly_nothing() -> None:
    x, small = Variable(np.array([[0.25, -0.5]])), 2.0**-20
    d0, d1 = 1.0, -0.75
    y = F.log_softmax(x)
    y.grad = Variable(np.array([[1.0, small - 1.0]]))
    y.backward(create_graph=True)
    gx = x.grad
    x.cleargrad()
    F.sum(gx * np.array([[d0, d1]])).backward()
    with mp.workdps(DIGITS):
        p = 1 / (1 + mp.exp(-0.75))
        truth = -small * p * (1 - p) * (d0 - d1)
        for found, expected in zip(x.grad.data[0], (truth, -truth), strict=True):
            assert excess(found, expected, 0, np.float64) <= BOUNDS[2]


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_mean_squared_error_along_nearly_the_same_direction(dtype: Any) -> None:
    x0, x1 = (Variable(np.array(values, dtype)) for values in ([1.5, -0.5, 0.25], [0.5, 0.75, 1.0]))
    F.mean_squared_error(x0, x1).backward(create_graph=True)
    d0, d1 = np.full(3, 1.125, dtype), np.full(3, 1.0, dtype)
    z = F.sum(x0.grad * d0) + F.sum(x1.grad * d1)
    x0.cleargrad()
    z.backward()
    expected = dtype(0.125) * dtype(2 / 3)
    np.testing.assert_array_max_ulp(x0.grad.data, np.full(3, expected, dtype), maxulp=2)


@pytest.mark.parametrize(("loss", "x", "truth"), [
    (F.sigmoid_cross_entropy, 1e-8, lambda x: -x),
    (F.sigmoid_cross_entropy, -30.0, lambda x: -x),
    (F.binary_cross_entropy, 0.5 + 1e-9, lambda p: mp.log((1 - p) / p)),
    (F.binary_cross_entropy, 0.2, lambda p: mp.log((1 - p) / p)),
    (F.binary_cross_entropy, 1e-30, lambda p: mp.log((1 - p) / p)),
])  # fmt: skip
def test_derivative_by_a_soft_label(loss: Any, x: float, truth: Any) -> None:
    t = Variable(np.array([0.5]))
    loss(np.array([x]), t).backward()
    with mp.workdps(DIGITS):
        assert excess(t.grad.data[0], truth(mp.mpf(x)), 0, np.float64) <= 2


def test_dropout_scales_in_the_arithmetic_of_its_elements() -> None:
    with mp.workdps(DIGITS):
        x = Variable(strict(np.full(100, 0.375)))
        y = F.dropout(x, 0.25)
        y.grad = Variable(strict(np.ones(100)))
        y.backward()
        scale = 1 / mp.mpf(0.75)
        assert {value.value for value in x.grad.data} == {0, scale}
        assert {value.value for value in y.data} == {0, mp.mpf(0.5)}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("c", [-5, -3, -2, -1, 0, 1, 2, 3, 4, 5, 3.0, -4.0])
def test_integer_powers_of_many_numbers(c: float, dtype: Any) -> None:
    x = np.random.default_rng(0).standard_normal(1000).astype(dtype)
    y = (Variable(x) ** c).data
    error = np.abs(y - x.astype("longdouble") ** np.longdouble(c)) / np.spacing(np.abs(y))
    assert y.dtype == dtype
    assert error.max() <= 1.5


@pytest.mark.parametrize("c", [-3, -2, 3, 4])
def test_integer_powers_at_the_ends_of_the_range(c: int) -> None:
    ends = [0.0, np.inf, np.nan, 1e-300, 1e-160, 1e-103, 1e103, 1e154, 3e161, 1e300]
    x = np.array([sign * end for end in ends for sign in (1, -1)])
    with np.errstate(all="ignore"):
        y, expected = (Variable(x) ** c).data, np.power(x, c)
    np.testing.assert_allclose(y, expected, rtol=4e-16, atol=5e-324)
    np.testing.assert_array_equal(np.signbit(y), np.signbit(expected))


@pytest.mark.parametrize("largest", [5.0, 80.0, 105.0, 1e4, np.inf])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sigmoid_of_many_numbers_is_that_of_each(largest: float, dtype: Any) -> None:
    """The larger ones have no exponential: then all are computed by another formula."""
    x = Variable(np.append(np.linspace(-800, 5, 500), largest).astype(dtype))
    y = F.sigmoid(x)
    y.backward()
    each = [Variable(element) for element in x.data[:, None]]
    for element in each:
        F.sigmoid(element).backward(create_graph=True)
    np.testing.assert_array_max_ulp(y.data, np.concatenate([F.sigmoid(element).data for element in each]), 4)
    np.testing.assert_array_max_ulp(x.grad.data, np.concatenate([element.grad.data for element in each]), 8)


@pytest.mark.parametrize("func", [F.activation.Sigmoid(), F.activation.LeakyReLU(0.2)])
def test_an_instance_that_is_called_again_remembers_nothing(func: Any) -> None:
    func(Variable(np.full(1000, -1.0)))
    x = Variable(np.append(np.full(10, 1.0), 1000.0))
    func(x).backward()
    fresh = Variable(x.data)
    type(func)()(fresh).backward()
    np.testing.assert_array_equal(x.grad.data, fresh.grad.data)
