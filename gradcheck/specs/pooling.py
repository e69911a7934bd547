"""Rows of pooling: the largest, or the mean, of each window."""

# ruff: noqa: N806  # the field's letters

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from dezero.utils import pair
from gradcheck.specs import image_recipes
from gradcheck.specs.convolution import NO_SCALARS, Size, output_size, padded
from gradcheck.specs.parts import Arg, Convention, Omission, Variant
from gradcheck.specs.reduction import TIES
from gradcheck.specs.shorthand import row, without
from gradcheck.specs.spec import Formula, Spec

DISTINCT = Arg("x", distinct=True)
POOLINGS = (
    Variant({"kernel_size": 2, "stride": 2}, shapes=((2, 1, 2, 4),)),
    Variant({"kernel_size": (2, 3)}, shapes=((1, 2, 3, 4),)),
    Variant({"kernel_size": (3, 2), "stride": (1, 2), "pad": (1, 0)}, shapes=((1, 1, 4, 5),)),
    Variant({"kernel_size": 2, "stride": (2, 1), "pad": 1}, shapes=((1, 2, 3, 2),)),
    Variant({"kernel_size": (1, 2), "stride": 3}, shapes=((1, 1, 4, 6),)),
    Variant({"kernel_size": 1}, shapes=((2, 2, 2, 1),)),
)
# To be broadcast, images are repeated along their first axis of more than one element.
NO_TIES = (*without("broadcast", TIES, "*1x1x*"), *without("broadcast", TIES, "drawn*"))
IN_ROWS = {"kernel_size": (1, 3), "stride": (1, 3)}


def _pooling(m: Any, x: Any, kernel_size: Size, stride: Size = 1, pad: Size = 0) -> Any:
    """The largest pixel that a window and the image share."""
    (KH, KW), (SH, SW), (PH, PW) = pair(kernel_size), pair(stride), pair(pad)
    OH, OW = output_size(padded(x, pad), kernel_size, stride)
    tops, lefts = (np.arange(o) * s - p for o, s, p in ((OH, SH, PH), (OW, SW, PW)))
    windows = [
        x[:, :, max(top, 0) : top + KH, max(left, 0) : left + KW] for top, left in product(tops, lefts)
    ]
    largest = np.stack([m.max(window, axis=(2, 3)) for window in windows], axis=-1)
    return largest.reshape(*x.shape[:2], OH, OW)


def _average_pooling(m: Any, x: Any, kernel_size: Size, stride: Size = 1, pad: Size = 0) -> Any:
    """The mean of each window of the images with zeros around them."""
    (KH, KW), (SH, SW) = pair(kernel_size), pair(stride)
    x = padded(x, pad)
    OH, OW = output_size(x, kernel_size, stride)
    taps = [x[:, :, i : i + SH * OH : SH, j : j + SW * OW : SW] for i in range(KH) for j in range(KW)]
    return sum(taps) / (KH * KW)


def _ties(rows: list[list[float]], text: str) -> tuple[Convention, ...]:
    """Windows of three pixels with one, two and three largest: the gradient of each is in `rows`."""
    x = np.array([[[[2.0, 1.0, 0.0], [0.0, 3.0, 3.0], [1.0, 1.0, 1.0]]]])
    return (Convention((x,), (np.array([[rows]]),), text, IN_ROWS),)


def _row(
    name: str, classes: str, formula: Formula, x: Arg, omits: tuple[Omission, ...], **fields: Any
) -> Spec:
    return row(
        "pooling",
        name,
        classes,
        formula,
        x,
        variants=POOLINGS,
        recipe=image_recipes.pooling,
        omits=NO_SCALARS + omits,
        vanishes=2,
        display=((1, 1, 2, 2),),
        **fields,
    )


SPECS: tuple[Spec, ...] = (
    _row(
        "pooling",
        "Pooling Pooling2DGrad Pooling2DWithIndexes",
        _pooling,
        DISTINCT,
        NO_TIES,
        conventions=_ties(
            [[1, 0, 0], [0, 1, 0], [1, 0, 0]],
            "of pixels that tie, the first in row-major order gets the gradient",
        ),
    ),
    _row(
        "pooling_simple",
        "",
        _pooling,
        DISTINCT,
        NO_TIES,
        conventions=_ties(
            [[1, 0, 0], [0, 1 / 2, 1 / 2], [1 / 3, 1 / 3, 1 / 3]],
            "pixels that tie share the gradient equally",
        ),
    ),
    _row("average_pooling", "AveragePooling AveragePoolingGrad", _average_pooling, Arg("x"), ()),
)
