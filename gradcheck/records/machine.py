"""The machine that measures: what it is, and the versions of what takes part."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TypedDict

import numpy as np

import dezero
from dezero import cuda
from gradcheck.records import card, checkout
from gradcheck.records.judged_rows import DeviceRow, Machine

PACKAGES = ("numpy", "sympy", "python-flint", "cupy-cuda12x", "cupy-cuda13x", "dezero-gradcheck")


class Description(TypedDict):
    """A process that measures.

    Attributes:
        versions: of what takes part; `source` is a digest of both packages' files.
        machine: the system, the processor, the cores that this process may use.
        devices: "cpu" and, where there is one, "gpu" -> what it is.
        no_gpu: why there is none, or empty.
    """

    versions: dict[str, str]
    source: str
    machine: Machine
    devices: dict[str, DeviceRow]
    no_gpu: str


def describe() -> Description:
    """This process."""
    reason = gpu()[1]
    return Description(
        versions=versions(),
        source=source(),
        machine=machine(),
        devices={each["device"]: each for each in devices(("cpu",) if reason else ("cpu", "gpu"))},
        no_gpu=reason,
    )


def gpu() -> tuple[str, str]:
    """The GPU's name; or an empty one, and why there is none."""
    try:
        return card.name(cuda.device_module()), ""
    except RuntimeError as error:
        return "", str(error)


def devices(names: Iterable[str]) -> list[DeviceRow]:
    """What these devices are; a GPU is asked only where it is among them."""
    return [_gpu() if name == "gpu" else _cpu() for name in names]


def _cpu() -> DeviceRow:
    return DeviceRow(device="cpu", name=processor(), properties={})


def _gpu() -> DeviceRow:
    module = cuda.device_module()
    return DeviceRow(device="gpu", name=card.name(module), properties=card.properties(module))


def versions() -> dict[str, str]:
    """The versions of what takes part, of those installed; `numpy-simd` are NumPy's vector instructions."""
    found = {"python": platform.python_version(), "numpy-simd": simd()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def simd() -> str:
    """The highest vector instructions that NumPy uses here: what rounds last bits otherwise elsewhere.

    They are less than the processor has where NPY_DISABLE_CPU_FEATURES says so.
    """
    config = np.show_config(mode="dicts") or {}
    extensions = config.get("SIMD Extensions", {})
    names = [*extensions.get("baseline", []), *extensions.get("found", [])]
    return str(names[-1]) if names else "none"


def commit() -> str:
    """The commit of dezero that is measured, or of the checkout in which the command runs."""
    return checkout.commit_of(Path(str(dezero.__file__)).resolve().parent)


@cache
def source() -> str:
    """A digest of the Python files of dezero and gradcheck: the same version may hold others."""
    digest = hashlib.sha256()
    for package in (Path(str(dezero.__file__)).parent, Path(__file__).parents[1]):
        for path in sorted(package.rglob("*.py")):
            digest.update(path.relative_to(package.parent).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def machine() -> Machine:
    """System, processor and usable cores, as a run's row has them."""
    system = f"{platform.system()} {platform.release()}"
    return Machine(system=system, processor=processor(), cores=usable_cores())


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    if sys.platform == "linux":
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def usable_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
