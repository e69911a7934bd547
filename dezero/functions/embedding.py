"""Embedding of integers."""

from __future__ import annotations

from typing import Any

from dezero.core import Variable, array_of
from dezero.functions.indexing import get_item


def embed_id(x: Any, W: Any) -> Variable:  # noqa: N803  # the book's name
    """The rows of W that x numbers.

    Args:
        x: integers, any shape.
        W: (V, D): one row for each of the numbers 0 to V - 1.

    Returns:
        (*x.shape, D). A row that is used twice gets the sum of both gradients.

    Raises:
        TypeError: x holds no integers.
        IndexError: a number is out of range.

    >>> import numpy as np
    >>> embed_id(np.array([1, 0, 1]), np.array([[0.1, 0.2], [0.3, 0.4]]))
    variable([[0.3 0.4]
              [0.1 0.2]
              [0.3 0.4]])
    """
    x = array_of(x)
    if getattr(x, "dtype", None) is None or x.dtype.kind not in "iu":
        raise TypeError(f"embed_id: x must be an array of integers, got {_describe(x)}")
    return get_item(W, x)


def _describe(x: Any) -> str:
    return f"dtype {x.dtype}" if hasattr(x, "dtype") else str(type(x))
