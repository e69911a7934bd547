"""Finite differences alone, of more elements than can be looked at one by one: verdicts and places."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dezero import Variable
from dezero import functions as F
from gradcheck import check
from gradcheck.judging import differenced
from gradcheck.judging.estimate import finite_difference
from gradcheck.measuring.probes import banded, units
from gradcheck.oracles.differences import directional
from gradcheck.oracles.differences.directional import MOST, slopes
from gradcheck.oracles.symbols import formulas
from tests.gradcheck.mpmath_namespace import softmax
from tests.gradcheck.scenes import scene_of
from tests.gradcheck.zoo import right_many as zoo
from tests.gradcheck.zoo.specimen import floats, op


def sample(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(count)


KINKED = {
    "relu": zoo.RELU,
    "sort": zoo.SORT,
    "median": zoo.MEDIAN,
    "clip": zoo.CLIP,
    "floor": zoo.FLOOR,
    "sum of distances": zoo.DISTANCES,
    "half of it": op(lambda x: floats(x)[::2], lambda gy, x: F.stack([gy, 0 * gy], axis=1).reshape(-1)[:-1]),
}


@pytest.mark.parametrize("name", KINKED)
def test_kinks_and_zeros_among_many_elements_are_no_obstacle(name: str) -> None:
    result = check(KINKED[name], sample(101), order=2)
    assert result.verdict == "pass", str(result)
    assert {row.oracle for row in result.evidence} == {"finite_difference", "contract"}


@pytest.mark.parametrize(("size", "factor"), [(100, 1.01), (3000, 0.0), (3000, 1.01)])
def test_one_wrong_element_among_many_is_found_and_named(size: int, factor: float) -> None:
    factors = np.ones(size)
    factors[size // 3] = factor
    result = check(op(lambda x: np.sin(floats(x)), lambda gy, x: gy * F.cos(x) * factors), sample(size))
    assert result.verdict == "fail"
    row = next(row for row in result.evidence if row.verdict == "fail")
    assert row.position == size // 3
    assert float(row.got) == pytest.approx(factor * float(row.expected), rel=1e-5)


def test_a_wrong_element_of_order_two_is_found_and_named() -> None:
    kept = np.ones(100)
    kept[40] = 0

    def backward(gy: Variable, x: Variable) -> Variable:
        return gy * (F.cos(x) * kept + np.cos(x.data) * (1 - kept))

    result = check(op(lambda x: np.sin(floats(x)), backward), sample(100), order=2)
    rows = [row for row in result.evidence if row.verdict == "fail"]
    assert [(row.order, row.position) for row in rows] == [(2, 40)]


@pytest.mark.parametrize("count", [5, 100])
def test_a_small_wrong_gradient_does_not_hide_among_large_ones(count: int) -> None:
    scales, factors = np.full(count, 1e8), np.ones(count)
    scales[-1], factors[-1] = 1e-8, 2.0

    def forward(x: Any) -> np.ndarray:
        return np.asarray(scales * np.sin(floats(x)))

    right = op(forward, lambda gy, x: gy * F.cos(x) * scales)
    wrong = op(forward, lambda gy, x: gy * F.cos(x) * scales * factors)
    assert check(right, sample(count), order=2).verdict == "pass"
    result = check(wrong, sample(count), order=2)
    assert result.verdict == "fail"
    assert [row.position for row in result.evidence if row.verdict == "fail"] == [count - 1]


def test_a_function_that_does_not_change_in_its_last_digit_passes_a_zero_and_says_what_that_means() -> None:
    f = op(lambda x: 1e17 + np.sin(floats(x)), lambda gy, x: gy * 0)
    result = check(f, sample(3))
    assert result.verdict == "pass"
    assert "does not change in its last digit" in str(result.evidence[0].reason)


@pytest.mark.parametrize("count", [3, 100])
def test_a_gradient_that_no_digit_of_f_shows_is_not_failed(count: int) -> None:
    f = op(lambda x: 1e17 + np.sin(floats(x)), lambda gy, x: gy * F.cos(x))
    assert check(f, sample(count)).verdict == "inconclusive"


@pytest.mark.parametrize("wrong", [False, True])
def test_more_elements_than_are_differenced_one_by_one(wrong: bool) -> None:
    size = MOST + 3
    kept = np.ones(size)
    kept[-2] = 0 if wrong else 1

    def backward(gy: Variable, x: Variable) -> Variable:
        return gy * (F.cos(x) * kept + np.cos(x.data) * (1 - kept))

    result = check(op(lambda x: np.sin(floats(x)), backward), sample(size), order=2)
    assert result.verdict == ("fail" if wrong else "pass")
    assert [row.position for row in result.evidence if row.verdict == "fail"] == [size - 2] * wrong


def logarithm(factors: Any = 1.0) -> Any:
    """log, whose first derivative is right, and whose second is right times `factors`."""
    inverse = op(lambda x: 1 / floats(x), lambda gy, x: -gy * factors / x**2)
    return op(lambda x: np.log(floats(x)), lambda gy, x: gy * inverse(x))


SIZES = ([1e-8, 1e4], [1e-8, 0.5, 1e-3, 1e8], np.logspace(-8, 8, 100))


@pytest.mark.parametrize("sizes", SIZES)
def test_order_two_is_right_for_inputs_of_very_different_size(sizes: Any) -> None:
    x = np.array(sizes)
    assert check(logarithm(), x, order=2).verdict == "pass"
    for position in (0, x.size - 1):
        factors = np.ones(x.size)
        factors[position] = 1.01
        result = check(logarithm(factors), x, order=2)
        rows = [row for row in result.evidence if row.verdict == "fail"]
        assert [(row.order, row.position) for row in rows] == [(2, position)], str(result)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("power", [0.5, -0.5])
def test_a_complex_number_is_outside_of_the_domain(power: float) -> None:
    def forward(x: Any) -> np.ndarray:
        return np.array([float(v) ** power for v in x])  # complex where v is negative

    def backward(gy: Variable, x: Variable) -> Variable:
        return gy * power * op(lambda x: np.emath.power(floats(x), power - 1), slope)(x)

    def slope(gy: Variable, x: Variable) -> Variable:
        return gy * (power - 1) * x ** (power - 2)

    result = check(op(forward, backward), np.array([1e-8, 1.0, 4.0]), order=2)
    assert result.verdict == "pass", str(result)


Function = Callable[[list[np.ndarray]], np.ndarray]


@pytest.mark.parametrize(
    ("g", "derivative"),
    [
        (lambda xs: np.exp(xs[0]), np.exp),
        (lambda xs: abs(xs[0] - 0.3), lambda x: np.sign(x - 0.3)),
        (lambda xs: xs[0] ** 3 * 1e200, lambda x: 3e200 * x**2),
    ],
)
def test_each_element_has_a_slope_of_its_own(g: Function, derivative: Any) -> None:
    x, d = sample(50), sample(50, 1)
    found = slopes(g, [x], [d], np.ones(50))
    assert (abs(found.value - derivative(x) * d) <= found.bound).all()
    assert (found.bound <= 1e-6 * abs(derivative(x)).max()).all()
    assert found.moved.all()


X = np.array([[0.5, -1.25, 2.0], [0.375, 1.5, -0.75]])
W = np.array([[0.5, -1.0], [1.25, 0.75], [-0.125, 2.0]])
FORMULAS: dict[str, tuple[Any, list[np.ndarray]]] = {
    "softmax": (softmax, [X]),
    "matmul": (lambda m, x, w: x @ w, [X, W]),
    "power": (lambda m, x, y: x**y, [X**2 + 0.25, X]),
    "mean square": (lambda m, x, y: m.mean((x - y) ** 2), [X, X[:1]]),
    "relu": (lambda m, x: m.maximum(x, 0), [np.array([1e-9, -1e-9, 2.0, -3.0])]),
}


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.longdouble])
def test_slopes_enclose_the_truth_of_the_formula_along_every_axis(name: str, dtype: Any) -> None:
    formula, inputs = FORMULAS[name]
    inputs, active = [x.astype(dtype) for x in inputs], [True] * len(inputs)
    u = np.asarray(np.resize(np.array([0.5, -1.25, 2.0]), np.shape(formula(np, *inputs))), dtype)
    [truths] = formulas.estimate(formula, inputs, active, u, [None] * len(inputs), 1)
    for i, index, axis in units(inputs, active):
        found = slopes(lambda xs: np.ravel(formula(np, *xs)), inputs, axis, u.ravel()).total()
        truth = truths[i]
        assert truth is not None
        assert found.is_finite()
        assert found.overlaps(truth[np.unravel_index(index, truth.shape)])


def test_a_careless_function_may_write_to_its_inputs_and_integers_stay() -> None:
    x, t = X.copy(), np.array([0, 2])

    def g(xs: list[np.ndarray]) -> np.ndarray:
        assert xs[1].dtype == t.dtype
        xs[0] *= 2
        return xs[0][np.arange(2), xs[1]]

    found = slopes(g, [x, t], [np.ones_like(x), None], np.array([2.0, 3.0]))
    assert found.total().contains(10)
    assert (x == X).all()


def test_what_rests_is_distinguished() -> None:
    x = sample(6)
    found = slopes(lambda xs: xs[0] ** 2, [x], [np.array([0, 1, 0, 1, 0, 1.0])], np.ones(6))
    assert found.moved.tolist() == [False, True] * 3
    assert found.total(~found.moved).contains(0)
    assert found.total(found.moved).contains(float(2 * x[1::2].sum()))


def test_many_elements_are_summed_to_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directional, "MOST", 1000)
    x, w = sample(3000), sample(3000, 1)
    found = slopes(lambda xs: xs[0] ** 2, [x], [np.ones(x.size)], w)
    assert found.value.size == 1000
    assert np.allclose(found.value.astype(float), (2 * x * w).reshape(-1, 3).sum(axis=1), atol=1e-6)


def test_banded_directions_share_out_the_elements_by_what_is_claimed() -> None:
    x = np.array([1.0, 1e-3, 2.0, 1.0, 5.0])
    claim = np.array([1.0, 1e3, 1e-12, 0.0, 1e-300])
    columns = list(banded(np.random.default_rng(0), [x], [True], [claim], 20, 3))
    assert [np.flatnonzero(column[0]).tolist() for column in columns] == [[3], [0, 1], [2], [4]]


def test_what_carries_only_rounding_of_larger_values_is_still() -> None:
    noise = np.random.default_rng(0)
    found = slopes(
        lambda xs: np.r_[xs[0], noise.normal(size=3) * 1e-16], [np.ones(1)], [np.ones(1)], np.ones(4)
    )
    assert (abs(found.value - [1, 0, 0, 0]) <= found.bound).all()
    assert (found.bound < 1e-13).all()


def test_noise_that_looks_smooth_at_a_tiny_step_is_still() -> None:
    kernel = np.fft.rfft([1.0, 2.0, -1.0, 0.5], 16)
    x = np.array([1e3, 1, 2, 0, -1, 0.5, 3, 1e-3]) * (1 + np.arange(4, 12) * 2.0**-10)
    true = np.array([[1.0, 2.0, -1.0, 0.5][i] if 0 <= i < 4 else 0.0 for i in range(-7, 11)])
    for seed in range(40):
        moved = [x.astype(np.float32) * (1 + seed * 2.0**-9)]
        for j in range(8):
            found = slopes(
                lambda xs: np.fft.irfft(np.fft.rfft(xs[0], 16) * kernel, 16)[:11],
                [moved[0].astype(float)],
                [np.eye(8)[j]],
                np.ones(11),
            )
            assert (abs(found.value - true[7 - j : 18 - j]) <= found.bound).all(), (seed, j)


def test_a_zero_that_rests_may_be_a_difference_of_ones() -> None:
    x, one = [np.array([25.0])], np.ones(1)
    lost = slopes(lambda xs: 1 - np.tanh(xs[0]) ** 2, x, [one], one)
    assert 1e-18 < lost.bound[0] < 1e-15
    assert abs(lost.value[0]) <= lost.bound[0]
    kept = slopes(lambda xs: 0.5 + 0 * xs[0], x, [one], one)
    assert kept.bound[0] < 1e-15


@pytest.mark.parametrize("order", [1, 2])
def test_one_tread_of_a_staircase_fails_no_trend(order: int) -> None:
    def table(x: Any) -> np.ndarray:
        return np.round(np.exp(floats(x)), 1)

    right = check(op(table, lambda gy, x: gy * F.exp(x)), np.array([0.412, 1.03]), order=order)
    assert right.verdict == "inconclusive", str(right)
    assert "f is a staircase at input 0 (x0), element" in right.reason
    relu = op(lambda x: np.maximum(floats(x), 0), lambda gy, x: gy * 1.0)
    assert check(relu, np.array([-0.412, -1.03])).verdict == "fail"


def test_noise_that_grows_with_the_step_is_not() -> None:
    found = slopes(lambda xs: np.r_[1e16, abs(xs[0] - 1)], [np.ones(1)], [np.ones(1)], np.ones(2))
    assert np.isinf(found.bound[1])


@pytest.mark.parametrize("grain", [1e-12, 1e-4])
def test_a_staircase_has_the_slope_that_it_approximates_or_none(grain: float) -> None:
    found = slopes(
        lambda xs: np.floor(np.exp(xs[0]) / grain) * grain, [np.array([0.4])], [np.ones(1)], np.ones(1)
    )
    assert abs(found.value[0] - np.exp(0.4)) <= found.bound[0]
    assert (found.bound[0] < 1e-6) == (grain < 1e-9)
    assert grain < 1e-9 or abs(found.value[0]) <= found.bound[0]
    assert abs(found.value[0] - 2 * np.exp(0.4)) > found.bound[0]


def test_steps_that_contradict_each_other_enclose_what_they_say() -> None:
    grid = np.linspace(-4, 4, 1001)
    found = slopes(
        lambda xs: np.interp(xs[0], grid, np.sin(grid)), [np.array([0.846])], [np.ones(1)], np.ones(1)
    )
    own = np.diff(np.sin(grid))[np.searchsorted(grid, 0.846) - 1] / 8e-3
    assert abs(found.value[0] - own) <= found.bound[0] < 0.02


@pytest.mark.parametrize("kind", ["shape", "integers", "raises", "complex", "objects", "nothing", "infinite"])
@pytest.mark.parametrize("order", [1, 3])
def test_whatever_f_does_elsewhere_there_is_a_verdict(kind: str, order: int) -> None:
    x = sample(3)
    changed: dict[str, Callable[[np.ndarray], Any]] = {
        "shape": lambda v: v[:2],
        "integers": lambda v: v.astype(int),
        "raises": lambda v: v[7],
        "complex": lambda v: v * 1j,
        "objects": lambda v: v.astype(object),
        "nothing": lambda v: None,
        "infinite": lambda v: v * np.inf,
    }

    def forward(v: Any) -> Any:
        v = floats(v)
        return v * 1.0 if np.array_equal(v, x) else changed[kind](v)

    result = check(op(forward, lambda gy, v: gy), x, order=order)
    assert result.verdict in ("inconclusive", "fail")
    assert any(row.oracle == "finite_difference" for row in result.evidence)


@pytest.mark.parametrize(("inside", "factor"), [(np.float32, 1.0), (np.float64, 1.0), (np.float32, 1.03)])
def test_casts_inside_are_neither_rounding_nor_mistakes(inside: Any, factor: float) -> None:
    def forward(x: Any) -> Any:
        return np.sin(np.asarray(x, inside)).astype(x.dtype)

    def backward(gy: Variable, x: Variable) -> Variable:
        cotangent, cosine = gy.data.astype(inside), np.cos(x.data.astype(inside))
        return Variable((inside(factor) * cotangent * cosine).astype(x.dtype))

    result = check(op(forward, backward), sample(4).astype(np.float16))
    assert result.verdict == ("pass" if factor == 1 else "fail"), str(result)


def test_an_op_that_computes_in_its_own_dtype_is_not_widened() -> None:
    f = op(lambda x: np.sin(np.asarray(x, np.float16)).astype(x.dtype), lambda gy, x: gy * 0)
    assert check(f, sample(4).astype(np.float16)).verdict == "fail"


def test_what_floats_at_rest_would_not_show_is_not_called_wrong() -> None:
    """1 - erf(x) is 0 in floats from 6 on; its slope there is far below an ULP of 1."""

    def forward(x: np.ndarray) -> np.ndarray:
        return np.array([1 - math.erf(v) for v in x])

    def slope(factor: float) -> Any:
        return op(forward, lambda gy, x: gy * (factor * -2 / math.sqrt(math.pi)) * F.exp(-x * x))

    x = np.array([6.5])
    result = check(slope(1.0), x)
    assert result.verdict == "inconclusive"
    assert check(slope(1e12), x).verdict == "fail"


def test_gradients_of_all_orders_are_asked_in_one_call_at_each_point(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    measured = differenced.gradients

    def counted(subject: Any, at: Any, order: int) -> Any:
        asked.append(order)
        return measured(subject, at, order)

    scene = scene_of(F.tanh, np.array([0.5, -1.0]), order=4)
    monkeypatch.setattr(differenced, "gradients", counted)
    rows = finite_difference.judge(scene)
    assert [row.verdict for row in rows] == ["pass"] * 4
    assert set(asked) == {3}
    places = len(asked)
    asked.clear()
    finite_difference.judge(replace(scene, at=replace(scene.at, order=2)))
    assert len(asked) == places, "order 2 alone is asked at as many points"


def test_a_gradient_is_known_though_one_of_a_higher_order_raises() -> None:
    once = op(np.copy, lambda gy, x: 1 / 0)
    f = op(np.tanh, lambda gy, x: once(gy / F.cosh(x) ** 2))
    scene = scene_of(f, np.array([0.5]), order=1)
    differences = differenced.Differenced(scene)
    differences.order = 4
    assert differences.gradient(scene.at.inputs, 1) == scene.got(1)
    assert np.isnan(differences.gradient(scene.at.inputs, 2))
