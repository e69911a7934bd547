"""Ratios against a peer and against NumPy, side by side in one run: `python -m tests.benchmarks`.

Compared with torch (CPU) where it is installed. Both use the same number of threads.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    if os.environ.pop("OPENBLAS_CORETYPE", None):  # read when NumPy loads: it slows NumPy alone
        os.execv(sys.executable, [sys.executable, "-m", "tests.benchmarks", *sys.argv[1:]])
    from tests.benchmarks import chains, imports

    chains.grow()  # before torch's hundreds of thousands of objects are the garbage collector's too
    imports.compare()
    try:
        import torch
    except ImportError:
        torch = None
        print("torch is not installed: dezero's figures alone")
    else:
        torch.set_num_threads(1)
    chains.compare(torch)


if __name__ == "__main__":
    main()
