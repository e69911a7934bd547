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
    numpy_seconds, dezero_seconds = zip(*(map(float, r.stdout.split()) for r in runs), strict=True)
    print("import, ms, medians of fresh processes")
    print(f"  numpy {median(numpy_seconds) * 1e3:.1f}   dezero adds {median(dezero_seconds) * 1e3:.1f}")
