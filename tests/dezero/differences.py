"""Gradients of orders 1 and 2 against central differences along a random direction, in float64."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import dezero.functions as F
from dezero import Layer, Variable


def assert_gradients(f: Callable[..., Variable], *arrays: np.ndarray, seed: int = 0) -> None:
    """The gradients of <u, f(x)> and of their contraction with d, along another direction e.

    u, d and e are random and signed. A second derivative that is zero must be found to be zero.
    """
    rng = np.random.default_rng(seed)
    u = rng.standard_normal(f(*map(Variable, arrays)).shape)
    d, e = ([rng.standard_normal(x.shape) for x in arrays] for _ in range(2))
    for order in (1, 2):
        gradients = _gradients(f, arrays, u, d, order)
        found = sum(float((g * along).sum()) for g, along in zip(gradients, e, strict=True))
        ahead, behind = (
            _value(f, [x + h * along for x, along in zip(arrays, e, strict=True)], u, d, order)
            for h in (1e-5, -1e-5)
        )
        np.testing.assert_allclose(
            found, (ahead - behind) / 2e-5, rtol=1e-5, atol=1e-5, err_msg=f"order {order}"
        )


def _contractions(
    f: Any, arrays: Sequence[np.ndarray], u: np.ndarray, d: list[np.ndarray], order: int
) -> tuple[Variable, list[Variable]]:
    """<u, f(x)> for order 1, <gradient of that, d> for order 2; and the inputs."""
    xs = [Variable(x) for x in arrays]
    value = F.sum(f(*xs) * u)
    if order == 2:
        value.backward(create_graph=True)
        parts = [F.sum(x.grad * along) for x, along in zip(xs, d, strict=True) if x.grad is not None]
        value = sum(parts[1:], parts[0])
        for x in xs:
            x.cleargrad()
    return value, xs


def _value(*arguments: Any) -> float:
    return float(_contractions(*arguments)[0].data)


def _gradients(*arguments: Any) -> list[np.ndarray]:
    value, xs = _contractions(*arguments)
    value.backward()
    return [np.zeros(x.shape) if x.grad is None else x.grad.data for x in xs]


def substituted(layer: Layer, params: Sequence[str], xs: Sequence[Variable]) -> Any:
    """A copy of `layer` that computes with `xs` in the place of its parameters of these names."""
    layer = copy.deepcopy(layer)
    for path, x in zip(params, xs, strict=True):
        *parents, name = path.split("/")
        owner: Any = layer
        for parent in parents:
            owner = getattr(owner, parent)
        setattr(owner, name, x)
    return layer
