"""Every workload on the device, compared with PyTorch there: `python -m tests.gpu.benchmark FILE`.

Both sides take turns in one process, timed by events of the device, after a warm-up; a ratio is that of
the medians. TF32 is off on both. FILE is written anew after each row, so that it is whole whenever this ends.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import geometric_mean
from typing import Any

import numpy as np

from dezero import cuda, fusion
from gradcheck.records import card, machine
from tests.benchmarks.steps import Step, Workload, assert_alike
from tests.benchmarks.timing import medians
from tests.gpu.sides import Side, dezero_side, events_of, torch_module, torch_side
from tests.gpu.workloads import workloads

WARM_UP = 3  # calls: kernels are compiled, memory is taken
ROUNDS = 5, 50  # at least, at most
SPENT = 0.1  # seconds of rounds for one workload

Row = dict[str, Any]


def main(argv: Sequence[str] | None = None) -> int:
    """Write FILE; exit status 1 where a workload could not be done, or the sides differ."""
    parser = argparse.ArgumentParser(prog="python -m tests.gpu.benchmark")
    parser.add_argument("file", type=Path)
    parser.add_argument("--rehearse", action="store_true", help="small sizes, one round")
    options = parser.parse_args(argv)
    torch = torch_module()
    sides = [dezero_side(), *([torch_side(torch)] if torch else [])]
    found: dict[str, Any] = {"about": about(sides)}

    def keep() -> None:
        options.file.write_text(json.dumps(found, indent=1), encoding="utf-8")

    found["limits"] = limits(options.rehearse)
    found["workloads"], found["fused"] = [], []
    rows = found["workloads"]
    for (group, name), workload in workloads(options.rehearse).items():
        figures = attempt(lambda work=workload: compared(work, sides, options.rehearse))
        rows.append({"group": group, "name": name, **figures})
        print(_line(rows[-1]), flush=True)
        keep()
        for side in sides:
            side.free()
    for kernel in fused(options.rehearse):
        found["fused"].append(kernel)
        keep()
    print(headline(found))
    return int(any("error" in row for row in [*rows, *found["fused"]]))


def about(sides: Sequence[Side]) -> Row:
    """What was compared, and where."""
    return {
        "sides": [side.name for side in sides],
        "tf32": {"dezero": card.tf32() == "on", "torch": False},
        **machine.describe(),
    }


# Workloads --------------------------------------------------------------------------------------------


def attempt(measure: Callable[[], Row]) -> Row:
    """A row of figures, or of what went wrong: one that fails leaves the others alone."""
    try:
        return measure()
    except Exception as error:  # whatever it is, it belongs into the file
        return {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"}


def compared(workload: Workload, sides: Sequence[Side], rehearse: bool) -> Row:
    """Milliseconds of each side, and their ratio where there are two.

    Raises:
        AssertionError: the results differ.
    """
    begun = [(side, side.step(workload)) for side in sides]
    sides, steps = zip(*((side, step) for side, step in begun if step is not None), strict=True)
    results = [side.sampled(step()) for side, step in zip(sides, steps, strict=True)]
    for theirs in results[1:]:
        assert_alike(results[0], theirs, workload.name)
    rounds = 1 if rehearse else _rounds(sides, steps)
    figures = medians(steps, rounds, [side.clock for side in sides])
    row = {"rounds": rounds, "ms": figures[0]}
    return row if len(figures) == 1 else {**row, "torch_ms": figures[1], "ratio": figures[0] / figures[1]}


def _rounds(sides: Sequence[Side], steps: Sequence[Step]) -> int:
    """Warm up; as many rounds as take about SPENT seconds."""
    for _ in range(WARM_UP):
        taken = [side.clock(step) for side, step in zip(sides, steps, strict=True)]
    return int(np.clip(SPENT / sum(taken), *ROUNDS))


# The card ---------------------------------------------------------------------------------------------


def limits(rehearse: bool) -> Row:
    """What the card can do, measured by CuPy alone: copying, and products of matrices."""
    xp: Any = cuda.device_module()
    clock, n = events_of(xp), 128 if rehearse else 8192
    x = xp.ones((n, n), dtype="f")
    copied = xp.empty_like(x)

    def copy() -> None:
        copied[...] = x

    found = {"copy_GB_per_s": 2 * x.nbytes / _best(clock, copy) / 1e9}
    for dtype in ("float32", "float64"):
        a = x.astype(dtype)
        found[f"matmul_{dtype}_TFLOP_per_s"] = 2 * n**3 / _best(clock, lambda a=a: a @ a) / 1e12
    return found


def _best(clock: Callable[[Any], float], work: Callable[[], Any]) -> float:
    return min(clock(work) for _ in range(10))


def fused(rehearse: bool) -> Iterator[Row]:
    """Each formula that can be one kernel, as one and as it is, on small and on large arrays."""
    for formula in fusion.formulas():
        for elements in (100,) if rehearse else (100, 10_000_000):
            figures = attempt(lambda f=formula, n=elements: _fused(f, n))
            yield {"name": formula.name, "elements": elements, **figures}


def _fused(formula: fusion.Fusible, elements: int) -> Row:
    xp: Any = cuda.device_module()
    arguments = formula.arguments(xp, (elements,), np.float32)
    works = [lambda f=f: f(*arguments) for f in (formula.formula, formula.kernel(xp))]
    for work in works * WARM_UP:
        work()
    plain, one = medians(works, ROUNDS[0], events_of(xp))
    return {"ms": one, "plain_ms": plain, "ratio": one / plain}


# Words ------------------------------------------------------------------------------------------------


def _line(row: Row) -> str:
    if "error" in row:
        return f"{row['group']:18}{row['name']:34}{row['error']}"
    compared = f"  torch {row['torch_ms']:9.3f}  ratio {row['ratio']:6.2f}" if "ratio" in row else ""
    return f"{row['group']:18}{row['name']:34} dezero {row['ms']:9.3f} ms{compared}"


def headline(found: dict[str, Any]) -> str:
    """The mean ratio of each group, what could not be done, and which fused formulas are worth it."""
    rows, kernels = found["workloads"], found["fused"]
    groups: dict[str, list[float]] = {}
    for row in rows:
        if "ratio" in row:
            groups.setdefault(row["group"], []).append(row["ratio"])
    means = ", ".join(f"{group} {geometric_mean(ratios):.2f}" for group, ratios in groups.items())
    wrong = [row["name"] for row in [*rows, *kernels] if "error" in row]
    faster = sum(row.get("ratio", 1.0) < 1 for row in kernels)
    return (
        f"{len(rows)} workloads, mean ratios to PyTorch: {means or 'it is not installed'}; "
        f"{faster} of {len(kernels)} fused kernels are faster; {len(wrong)} went wrong"
        f"{': ' * bool(wrong)}{', '.join(wrong)}"
    )


if __name__ == "__main__":
    sys.exit(main())
