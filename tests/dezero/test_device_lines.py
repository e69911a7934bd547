"""Every line of dezero that asks where an array lives is run with arrays of a device."""

from __future__ import annotations

import subprocess
import sys

from tests.dezero.device_lines import ROOT, asking


def test_lines_that_ask_are_found() -> None:
    source = "def f(x):\n    xp = cuda.get_array_module(x)\n    if xp is np:\n        y = 1\n    return y\n"
    assert asking(source) == [range(2, 3), range(3, 4)]


def test_each_line_that_asks_is_run_on_a_device() -> None:
    command = [sys.executable, "-m", "tests.dezero.device_lines"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line for line in done.stdout.splitlines() if line.startswith("dezero/")] == []
