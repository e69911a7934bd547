"""The strategies give what they say, and an op of a user is checked with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import dezero.functions as F
import gradcheck
from gradcheck import strategies
from tests.gradcheck.ops import MissingSum, Sine


@given(strategies.arrays(low=-3.0, high=3.0, avoid=(0.0,), gap=0.25, dtype=np.float32))
def test_arrays_keep_to_the_interval_and_away_from_kinks(x: np.ndarray) -> None:
    assert x.dtype == np.float32
    assert ((np.abs(x) >= 0.25) & (np.abs(x) <= 3.0)).all()


@given(strategies.broadcastable_shapes(3))
def test_shapes_broadcast(shapes: Any) -> None:
    assert len(shapes) == 3
    np.broadcast_shapes(*shapes)


@given(strategies.domains(low=-1.0, high=5.0))
def test_domains_are_intervals(domain: tuple[float, float]) -> None:
    assert -1.0 <= domain[0] < domain[1] <= 5.0


@given(strategies.layouts(), strategies.arrays((2, 3), layout=strategies.st.just(np.array)))
def test_layouts_keep_the_values(arrange: Any, x: np.ndarray) -> None:
    assert np.array_equal(arrange(x), x)


@settings(max_examples=15)
@given(strategies.arrays())
def test_an_op_of_a_user_as_a_property(x: np.ndarray) -> None:
    gradcheck.assert_gradients(Sine, x, order=2)


@settings(max_examples=15)
@given(strategies.arrays(low=0.5, high=2.0))
def test_an_op_on_its_domain(x: np.ndarray) -> None:
    gradcheck.assert_gradients(F.log, x)


def test_a_missing_sum_is_found_by_shapes_that_broadcast() -> None:
    @settings(max_examples=60, database=None)
    @given(strategies.broadcastable_shapes())
    def every_shape(shapes: Any) -> None:
        x, b = (np.full(shape, 0.5) for shape in shapes)
        gradcheck.assert_gradients(MissingSum, x, b)

    with pytest.raises(gradcheck.GradientError, match="broadcast"):
        every_shape()
