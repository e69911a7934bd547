"""What tests train with: the optimizers, and drawn arrays on a device."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero.optimizers import SGD, AdaDelta, AdaGrad, Adam, MomentumSGD, Nesterov, RMSProp

OPTIMIZERS = [SGD, MomentumSGD, Nesterov, AdaGrad, AdaDelta, Adam, RMSProp]


def on(device: Any, shape: tuple[int, ...]) -> Any:
    """Normal float32s, there."""
    return device.asarray(np.random.default_rng(0).standard_normal(shape, dtype=np.float32))
