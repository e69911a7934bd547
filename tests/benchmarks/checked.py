"""Checks as workloads: `gradcheck.check` of order 2, and torch's gradcheck followed by gradgradcheck."""

# ruff: noqa: N803  # the field's letters

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import dezero.functions as F
from dezero.cuda import get_array_module
from tests.benchmarks.entries import Entry
from tests.benchmarks.steps import Arrays, Step
from tests.benchmarks.twins import TWINS

SLOW, FAST, TWIN = "torch slow", "torch fast", "right twin"
NOISE = 1e-10  # between two calls: a device may add up in any order


@dataclass(frozen=True)
class Check:
    """A check of one operation at inputs of float64.

    Attributes:
        f: of Variables.
        peer: the same of torch and tensors.
    """

    name: str
    shapes: Sequence[tuple[int, ...]]
    f: Callable[..., Any]
    peer: Callable[..., Any]

    def draw(self, rng: np.random.Generator) -> Arrays:
        return [rng.standard_normal(shape) for shape in self.shapes]

    def ours(self, arrays: Arrays) -> Step:
        return _certified(self.f, arrays)

    def in_torch(self, torch: Any, tensors: Arrays, fast: bool = False) -> Step:
        """torch's gradcheck followed by its gradgradcheck."""
        leaves = [x.detach().requires_grad_() for x in tensors]
        f = functools.partial(self.peer, torch)

        def check() -> Arrays:
            assert torch.autograd.gradcheck(f, leaves, fast_mode=fast, nondet_tol=NOISE)
            assert torch.autograd.gradgradcheck(f, leaves, fast_mode=fast, nondet_tol=NOISE)
            return []

        return check


def _certified(f: Callable[..., Any], arrays: Arrays) -> Step:
    """gradcheck's check of order 2, where the arrays are."""
    import gradcheck

    def check() -> Arrays:
        result = gradcheck.check(f, *arrays, order=2)
        assert result, str(result)
        return []

    return check


def _on_device_of(x: Any, values: Any) -> Any:
    """`values` where x is."""
    return get_array_module(x).asarray(values)


LABELS = np.random.default_rng(1).integers(0, 10, 10)
CHECKS = (
    Check("tanh (10,10)", [(10, 10)], F.tanh, lambda torch, x: torch.tanh(x)),
    Check("matmul (10,20)x(20,15)", [(10, 20), (20, 15)], F.matmul, lambda torch, x, W: torch.matmul(x, W)),
    Check(
        "conv2d (2,3,7,7)*(4,3,3,3)",
        [(2, 3, 7, 7), (4, 3, 3, 3)],
        F.conv2d,
        lambda torch, x, W: torch.nn.functional.conv2d(x, W),
    ),
    Check(
        "softmax cross entropy (10,10)",
        [(10, 10)],
        lambda x: F.softmax_cross_entropy(x, _on_device_of(x, LABELS)),
        lambda torch, x: torch.nn.functional.cross_entropy(x, torch.from_numpy(LABELS).to(x.device)),
    ),
    Check(
        "batch norm (8,5)",
        [(8, 5), (5,), (5,)],
        lambda x, *factors: F.batch_norm(
            x, *factors, _on_device_of(x, np.zeros(5)), _on_device_of(x, np.ones(5))
        ),
        lambda torch, x, *factors: torch.nn.functional.batch_norm(
            x, x.new_zeros(5), x.new_ones(5), *factors, training=True
        ),
    ),
)
LARGE = (
    ("tanh (1000,100)", [(1000, 100)], F.tanh),
    (
        "softmax cross entropy (1000,100)",
        [(1000, 100)],
        lambda x: F.softmax_cross_entropy(x, np.arange(1000) % 100),
    ),
    ("matmul (200,200)x(200,200)", [(200, 200), (200, 200)], F.matmul),
    ("conv2d (8,16,32,32)*(16,16,3,3)", [(8, 16, 32, 32), (16, 16, 3, 3)], F.conv2d),
    ("mean (100000,)", [(100_000,)], F.mean),
)


def entries() -> list[Entry]:
    """All checks; who takes part beside gradcheck is whom a limit names."""
    return [
        *(Entry("checks", "", check, {SLOW: 0.5, FAST: 2.5}) for check in CHECKS),
        *(Entry("wrong", "", twins, {TWIN: 3.0}, reason=twins.reason) for twins in TWINS),
        *(Entry("large", "", Check(*row, peer=_alone), {}) for row in LARGE),
    ]


def _alone(torch: Any, *xs: Any) -> Any:
    raise NotImplementedError("a large check is compared with none of torch's")
