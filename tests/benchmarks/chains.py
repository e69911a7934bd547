"""Scalar chains: the cost of the tape itself, per operation, forward and backward."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

import dezero.functions as F
from dezero import Variable
from tests.benchmarks.steps import Arrays
from tests.benchmarks.steps import Step as Work
from tests.benchmarks.timing import wall

LENGTH = 1000
ROUNDS = 41
LENGTHS = (1_000, 10_000, 100_000)

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


def seconds(leaf: Callable[[], Any], namespace: Any, step: Step, length: int) -> float:
    """The time of one chain of `length` steps, forward, backward and freed."""
    x = leaf()
    return wall(lambda: chain(x, namespace, step, length))


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


def workloads(length: int) -> list[Chain]:
    """Every chain as a workload."""
    return [Chain(f"chain of {length}: {name}", step, length) for name, (_, step) in STEPS.items()]


def dezero_leaf() -> Variable:
    return Variable(np.array(1.0))


def compare(peer: Any) -> None:
    """Print microseconds an operation of dezero and of torch (`peer`, or None), taken in turns."""
    print(f"scalar chain of {LENGTH} steps, forward and backward: us per op, {ROUNDS} rounds")
    totals = np.zeros(2)
    for name, (operations, step) in STEPS.items():
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(seconds(dezero_leaf, F, step, LENGTH))
            if peer is not None:
                theirs.append(seconds(lambda: _peer_leaf(peer), peer, step, LENGTH))
        figures = np.array([median(times) if times else np.nan for times in (ours, theirs)])
        figures *= 1e6 / LENGTH / operations
        totals += figures
        _row(name, figures)
    _row("sum of all", totals)


def grow() -> None:
    """Print the time an operation costs as graphs grow: constant, where time is linear.

    Python's garbage collector looks again and again through whatever is alive, here the whole graph;
    the second column is without it.
    """
    print("us per operation as the graph grows: as it is, and with the garbage collector off")
    for name, build in {"chain of n": _chain, "one variable n times": _reuses}.items():
        for length in LENGTHS:
            figures = [_typical(build, length, collect) for collect in (True, False)]
            print(f"  {name:22} n={length:<8} {figures[0]:7.2f} {figures[1]:7.2f}")


def _typical(build: Callable[[int], float], length: int, collect: bool) -> float:
    gc.collect()
    if not collect:
        gc.disable()
    try:
        rounds = max(3, 30_000 // length)
        return median(build(length) for _ in range(rounds)) / length * 1e6
    finally:
        gc.enable()


def _peer_leaf(torch: Any) -> Any:
    return torch.tensor(1.0, dtype=torch.float64, requires_grad=True)


def _row(name: str, figures: np.ndarray) -> None:
    ours, theirs = figures
    print(f"  {name:14} dezero {ours:6.2f}   torch {theirs:6.2f}   ratio {ours / theirs:5.2f}")


def _chain(length: int) -> float:
    return seconds(dezero_leaf, F, lambda m, y: m.sin(y), length)


def _reuses(length: int) -> float:
    x = dezero_leaf()
    return seconds(dezero_leaf, F, lambda m, y: y + x, length)
