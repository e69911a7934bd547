"""Optimizers as workloads: one update of all parameters, compared with PyTorch's optimizer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import dezero.optimizers as O
from dezero import Parameter, Variable
from tests.benchmarks.sizes import Size
from tests.benchmarks.steps import Arrays, Step


@dataclass(frozen=True)
class Update:
    """`count` parameters of `elements` each, and gradients that stay as they are."""

    name: str
    optimizer: Callable[[], O.Optimizer]
    peer: Callable[[Any, Arrays], Any]
    count: int
    elements: int
    dtype: str = "f"

    def draw(self, rng: np.random.Generator) -> Arrays:
        """The parameters, then their gradients."""
        scalar = np.dtype(self.dtype).type
        return [rng.standard_normal(self.elements, scalar) for _ in range(2 * self.count)]

    def ours(self, arrays: Arrays) -> Step:
        params = [Parameter(x.copy()) for x in arrays[: self.count]]
        for param, g in zip(params, arrays[self.count :], strict=True):
            param.grad = Variable(g)
        optimizer = self.optimizer().setup(params)
        return lambda: optimizer.update() or [param.data for param in params]

    def in_torch(self, torch: Any, tensors: Arrays) -> Step:
        leaves = [x.clone().requires_grad_() for x in tensors[: self.count]]
        for leaf, g in zip(leaves, tensors[self.count :], strict=True):
            leaf.grad = g
        optimizer = self.peer(torch, leaves)
        return lambda: optimizer.step() or [leaf.detach() for leaf in leaves]


PAIRS: dict[str, tuple[Callable[[], O.Optimizer], Callable[[Any, Arrays], Any]]] = {
    "SGD": (O.SGD, lambda torch, xs: torch.optim.SGD(xs, 0.01)),
    "MomentumSGD": (O.MomentumSGD, lambda torch, xs: torch.optim.SGD(xs, 0.01, 0.9)),
    "Nesterov": (O.Nesterov, lambda torch, xs: torch.optim.SGD(xs, 0.01, 0.9, nesterov=True)),
    "AdaGrad": (O.AdaGrad, lambda torch, xs: torch.optim.Adagrad(xs, 0.001)),
    "AdaDelta": (O.AdaDelta, lambda torch, xs: torch.optim.Adadelta(xs, 1.0, 0.95)),
    "RMSProp": (O.RMSProp, lambda torch, xs: torch.optim.RMSprop(xs, 0.01, 0.99)),
    "Adam": (O.Adam, lambda torch, xs: torch.optim.Adam(xs, 0.001)),
}


def updates(size: Size) -> list[Update]:
    """Each optimizer, on many small parameters or on few large ones."""
    return [Update(name, *pair, *size.parameters, size.dtype) for name, pair in PAIRS.items()]
