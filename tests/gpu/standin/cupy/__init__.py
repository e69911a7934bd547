"""A stand-in for CuPy under its own name: with this folder's parent on the path, `import cupy` finds it.

dezero and gradcheck then take their ordinary way to a GPU, in every process, and compute on the CPU.
The repository's root must be on the path too.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from tests.dezero.strict_device.array import ndarray
from tests.dezero.strict_device.module import DEVICE, Namespace

__version__ = DEVICE.__version__
ndarray.__module__ = "cupy"  # by which dezero knows an array of CuPy's


def __getattr__(name: str) -> Any:
    value = getattr(DEVICE, name)
    globals()[name] = value
    return value


def _importable(path: str, members: Namespace) -> ModuleType:
    """A submodule that `import cupy.NAME` finds."""
    module = ModuleType(path)
    module.__getattr__ = members.__getattr__  # type: ignore[method-assign]
    vars(module).update({name: value for name, value in vars(members).items() if name[:1] != "_"})
    sys.modules[path] = module
    for name, value in vars(members).items():
        if isinstance(value, Namespace):
            setattr(module, name, _importable(f"{path}.{name}", value))
    return module


for _name in ("linalg", "random", "fft", "lib", "cuda"):
    globals()[_name] = _importable(f"cupy.{_name}", getattr(DEVICE, _name))
sys.modules["cupy.cuda.runtime"] = DEVICE.cuda.runtime
