"""How far a run has come, on the standard error: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from gradcheck.running import runner
from gradcheck.system import signals, streams
from gradcheck.system.texts import printable

Progress = Callable[[runner.Outcome, int, int], None]


@contextlib.contextmanager
def progress(total: int) -> Iterator[Progress]:
    """A bar on a terminal, a plain line now and then elsewhere."""
    if not sys.stderr.isatty():
        yield _PlainLines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False),  # a name may look like rich's markup
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with signals.raising(), Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        line = bar.add_task("measuring", total=total)

        def advance(outcome: runner.Outcome, count: int, of: int) -> None:
            bar.update(line, advance=1, description=printable(f"{outcome.task.kind} {outcome.task.name}", 60))

        yield advance


class _PlainLines:
    """A line at every tenth of the way, and one for each of the first tasks that gave nothing."""

    ERRORS = 20

    def __init__(self) -> None:
        self.tenth = 0
        self.errors = 0

    def __call__(self, outcome: runner.Outcome, count: int, of: int) -> None:
        self.errors += outcome.error is not None
        if outcome.error and self.errors <= self.ERRORS:
            streams.note(f"gradcheck: {outcome.error}")
        if count * 10 // of > self.tenth:
            self.tenth = count * 10 // of
            streams.note(f"gradcheck: {count} of {of} tasks")
