"""VGG16: Simonyan and Zisserman, "Very deep convolutional networks" (arXiv:1409.1556), model D."""

from __future__ import annotations

from typing import Any

import numpy as np

import dezero.functions as F
import dezero.layers as L
from dezero.core import Variable
from dezero.models.base import WEIGHTS, Model

__all__ = ["VGG16"]

BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))  # channels, convolutions
MEAN_BGR = (103.939, 116.779, 123.68)  # of ImageNet's training images


class VGG16(Model):
    """13 convolutions (conv1_1 to conv5_3) and 3 linear layers (fc6 to fc8) for 1000 classes.

    x has shape (N, 3, H, W) with H and W at least 32; fc6 takes its size from the first image (the
    pretrained weights are for 224 by 224).

    Args:
        pretrained: load the weights for ImageNet (some 500 MB, downloaded once: see
            `Model.load_pretrained`).

    Attributes:
        WEIGHTS_PATH: where these weights come from; a subclass may name a mirror.

    Raises:
        dezero.utils.DownloadError: pretrained weights cannot be had.

    >>> model = VGG16()
    >>> [name for name, _ in model.named_params()][:4]
    ['conv1_1/W', 'conv1_1/b', 'conv1_2/W', 'conv1_2/b']
    """

    WEIGHTS_PATH = WEIGHTS + "vgg16.npz"

    def __init__(self, pretrained: bool = False) -> None:
        super().__init__()
        for block, (channels, depth) in enumerate(BLOCKS, start=1):
            for i in range(1, depth + 1):
                layer = L.Conv2d(channels, kernel_size=3, stride=1, pad=1)
                setattr(self, f"conv{block}_{i}", layer)
        self.fc6 = L.Linear(4096)
        self.fc7 = L.Linear(4096)
        self.fc8 = L.Linear(1000)
        if pretrained:
            self.load_pretrained(self.WEIGHTS_PATH)

    def forward(self, x: Any) -> Variable:
        for block, (_, depth) in enumerate(BLOCKS, start=1):
            for i in range(1, depth + 1):
                x = F.relu(getattr(self, f"conv{block}_{i}")(x))
            x = F.pooling(x, kernel_size=2, stride=2)
        x = F.flatten(x)
        x = F.dropout(F.relu(self.fc6(x)))
        x = F.dropout(F.relu(self.fc7(x)))
        return self.fc8(x)

    @staticmethod
    def preprocess(
        image: Any, size: tuple[int, int] | None = (224, 224), dtype: Any = np.float32
    ) -> np.ndarray:
        """A picture as the weights expect it: resized, blue first, ImageNet's mean subtracted.

        Args:
            image: a PIL image.
            size: (width, height), or None to keep it.
            dtype: of the result.

        Returns:
            (3, H, W).

        Raises:
            TypeError: `image` is no picture of PIL.
        """
        if not hasattr(image, "convert"):
            raise TypeError(f"VGG16.preprocess: image must be a PIL image, got {type(image)}")
        image = image.convert("RGB")
        if size:
            image = image.resize(size)
        bgr = np.asarray(image, dtype=dtype)[:, :, ::-1]
        return (bgr - np.array(MEAN_BGR, dtype=dtype)).transpose(2, 0, 1)
