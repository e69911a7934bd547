"""Models: layers that are whole networks."""

import numpy as np  # like all that is no model here: the book's module shows it, star imports count on it

import dezero.functions as F
import dezero.layers as L
from dezero import _installation as _installation
from dezero import utils
from dezero.layers import Layer
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
    "F",
    "L",
    "Layer",
    "Model",
    "ResNet",
    "ResNet50",
    "ResNet101",
    "ResNet152",
    "Sequential",
    "SqueezeNet",
    "np",
    "utils",
]
