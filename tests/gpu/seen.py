"""What a piece of work asked of the device: launches, copies, and how often the host had to wait.

On a card PyTorch's profiler tells: CUDA reports the calls of the whole process to it, CuPy's among them. The
stand-in counts for itself what crosses the border, and has no launches.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dezero import cuda

WAITING = ("cudaStreamSynchronize", "cudaEventSynchronize", "cudaMemcpy", "cuStreamSynchronize")


@dataclass(frozen=True)
class Seen:
    """What was seen of some work.

    Attributes:
        waits: how often the host waited for the device.
        uploads: copies from the host.
        launches: kernel -> how many.
        microseconds: kernel -> in all.
    """

    waits: int
    uploads: int
    launches: Counter[str] = field(default_factory=Counter)
    microseconds: Counter[str] = field(default_factory=Counter)

    def line(self) -> str:
        crossed = f"{self.waits} synchronisations, {self.uploads} uploads"
        if not self.launches:
            return crossed
        return (
            f"{crossed}, {self.launches.total()} launches of {len(self.launches)} kernels, "
            f"busy for {self.microseconds.total() / 1e3:.3f} ms"
        )

    def kernels(self, most: int) -> list[str]:
        """A line for each of the kernels that took longest."""
        longest = self.microseconds.most_common(most)
        return [f"{time:10.1f} us {self.launches[name]:6} x  {name[:100]}" for name, time in longest]


def by_stand_in(work: Callable[[], Any]) -> Seen:
    """What the stand-in counts."""
    xp: Any = cuda.device_module()
    with xp.counting() as counts:
        work()
    return Seen(waits=counts.syncs, uploads=counts["upload"])


def by_profiler(torch: Any, work: Callable[[], Any]) -> Seen:
    """What CUDA reports to PyTorch's profiler."""
    torch.cuda.init()
    kinds = torch.profiler.ProfilerActivity
    torch.cuda.synchronize()
    with torch.profiler.profile(activities=[kinds.CPU, kinds.CUDA]) as profiler:
        work()
        torch.cuda.synchronize()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "trace.json")
        profiler.export_chrome_trace(str(path))
        return parsed(json.loads(path.read_text(encoding="utf-8"))["traceEvents"])


def parsed(events: Iterable[Mapping[str, Any]]) -> Seen:
    """What the events of a trace say.

    A copy to the host and the call that waits for it are one wait. The profiler's own
    `cudaDeviceSynchronize`, which dezero never calls, does not count.

    >>> parsed([{"cat": "kernel", "name": "add", "dur": 2.5}, {"cat": "kernel", "name": "add", "dur": 1.5},
    ...         {"cat": "gpu_memcpy", "name": "Memcpy DtoH (Device -> Pageable)"},
    ...         {"cat": "cuda_runtime", "name": "cudaStreamSynchronize"},
    ...         {"cat": "cuda_runtime", "name": "cudaDeviceSynchronize"}]).line()
    '1 synchronisations, 0 uploads, 2 launches of 1 kernels, busy for 0.004 ms'
    """
    launches: Counter[str] = Counter()
    microseconds: Counter[str] = Counter()
    copies: Counter[str] = Counter()
    calls: Counter[str] = Counter()
    for event in events:
        kind, name = event.get("cat"), str(event.get("name"))
        if kind == "kernel":
            launches[name] += 1
            microseconds[name] += event["dur"]
        elif kind == "gpu_memcpy":
            copies[name.partition(" (")[0]] += 1
        elif kind in ("cuda_runtime", "cuda_driver"):
            calls[name] += 1
    waits = max(copies["Memcpy DtoH"], sum(calls[name] for name in WAITING))
    return Seen(waits, copies["Memcpy HtoD"], launches, microseconds)
