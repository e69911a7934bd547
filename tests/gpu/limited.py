"""A program with a time limit: asked to stop, then ended with all that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

GRACE = 12.0  # seconds, at most, that a program has to save what it found


@dataclass(frozen=True)
class Run:
    """A program that is over.

    Attributes:
        status: its exit status; negative the signal that ended it.
        cut: it reached its limit.
    """

    status: int
    seconds: float
    cut: bool


def perform(command: Sequence[str], env: Mapping[str, str], log: Path, folder: Path, seconds: float) -> Run:
    """Run a command in a folder for at most `seconds`; what it prints goes into `log` as it comes.

    Near the limit it gets Ctrl-C's signal, so that it can save what it has; at the limit it and its
    children are killed.
    """
    start = time.monotonic()
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command, env=env, cwd=folder, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT,
            start_new_session=True, preexec_fn=_hear,
        )  # fmt: skip
        try:
            cut = _wait(process, seconds)
        finally:
            _end(process)
    return Run(process.returncode, time.monotonic() - start, cut)


def _hear() -> None:
    """Ctrl-C's signal: what a shell starts in the background ignores it, and so would its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _wait(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether the process had to be asked to stop."""
    grace = min(GRACE, seconds / 3)
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds - grace)
        return False
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(grace)
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the process's group, which is its own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
