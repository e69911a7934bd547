"""What is there: the card, its driver, CuPy, the versions of what takes part."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

from dezero import cuda
from gradcheck.records import machine


def main() -> int:
    try:
        cupy = cuda.device_module()
    except RuntimeError as error:
        print(error)
        return 2
    _print("nvidia-smi", _smi())
    print("cupy.show_config", flush=True)
    cupy.show_config()
    _print("machine", json.dumps(machine.describe(), indent=1))
    _print("environment", "\n".join(f"{name}={value}" for name, value in _settings()))
    memory = cupy.cuda.runtime.getDeviceProperties(0)["totalGlobalMem"]
    print(f"{machine.gpu()[0]}, {memory / 2**30:.0f} GiB; CuPy {cupy.__version__}")
    return 0


def _print(title: str, text: str) -> None:
    print(f"{title}\n{text}\n", flush=True)


def _smi() -> str:
    if not (program := shutil.which("nvidia-smi")):
        return "not found"
    try:
        return subprocess.run([program], capture_output=True, text=True, check=False, timeout=20).stdout
    except subprocess.TimeoutExpired:
        return "no answer"


def _settings() -> list[tuple[str, str]]:
    """The variables that decide how things are computed."""
    known = ("CUPY", "CUDA_", "NVIDIA_", "DEZERO", "OMP_", "OPENBLAS_", "NPY_")
    return sorted((name, value) for name, value in os.environ.items() if name.startswith(known))


if __name__ == "__main__":
    sys.exit(main())
