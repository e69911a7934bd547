"""How the command ends: by a signal, on streams that take nothing, for what it cannot do, and by a bug."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gradcheck import cli
from gradcheck.cli import report
from gradcheck.records import jsonl
from gradcheck.system import files, signals, streams
from tests.gradcheck.processes import becomes, heeding_signals, with_variable
from tests.gradcheck.sample_rows import case_row, end_row, run_row

HERE = Path(__file__).resolve().parents[2]
ROWS = [run_row(), case_row(), end_row()]
GRADCHECK = f"'{sys.executable}' -m gradcheck"


def shell(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """What a shell makes of it; `gradcheck` there is the command."""
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; gradcheck() {{ {GRADCHECK} \"$@\"; }}; {script}"],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(HERE), **environment},
        capture_output=True, timeout=120, encoding="utf-8", errors="surrogateescape", check=False,
    )  # fmt: skip


def sentence(ended: subprocess.CompletedProcess[str]) -> str:
    """What it said, which is to be one line."""
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert ended.stderr.startswith("gradcheck: error: ")
    return ended.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With records in it, by several names."""
    jsonl.write(tmp_path / "old.jsonl", ROWS)
    jsonl.write(tmp_path / "new.jsonl", ROWS)
    (tmp_path / "link.jsonl").symlink_to("old.jsonl")
    os.link(tmp_path / "old.jsonl", tmp_path / "hard.jsonl")
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "deep").mkdir()
    return tmp_path


# Streams --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "unbuffered"), [("compare old.jsonl new.jsonl", ""), ("--help", ""), ("--help", "1")]
)
def test_a_standard_output_that_takes_nothing_is_named(folder: Path, words: str, unbuffered: str) -> None:
    full = shell(f"gradcheck {words} >/dev/full", folder, PYTHONUNBUFFERED=unbuffered)
    assert full.returncode == 2
    assert "standard output: No space left on device" in sentence(full)


def test_a_standard_output_that_is_closed_is_reported_before_work_is_done(folder: Path) -> None:
    closed = shell("gradcheck compare old.jsonl new.jsonl --html page.html >&-", folder)
    assert closed.returncode == 2
    assert "standard output is closed" in sentence(closed)
    assert not (folder / "page.html").exists()


def test_what_nobody_reads_ends_quietly_with_141(folder: Path) -> None:
    ended = shell("gradcheck compare old.jsonl new.jsonl --html page.html | true", folder)
    assert (ended.returncode, ended.stderr) == (141, "")
    assert "</html>" in (folder / "page.html").read_text(encoding="utf-8")  # files come before words


LOUD = """
import sys
import dezero.functions as F

print("a word at the start")

def loud(x):
    print("a line " * 99)
    sys.stdout.flush()
    return x * F.tanh(x)

def wrong(x):
    print("no end of line", end="")
    return F.exp(x) * x.data
"""


@pytest.mark.parametrize(
    "words",
    [
        "--help", "run --help", "--version", "--print-completion bash", "list", "list --op neg",
        "check ops.py", "check ops.py:loud --shape 3", "check ops.py:wrong",
        "run --op neg --order 1 -n 1 2>err", "report old.jsonl --out out", "compare old.jsonl new.jsonl",
        "reproduce neg/float64/cpu", "mutate sign/Neg/neg/float64/cpu",
        "mutate --op neg --quick -n 1 2>err", "study judgements",
    ],
)  # fmt: skip
@pytest.mark.parametrize("reader", ["true", "head -c 1 >head"])
def test_a_pipe_without_a_reader_is_quiet_in_every_command(folder: Path, words: str, reader: str) -> None:
    """Nor is it an op's fault that what it prints has no reader."""
    (folder / "ops.py").write_text(LOUD)
    ended = shell(f"gradcheck {words} | {reader}", folder, STARTED_BY=str(folder))
    said = ended.stderr + ((folder / "err").read_text() if "2>err" in words else "")
    assert all(re.fullmatch(r"gradcheck: \d+ of \d+ tasks", line) for line in said.splitlines())
    assert ended.returncode == 141 or reader != "true"
    assert ended.returncode in (0, 1, 141)
    assert becomes(lambda: not with_variable(f"STARTED_BY={folder}"))


@pytest.mark.parametrize("streams", ["2>/dev/full", "2>&-", "2>&- <&-"])
def test_a_standard_error_that_takes_nothing_changes_no_status(folder: Path, streams: str) -> None:
    """Nor does a file that is opened take the number of a closed stream."""
    assert shell(f"gradcheck compare none.jsonl old.jsonl {streams}", folder).returncode == 2
    good = shell(f"gradcheck compare old.jsonl new.jsonl --html page.html {streams}", folder)
    assert (good.returncode, good.stderr) == (0, "")
    assert (folder / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize("terminal", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}])
