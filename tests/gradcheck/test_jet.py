"""Jets against SymPy, order by order; ties, kinks, jumps, escalation, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import sympy
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.oracles import jet

Forward = Callable[[list[Any]], list[Any]]

EXPRESSIONS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "polynomial": lambda m, x, y: x**3 * y - 2 * x * y**2 + 1,
    "quotient": lambda m, x, y: (x * y + 1) / (x * x + y * y + 1),
    "exponentials": lambda m, x, y: m.exp(x * y) * m.tanh(x - y),
    "waves": lambda m, x, y: m.sin(3 * x) * m.cos(x * y),
    "roots": lambda m, x, y: m.sqrt(x * x + y * y + 1) * m.log(x * x + 2),
    "powers": lambda m, x, y: (x * x + 1) ** y,
}
POINT = np.array([0.75, -0.5])


def ask(f: Forward, x: Any, order: int, **rest: Any) -> jet.Truth:
    """The whole gradients of <u, f> at one array x, with fixed weights."""
    x = np.asarray(x, dtype=float)
    rng = np.random.default_rng(0)
    cotangents = [np.round(rng.uniform(0.5, 2, np.shape(y)), 2) for y in f([x])]
    units = np.eye(x.size).reshape(-1, *x.shape)
    direction = [np.round(rng.uniform(0.5, 2, x.shape), 2)]
    return jet.truth(f, [x], [True], cotangents, direction, [[unit] for unit in units], order, **rest)


def by_sympy(name: str, order: int) -> list[list[float]]:
    """For each element the derivatives of orders 1 .. order, with the weights of `ask`."""
    symbols = sympy.symbols("x y", real=True)
    rng = np.random.default_rng(0)
    u = sympy.Rational(str(np.round(rng.uniform(0.5, 2), 2)))
    d = [sympy.Rational(str(w)) for w in np.round(rng.uniform(0.5, 2, 2), 2)]
    expression = u * EXPRESSIONS[name](sympy, *symbols)
    at = {s: sympy.Rational(str(v)) for s, v in zip(symbols, POINT, strict=True)}
    columns: list[list[float]] = [[], []]
    for _ in range(order):
        for column, symbol in zip(columns, symbols, strict=True):
            column.append(float(sympy.diff(expression, symbol).subs(at).evalf(30)))
        expression = sum(w * sympy.diff(expression, s) for w, s in zip(d, symbols, strict=True))
    return columns


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_every_order_is_the_symbolic_derivative(name: str) -> None:
    formula = EXPRESSIONS[name]
    found = ask(lambda xs: [np.asarray(formula(np, xs[0][0], xs[0][1]))], POINT, 4)
    assert found.smooth == 4
    assert found.ties == 0
    for column, expected in zip(found.columns, by_sympy(name, 4), strict=True):
        assert [float(b) for b in column] == pytest.approx(expected, rel=1e-14)
        assert all(b.rel_accuracy_bits() >= 80 for b in column)


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=4), st.integers(1, 3))
def test_orders_do_not_depend_on_how_many_are_asked(x: list[float], order: int) -> None:
    def f(xs: list[Any]) -> list[Any]:
        return [np.sin(xs[0]) * np.sum(xs[0])]

    few, many = ask(f, x, order), ask(f, x, 4)
    for column, longer in zip(few.columns, many.columns, strict=True):
        assert all(a.overlaps(b) for a, b in zip(column, longer, strict=False))


def test_an_element_that_plays_no_part_has_an_exact_zero() -> None:
    found = ask(lambda xs: [np.exp(xs[0][:1] * 100)], [7.0, 1.0], 3)
    assert all(ball.is_zero() for ball in found.columns[1])


def test_scales_do_not_hide_each_other() -> None:
    found = ask(lambda xs: [np.exp(xs[0])], [700.0, -700.0], 2)
    assert found.bits == jet.START_BITS
    assert all(b.rel_accuracy_bits() >= 80 for column in found.columns for b in column)


def test_cancellation_raises_the_precision() -> None:
    def f(xs: list[Any]) -> list[Any]:
        return [(xs[0] + 1e60) ** 2 - 2e60 * xs[0] - 1e60**2]  # x*x, and a little more

    found = ask(f, [1.5], 2)
    assert found.bits > jet.START_BITS
    assert all(b.rel_accuracy_bits() >= 80 for b in found.columns[0])


def test_claims_say_how_narrow_a_ball_must_be() -> None:
    def f(xs: list[Any]) -> list[Any]:
        return [np.sin(xs[0]) - np.sin(xs[0] + 0.0)]

    for claim, bits in ((arb(1), jet.START_BITS), (arb(0), jet.MAX_BITS)):
        assert ask(f, [1.5], 1, claims=[[claim]]).bits == bits


def test_values_are_the_outputs() -> None:
    found = ask(lambda xs: [np.exp(xs[0]), np.sum(xs[0])], [0.0, 1.0], 1)
    assert [y.shape for y in found.values] == [(2,), ()]
    assert found.values[0][0] == 1
    assert found.values[1][()] == 1


def test_an_output_without_a_cotangent_is_left_out() -> None:
    x, one = [np.array([0.5])], [np.array([1.0])]
    forward: Forward = lambda xs: [xs[0] * 3, np.array([7])]  # noqa: E731  # a line is enough
    found = jet.truth(forward, x, [True], [*one, None], one, [one], 1)
    assert found.columns[0][0] == 3


def test_inactive_inputs_are_passed_along() -> None:
    seen = []

    def f(xs: list[Any]) -> list[Any]:
        seen.append(xs[1])
        return [xs[0][xs[1]]]

    index, x = np.array([1, 1]), np.array([2.0, 3.0])
    zero = np.zeros(2)
    [column] = jet.truth(
        f, [x, index], [True, False], [np.ones(2)], [x, zero], [[np.array([0.0, 1.0]), zero]], 1
    ).columns
    assert column[0] == 2
    assert seen[0] is index


# Ties -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "x", "smooth"),
    [
        (np.abs, [0.0], 0),
        (lambda x: np.maximum(x, 0), [1.0, 0.0], 0),
        (lambda x: np.max(x), [1.0, 1.0], 0),
        (lambda x: x * np.abs(x), [0.0], 1),
        (lambda x: np.where(x > 0, x**3, -(x**3)), [0.0], 2),
        (np.sqrt, [0.0], 0),
        (lambda x: np.sqrt(np.sum(x * x)), [0.0, 0.0], 0),
        (lambda x: np.where(x > 0, 1.0, 0.0) * x**0, [0.0], 0),  # a jump
        (np.floor, [2.0], 0),
        (np.sign, [0.0], 0),
    ],
)
def test_the_first_order_that_is_not_smooth_is_found(f: Any, x: Any, smooth: int) -> None:
    assert ask(lambda xs: [np.asarray(f(xs[0]))], x, 3).smooth == smooth


def _shifted_softmax(x: Any) -> Any:
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (_shifted_softmax, [1.0, 1.0, 1.0]),
        (lambda x: np.maximum(x, 1.0) + np.minimum(x, 1.0), [1.0, 1.0]),
        (lambda x: np.where(x > 0, x**2, x * x), [0.0]),
        (lambda x: np.where(x > 0, x, -x) ** 2, [0.0]),
    ],
)
def test_harmless_ties_are_smooth(f: Any, x: Any) -> None:
    found = ask(lambda xs: [f(xs[0])], x, 3)
    assert found.ties
    assert found.smooth == 3


@pytest.mark.parametrize("x", [1e-9, -1e-300, 5e-324])
def test_near_a_kink_all_is_proven(x: float) -> None:
    found = ask(lambda xs: [np.maximum(xs[0], 0)], [x], 2)
    assert found.smooth == 2
    assert found.ties == 0
    assert found.columns[0][0].is_zero() == (x < 0)


# What does not apply --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: np.frexp(x)[0], "frexp"),
        (lambda x: np.asarray(x, dtype=float), "cannot become a float"),
        (lambda x: x * float(x[0]), "cannot become a float"),
        (lambda x: np.where(0 * x / (x - x) > 0, x, 2 * x), "a value is compared that is undefined here"),
        (lambda x: x if x.dtype == float else x[:1], r"shape \(1,\) on object arrays and \(2,\)"),
        (lambda x: x if x.dtype == float else np.array(["a", "b"], object), "gives str on object"),
        (lambda x: 1 / 0 if x.dtype == object else x, "ZeroDivisionError"),
    ],
)
def test_a_forward_that_objects_do_not_bear_is_reported(f: Any, message: str) -> None:
    with np.errstate(all="ignore"), pytest.raises(jet.NotApplicableError, match=message):
        ask(lambda xs: [f(xs[0])], [1.0, 2.0], 1)


def test_another_number_of_outputs_is_reported() -> None:
    def f(xs: list[Any]) -> Sequence[Any]:
        return [xs[0]] if xs[0].dtype == float else [xs[0], xs[0]]

    with pytest.raises(jet.NotApplicableError, match="2 outputs on object arrays and 1 on floats"):
        ask(f, [1.0], 1)  # type: ignore[arg-type]  # a sequence will do


def test_inputs_are_not_written_to() -> None:
    x = np.array([1.0, 2.0])
    ask(lambda xs: [np.sin(xs[0])], x, 2)
    assert x.tolist() == [1.0, 2.0]


# Several probes at once -----------------------------------------------------------------------------------


def _counted(f: Any) -> tuple[Forward, list[int]]:
    """f as a forward, and the number of its calls."""
    calls = [0]

    def forward(xs: list[Any]) -> list[Any]:
        calls[0] += 1
        return [np.asarray(f(xs[0]))]

    return forward, calls


@pytest.mark.parametrize("order", [1, 3])
@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.tanh(x) @ np.exp(x.reshape(4, 3)[:3].T[0]) if x.ndim > 1 else np.tanh(x),
        lambda x: np.exp(x) / np.sum(np.exp(x)),
        lambda x: np.sum(np.sqrt(x * x + 1)) * x**3 - np.log1p(x * x),
        lambda x: x.reshape(3, 4) @ np.sin(x.reshape(4, 3)),
        lambda x: np.where(x > 0, x**2, -x) * np.prod(x[:3]),
        lambda x: (2 - x[::2]) / (3 + x[1::2]) - 1 / (x[1::2] + x[5]),
        lambda x: np.float64(2.0) ** x * (x + 2) ** x[::-1] - (x * x) ** 0.25,
    ],
)
def test_probes_at_once_say_what_each_alone_says(f: Any, order: int) -> None:
    x = np.linspace(-1.5, 1.125, 12)
    forward, calls = _counted(f)
    together = ask(forward, x, order)
    assert calls[0] == 2  # one of floats, for the shape
    assert together.smooth == order
    rng = np.random.default_rng(0)
    u, d = ([np.round(rng.uniform(0.5, 2, shape), 2)] for shape in (np.shape(f(x)), x.shape))
    for unit, column in zip(np.eye(12), together.columns, strict=True):
        alone = jet.truth(forward, [x], [True], u, d, [[unit]], order)
        for ball, same in zip(column, alone.columns[0], strict=True):
            assert ball.overlaps(same)
            assert ball.rel_accuracy_bits() >= 80 or ball.contains(0)
        assert all(a.overlaps(b) for a, b in zip(together.values[0].flat, alone.values[0].flat, strict=True))


@pytest.mark.parametrize("order", [1, 2])
def test_more_probes_than_fit_are_asked_in_blocks(order: int) -> None:
    forward, calls = _counted(np.sin)
    found = ask(forward, np.linspace(0.5, 2, 2 * jet.AT_ONCE + 6), order)
    assert calls[0] == 1 + 3
    assert len(found.columns) == 2 * jet.AT_ONCE + 6


@pytest.mark.parametrize("order", [1, 2])
def test_a_tie_is_decided_by_each_probe(order: int) -> None:
    found = ask(lambda xs: [np.maximum(xs[0], 0) + np.maximum(-xs[0], 0)], [0.0, 1.0], order)
    assert found.smooth == 0
    assert found.ties
    assert found.columns[1][0].contains(arb(0.9)) or found.columns[1][0].is_finite()


@pytest.mark.parametrize("order", [1, 2])
def test_a_comparison_that_no_few_bits_decide_is_asked_again(order: int) -> None:
    def f(xs: list[Any]) -> list[Any]:
        x = xs[0]
        return [np.where((x + 1e60) - 1e60 > 0, 3 * x, 5 * x)]

    found = ask(f, [1e-5], order)
    assert found.guesses == 0
    assert found.smooth == order
    assert found.bits > jet.START_BITS
