"""A campaign goes on whatever its trials do, and says what they did."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.attack import samples, workers
from tests.attack.campaign import Campaign
from tests.gradcheck.processes import heeding_signals

ROOT = Path(__file__).resolve().parents[2]


def test_what_trials_do_is_counted_and_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(workers, "LIMIT", 5.0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    campaign = Campaign({"samples": 1.0}, 0, 8, None)
    campaign.run(2)
    kinds_by_seed = {(fault.seed, fault.kind) for fault in campaign.faults}
    assert kinds_by_seed == {
        (samples.DIES, "the trial killed its process"),
        (samples.HANGS, "the trial hung"),
        (samples.RAISES, "the trial itself raised"),
        *((seed, "something broke") for seed in samples.FINDS),
    }
    assert campaign.tried["samples"].counts == {"samples": 50, "trials": 8}
    assert "samples: 8 trials, 50 samples; 5 faults" in campaign.line()
    table = campaign.table()
    assert "5 faults of 4 kinds" in table
    assert "python -m tests.attack samples --first 4 --trials 1" in table
    assert capsys.readouterr().out.count("something broke") == 1, "each kind is told once at once"
    assert not list(tmp_path.iterdir()), "the campaign's folder is left"


def test_a_share_is_a_share_of_time() -> None:
    campaign = Campaign({"quick": 1.0, "slow": 3.0}, 0, None, None)
    tasks = campaign._tasks()
    seconds = {"quick": 0.5, "slow": 2.0}
    for _ in range(400):
        name, _seed = next(tasks)
        campaign.spent[name] += seconds[name]
        campaign.tried[name].counts["trials"] += 1
    assert campaign.spent["slow"] / campaign.spent["quick"] == pytest.approx(3, rel=0.1)


def _command(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.attack", *words], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "message"),
    [(["nothing", "--trials", "1"], "no such attack: nothing"), (["calls"], "say --minutes or --trials")],
)
def test_a_wrong_command_line_is_refused(words: list[str], message: str) -> None:
    process = _command(*words)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert message in errors


def test_ctrl_c_tells_what_there_is() -> None:
    with heeding_signals():
        process = _command("graphs", "--seed", "1", "--minutes", "5", "-n", "1")
    assert process.stdout is not None
    assert process.stdout.readline() == "campaign 1 (--seed 1)\n"
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert "interrupted; so far:" in output, errors
    assert "found: 0 faults of 0 kinds" in output
    assert "Traceback" not in errors
