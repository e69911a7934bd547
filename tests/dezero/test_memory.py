"""Memory: the C library keeps what was freed for the next arrays."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

ROUNDS = 20
PROGRAM = f"""
import resource
import dezero
import numpy as np

def pages():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def gradients():
    return [np.ones(1 << 20, np.float32) for _ in range(4)]

gradients()
before = pages()
for _ in range({ROUNDS}):
    gradients()
print(pages() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="how glibc's malloc adapts")
def test_arrays_of_some_megabytes_get_the_memory_of_those_before() -> None:
    """Without that the system clears 16 MiB, 4,096 pages, in every round."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert int(done.stdout) < ROUNDS * 100
