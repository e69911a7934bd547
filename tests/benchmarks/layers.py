"""Every layer as a workload, forward and backward by its input and its parameters, beside torch.nn's."""

# ruff: noqa: N806  # the field's letters

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import dezero.layers as L
from dezero import Variable
from dezero.cuda import get_array_module
from tests.benchmarks.recurrent import Recurrent
from tests.benchmarks.sizes import Size
from tests.benchmarks.steps import Arrays, Step, Workload, uneven

NAMES = {"W": "weight", "b": "bias", "gamma": "weight", "beta": "bias"}  # of parameters in dezero, in torch


@dataclass(frozen=True)
class Layer:
    """A layer that is called once.

    Attributes:
        layer, peer: make it, in dezero and of torch.
        shape: of its input.
        weights: the shapes of its parameters, by their names in dezero.
        ids: the input are integers below this.
        transposed: W is torch's weight, transposed.
    """

    name: str
    layer: Callable[[], Any]
    peer: Callable[[Any], Any]
    shape: tuple[int, ...]
    weights: Mapping[str, tuple[int, ...]]
    ids: int = 0
    transposed: bool = False
    dtype: str = "f"

    def draw(self, rng: np.random.Generator) -> Arrays:
        """The input, and the parameters."""
        scalar = np.dtype(self.dtype).type
        x = rng.integers(0, self.ids, self.shape) if self.ids else rng.standard_normal(self.shape, scalar)
        return [x, *(rng.standard_normal(shape, scalar) for shape in self.weights.values())]

    def ours(self, arrays: Arrays) -> Step:
        layer, x = self.layer(), arrays[0] if self.ids else Variable(arrays[0])
        shape = layer(x).shape
        gy = uneven(get_array_module(arrays[1]).arange(math.prod(shape)).astype(self.dtype), shape)
        params = [getattr(layer, name) for name in self.weights]
        for param, value in zip(params, arrays[1:], strict=True):
            param.data = value.copy()
        leaves = [*([] if self.ids else [x]), *params]

        def step() -> Arrays:
            for leaf in leaves:
                leaf.cleargrad()
            y = layer(x)
            y.grad = Variable(gy)
            y.backward()
            return [y.data, *(leaf.grad.data for leaf in leaves)]

        return step

    def in_torch(self, torch: Any, tensors: Arrays) -> Step:
        x, *weights = tensors
        layer = self.peer(torch).to(weights[0])
        params = [getattr(layer, NAMES[name]) for name in self.weights]
        with torch.no_grad():
            for param, value in zip(params, weights, strict=True):
                param.copy_(self._swapped(value))
        shape = layer(x).shape
        gy = uneven(torch.arange(math.prod(shape)).to(weights[0]), shape)
        x = x if self.ids else x.detach().requires_grad_()

        def step() -> Arrays:
            layer.zero_grad()
            x.grad = None
            y = layer(x)
            y.backward(gy)
            gradients = (self._swapped(param.grad) for param in params)
            return [y.detach(), *([] if self.ids else [x.grad]), *gradients]

        return step

    def _swapped(self, weight: Any) -> Any:
        return weight.T if self.transposed and weight.ndim == 2 else weight


def layers(size: Size) -> list[Workload]:
    """Every layer at one size."""
    N, I, O = size.product  # noqa: E741
    images, (_, C, _, _) = size.images, size.images
    (IDS, D), (steps, *rest) = size.items, size.sequence
    kernel = {"W": (C, C, 3, 3), "b": (C,)}
    norm = {"gamma": (C,), "beta": (C,)}
    dtype = size.dtype
    table: list[Workload] = [
        Layer("Linear", lambda: L.Linear(O), lambda torch: torch.nn.Linear(I, O), (N, I),
              {"W": (I, O), "b": (O,)}, transposed=True, dtype=dtype),
        Layer("Conv2d", lambda: L.Conv2d(C, 3, pad=1), lambda torch: torch.nn.Conv2d(C, C, 3, padding=1),
              images, kernel, dtype=dtype),
        Layer("Deconv2d", lambda: L.Deconv2d(C, 3, pad=1),
              lambda torch: torch.nn.ConvTranspose2d(C, C, 3, padding=1), images, kernel, dtype=dtype),
        Layer("BatchNorm", L.BatchNorm, lambda torch: torch.nn.BatchNorm2d(C, eps=2e-5), images, norm,
              dtype=dtype),
        Layer("EmbedID", lambda: L.EmbedID(IDS, D), lambda torch: torch.nn.Embedding(IDS, D),
              (max(IDS // 20, 1),), {"W": (IDS, D)}, ids=IDS, dtype=dtype),
    ]  # fmt: skip
    return [*table, *(Recurrent(kind, kind, steps, *rest, dtype=dtype) for kind in ("RNN", "LSTM"))]
