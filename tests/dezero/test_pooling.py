"""Max and average pooling: values against loops, gradients to order 2, ties, padding, adjoints."""

# ruff: noqa: N806  # the field's letters

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Variable
from dezero.functions import Pooling
from tests.dezero.differences import assert_gradients

Window = dict[str, tuple[int, int]]


@st.composite
def windows(draw: Any) -> tuple[tuple[int, ...], Window]:
    """The shape of images, and windows that fit; the pad is smaller than the kernel."""
    kernel = draw(st.tuples(st.integers(1, 3), st.integers(1, 4)))
    pad = tuple(draw(st.integers(0, k - 1)) for k in kernel)
    size = tuple(draw(st.integers(max(1, k - 2 * p), 6)) for k, p in zip(kernel, pad, strict=True))
    stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    shape = (draw(st.integers(1, 2)), draw(st.integers(1, 2)), *size)
    return shape, {"kernel_size": kernel, "stride": stride, "pad": pad}


def pool(x: Any, reduce: Any, border: float, kernel_size: Any, stride: Any, pad: Any) -> Any:
    """The definition, in loops: `reduce` of each window of x with a border."""
    (KH, KW), (PH, PW) = kernel_size, pad
    padded = np.pad(x, ((0, 0), (0, 0), (PH, PH), (PW, PW)), constant_values=border)
    OH = (padded.shape[2] - KH) // stride[0] + 1
    OW = (padded.shape[3] - KW) // stride[1] + 1
    y = np.zeros((*x.shape[:2], OH, OW), x.dtype)
    for n, c, oh, ow in np.ndindex(y.shape):
        top, left = oh * stride[0], ow * stride[1]
        y[n, c, oh, ow] = reduce(padded[n, c, top : top + KH, left : left + KW])
    return y


def distinct(shape: tuple[int, ...]) -> np.ndarray:
    """Numbers of either sign, no two of them closer than 0.1."""
    size = int(np.prod(shape))
    return (np.random.default_rng(0).permutation(size).reshape(shape) - size / 2) / 10


@given(windows())
def test_pooling_is_its_definition(drawn: Any) -> None:
    """Padding takes no part: it never wins over negative numbers."""
    shape, window = drawn
    x = distinct(shape)
    expected = pool(x, np.max, -np.inf, **window)
    np.testing.assert_array_equal(F.pooling(x, **window).data, expected)
    np.testing.assert_array_equal(F.pooling_simple(x, **window).data, expected)


@given(windows())
def test_average_pooling_is_its_definition(drawn: Any) -> None:
    """Padding counts as zeros. A rectangular kernel crashed in the public DeZero."""
    shape, window = drawn
    x = distinct(shape)
    expected = pool(x, np.mean, 0.0, **window)
    np.testing.assert_allclose(F.average_pooling(x, **window).data, expected, atol=1e-13)


@given(windows(), st.sampled_from([F.pooling, F.pooling_simple, F.average_pooling]))
def test_gradients_to_order_2(drawn: Any, f: Any) -> None:
    shape, window = drawn
    assert_gradients(lambda x: f(x, **window) ** 2, distinct(shape))


@given(windows())
def test_third_derivative_of_pooling(drawn: Any) -> None:
    """Of a cube of maxima: 6 at each pixel for each window that it wins, and 0 elsewhere."""
    shape, window = drawn
    x = Variable(distinct(shape))
    (F.pooling(x, **window) ** 3).sum().backward(create_graph=True)
    for _ in range(2):
        gx, x.grad = x.grad, None
        gx.sum().backward(create_graph=True)
    wins = Variable(x.data)
    F.pooling(wins, **window).sum().backward()
    np.testing.assert_allclose(x.grad.data, 6 * wins.grad.data, atol=1e-12)


def test_a_tie_goes_to_the_first() -> None:
    x = Variable(np.zeros((1, 1, 3, 3)))
    F.pooling(x, 2, stride=1).backward()
    np.testing.assert_array_equal(x.grad.data[0, 0], [[1, 1, 0], [1, 1, 0], [0, 0, 0]])


