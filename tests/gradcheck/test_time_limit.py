"""check(..., time_limit=): whatever f does, there is an answer in time, and nothing is left behind."""

from __future__ import annotations

import ctypes
import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradcheck
from dezero import Function, Variable
from dezero import functions as F
from gradcheck import GradientError, InputError
from gradcheck.running import forked
from gradcheck.system import progress
from tests.gradcheck.processes import becomes, children, lives

X = np.linspace(0.1, 1.0, 4)

needs_fork = pytest.mark.skipif(not forked.can_fork(), reason="this system does not fork")


class Wrong(Function):
    def forward(self, x: Any) -> Any:
        return x * x

    def backward(self, gy: Variable) -> Variable:
        return gy * 3 * self.inputs[0]


def hangs_in_c(x: Variable) -> Variable:
    ctypes.PyDLL(None).sleep(600)  # C code that keeps the interpreter to itself
    return x


@needs_fork
@pytest.mark.parametrize(("f", "order"), [(F.tanh, 2), (Wrong, 1), (lambda x: x * float(X[0]), 2)])
def test_the_result_is_that_without_a_limit(f: Callable[..., Any], order: int) -> None:
    alone, limited = (gradcheck.check(f, X, order=order, time_limit=limit) for limit in (None, 60))
    assert (limited.verdict, limited.reason, limited.diagnosis) == (
        alone.verdict,
        alone.reason,
        alone.diagnosis,
    )
    assert [row.error_ulp for row in limited.evidence] == [row.error_ulp for row in alone.evidence]


@needs_fork
@pytest.mark.skipif(sys.platform == "win32", reason="sleep is a function of POSIX")
def test_what_hangs_in_c_code_is_ended() -> None:
    started, before = time.monotonic(), set(children())
    result = gradcheck.check(hangs_in_c, X, time_limit=0.3)
    assert time.monotonic() - started < 20
    assert result.verdict == "fail"
    assert result.reason == "not finished within 0.3 s, and its process was ended"
    assert "hangs_in_c(x: float64[4])" in str(result)
    assert "gradcheck.check(hangs_in_c, " in result.reproduce
    assert set(children()) <= before


@needs_fork
def test_what_f_has_started_is_ended_too(tmp_path: Path) -> None:
    def starts(x: Variable) -> Variable:
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        (tmp_path / "pid").write_text(f"{process.pid}")
        process.wait()
        return x

    assert gradcheck.check(starts, X, time_limit=1.5).verdict == "fail"
    pid = int((tmp_path / "pid").read_text())
    assert becomes(lambda: not lives(pid), 10)


@needs_fork
@pytest.mark.parametrize(
    ("end", "how"),
    [
        (lambda: os._exit(3), "its process died (exit code 3)"),
        (lambda: os.kill(os.getpid(), 9), "its process died (exit code -9, SIGKILL)"),
        (lambda: os.closerange(3, 256), "its process died (exit code 1)"),
    ],
)
def test_a_copy_that_dies_says_how(end: Callable[[], None], how: str) -> None:
    def dies(x: Variable) -> Variable:
        end()
        return x * x

    result = gradcheck.check(dies, X, time_limit=60)
    assert (result.verdict, result.reason) == ("fail", how)


@needs_fork
def test_errors_of_the_call_come_back() -> None:
    def fails(x: Variable) -> Variable:
        raise ValueError("no such thing")

    with pytest.raises(InputError, match="f raised ValueError at these inputs: no such thing"):
        gradcheck.check(fails, X, time_limit=60)
    with pytest.raises(GradientError, match="constant factor"):
        gradcheck.assert_gradients(Wrong, X, time_limit=60)
    gradcheck.assert_gradients(F.sin, X, time_limit=60)


@needs_fork
def test_an_error_that_cannot_be_sent_comes_as_text() -> None:
    class OddError(Exception):  # of no module: it cannot be pickled
        pass

    def raises() -> None:
        raise OddError("what")

    with pytest.raises(RuntimeError, match="OddError: what"):
        forked.within(60, raises)


@needs_fork
def test_copies_compute_beside_this_process() -> None:
    here = os.getpid()
    apart, own = forked.at_once([os.getpid, os.getpid], os.getpid)
    assert own == here
    assert len({here, *apart}) == 3


@needs_fork
def test_what_a_copy_raises_is_raised_here_and_what_dies_with_one_is_computed_here() -> None:
    here = os.getpid()

    def dies() -> str:
        if os.getpid() != here:
            os._exit(3)
        return "computed here"

    assert forked.at_once([dies], lambda: 1) == (["computed here"], 1)
    with pytest.raises(ZeroDivisionError):
        forked.at_once([lambda: 1 / 0, dies], lambda: 1)


@pytest.mark.parametrize("limit", [0, -1.0, float("nan"), float("inf"), True, "3", [1]])
def test_a_limit_is_a_positive_number(limit: Any) -> None:
    with pytest.raises(InputError, match="time_limit must be a positive number of seconds, or None, got"):
        gradcheck.check(F.tanh, X, time_limit=limit)


def test_without_a_fork_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forked, "can_fork", lambda: False)
    with pytest.raises(InputError, match="gradcheck check --time-limit"):
        gradcheck.check(F.tanh, X, time_limit=1)


@needs_fork
def test_other_threads_do_not_matter() -> None:
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        assert gradcheck.check(F.tanh, X, time_limit=60)
    finally:
        over.set()
        thread.join()


@needs_fork
def test_what_f_prints_is_printed_once(capfd: pytest.CaptureFixture[str]) -> None:
    def talks(x: Variable) -> Variable:
        print("said", file=sys.stderr)
        return x * x

    print("before", end="")
    gradcheck.check(talks, X, time_limit=60)
    out, err = capfd.readouterr()
    assert out == "before"
    assert err.count("said") == err.count("\n") > 0


# Progress --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [None, pytest.param(60, marks=needs_fork)])
def test_a_listener_is_told_the_stages(limit: float | None) -> None:
    stages: list[str] = []
    with progress.listening(stages.append):
        gradcheck.check(F.tanh, X, order=2, time_limit=limit)
    assert stages[0] == "f at the point"
    assert "jets" in stages
    assert "order 2: jets against backward" in stages
    assert stages[-2].startswith("contract")
    heard = len(stages)
    gradcheck.check(F.tanh, X, time_limit=limit)
    assert len(stages) == heard


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_line_is_drawn_and_wiped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.01)
    monkeypatch.setattr(progress, "TICK", 0.01)
    terminal = Terminal()
    with progress.to(terminal, "f(x)"):
        progress.tell("jets\x1b[2J")
        assert becomes(lambda: r"f(x): jets\x1b[2J, 0 s" in terminal.getvalue(), 10)
    lines = terminal.getvalue().split("\r")
    assert all(len(line) <= progress.WIDTH + 1 for line in lines)
    assert (lines[-2].strip(), lines[-1]) == ("", "")


def test_nothing_is_drawn_early_nor_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = Terminal()
    with progress.to(quick, "f(x)"):
        progress.tell("jets")
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    file = io.StringIO()
    with progress.to(file), progress.to(None):
        time.sleep(0.05)
    assert quick.getvalue() == file.getvalue() == ""
