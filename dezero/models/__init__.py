"""Models: layers that are whole networks."""

# ruff: noqa: F403  # each file names in its `__all__` what is shown here

from typing import TYPE_CHECKING

import numpy as np  # like all that is no model here: the book's module shows it, star imports count on it

import dezero.functions as F
import dezero.layers as L
from dezero import _installation as _installation
from dezero import utils
from dezero.layers import Layer
from dezero.models import base, resnet, squeezenet, vgg
from dezero.models.base import *
from dezero.models.resnet import *
from dezero.models.squeezenet import *
from dezero.models.vgg import *

if not TYPE_CHECKING:  # type checkers go by the star imports: they add up no lists
    __all__ = [
        "F", "L", "Layer", "np", "utils", *base.__all__, *resnet.__all__, *squeezenet.__all__,
        *vgg.__all__,
    ]  # fmt: skip