def test_a_tie_goes_to_the_first_also_at_the_border() -> None:
    x = Variable(np.zeros((1, 1, 2, 2)))
    F.pooling(x, 2, stride=1, pad=1).backward()
    np.testing.assert_array_equal(x.grad.data[0, 0], [[4, 2], [2, 1]])


def test_indexes_name_the_winner_within_the_window() -> None:
    function = Pooling(2, 2)
    function(Variable(np.array([[[[1.0, 2.0, 9.0, 0.0], [4.0, 3.0, 1.0, 2.0]]]])))
    np.testing.assert_array_equal(function.indexes, [[[[2, 0]]]])


def test_a_window_larger_than_a_byte_can_number() -> None:
    x = Variable(distinct((1, 1, 18, 18)))
    y = F.pooling(x, 18)
    y.backward()
    assert y.data == x.data.max()
    assert np.argmax(x.grad.data) == np.argmax(x.data)


def test_an_instance_called_twice() -> None:
    """Each call's backward goes to its own winners."""
    function = Pooling(2, 2)
    rising, falling = (Variable(np.array([[[[0.0, 1.0], [2.0, 3.0]]]]) * s) for s in (1, -1))
    y, z = function(rising), function(falling)
    (y + z).backward()
    np.testing.assert_array_equal(rising.grad.data[0, 0], [[0, 0], [0, 1]])
    np.testing.assert_array_equal(falling.grad.data[0, 0], [[1, 0], [0, 0]])


def test_fractions_are_averaged_exactly() -> None:
    values = [Fraction(k, k % 3 + 1) for k in range(12)]
    x = Variable(np.array(values, dtype=object).reshape(1, 1, 3, 4))
    y = F.average_pooling(x, (2, 3))
    y.grad = Variable(np.full(y.shape, Fraction(1)))
    y.backward()
    assert y.data[0, 0, 0, 0] == sum(values[i] for i in (0, 1, 2, 4, 5, 6)) / 6
    assert x.grad.data[0, 0, 1, 1] == Fraction(4, 6)
    z = F.pooling(x, 2, pad=1)
    assert z.data[0, 0, 0, 0] == values[0]
    assert z.data.max() == max(values)


class Undecided:
    """A number that cannot be compared with another of the same value, not even with itself."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __gt__(self, other: Undecided) -> bool:
        if self.value == other.value:
            raise ArithmeticError("a tie")
        return self.value > other.value


def test_objects_are_compared_only_with_others() -> None:
    """At a border, where a window would see a pixel twice, it is not compared with itself."""
    x = np.array([Undecided(v) for v in (1.0, 3.0, 2.0, 0.0)], dtype=object).reshape(1, 1, 2, 2)
    y = F.pooling(Variable(x), 2, pad=1)
    expected = [[1, 3, 3], [2, 3, 3], [2, 2, 0]]
    assert [[v.value for v in row] for row in y.data[0, 0]] == expected
    with pytest.raises(ArithmeticError, match="a tie"):
        F.pooling(Variable(np.array([[[[Undecided(1.0), Undecided(1.0)]]]], dtype=object)), (1, 2))


def test_float16_averages_do_not_overflow() -> None:
    x = np.full((1, 1, 4, 4), 60000.0, dtype=np.float16)
    y = F.average_pooling(x, 4)
    assert y.data == np.float16(60000)
    assert y.dtype == np.float16


@pytest.mark.parametrize("f", [F.pooling, F.average_pooling, F.pooling_simple])
def test_what_does_not_fit_is_refused(f: Any) -> None:
    with pytest.raises(ValueError, match=rf"{f.__name__}: x must have shape \(N, C, H, W\)"):
        f(np.ones((3, 4)), 2)
    with pytest.raises(ValueError, match=f"{f.__name__}: the kernel must fit"):
        f(np.ones((1, 1, 2, 2)), 3)
    with pytest.raises(ValueError, match=f"{f.__name__}: pad must be smaller than the kernel"):
        f(np.ones((1, 1, 2, 2)), 2, pad=2)
    with pytest.raises(ValueError, match=f"{f.__name__}: kernel_size and stride must be at least"):
        f(np.ones((1, 1, 2, 2)), 2, stride=0)
