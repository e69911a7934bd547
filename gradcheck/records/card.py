"""The GPU that measures: what CuPy tells of the card, and what decides how it rounds.

Nothing here makes a context on the device: a run asks before its workers start, and each makes its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

UNKNOWN = "unknown GPU"
DRIVER = Path("/proc/driver/nvidia/version")


def name(module: Any) -> str:
    """The card's name, as `module` (CuPy, or a stand-in for it) tells it."""
    return _known_answers({"name": lambda: _card(module)["name"].decode()}).get("name", UNKNOWN)


def properties(module: Any) -> dict[str, str]:
    """Card, driver, runtime and switches, in words; what is not known is left out."""
    return _known_answers(
        {
            "compute capability": lambda: "{major}.{minor}".format(**_card(module)),
            "multiprocessors": lambda: str(_card(module)["multiProcessorCount"]),
            "memory": lambda: f"{_card(module)['totalGlobalMem'] / 2**30:.1f} GiB",
            "driver": _driver,
            "CUDA of the driver": lambda: _cuda(module.cuda.runtime.driverGetVersion()),
            "CUDA runtime": lambda: _cuda(module.cuda.runtime.runtimeGetVersion()),
            "CuPy": lambda: module.__version__,
            "TF32": tf32,
            "CUPY_ACCELERATORS": lambda: os.environ["CUPY_ACCELERATORS"],
            "DEZERO_FUSE": lambda: os.environ["DEZERO_FUSE"],
        }
    )


def tf32() -> str:
    """Whether CuPy multiplies float32 matrices in TF32, 10 bits of fraction instead of 23: "on" or "off".

    CuPy does so where CUPY_TF32 is a positive number, unless NVIDIA_TF32_OVERRIDE=0 forbids it.
    """
    asked = int(os.environ.get("CUPY_TF32", "0")) > 0
    return "on" if asked and os.environ.get("NVIDIA_TF32_OVERRIDE") != "0" else "off"


def _known_answers(asked: Mapping[str, Callable[[], str]]) -> dict[str, str]:
    """The answers that there are: a driver, a variable or a function may be missing."""
    found = {}
    for what, ask in asked.items():
        with suppress(Exception):  # CUDA's errors are of several libraries
            found[what] = ask()
    return found


def _card(module: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = module.cuda.runtime.getDeviceProperties(0)
    return found


def _driver() -> str:
    """The version of the kernel's module, which is NVIDIA's name for the driver."""
    found = re.search(r"\b\d{3,}(\.\d+)+\b", DRIVER.read_text(encoding="utf-8"))
    assert found is not None
    return found[0]


def _cuda(number: int) -> str:
    """A version as CUDA counts it; 0, which is none, is an error.

    >>> _cuda(13020)
    '13.2'
    """
    if not number:
        raise ValueError("CUDA has no version")
    return f"{number // 1000}.{number % 1000 // 10}"
