"""How a run of the laboratory scales: its tasks performed once, each timed, then given to 1 .. 16 workers.

    python -m tests.benchmarks.scaling [PATTERN]

The quick profile's tasks are performed in this process. Workers are simulated: each takes the next task as
the runner's processes do. They start while the run is planned; the pages of the report are shared among as
many. What runs alone, before, between and after, is the serial part.
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
IMPORTS = "import gradcheck.running.session\nfrom gradcheck.cases.table import matching\nmatching('*')"


class Timed(NamedTuple):
    """A task's seconds of CPU, and what makes it kin to others."""

    seconds: float
    kin: str


class Around(NamedTuple):
    """Seconds of CPU of what is no task.

    Attributes:
        imports: of the command, and the table.
        plan: what a run is to do; `start`, of a worker, goes on beside it.
        report: what the rows say, before pages are made, and the summary on the console.
        joins: the pages that join the others, made beside `pages`, those of functions and studies.
    """

    imports: float
    plan: float
    start: float
    report: float
    joins: float
    pages: Sequence[float]

    def serial(self, workers: int) -> float:
        """What the first task and the end wait for."""
        pages = max(sum(self.pages[n::workers]) for n in range(workers))
        made = max(self.joins, pages) if workers > 1 else self.joins + pages
        return self.imports + max(self.plan, self.start) + self.report + made

    @property
    def total(self) -> float:
        """Of one worker."""
        return self.imports + self.plan + self.start + self.report + self.joins + sum(self.pages)


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


def table(tasks: Sequence[Timed], around: Around) -> str:
    """Total, serial part, longest task, critical path and efficiency, for each number of workers."""
    total, longest = sum(task.seconds for task in tasks), max(task.seconds for task in tasks)
    lines = ["workers   CPU s   serial s   longest task s   critical path s   elapsed s   efficiency"]
    alone = around.serial(1) + total
    for workers in WORKERS:
        serial = around.serial(workers)
        elapsed = serial + makespan(tasks, workers)
        cpu = total + around.total + (workers - 1) * around.start
        lines.append(
            f"{workers:7}{cpu:8.1f}{serial:11.2f}{longest:17.2f}{serial + longest:18.2f}{elapsed:12.2f}"
            f"{alone / (workers * elapsed):13.0%}"
        )
    return "\n".join(lines)


def measured(pattern: str) -> tuple[list[Timed], Around, Counter[str]]:
    """The tasks of a quick run performed once; what is around them; the seconds of each kind of task."""
    start = _seconds_of(START)
    imports = _seconds_of(IMPORTS) - _seconds_of("")
    from gradcheck.cases.laboratory import Selection
    from gradcheck.cases.table import matching
    from gradcheck.records.machine import devices
    from gradcheck.records.recording import run_id, run_row
    from gradcheck.running import session, tasks

    matching(pattern)
    plan, planned = _timed(lambda: session.planned(Selection(pattern)))
    name = run_id()
    head = run_row(name, "python -m tests.benchmarks.scaling", "quick", 0, devices(("cpu",)))
    found: list[Timed] = []
    kinds: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        with session.Writer(Path(folder) / session.RECORDS) as writer:
            rows = [writer.write(head)]
            for task in plan.todo:
                given, seconds = _timed(lambda task=task: tasks.perform(task))
                found.append(Timed(seconds, tasks.kin(task)))
                kinds[task.kind] += seconds
                rows += [writer.write({**row, "run": name} if "run" in row else row) for row in given]
            rows.append(writer.end(name, interrupted=False))
        report, joins, pages = _reported(rows, Path(folder))
    return found, Around(imports, planned, start, report, joins, pages), kinds


def _reported(rows: Sequence[Any], out: Path) -> tuple[float, float, list[float]]:
    """The seconds of a report: of what is neither pages nor joins, of the joins, and of each page."""
    from gradcheck.report import console, html, summary

    pages: list[float] = []
    joins: list[float] = []

    def performed(apart: Sequence[Callable[[], Any]], here: Callable[[], Any]) -> tuple[list[Any], Any]:
        timed = [_timed(each) for each in apart]
        joined, seconds = _timed(here)
        pages.extend(seconds for _, seconds in timed)
        joins.append(seconds)
        return [made for made, _ in timed], joined

    def report() -> None:
        said = summary.summarize(rows)
        page = html.write(rows, out, found=said, shares=len(rows), performed=performed)
        console.summary(rows, report=page, found=said)

    _, total = _timed(report)
    return total - sum(joins) - sum(pages), sum(joins), pages


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
    found, around, kinds = measured(sys.argv[1] if len(sys.argv) > 1 else "*")
    print(f"{len(found)} tasks; {around.imports:.2f} s imports, {around.plan:.2f} s the plan, ", end="")
    print(f"{around.start:.2f} s the start of a worker; the report {around.report:.2f} s, ", end="")
    print(f"{around.joins:.2f} s its joins, {sum(around.pages):.2f} s its {len(around.pages)} pages")
    print(", ".join(f"{kind} {seconds:.1f} s" for kind, seconds in kinds.most_common()))
    print(table(found, around))


if __name__ == "__main__":
    main()
