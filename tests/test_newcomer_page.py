"""docs/newcomer.md is carried out in an empty folder, and says what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import pages
from tests.gradcheck.plugin_runs import OPTIONS
from tests.test_readme import ROOT

PAGE = (ROOT / "docs/newcomer.md").read_text(encoding="utf-8")
WORKFLOW = ".github/workflows/gradcheck.yml"
CI = "GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=summary.md "
PLUGIN = "gradcheck.pytest_plugin"
#: Versions, times, the frames around them, and the digits that a processor's instructions leave.
UNSTEADY = re.compile(r"\d+\.\d+\.\d+|=*(?= \d+ (?:passed|failed))|(?<= in )\d+\.\d+s *=*|\d+\.\d(?= of \d)")


def steady(text: str) -> str:
    return UNSTEADY.sub("~", text)


def test_the_page_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if PLUGIN in OPTIONS:  # it is not installed
        monkeypatch.setenv("PYTEST_PLUGINS", PLUGIN)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    touched = pages.follow(PAGE, tmp_path, ROOT, steady)
    assert set(touched) == {"my_ops.py", "test_my_ops.py"}
    steps = re.findall(r"- run: (.*)", (tmp_path / WORKFLOW).read_text(encoding="utf-8"))
    assert "pip install" in steps[0]
    shown = [command for block in pages.blocks(PAGE) for command, _ in pages.sessions(block)]
    in_ci = [command.removeprefix(CI) for command in shown if command.startswith(CI)]
    assert in_ci == [steps[1], *steps[1:]]  # with the mistake, where the first fails; and without
