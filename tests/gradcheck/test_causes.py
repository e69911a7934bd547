"""A red run tells causes: culprits first, with the line of their backward, and what follows folded."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dezero.functions as F
import gradcheck
from dezero import Function, Variable
from gradcheck.cli import main
from gradcheck.judging.finding import Culprit, Result
from gradcheck.records import jsonl
from gradcheck.records.jsonl import Row
from gradcheck.report import ci, console, github, html
from gradcheck.report.causes import Cause, Causes, causes
from gradcheck.report.summary import summarize
from gradcheck.running.session import Finished
from tests.gradcheck.markup import spelled_out
from tests.gradcheck.red_run import red_run
from tests.gradcheck.sample_rows import case_row, end_row, graph_row, network_row, run_row, source_row

ROOT = Path(__file__).resolve().parents[2]
FOUND_IN_TANH = "sign: the gradient of input 0 (x) is the negative; found in Tanh of float64[2], inside f"


def of(*rows: Row) -> Causes:
    return causes(rows, summarize(rows))


def failing(op: str, order: int = 1, diagnosis: str | None = "sign: negative", **changes: Any) -> Row:
    case = f"{op}/{changes.get('dtype', 'float64')}/cpu"
    wrong = {"verdict": "fail", "reason": "off by 50%", "certified": False, "diagnosis": diagnosis}
    return case_row(**({"op": op, "case": case, "order": order, **wrong} | changes))


def made_of(op: str, *classes: str, order: int = 0) -> Row:
    nodes = [{"label": label, "function": label[0].isupper()} for label in ("x ()", *classes, "y ()")]
    return graph_row(op=op, order=order, nodes=nodes, edges=[[n, n + 1] for n in range(len(nodes) - 1)])


def culprit(function: str = "Tanh", line: int = 9, order: int = 1, kind: str = "sign") -> dict[str, Any]:
    path = "dezero/functions/elementwise.py"
    return {"function": function, "path": path, "line": line, "order": order, "kind": kind}


# Two planted bugs -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def red(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return red_run(tmp_path_factory.mktemp("red"))


def test_two_planted_bugs_are_two_causes(red: Finished) -> None:
    found = causes(red.rows, red.found)
    tanh, matmul = sorted(found.found, key=lambda cause: cause.function != "Tanh")
    assert (tanh.function, tanh.order, tanh.kind) == ("Tanh", 1, "constant factor")
    assert (matmul.function, matmul.order, matmul.kind) == ("MatMul", 1, "sign")
    assert [each.plainest.case for each in (tanh, matmul)] == ["tanh/float64/cpu", "matmul/float64/cpu"]
    assert {f.op for f in tanh.following} == {"layers.RNN"}
    assert {f.op for f in matmul.following} == {"linear", "layers.Linear"}
    assert found.cases == red.found.counts["fail"] == tanh.cases + matmul.cases
    assert found.headline.startswith(f"2 causes: {found.cases} failing cases of 5 functions")


def test_each_planted_bug_is_told_with_its_line(red: Finished) -> None:
    found = {cause.function: cause for cause in causes(red.rows, red.found).found}
    _, line = inspect.getsourcelines(F.MatMul.backward)
    assert found["MatMul"].place == f"dezero/functions/linear_algebra.py:{line}"
    lines = (ROOT / found["Tanh"].path).read_text(encoding="utf-8").splitlines()
    assert lines[found["Tanh"].line - 1].lstrip().startswith("vjps")
    assert any("class Tanh" in text for text in lines[found["Tanh"].line - 8 : found["Tanh"].line])


def test_older_records_without_culprits_tell_the_same_causes(red: Finished) -> None:
    """The words of their diagnoses say it, and the graphs of their ops."""
    older = [{name: value for name, value in row.items() if name != "culprit"} for row in red.rows]
    before, now = of(*older), causes(red.rows, red.found)
    assert before.headline == now.headline
    assert [(c.title, c.path, c.follow) for c in before.found] == [
        (c.title, c.path, c.follow) for c in now.found
    ]


def test_the_terminal_and_github_tell_the_same_two(red: Finished) -> None:
    text = console.summary(red.rows)
    assert text.count("\n  FAIL  ") == 2
    assert [line.split("  ")[1] for line in text.splitlines() if line.startswith("CAUSE")] == [
        cause.title for cause in causes(red.rows, red.found).found
    ]
    errors = [line for line in ci.github_annotations(red.rows) if line.startswith("::error")]
    assert [re.findall(r"file=([^,]+)", line) for line in errors] == [
        ["dezero/functions/linear_algebra.py"],
        ["dezero/functions/elementwise.py"],
    ]
    markdown = github.markdown("gradcheck run", [], why=causes(red.rows, red.found))
    assert markdown.index("2 causes") < markdown.index("MatMul, order 1") < markdown.index("| checked |")


def test_the_page_folds_what_follows(red: Finished) -> None:
    page = spelled_out(red.report.read_text(encoding="utf-8"))
    block = page[page.index('<section class="causes"') :].partition("</section>")[0]
    shown = re.sub(r"<details>.*?</details>", "", block, flags=re.DOTALL)
    assert shown.count("<h3>") == 2
    assert "layers.Linear" in block
    assert "layers.Linear" not in shown


# What follows from what -----------------------------------------------------------------------------


def test_a_composite_follows_from_what_its_diagnosis_found() -> None:
    found = of(failing("tanh", culprit=culprit()), failing("RNN", diagnosis=FOUND_IN_TANH, culprit=culprit()))
    (cause,) = found.found
    assert (cause.title, cause.follow) == ("Tanh, order 1: sign", "1 case of 1 function follows")
    assert cause.plainest.case == "tanh/float64/cpu"


def test_a_composite_follows_whose_graph_holds_what_fails() -> None:
    rows = [failing("tanh", culprit=culprit()), failing("RNN", diagnosis="the formula: wrong")]
    assert len(of(*rows).found) == 2
    assert len(of(*rows, made_of("tanh", "Tanh"), made_of("RNN", "Tanh", "Add")).found) == 1


@pytest.mark.parametrize(("order", "count"), [(1, 2), (2, 1)])
def test_the_graph_of_a_gradient_shows_an_order_later(order: int, count: int) -> None:
    rows = [failing("matmul", culprit=culprit("MatMul")), failing("linear", order, "the formula: wrong")]
    graphs = [made_of("matmul", "MatMul"), made_of("linear", "Linear"), made_of("linear", "MatMul", order=1)]
    assert len(of(*rows, *graphs).found) == count


def test_what_holds_a_class_that_is_wrong_from_a_higher_order_on_follows_from_it() -> None:
    rows = [failing("tanh", 3, "not linear in gy: so"), failing("RNN", 3, "the formula: wrong")]
    (cause,) = of(*rows, made_of("tanh", "Tanh"), made_of("RNN", "Tanh", "Add")).found
    assert (cause.title, cause.own) == ("Tanh, order 3: not linear in gy", ["tanh"])


def test_a_culprit_that_no_op_is_alone_is_told_with_the_plainest_case() -> None:
    said = "sign: negative; found in Sech2 of float64[2], inside the gradient of order 1"
    (cause,) = of(failing("tanh", 2, said, culprit=culprit("Sech2", line=40))).found
    assert (cause.title, cause.place) == ("Sech2, order 1: sign", "dezero/functions/elementwise.py:40")
    assert cause.reproduce == case_row()["reproduce"]


def test_classes_that_share_a_backward_are_one_cause() -> None:
    rows = [failing(op, culprit=culprit(op.capitalize())) for op in ("max", "min")]
    (cause,) = of(*rows).found
    assert cause.function == "Max and Min"


def test_another_kind_of_the_same_function_is_told_beside() -> None:
    lost = culprit(kind="precision lost")
    rows = [failing("tanh", culprit=culprit()), failing("tanh", dtype="float32", culprit=lost)]
    (cause,) = of(*rows, made_of("tanh", "Tanh")).found
    assert (cause.kind, cause.otherwise) == ("sign", ["precision lost (1 case)"])


@pytest.mark.parametrize("said", ["graph cut in f: each function is right", "a kink inside f: it is smooth"])
def test_what_is_wrong_with_f_itself_follows_from_nothing(said: str) -> None:
    rows = [failing("tanh", culprit=culprit()), failing("RNN", diagnosis=said), made_of("RNN", "Tanh")]
    assert len(of(*rows).found) == 2


def test_a_gap_that_passes_follows_from_nothing() -> None:
    gap = failing("tanh", diagnosis=None, dtype="float16", reason="a declared gap now passes; remove it")
    rows = [failing("tanh", culprit=culprit()), gap, made_of("tanh", "Tanh")]
    assert {cause.kind for cause in of(*rows).found} == {"sign", "a declared gap now passes; remove it"}


def test_a_wrong_value_is_no_matter_of_backward() -> None:
    value = failing("tanh", 0, oracle="formula", reason="order 0: off by 3 ULP at (1, 2)")
    found = of(failing("tanh", culprit=culprit()), value, made_of("tanh", "Tanh"))
    assert {cause.title for cause in found.found} == {"Tanh, order 1: sign", "tanh, order 0: off by # ULP"}


def test_without_a_diagnosis_like_reasons_are_one_cause() -> None:
    rows = [failing("f", diagnosis=None, case=f"f/{n}", reason=f"raises {n}") for n in range(9)]
    (cause,) = of(*rows, failing("g", diagnosis=None, reason="raises 1")).found[:1]
    assert (cause.title, cause.cases) == ("f, order 1: raises #", 9)


def test_the_place_of_an_op_of_a_users_is_its_own() -> None:
    source = source_row(op="scale", name="Scale.backward", path="ops.py", line=7)
    (cause,) = of(failing("scale"), source).found
    assert cause.place == "ops.py:7"


def test_networks_and_lost_cases_are_told_beside() -> None:
    network = network_row(verdict="fail", reason="off")
    found = of(run_row(declared=3), failing("tanh"), network, end_row())
    assert found.headline.endswith("1 check of networks fails; 2 declared cases gave no result")
    alone = of(run_row(), case_row(), network, end_row())
    assert (bool(alone), len(alone.found)) == (True, 0)
    page = html.render([run_row(), case_row(), network, end_row()])["index.html"]
    assert "1 check of networks fails" in page


def test_a_green_run_has_no_causes() -> None:
    assert not of(run_row(), case_row(), end_row())
    assert 'class="causes"' not in html.render([run_row(), case_row(), end_row()])["index.html"]


# The culprit of a result ----------------------------------------------------------------------------


class WrongSquare(Function):
    def forward(self, x: Any) -> Any:
        return x * x

    def backward(self, gy: Variable) -> Variable:
        return gy * self.inputs[0]


def test_a_function_of_a_users_is_its_own_culprit() -> None:
    result = gradcheck.check(lambda x: WrongSquare()(x), np.array([1.5, -2.0]))
    _, line = inspect.getsourcelines(WrongSquare.backward)
    assert result.culprit == Culprit(
        "WrongSquare", "tests/gradcheck/test_causes.py", line, 1, "constant factor"
    )


def test_the_culprit_inside_f_is_named_with_the_order_at_which_it_is_wrong() -> None:
    result = gradcheck.check(lambda x: F.sin(WrongSquare()(x)) * x, np.array([0.5, -0.7]))
    assert result.culprit is not None
    assert (result.culprit.function, result.culprit.order) == ("WrongSquare", 1)
    assert "found in WrongSquare" in (result.diagnosis or "")


def test_what_passes_has_no_culprit() -> None:
    assert gradcheck.check(F.sin, np.array([0.5])).culprit is None
    assert Result("pass", "").culprit is None


@pytest.mark.usefixtures("here")
def test_check_writes_the_place_of_a_users_op(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = ["import numpy as np", "from dezero import Variable", "", "def cut(x):"]
    text += ["    return x * Variable(np.sin(x.data))"]
    (tmp_path / "ops.py").write_text("\n".join(text) + "\n")
    assert main(["check", "ops.py:cut", "--out", "report", "--range", "0.5:1"]) == 1
    rows = jsonl.read(tmp_path / "report" / "records.jsonl")
    found: list[Cause] = list(causes(rows, summarize(rows)).found)
    assert [(cause.function, cause.place) for cause in found] == [("cut", "ops.py:4")]
    assert found[0].kind == "graph cut in f"
