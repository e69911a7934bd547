"""Integers give what the same numbers give as floats, where a function's values are no integers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable

OF_FLOATS = [
    F.sigmoid, F.sigmoid_simple, F.softplus, F.softmax, F.log_softmax, F.logsumexp,
    lambda x: F.mean_squared_error(x, x[::-1]),
    lambda x: F.mean_squared_error_simple(x, x[::-1]),
    lambda x: F.softmax_cross_entropy(x, np.array([0, 2])),
    lambda x: F.sigmoid_cross_entropy(x, np.array([[0, 1, 1], [1, 0, 0]])),
    lambda x: F.average_pooling(x.reshape(1, 1, 2, 3), 2),
]  # fmt: skip


@pytest.mark.parametrize("f", OF_FLOATS)
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64, np.uint64, np.bool_])
def test_integers_are_computed_as_floats(f: Any, dtype: Any) -> None:
    numbers = np.array([[0, 1, 100], [120, 3, 90]]).astype(dtype)
    x, wide = Variable(numbers), Variable(numbers.astype(np.float64))
    y, expected = f(x), f(wide)
    np.testing.assert_allclose(y.data, expected.data, rtol=1e-12)
    y.backward()
    expected.backward()
    assert x.grad is not None
    assert wide.grad is not None
    np.testing.assert_allclose(x.grad.data, wide.grad.data, rtol=1e-12, atol=1e-15)


def test_a_longdouble_with_a_variable_keeps_its_precision() -> None:
    x = Variable(np.array([1.0], np.longdouble))
    third = np.longdouble(1) / 3
    assert (x * third).data[0] == third
    y = F.abs(Variable(np.array(-2.0, np.longdouble)))
    y.backward(create_graph=True)
