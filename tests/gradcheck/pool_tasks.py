"""What the tasks of test_pool are. Each process imports this file, and nothing that takes time to import."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def do(task: str, seconds: float) -> str:
    """One task: its name, and what belongs to it."""
    name, _, argument = task.partition(" ")
    if name == "hang":  # as C code that keeps the interpreter to itself
        ctypes.PyDLL(None).sleep(600)
    if name == "die" or (name == "die-once" and not Path(argument).exists()):
        Path(argument or os.devnull).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if name in WAYS:
        WAYS[name]()
    return f"{name} done"


def exit_beside_a_child() -> None:
    """The child holds all files of its parent open, its end of the pipe too."""
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)


#: What a task may do to its process, besides hanging in it.
WAYS: dict[str, Callable[[], Any]] = {
    "exit": lambda: os._exit(0),
    "raise": lambda: sys.exit(0),
    "segfault": lambda: ctypes.string_at(0),
    "close": lambda: os.closerange(0, 100),
    "group": lambda: os.killpg(0, signal.SIGKILL),
    "child": exit_beside_a_child,
    "fork": os.fork,
    "streams": lambda: (sys.stdout.close(), os.close(1), setattr(sys, "stderr", None)),
}


def never(task: str, seconds: float) -> str:
    raise AssertionError
