"""The command in copies of a process that has imported what a check needs, and nothing else.

A new process takes half a second to come that far, a copy some hundredths. What it imports, and from where,
is the same: it has the modules and `sys.path` of a new one. But the copy runs the op itself, where the
command has a process for that. So what is about processes needs new ones: see `shell` of test_endings.
"""

from __future__ import annotations

import importlib
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Copies:
    """The process that is copied; a context manager."""

    def __enter__(self) -> Copies:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", f"from {__name__} import serve; serve()"],
            env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def gradcheck(self, words: str, folder: Path, *, safe: bool = False) -> subprocess.CompletedProcess[str]:
        """What `python -m gradcheck` does in that folder, with words as a shell reads them.

        Args:
            safe: as with PYTHONSAFEPATH, or by the installed command: the folder is not on `sys.path`.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        out, err = folder / ".out", folder / ".err"
        asked = [shlex.split(words), str(folder), [str(out), str(err)], safe]
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        status = int(self._process.stdout.readline())
        said = [stream.read_text(encoding="utf-8") for stream in (out, err)]
        return subprocess.CompletedProcess(words, status, *said)


# In the process -----------------------------------------------------------------------------------------


def serve() -> None:
    """Copy this process for each line that comes, and tell the status with which the copy ends."""
    from gradcheck.cli import isolated
    from gradcheck.cli.checks import command  # noqa: F401  # the process that decides imports it
    from gradcheck.running import pool

    for name in isolated._NEEDED:  # those that the process of an op imports
        importlib.import_module(name)
    pool.Apart.ask = ask  # type: ignore[method-assign]
    for line in sys.stdin:
        copy = os.fork()
        if not copy:
            _run(*json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1]), flush=True)


def ask(self: Any, task: Any, seconds: float, grace: float = 0.0) -> Any:
    """Ask this process, instead of one apart."""
    return self._do(task, seconds)


def _run(words: list[str], folder: str, streams: list[str], safe: bool) -> None:
    """Be the command, and end."""
    from gradcheck.__main__ import main

    status = 70  # unless it comes to its own
    try:
        for number, name in enumerate([os.devnull, *streams]):
            file = os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            os.dup2(file, number)
            os.close(file)
        os.chdir(folder)
        if not safe:
            sys.path.insert(0, folder)
        sys.argv[1:] = words
        status = main()
    finally:
        os._exit(status)
