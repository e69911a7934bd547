"""Networks of convolutions: a CNN on digits, ResNet's bottleneck, VGG's first block."""

from __future__ import annotations

from typing import Any

import numpy as np

import dezero.functions as F
import dezero.layers as L
from dezero import Variable
from dezero.models import VGG16, Model, Sequential
from dezero.models.resnet import BottleneckA
from gradcheck.experiments.networks.dense import classifier, digits, drawn
from gradcheck.experiments.networks.network import Problem
from gradcheck.specs.functional import bind


def cnn() -> Problem:
    """Twice convolution, relu and pooling, then an affine layer, on two digits of 8x8 pixels.

    A little noise keeps pixels apart, of which pooling takes the largest.
    """
    images, labels = digits(2)
    images = images + np.random.default_rng(4).uniform(0, 0.05, images.shape)
    model = Sequential(
        L.Conv2d(3, kernel_size=3, pad=1),
        F.relu,
        lambda x: F.pooling(x, 2, 2),
        L.Conv2d(4, kernel_size=3),
        F.relu,
        lambda x: F.pooling(x, 2, 2),
        F.flatten,
        L.Linear(10),
    )
    return classifier(model, images, labels, seed=4)


def bottleneck() -> Problem:
    """ResNet's first bottleneck of a stage, 3 to 6 channels with stride 2, batch normalization included."""
    return _block(BottleneckA(3, 4, 6, stride=2), (3, 3, 4, 4), seed=6)


def narrow_vgg_block() -> Problem:
    """VGG's first block with 4 channels instead of 64: convolution and relu twice, then pooling."""
    first, second = (L.Conv2d(4, kernel_size=3, stride=1, pad=1) for _ in range(2))
    return _block(_VGGBlock(first, second), (1, 3, 6, 6), seed=7)


def vgg_block() -> Problem:
    """VGG16's own first block, 64 channels, on an image of 4x4 pixels."""
    layers = vars(VGG16())  # which makes them by name
    return _block(_VGGBlock(layers["conv1_1"], layers["conv1_2"]), (1, 3, 4, 4), seed=8, scale=0.1)


class _VGGBlock(Model):
    def __init__(self, conv1_1: L.Conv2d, conv1_2: L.Conv2d) -> None:
        super().__init__()
        self.conv1_1 = conv1_1
        self.conv1_2 = conv1_2

    def forward(self, x: Any) -> Variable:
        x = F.relu(self.conv1_1(x))
        x = F.relu(self.conv1_2(x))
        return F.pooling(x, kernel_size=2, stride=2)


def _block(block: L.Layer, shape: tuple[int, ...], seed: int, scale: float = 0.3) -> Problem:
    """The mean square of a block's distance from random targets, by its images and parameters."""
    rng = np.random.default_rng(seed)
    images = rng.standard_normal(shape)
    target = rng.standard_normal(block(images).shape)
    parameters = drawn(block, seed, scale)

    def loss(x: Variable, *values: Variable) -> Variable:
        bind(block, dict(zip(parameters, values, strict=True)))
        return F.mean_squared_error(block(x), target)

    return loss, {"x": images} | parameters
