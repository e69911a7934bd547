"""Scalar chains: the cost of the tape itself, per operation, forward and backward."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import dezero.functions as F
from dezero import Variable
from tests.benchmarks.steps import Arrays
from tests.benchmarks.steps import Step as Work

LENGTH = 1000

Step = Callable[[Any, Any], Any]  # (math namespace, y) -> the next y

# One step of each chain, written once for both frameworks; some count as two operations.
STEPS: dict[str, tuple[int, Step]] = {
    "sin(y)": (1, lambda m, y: m.sin(y)),
    "tanh(y)": (1, lambda m, y: m.tanh(y)),
    "y * c": (1, lambda m, y: y * 1.0001),
    "y + c": (1, lambda m, y: y + 0.5),
    "y * y": (1, lambda m, y: y * y),
    "y ** 2": (1, lambda m, y: y**2),
    "c * y + d": (2, lambda m, y: 0.5 * y + 0.25),
    "log(exp(y))": (2, lambda m, y: m.log(m.exp(y))),
}


def chain(x: Any, namespace: Any, step: Step, length: int) -> None:
    """The work: what it leaves is x's gradient."""
    y = x
    for _ in range(length):
        y = step(namespace, y)
    y.backward()


@dataclass(frozen=True)
class Chain:
    """One chain as a workload, of `length` steps; its result is x's gradient."""

    name: str
    step: Step
    length: int
    operations: int

    def draw(self, rng: np.random.Generator) -> Arrays:
        return [np.array(1.0)]

    def ours(self, arrays: Arrays) -> Work:
        x = Variable(arrays[0])

        def work() -> Arrays:
            x.cleargrad()
            chain(x, F, self.step, self.length)
            return [x.grad.data]

        return work

    def in_torch(self, torch: Any, tensors: Arrays) -> Work:
        x = tensors[0].detach().requires_grad_()

        def work() -> Arrays:
            x.grad = None
            chain(x, torch, self.step, self.length)
            return [x.grad]

        return work


def workloads(length: int = LENGTH) -> list[Chain]:
    """Every chain as a workload."""
    return [
        Chain(f"chain of {length}: {name}", step, length, length * operations)
        for name, (operations, step) in STEPS.items()
    ]
