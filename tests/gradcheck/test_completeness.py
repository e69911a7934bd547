"""What nobody measures fails a run: a function or layer without a spec, a case that gave nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import dezero.functions as F
import dezero.layers as L
from gradcheck.cli import main
from gradcheck.records import jsonl
from gradcheck.running import runner, tasks
from gradcheck.running.tasks import Task


def run(out: Path) -> int:
    return main(["run", "--op", "neg", "--order", "1", "-n", "1", "--device", "cpu", "--out", str(out)])


def new_function(x: object) -> object:
    return x


class NewLayer(L.Layer):
    pass


@pytest.mark.parametrize(
    ("place", "newcomer", "name"), [(F, new_function, "new_function"), (L, NewLayer, "layers.NewLayer")]
)
def test_what_is_new_and_has_no_spec_is_named(
    place: Any,
    newcomer: Any,
    name: str,
    here: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(place, newcomer.__name__, newcomer, raising=False)
    monkeypatch.setattr(place, "__all__", [*place.__all__, newcomer.__name__])
    assert run(tmp_path) == 1
    assert f"NO SPEC  {name}" in capsys.readouterr().out
    exempt = [row for row in jsonl.read(tmp_path / "records.jsonl") if row["kind"] == "exempt"]
    assert (name, "no spec") in [(row["op"], row["what"]) for row in exempt]


@pytest.mark.parametrize("lost", ["neg/float32/cpu", "neg/float64/cpu/fortran", "neg:vanishes/float64/cpu"])
def test_fewer_cases_than_declared_are_named(
    lost: str, here: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def forgetful(wanted: Task, seconds: float) -> runner.Outcome:
        silent = wanted.name == lost
        return runner.Outcome(wanted, [] if silent else tasks.perform(wanted))

    monkeypatch.setattr(runner, "limited", forgetful)
    assert run(tmp_path) == 1
    assert f"LOST  {lost}: declared, but it gave no result" in capsys.readouterr().out
    end = jsonl.read(tmp_path / "records.jsonl")[-1]
    assert end["executed"] == end["declared"] - 1
