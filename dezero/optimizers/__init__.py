"""Optimizers, their hooks, and Newton's method."""

from dezero.core import Parameter as Parameter  # shown by the book's module, which uses it
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
    "RMSProp",
    "WeightDecay",
]