def test_a_terminal_that_lacks_letters_gets_them_escaped(folder: Path, terminal: dict[str, str]) -> None:
    os.rename(folder / "old.jsonl", folder / "ünïcode.jsonl")
    name = os.fsdecode("ü not utf-8 ".encode() + b"\xff.html")
    ended = shell(f"gradcheck compare ünïcode.jsonl new.jsonl --html '{name}'", folder, **terminal)
    assert ended.returncode == 0, ended.stderr
    assert "Page: " in ended.stdout
    assert (folder / name).exists()


# What cannot be done --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("compare old.jsonl new.jsonl --html old.jsonl", "old.jsonl: is read by this command"),
        ("compare old.jsonl new.jsonl --html deep/../new.jsonl", "deep/../new.jsonl: is read"),
        ("compare hard.jsonl new.jsonl --html old.jsonl", "old.jsonl: is read"),
        ("compare link.jsonl new.jsonl --html old.jsonl", "old.jsonl: is read"),
        ("compare old.jsonl new.jsonl --html link.jsonl", "link.jsonl: is read"),
        ("run --op exp --out out --baseline old.jsonl --junit hard.jsonl", "hard.jsonl: is read"),
        ("report records.jsonl --out .", "records.jsonl: is read"),
        ("report old.jsonl --out . --baseline records.jsonl", "records.jsonl: is read"),
        ("compare old.jsonl new.jsonl --html .", ".: is a folder"),
        ("compare old.jsonl new.jsonl --html /dev/full", "/dev/full: is no regular file"),
        ("compare old.jsonl new.jsonl --html old.jsonl/page", "old.jsonl: is no folder"),
        ("compare . new.jsonl", ".: is a folder"),
        ("run --op exp --junit deep --out out", "deep: is a folder"),
        ("run --op exp --out old.jsonl", "old.jsonl: is no folder"),
        ("study --out old.jsonl", "old.jsonl: is no folder"),
        ("mutate --op exp --quick --out old.jsonl", "old.jsonl: is no folder"),
        ("report . --out out", ".: is a folder"),
        ("report / --out out", "/: is a folder"),
        ("report /dev/zero --out out", "/dev/zero: is a device"),
        ("report empty.jsonl --out out", "empty.jsonl: holds no records"),
        ("report old.jsonl --out old.jsonl/x", "old.jsonl/x: Not a directory"),
        (f"report {'x' * 300} --out out", "File name too long"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    line: str, said: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    jsonl.write("records.jsonl", ROWS)
    before = {path: path.read_bytes() for path in folder.glob("*.jsonl")}
    assert cli.main(line.split()) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
    assert before == {path: path.read_bytes() for path in folder.glob("*.jsonl")}


def test_a_file_given_twice_is_read_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    assert cli.main(["report", "old.jsonl", "hard.jsonl", "--out", "out"]) == 0
    assert capsys.readouterr().err == "gradcheck: hard.jsonl is given twice, and read once\n"
    assert jsonl.read("out/records.jsonl") == jsonl.read("old.jsonl")


def test_a_killed_run_is_rendered_into_its_own_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    os.rename("old.jsonl", "records.jsonl.part")
    before = Path("records.jsonl.part").read_bytes()
    assert cli.main(["report", "records.jsonl", "--out", "."]) == 0
    assert Path("records.jsonl.part").read_bytes() == before
    assert jsonl.read("records.jsonl") == jsonl.read("records.jsonl.part")


def test_a_bug_is_one_sentence_that_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(options: Any) -> int:
        raise ZeroDivisionError("one\ntwo")

    monkeypatch.setattr(report, "main", broken)
    assert cli.main(["report", "x", "--out", "y"]) == 2
    err = capsys.readouterr().err
    assert "a bug of gradcheck, or a broken installation: ZeroDivisionError: one two (test_endings.py:" in err
    assert err.count("\n") == 1
    monkeypatch.setenv(cli.TRACEBACK, "1")
    assert cli.main(["report", "x", "--out", "y"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_an_installation_that_is_broken_is_one_sentence(folder: Path) -> None:
    (folder / "dezero").mkdir()
    (folder / "dezero" / "__init__.py").touch()
    broken = shell("gradcheck list", folder, PYTHONPATH=os.pathsep.join([str(folder), str(HERE)]))
    assert broken.returncode == 2
    assert "is another dezero" in sentence(broken)


# Signals --------------------------------------------------------------------------------------------


def start(folder: Path, *words: str, options: Sequence[str] = ()) -> subprocess.Popen[str]:
    """The command, which is sent signals."""
    with heeding_signals():
        return subprocess.Popen(
            [sys.executable, *options, "-m", "gradcheck", *words], cwd=folder,
            env={**os.environ, "PYTHONPATH": str(HERE)},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip


@pytest.mark.parametrize("module", ["gradcheck.system.streams", "numpy", "gradcheck.cli", "dezero.variable"])
def test_ctrl_c_during_imports_is_one_line(folder: Path, module: str) -> None:
    """Not in the interpreter's own start, of which a program knows nothing."""
    process = start(folder, "list", options=("-X", "importtime"))
    assert process.stderr is not None
    for line in process.stderr:
        if line.rpartition("|")[2].strip() == module:
            break
    process.send_signal(signal.SIGINT)
    err = process.stderr.read()
    process.communicate(timeout=60)
    assert process.returncode == 130
    lines = [line for line in err.splitlines() if not line.startswith("import time:")]
    assert lines == ["gradcheck: interrupted"]


@pytest.mark.parametrize(
    ("number", "status", "said"),
    [
        (signal.SIGTERM, 143, "gradcheck: ended by SIGTERM"),
        (signal.SIGHUP, 129, "gradcheck: ended by SIGHUP"),
    ],
)
def test_what_was_measured_is_saved_by_other_signals_too(
    folder: Path, number: signal.Signals, status: int, said: str
) -> None:
    process = start(folder, "run", "--op", "t*,s*,e*", "-n", "1", "--out", "out", "--device", "cpu")
    part = folder / "out" / "records.jsonl.part"
    assert becomes(lambda: part.exists() and '"case"' in part.read_text())
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == status, err
    assert said in err
    assert "Traceback" not in err
    assert "interrupted" in out
    rows = jsonl.read(folder / "out" / "records.jsonl")
    cases = {row["case"] for row in rows if row["kind"] == "case"}
    assert (rows[-1]["interrupted"], rows[-1]["executed"]) == (True, len(cases))
    assert not part.exists()


def test_the_installed_command_is_the_module(folder: Path) -> None:
    """It imports little before it takes signals: Ctrl-C comes while `gradcheck.cli` is imported, too."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"gradcheck": "gradcheck.__main__:main"}
    program = "import sys, gradcheck.__main__; print({'numpy', 'gradcheck.cli', 'typing'} & set(sys.modules))"
    assert shell(f"'{sys.executable}' -S -c \"{program}\"", folder).stdout == "set()\n"


# Where a signal finds the process -------------------------------------------------------------------

PROGRAM = """
import os, signal, sys, weakref
from gradcheck.system import files, signals
signals.install()
def ctrl_c():
    os.kill(os.getpid(), signal.SIGINT)
"""


def ended(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM + program], cwd=folder, env={**os.environ, "PYTHONPATH": str(HERE)},
        capture_output=True, text=True, timeout=60, check=False, preexec_fn=_with_ctrl_c,
    )  # fmt: skip


def _with_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_nothing_at_stake_it_ends_at_once(tmp_path: Path) -> None:
    done = ended("try:\n    ctrl_c()\nfinally:\n    print('not here')", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "gradcheck: interrupted\n")


def test_a_file_in_the_making_is_removed_first(tmp_path: Path) -> None:
    done = ended("with files.atomic('page') as stream:\n    ctrl_c()", tmp_path)
    assert "KeyboardInterrupt" in done.stderr  # which the command tells in a sentence
    assert not list(tmp_path.iterdir())


def test_held_signals_come_at_the_end_of_the_block(tmp_path: Path) -> None:
    done = ended("with signals.held():\n    ctrl_c(); ctrl_c()\n    print('saved', flush=True)", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, "saved\n", "gradcheck: interrupted\n")


def test_an_interrupt_that_is_swallowed_comes_again(tmp_path: Path) -> None:
    program = """
import time
class Thing: pass
thing = Thing()
watch = weakref.ref(thing, lambda _: ctrl_c())
with signals.raising():
    try:
        del thing
        time.sleep(30)
    except KeyboardInterrupt:
        sys.exit(signals.status())
"""
    done = ended(program, tmp_path)
    assert (done.returncode, done.stderr) == (130, "")


def test_signals_that_are_ignored_stay_ignored(tmp_path: Path) -> None:
    program = "print(signal.getsignal(signal.SIGHUP) == signal.SIG_IGN)"
    done = shell(f"trap '' HUP; '{sys.executable}' -c \"{PROGRAM}{program}\"", tmp_path)
    assert done.stdout == "True\n"


def test_blocks_mean_nothing_without_the_command() -> None:
    with signals.raising(), signals.held():
        assert signal.getsignal(signal.SIGINT) is not None
    assert not signals.received()
    assert streams.failure() is None
    assert files.part_name("a") != files.part_name("a")
