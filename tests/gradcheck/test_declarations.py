"""A spec that says too much or too little of what vanishes fails the run, as does a false convention."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dezero import Function, Variable
from gradcheck.cases.laboratory import Selection
from gradcheck.cli import main
from gradcheck.errors import SpecError
from gradcheck.judging import declarations
from gradcheck.judging.finding import Evidence
from gradcheck.records.jsonl import RECORDS, read
from gradcheck.running.tasks import Task, perform, reproduce, tasks
from gradcheck.specs import Spec, specs


def vanishing(spec: Spec) -> Evidence:
    return declarations.judged(spec, declarations.ids(spec)[-1])[1]


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> dict[str, Spec]:
    """The table, to be changed."""
    rows = dict(specs())
    for module in ("cases.table", "cases.coverage"):
        monkeypatch.setattr(f"gradcheck.{module}.specs", lambda: rows)
    return rows


def declare(table: dict[str, Spec], name: str, **fields: Any) -> Spec:
    table[name] = replace(table[name], **fields)
    return table[name]


@pytest.mark.parametrize(("name", "order"), [("neg", 2), ("mul", 3), ("sin", 4)])
def test_what_is_declared_is_proven(name: str, order: int) -> None:
    found = vanishing(specs()[name])
    assert (found.verdict, found.certified, found.order) == ("pass", True, order)


def test_a_third_derivative_that_is_not_zero_is_a_fail(table: dict[str, Spec]) -> None:
    found = vanishing(declare(table, "sin", vanishes=3))
    assert found.verdict == "fail"
    assert "declared to vanish, the derivative of order 3 is" in found.reason


@pytest.mark.parametrize(("name", "declared"), [("square", 4), ("neg", 3), ("square", None), ("relu", None)])
def test_a_derivative_that_vanishes_earlier_than_stated_is_a_fail(
    table: dict[str, Spec], name: str, declared: int | None
) -> None:
    earlier = table[name].vanishes
    found = vanishing(declare(table, name, vanishes=declared))
    assert found.verdict == "fail"
    assert f"the derivative of order {earlier} vanishes" in found.reason


def test_one_variant_whose_derivative_does_not_vanish_is_enough(table: dict[str, Spec]) -> None:
    found = vanishing(declare(table, "pow", vanishes=4))  # true of c = 3 and below, not of c = -1
    assert found.verdict == "fail"
    assert "c=-1" in found.reason


def test_a_backward_that_does_not_vanish_where_the_truth_does_is_a_fail(table: dict[str, Spec]) -> None:
    class Bent(Function):
        """-x, with a gradient that has a gradient."""

        def forward(self, x: Any) -> Any:
            return -x

        def backward(self, gy: Variable) -> Variable:
            return -gy + 0 * gy * self.inputs[0] + (self.inputs[0] - self.inputs[0].data) * gy

    found = vanishing(declare(table, "neg", call=lambda x: Bent()(x)))
    assert found.verdict == "fail"
    assert "backward gives other numbers" in found.reason


def test_a_run_judges_it_and_exits_with_1(
    here: None, table: dict[str, Spec], tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    declare(table, "neg", vanishes=None)
    arguments = ["run", "--op", "neg", "--order", "2", "-n", "1", "--device", "cpu", "--out", str(tmp_path)]
    assert main(arguments) == 1
    assert "neg:vanishes/float64/cpu" in capsys.readouterr().out


def test_it_is_a_case_that_is_declared_and_reproduced() -> None:
    rows = perform(Task("declaration", "mul:vanishes/float64/cpu"))
    assert [(row["case"], row["order"], row["verdict"]) for row in rows] == [
        ("mul:vanishes/float64/cpu", 3, "pass")
    ]
    _, result = reproduce("mul:vanishes/float64/cpu")
    assert "all vanish from order 3 on" in result.reason


def test_a_convention_that_does_not_hold_is_a_fail(table: dict[str, Spec]) -> None:
    [convention] = table["abs"].conventions
    wrong = replace(convention, gradients=(np.array([1.0, -1.0]),))
    spec = declare(table, "abs", conventions=(wrong,))
    kink_id, _ = declarations.ids(spec)
    _, kink = declarations.judged(spec, kink_id)
    assert kink.verdict == "fail"
    assert "not as declared: the derivative at 0 is 0" in kink.reason


class Raising(Function):
    """abs, or what is linear, whose backward raises from an order on."""

    def __init__(self, order: int) -> None:
        self.order = order

    def forward(self, x: Any) -> Any:
        return abs(x)

    def backward(self, gy: Variable) -> Variable:
        if self.order == 1:
            raise SystemExit("no gradient")
        return gy * Raising(self.order - 1)(self.inputs[0])


def test_a_backward_that_raises_at_a_kink_is_a_fail(table: dict[str, Spec]) -> None:
    spec = declare(table, "abs", call=lambda x: Raising(1)(x))
    case_id, _ = declarations.ids(spec)
    [row] = perform(Task("declaration", case_id))
    assert (row["verdict"], row["order"], row["certified"]) == ("fail", 1, False)
    assert row["reason"] == "backward of order 1 raised SystemExit: no gradient"


@pytest.mark.parametrize("order", [1, 3])
def test_a_backward_that_raises_where_it_is_to_vanish_is_a_fail(table: dict[str, Spec], order: int) -> None:
    spec = declare(table, "abs", call=lambda x: Raising(order)(x))
    found = vanishing(spec)
    assert (found.verdict, found.order, found.certified) == ("fail", order, False)
    assert found.reason == f"backward of order {order} raised SystemExit: no gradient"
    assert "abs" in found.where


def test_backward_is_asked_for_no_higher_order_than_the_spec_checks(table: dict[str, Spec]) -> None:
    """The truth is, up to order 4."""
    spec = declare(table, "square", call=lambda x: Raising(3)(x) * x, order=1, vanishes=3)
    assert vanishing(spec).verdict == "pass"
    assert vanishing(replace(spec, vanishes=2)).verdict == "fail"


def test_a_run_tells_of_a_declaration_whose_backward_raises(
    here: None, table: dict[str, Spec], tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    declare(table, "abs", call=lambda x: Raising(1)(x))
    arguments = ["run", "--op", "abs", "--order", "2", "-n", "1", "--device", "cpu", "--out", str(tmp_path)]
    assert main(arguments) == 1
    assert "LOST" not in capsys.readouterr().out
    failed = {row["case"] for row in read(tmp_path / RECORDS) if row.get("verdict") == "fail"}
    assert {"abs:kink0/float64/cpu", "abs:vanishes/float64/cpu"} <= failed


def test_conventions_are_judged_on_each_device_and_orders_that_vanish_once(device: Any) -> None:
    both = Selection("relu", devices=("cpu", "gpu"))
    asked = [task.name for task in tasks(both) if task.kind == "declaration"]
    assert asked == ["relu:kink0/float64/cpu", "relu:vanishes/float64/cpu", "relu:kink0/float64/gpu"]
    rows = perform(Task("declaration", asked[-1]))
    assert [(row["case"], row["device"], row["verdict"]) for row in rows] == [(asked[-1], "gpu", "pass")]
    _, result = reproduce(asked[-1])
    assert result.verdict == "pass"


def test_a_convention_of_a_device_that_is_absent_is_not_reproduced_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gradcheck.records.machine.gpu", lambda: ("", "no GPU here"))
    with pytest.raises(SpecError, match="no GPU here"):
        reproduce("relu:kink0/float64/gpu")
