"""docs/verdicts.md: its examples run, and come out as it says: verdicts, formulas, digits and numbers."""

from __future__ import annotations

import io
import re
import shlex
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from gradcheck import cli

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "verdicts.md").read_text(encoding="utf-8")
#: (language, text) of the fenced blocks, in their order.
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
VERDICT = re.compile(r"^(?:PASS|FAIL|INCONCLUSIVE|NOT-TESTED)\b", re.MULTILINE)
#: In a row of a finding's table, or first on a line.
FORMULA = re.compile(r"^(?:  \d .*?  )?(proven|supported|wrong|unknown)\b", re.MULTILINE)
LAST_BITS = 0.5  # digits: processors round exp and sin differently


def digits(text: str) -> list[float]:
    return [float(kept) for kept in re.findall(r"(\d+\.\d) of \d+\.\d", text)]


def numbers(text: str) -> list[float]:
    """Expected and got, of each finding."""
    return [float(n) for pair in re.findall(r"expected (\S+), got ([\w.+-]+)", text) for n in pair]


def assert_same_finding(said: str, shown: str) -> None:
    """The wording is free; what was found is not."""
    assert VERDICT.findall(said) == VERDICT.findall(shown)
    assert FORMULA.findall(said) == FORMULA.findall(shown)
    assert digits(said) == pytest.approx(digits(shown), abs=LAST_BITS)
    assert numbers(said) == pytest.approx(numbers(shown), rel=1e-3)
    for mark in ("warning:", "note:", "likely cause: sign"):
        assert (mark in said) == (mark in shown)


def test_the_examples_come_out_as_shown() -> None:
    names: dict[str, object] = {"__name__": "verdicts"}
    pairs = 0
    for (language, code), (after, shown) in zip(BLOCKS, [*BLOCKS[1:], ("", "")], strict=True):
        if language != "python":
            continue
        out = io.StringIO()
        with redirect_stdout(out):
            exec(compile(code, "verdicts.md", "exec"), names)
        assert bool(out.getvalue()) == (after == "text"), code
        if after == "text":
            assert_same_finding(out.getvalue(), shown)
            pairs += 1
    assert pairs >= 9


def test_the_command_comes_out_as_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    sigmoid = next(text for language, text in BLOCKS if "class Sigmoid" in text)
    imports = next(text for language, text in BLOCKS if "import numpy" in text)
    Path("mine.py").write_text(imports + "\n" + sigmoid.partition("\n\n\nresult")[0])
    (shown,) = (text for language, text in BLOCKS if language == "console")
    command, _, expected = shown.partition("\n")
    assert cli.main(shlex.split(command.removeprefix("$ gradcheck "))) == 0
    assert_same_finding(capsys.readouterr().out, expected)


def test_every_verdict_and_every_answer_has_an_example() -> None:
    shown = "".join(text for language, text in BLOCKS if language == "text")
    assert set(VERDICT.findall(shown)) == {"PASS", "FAIL", "INCONCLUSIVE", "NOT-TESTED"}
    assert set(FORMULA.findall(shown)) >= {"proven", "supported", "wrong"}
