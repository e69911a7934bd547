"""What the command imports before it works, what it tells of itself, and completion of its words."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import dezero
import gradcheck
from gradcheck import cli
from gradcheck.cli import COMMANDS
from tests.gradcheck.test_endings import HERE, sentence, shell

HEAVY = {"numpy", "dezero", "flint", "sympy", "mpmath", "jinja2", "rich", "shtab"}
OPS = """
import dezero.functions as F

def right(x):
    return x * F.tanh(x)
"""


def imported(program: str, folder: Path) -> set[str]:
    """The top-level modules that a program has imported at its end."""
    return {name.partition(".")[0] for name in all_imported(program, folder)}


def all_imported(program: str, folder: Path) -> set[str]:
    """The modules that a program has imported at its end."""
    end = "import atexit, sys; atexit.register(lambda: print(*sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", f"{end}\n{program}"], cwd=folder, env={**os.environ, "PYTHONPATH": str(HERE)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def test_help_and_the_parser_import_nothing_heavy(tmp_path: Path) -> None:
    program = f"""
import contextlib, sys
from gradcheck import cli
for words in {[[], *([each] for each in COMMANDS)]}:
    with contextlib.suppress(SystemExit):
        cli.main([*words, "--help"])
    heavy = {HEAVY} & {{name.partition(".")[0] for name in sys.modules}}
    assert not heavy, (words, heavy)
"""
    assert "gradcheck" in imported(program, tmp_path)


def test_the_process_that_decides_imports_nothing_heavy_where_an_op_passes(tmp_path: Path) -> None:
    """NumPy, dezero and FLINT are imported once, in the process that runs the op."""
    (tmp_path / "ops.py").write_text(OPS)
    program = "from gradcheck import cli; assert cli.main(['check', 'ops.py', '--shape', '3']) == 0"
    assert imported(program, tmp_path) & HEAVY == set()


def test_a_check_of_a_function_needs_no_sympy_and_no_report(tmp_path: Path) -> None:
    (tmp_path / "ops.py").write_text(OPS)
    program = """
from gradcheck.cli import isolated
from gradcheck.trying.wanted import Asked, Input
asked = Asked((Input((2, 3)),), ("float64",), 2, 0)
assert isolated.finding("ops.py:right", 0, asked, 0).verdict == "pass"
"""
    found = imported(program, tmp_path)
    assert "flint" in found
    assert found & {"sympy", "mpmath", "jinja2", "rich"} == set()


def test_a_first_check_imports_what_a_pass_needs(tmp_path: Path) -> None:
    program = """
import numpy as np
import dezero.functions as F
import gradcheck
assert gradcheck.check(F.tanh, np.array([0.5, -1.0, 2.0]), order=2)
"""
    found = all_imported(program, tmp_path)
    assert "gradcheck.judging.contract" in found
    assert found & HEAVY == {"numpy", "dezero", "flint"}
    unneeded = ("cli", "experiments", "judging.diagnosis", "oracles.symbols", "records", "report", "running")
    assert [name for name in found if name.startswith(tuple(f"gradcheck.{room}" for room in unneeded))] == []


# Versions -------------------------------------------------------------------------------------------


def test_the_version_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert gradcheck.__version__ == dezero.__version__
    assert re.fullmatch(r"\d+\.\d+\.\d+", gradcheck.__version__)
    assert "__version__" in dir(gradcheck)
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    first, second, third = capsys.readouterr().out.splitlines()
    assert first == f"gradcheck {gradcheck.__version__}"
    assert second == f"dezero {dezero.__version__}, from {Path(str(dezero.__file__)).parent}"
    assert re.fullmatch(r"Python 3\S+, NumPy \d\S+, python-flint \d\S+, SymPy \d\S+", third)


def test_the_version_imports_neither(tmp_path: Path) -> None:
    program = (
        "import gradcheck; assert gradcheck.__version__; from gradcheck import cli; cli.main(['--version'])"
    )
    assert imported(program, tmp_path) & HEAVY == set()


def test_a_version_of_another_dezero_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "dezero").mkdir()
    (tmp_path / "dezero" / "__init__.py").touch()
    broken = shell("gradcheck --version", tmp_path, PYTHONPATH=os.pathsep.join([str(tmp_path), str(HERE)]))
    assert (broken.returncode, broken.stdout) == (2, "")
    assert "is another dezero" in sentence(broken)


@pytest.mark.parametrize("words", ["check ops.py", "reproduce neg/float64/cpu", "mutate --op neg"])
def test_what_the_other_process_cannot_import_is_one_sentence(words: str, tmp_path: Path) -> None:
    (tmp_path / "ops.py").write_text(OPS)
    (tmp_path / "flint.py").write_text("raise ImportError('no FLINT for this processor')")
    broken = shell(f"gradcheck {words}", tmp_path, PYTHONPATH=os.pathsep.join([str(tmp_path), str(HERE)]))
    assert broken.returncode == 2
    assert "no FLINT for this processor" in sentence(broken)


# Completion -----------------------------------------------------------------------------------------


@cache
def completion(name: str) -> str:
    done = shell(f"gradcheck --print-completion {name}", HERE)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("name", ["bash", "zsh", "tcsh"])
def test_the_script_knows_all_commands(name: str) -> None:
    pytest.importorskip("shtab")
    script = completion(name)
    assert all(re.search(rf"\b{command}\b", script) for command in COMMANDS)
    assert "--print-completion" in script or name == "tcsh"


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("gradcheck c", {"check", "compare"}),
        ("gradcheck --ver", {"--version"}),
        ("gradcheck check --se", {"--seed", "--set"}),
        ("gradcheck check --sh", {"--shape"}),
        ("gradcheck check my_", {"my_ops.py"}),
        ("gradcheck check my_ops.py --dtype float3", {"float32"}),
        ("gradcheck run --profile ", {"quick", "full"}),
        ("gradcheck compare old", {"old.jsonl"}),
    ],
)
def test_bash_completes(line: str, offered: set[str], tmp_path: Path) -> None:
    pytest.importorskip("shtab")
    for name in ("my_ops.py", "old.jsonl"):
        (tmp_path / name).touch()
    (tmp_path / "script").write_text(completion("bash"))
    words = line.split(" ")
    array = " ".join(f"'{word}'" for word in words)
    asked = (
        f"bash -n script && source ./script && COMP_WORDS=({array}) COMP_CWORD={len(words) - 1}"
        ' && _shtab_gradcheck; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = shell(asked, tmp_path)
    assert done.stderr == ""
    assert {word.strip() for word in done.stdout.split()} == offered


def test_without_shtab_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert cli.main(["--print-completion", "bash"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "pip install 'dezero-gradcheck[completion]'" in said.err


def test_another_shell_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--print-completion", "cmd.exe"])
    assert ended.value.code == 2
    assert "'bash', 'zsh', 'tcsh'" in capsys.readouterr().err
