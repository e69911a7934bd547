"""Limits of the gradient along rays to a point."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.oracles import jet
from gradcheck.oracles.jet import limits


def along(f: Any, x: Any, *rays: Any, u: Any = None, **rest: Any) -> list[list[arb]]:
    """The whole gradient of <u, f> at one array x, for rays that are one array or several (d1, d2, ..)."""
    x = np.asarray(x, dtype=float)
    with np.errstate(all="ignore"):
        u = np.ones(np.shape(f(x))) if u is None else np.asarray(u, dtype=float)
    paths = [
        [[np.asarray(d, dtype=float)] for d in (ray if isinstance(ray, tuple) else (ray,))] for ray in rays
    ]
    units = [[unit] for unit in np.eye(x.size).reshape(-1, *x.shape)]
    with np.errstate(all="ignore"):
        return limits(lambda xs: [np.asarray(f(xs[0]))], [x], [True], [u], paths, units, **rest)


def floats(balls: list[arb]) -> list[float]:
    return [float(b.mid()) if b.is_finite() else float("nan") for b in balls]


def _length(x: Any) -> Any:
    return np.sqrt(np.sum(x * x))


@pytest.mark.parametrize(
    ("f", "x", "ray", "wanted"),
    [
        (lambda x: np.maximum(x, 0), [0.0, 1.0], [1, 1], [1, 1]),
        (lambda x: np.maximum(x, 0), [0.0, 1.0], [-1, 1], [0, 1]),
        (np.max, [1.0, 1.0], [1, 0], [1, 0]),
        (np.max, [1.0, 1.0], [-1, 1], [0, 1]),
        (np.abs, [0.0], [-3], [-1]),
        (_length, [0.0, 0.0], [3, -4], [0.6, -0.8]),
        (lambda x: x * _length(x), [0.0, 0.0], [3, -4], [0, 0]),
        (lambda x: np.sin(x) / x, [0.0], [2], [0]),
        (lambda x: x[0] ** 3 / np.sum(x * x), [0.0, 0.0], [1, 1], [1, -0.5]),
        (lambda x: np.cbrt(np.sum(x**3)), [0.0, 0.0], [1, 0], [1, 0]),
        (lambda x: np.maximum(0, np.minimum(x[0], x[1])), [0.0, 0.0], [1, 2], [1, 0]),
        (lambda x: np.maximum(x, 0) - np.maximum(-x, 0), [0.0], [1], [1]),
        (lambda x: np.exp(x - np.max(x)) / np.sum(np.exp(x - np.max(x))), [1.0, 1.0], [1, -1], [0, 0]),
        (lambda x: np.maximum(x[0] - x[1] ** 2, 0), [0.0, 0.0], ([0, 1], [2, 0]), [1, 0]),  # along a parabola
        (lambda x: np.maximum(x[0] - x[1] ** 2, 0), [0.0, 0.0], ([0, 1], [0.5, 0]), [0, 0]),
        (lambda x: np.sinh(x), [0.0], [1], [1]),
    ],
)
def test_limits(f: Any, x: Any, ray: Any, wanted: Any) -> None:
    [found] = along(f, x, ray)
    assert floats(found) == pytest.approx(wanted, rel=1e-15, abs=1e-30)


@pytest.mark.parametrize(
    ("f", "x", "ray", "unknown"),
    [
        (lambda x: np.maximum(x[0], x[1]), [0.0, 0.0], [1, 1], [True, True]),  # along the kink
        (np.abs, [0.0, 1.0], [0, 1], [True, False]),
        (np.sqrt, [0.0], [1], [True]),  # without bound
        (np.log, [0.0], [1], [True]),
        (lambda x: np.sqrt(-x), [0.0], [1], [True]),  # outside of the domain
        (
            lambda x: np.maximum(x / 3 - x[::-1] / 3, 0),
            [1.0, 1.0],
            [1, 0],
            [True, True],
        ),  # 1/3 - 1/3 is a guess
        (lambda x: np.where(np.isnan(x / np.abs(x) / 0), x, 2 * x), [0.0], [1], [True]),
    ],
)
def test_what_is_not_known_is_not_finite(f: Any, x: Any, ray: Any, unknown: list[bool]) -> None:
    [found] = along(f, x, ray)
    assert [not b.is_finite() for b in found] == unknown


def test_a_comparison_along_the_kink_that_does_no_harm_is_none() -> None:
    """The shift by the larger of two that stay equal."""

    def softmax(x: Any) -> Any:
        e = np.exp(x - np.max(x))
        return e[0] / np.sum(e)

    [found] = along(softmax, [1.0, 1.0], [1, 1])
    assert floats(found) == pytest.approx([0.25, -0.25], rel=1e-15)


def test_terms_that_divisions_use_up_are_unknown_until_there_are_more() -> None:
    def f(x: Any) -> Any:
        return x**6 / x**5

    assert not along(f, [0.0], [1])[0][0].is_finite()
    assert floats(along(f, [0.0], [1], length=12)[0]) == [1]


def test_rays_and_probes_are_answered_in_turn() -> None:
    found = along(lambda x: np.abs(x), [0.0, 0.0], [1, 1], [1, -1], u=[2.0, 3.0])
    assert [floats(row) for row in found] == [[2, 3], [2, -3]]


@given(st.lists(st.floats(-2, 2), min_size=3, max_size=3), st.lists(st.floats(-2, 2), min_size=3, max_size=3))
def test_where_f_is_smooth_every_limit_is_the_gradient(x: Any, ray: Any) -> None:
    def f(x: Any) -> Any:
        return np.sin(x) * np.sum(x * x)

    [found] = along(f, x, ray)
    one, unit = [np.ones(3)], [[e] for e in np.eye(3)]
    truth = jet.truth(lambda xs: [f(xs[0])], [np.asarray(x)], [True], one, one, unit, 1)
    assert all(a.overlaps(c[0]) for a, c in zip(found, truth.columns, strict=True))


def test_a_forward_that_objects_do_not_bear_is_told() -> None:
    with pytest.raises(jet.NotApplicableError, match="cannot become a float"):
        along(lambda x: x * float(x[0]), [1.0], [1])


def test_one_tie_of_70000() -> None:
    rng = np.random.default_rng(0)
    d, e = rng.standard_normal(70_000), np.round(rng.standard_normal(70_000), 2)
    [[up], [down]] = limits(
        lambda xs: [np.max(xs[0])], [np.zeros(70_000)], [True], [np.ones(())], [[[d]], [[-d]]], [[e]]
    )
    assert (up, down) == (e[np.argmax(d)], e[np.argmin(d)])
