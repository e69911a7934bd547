"""Ops as their authors write them, of twenty kinds: the right ones pass, and the wrong ones do not.

Each file of `authors` holds both. What is wrong has "wrong" in its name, and nothing else does.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gradcheck.cli import main

FILES = Path(__file__).parent / "authors"
KINDS = sorted(path.stem for path in FILES.glob("*.py"))

# What a command has to be told, where that is not found out.
OPTIONS = {"large": ["--shape", "150x150", "--dtype", "float64", "--order", "1", "--draw", "ordinary"]}
# What is found out of the inputs, and the options that say it.
FOUND = {
    "above_one": "--domain 1:inf",
    "labels": "--range t=0:2",
    "matrix": "--domain positive-definite",
    "probability": "--domain 0:1",
    "simplex": "--domain shares",
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_authors_op(
    kind: str, here: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(FILES)
    assert main(["check", f"{kind}.py", "--json", *OPTIONS.get(kind, [])]) == 1
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    targets = [target for target in found["targets"] if target["checks"]]
    wrong = [target for target in targets if "wrong" in target["target"].lower()]
    right = [target for target in targets if target not in wrong]
    assert wrong
    assert right
    for target in wrong:
        assert "fail" in _verdicts(target), target["target"]
    for target in right:
        verdicts = _verdicts(target)
        assert "fail" not in verdicts, target["target"]
        assert "pass" in verdicts, target["target"]
        assert target["doubt"] is None
    assert not any(target["refused"] for target in found["targets"])
    assert any(FOUND.get(kind, "") in line for target in right for line in target["found"] or [""])


def _verdicts(target: dict[str, Any]) -> set[str]:
    return {check["verdict"] for check in target["checks"]}
