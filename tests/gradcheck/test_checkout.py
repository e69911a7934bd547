"""A run names the commit that it measured, and never fails for want of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gradcheck.cases.laboratory import Selection
from gradcheck.cli import main
from gradcheck.records import checkout, jsonl, machine
from gradcheck.report import html
from gradcheck.running import session
from tests.gradcheck.sample_rows import case_row, end_row, run_row


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of one commit, in which the test runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_SHA", raising=False)
    (tmp_path / "ops.py").write_text("from dezero.functions import sin\n")
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "first"]):
        try:
            subprocess.run(["git", *command], cwd=tmp_path, check=True, capture_output=True)
        except FileNotFoundError:
            pytest.skip("git is not installed")
    return tmp_path


def test_the_commit_and_whether_files_differ(repository: Path) -> None:
    name = checkout.commit_here()
    assert len(name) == 40
    (repository / "new.txt").write_text("not tracked")
    assert checkout.commit_here() == name
    (repository / "ops.py").write_text("from dezero.functions import cos\n")
    assert checkout.commit_here() == f"{name} (changed)"


def test_the_checkout_of_the_command_is_not_that_of_dezero_elsewhere(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package that lies ignored inside a checkout is none of it."""
    package = repository / "site" / "dezero"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    assert checkout.commit_of(package) == checkout.commit_here()
    monkeypatch.chdir("/")
    assert checkout.commit_of(package) == ""
    subprocess.run(["git", "add", "site"], cwd=repository, check=True)
    assert len(checkout.commit_of(package).removesuffix(" (changed)")) == 40


def test_without_a_checkout_the_job_says_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.delenv("GITHUB_SHA", raising=False)
    assert checkout.commit_here() == ""
    monkeypatch.setenv("GITHUB_SHA", "0" * 40)
    assert checkout.commit_here() == "0" * 40


def test_without_git_or_an_answer_it_is_not_known(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    monkeypatch.setenv("PATH", str(slow.parent))
    assert checkout.commit_here() == ""
    slow.write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr(checkout, "_SECONDS", 0.1)
    assert checkout.commit_here() == ""


def test_no_program_of_the_checkout_is_started(repository: Path) -> None:
    hook = repository / "hook"
    hook.write_text(f"#!/bin/sh\ntouch {repository}/started\n")
    hook.chmod(0o755)
    subprocess.run(["git", "config", "core.fsmonitor", str(hook)], cwd=repository, check=True)
    assert len(checkout.commit_here()) == 40
    assert not (repository / "started").exists()


def test_a_run_says_its_commit_and_its_selection(repository: Path) -> None:
    found = session.run(Selection("sin", 1), repository / "out")
    run = found.rows[0]
    assert run["selection"] == {"ops": "sin", "order": 1, "devices": ["cpu"]}
    assert run.get("commit", "") == machine.commit()


def test_check_says_the_commit_of_the_op(repository: Path) -> None:
    main(["check", "ops.py:sin", "--out", "report", "--order", "1"])
    run = jsonl.read(repository / "report" / "records.jsonl")[0]
    assert run["commit"] == checkout.commit_here()


def test_the_page_names_the_commit() -> None:
    rows = [run_row(commit="1b70f9b (changed)"), case_row(), end_row()]
    assert "1b70f9b (changed)" in html.render(rows)["environment.html"]
    assert "Commit" not in html.render([run_row(), case_row(), end_row()])["environment.html"]
