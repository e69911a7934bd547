"""What a training step asks of the card, and where the slowest workloads spend their time.

`python -m tests.gpu.profile BENCHMARK` reads from that file what is slowest, and prints: of each network
what one step asks of the device; of three workloads also the kernels and Python's functions.
"""

from __future__ import annotations

import argparse
import cProfile
import functools
import io
import json
import pstats
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.gpu.seen import Seen, by_profiler, by_stand_in
from tests.gpu.sides import dezero_side, torch_module
from tests.gpu.training import Network, networks, trainer
from tests.gpu.workloads import workloads

SLOWEST = 3
WARM_UP, PROFILED = 3, 10  # calls
SHOWN = 12  # kernels, and functions, of a workload

Work = Callable[[], Any]


def main(argv: Sequence[str] | None = None) -> int:
    """Print all; exit status 1 where a training step waits for the device, or cannot be looked at."""
    parser = argparse.ArgumentParser(prog="python -m tests.gpu.profile")
    parser.add_argument("benchmark", type=Path)
    parser.add_argument("--rehearse", action="store_true", help="count on the stand-in")
    options = parser.parse_args(argv)
    torch = torch_module()
    if torch is None and not options.rehearse:
        print("PyTorch is not installed: nobody hears what CUDA does")
        return 1
    look = by_stand_in if options.rehearse else functools.partial(by_profiler, torch)
    waits = sum(_network(network, look).waits for network in networks(options.rehearse))
    table = workloads(options.rehearse)
    for key in slowest(options.benchmark):
        step = dezero_side().step(table[key])
        assert step is not None
        _workload(": ".join(key), step, look, 1 if options.rehearse else PROFILED)
    print(f"\n{waits} synchronisations in a training step of each network")
    return int(waits > 0)


def _network(network: Network, look: Callable[[Work], Seen]) -> Seen:
    step = trainer(network, network.dtypes[0], on_device=True)
    _warm(step)
    found = look(step)
    print(f"{network.name:6} a training step: {found.line()}", flush=True)
    return found


def slowest(path: Path) -> list[tuple[str, str]]:
    """Group and name of the workloads that are slowest compared with PyTorch, or without it by themselves."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["workloads"]
    except FileNotFoundError:  # the benchmark was not run
        rows = []
    done = [row for row in rows if "ms" in row and row["group"] != "checks"]
    done.sort(key=lambda row: row.get("ratio", row["ms"]), reverse=True)
    return [(row["group"], row["name"]) for row in done[:SLOWEST]]


def _workload(name: str, step: Work, look: Callable[[Work], Seen], calls: int) -> None:
    _warm(step, min(WARM_UP, calls))
    found = look(step)
    print(f"\n{name}: {found.line()}", *found.kernels(SHOWN), _functions(step, calls), sep="\n", flush=True)


def _functions(step: Work, calls: int) -> str:
    """Where Python spends its time, of the functions that take most."""
    profile = cProfile.Profile()
    profile.runcall(lambda: [step() for _ in range(calls)])
    text = io.StringIO()
    pstats.Stats(profile, stream=text).sort_stats("tottime").print_stats(SHOWN)
    return "\n".join(line for line in text.getvalue().splitlines() if line.strip())


def _warm(step: Work, calls: int = WARM_UP) -> None:
    for _ in range(calls):
        step()


if __name__ == "__main__":
    sys.exit(main())
