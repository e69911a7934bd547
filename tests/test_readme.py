"""What README shows is what happens."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from gradcheck import cli

ROOT = Path(__file__).resolve().parent.parent
PATHS = {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path[1:]])}  # the packages that this process has
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str, containing: str) -> str:
    """The first fenced block of that language that contains a text."""
    found = re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    return next(text for text in found if containing in text)


def test_the_failing_check_is_as_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("running.py").write_text(block("python", "# running.py"))
    shown = block("console", "gradcheck check").splitlines()
    command, expected = shown[0].removeprefix("$ gradcheck "), shown[1:]
    assert expected[-2:] == ["$ echo $?", "1"]
    assert cli.main(shlex.split(command)) == 1
    assert capsys.readouterr().out.splitlines() == expected[:-2]


def test_the_python_example_runs() -> None:
    exec(compile(block("python", "gradcheck.check("), "README.md", "exec"), {})


def test_the_executor_example_runs_as_a_program(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(block("python", "executor=pool"))
    subprocess.run([sys.executable, program.name], cwd=tmp_path, check=True, env=os.environ | PATHS)
    assert (tmp_path / "reports" / "tanh" / "index.html").is_file()


def test_the_table_names_every_command() -> None:
    shown = set(re.findall(r"^\| `gradcheck (\w+)", README, re.MULTILINE))
    actions = cli.parser()._subparsers._group_actions[0].choices  # type: ignore[union-attr]  # argparse's own
    assert shown == set(actions or ())


def test_the_two_commands_are_there_for_ci_to_find() -> None:
    for name, command in (("laboratory", "gradcheck run"), ("tests", "pytest -n auto")):
        marked = re.search(rf"^<!-- {name} -->\n```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
        assert marked is not None
        assert command in marked.group(1)


def test_the_commands_of_the_documentation_are_understood() -> None:
    for name in ("README.md", "docs/ci.md", "docs/gpu.md", "reports/README.md"):
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        lines = re.findall(r"(?:^|&& |\$ |run: |`)(gradcheck [a-z][^`|&#\n]*)", text, re.MULTILINE)
        written = [line for line in lines if not re.search("[A-Z]{4}|OLD|DIR", line)]
        assert written, path
        for line in written:
            if len(line.split()) > 2:  # else a command's mere name
                cli.parser().parse_args(shlex.split(line)[1:])


def test_the_links_lead_to_files() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
