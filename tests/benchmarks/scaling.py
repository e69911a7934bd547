"""How a run of the laboratory scales: its tasks performed once, each timed, then given to 1 .. 16 workers.

    python -m tests.benchmarks.scaling [PATTERN]

The quick profile's tasks are performed in this process. Workers are simulated: each takes the next task as
the runner's processes do, after it has started. What runs before and after them, alone, is the serial part.
A simulation knows no memory bandwidth and no clock that sinks with load; it shows what the order of tasks and
the serial part cost.
"""

from __future__ import annotations

import heapq
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

WORKERS = (1, 2, 4, 8, 16)
START = "import gradcheck.running.runner"  # what a worker imports before its first task


class Timed(NamedTuple):
    """A task's seconds of CPU, and what makes it kin to others."""

    seconds: float
    kin: str


class Serial(NamedTuple):
    """Seconds of CPU that no worker shares: the command's imports and plan, a worker's start, the report."""

    planning: float
    start: float
    report: float

    @property
    def total(self) -> float:
        return self.planning + self.start + self.report


def makespan(tasks: Sequence[Timed], workers: int) -> float:
    """The seconds until the last of the workers is done, each taking the next task as the runner gives them.

    >>> makespan([Timed(3, "a"), Timed(2, "b"), Timed(1, "c")], workers=2)
    3.0
    """
    from gradcheck.running.pool import next_for

    waiting = list(tasks)
    free: list[tuple[float, int, str]] = [(0.0, n, "") for n in range(workers)]
    end = 0.0
    while waiting:
        now, worker, last = heapq.heappop(free)
        task = waiting.pop(next_for(last, waiting, lambda each: each.kin))
        end = max(end, now + task.seconds)
        heapq.heappush(free, (now + task.seconds, worker, task.kin))
    return end


def table(tasks: Sequence[Timed], serial: Serial) -> str:
    """Total, serial part, longest task, critical path and efficiency, for each number of workers."""
    total, longest = sum(task.seconds for task in tasks), max(task.seconds for task in tasks)
    lines = ["workers   CPU s   serial s   longest task s   elapsed s   efficiency"]
    alone = serial.total + total
    for workers in WORKERS:
        elapsed = serial.total + makespan(tasks, workers)
        cpu = total + serial.total + (workers - 1) * serial.start
        lines.append(
            f"{workers:7}{cpu:8.1f}{serial.total:11.2f}{longest:17.2f}{elapsed:12.2f}"
            f"{alone / (workers * elapsed):13.0%}"
        )
    lines.append(f"critical path, whatever the number of workers: {serial.total + longest:.2f} s")
    return "\n".join(lines)


def measured(pattern: str) -> tuple[list[Timed], Serial, Counter[str]]:
    """The tasks of a quick run performed once; the serial part; the seconds of each kind of task."""
    start = _seconds_of(START)
    from gradcheck.cases.laboratory import Selection
    from gradcheck.records.jsonl import RECORDS, read
    from gradcheck.records.machine import devices
    from gradcheck.records.recording import run_id, run_row
    from gradcheck.report import console, html
    from gradcheck.running import session, tasks

    planning = _seconds_of("import gradcheck.running.session") - _seconds_of("")
    todo, planned = _timed(lambda: tasks.tasks(Selection(pattern)))
    name = run_id()
    head = run_row(name, "python -m tests.benchmarks.scaling", "quick", 0, devices(("cpu",)))
    found: list[Timed] = []
    kinds: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        with session.Writer(out / RECORDS) as writer:
            writer.write(head)
            for task in todo:
                rows, seconds = _timed(lambda task=task: tasks.perform(task))
                found.append(Timed(seconds, tasks.kin(task)))
                kinds[task.kind] += seconds
                for row in rows:
                    writer.write({**row, "run": name} if "run" in row else row)
            writer.end(name, interrupted=False)

        def report() -> None:
            rows = read(out / RECORDS)
            console.summary(rows, report=html.write(rows, out, records_name=RECORDS))

        _, reported = _timed(report)
    return found, Serial(planning + planned, start, reported), kinds


def _timed(do: Callable[[], Any]) -> tuple[Any, float]:
    """What it returns, and its seconds of CPU."""
    started = time.process_time()
    found = do()
    return found, time.process_time() - started


def _seconds_of(program: str) -> float:
    """Of CPU in a fresh process."""
    timed = f"import time\n{program}\nprint(time.process_time())"
    run = subprocess.run([sys.executable, "-c", timed], capture_output=True, text=True, check=True)
    return float(run.stdout)


def main() -> None:
    found, serial, kinds = measured(sys.argv[1] if len(sys.argv) > 1 else "*")
    print(f"{len(found)} tasks; serial: {serial.planning:.2f} s imports and plan, ", end="")
    print(f"{serial.start:.2f} s the start of a worker, {serial.report:.2f} s the report")
    print(", ".join(f"{kind} {seconds:.1f} s" for kind, seconds in kinds.most_common()))
    print(table(found, serial))


if __name__ == "__main__":
    main()
