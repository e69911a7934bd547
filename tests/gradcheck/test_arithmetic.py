"""Balls and jets contain the truth: against mpmath, over the whole range."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from flint import arb, arb_series
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.oracles.numbers.ball import Ball
from gradcheck.oracles.numbers.conversion import exact, filled
from gradcheck.oracles.numbers.series import Jet
from gradcheck.oracles.numbers.working import working

BITS = 128
TERMS = 4

# NumPy's name: mpmath's function, and the interval that it is tried on.
FUNCTIONS: dict[str, tuple[Callable[..., Any], float, float]] = {
    "exp": (mpmath.exp, -30.0, 30.0),
    "expm1": (mpmath.expm1, -30.0, 30.0),
    "exp2": (lambda x: mpmath.mpf(2) ** x, -30.0, 30.0),
    "log": (mpmath.log, 1e-9, 1e9),
    "log1p": (mpmath.log1p, -0.999, 1e6),
    "log2": (lambda x: mpmath.log(x, 2), 1e-9, 1e9),
    "log10": (mpmath.log10, 1e-9, 1e9),
    "sqrt": (mpmath.sqrt, 1e-9, 1e9),
    "cbrt": (mpmath.cbrt, 1e-6, 1e6),
    "sin": (mpmath.sin, -1e6, 1e6),
    "cos": (mpmath.cos, -1e6, 1e6),
    "tan": (mpmath.tan, -1.5, 1.5),
    "arcsin": (mpmath.asin, -0.99, 0.99),
    "arccos": (mpmath.acos, -0.99, 0.99),
    "arctan": (mpmath.atan, -1e6, 1e6),
    "sinh": (mpmath.sinh, -30.0, 30.0),
    "cosh": (mpmath.cosh, -30.0, 30.0),
    "tanh": (mpmath.tanh, -30.0, 30.0),
    "arcsinh": (mpmath.asinh, -1e6, 1e6),
    "arccosh": (mpmath.acosh, 1.01, 1e6),
    "arctanh": (mpmath.atanh, -0.99, 0.99),
    "erf": (mpmath.erf, -5.0, 5.0),
    "erfc": (mpmath.erfc, -5.0, 5.0),
    "gamma": (mpmath.gamma, 0.1, 20.0),
    "lgamma": (mpmath.loggamma, 0.1, 20.0),
    "square": (lambda x: x * x, -1e9, 1e9),
    "degrees": (mpmath.degrees, -10.0, 10.0),
    "radians": (mpmath.radians, -1000.0, 1000.0),
}
UFUNCS = sorted(name for name in FUNCTIONS if hasattr(np, name))

numbers = st.floats(-1e9, 1e9, allow_subnormal=False)


def as_arb(x: Any) -> arb:
    """mpmath's number, as a ball that holds what it was rounded from."""
    value = arb(mpmath.nstr(x, 60, min_fixed=0, max_fixed=0))
    return arb(value.mid(), abs(value.mid()) * arb(10) ** -55 + arb(10) ** -400)


def points(name: str) -> st.SearchStrategy[float]:
    _, low, high = FUNCTIONS[name]
    return st.floats(low, high, allow_subnormal=False)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@given(data=st.data())
def test_a_ball_contains_the_true_value(name: str, data: st.DataObject) -> None:
    x = data.draw(points(name))
    with mpmath.workdps(70), working(BITS):
        found = getattr(Ball(exact(x)), name)()
        assert found.v.overlaps(as_arb(FUNCTIONS[name][0](mpmath.mpf(x))))
        assert found.v.is_zero() or found.v.rel_accuracy_bits() > 60


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@given(data=st.data())
def test_a_jet_contains_the_true_taylor_coefficients(name: str, data: st.DataObject) -> None:
    x = data.draw(points(name))
    with mpmath.workdps(120):
        true = mpmath.taylor(FUNCTIONS[name][0], mpmath.mpf(x), TERMS - 1)
    with mpmath.workdps(70), working(BITS, TERMS):
        found = getattr(Jet(arb_series([exact(x), 1])), name)()
        for k in range(TERMS):
            wide = as_arb(true[k]) + arb(0, abs(as_arb(true[k])) * arb(2) ** -60)  # mpmath differences
            assert found.v[k].overlaps(wide + arb(0, arb(2) ** -100)), k


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@given(data=st.data())
def test_what_multiplies_s_is_the_derivative(name: str, data: st.DataObject) -> None:
    """f(x + t + s) = f(x + t) + s f'(x + t): its series has the derivative's coefficients."""
    x = data.draw(points(name))
    with working(BITS, TERMS + 1):
        plain = getattr(Jet(arb_series([exact(x), 1])), name)()
        expected = plain.v.derivative()
    with working(BITS, TERMS):
        found = getattr(Jet(arb_series([exact(x), 1]), arb_series([1])), name)()
        assert all(found.v[k].overlaps(plain.v[k]) for k in range(TERMS))
        assert all(found.w[k].overlaps(expected[k]) for k in range(TERMS))


OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}


@pytest.mark.parametrize("name", OPERATIONS)
@given(a=numbers, b=numbers.filter(bool), kind=st.sampled_from(["both", "left", "right"]))
def test_operators_of_balls(name: str, a: float, b: float, kind: str) -> None:
    operation = OPERATIONS[name]
    with mpmath.workdps(70), working(BITS):
        left = a if kind == "right" else Ball(exact(a))
        right = b if kind == "left" else Ball(exact(b))
        true = operation(mpmath.mpf(a), mpmath.mpf(b))
        assert operation(left, right).v.overlaps(as_arb(true))


@pytest.mark.parametrize("name", OPERATIONS)
@given(a=numbers, b=numbers.filter(bool), kind=st.sampled_from(["both", "left", "right"]))
def test_operators_of_jets(name: str, a: float, b: float, kind: str) -> None:
    """On a + 2t + 3s and b - t + s, against the rules of sum, product and quotient."""
    operation = OPERATIONS[name]
    moves = {"a": (2, 3) if kind != "right" else (0, 0), "b": (-1, 1) if kind != "left" else (0, 0)}
    with working(BITS, 2):
        jets = {
            key: Jet(arb_series([exact(x), moves[key][0]]), arb_series([moves[key][1]]))
            for key, x in (("a", a), ("b", b))
        }
        found = operation(a if kind == "right" else jets["a"], b if kind == "left" else jets["b"])
        x, y = arb(a), arb(b)
        slopes = {"+": (arb(1), arb(1)), "-": (arb(1), arb(-1)), "*": (y, x), "/": (1 / y, -x / y**2)}
        by_a, by_b = slopes[name]
        assert found.v[0].overlaps(operation(x, y))
        assert found.v[1].overlaps(by_a * moves["a"][0] + by_b * moves["b"][0])
        assert found.w[0].overlaps(by_a * moves["a"][1] + by_b * moves["b"][1])


@given(
    x=st.floats(0.1, 100.0),
    c=st.one_of(st.integers(-4, 4), st.floats(-3.0, 3.0), st.just(0.5)),
)
def test_powers(x: float, c: float) -> None:
    with working(BITS, 2):
        found = Jet(arb_series([exact(x), 1]), arb_series([2])) ** c
        base = arb(x)
        assert found.v[0].overlaps(base ** arb(c))
        assert found.v[1].overlaps(c * base ** (arb(c) - 1))
        assert found.w is None or found.w[0].overlaps(2 * c * base ** (arb(c) - 1))


@pytest.mark.parametrize("x", [-2.0, 0.0])
def test_integer_powers_need_no_logarithm(x: float) -> None:
    with working(BITS, 2):
        assert (Jet(arb_series([exact(x), 1])) ** 3).v[1] == 3 * x * x
        assert (Ball(exact(x)) ** np.float64(2.0)).v == x * x


def test_a_power_of_two_series() -> None:
    with working(BITS, 2):
        found = Jet(arb_series([2, 1])) ** Jet(arb_series([3, 1]))
        assert found.v[1].overlaps(arb(2) ** 3 * (arb(2).log() + arb(3) / 2))


@pytest.mark.parametrize("name", UFUNCS)
def test_numpy_finds_the_function(name: str) -> None:
    _, low, high = FUNCTIONS[name]
    x = min(max(1.25, low), high) if high > 1.25 else (low + high) / 2 + 0.1
    with working(53):
        array = filled((2,), [Ball(exact(x)), Ball(exact(x))])
        found = getattr(np, name)(array)
        assert found.dtype == object
        assert float(found[0].v.mid()) == pytest.approx(float(getattr(np, name)(x)), rel=1e-14)


