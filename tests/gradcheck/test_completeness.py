"""What nobody measures fails a run: a function or layer without a spec, a case that gave nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

import dezero.functions as F
import dezero.layers as L
from gradcheck.cli import main
from gradcheck.records import jsonl
from gradcheck.running import runner, tasks
from gradcheck.running.tasks import Task


def run(out: Path) -> int:
    return main(["run", "--op", "neg", "--order", "1", "-n", "1", "--device", "cpu", "--out", str(out)])


def test_what_is_complete_ends_with_0(tmp_path: Path) -> None:
    assert run(tmp_path) == 0


def test_a_new_function_without_a_spec_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def newcomer(x: object) -> object:
        return x

    monkeypatch.setattr(F, "newcomer", newcomer, raising=False)
    monkeypatch.setattr(F, "__all__", [*F.__all__, "newcomer"])
    assert run(tmp_path) == 1
    assert "NO SPEC  newcomer" in capsys.readouterr().out
    exempt = [row for row in jsonl.read(tmp_path / "records.jsonl") if row["kind"] == "exempt"]
    assert ("newcomer", "no spec") in [(row["op"], row["what"]) for row in exempt]


def test_a_new_layer_without_a_spec_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Newcomer(L.Layer):
        pass

    monkeypatch.setattr(L, "Newcomer", Newcomer, raising=False)
    monkeypatch.setattr(L, "__all__", [*L.__all__, "Newcomer"])
    assert run(tmp_path) == 1
    assert "NO SPEC  layers.Newcomer" in capsys.readouterr().out


@pytest.mark.parametrize("lost", ["neg/float32/cpu", "neg/float64/cpu/fortran", "neg:vanishes/float64/cpu"])
def test_fewer_cases_than_declared_are_named(
    lost: str,
    here: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def forgetful(wanted: Task, seconds: float) -> runner.Outcome:
        silent = wanted.name == lost
        return runner.Outcome(wanted, [] if silent else tasks.perform(wanted))

    monkeypatch.setattr(runner, "limited", forgetful)
    assert run(tmp_path) == 1
    assert f"LOST  {lost}: declared, but it gave no result" in capsys.readouterr().out
