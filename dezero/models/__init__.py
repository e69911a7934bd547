"""Models: layers that are whole networks."""

from dezero.layers import Layer as Layer  # shown by the book's module, which uses it
from dezero.models.base import MLP, Model, Sequential
from dezero.models.resnet import (
    BottleneckA,
    BottleneckB,
    BuildingBlock,
    ResNet,
    ResNet50,
    ResNet101,
    ResNet152,
)
from dezero.models.squeezenet import SqueezeNet
from dezero.models.vgg import VGG16

__all__ = [
    "MLP",
    "VGG16",
    "BottleneckA",
    "BottleneckB",
    "BuildingBlock",
    "Model",
    "ResNet",
    "ResNet50",
    "ResNet101",
    "ResNet152",
    "Sequential",
    "SqueezeNet",
]