@given(a=numbers, b=numbers)
def test_angles_and_lengths(a: float, b: float) -> None:
    with working(BITS):
        left, right = Ball(exact(a)), Ball(exact(b))
        assert float(left.hypot(right).v) == pytest.approx(math.hypot(a, b), rel=1e-14)
        if b or a:
            angle = float(left.arctan2(right).v)
            assert angle == pytest.approx(math.atan2(a, b), rel=1e-14, abs=1e-300) or b < 0 == a


@given(st.floats(-1e6, 1e6, allow_subnormal=False).filter(lambda x: x * 2 != math.floor(x * 2)))
def test_steps(x: float) -> None:
    with working(BITS, 2):
        for number in (Ball(exact(x)), Jet(arb_series([exact(x), 1]))):
            assert math.floor(number).constant() == math.floor(x)
            assert math.ceil(number).constant() == math.ceil(x)
            assert math.trunc(number).constant() == math.trunc(x)
            assert float((number % 1.5).constant()) == pytest.approx(x % 1.5, abs=1e-9)


@given(st.integers(-9, 9))
def test_halves_are_rounded_to_even(n: int) -> None:
    with working(BITS, 2):
        for number in (Ball(arb(n) / 2), Jet(arb_series([arb(n) / 2]))):
            assert number.rint().constant() == np.rint(n / 2)
            assert round(number).constant() == round(n / 2)


@pytest.mark.parametrize(("side", "expected"), [(1, 3), (-1, 2)])
def test_a_moving_half_is_rounded_as_the_side_says(side: int, expected: int) -> None:
    with working(BITS, 2, side) as state:
        assert Jet(arb_series([2.5, 1])).rint().constant() == expected
        assert state.ties


@pytest.mark.parametrize(("side", "expected"), [(1, 2), (-1, 1)])
def test_a_jump_is_decided_by_the_side(side: int, expected: int) -> None:
    with working(BITS, 2, side) as state:
        assert math.floor(Jet(arb_series([2, 1]))).constant() == expected
        assert state.ties == 1


# Comparisons ----------------------------------------------------------------------------------------


@given(a=numbers, b=numbers)
def test_comparisons_are_those_of_floats(a: float, b: float) -> None:
    with working(BITS, 2):
        for left, right in (
            (Ball(exact(a)), Ball(exact(b))),
            (Ball(exact(a)), b),
            (Jet(arb_series([exact(a)])), Jet(arb_series([exact(b)]))),
            (Jet(arb_series([exact(a)])), b),
        ):
            assert (left < right, left <= right, left > right) == (a < b, a <= b, a > b)
            assert (left >= right, left == right, left != right) == (a >= b, a == b, a != b)
        assert bool(Ball(exact(a))) == bool(a)


@pytest.mark.parametrize(("side", "positive"), [(1, True), (-1, False)])
def test_a_tie_follows_the_side(side: int, positive: bool) -> None:
    with working(BITS, 2, side) as state:
        assert (Jet(arb_series([0, 3])) > 0) is positive
        assert (Jet(arb_series([0, -3])) > 0) is not positive
        assert state.ties == 2


def test_a_tie_of_even_degree_is_the_same_on_both_sides() -> None:
    for side in (1, -1):
        with working(BITS, 3, side):
            assert Jet(arb_series([0, 0, 5])) > 0


def test_a_tie_may_be_decided_by_s() -> None:
    with working(BITS, 1, -1) as state:
        assert Jet(arb_series([0]), arb_series([2])) < 0
        assert state.ties == 1


def test_a_quantity_that_is_zero_throughout_is_no_tie() -> None:
    with working(BITS, 3) as state:
        x = Jet(arb_series([1, 2]))
        assert x - x == 0
        assert state.ties == 0


def test_an_undecided_comparison_of_balls_is_noted_as_a_guess() -> None:
    with working(BITS) as state:
        assert Ball(arb(1e-30, 1)) > 0
        assert state.guesses == 1


@pytest.mark.parametrize("number", [Ball(arb("nan")), Jet(arb_series([arb("nan")]))])
def test_an_undefined_value_compares_as_nan_does_and_it_is_noted(number: Any) -> None:
    with working(BITS) as state:
        assert [number > 0, number <= 0, number == 0, number == number + 1] == [False] * 4
        assert state.undefined == 4
        assert number != 0
        assert bool(number)
        assert abs(number).constant().is_nan()
        assert state.undefined == 6


