"""ResNet: He, Zhang, Ren and Sun, "Deep residual learning" (arXiv:1512.03385)."""

from __future__ import annotations

from typing import Any

import dezero.functions as F
import dezero.layers as L
from dezero.arguments import flag, integer
from dezero.core import Variable
from dezero.models.base import WEIGHTS, Model
from dezero.refusal import naming

__all__ = ["BottleneckA", "BottleneckB", "BuildingBlock", "ResNet", "ResNet50", "ResNet101", "ResNet152"]

BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}  # bottlenecks in each stage


class ResNet(Model):
    """A convolution, four stages of bottlenecks (res2 to res5) and a linear layer for 1000 classes.

    x has shape (N, 3, H, W) with H and W at least 5 (ImageNet's are 224).

    Args:
        n_layers: 50, 101 or 152.
        pretrained: load the weights for ImageNet (some 100 to 230 MB, downloaded once: see
            `Model.load_pretrained`).

    Attributes:
        WEIGHTS_PATH: where these weights come from, with {} for the number of layers.

    Raises:
        ValueError: another number of layers.
        dezero.utils.DownloadError: pretrained weights cannot be had.

    >>> model = ResNet(50)
    >>> [name for name, _ in model.named_params()][6:8]
    ['res2/a/conv1/W', 'res2/a/bn1/avg_mean']
    """

    WEIGHTS_PATH = WEIGHTS + "resnet{}.npz"

    def __init__(self, n_layers: int = 152, pretrained: bool = False) -> None:
        super().__init__()
        if integer(n_layers, "ResNet: n_layers") not in BLOCKS:
            raise ValueError(f"ResNet: n_layers must be 50, 101 or 152, got {n_layers}")
        depths = BLOCKS[n_layers]
        self.conv1 = L.Conv2d(64, kernel_size=7, stride=2, pad=3)
        self.bn1 = L.BatchNorm()
        self.res2 = BuildingBlock(depths[0], 64, 64, 256, 1)
        self.res3 = BuildingBlock(depths[1], 256, 128, 512, 2)
        self.res4 = BuildingBlock(depths[2], 512, 256, 1024, 2)
        self.res5 = BuildingBlock(depths[3], 1024, 512, 2048, 2)
        self.fc6 = L.Linear(1000)
        if pretrained:
            self.load_pretrained(self.WEIGHTS_PATH.format(n_layers))

    def forward(self, x: Any) -> Variable:
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.pooling(x, kernel_size=3, stride=2)
        for stage in (self.res2, self.res3, self.res4, self.res5):
            x = stage(x)
        return self.fc6(F.mean(x, axis=(2, 3)))


class ResNet50(ResNet):
    def __init__(self, pretrained: bool = False) -> None:
        super().__init__(50, pretrained)


class ResNet101(ResNet):
    def __init__(self, pretrained: bool = False) -> None:
        super().__init__(101, pretrained)


class ResNet152(ResNet):
    def __init__(self, pretrained: bool = False) -> None:
        super().__init__(152, pretrained)


class BuildingBlock(L.Layer):
    """A stage: the bottleneck `a`, which changes the shape, then b1, b2, ..., which keep it.

    Args:
        n_layers: bottlenecks in all.
        in_channels, mid_channels, out_channels: of x, within, and of the result.
        stride: of the first bottleneck.
        downsample_fb: give the stride to its 3x3 convolution (as later ResNets do), not the 1x1.
    """

    def __init__(
        self,
        n_layers: int,
        in_channels: int,
        mid_channels: int,
        out_channels: int,
        stride: int,
        downsample_fb: bool = False,
    ) -> None:
        super().__init__()
        integer(n_layers, "BuildingBlock: n_layers", least=1)
        with naming("BuildingBlock", in_channels=in_channels, mid_channels=mid_channels,
                    out_channels=out_channels, stride=stride):  # fmt: skip
            self.a = BottleneckA(in_channels, mid_channels, out_channels, stride, downsample_fb)
        self.names = ["a"]
        for i in range(1, n_layers):
            setattr(self, f"b{i}", BottleneckB(out_channels, mid_channels))
            self.names.append(f"b{i}")

    def forward(self, x: Any) -> Variable:
        for name in self.names:
            x = getattr(self, name)(x)
        return x


class BottleneckA(L.Layer):
    """1x1, 3x3 and 1x1 convolutions in parallel to a 1x1 convolution, which brings x to the same shape."""

    def __init__(
        self,
        in_channels: int,
        mid_channels: int,
        out_channels: int,
        stride: int = 2,
        downsample_fb: bool = False,
    ) -> None:
        super().__init__()
        with naming("BottleneckA", in_channels=in_channels, mid_channels=mid_channels,
                    out_channels=out_channels, stride=stride):  # fmt: skip
            flag(downsample_fb, "BottleneckA: downsample_fb")
            stride_1x1, stride_3x3 = (1, stride) if downsample_fb else (stride, 1)
            self.conv1 = _convolution(in_channels, mid_channels, 1, stride_1x1)
            self.bn1 = L.BatchNorm()
            self.conv2 = _convolution(mid_channels, mid_channels, 3, stride_3x3)
            self.bn2 = L.BatchNorm()
            self.conv3 = _convolution(mid_channels, out_channels, 1)
            self.bn3 = L.BatchNorm()
            self.conv4 = _convolution(in_channels, out_channels, 1, stride)
            self.bn4 = L.BatchNorm()

    def forward(self, x: Any) -> Variable:
        h = F.relu(self.bn1(self.conv1(x)))
        h = F.relu(self.bn2(self.conv2(h)))
        return F.relu(self.bn3(self.conv3(h)) + self.bn4(self.conv4(x)))


class BottleneckB(L.Layer):
    """1x1, 3x3 and 1x1 convolutions, added to x."""

    def __init__(self, in_channels: int, mid_channels: int) -> None:
        super().__init__()
        with naming("BottleneckB", in_channels=in_channels, mid_channels=mid_channels):
            self.conv1 = _convolution(in_channels, mid_channels, 1)
            self.bn1 = L.BatchNorm()
            self.conv2 = _convolution(mid_channels, mid_channels, 3)
            self.bn2 = L.BatchNorm()
            self.conv3 = _convolution(mid_channels, in_channels, 1)
            self.bn3 = L.BatchNorm()

    def forward(self, x: Any) -> Variable:
        h = F.relu(self.bn1(self.conv1(x)))
        h = F.relu(self.bn2(self.conv2(h)))
        return F.relu(self.bn3(self.conv3(h)) + x)


def _convolution(in_channels: int, out_channels: int, size: int, stride: int = 1) -> L.Conv2d:
    """Without a bias, which the batch normalization after it would take away."""
    pad = size // 2
    return L.Conv2d(out_channels, size, stride, pad, nobias=True, in_channels=in_channels)
