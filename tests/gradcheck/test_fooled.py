"""Whoever runs the command is not fooled: an op that ends or silences its process is a named failure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import gradcheck
from dezero import Variable
from gradcheck.cli import isolated, main
from gradcheck.errors import SpecError
from gradcheck.records.jsonl import Row, read
from gradcheck.running import runner
from gradcheck.running.tasks import Task
from gradcheck.system import raised
from gradcheck.trying.wanted import Asked, Input

OPS = """
import contextlib, ctypes, os, sys, threading
import numpy as np
import dezero.functions as F
from dezero import Function

class Right(Function):
    def forward(self, x):
        return np.sin(x)
    def backward(self, gy):
        return gy * F.cos(self.inputs[0])

class _Own(BaseException): ...

class _Mute(Exception):
    def __str__(self):
        return 3

class _Leaving(Exception):
    def __str__(self):
        sys.exit(0)

def _raised(error):
    raise error

def _op(name, act):
    def backward(self, gy):
        act()
        return Right.backward(self, gy)
    globals()[name] = type(name, (Right,), {"backward": backward, "__module__": __name__})

_op("SystemExits", lambda: sys.exit(0))
_op("Exits", lambda: os._exit(0))
_op("Interrupts", lambda: _raised(KeyboardInterrupt()))
_op("Leaves", lambda: _raised(GeneratorExit()))
_op("RaisesItsOwn", lambda: _raised(_Own("mine")))
_op("IsMute", lambda: _raised(_Mute()))
_op("LeavesAsItIsTold", lambda: _raised(_Leaving()))
_op("Surrogate", lambda: _raised(ValueError("\\ud800")))
_op("Chatty", lambda: _raised(ValueError("a" * 10**7)))
_op("Kills", lambda: os.kill(os.getpid(), 9))
_op("Segfaults", lambda: ctypes.string_at(0))
_op("Locks", lambda: [lock.acquire() for lock in [threading.Lock()] * 2])
_op("Hangs", lambda: ctypes.PyDLL(None).sleep(600))

_op("Closes", lambda: os.close(1))
_op("ClosesErrors", lambda: sys.stderr.close())

class ClosesForward(Right):
    def forward(self, x):
        with contextlib.suppress(OSError):
            os.close(1)
        return super().forward(x)

class ExitsForward(Right):
    def forward(self, x):
        sys.exit(0)

def _silence():
    sys.stdout.close()
    os.close(1)
    sys.stdout = sys.stderr = None

class WrongInSilence(Right):
    def backward(self, gy):
        if sys.stdout:
            _silence()
        return -gy * F.cos(self.inputs[0])
"""

SAID = {
    "SystemExits": "backward of order 1 raised SystemExit: 0",
    "Exits": "its process died (exit code 0)",
    "Interrupts": "backward of order 1 raised KeyboardInterrupt",
    "Leaves": "backward of order 1 raised GeneratorExit",
    "RaisesItsOwn": "backward of order 1 raised _Own: mine",
    "IsMute": "raised _Mute: (its text cannot be had: TypeError)",
    "LeavesAsItIsTold": "raised _Leaving: (its text cannot be had: SystemExit)",
    "Surrogate": r"raised ValueError: \ud800",
    "Chatty": "a... (9999500 more characters)",
    "Kills": "its process died (exit code -9, SIGKILL)",
    "Segfaults": "its process died (exit code -11, SIGSEGV)",
    "Locks": "not finished within 2 s, and its process was ended",
    "Hangs": "not finished within 2 s, and its process was ended",
    "Closes": "closed standard output",
    "ClosesErrors": "closed standard error",
    "ClosesForward": "f closed standard output",
    "ExitsForward": "f raised SystemExit: 0, which is no Exception",
    "WrongInSilence": "backward's formula is wrong (proven)",
}

SMALL = ["--shape", "2", "--dtype", "float64", "--order", "1"]


def test_each_way_to_leave_is_a_named_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "ops.py"
    path.write_text(OPS, encoding="utf-8")
    assert main(["check", str(path), *SMALL, "-v", "--time-limit", "2"]) == 1
    out, err = capsys.readouterr()
    findings = {text.partition("(x:")[0]: text for text in out.split("FAIL  ")[1:]}
    assert {name: SAID[name] in findings.get(name, "") for name in SAID} == dict.fromkeys(SAID, True), out
    assert "PASS  Right(x: float64[2])" in out
    assert out.splitlines()[-1] == "19 checks: 1 pass, 18 fail"
    assert f"reproduce: gradcheck check {path}:Hangs --shape 2" in findings["Hangs"]
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("mischief", "said"),
    [
        ("sys.exit(0)", "cannot be loaded: SystemExit: 0 (bad.py, line 6)"),
        ("raise KeyboardInterrupt", "cannot be loaded: KeyboardInterrupt (bad.py, line 6)"),
        ("os._exit(0)", "cannot be loaded: its process died (exit code 0)"),
        ("time.sleep(600)", "cannot be loaded: not finished within 2 s"),
    ],
)
def test_a_file_that_ends_as_it_is_loaded_is_misuse(
    mischief: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.py"
    path.write_text(f"import os, sys, time\n\ndef f(x):\n    return x\n\n{mischief}\n", encoding="utf-8")
    assert main(["check", str(path), "--time-limit", "2"]) == 2
    assert said in capsys.readouterr().err


MISCHIEF = """
import atexit, builtins, multiprocessing, os, signal, sys, threading, time
from dezero import functions as F

