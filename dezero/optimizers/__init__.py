"""Optimizers, their hooks, and Newton's method."""

import math  # like cuda and Parameter: the book's module shows it, star imports count on it

from dezero import _installation as _installation
from dezero import cuda
from dezero.core import Parameter
from dezero.optimizers.base import ClipGrad, FreezeParam, Optimizer, WeightDecay
from dezero.optimizers.first_order import (
    SGD,
    AdaDelta,
    AdaGrad,
    Adam,
    MomentumSGD,
    Nesterov,
    RMSProp,
)
from dezero.optimizers.newton import Newton

__all__ = [
    "SGD",
    "AdaDelta",
    "AdaGrad",
    "Adam",
    "ClipGrad",
    "FreezeParam",
    "MomentumSGD",
    "Nesterov",
    "Newton",
    "Optimizer",
    "Parameter",
    "RMSProp",
    "WeightDecay",
    "cuda",
    "math",
]
