"""Bugs are planted where they are said to be, leave no trace, and are found by the checker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, Variable
from gradcheck.cases import coverage, laboratory
from gradcheck.cases.key import Key
from gradcheck.cli import main
from gradcheck.errors import SpecError
from gradcheck.experiments.mutation import effect, experiment
from gradcheck.experiments.mutation.mutants import MUTANTS, Mutant
from gradcheck.experiments.mutation.planting import planted
from gradcheck.records import jsonl
from gradcheck.report import kill_matrix as report
from gradcheck.running import campaign
from tests.gradcheck.sample_rows import mutant_row, run_row


def gradient(x: float = 0.5) -> float:
    v = Variable(np.array(x))
    F.sin(v).backward()
    return float(v.grad.data)


def outcome(plan_id: str) -> jsonl.Row:
    row, _ = experiment.experiment(experiment.parse(plan_id))
    jsonl.validate(row)
    return row


# Planting -------------------------------------------------------------------------------------------


def test_a_bug_ends_with_its_block_and_changes_no_class() -> None:
    def interrupted() -> None:
        with planted(F.Sin, MUTANTS["sign"]):
            assert dict(vars(F.Sin)) == before
            raise KeyError

    before = dict(vars(F.Sin))
    with pytest.raises(KeyError):
        interrupted()
    assert gradient() == np.cos(0.5)


@pytest.mark.parametrize(
    ("cls", "f"),
    [
        (F.Sin, F.sin),
        (F.MatMul, lambda x: F.matmul(x.reshape(1, 1), x.reshape(1, 1))),
        (F.Pow, lambda x: x**3),
    ],
)  # by expressions, by backward, by instance
def test_a_bug_is_planted_however_the_class_gives_its_derivative(cls: type[Function], f: Any) -> None:
    sound, wrong = (Variable(np.array(0.5)) for _ in range(2))
    f(sound).backward()
    with planted(cls, MUTANTS["sign"]):
        f(wrong).backward()
    assert wrong.grad.data == -sound.grad.data


@pytest.mark.parametrize("recorded", [False, True])
def test_a_sum_over_a_broadcast_axis_is_left_out_on_the_way_too(recorded: bool) -> None:
    """Linear sums gy to the shape of its product, and goes on with it."""
    x, W, b = (Variable(np.ones(shape)) for shape in ((1, 2), (2, 3), (4, 3)))  # noqa: N806
    with planted(F.Linear, MUTANTS["first-term"]) as trace:
        y = F.linear(x, W, b)
        y.grad = Variable(np.tile(np.arange(1.0, 5.0)[:, None], 3))
        y.backward(create_graph=recorded)
    assert trace.acted
    np.testing.assert_array_equal(x.grad.data, [[3.0, 3.0]])  # of the first row of gy: 1


def test_a_bug_is_in_one_class_only() -> None:
    with planted(F.Cos, MUTANTS["sign"]) as trace:
        assert gradient() == np.cos(0.5)
    assert not trace.acted
    with planted(F.Sin, MUTANTS["sign"]) as trace:
        assert gradient() == -np.cos(0.5)
    assert trace.acted
    assert gradient() == np.cos(0.5)


def test_a_bug_is_in_gradients_with_a_graph_too() -> None:
    x = Variable(np.array(0.5))
    with planted(F.Sin, MUTANTS["factor-2"]):
        F.sin(x).backward(create_graph=True)
    gx, x.grad = x.grad, None
    gx.backward()
    assert x.grad.data == pytest.approx(-2 * np.sin(0.5))


# One experiment -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "order"),
    [
        ("sign/Tanh/tanh/float64/cpu", 1),
        ("factor-1.0003/Exp/exp/float64/cpu", 1),
        ("last-sign/Mul/mul/float64/cpu", 1),
        ("dropped/MatMul/matmul/float64/cpu", 1),
        ("zero/Sum/sum/float64/cpu", 1),
        ("swapped/Div/div/float64/cpu", 1),
        ("transposed/MatMul/matmul/float64/cpu", 1),
        ("reversed/Square/square/float64/cpu", 1),
        ("no-sum/Add/add:2x3_3/float64/cpu", 1),
        ("first-term/Mul/mul:2x1_1x3/float64/cpu", 1),
        ("one-element/Cos/cos/float64/cpu", 1),
        ("ignores-gy/Neg/neg/float64/cpu", 1),
        ("ignores-gy/Copy/mul:2x3_0d/float64/cpu", 2),
        ("absolute-gy/Sin/sin/float64/cpu", 1),
        ("detached/Sin/sin/float64/cpu", 2),
        ("detached-inputs/Mul/mul/float64/cpu", 2),
        ("second/Exp/exp/float64/cpu", 2),
        ("third/Exp/exp/float64/cpu", 3),
        ("rounded/Tanh/tanh/float64/cpu", 1),
        ("rounded-floats/Tanh/tanh/float32/cpu", 1),
        ("dtype/Log/log/float64/cpu", 1),
        ("nan/Sqrt/sqrt/float64/cpu", 1),
        ("overwrites-gy/Neg/neg/float64/cpu", 1),
        ("overwrites-input/Exp/exp/float64/cpu", 1),
        ("changing/Sin/sin/float64/cpu", 1),
        ("contiguous-only/Sin/sin/float64/cpu", 1),
    ],
)
def test_each_kind_of_bug_is_killed_at_its_order_and_named(plan: str, order: int) -> None:
    row = outcome(plan)
    assert (row["outcome"], row["order"], row["visible_order"]) == ("killed", order, order)
    assert row["named"]


def test_every_kind_of_bug_has_a_kill_above() -> None:
    (mark,) = test_each_kind_of_bug_is_killed_at_its_order_and_named.pytestmark
    planted_kinds = {experiment.parse(plan).mutant for plan, _ in mark.args[1]}
    assert planted_kinds == set(MUTANTS) - {"control", "batch", "factor-2"}


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ("control/Tanh/tanh/float64/cpu", "unharmed"),
        ("third/Neg/neg/float64/cpu", "equivalent"),  # linear: there is no third derivative to lose
        ("sign/ReLU/relu/float64/cpu", "killed"),
        ("no-sum/Add/add/float64/cpu", "not applicable"),  # nothing is broadcast
        ("swapped/Exp/exp/float64/cpu", "not applicable"),  # one input
    ],
)
def test_what_is_no_bug_there_is_distinguished(plan: str, expected: str) -> None:
    assert outcome(plan)["outcome"] == expected


def test_a_bug_that_the_checker_lets_pass_survives(monkeypatch: pytest.MonkeyPatch) -> None:
    blind = experiment.Result("pass", "did not look")
    monkeypatch.setattr(experiment, "examine", lambda case, **_: blind)
    row = outcome("factor-1.0003/Exp/exp/float64/cpu")
    assert (row["outcome"], row["visible_order"], row["order"]) == ("survived", 1, None)
    assert row["reproduce"] == "gradcheck mutate factor-1.0003/Exp/exp/float64/cpu"
    assert outcome("third/Neg/neg/float64/cpu")["outcome"] == "equivalent"


def test_a_checker_that_fails_what_is_right_gives_a_false_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiment, "examine", lambda case, **_: experiment.Result("fail", "no"))
    assert outcome("control/Exp/exp/float64/cpu")["outcome"] == "false alarm"


def test_rounding_excuses_the_last_bit_and_no_more() -> None:
    case = laboratory.build(Key("tanh"))

    def off_by(factor: float) -> bool:
        wrong = Mutant("tiny", "", lambda backward, func, gys: [gx * factor for gx in backward(gys)])
        assert effect.effect(case, F.Tanh, wrong).order == 1
        return effect.within_rounding(case, F.Tanh, wrong)

    assert off_by(1 + 2.0**-52)
    assert not off_by(1 + 2.0**-44)
    assert not effect.within_rounding(case, F.Tanh, MUTANTS["overwrites-gy"])


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ("sing/Sin/sin/float64/cpu", "with MUTANT of control, sign"),
        ("sign", "expected MUTANT/CLASS/CASE"),
        ("sign/Sin/sinus/float64/cpu", "no function 'sinus'"),
        ("sign/Tanh/sin/float64/cpu", "no class Tanh in the graph of sin/float64/cpu; it has Sin"),
    ],
)
def test_a_wrong_id_says_what_is_wrong(plan: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        experiment.experiment(experiment.parse(plan))


# The campaign ---------------------------------------------------------------------------------------


def test_the_quick_form_reaches_every_function_class() -> None:
    """But those whose own backward comes at an order above their row's highest."""
    reached = {plan.function for plan in campaign.plans(quick=True)}
    classes = {name for name in coverage.covered() & set(coverage.public_names()) if name[0].isupper()}
    assert classes - reached <= {"Pooling2DWithIndexes", "Sech2Less"}