atexit.register(os._exit, 0)
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
multiprocessing.set_start_method("fork")
os.chdir("/")
builtins.print = builtins.open = lambda *_, **__: None
sys.stdout.write = sys.exit = lambda *_: None
sys.argv[:] = ["gradcheck", "list"]

def wrong(x):
    return F.exp(x) + F.exp(x).data
"""


def test_what_a_file_changes_in_its_process_changes_no_verdict(tmp_path: Path) -> None:
    path = tmp_path / "mischief.py"
    path.write_text(MISCHIEF, encoding="utf-8")
    done = _gradcheck("check", str(path), *SMALL)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "1 check: 1 fail"


def test_nothing_compared_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "ops.py"
    path.write_text("from dezero import as_variable\n\ndef f(x):\n    return as_variable(x.data % 2)\n")
    assert main(["check", str(path), "--shape", "3:int", "--dtype", "float64"]) == 1
    assert "NOT-TESTED" in capsys.readouterr().out


def _gradcheck(*arguments: str, ahead: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, with a folder ahead of its modules."""
    path = os.pathsep.join([*([str(ahead)] if ahead else []), *sys.path])
    return subprocess.run(
        [sys.executable, "-m", "gradcheck", *arguments],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
    )


# Imported by every process as it starts: the real thing's stand-in for an op of dezero that ends its process.
DEADLY = """
import os
import numpy as np
from dezero.functions import Exp

forward = Exp.forward

def deadly(self, x):
    if getattr(x, "dtype", None) == np.float32:
        os._exit(0)
    return forward(self, x)

Exp.forward = deadly
"""


def test_a_run_with_one_worker_and_one_case_again(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(DEADLY)
    run = _gradcheck(
        *("run", "--op", "exp", "--order", "1", "--device", "cpu", "-n", "1", "--out", str(tmp_path / "out")),
        ahead=tmp_path,
    )
    assert run.returncode == 1, run.stderr
    assert "LOST  exp/float32/cpu" in run.stdout
    rows = read(tmp_path / "out" / "records.jsonl")
    assert rows[-1]["executed"] < rows[-1]["declared"]
    assert "case exp/float32/cpu: its process died (exit code 0)" in [row.get("message") for row in rows]
    again = _gradcheck("reproduce", "exp/float32/cpu", ahead=tmp_path)
    assert (again.returncode, again.stdout) == (1, "FAIL  exp/float32/cpu: its process died (exit code 0)\n")


# In Python -------------------------------------------------------------------------------------------


class Own(BaseException):
    pass


@pytest.mark.parametrize("error", [SystemExit(0), GeneratorExit(), Own("mine")])
def test_what_is_no_exception_is_a_finding(error: BaseException) -> None:
    def leaves(x: Variable) -> Variable:
        raise error

    result = gradcheck.check(leaves, np.ones(2))
    assert result.verdict == "fail"
    assert result.reason == f"f raised {raised.described(error)}, which is no Exception"
    assert str(result.diagnosis).startswith("leaves its caller: ")


def test_an_interruption_interrupts_a_check() -> None:
    def interrupted(x: Variable) -> Variable:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gradcheck.check(interrupted, np.ones(2))


def test_an_exception_without_a_text_is_reported() -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise OSError

    def mute(x: Variable) -> Variable:
        raise MuteError

    said = r"f raised MuteError at these inputs: \(its text cannot be had: OSError\)"
    with pytest.raises(gradcheck.InputError, match=said):
        gradcheck.check(mute, np.ones(2))


@pytest.mark.parametrize("error", [SystemExit(0), GeneratorExit(), Own("mine"), ZeroDivisionError("no")])
def test_whatever_a_task_raises_is_reported(error: BaseException) -> None:
    def leaves(task: Task) -> list[Row]:
        raise error

    outcome = runner.limited(Task("case", "x"), 5, leaves)
    assert str(outcome.error).startswith(f"case x: {raised.described(error)} (test_fooled.py:")


def test_a_question_is_answered_refused_or_lost() -> None:
    asked = Asked((Input((2,)),), ("float64",), 1, 0)
    with isolated.Isolated(60.0) as process:
        assert process.call(isolated.names, "dezero.functions:tanh", "cpu") == ["dezero.functions:tanh"]
        ((title, command),) = process.call(isolated.planned, "dezero.functions:tanh", 0, asked).checks
        assert title == "tanh(x: float64[2])"
        assert command.startswith("gradcheck check dezero.functions:tanh --shape 2")
        found = process.call(isolated.finding, "dezero.functions:tanh", 0, asked, 0)
        assert (found.verdict, found.warned) == ("pass", False)
        with pytest.raises(SpecError, match="no file"):
            process.call(isolated.names, "no/such/file.py", "cpu")
        with pytest.raises(isolated.LostError, match="it raised IndexError"):
            process.call(isolated.finding, "dezero.functions:tanh", 0, asked, 1)
