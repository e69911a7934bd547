"""docs/pytest.md: its files, put into an empty folder, do what it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.gradcheck.test_pytest_plugin import OPTIONS

pytest_plugins = ["pytester"]

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "pytest.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
LAST_LINE = re.compile(r"        return gy / .*\n")


def pattern(line: str) -> str:
    """A shown line as what the output is to match: figures are the processor's, padding is the terminal's."""
    literal = line.replace("[", "[[]")
    return "*" + re.sub(r"\d[\d.]*(e[+]\d+)?(?= ULP| digits|$)", "*", literal) + "*"


def test_the_page_is_true(pytester: pytest.Pytester) -> None:
    commands = 0
    for language, text in BLOCKS:
        if language == "python":
            first, _, rest = text.partition("\n")
            name = first.removeprefix("# ").partition(",")[0]
            path = Path(pytester.path) / name
            changed = LAST_LINE.subn(rest, path.read_text()) if path.exists() else (text, 1)
            assert changed[1] == 1
            path.write_text(changed[0])
            continue
        for shown in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            command, *expected = shown.splitlines()
            program, *arguments = shlex.split(command)
            assert program == "pytest"
            result = pytester.runpytest_subprocess(*OPTIONS, *arguments)
            result.stdout.fnmatch_lines([pattern(line) for line in expected])
            commands += 1
    assert commands == 4
