"""docs/pytest.md: its files, put into an empty folder, do what it shows."""

from __future__ import annotations

import re
import shlex
from functools import partial
from pathlib import Path

import pytest

from gradcheck.running import forked
from tests import pages
from tests.gradcheck.plugin_runs import OPTIONS

pytest_plugins = ["pytester"]

PAGE = Path(__file__).resolve().parents[1] / "docs" / "pytest.md"
SECONDS = 120.0  # for a session
#: They are the processor's.
FIGURE = re.compile(r"\d[\d.]*(?= ULP| digits|$)")


def pattern(line: str) -> str:
    """A shown line as what the output is to match: it may be padded, and says how far it has come."""
    return f"*{FIGURE.sub('*', line.replace('[', '[[]'))}*"


def session(pytester: pytest.Pytester, arguments: list[str]) -> list[str]:
    """What a session prints, in a copy of this process, which need not import everything once more.

    The copy lacks faulthandler's thread, which a test that fails would be waited for.
    """
    return pytester.runpytest_inprocess(*OPTIONS, "-p", "no:faulthandler", *arguments).outlines


def test_the_page_is_true(pytester: pytest.Pytester) -> None:
    sessions = 0
    for block in pages.blocks(PAGE.read_text(encoding="utf-8")):
        if block.language != "console":
            pages.apply(block, Path(pytester.path))
            continue
        for shown in re.split(r"^\$ pytest", block.text, flags=re.MULTILINE)[1:]:
            arguments, *expected = shown.splitlines()
            printed = forked.within(SECONDS, partial(session, pytester, shlex.split(arguments)))
            pytest.LineMatcher(printed).fnmatch_lines([pattern(line) for line in expected])
            sessions += 1
    assert sessions == 4
