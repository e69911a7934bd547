"""An error names the function, the argument, what was expected and what was given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable

X, IMAGES, KERNEL = np.zeros((2, 3)), np.zeros((1, 2, 4, 4)), np.zeros((1, 2, 3, 3))
HALF: Any = 0.5

REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: F.sum(X, axis=2), "sum: axis: axis 2 is out of bounds for array of dimension 2"),
    (lambda: F.mean(X, axis=(0, -3)), "mean: axis: axis -3 is out of bounds"),
    (lambda: F.max(X, axis=2), "max: axis: axis 2 is out of bounds"),
    (lambda: Variable(X).min(axis=(1, 1)), "min: axis: repeated axis, got (1, 1)"),
    (lambda: F.softmax(np.zeros(3)), "softmax: axis: axis 1 is out of bounds for array of dimension 1"),
    (lambda: F.log_softmax(np.zeros(3)), "log_softmax: axis: axis 1 is out of bounds"),
    (lambda: F.logsumexp(X, axis=2), "logsumexp: axis: axis 2 is out of bounds"),
    (lambda: F.matmul(X, np.zeros((4, 2))), "matmul: the inner sizes of x (2, 3) and W (4, 2) must"),
    (lambda: Variable(X) @ np.zeros(2), "matmul: the inner sizes of x (2, 3) and W (2,) must"),
    (lambda: F.accuracy(X, np.zeros(3, int)), "accuracy: y must have shape (N, C), not be empty"),
    (lambda: F.accuracy(np.zeros(2), np.zeros(2, int)), "for each row, got (2,), (2,)"),
    (lambda: F.concatenate([X, X.T]), "concatenate: xs must have equal shapes but for axis 0, got (2, 3), "),
    (lambda: F.concatenate([X, X], axis=2), "concatenate: axis: axis 2 is out of bounds"),
    (lambda: F.stack([np.zeros(2), np.zeros(3)]), "stack: xs must have equal shapes, got (2,), (3,)"),
    (lambda: F.conv2d(IMAGES, KERNEL, stride=HALF), "conv2d: stride must be an integer or two"),
    (lambda: F.conv2d(IMAGES, KERNEL, pad=HALF), "conv2d: pad must be an integer or two of them, got 0.5"),
    (lambda: F.conv2d_simple(IMAGES, KERNEL, stride=HALF), "conv2d_simple: stride must be"),
    (lambda: F.deconv2d(IMAGES, KERNEL, outsize=(4,)), "deconv2d: outsize must be an integer or two of them"),
    (lambda: F.pooling(IMAGES, (2, 2, 2)), "pooling: kernel_size must be"),
    (lambda: F.average_pooling(IMAGES, 2, stride=HALF), "average_pooling: stride must be"),
    (lambda: F.im2col(IMAGES, 2, pad=HALF), "im2col: pad must be"),
    (lambda: F.col2im(X, (1, 3, 3), 2), "col2im: input_shape must be (N, C, H, W), got (1, 3, 3)"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), REFUSED, ids=[message[:40] for _, message in REFUSED])
def test_the_message_says_where_what_and_why(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the message is compared below
        call()
    assert message in str(caught.value)
