"""Models: layers that are whole networks."""

# ruff: noqa: F403  # each file says in its `__all__` what it shows

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

__all__ = ["F", "L", "Layer", "np", "utils"]
__all__ += base.__all__
__all__ += resnet.__all__
__all__ += squeezenet.__all__
__all__ += vgg.__all__
