"""Derivatives of high order as workloads: graphs of small arrays, which cost what the tape costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import dezero.functions as F
from dezero import Variable
from tests.benchmarks.steps import Arrays, Step


@dataclass(frozen=True)
class Derivative:
    """A derivative in both frameworks, by backward passes that leave a graph.

    Attributes:
        start: the inputs.
        dezero, torch: the work: of dezero on Variables, of torch on leaves.
    """

    name: str
    start: Callable[[], Arrays]
    dezero: Callable[..., Arrays]
    torch: Callable[..., Arrays]

    def draw(self, rng: np.random.Generator) -> Arrays:
        return self.start()

    def ours(self, arrays: Arrays) -> Step:
        return lambda: [y.data for y in self.dezero(*map(Variable, arrays))]

    def in_torch(self, torch: Any, tensors: Arrays) -> Step:
        def step() -> Arrays:
            leaves = [x.detach().requires_grad_() for x in tensors]
            return [y.detach() for y in self.torch(torch, *leaves)]

        return step


def _sines(x: Variable) -> Arrays:
    y = F.sin(x)
    for _ in range(ORDER):
        x.cleargrad()
        y.backward(create_graph=True)
        y = x.grad
    return [y]


def _sines_in_torch(torch: Any, x: Any) -> Arrays:
    y = torch.sin(x)
    for _ in range(ORDER):
        (y,) = torch.autograd.grad(y, x, torch.ones_like(y), create_graph=True)
    return [y]


def rosenbrock(x0: Any, x1: Any) -> Any:
    return 100 * (x1 - x0**2) ** 2 + (x0 - 1) ** 2


def _hessian(*xs: Variable) -> Arrays:
    y = rosenbrock(*xs)
    y.backward(create_graph=True)
    gradients = [x.grad for x in xs]
    rows = []
    for gradient in gradients:
        for x in xs:
            x.cleargrad()
        gradient.backward(retain_grad=False)
        rows += [x.grad for x in xs]
    return rows


def _hessian_in_torch(torch: Any, *xs: Any) -> Arrays:
    """By two passes: torch.autograd.functional.hessian takes longer."""
    gradients = torch.autograd.grad(rosenbrock(*xs), xs, create_graph=True)
    return [row for gradient in gradients for row in torch.autograd.grad(gradient, xs, retain_graph=True)]


ORDER = 8
SINES = Derivative(
    "8th derivative of sin, 200 values", lambda: [np.linspace(-7, 7, 200)], _sines, _sines_in_torch
)
HESSIAN = Derivative(
    "Rosenbrock's Hessian", lambda: [np.array(0.0), np.array(2.0)], _hessian, _hessian_in_torch
)
DERIVATIVES = (SINES, HESSIAN)
