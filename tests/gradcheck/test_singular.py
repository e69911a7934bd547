"""0/0 and the root of 0: what a path through the point resolves, and what of it is a derivative."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from flint import arb, arb_series

from gradcheck.oracles.numbers import elementary
from gradcheck.oracles.numbers.ball import Ball
from gradcheck.oracles.numbers.series import Jet
from gradcheck.oracles.numbers.working import working
from tests.gradcheck.test_jet import ask

BITS = 128

# Singularities along a path ---------------------------------------------------------------------------


@pytest.mark.parametrize("side", [1, -1])
def test_the_root_of_a_square_is_the_size(side: int) -> None:
    """sqrt((3t)^2 + 2 * 3t * s) = 3 |t| + s sign(t)."""
    with working(BITS, 4, side) as state:
        t = Jet(arb_series([0, 3]), arb_series([1]))
        for root in ((t * t).sqrt(), (t * t) ** 0.5, (t * t) ** Ball(arb(0.5)).v):
            assert root.v[0] == 0
            assert root.v[1].overlaps(arb(3 * side))
            assert root.w[0].overlaps(arb(side))
        assert state.resolved


@pytest.mark.parametrize("side", [1, -1])
def test_other_roots_of_powers(side: int) -> None:
    with working(BITS, 5, side):
        t = Jet(arb_series([0, 2, 1]), arb_series([1]))
        cube = (t * t * t).cbrt()
        assert cube.v[1].overlaps(arb(2))
        assert cube.w[0].overlaps(arb(1))
        three_halves = (t * t) ** 1.5  # |t|**3
        assert three_halves.v[3].overlaps(arb(8 * side))
        assert three_halves.w[2].overlaps(arb(3 * 4 * side))
        assert t.sqrt().constant().is_nan()
        assert ((-t * t).sqrt()).constant().is_nan()


def test_division_cancels_what_both_begin_with() -> None:
    """(2t + t^2 + s) t / t, and what was beyond the last term stays unknown."""
    with working(BITS, 3):
        t = Jet(arb_series([0, 1]))
        found = (Jet(arb_series([2, 1]), arb_series([1])) * t) / t
        assert (found.v[0], found.v[1], found.w[0]) == (2, 1, 1)
        assert elementary.coefficient(found.v, 2).is_nan()
        assert elementary.coefficient((found * t + 1).tanh().v, 2).is_nan()
        assert elementary.coefficient(found.w, 2).is_nan()
        assert (Jet.of(0) / t).v[0] == 0
        assert ((1 + t) / t).constant().is_nan()  # a pole
        assert (Jet(t.v, arb_series([1])) / t).w[0].is_nan()


def test_what_is_not_exactly_zero_does_not_cancel() -> None:
    with working(BITS, 3):
        almost = Jet(arb_series([arb(0, 1e-30), 1]))
        assert (almost / almost).constant().is_nan()
        assert (almost * almost).sqrt().constant().is_nan() or not (almost * almost).sqrt().v[1].is_finite()


def test_without_a_path_a_singularity_is_undefined() -> None:
    with working(BITS, 1) as state:
        x = Jet(arb_series([0]), arb_series([1]))
        assert (x / x).constant().is_nan()
        root = (x * x).sqrt()
        assert root.v[0] == 0
        assert root.w[0].is_nan()
        assert state.singular
        assert not state.resolved


# Singular points ------------------------------------------------------------------------------------------


def _length(x: Any) -> Any:
    return np.sqrt(np.sum(x * x))


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize(
    ("f", "x", "smooth"),
    [
        (lambda x: x * _length(x), [0.0, 0.0], 1),
        (lambda x: np.where(x == 0, 1, np.sin(x) / x), [0.0, 1.0], 3),
        (lambda x: np.where(x == 0, 1, np.expm1(x) / x), [0.0, -2.0], 3),
        (lambda x: np.sqrt(np.sum(x**4)), [0.0, 0.0], 1),  # its second derivative depends on the way
        (_length, [0.0, 0.0], 0),
        (lambda x: x[0] ** 3 / np.sum(x * x), [0.0, 0.0], 0),  # both sides agree, but not other directions
        (lambda x: x[0] * x[1] / _length(x), [0.0, 0.0], 0),
        (lambda x: 1 / x, [0.0], 0),
        (lambda x: np.where(x > 0.5, 1 / x, x), [0.0, 1.0], 3),  # what is not used does not matter
        (lambda x: np.nan_to_num(x / _length(x)), [0.0, 0.0], 0),
    ],
)
def test_a_derivative_at_a_singular_point_is_one_in_all_directions(
    f: Any, x: Any, smooth: int, order: int
) -> None:
    with np.errstate(all="ignore"):
        found = ask(lambda xs: [np.asarray(f(xs[0]))], x, order)
    assert found.smooth == min(smooth, order)
    if smooth:
        assert all(column[0].is_finite() for column in found.columns)


def test_sin_x_over_x_has_all_derivatives_at_0() -> None:
    with np.errstate(all="ignore"):
        found = ask(lambda xs: [np.where(xs[0] == 0, 1, np.sin(xs[0]) / xs[0])], [0.0], 4)
    d = np.round(np.random.default_rng(0).uniform(0.5, 2, 2), 2)
    u, d = d
    wanted = [0.0, -u * d / 3, 0.0, u * d**3 / 5]
    assert [float(b) for b in found.columns[0]] == pytest.approx(wanted, rel=1e-14)


def test_an_infinite_value_is_seen() -> None:
    with np.errstate(all="ignore"):
        for f in (lambda x: 1 / x, lambda x: np.log(x), lambda x: (x + 1) * np.inf):
            found = ask(lambda xs, f=f: [f(xs[0])], [0.0], 1)
            assert not found.values[0][0].is_finite()
            assert found.smooth == 0
