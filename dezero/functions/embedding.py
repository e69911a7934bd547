"""Embedding of integers."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from dezero.core import Variable, array_of, as_operand, kept
from dezero.cuda import get_array_module
from dezero.functions._indices import Bounded, check
from dezero.functions.indexing import GetItem
from dezero.refusal import described

__all__ = ["embed_id"]


def embed_id(x: Any, W: Any) -> Variable:  # noqa: N803  # the book's name
    """The rows of W that x numbers.

    Args:
        x: integers, any shape, or lists of them. With W on a device they may lie on the host: they are
            checked there and moved. Where they lie on the device, checking them waits for it, once for each
            call. They are copied, so that they may change before backward.
        W: (V, D): one row for each of the numbers 0 to V - 1.

    Returns:
        (*x.shape, D). A row that is used twice gets the sum of both gradients.

    Raises:
        TypeError: x holds no integers.
        ValueError: W has no rows to be numbered.
        IndexError: a number is negative, or V or more.

    >>> embed_id(np.array([1, 0, 1]), np.array([[0.1, 0.2], [0.3, 0.4]]))
    variable([[0.3 0.4]
              [0.1 0.2]
              [0.3 0.4]])
    """
    given, x = x, array_of(x)
    if isinstance(x, (list, tuple)):
        with suppress(ValueError):  # of unequal lengths: refused below
            x = np.asarray(x)
    if getattr(x, "dtype", None) is None or x.dtype.kind not in "iu":
        raise TypeError(f"embed_id: x must be an array of integers, got {described(x)}")
    W = as_operand(W)  # noqa: N806
    if W.ndim == 0:
        raise ValueError("embed_id: W must have the shape (V, D), got ()")
    numbers = kept(x.astype(np.int64, copy=False))
    check([Bounded(numbers, 0, len(W), "embed_id: x")])
    xp = get_array_module(W)
    function = GetItem(numbers if xp is np else xp.asarray(numbers))
    if isinstance(given, Variable):
        function.index = given
    return function(W)
