"""One check of order 2 against torch's own checkers, side by side: `python -m tests.benchmarks.checks`.

A check is `gradcheck.check(f, *inputs, order=2)`: certified, with every contract check. Beside it torch's
gradcheck followed by gradgradcheck, in slow mode (every element) and in fast mode (one projection), on the
same operation at the same inputs. All take turns in one process, and all use one thread.
"""

# ruff: noqa: N803  # the field's letters

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import dezero.functions as F
from dezero.cuda import get_array_module
from tests.benchmarks.steps import Arrays, Step
from tests.benchmarks.timing import medians, processor

ROUNDS = 41
NOISE = 1e-10  # between two calls: a device may add up in any order


def main() -> None:
    if os.environ.pop("OPENBLAS_CORETYPE", None):  # read when NumPy loads: it names an older CPU
        os.execv(sys.executable, [sys.executable, "-m", "tests.benchmarks.checks", *sys.argv[1:]])
    try:
        import torch
    except ImportError:
        torch = None
        print("torch is not installed: gradcheck's figures alone")
    else:
        torch.set_num_threads(1)
    compare(torch)
    large()


# The table --------------------------------------------------------------------------------------------


def compare(torch: Any) -> None:
    """Print the median milliseconds of each checker on each operation, and the ratio to slow mode."""
    print(f"order 2, ms of CPU, medians of {ROUNDS} rounds in turns")
    print(f"  {'':36}{'gradcheck':>11}{'torch slow':>12}{'torch fast':>12}{'ratio':>8}  (at most 0.5)")
    rng = np.random.default_rng(0)
    for check in CHECKS:
        arrays = check.draw(rng)
        works = [check.ours(arrays)]
        if torch is not None:
            tensors = [torch.from_numpy(x) for x in arrays]
            works += [check.in_torch(torch, tensors, fast) for fast in (False, True)]
        _row(check.name, _medians(works))


def _row(name: str, figures: Sequence[float]) -> None:
    cells = f"  {name:36}{figures[0]:11.2f}"
    if len(figures) > 1:
        cells += f"{figures[1]:12.2f}{figures[2]:12.2f}{figures[0] / figures[1]:8.3f}"
    print(cells)


def _medians(works: Sequence[Step]) -> list[float]:
    for work in works:  # first calls import and fill caches
        work()
    return medians(works, ROUNDS, processor)


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


# Large inputs -----------------------------------------------------------------------------------------


def large() -> None:
    """Print the seconds of one check at inputs of tens of thousands of elements."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 100, 1000)
    print("one check of a large input, order 2, s of CPU, once each")
    rows: list[tuple[str, Callable[..., Any], list[tuple[int, ...]]]] = [
        ("tanh (1000,100)", F.tanh, [(1000, 100)]),
        (
            "softmax cross entropy (1000,100)",
            lambda x: F.softmax_cross_entropy(x, labels),
            [(1000, 100)],
        ),
        ("matmul (200,200)x(200,200)", F.matmul, [(200, 200), (200, 200)]),
        ("conv2d (8,16,32,32)*(16,16,3,3)", F.conv2d, [(8, 16, 32, 32), (16, 16, 3, 3)]),
        ("mean (100000,)", F.mean, [(100_000,)]),
    ]
    for name, f, shapes in rows:
        check = _certified(f, [rng.standard_normal(shape) for shape in shapes])
        print(f"  {name:36}{processor(check):11.2f}", flush=True)


if __name__ == "__main__":
    main()
