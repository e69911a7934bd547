"""The two sides of a comparison, dezero on CuPy and PyTorch: how each holds, times and shows arrays."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from dezero import cuda
from tests.benchmarks.steps import Arrays, Step, Workload
from tests.benchmarks.timing import Clock, Work, wall

SAMPLE = 100_000  # elements of a result that are looked at


@dataclass(frozen=True)
class Side:
    """One framework on its device.

    Attributes:
        put: a host array -> one of the framework's.
        begin: the step of a workload on such arrays, or None where the framework has nothing like it.
        clock: the seconds that a step takes there.
        get: one of the framework's arrays -> a host array.
        free: give back the memory of arrays that are gone.
    """

    name: str
    put: Callable[[np.ndarray], Any]
    begin: Callable[[Workload, Arrays], Step | None]
    clock: Clock
    get: Callable[[Any], np.ndarray]
    free: Callable[[], None]

    def step(self, workload: Workload) -> Step | None:
        """The workload's step, on this side; the same inputs each time."""
        drawn = workload.draw(np.random.default_rng(0))
        return self.begin(workload, [self.put(x) for x in drawn])

    def sampled(self, results: Arrays) -> list[np.ndarray]:
        """Evenly chosen elements of each result, on the host."""
        flat = [x.reshape(-1) for x in results]
        return [self.get(x[:: -(-len(x) // SAMPLE)]) for x in flat]


def dezero_side() -> Side:
    """dezero on the device's array module.

    Raises:
        RuntimeError: there is no device.
    """
    xp: Any = cuda.device_module()
    return Side(
        name="dezero",
        put=xp.asarray,
        begin=lambda workload, arrays: workload.ours(arrays),
        clock=events_of(xp),
        get=xp.asnumpy,
        free=xp.get_default_memory_pool().free_all_blocks,
    )


def torch_side(torch: ModuleType) -> Side:
    """PyTorch on the same card, without TF32, as CuPy; where it sees none, on the CPU by the host's clock."""
    on_card = torch.cuda.is_available()
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    device = "cuda" if on_card else "cpu"
    return Side(
        name=f"torch {torch.__version__} on {device}",
        put=lambda x: torch.from_numpy(x.copy()).to(device),
        begin=lambda workload, tensors: workload.in_torch(torch, tensors),
        clock=_events_of_torch(torch) if on_card else wall,
        get=lambda x: x.detach().cpu().numpy(),
        free=torch.cuda.empty_cache,
    )


def torch_module() -> ModuleType | None:
    """PyTorch, where it is installed."""
    try:
        return importlib.import_module("torch")
    except ImportError:
        return None


def events_of(xp: Any) -> Clock:
    """The seconds between two events of the device: those that it waits for the host are among them."""
    return _between(xp.cuda.Event, xp.cuda.get_elapsed_time)


def _events_of_torch(torch: Any) -> Clock:
    return _between(lambda: torch.cuda.Event(enable_timing=True), lambda start, end: start.elapsed_time(end))


def _between(event: Callable[[], Any], milliseconds: Callable[[Any, Any], float]) -> Clock:
    def clock(work: Work) -> float:
        start, end = event(), event()
        start.record()
        work()
        end.record()
        end.synchronize()
        return float(milliseconds(start, end)) / 1e3

    return clock
