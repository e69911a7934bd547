"""What `gradcheck check` says of several ops: the table, the failures, and the command that repeats them."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gradcheck.cli import main
from gradcheck.cli.checks import table
from gradcheck.cli.checks.plain import Checked, Numbered, PlainFinding, status_of
from tests.gradcheck.processes import heeding_signals

ROOT = Path(__file__).resolve().parents[2]
OPS = """
import time
from dezero import Function, as_variable
from dezero import functions as F

class Twice(Function):
    def forward(self, x):
        return x + x

    def backward(self, gy):
        return -2 * gy

class Scaled(Function):
    def forward(self, x):
        return 3.0 * x

    def backward(self, gy):
        return 3.0 * gy if gy.size != 4 else 2.0 * gy

def right(x):
    return F.tanh(x)

def nobody(x):
    raise ValueError("no input is good enough")

def chatty(x):
    print("PASS  chatty(x): all is well")
    return F.exp(x)

def dies(x):
    import os
    os._exit(3)

def untested(x):
    return as_variable(x.data.astype(int))

def leaks(x):
    return F.sin(x * 1e300) * 1e300
"""
RIGHT = PlainFinding("pass", "f(x)", "right", "PASS  f(x)", formula="proven")
PLAIN = ["--dtype", "float64", "--order", "1"]


@pytest.fixture(autouse=True)
def _ops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    Path("ops.py").write_text(OPS, encoding="utf-8")


def rows(text: str) -> list[str]:
    """The lines of the table."""
    return [line for line in text.splitlines() if re.match(r"[A-Z-]+  .*  @\d+ ", line)]


def titles(text: str) -> dict[str, str]:
    """Title -> verdict, of the table."""
    found = (re.match(r"([A-Z-]+)  (.*?)  +@", row) for row in rows(text))
    return {match[2]: match[1] for match in found if match}


@pytest.mark.usefixtures("here")
def test_several_results_are_a_table_and_the_failures_after_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "ops.py:Twice", "ops.py:right", *PLAIN]) == 1
    out = capsys.readouterr().out
    table, _, failures = out.partition("\n\n")
    assert "ops.py:Twice (line 6)" in table.splitlines()
    assert "ops.py:right (line 20)" in table.splitlines()
    found = rows(out)
    assert len(found) == len(rows(table)) >= 8
    assert len({row.index("  @") for row in found if "Twice" in row}) == 1, "columns stand below one another"
    assert all(re.search(r"@\d+ +order 1 +(proven|wrong) +\d+\.\d of 15\.9", row) for row in found)
    assert all(len(line) <= 120 for line in table.splitlines())
    assert failures.count("likely cause: sign") == 1, "the first is there in full, the others are folded"
    assert failures.count("Jacobian") == 1
    assert re.search(
        r"the same in \d other checks:\n    Twice\(x: float64\[\]\): order 1, input 0 \(x\): exp", out
    )
    assert "right" not in failures
    assert re.fullmatch(r"\d+ checks: \d fail, \d pass", out.splitlines()[-1])


@pytest.mark.usefixtures("here")
def test_one_command_repeats_all_failures_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["check", "ops.py:Twice", "ops.py:Scaled", "ops.py:right", "--order=1", "--dtype", "float64"]
    assert main([*words, "--dtype", "float32", "--seed", "3", "--junit", "out.xml"]) == 1
    out = capsys.readouterr().out
    failed = {title for title, verdict in titles(out).items() if verdict == "FAIL"}
    assert any("Scaled" in title for title in failed)
    (command,) = re.findall("^repeat what failed: gradcheck (.*)$", out, re.MULTILINE)
    assert "ops.py:Twice " in command, "all of its checks failed"
    assert re.search(r"ops\.py:Scaled@[\d,-]+ ", command)
    assert command.endswith("--order 1 --dtype float64 --dtype float32 --seed 3")
    Path("out.xml").unlink()
    assert main(shlex.split(command)) == 1
    again = capsys.readouterr().out
    assert titles(again) == dict.fromkeys(failed, "FAIL")
    assert f"repeat what failed: gradcheck {command}" in again, "it repeats itself"
    assert not Path("out.xml").exists()


@pytest.mark.usefixtures("here")
def test_the_command_survives_a_shell_and_names_with_blanks(capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path("it's; a $(folder)")
    folder.mkdir()
    (folder / "my ops.py").write_text(OPS, encoding="utf-8")
    assert main(["check", f"{folder}/my ops.py:Scaled", *PLAIN]) == 1
    out = capsys.readouterr().out
    (command,) = re.findall("^repeat what failed: gradcheck (.*)$", out, re.MULTILINE)
    words = subprocess.run(
        f"printf '%s\\n' {command}", shell=True, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert main(words) == 1
    out = capsys.readouterr().out
    assert out.startswith("FAIL  Scaled(x: float64[4])"), "the only one that fails, by itself"
    assert out.splitlines()[-1] == "1 check: 1 fail"


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("number", ["0", "99"])
def test_a_check_that_there_is_not_is_refused(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", f"ops.py:right@{number}", *PLAIN]) == 2
    assert f"ops.py:right@{number}: there are checks 1 to" in capsys.readouterr().err


@pytest.mark.usefixtures("here")
def test_what_cannot_be_checked_stands_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "ops.py:right", "ops.py:nobody", "nowhere.py", *PLAIN]) == 2
    out, err = capsys.readouterr()
    assert err == "gradcheck: error: ops.py:nobody, nowhere.py could not be checked\n"
    assert "NOT CHECKED  ops.py:nobody fails on every shape tried" in out
    assert "NOT CHECKED  no file nowhere.py" in out.replace("nowhere.py: no file", "no file")
    assert out.splitlines()[-1].endswith("pass, 2 not checked")


@pytest.mark.usefixtures("here")
def test_a_target_that_is_named_twice_is_checked_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "ops.py:right@1", "ops.py:Scaled@1", "ops.py:right@1", "--shape", "3", *PLAIN]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 checks: 2 pass"


@pytest.mark.parametrize("option", ["--junit", "--out"])
def test_the_file_that_is_checked_is_not_written_over(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "ops.py:right", option, "ops.py"]) == 2
    assert "ops.py" in capsys.readouterr().err
    assert Path("ops.py").read_text(encoding="utf-8") == OPS


@pytest.mark.usefixtures("here")
def test_a_failure_counts_for_more_than_what_cannot_be_checked() -> None:
    assert main(["check", "ops.py:nobody", "ops.py:Twice", *PLAIN]) == 1


def test_a_lost_check_stands_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "ops.py:dies", "ops.py:right", "--shape", "3", *PLAIN]) == 1
    out = capsys.readouterr().out
    why = r"its process died \(exit code 3\), while its inputs were chosen by calls"
    assert re.search(rf"^FAIL  ops.py:dies +@1 +{why}$", out, re.MULTILINE)
    assert re.search(r"^PASS  right", out, re.MULTILINE)
    assert "repeat what failed: gradcheck check ops.py:dies --shape 3" in out


@pytest.mark.usefixtures("here")
def test_each_target_must_have_been_compared(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["check", "ops.py:right", "ops.py:untested", "--shape", "3", "--draw", "ordinary", *PLAIN]) == 1
    )
    out = capsys.readouterr().out
    assert re.search("^NOT GREEN  ops.py:untested: ", out, re.MULTILINE)
    assert out.splitlines()[-1] == "2 checks: 1 pass, 1 not-tested"


def test_what_is_undecided_is_said() -> None:
    unknown = PlainFinding("inconclusive", "f(x)", "a kink", "INCONCLUSIVE  f(x)")
    target = Checked("ops.py:f", planned=1, checks=[Numbered(1, unknown)])
    assert target.status == 0
    assert next(table.doubts([target])).startswith("UNDECIDED  ops.py:f: no check passes, and")
    assert table.counts([target]) == "1 check: 1 inconclusive"


@pytest.mark.usefixtures("here")
def test_findings_that_differ_in_places_and_numbers_are_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "ops.py:leaks", *PLAIN]) == 1
    out = capsys.readouterr().out
    assert out.count("likely cause") == 1
    assert re.search(r"the same in [45] other checks:", out)


def test_what_another_target_shows_is_no_doubt() -> None:
    target = Checked("ops.py:F", planned=0)
    assert table.head(target) == list(table.doubts([target])) == []
    assert status_of([target, Checked("ops.py:f", planned=1, checks=[Numbered(1, RIGHT)])]) == 0
    assert status_of([target]) == 2, "nothing at all was checked"


def test_doubts_and_what_is_left_out_are_told() -> None:
    target = Checked(
        "ops.py:f",
        planned=1,
        found=["--domain", "0:1"],
        left_out=[("2x3", "f raised ValueError")],
        doubt="only scalars were tried",
        checks=[Numbered(1, RIGHT)],
    )
    assert target.status == 1
    assert table.head(target) == ["ops.py:f", "  found: --domain 0:1"]
    assert table.left_out(target) == ["LEFT OUT  2x3: f raised ValueError"]
    assert list(table.doubts([target])) == ["NOT GREEN  ops.py:f: only scalars were tried"]


def test_what_an_op_prints_is_no_line_of_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "ops.py:chatty", *PLAIN]) == 0
    out = capsys.readouterr().out
    assert all("@" in line for line in out.splitlines() if line.startswith("PASS"))
    quoted = [line for line in out.splitlines() if line.startswith("  | ")]
    assert "  | PASS  chatty(x): all is well" in quoted
    assert len(quoted) <= 6 * len(rows(out))


@pytest.mark.usefixtures("here")
def test_many_passes_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"def f{n}(x):\n    return F.exp(x) * {n}.5\n" for n in range(13)]
    Path("many.py").write_text("from dezero import functions as F\n" + "".join(lines), encoding="utf-8")
    words = ["check", "many.py", "ops.py:Twice", "--shape", "2", *PLAIN]
    assert main(words) == 1
    out = capsys.readouterr().out
    assert re.search(
        r"^PASS  1 check of many.py:f3: proven, digits at least 15\.\d of 15\.9$", out, re.MULTILINE
    )
    assert [title for title, verdict in titles(out).items() if verdict == "FAIL"] == ["Twice(x: float64[2])"]
    assert len(rows(out)) == 1
    assert out.splitlines()[-1] == "14 checks: 13 pass, 1 fail"


def run(*words: str, **settings: object) -> subprocess.Popen[bytes]:
    paths = os.pathsep.join([str(ROOT), *sys.path[1:]])
    return subprocess.Popen(
        [sys.executable, "-m", "gradcheck", "check", *words],
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **settings,  # type: ignore[call-overload]
    )


def test_a_log_holds_no_line_that_is_written_over() -> None:
    out, err = run("ops.py:right", *PLAIN).communicate(timeout=120)
    assert err == b""
    assert b"\r" not in out
    assert b"\x1b" not in out


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="there are no terminals here")
def test_a_terminal_shows_what_is_under_way_and_nothing_of_it_stays() -> None:
    mine, theirs = os.openpty()
    code = (
        "import os, subprocess, sys; p = subprocess.run([sys.executable, '-m', 'gradcheck', 'check', "
        "'ops.py:right', 'ops.py:Twice', '--order', '1'], stderr=int(sys.argv[1]), stdout=subprocess.DEVNULL)"
    )
    paths = os.pathsep.join([str(ROOT), *sys.path[1:]])
    subprocess.run(
        [sys.executable, "-c", code, str(theirs)],
        env={**os.environ, "PYTHONPATH": paths, "COLUMNS": "100"},
        pass_fds=[theirs],
        timeout=120,
        check=True,
    )
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(mine, 65536):
            shown += chunk
    except OSError:  # the end, on Linux
        pass
    os.close(mine)
    states = shown.decode().split("\r\x1b[K")
    assert any(re.search(r"^\[1/2, check 2/\d+\] right\(x", state) for state in states)
    assert any(state.startswith("[2/2] ops.py:Twice") for state in states)
    assert states[-1] == "", "the line is wiped at the end"
    assert "\n" not in shown.decode()


def test_what_was_found_before_ctrl_c_is_counted_and_written() -> None:
    Path("slow.py").write_text(
        OPS + "\ndef waits(x):\n    if x.dtype == 'float32':\n        time.sleep(600)\n    return F.exp(x)\n",
        encoding="utf-8",
    )
    words = ("slow.py:Twice", "slow.py:waits", "--shape", "2", "--junit", "out.xml", "--out", "report")
    with heeding_signals():
        process = run(*words, process_group=0)
    assert process.stdout is not None
    text = ""
    while text.count("FAIL") < 2 and (line := process.stdout.readline()):
        text += line.decode()
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    text += out.decode()
    assert process.returncode == 130, text + err.decode()
    assert err.decode() == "gradcheck: interrupted\n"
    assert "FAIL  Twice(x: float64[2])" in text
    assert "interrupted" in text.splitlines()[-3]
    assert Path("out.xml").read_text().count("<failure") >= 2
    assert Path("report/index.html").is_file()


def test_files_are_written_though_nobody_reads_the_text() -> None:
    process = run("ops.py", "--junit", "out.xml", *PLAIN)
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(120) == 141
    assert Path("out.xml").read_text().count("<testcase") > 20
