"""What the machine can do, measured in the same run: how long passes over the memory take."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.records import machine
from tests.benchmarks.timing import medians, processor

ROUNDS = 21
CACHED, STREAMED = 4_000_000, 64_000_000  # bytes of an array: a million float32; more than caches hold
LEAST = 100_000  # bytes, below which the call costs more than the pass


def describe(peer: Any) -> dict[str, Any]:
    """The machine, the versions, the threads, and its limits."""
    versions = {name: machine.versions()[name] for name in ("python", "numpy", "numpy-simd")}
    threads = {name: os.environ.get(name) for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")}
    if peer is not None:
        versions["torch"] = peer.__version__
        threads["torch"] = peer.get_num_threads()
    return {
        **machine.machine(), "versions": versions, "threads": threads, "limits": limits(), "prices": prices(),
    }  # fmt: skip


def limits() -> dict[str, float]:
    """Bandwidths in GB/s, and products of matrices in GFLOP/s, by NumPy alone."""
    found = {}
    for name, size in (("a_million_float32", CACHED), ("beyond_caches", STREAMED)):
        found[f"copy_{name}_GB_per_s"] = 2 * size / _copy(size) / 1e6
        found[f"triad_{name}_GB_per_s"] = 5 * size / _triad(size) / 1e6
    for dtype in (np.float32, np.float64):
        a = np.ones((1024, 1024), dtype)
        found[f"matmul_{np.dtype(dtype)}_GFLOP_per_s"] = 2 * 1024**3 / _best(lambda a=a: a @ a, 5) / 1e6
    return found


def prices() -> dict[str, dict[str, float]]:
    """What NumPy's calls cost on a million elements into memory that is there, in nanoseconds an element."""
    found = {}
    for dtype in (np.float32, np.float64):
        rng, shape = np.random.default_rng(0), (1000, 1000)
        works = _calls(rng.random(shape, dtype), np.empty(shape, dtype), rng.random(shape) < 0.5)
        found[str(np.dtype(dtype))] = {name: _best(work) for name, work in works.items()}
    return found


def _calls(x: np.ndarray, out: np.ndarray, mask: np.ndarray) -> dict[str, Callable[[], Any]]:
    """What formulas are made of."""
    return {
        "copy": lambda: np.copyto(out, x),
        "add": lambda: np.add(x, x, out=out),
        "divide": lambda: np.divide(x, x, out=out),
        "maximum": lambda: np.maximum(x, 0.5, out=out),
        "exp": lambda: np.exp(x, out=out),
        "expm1": lambda: np.expm1(x, out=out),
        "log": lambda: np.log(x, out=out),
        "log1p": lambda: np.log1p(x, out=out),
        "tanh": lambda: np.tanh(x, out=out),
        "sin": lambda: np.sin(x, out=out),
        "power 3": lambda: np.power(x, 3, out=out),
        "sum of rows": lambda: np.sum(x, axis=1),
        "max of rows": lambda: np.max(x, axis=1),
        "where, a mask without pattern": lambda: np.where(mask, x, out),
        "elements of such a mask": lambda: x[mask],
        "add, a new array": lambda: x + x,
    }


@functools.cache
def one_pass(size: int) -> float | None:
    """Milliseconds of reading an array of `size` bytes and writing another; None where it is small."""
    return _copy(size) if size >= LEAST else None


def _copy(size: int) -> float:
    x, y = np.ones((2, size // 4), "f")
    return _best(lambda: np.copyto(y, x))


def _triad(size: int) -> float:
    """a = b + s c in two calls of NumPy: three arrays are read, two written."""
    a, b, c = np.ones((3, size // 4), "f")

    def work() -> None:
        np.multiply(c, np.float32(3), out=a)
        np.add(a, b, out=a)

    return _best(work)


def _best(work: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """The median milliseconds."""
    work()
    return medians([work], rounds, processor)[0]