@pytest.mark.parametrize("kind", [Ball, Jet])
def test_infinities_compare_as_floats(kind: Any) -> None:
    with working(BITS) as state:
        infinite, one = kind.of(math.inf), kind.of(1)
        assert infinite > one > -infinite
        assert infinite > 1e300
        assert infinite == math.inf
        assert infinite == infinite + one
        assert [infinite < math.inf, one == infinite, infinite != infinite + 1] == [False] * 3
        assert state.undefined == state.guesses == 0


MOVING = [
    Ball(arb(1.5)),
    Jet(arb_series([1.5, 1])),
    Jet(arb_series([1.5]), arb_series([0])),
    Jet(arb_series([arb(1) / 3])),
]


@pytest.mark.parametrize("number", MOVING, ids=["ball", "in t", "in s", "not a float"])
@pytest.mark.parametrize("convert", [float, int, lambda x: np.array([x]).astype(float), np.float64])
def test_what_moves_or_is_rounded_does_not_become_a_float(number: Any, convert: Callable[[Any], Any]) -> None:
    with working(BITS, 2), pytest.raises(TypeError, match="certified number cannot become a float"):
        convert(number)


def test_what_stands_becomes_a_float() -> None:
    with working(BITS, 2):
        x = Jet.of(2.5)
        assert (float(x), int(x), x.item() is x, bool(x)) == (2.5, 2, True, True)
        assert [0, 1, 2][Jet.of(1)] == 1
        with pytest.raises(TypeError, match="an index must be an integer"):
            [0, 1, 2][x]


def test_a_series_that_lost_terms_is_no_constant() -> None:
    with working(BITS, 3):
        t = Jet(arb_series([0, 1]))
        one = (t * t) / (t * t)
        assert one.v[0] == 1
        with pytest.raises(TypeError):
            float(one)


@pytest.mark.parametrize("x", [2.5, -1.25, 7.0])
def test_a_step_of_a_ball_is_an_integer(x: float) -> None:
    with working(BITS):
        assert int(np.floor(Ball(exact(x)))) == math.floor(x)


@pytest.mark.parametrize("a", [0.7, 1.0, 2.0])
def test_a_power_of_zero_is_zero_whatever_the_exponent_does(a: float) -> None:
    with working(BITS, 2):
        found = 0 ** Jet(arb_series([exact(a), 1]), arb_series([1]))
        assert (found.v[0], found.v[1], found.w[0]) == (0, 0, 0)
        assert (0.0 ** Ball(exact(a))).v == (Ball(arb(0)) ** a).v == 0


@pytest.mark.parametrize("a", [0.0, -0.5])
def test_a_power_of_zero_that_jumps_is_undefined(a: float) -> None:
    with working(BITS, 2):
        assert (0 ** Jet(arb_series([exact(a), 1]))).constant().is_nan()


# Exactness ------------------------------------------------------------------------------------------


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["f2", "f4", "f8", "g"]))
def test_every_float_is_exact(x: float, code: str) -> None:
    with np.errstate(all="ignore"):
        value = np.dtype(code).type(x)
    if np.isfinite(value):
        with working(200):
            ball = exact(value)
        assert ball.is_exact()
        assert float(ball) == float(value) or abs(float(value)) < 1e-307


def test_a_longdouble_keeps_its_last_bit() -> None:
    value = np.longdouble(1) + np.finfo(np.longdouble).eps
    with working(160):
        assert exact(value) - 1 == arb(2) ** int(np.log2(np.finfo(np.longdouble).eps))


def test_what_is_not_a_number_is_refused() -> None:
    with pytest.raises(TypeError, match="expected a real number"):
        exact("1")
    assert Ball(arb(1)).__add__("1") is NotImplemented
    assert Jet(arb_series([1])).__mul__(1j) is NotImplemented


def test_division_by_what_may_be_zero_is_undefined() -> None:
    with working(BITS, 2):
        assert (1 / Jet(arb_series([0, 1]))).constant().is_nan()
        assert not (1 / Ball(arb(0))).v.is_finite()


def test_tanh_far_out_is_not_undefined() -> None:
    with working(BITS, 3):
        found = Jet(arb_series([exact(-1e300), 1]), arb_series([1])).tanh()
        assert found.v[0].overlaps(arb(-1))
        assert found.v[1].is_finite()
        assert found.w[0].is_finite()
