"""Gradient checking as it was taught: a small network on real images, backprop against differences."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import dezero
import dezero.functions as F  # noqa: N812  # the book's name
from dezero import Variable
from dezero.datasets import Digits
from gradcheck import verdict
from gradcheck.cases import Case
from gradcheck.examine import examine
from gradcheck.records import Row, row

STEP = 1e-4  # the step of the book's numerical gradient


@dataclass(frozen=True)
class Network:
    """A network-level check.

    Attributes:
        name: stable.
        data: which images, in words.
        parameters: the names, in the order of `loss`'s arguments.
        build: draws the parameters and gives the loss as a function of them.
        order: certified up to this order by jets, beside the differences of order 1.
    """

    name: str
    data: str
    parameters: Sequence[str]
    build: Callable[[], tuple[Callable[..., Variable], list[np.ndarray]]]
    order: int = 2


def two_layer() -> tuple[Callable[..., Variable], list[np.ndarray]]:
    """Affine, relu, affine, softmax with cross entropy, on the first three digits (0, 1 and 2).

    Weights have shape (64, 50) and (50, 10), biases (50,) and (10,), all float64.
    """
    digits = Digits(split="all")
    images = np.stack([np.asarray(digits[i][0], dtype=np.float64) for i in range(3)])
    labels = np.array([digits[i][1] for i in range(3)])
    rng = np.random.default_rng(5)
    parameters = [
        0.1 * rng.standard_normal((64, 50)),
        0.1 * rng.standard_normal(50),
        0.1 * rng.standard_normal((50, 10)),
        0.1 * rng.standard_normal(10),
    ]

    def loss(W1: Variable, b1: Variable, W2: Variable, b2: Variable) -> Variable:  # noqa: N803  # as taught
        hidden = F.relu(F.linear(Variable(images), W1, b1))
        return F.softmax_cross_entropy(F.linear(hidden, W2, b2), labels)

    return loss, parameters


NETWORKS = (
    Network(
        "two-layer network",
        "3 real images of the UCI handwritten digits",
        ("W1", "b1", "W2", "b2"),
        two_layer,
    ),
)


def network_rows(network: Network) -> list[Row]:
    """One row for each parameter: every element by central differences against backprop."""
    started = time.perf_counter()
    loss, parameters = network.build()
    gradients = backprop(loss, parameters)
    proof = examine(_case(network, loss, parameters))
    seconds = (time.perf_counter() - started) / len(parameters)
    return [
        _parameter_row(network, i, loss, parameters, gradients[i], proof, seconds)
        for i in range(len(parameters))
    ]


def backprop(loss: Callable[..., Variable], parameters: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The gradient of the loss with respect to each parameter."""
    variables = [Variable(p.copy()) for p in parameters]
    loss(*variables).backward()
    return [
        np.zeros_like(p) if v.grad is None else v.grad.data
        for v, p in zip(variables, parameters, strict=True)
    ]


def differences(
    loss: Callable[..., Variable], parameters: Sequence[np.ndarray], i: int, step: float
) -> np.ndarray:
    """Central differences of the loss over every element of parameter `i`, with a fixed step."""
    moved = [p.copy() for p in parameters]
    result = np.zeros_like(moved[i])
    with dezero.no_grad():
        for index in np.ndindex(result.shape):
            value = moved[i][index]
            moved[i][index] = value + step
            up, above = moved[i][index], loss(*[Variable(p) for p in moved]).data
            moved[i][index] = value - step
            down, below = moved[i][index], loss(*[Variable(p) for p in moved]).data
            moved[i][index] = value
            result[index] = (above - below) / (up - down)
    return result


def _parameter_row(
    network: Network,
    i: int,
    loss: Callable[..., Variable],
    parameters: Sequence[np.ndarray],
    gradient: np.ndarray,
    proof: Any,
    seconds: float,
) -> Row:
    started = time.perf_counter()
    near, far = (differences(loss, parameters, i, h) for h in (STEP, 2 * STEP))
    gap = np.abs(near - gradient)
    judged, reason = _judge(gap, near, far, loss, parameters)
    jets = [e for e in proof.evidence if e.oracle == "jet" and e.order == 1]
    return row(
        "network",
        {
            "run": "",
            "name": network.name,
            "data": network.data,
            "parameter": network.parameters[i],
            "shape": list(parameters[i].shape),
            "elements": int(parameters[i].size),
            "mean_abs_diff": float(gap.mean()),
            "max_abs_diff": float(gap.max()),
            "error_ulp": jets[0].error_ulp if jets else None,
            "verdict": verdict.worst([judged, proof.verdict]),
            "reason": f"{reason}; all parameters together, {proof.reason}",
            "seconds": seconds + time.perf_counter() - started,
        },
    )


def _judge(
    gap: np.ndarray,
    near: np.ndarray,
    far: np.ndarray,
    loss: Callable[..., Variable],
    parameters: Sequence[np.ndarray],
) -> tuple[verdict.Verdict, str]:
    """Each element within the differences' own error.

    The truncation error grows with the square of the step, so that with the doubled step differs by
    three times the truncation; rounding leaves some eps |loss| / step.
    """
    with dezero.no_grad():
        value = abs(float(loss(*[Variable(p) for p in parameters]).data))
    rounding = 16 * np.finfo(np.float64).eps * value / STEP
    bound = np.abs(far - near) + rounding
    wrong = int(np.count_nonzero(gap > bound))
    if wrong:
        return (
            "fail",
            f"{wrong} of {gap.size} elements differ by more than the differences' own error",
        )
    return "pass", f"all {gap.size} elements agree within the differences' own error"


def _case(network: Network, loss: Callable[..., Variable], parameters: list[np.ndarray]) -> Case:
    return Case(
        id=network.name,
        op=network.name,
        f=loss,
        inputs=parameters,
        names=network.parameters,
        active=[True] * len(parameters),
        order=network.order,
        seed=0,
        dtype=np.dtype(np.float64),
    )
