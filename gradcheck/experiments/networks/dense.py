"""Networks of affine layers, on digits."""

# ruff: noqa: N803  # the field's letters

from __future__ import annotations

from typing import Any

import numpy as np

import dezero
import dezero.functions as F
from dezero import Variable
from dezero.datasets import get_digits
from dezero.layers import Layer
from dezero.models import MLP
from gradcheck.experiments.networks.network import Problem
from gradcheck.specs.functional import bind


def digits(count: int) -> tuple[np.ndarray, np.ndarray]:
    """The first `count` images, float64 (count, 1, 8, 8) from 0 to 1, and their labels."""
    images, labels = get_digits("all")
    return images[:count] / 16.0, labels[:count]


def drawn(layer: Layer, seed: int, scale: float = 0.3) -> dict[str, np.ndarray]:
    """Random values of float64 for every parameter of a layer that has its sizes.

    Running averages have no gradient and are left out.
    """
    rng = np.random.default_rng(seed)
    return {
        path: (path.endswith("gamma") + scale * rng.standard_normal(param.shape))
        for path, param in layer.named_params()
        if not path.endswith(("avg_mean", "avg_var"))
    }


def classifier(model: Layer, images: np.ndarray, labels: np.ndarray, seed: int) -> Problem:
    """The cross entropy of a model that gives scores, by its parameters."""
    model(images)  # which gives deferred sizes
    parameters = drawn(model, seed)

    def loss(*values: Variable) -> Variable:
        bind(model, dict(zip(parameters, values, strict=True)))
        return F.softmax_cross_entropy(model(images), labels)

    return loss, parameters


def two_layer() -> Problem:
    """Affine, relu, affine, softmax with cross entropy, on the first three digits (0, 1 and 2).

    Weights have shape (64, 50) and (50, 10), biases (50,) and (10,).
    """
    images, labels = digits(3)
    x = Variable(images.reshape(3, 64))
    rng = np.random.default_rng(5)
    shapes = {"W1": (64, 50), "b1": (50,), "W2": (50, 10), "b2": (10,)}
    parameters = {name: 0.1 * rng.standard_normal(shape) for name, shape in shapes.items()}

    def loss(W1: Variable, b1: Variable, W2: Variable, b2: Variable) -> Variable:
        hidden = F.relu(F.linear(x, W1, b1))
        return F.softmax_cross_entropy(F.linear(hidden, W2, b2), labels)

    return loss, parameters


def mlp() -> Problem:
    """dezero's MLP of 64, 20, 20 and 10 values with sigmoids."""
    images, labels = digits(4)
    return classifier(MLP((20, 20, 10)), images.reshape(4, 64), labels, seed=1)


def small_mlp() -> Problem:
    """An MLP of 4, 3 and 3 values with tanh, on the digits' quarters: few enough for a full Hessian."""
    images, labels = digits(6)
    quarters = images.reshape(6, 2, 4, 2, 4).mean(axis=(2, 4)).reshape(6, 4)
    return classifier(MLP((3, 3), activation=F.tanh), quarters, labels % 3, seed=2)


def gradient_penalty() -> Problem:
    """A critic's loss with WGAN-GP's penalty (Gulrajani et al., arXiv:1704.00028, equation 3).

    The mean score of fakes (noise) less that of real digits, plus 10 times the mean of
    (|dD/dx| - 1)**2 at points between them: its derivative differentiates the gradient again.
    """
    rng = np.random.default_rng(3)
    real = digits(3)[0].reshape(3, 64)
    fake, share = rng.uniform(size=real.shape), rng.uniform(size=(3, 1))
    critic = MLP((8, 1), activation=F.tanh)
    critic(real)
    parameters = drawn(critic, seed=3)

    def loss(*values: Variable) -> Variable:
        bind(critic, dict(zip(parameters, values, strict=True)))
        slope = _input_gradient(critic, share * real + (1 - share) * fake, values)
        norm = F.sqrt(F.sum(slope**2, axis=1))
        return F.mean(critic(fake)) - F.mean(critic(real)) + 10 * F.mean((norm - 1) ** 2)

    return loss, parameters


def _input_gradient(critic: Layer, x: Any, parameters: tuple[Variable, ...]) -> Variable:
    """The critic's gradient at each row of x, as a graph (also where the caller records none)."""
    point = Variable(x)
    with dezero.using_config("enable_backprop", True):
        F.sum(critic(point)).backward(create_graph=True)
    for parameter in parameters:
        parameter.cleargrad()  # they are to receive the whole loss's gradient alone
    assert point.grad is not None
    return point.grad
