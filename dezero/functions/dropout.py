"""Dropout."""

from __future__ import annotations

from typing import Any

from dezero.arguments import number
from dezero.core import Config, Variable, as_input
from dezero.cuda import get_array_module
from dezero.functions._masks import keep
from dezero.random import random_sample

__all__ = ["dropout"]


def dropout(x: Any, dropout_ratio: float = 0.5) -> Variable:
    """In training mode each element is zero with probability `dropout_ratio`, else larger.

    What stays is divided by 1 - dropout_ratio, so that the expected value stays. In test mode this
    is the identity. The random numbers are those of the global generator where x is: `dezero.seed`
    seeds it.

    Args:
        x: any shape.
        dropout_ratio: 0 <= dropout_ratio < 1.

    Raises:
        TypeError: dropout_ratio is no number.
        ValueError: dropout_ratio is out of range.

    >>> import numpy as np
    >>> sorted(set(dropout(np.ones(100)).data.tolist()))
    [0.0, 2.0]
    """
    x = as_input(x)
    if type(dropout_ratio) is not float:
        dropout_ratio = number(dropout_ratio, "dropout: dropout_ratio")
    if not 0 <= dropout_ratio < 1:
        raise ValueError(f"dropout: dropout_ratio must be in [0, 1), got {dropout_ratio}")
    if not Config.train:
        return x
    xp = get_array_module(x)
    kept = xp.asarray(random_sample(x.shape, x.dtype, xp) >= dropout_ratio)
    return keep(x, kept) / (1 - dropout_ratio)
