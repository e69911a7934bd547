"""Sums and extremes of many short rows: the values are those of NumPy, and no digit is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezero.reducing import max_array, min_array, sum_array

# Many short rows, as a sum over the first or the last axes sees them, and shapes on both sides of each limit.
SHAPES = st.sampled_from(
    [
        (8191, 2), (8192,), (5000, 3), (512, 16), (512, 17), (2, 4096), (300, 7, 5), (3, 2731, 1),
        (2, 4300, 3), (60, 3, 70), (5, 9, 11, 17), (70, 129), (8, 1100),
    ]
)  # fmt: skip
DTYPES = st.sampled_from(["f", "d", "e", "i8", "D", "g"])


@st.composite
def calls(draw: st.DrawFn) -> tuple[np.ndarray, Any, bool]:
    shape, dtype = draw(SHAPES), draw(DTYPES)
    x = np.random.default_rng(draw(st.integers(0, 9))).standard_normal(shape)
    x = (100 * x).astype(dtype) if dtype == "i8" else x.astype(dtype)
    layout = draw(st.sampled_from([np.ascontiguousarray, np.asfortranarray, lambda x: x[::-1]]))
    axes = st.sets(st.integers(-len(shape), -1)).map(tuple)
    axis = draw(st.none() | st.integers(-len(shape), len(shape) - 1) | axes)
    return layout(x), axis, draw(st.booleans())


@given(call=calls())
def test_extremes_are_numpys(call: tuple[np.ndarray, Any, bool]) -> None:
    x, axis, keepdims = call
    for ours, theirs in (max_array, np.max), (min_array, np.min):
        y, expected = ours(x, axis, keepdims), theirs(x, axis=axis, keepdims=keepdims)
        np.testing.assert_array_equal(y, expected, strict=True)
        assert y.dtype == expected.dtype


@given(call=calls())
def test_sums_are_off_by_no_more_than_numpys_or_a_few_roundings(call: tuple[np.ndarray, Any, bool]) -> None:
    x, axis, keepdims = call
    y, expected = sum_array(x, axis, keepdims), np.sum(x, axis=axis, keepdims=keepdims)
    assert (y.shape, y.dtype) == (expected.shape, expected.dtype)
    if x.dtype.kind == "i":
        np.testing.assert_array_equal(y, expected)
        return
    exact = np.sum(x.astype("G" if x.dtype.kind == "c" else "g"), axis=axis, keepdims=keepdims)
    size = np.sum(np.abs(x).astype("g"), axis=axis, keepdims=keepdims)
    theirs = np.abs(expected - exact)
    assert np.all(np.abs(y - exact) <= np.maximum(theirs, 3 * np.finfo(x.dtype).eps * size))


@pytest.mark.parametrize("shape", [(100_000, 3), (3, 100_000)])
def test_a_sum_of_many_terms_is_nearer_than_terms_one_after_the_other(shape: tuple[int, int]) -> None:
    x = np.random.default_rng(0).random(shape, dtype="f")
    axis = shape.index(100_000)
    exact = x.sum(axis=axis, dtype="d")
    in_turn = np.add.accumulate(x, axis=axis).take(-1, axis=axis)
    assert np.abs(sum_array(x, axis) - exact).max() < np.abs(in_turn - exact).max() / 10


def test_what_is_not_finite_is_where_it_was() -> None:
    x = np.ones((5000, 4), "f")
    x[7, 1], x[9, 2], x[11, 3] = np.nan, np.inf, -np.inf
    np.testing.assert_array_equal(sum_array(x, 0), np.float32([5000, np.nan, np.inf, -np.inf]))
    np.testing.assert_array_equal(max_array(x, 0), np.float32([1, np.nan, np.inf, 1]))
    np.testing.assert_array_equal(min_array(x, 1)[[7, 9, 11]], np.float32([np.nan, 1, -np.inf]))
