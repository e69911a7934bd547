"""Random rounding: it shows what rounding can do, and touches nothing that is exact."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from gradcheck.subjects import shaken

X = np.linspace(0.3, 2.7, 12).reshape(3, 4)


def runs(f: Callable[[Any], Any], x: np.ndarray, dtype: Any = np.float64, times: int = 20) -> np.ndarray:
    found = []
    for n in range(times):
        with shaken.random_rounding(n, dtype):
            found.append(np.asarray(f(shaken.shaken(x))))
    return np.array(found)


@pytest.mark.parametrize(
    "f",
    [
        np.sin,
        lambda x: x * x,
        lambda x: x.sum(axis=0),
        lambda x: x @ x.T,
        lambda x: np.dot(x, x.T),
        lambda x: np.einsum("ij,kj->ik", x, x),
        lambda x: np.linalg.norm(x, axis=1),
        lambda x: x.astype(np.float64) / 3.7,
        lambda x: np.exp(x[1]),
    ],
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_results_move_by_about_an_ulp(f: Callable[[Any], Any], dtype: Any) -> None:
    x = X.astype(dtype)
    true = np.asarray(f(x.copy()))
    found = runs(f, x, dtype)
    assert found.dtype == true.dtype
    assert np.ptp(found, axis=0).min() > 0
    assert np.abs(found - true).max() <= 12 * np.spacing(np.abs(true).max())


@pytest.mark.parametrize(
    "f",
    [
        np.abs,
        np.negative,
        lambda x: np.maximum(x, 1.0),
        lambda x: x.max(axis=0),
        lambda x: x.T.reshape(2, 6),
        lambda x: np.concatenate([x, x]),
        lambda x: np.where(x > 1, x, 0.0),
        lambda x: np.sort(x),
        lambda x: x > 1,
        lambda x: np.argsort(x),
        lambda x: x[0, 0],
    ],
)
def test_exact_functions_stay_exact(f: Callable[[Any], Any]) -> None:
    assert all(np.array_equal(found, f(X)) for found in runs(f, X, times=5))


def test_cancellation_shows() -> None:
    found = runs(lambda x: 1 - np.tanh(x) ** 2, np.array([18.0, 0.5]))
    spread = np.ptp(found, axis=0)
    assert spread[0] > 1e-16  # all digits of 9e-16
    assert spread[1] < 1e-15


def test_what_is_rounded_to_fewer_digits_is_not_moved() -> None:
    found = runs(lambda x: x.astype(np.float32) * np.float32(3), X)
    assert np.ptp(found, axis=0).max() == 0


def test_zero_dimensions_stay_arrays() -> None:
    x = shaken.shaken(np.array(2.0))
    assert isinstance(x[()], shaken.Shaken)
    assert isinstance(x * 3, shaken.Shaken)


def test_the_original_is_left_alone_and_a_seed_repeats() -> None:
    x = X.copy()
    assert np.array_equal(runs(np.sin, x, times=3), runs(np.sin, x, times=3))
    assert np.array_equal(x, X)


def test_outside_the_block_and_in_other_threads_nothing_moves() -> None:
    def root() -> np.ndarray:
        return np.asarray(np.sqrt(shaken.shaken(X)))

    with shaken.random_rounding(0, X.dtype), ThreadPoolExecutor(1) as pool:
        elsewhere, here = pool.submit(root).result(), root()
    assert not np.array_equal(here, np.sqrt(X))
    assert np.array_equal(elsewhere, np.sqrt(X))
    assert np.array_equal(root(), np.sqrt(X))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x - 0.5,
        lambda x: x * 2,
        lambda x: np.exp(x * 0),
        lambda x: np.sqrt(x * x),
        lambda x: (x > 1).astype(x.dtype) / 4 + x * 0,
        lambda x: np.sign(x).sum(axis=0),
        lambda x: np.sum(np.rint(x)),
        lambda x: np.rint(x) @ np.rint(x).T,
    ],
)
def test_exact_results_are_not_moved(f: Callable[[Any], Any]) -> None:
    x = np.array([[0.5, 1.25, 3.0], [2.0, 0.75, 1.5]])
    assert all(np.array_equal(found, f(x)) for found in runs(f, x, times=5))


def test_an_exact_looking_result_is_moved_where_something_was_rounded() -> None:
    found = runs(lambda x: 1 - np.tanh(x) ** 2, np.array([20.0]))  # tanh rounds to 1 here
    assert np.ptp(found) > 0
    assert np.ptp(runs(lambda x: x + 1e-30, np.array([1.0]))) > 0


def test_equal_elements_stay_equal() -> None:
    found = runs(np.exp, np.array([0.3, 0.7, 0.3]))
    assert np.array_equal(found[:, 0], found[:, 2])
    assert np.ptp(found[:, 0] - found[:, 1]) > 0


def test_named_tuples_stay_what_they_are() -> None:
    with shaken.random_rounding(0, np.float64):
        found = np.linalg.eigh(shaken.shaken(X[:, :3]))
    assert isinstance(found.eigenvalues, shaken.Shaken)
