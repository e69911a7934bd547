"""One SGD step of an MLP 784-1000-1000-10 with sigmoids and cross entropy, batch of 100."""

# ruff: noqa: E741, N806  # the field's letters

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

import dezero.functions as F
from dezero.models import MLP
from dezero.optimizers import SGD
from tests.benchmarks import by_hand as hand
from tests.benchmarks.steps import Arrays, Step

SIZES, BATCH, LR = (784, 1000, 1000, 10), 100, 0.01
name = "MLP 784-1000-1000-10, a step"


def draw(rng: np.random.Generator, sizes: Sequence[int] = SIZES) -> Arrays:
    """Images, labels, and each layer's W and b."""
    x = rng.standard_normal((BATCH, sizes[0]), dtype="f")
    t = rng.integers(0, sizes[-1], BATCH)
    weights: Arrays = []
    for I, O in itertools.pairwise(sizes):
        weights += [rng.standard_normal((I, O), dtype="f") / np.float32(np.sqrt(I)), np.zeros(O, "f")]
    return [x, t, *weights]


def ours(arrays: Arrays) -> Step:
    x, t, *weights = arrays
    model = MLP([len(b) for b in weights[1::2]])
    for layer, W, b in zip(model.layers, weights[::2], weights[1::2], strict=True):
        layer.W.data, layer.b.data = W.copy(), b.copy()
    optimizer = SGD(LR).setup(model)

    def step() -> Arrays:
        loss = F.softmax_cross_entropy(model(x), t)
        model.cleargrads()
        loss.backward()
        optimizer.update()
        return [param.data for param in model.params()]

    return step


def in_torch(torch: Any, tensors: Arrays) -> Step:
    x, t, *weights = tensors
    leaves = [weight.clone().requires_grad_() for weight in weights]
    optimizer = torch.optim.SGD(leaves, LR)

    def step() -> Arrays:
        y = x
        for W, b in zip(leaves[:-2:2], leaves[1:-2:2], strict=True):
            y = torch.sigmoid(torch.addmm(b, y, W))
        y = torch.addmm(leaves[-1], y, leaves[-2])
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(y, t).backward()
        optimizer.step()
        return [leaf.detach() for leaf in leaves]

    return step


def by_hand(arrays: Arrays) -> Step:
    x, t, *weights = arrays
    copies = [weight.copy() for weight in weights]
    return lambda: descend(x, t, copies)


def descend(x: Any, t: Any, weights: list[np.ndarray]) -> list[np.ndarray]:
    layers = list(zip(weights[::2], weights[1::2], strict=True))
    inputs = [x]
    for W, b in layers[:-1]:
        inputs.append(1 / (1 + np.exp(-(inputs[-1] @ W + b))))
    W, b = layers[-1]
    _, g = hand.cross_entropy(inputs[-1] @ W + b, t)
    for k in range(len(layers) - 1, -1, -1):
        (W, b), h = layers[k], inputs[k]
        gW, gb = h.T @ g, g.sum(axis=0)
        if k:
            g = (g @ W.T) * h * (1 - h)
        W -= LR * gW
        b -= LR * gb
    return weights
