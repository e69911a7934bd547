"""One check of order 2 against torch's own checkers, side by side: `python -m tests.benchmarks.checks`.

A check is `gradcheck.check(f, *inputs, order=2)`: certified, with every contract check. Beside it torch's
gradcheck followed by gradgradcheck, in slow mode (every element) and in fast mode (one projection), on the
same operation at the same inputs. All take turns in one process, and all use one thread.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.benchmarks.timing import medians, processor

ROUNDS = 41

Arrays = list[np.ndarray]
Pair = tuple[Callable[..., Any], Callable[..., Any]]  # the operation in dezero and in torch


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
    for name, inputs, (ours, theirs) in _operations(torch):
        checks = [_certified(ours, inputs)]
        if torch is not None:
            checks += [_torch_check(torch, theirs, inputs, fast) for fast in (False, True)]
        _row(name, _medians(checks, ROUNDS))


def _row(name: str, figures: Sequence[float]) -> None:
    cells = f"  {name:36}{figures[0]:11.2f}"
    if len(figures) > 1:
        cells += f"{figures[1]:12.2f}{figures[2]:12.2f}{figures[0] / figures[1]:8.3f}"
    print(cells)


def _medians(functions: Sequence[Callable[[], None]], rounds: int) -> list[float]:
    for function in functions:  # first calls import and fill caches
        function()
    return medians(functions, rounds, processor)


def _certified(f: Callable[..., Any], inputs: Arrays) -> Callable[[], None]:
    import gradcheck

    def check() -> None:
        result = gradcheck.check(f, *inputs, order=2)
        assert result, str(result)

    return check


def _torch_check(torch: Any, f: Callable[..., Any], inputs: Arrays, fast: bool) -> Callable[[], None]:
    leaves = [torch.tensor(x, requires_grad=True) for x in inputs]

    def check() -> None:
        assert torch.autograd.gradcheck(f, leaves, fast_mode=fast)
        assert torch.autograd.gradgradcheck(f, leaves, fast_mode=fast)

    return check


def _operations(torch: Any) -> list[tuple[str, Arrays, Pair]]:
    """(name, inputs, the operation in both): those of the table."""
    import dezero.functions as F

    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 10)
    theirs: list[Callable[..., Any]] = _in_torch(torch, labels) if torch is not None else [_nothing] * 5
    ours: list[Callable[..., Any]] = [
        F.tanh,
        F.matmul,
        F.conv2d,
        lambda x: F.softmax_cross_entropy(x, labels),
        lambda x, gamma, beta: F.batch_norm(x, gamma, beta, np.zeros(5), np.ones(5)),
    ]
    shapes: dict[str, list[tuple[int, ...]]] = {
        "tanh (10,10)": [(10, 10)],
        "matmul (10,20)x(20,15)": [(10, 20), (20, 15)],
        "conv2d (2,3,7,7)*(4,3,3,3)": [(2, 3, 7, 7), (4, 3, 3, 3)],
        "softmax cross entropy (10,10)": [(10, 10)],
        "batch norm (8,5)": [(8, 5), (5,), (5,)],
    }
    return [
        (name, [rng.standard_normal(shape) for shape in wanted], (f, peer))
        for (name, wanted), f, peer in zip(shapes.items(), ours, theirs, strict=True)
    ]


def _in_torch(torch: Any, labels: np.ndarray) -> list[Callable[..., Any]]:
    targets = torch.from_numpy(labels)
    functional = torch.nn.functional
    return [
        torch.tanh,
        torch.matmul,
        functional.conv2d,
        lambda x: functional.cross_entropy(x, targets),
        lambda x, gamma, beta: functional.batch_norm(
            x, torch.zeros(5).double(), torch.ones(5).double(), gamma, beta, training=True
        ),
    ]


def _nothing(*_: Any) -> None:
    """Stands where torch is not installed."""


# Large inputs -----------------------------------------------------------------------------------------


def large() -> None:
    """Print the seconds of one check at inputs of tens of thousands of elements."""
    import dezero.functions as F

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
