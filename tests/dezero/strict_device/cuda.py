"""`cupy.cuda`: the card, its memory, streams and events, as far as programs here ask for them."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

CARD = "stand-in for a GPU, on the CPU"


class Device:
    """The one device."""

    def __init__(self, device: int = 0) -> None:
        self.id = int(device)

    compute_capability = "90"
    mem_info = (2**30, 2**30)  # free and all of it, in bytes

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *args: Any) -> None:
        pass

    def use(self) -> None:
        pass

    def synchronize(self) -> None:
        pass


class Stream:
    """A queue of work, which is always done."""

    null: Stream
    done = True
    ptr = 0

    def __init__(self, null: bool = False, non_blocking: bool = False, ptds: bool = False) -> None:
        pass

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *args: Any) -> None:
        pass

    def use(self) -> Stream:
        return self

    def synchronize(self) -> None:
        pass

    def record(self, event: Event | None = None) -> Event:
        event = event or Event()
        event.record(self)
        return event

    def wait_event(self, event: Event) -> None:
        pass


class Event:
    """A moment of the host's clock."""

    done = True

    def __init__(self, block: bool = False, disable_timing: bool = False, interprocess: bool = False) -> None:
        self._moment = 0.0

    def record(self, stream: Stream | None = None) -> None:
        self._moment = time.perf_counter()

    def synchronize(self) -> None:
        pass


def get_elapsed_time(start_event: Event, end_event: Event) -> float:
    """In milliseconds."""
    return 1e3 * (end_event._moment - start_event._moment)


class MemoryPool:
    """Memory is the host's."""

    def free_all_blocks(self, stream: Stream | None = None) -> None:
        pass

    def used_bytes(self) -> int:
        return 0

    def total_bytes(self) -> int:
        return 0

    def set_limit(self, size: int | None = None, fraction: float | None = None) -> None:
        pass


Stream.null = Stream(null=True)
_pool = MemoryPool()


def get_default_memory_pool() -> MemoryPool:
    return _pool


def get_current_stream(device_id: int = -1) -> Stream:
    return Stream.null


def is_available() -> bool:
    return True


def _properties(device: int) -> dict[str, Any]:
    return {
        "name": CARD.encode(), "totalGlobalMem": 2**30, "major": 9, "minor": 0, "warpSize": 32,
        "multiProcessorCount": 1,
    }  # fmt: skip


runtime = SimpleNamespace(
    getDeviceProperties=_properties,
    getDeviceCount=lambda: 1,
    getDevice=lambda: 0,
    setDevice=lambda device: None,
    deviceSynchronize=lambda: None,
    driverGetVersion=lambda: 0,
    runtimeGetVersion=lambda: 0,
    memGetInfo=lambda: (2**30, 2**30),
    is_hip=False,
)
MEMBERS = {
    "Device": Device, "Stream": Stream, "Event": Event, "MemoryPool": MemoryPool, "runtime": runtime,
    "get_elapsed_time": get_elapsed_time, "get_current_stream": get_current_stream,
    "is_available": is_available,
}  # fmt: skip
