"""SqueezeNet: Iandola et al. (arXiv:1602.07360), version 1.0."""

from __future__ import annotations

from typing import Any

import dezero.functions as F
import dezero.layers as L
from dezero.core import Variable
from dezero.models.base import Model

__all__ = ["SqueezeNet"]

# Fire modules by number: channels squeezed to, and channels of each of the two expansions.
FIRES = dict(
    enumerate(
        ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256)),
        start=2,
    )
)
POOLED = (4, 8)  # those that a pooling follows


class SqueezeNet(Model):
    """A convolution, eight Fire modules (fire2 to fire9) and a convolution, for 1000 classes.

    x has shape (N, 3, H, W) with H and W at least 35 (ImageNet's are 224).

    Args:
        pretrained: there are no weights in this framework's form, so True is refused.

    Raises:
        ValueError: pretrained is True.

    >>> import numpy as np
    >>> SqueezeNet()(np.ones((1, 3, 64, 64), np.float32)).shape
    (1, 1000)
    """

    def __init__(self, pretrained: bool = False) -> None:
        super().__init__()
        if pretrained:
            raise ValueError(
                "SqueezeNet: pretrained must be False, as no weights are published; "
                "train it, or load your own with load_weights"
            )
        self.conv1 = L.Conv2d(96, kernel_size=7, stride=2)
        for i, (squeezed, expanded) in FIRES.items():
            setattr(self, f"fire{i}", Fire(squeezed, expanded))
        self.conv10 = L.Conv2d(1000, kernel_size=1)

    def forward(self, x: Any) -> Variable:
        x = F.pooling(F.relu(self.conv1(x)), kernel_size=3, stride=2)
        for i in FIRES:
            x = getattr(self, f"fire{i}")(x)
            if i in POOLED:
                x = F.pooling(x, kernel_size=3, stride=2)
        x = F.relu(self.conv10(F.dropout(x)))
        return F.mean(x, axis=(2, 3))


class Fire(L.Layer):
    """Fewer channels by a 1x1 convolution, then more by a 1x1 and a 3x3 one, side by side."""

    def __init__(self, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = L.Conv2d(squeezed, kernel_size=1)
        self.expand1x1 = L.Conv2d(expanded, kernel_size=1)
        self.expand3x3 = L.Conv2d(expanded, kernel_size=3, pad=1)

    def forward(self, x: Any) -> Variable:
        x = F.relu(self.squeeze(x))
        return F.relu(F.concatenate((self.expand1x1(x), self.expand3x3(x)), axis=1))
