"""Gradients next to a point, on rays from it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.judging.kinks import rays
from gradcheck.measuring.point import Point
from gradcheck.oracles import jet


class _Forward:
    """A plain function as a subject of which only values are asked."""

    def __init__(self, f: Any) -> None:
        self._f = f

    def values(self, inputs: Any) -> list[Any]:
        return [np.asarray(self._f(inputs[0]))]


def along(f: Any, x: Any, *lines: Any, u: Any = None, probes: Any = None) -> np.ndarray:
    """The whole gradient of <u, f> next to one array x, on each ray; a row for each."""
    x = np.asarray(x, dtype=float)
    with np.errstate(all="ignore"):
        u = np.ones(np.shape(f(x))) if u is None else np.asarray(u, dtype=float)
    at = Point([x], [True], [u], [np.ones(x.shape)], 1, x.dtype)
    pairs = [([np.asarray(ray, dtype=float)], [np.zeros(x.shape)]) for ray in lines]
    units = [[unit] for unit in np.eye(x.size).reshape(-1, *x.shape)] if probes is None else probes
    subject: Any = _Forward(f)
    with np.errstate(all="ignore"):
        return rays.gradients_around(subject, at, 1, pairs, units).limits


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
        (lambda x: np.sinh(x), [0.0], [1], [1]),
    ],
)
def test_limits(f: Any, x: Any, ray: Any, wanted: Any) -> None:
    [found] = along(f, x, ray)
    assert found == pytest.approx(wanted, rel=1e-15, abs=1e-30)


@pytest.mark.parametrize(
    ("f", "x", "ray", "unknown"),
    [
        (lambda x: np.maximum(x[0], x[1]), [0.0, 0.0], [1, 1], [True, True]),  # along the kink
        (np.abs, [0.0, 1.0], [0, 1], [True, True]),
        (lambda x: np.sqrt(-x), [0.0], [1], [True]),  # outside of the domain
        (lambda x: np.where(np.isnan(x / np.abs(x) / 0), x, 2 * x), [0.0], [1], [True]),
    ],
)
def test_what_is_not_known_is_nan(f: Any, x: Any, ray: Any, unknown: list[bool]) -> None:
    [found] = along(f, x, ray)
    assert np.isnan(found).tolist() == unknown


def test_a_comparison_along_the_kink_that_does_no_harm_is_none() -> None:
    """The shift by the larger of two that stay equal."""

    def softmax(x: Any) -> Any:
        e = np.exp(x - np.max(x))
        return e[0] / np.sum(e)

    [found] = along(softmax, [1.0, 1.0], [1, 1])
    assert found == pytest.approx([0.25, -0.25], rel=1e-15)


def test_rays_and_probes_are_answered_in_turn() -> None:
    found = along(lambda x: np.abs(x), [0.0, 0.0], [1, 1], [1, -1], u=[2.0, 3.0])
    assert found.tolist() == [[2, 3], [2, -3]]


@given(st.lists(st.floats(-2, 2), min_size=3, max_size=3), st.lists(st.floats(-2, 2), min_size=3, max_size=3))
def test_where_f_is_smooth_every_limit_is_the_gradient(x: Any, ray: Any) -> None:
    def f(x: Any) -> Any:
        return np.sin(x) * np.sum(x * x)

    [found] = along(f, x, ray)
    one, unit = [np.ones(3)], [[e] for e in np.eye(3)]
    truth = jet.truth(lambda xs: [f(xs[0])], [np.asarray(x)], [True], one, one, unit, 1)
    assert found == pytest.approx([float(c[0].mid()) for c in truth.columns], rel=1e-12, abs=1e-40)


def test_a_forward_that_objects_do_not_bear_tells_nothing() -> None:
    assert np.isnan(along(lambda x: x * float(x[0]), [1.0], [1])).all()


def test_slopes_without_bound_are_steeper_where_it_is_nearer() -> None:
    subject: Any = _Forward(np.sqrt)
    at = Point([np.zeros(1)], [True], [np.ones(1)], [np.ones(1)], 1, np.dtype(float))
    ray, unit = [([np.ones(1)], [np.zeros(1)])], [[np.ones(1)]]
    far, near = (rays.gradients_around(subject, at, 1, ray, unit, places).limits for places in (200, 400))
    assert near == pytest.approx(far * 2.0**100)


def test_one_tie_of_70000() -> None:
    rng = np.random.default_rng(0)
    d, e = rng.standard_normal(70_000), np.round(rng.standard_normal(70_000), 2)
    [[up], [down]] = along(np.max, np.zeros(70_000), d, -d, probes=[[e]])
    assert (up, down) == (e[np.argmax(d)], e[np.argmin(d)])
