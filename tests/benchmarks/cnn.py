"""One SGD step of a small CNN: two convolutions with ReLU and pooling, and a linear layer; 32 images."""

# ruff: noqa: N806  # the field's letters

from __future__ import annotations

from typing import Any

import numpy as np

import dezero.functions as F
import dezero.layers as L
from dezero.models import Sequential
from dezero.optimizers import SGD
from tests.benchmarks import by_hand as hand
from tests.benchmarks.steps import Arrays, Step

BATCH, CHANNELS, PIXELS, CLASSES, LR = 32, (1, 16, 32), 28, 10, np.float32(0.01)
name = "CNN 1-16-32 channels of 28x28, a step"


def draw(rng: np.random.Generator) -> Arrays:
    """Images, labels, and each layer's W and b."""
    x = rng.standard_normal((BATCH, CHANNELS[0], PIXELS, PIXELS), dtype="f")
    t = rng.integers(0, CLASSES, BATCH)
    first, second, third = CHANNELS
    flat = third * (PIXELS // 4) ** 2
    shapes: list[tuple[int, ...]] = [(second, first, 3, 3), (third, second, 3, 3), (flat, CLASSES)]
    weights: Arrays = []
    for shape, out in zip(shapes, (second, third, CLASSES), strict=True):
        scale = np.float32(1 / np.sqrt(np.prod(shape) / out))
        weights += [rng.standard_normal(shape, dtype="f") * scale, np.zeros(out, "f")]
    return [x, t, *weights]


def ours(arrays: Arrays) -> Step:
    x, t, *weights = arrays
    weighted = L.Conv2d(CHANNELS[1], 3, pad=1), L.Conv2d(CHANNELS[2], 3, pad=1), L.Linear(CLASSES)
    for layer, W, b in zip(weighted, weights[::2], weights[1::2], strict=True):
        layer.W.data, layer.b.data = W.copy(), b.copy()
    first, second, last = weighted

    def pool(x: Any) -> Any:
        return F.pooling(x, 2, 2)

    model = Sequential(first, F.relu, pool, second, F.relu, pool, F.flatten, last)
    optimizer = SGD(float(LR)).setup(model)

    def step() -> Arrays:
        loss = F.softmax_cross_entropy(model(x), t)
        model.cleargrads()
        loss.backward()
        optimizer.update()
        return [param.data for layer in weighted for param in (layer.W, layer.b)]

    return step


def in_torch(torch: Any, tensors: Arrays) -> Step:
    x, t, *weights = tensors
    leaves = [weight.clone().requires_grad_() for weight in weights]
    optimizer = torch.optim.SGD(leaves, float(LR))
    W1, b1, W2, b2, W3, b3 = leaves
    nn = torch.nn.functional

    def step() -> Arrays:
        y = nn.max_pool2d(torch.relu(nn.conv2d(x, W1, b1, padding=1)), 2)
        y = nn.max_pool2d(torch.relu(nn.conv2d(y, W2, b2, padding=1)), 2)
        y = torch.addmm(b3, y.flatten(1), W3)
        optimizer.zero_grad()
        nn.cross_entropy(y, t).backward()
        optimizer.step()
        return [leaf.detach() for leaf in leaves]

    return step


def by_hand(arrays: Arrays) -> Step:
    x, t, *weights = arrays
    copies = [weight.copy() for weight in weights]
    return lambda: descend(x, t, copies)


def descend(x: Any, t: Any, weights: Arrays) -> Arrays:
    W1, b1, W2, b2, W3, b3 = weights
    z1, col1 = hand.convolve(x, W1, b1)
    h1 = np.maximum(z1, 0)
    p1 = hand.pool(h1, 2)
    z2, col2 = hand.convolve(p1, W2, b2)
    h2 = np.maximum(z2, 0)
    p2 = hand.pool(h2, 2)
    flat = p2.reshape(len(x), -1)
    _, g = hand.cross_entropy(flat @ W3 + b3, t)
    gW3, gb3 = flat.T @ g, g.sum(axis=0)
    g = hand.pool_back(h2, p2, (g @ W3.T).reshape(p2.shape), 2)
    g *= z2 > 0
    g, gW2, gb2 = hand.convolve_back(col2, W2, g)
    g = hand.pool_back(h1, p1, g, 2)
    g *= z1 > 0
    gradients = [*hand.convolve_back(col1, W1, g, by_x=False), gW2, gb2, gW3, gb3]
    for weight, gradient in zip(weights, gradients, strict=True):
        weight -= LR * gradient
    return weights
