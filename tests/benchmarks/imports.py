"""What `import dezero` adds to `import numpy`, each in a fresh process."""

from __future__ import annotations

import subprocess
import sys
from statistics import median

ROUNDS = 15
PROGRAM = """
import time
start = time.perf_counter()
import numpy
middle = time.perf_counter()
import dezero
print(middle - start, time.perf_counter() - middle)
"""


def compare() -> None:
    runs = [
        subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
        for _ in range(ROUNDS)
    ]
    columns = zip(*(map(float, run.stdout.split()) for run in runs), strict=True)
    ours, theirs = (1e3 * median(column) for column in reversed(list(columns)))
    print(f"import, ms, median of {ROUNDS}:  numpy {theirs:.1f}   dezero adds {ours:.1f}")