def test_plans_are_distinct_and_hold_a_control_for_each_class() -> None:
    plans = campaign.plans("mul,tanh")
    assert len(set(plans)) == len(plans)
    places = {(plan.function, plan.case) for plan in plans}
    assert {(p.function, p.case) for p in plans if p.mutant == "control"} == places
    assert len(plans) == len(places) * len(MUTANTS)
    assert {plan.case for plan in plans} >= {"tanh/float32/cpu", "mul:2x3_3/float64/cpu"}


def test_a_campaign_is_recorded_and_its_status_reported(
    here: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["mutate", "--op", "exp", "--quick", "-n", "1", "--out", str(tmp_path)])
    out = capsys.readouterr().out
    rows = [row for row in jsonl.read(tmp_path / "records.jsonl") if row["kind"] == "mutant"]
    bad = [row for row in rows if row["outcome"] in report.BAD]
    assert status == int(bool(bad))
    assert out.count("SURVIVED") == len(bad)
    assert [row["mutant"] for row in rows if row["function"] == "Exp"] == list(MUTANTS)
    assert sum(row["outcome"] == "killed" for row in rows) >= 20
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "Which planted bugs does the checker find?" in page
    assert "//" not in page  # nothing from outside


def test_one_mutant_again(here: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mutate", "sign/Exp/exp/float64/cpu", "--order", "1"]) == 0
    out = capsys.readouterr().out
    assert "KILLED  sign (the negative gradient) in Exp" in out
    assert "likely cause: sign" in out
    assert main(["mutate", "sign/Exp"]) == 2


def test_a_task_without_a_result_fails_the_campaign(
    here: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(case: object, **_: object) -> None:
        raise ZeroDivisionError("no")

    monkeypatch.setattr(experiment, "examine", broken)
    assert main(["mutate", "--op", "neg", "--quick", "-n", "1"]) == 1
    assert "ERROR  mutant control/Neg/neg/float64/cpu: ZeroDivisionError: no" in capsys.readouterr().out


# The matrix -----------------------------------------------------------------------------------------

ROWS = [
    run_row(),
    mutant_row(),
    mutant_row(case="tanh/float32/cpu", outcome="survived", verdict="pass", order=None, named=False),
    mutant_row(topic="shape", outcome="equivalent", visible_order=None, order=None, named=False),
    mutant_row(mutant="zero", bug="zeros", order=2, named=False),
    mutant_row(mutant="control", bug="none", outcome="false alarm", verdict="fail"),
]


def test_the_matrix_counts_what_can_be_seen() -> None:
    found = report.matrix(ROWS)
    assert found.cells["sign", "elementwise"] == report.Kills(killed=1, visible=2)
    assert str(found.cells["sign", "shape"]) == "-"
    assert found.cells["sign", "all"] == report.Kills(1, 2)
    assert set(found.bugs) == {"sign", "zero"}
    assert (found.at_lowest_order, found.named) == (1, 1)
    assert [row["outcome"] for row in found.bad] == ["survived", "false alarm"]


def test_text_and_page_name_what_was_missed(tmp_path: Path) -> None:
    text = report.text(ROWS)
    assert "SURVIVED  sign (the negative gradient) in Tanh: shows at order 1, verdict pass" in text
    assert "  gradcheck mutate sign/Tanh/tanh/float64/cpu" in text
    assert "3 bugs planted that can be seen: 2 killed, 1 survived, 1 false alarm." in text
    page = report.write(ROWS, tmp_path, records_name="records.jsonl").read_text(encoding="utf-8")
    assert "What was missed" in page
    assert "1/2" in page


def test_nothing_planted_is_said_to_be_nothing(tmp_path: Path) -> None:
    assert report.text([]) == "No bug was planted."
    page = report.write([], tmp_path, records_name="records.jsonl").read_text(encoding="utf-8")
    assert "No bug was planted." in page
