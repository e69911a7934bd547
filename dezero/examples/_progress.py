"""Progress: a bar on a terminal, about ten plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TextIO

Advance = Callable[[str], None]
LINES = 10


@contextmanager
def progress(total: int, label: str, stream: TextIO | None = None) -> Iterator[Advance]:
    """Show how many of `total` steps are done; call what this gives after each, with a note.

    Args:
        total: the number of steps.
        label: what is being done.
        stream: where to show it; by default standard error.

    >>> with progress(2, "train", sys.stdout) as advance:
    ...     for loss in (0.5, 0.25):
    ...         advance(f"loss {loss}")
    train 1/2: loss 0.5
    train 2/2: loss 0.25
    """
    stream = stream or sys.stderr
    if stream.isatty() and find_spec("rich"):
        with _bar(total, label, stream) as advance:
            yield advance
    else:
        yield _lines(total, label, stream)


def _lines(total: int, label: str, stream: TextIO) -> Advance:
    every, done = max(1, total // LINES), 0

    def advance(note: str) -> None:
        nonlocal done
        done += 1
        if done % every == 0 or done == total:
            print(f"{label} {done}/{total}: {note}", file=stream, flush=True)

    return advance


@contextmanager
def _bar(total: int, label: str, stream: TextIO) -> Iterator[Advance]:
    from rich.console import Console  # on a terminal only
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft

    note_column = TextColumn("{task.fields[note]}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeLeft())
    with Progress(*columns, note_column, console=Console(file=stream)) as bar:
        task = bar.add_task(label, total=total, note="")
        yield lambda note: bar.update(task, advance=1, note=note)
