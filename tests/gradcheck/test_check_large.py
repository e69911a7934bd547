"""`gradcheck check` of large inputs and of ops that hang: what is sampled, and what is not made, is said."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flint import arb

import gradcheck
from gradcheck.cli import isolated, main
from gradcheck.cli.checks.checking import Checking
from gradcheck.cli.checks.plain import Checked, PlainCheck, PlainFinding, PlainPlan
from gradcheck.cli.checks.shown import Shown
from gradcheck.cli.isolated import LostError, OverdueError
from gradcheck.judging import observing, rounding
from gradcheck.judging.differenced import Differenced
from gradcheck.judging.estimate import chosen
from gradcheck.trying.wanted import Asked
from tests.gradcheck.processes import becomes, children
from tests.gradcheck.zoo.specimen import op

ROOT = Path(__file__).resolve().parents[2]
OPS = """
import ctypes
import numpy as np
from dezero import Function, functions as F

def gate(x):
    return F.tanh(x) * F.sigmoid(x)

class Block(Function):
    def forward(self, x):
        return sum(x * x for _ in range(40)) / 40  # too much for a proof

    def backward(self, gy):
        x, = self.inputs
        slopes = np.full(x.shape, 2.0, x.dtype)
        slopes[-20:, -20:] = 2.02
        return gy * slopes * x

def waits(x):
    ctypes.PyDLL(None).sleep(600)
    return x
"""
LARGE = ["--shape", "300x300"]


@pytest.fixture(autouse=True)
def _ops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ops.py").write_text(OPS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)


def test_a_pass_says_what_was_sampled() -> None:
    command = [sys.executable, "-m", "gradcheck", "check", "ops.py:gate", *LARGE]
    run = subprocess.run(command, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)}, timeout=300)
    assert (run.returncode, run.stderr) == (0, ""), run
    head, first, second, sampled, left_out, count = run.stdout.splitlines()
    assert first.endswith("supported  sampled")
    assert second.endswith("supported  sampled")
    assert sampled.startswith("SAMPLED  @1 @2: 90,000 elements are too many for a proof: compared were ")
    assert "1 random direction through all of them, " in sampled
    assert "zeros, ties and points near the edges: too large" in left_out
    assert (head, count) == ("ops.py:gate (line 6)", "2 checks: 2 pass")


@pytest.mark.usefixtures("here")
def test_one_finding_and_machines_are_told_too(capsys: pytest.CaptureFixture[str]) -> None:
    one = ["check", "ops.py:gate", *LARGE, "--dtype", "float64"]
    assert main(one) == 0
    assert "\nSAMPLED  @1: 90,000 elements " in capsys.readouterr().out
    assert main([*one, "--json"]) == 0
    [target] = json.loads(capsys.readouterr().out)["targets"]
    assert "too many for a proof" in target["checks"][0]["notes"][0]


@pytest.mark.usefixtures("here")
def test_a_wrong_block_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "ops.py:Block", "--shape", "200x200", "--order", "1"]) == 1
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == "2 checks: 2 fail"
    assert "SAMPLED" not in out
    assert "note: 40,000 elements are too many for a proof" in out


@pytest.mark.skipif(sys.platform == "win32", reason="sleep is a function of POSIX")
def test_what_hangs_before_any_check_is_named_and_the_next_is_checked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    others = set(children())
    assert main(["check", "ops.py:waits", "ops.py:gate@1", "--shape", "3", "--time-limit", "5"]) == 1
    out = capsys.readouterr().out
    waits = "  not finished within 5 s, and its process was ended, while its inputs were chosen by calls"
    assert f"FAIL  ops.py:waits\n{waits}\n" in out
    assert "PASS  gate(x: float64[3])" in out
    assert becomes(lambda: set(children()) <= others, 10)


class HangsInChecks:
    """A process in which checks of the first target do not end, and those of the second do."""

    def __init__(self, error: type[LostError]) -> None:
        self.error = error
        self.checks: list[tuple[int, int]] = []

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        if function is isolated.names:
            return ["hangs", "right"]
        if function is isolated.planned:
            return PlainPlan([PlainCheck(f"f{n}", "") for n in range(5)])
        if function is isolated.finding:
            self.checks.append((arguments[1], arguments[3]))
            if not arguments[1] and arguments[3] != 1:
                raise self.error("why")
            return PlainFinding("pass", "f(x)", "", "")
        return None


@pytest.mark.parametrize(("error", "made"), [(OverdueError, 3), (LostError, 5)])
def test_checks_that_do_not_end_are_made_twice_only(
    error: type[LostError], made: int, capsys: pytest.CaptureFixture[str]
) -> None:
    process: Any = HangsInChecks(error)
    targets: list[Checked] = []
    Checking(process, Asked((), ("float64",), 1, 0), Shown(verbose=False)).all(["ops.py"], targets)
    assert process.checks == [*((0, n) for n in range(made)), *((1, n) for n in range(5))]
    assert [target.status for target in targets] == [1, 0]
    left_out = "LEFT OUT  @4 @5: not made after 2 that did not end in time; name them to make them"
    assert (left_out in capsys.readouterr().out) == (made == 3)


def test_of_a_slow_op_fewer_elements_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observing, "MOST_WORK", 100_000)
    x = np.random.default_rng(0).standard_normal((160, 140))
    looked: list[int] = []
    elements = Differenced.elements

    def counted(self: Differenced, k: int, positions: Sequence[int]) -> list[arb]:
        looked[-1] += len(positions)
        return elements(self, k, positions)

    monkeypatch.setattr(Differenced, "elements", counted)
    for seconds in (600.0, 0.0):
        monkeypatch.setattr(chosen, "SECONDS", seconds)
        looked.append(0)
        found = gradcheck.check(op(lambda a: a * a * a, lambda gy, v: gy * 3.003 * v * v), x)
        assert found.verdict == "fail"
        assert "constant factor" in (found.diagnosis or "")
    assert looked[0] > looked[1] == chosen.FEWEST


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_the_largest_changes_are_found_one_after_the_other(count: int) -> None:
    rng = np.random.default_rng(count)
    base = rng.standard_normal(200)
    changes = rng.standard_exponential((count, 200)) * 10.0 ** rng.integers(-18, 2, (count, 200))
    changes[rng.random(changes.shape) < 0.05] = np.nan
    found = rounding._supported(iter(changes.astype(np.longdouble)), base, np.float64)
    ordered = np.sort(np.concatenate([np.zeros((1, 200)), np.nan_to_num(changes)]), axis=0)
    largest, following = ordered[-1], ordered[-2] if count > 1 else ordered[-1]
    counts = (largest <= np.abs(base) * 2.0**-26) | (largest <= rounding.ALONE * following)
    assert np.array_equal(found, np.where(counts, largest, following))
