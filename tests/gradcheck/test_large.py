"""Inputs so large that a proof would take minutes: what is found in seconds, and what is said of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck
from dezero import Variable, as_variable
from dezero import functions as F
from gradcheck.judging import differenced, observing
from gradcheck.judging.finding import Result
from gradcheck.measuring.work import MOST_WORK
from gradcheck.oracles.differences import directional
from gradcheck.oracles.differences.many import slopes_of_many
from gradcheck.subjects.counting import counted, counting
from tests.gradcheck.zoo.specimen import op

Backward = Callable[[Any, Any], Any]


def normal(*shape: int, dtype: Any = np.float64) -> np.ndarray:
    return np.random.default_rng(len(shape)).standard_normal(shape).astype(dtype)


X = normal(160, 140)  # more elements than those of which an elementwise f is differenced as a whole


@pytest.fixture
def few_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many of tens of thousands of elements are summed to a piece as elsewhere of ten times as many."""
    monkeypatch.setattr(directional, "MOST", 2**11)
    monkeypatch.setattr(differenced, "MOST", 2**11)


@pytest.fixture
def soon_large(few_pieces: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """And so few are too many for a proof."""
    monkeypatch.setattr(observing, "MOST_WORK", 100_000)


def cube(backward: Backward) -> Callable[..., Any]:
    return op(lambda x: x * x * x, backward)


def right(gy: Any, x: Any) -> Any:
    return gy * 3 * x * x


def times(factor: float, where: Any) -> Backward:
    """A backward whose gradient is wrong by a factor at some elements of X."""
    factors = np.ones(X.shape)
    factors[where] = factor
    return lambda gy, x: right(gy, x) * (factors.astype(x.dtype) if x.shape == X.shape else 1.0)


def note_of(result: Result) -> str:
    [note] = [n for n in result.notes if "too many for a proof" in n]
    return note


# What is right ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("soon_large")
@pytest.mark.parametrize(
    ("f", "inputs", "order"),
    [
        (cube(right), (X,), 1),
        (cube(right), (X.astype(np.float32),), 2),
        (lambda x: F.softmax(x, axis=1), (normal(200, 100),), 2),
        (F.relu, (X,), 2),
        (lambda x: F.max(x, axis=1), (X,), 1),
        (F.sum, (X.astype(np.float32),), 2),
        (F.transpose, (X,), 2),
        (lambda x: F.get_item(x, np.array([3, 3, 7])), (X,), 1),
        (F.mean_squared_error, (X, X[::-1].copy()), 1),
        (F.softmax_cross_entropy, (X, np.arange(160) % 140), 1),
        (F.matmul, (normal(150, 200), normal(200, 150)), 1),
        (F.conv2d, (normal(2, 4, 32, 32), normal(4, 4, 3, 3)), 1),
    ],
)
def test_right_ones_pass(f: Callable[..., Any], inputs: tuple[Any, ...], order: int) -> None:
    result = gradcheck.check(f, *inputs, order=order)
    assert result.verdict == "pass", str(result)
    assert result.formula == "supported"
    assert not any(row.certified for row in result.evidence)
    size = sum(x.size for x in inputs if x.dtype.kind == "f")
    assert note_of(result).startswith(f"{size:,} elements are too many for a proof: compared were ")


def test_490000_elements_take_seconds() -> None:
    started = time.process_time()
    result = gradcheck.check(lambda x: F.tanh(x) * F.sigmoid(x), normal(700, 700), order=2)
    assert result.verdict == "pass"
    assert time.process_time() - started < 30  # 2.4 where nothing else runs; it was 120 and more


# What is wrong ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("soon_large")
@pytest.mark.parametrize(
    ("backward", "cause"),
    [
        (lambda gy, x: gy * 3.0003 * x * x, "constant factor"),
        (lambda gy, x: -right(gy, x), "sign"),
        (lambda gy, x: gy * (3 * x * x + 1e-4 * x), ""),
        (lambda gy, x: gy * 0.0, "zero"),
        (lambda gy, x: as_variable(3 * x.data * x.data) * 1.0, "ignores gy"),
        (times(1.01, (slice(100, 120), slice(20, 50))), "some elements only"),
        (times(np.nan, (5, 7)), "NaN"),
        (lambda gy, x: gy.nothing, "backward raises"),
    ],
)
def test_wrong_ones_fail(backward: Backward, cause: str) -> None:
    result = gradcheck.check(cube(backward), X)
    assert result.verdict == "fail", str(result)
    assert result.diagnosis is not None
    assert cause in result.diagnosis


@pytest.mark.usefixtures("soon_large")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("element", [(0, 0), (117, 133)])
def test_one_wrong_element_among_many_is_named(element: tuple[int, int], dtype: Any) -> None:
    result = gradcheck.check(cube(times(1.5, element)), X.astype(dtype))
    assert result.verdict == "fail", str(result)
    assert f"element {element}: expected" in result.reason
    assert "some elements only" in (result.diagnosis or "")


@pytest.mark.usefixtures("soon_large")
def test_what_is_said_of_a_small_part_is_what_is_wrong_there() -> None:
    f = op(lambda a, b: a @ b, lambda gy, a, b: (F.matmul(gy, b.T), F.matmul(a, gy)))
    result = gradcheck.check(f, normal(180, 180), np.tanh(normal(180, 180)) + 0.1)
    assert result.verdict == "fail"
    assert "the true one x0.T @ gy" in (result.diagnosis or "")
    assert (result.diagnosis or "").endswith("found at a small part of the inputs (5x5 and 5x5)")


@pytest.mark.usefixtures("soon_large")
@pytest.mark.parametrize(
    ("backward", "cause"),
    [
        (lambda gy, x: gy * 3 * as_variable(x.data * x.data), "graph cut in backward"),
        (lambda gy, x: as_variable(gy.data) * 3 * x * x, "gy was used as an array"),
    ],
)
def test_order_2(backward: Backward, cause: str) -> None:
    result = gradcheck.check(cube(backward), X, order=2)
    assert result.verdict == "fail"
    assert cause in (result.diagnosis or "")
    assert [row.verdict for row in result.evidence if row.order == 1 and row.oracle != "contract"] == ["pass"]


@pytest.mark.usefixtures("soon_large")
def test_a_mistake_of_float32_alone() -> None:
    def backward(gy: Any, x: Any) -> Any:
        return right(gy, x) * (1.001 if x.dtype == np.float32 else 1.0)

    assert gradcheck.check(cube(backward), X)
    result = gradcheck.check(cube(backward), X.astype(np.float32))
    assert result.verdict == "fail"
    assert "float32" in result.reason


@pytest.mark.usefixtures("few_pieces")
def test_where_jets_do_not_apply() -> None:
    def f(x: Variable) -> Variable:
        return op(lambda a: np.asarray(a, float) ** 3, lambda gy, a: gy * 3 * a * a)(x)

    result = gradcheck.check(f, normal(300, 300))
    assert result.verdict == "pass"
    assert "too many for a proof" in note_of(result)
    assert any(note.startswith("jets do not apply") for note in result.notes)


# What is large ---------------------------------------------------------------------------------------


def test_what_was_proven_before_is_proven() -> None:
    for f, shape, order in ((cube(right), (100, 100), 2), (F.max, (70_000,), 1)):
        result = gradcheck.check(f, normal(*shape), order=order)
        assert result.formula == "proven", str(result)
        assert not result.notes


def test_work_counts_operations_inside() -> None:
    def deep(x: Variable) -> Variable:
        for _ in range(400):
            x = F.sin(x)
        return x

    x = normal(80, 80)
    with counting() as count:
        deep(Variable(counted(x)))
    assert count.operations == 400 * x.size
    assert (2 * x.size + count.operations) * 3 > MOST_WORK


def test_slopes_of_many_are_those_of_few() -> None:
    rng = np.random.default_rng(0)
    x, d, w = rng.standard_normal((3, 40_000))
    found = slopes_of_many(lambda xs: np.sin(xs[0]), [x], [d], w)
    true = float((w * d * np.cos(x)).sum())
    assert found.total().contains(true)
    assert float(found.total().rad()) < 1e-6
    inside = slopes_of_many(lambda xs: np.log(xs[0]), [np.abs(x)], [x], w, [(0.0, np.inf)])
    assert inside.total().contains(float((w * x / np.abs(x)).sum()))


@pytest.mark.usefixtures("soon_large")
def test_small_elements_are_compared_by_themselves() -> None:
    x = X.copy()
    x[:, :70] *= 2.0**-30

    def backward(gy: Any, v: Any) -> Any:
        return gy * (1 + 0.01 * (np.abs(v.data) < 2.0**-20)) * F.cos(v)

    result = gradcheck.check(op(np.sin, backward), x)
    assert result.verdict == "fail", str(result)
