"""The command: what it prints, and its exit statuses."""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gradcheck.cases import laboratory
from gradcheck.cases.key import find
from gradcheck.cli import COMMANDS, main, parser, targets
from gradcheck.cli.loading import Target
from gradcheck.records import jsonl
from gradcheck.specs import specs
from gradcheck.trying.wanted import Asked
from tests.gradcheck.sample_rows import case_row, end_row, run_row

OPS = str(Path(__file__).with_name("ops.py"))
HERE = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def in_folder(here: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command runs in a folder of its own, and checks in this process instead of in one apart."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("in_folder")
@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("WrongSign", "sign"),
        ("WrongFactor", "constant factor"),
        ("MissingSum", "sum over a broadcast axis missing"),
        ("GraphCut", "graph cut in backward"),
    ],
)
def test_check_names_the_cause_of_a_wrong_op(
    name: str, cause: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", f"{OPS}:{name}"]) == 1
    out, err = capsys.readouterr()
    assert f"likely cause: {cause}" in out
    assert f"reproduce: gradcheck check {OPS}:{name} --shape" in out
    assert "Traceback" not in out + err


@pytest.mark.usefixtures("in_folder")
@pytest.mark.parametrize("name", ["Sine", "sine"])
def test_check_passes_a_right_op_on_several_shapes_and_dtypes(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", f"{OPS}:{name}", "--order", "3"]) == 0
    out = capsys.readouterr().out
    assert out.count("PASS") >= 8
    assert "float32[2, 3]" in out
    assert "float64[]" in out


def test_the_reproducing_command_finds_the_failure_again(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", f"{OPS}:WrongSign"])
    line = next(x for x in capsys.readouterr().out.splitlines() if "reproduce:" in x)
    assert main(line.partition("gradcheck ")[2].split()) == 1


@pytest.mark.usefixtures("in_folder")
def test_check_of_a_whole_file_and_of_a_module(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "dezero.functions:tanh", "--shape", "3", "--dtype", "float64"]) == 0
    assert "tanh(x: float64[3])" in capsys.readouterr().out


@pytest.mark.usefixtures("in_folder")
def test_check_of_a_spec(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "myspec.py").write_text(
        "import dezero.functions as F\n"
        "from gradcheck.specs import Arg, Spec\n"
        "cube = Spec('cube', 'mine', lambda x: x * x * x, (Arg('x'),), lambda m, x: x**3)\n"
    )
    assert main(["check", str(tmp_path / "myspec.py")]) == 0
    assert "cube(x: float64[2, 3])" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["tanh", "sum", "where", "layers.RNN"])
def test_check_looks_at_a_spec_at_the_points_of_a_run(name: str) -> None:
    """Its own file or the table: the same ids, seeds and inputs."""
    asked = Asked((), ("float64", "float32"), 2, 0)
    plan = targets.plan_of(Target(f"mine.py:{name}", specs()[name]), asked)
    cases = [check.case for check in plan.checks if check.case is not None]
    assert {case.id for case in cases} >= {key.id for key in laboratory.contiguous(name)}
    for case in cases:
        measured = laboratory.build(find(case.id), 2)
        assert case.seed == measured.seed
        assert all(map(np.array_equal, case.inputs, measured.inputs))
        assert [x.dtype for x in case.inputs] == [x.dtype for x in measured.inputs]
        same = ("op", "names", "active", "order", "dtype", "layout", "params", "domains", "bounds")
        assert all(getattr(case, field) == getattr(measured, field) for field in same)


@pytest.mark.usefixtures("in_folder")
def test_what_a_spec_omits_is_not_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "from gradcheck.specs import Arg, Omission, Spec\n"
        "omits = (Omission('too coarse to tell', dtype='float16'),)\n"
        "mine = Spec('mine', 'mine', lambda x: x * x, (Arg('x'),), lambda m, x: x * x, omits=omits)\n"
    )
    arguments = ["check", str(path), "--order", "1", "--dtype", "float16"]
    assert main(arguments) == 2
    assert "mine: not measured: too coarse to tell" in capsys.readouterr().err
    assert main([*arguments, "--dtype", "float64"]) == 0
    assert "1 check: 1 pass" in capsys.readouterr().out


WRITTEN = "expected shapes of (x) on which its formula can be written, got"


@pytest.mark.usefixtures("in_folder")
@pytest.mark.parametrize(
    ("mine", "message"),
    [
        (
            "replace(specs()['linear'], args=(Arg('x'),), call=F.tanh, formula=lambda m, x: m.tanh(x), "
            "variants=(Variant(),))",
            f"{WRITTEN} ((1, 2), (2, 1), (1,)): ValueError: typeset: got 1 names for 3 shapes",
        ),
        ("unary('mine', 'sum', '', lambda m, x: x @ x.T)", f"{WRITTEN} ((),): ValueError: matmul"),
        (
            "unary('mine', 'sum', '', lambda m, x: m.sum(x))",
            "expected a shape with axes for each argument, or None, got ((),): shapes () are those of an "
            "elementwise function, and of inputs [(2, 3)] it makes ()",
        ),
    ],
)
def test_a_display_that_does_not_fit_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], mine: str, message: str
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "from dataclasses import replace\n"
        "import dezero.functions as F\n"
        "from gradcheck.specs import Arg, Variant, specs\n"
        "from gradcheck.specs.shorthand import unary\n"
        f"mine = {mine}\n"
    )
    assert main(["check", f"{path}:mine"]) == 2
    assert f": display: {message}" in capsys.readouterr().err


def test_a_run_refuses_a_display_that_does_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = {**specs(), "neg": replace(specs()["neg"], display=((), ()))}
    monkeypatch.setattr("gradcheck.cases.table.specs", lambda: table)
    assert main(["run", "--op", "neg", "--device", "cpu", "--out", str(tmp_path)]) == 2
    assert "spec neg: display: expected shapes of (x)" in capsys.readouterr().err


@pytest.mark.usefixtures("in_folder")
def test_a_spec_is_held_against_its_formula_and_its_conventions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "myspecs.py"
    path.write_text(
        "import dezero.functions as F\n"
        "import numpy as np\n"
        "from gradcheck.specs import Arg, Convention, Spec\n"
        "square = Spec('square', 'mine', lambda x: x * x * x, (Arg('x'),), lambda m, x: x**2)\n"
        "def at_zero(slope):\n"
        "    convention = Convention((np.zeros(1),), (np.array([slope]),), 'at 0')\n"
        "    x = Arg('x', avoid=(0.0,))\n"
        "    return Spec('kinked', 'mine', F.relu, (x,), None, conventions=(convention,), vanishes=2)\n"
        "right, wrong = at_zero(0.0), at_zero(1.0)\n"
    )
    for name, status, message in (
        ("square", 1, "forward is not the formula"),
        ("right", 0, "PASS  kinked:kink0"),
        ("wrong", 1, "not as declared: at 0"),
    ):
        assert main(["check", f"{path}:{name}", "--dtype", "float64"]) == status
        assert message in capsys.readouterr().out
    assert main(["check", f"{path}:right", "--shape", "3"]) == 2
    assert "whose variants say the shapes" in capsys.readouterr().err


@pytest.mark.usefixtures("in_folder")
@pytest.mark.parametrize(
    ("f", "vanishes", "status", "message"),
    [
        ("x * x", 3, 0, "PASS  mine:vanishes: derivatives of orders 1 to 4: all vanish from order 3 on"),
        ("x * x", 2, 1, "declared to vanish, the derivative of order 2 is "),
        ("x + x", 3, 1, "the derivative of order 2 vanishes, not as declared"),
        ("Rigid()(x)", 2, 0, "which derivatives vanish is not known in mine/float64/cpu: forward"),
    ],
)
def test_the_orders_that_a_spec_says_vanish_must(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], f: str, vanishes: int, status: int, message: str
) -> None:
    path = tmp_path / "myspec.py"
    path.write_text(
        "import numpy as np\n"
        "from dezero import Function\n"
        "from gradcheck.specs import Arg, Spec\n"
        "class Rigid(Function):\n"
        "    def forward(self, x):\n"
        "        return 2 * np.asarray(x, dtype=float)\n"
        "    def backward(self, gy):\n"
        "        return 2 * gy\n"
        f"mine = Spec('mine', 'mine', lambda x: {f}, (Arg('x'),), None, vanishes={vanishes})\n"
    )
    assert main(["check", f"{path}:mine", "--dtype", "float64"]) == status
    assert message in capsys.readouterr().out


@pytest.mark.usefixtures("in_folder")
def test_integers_are_given_or_found_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", f"{OPS}:lookup", "--dtype", "float64"]) == 0
    assert "lookup(index: int64[4], table: float64[2, 3])" in capsys.readouterr().out
    assert main(["check", f"{OPS}:masked", "--shape", "5", "--shape", "5:bool"]) == 0
    assert "masked(x: float64[5], mask: bool[5])" in capsys.readouterr().out
    assert main(["check", f"{OPS}:ForgetsRepeats", "--shape", "4:int", "--shape", "2x3"]) == 1
    line = next(x for x in capsys.readouterr().out.splitlines() if "reproduce:" in x)
    assert "--shape 4:int --shape 2x3" in line
    assert main(line.partition("gradcheck ")[2].split()) == 1


@pytest.mark.usefixtures("in_folder")
def test_a_function_of_any_number_of_inputs_is_tried_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", f"{OPS}:total", "--dtype", "float64"]) == 0
    assert "total(x0: float64[2, 3], x1: float64[2, 3])" in capsys.readouterr().out


@pytest.mark.usefixtures("in_folder")
def test_what_cannot_be_checked_in_a_file_hides_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "several.py"
    needy = "class Needy(Sine):\n    def __init__(self, layout):\n        self.axis = layout['axis']\n"
    path.write_text(f"from tests.gradcheck.ops import Sine\n{needy}def f(x):\n    return Sine()(x)\n")
    assert main(["check", str(path), "--shape", "3", "--draw", "ordinary"]) == 2
    out = capsys.readouterr().out
    assert f"NOT CHECKED  {path}:Needy cannot be made without arguments" in out
    assert "2 checks: 2 pass, 1 not checked" in out
    worse = tmp_path / "worse.py"
    worse.write_text(path.read_text() + "class Off(Sine):\n    def backward(self, gy):\n        return gy\n")
    assert main(["check", str(worse), "--shape", "3"]) == 1


@pytest.mark.usefixtures("in_folder")
@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("raise RuntimeError('boom')", "RuntimeError: boom (bad.py, line 1)"),
        ("def f(x:\n    return x", "SyntaxError: '(' was never closed (bad.py, line 1)"),
        ("import sys\nsys.exit(0)", "SystemExit: 0 (bad.py, line 2)"),
        ("X = 3", "defines no Spec, no Function subclass and no public function"),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        (
            "from gradcheck.specs.shorthand import unary\nmine = unary('mine', 'nothing', '', abs)",
            "spec nothing: call: expected a function, and dezero.functions has no 'nothing'",
        ),
    ],
)
def test_a_file_that_cannot_be_loaded_is_misuse(
    source: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.py").write_text(source)
    assert main(["check", str(tmp_path / "bad.py")]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.usefixtures("in_folder")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", f"{OPS}:SIZE"], "is of type int: expected a Spec, a Function or a function"),
        (["check", f"{OPS}:total", "--domain", "z=0:1"], "no such input; it has x0, x1"),
        (["check", ""], "module '' cannot be imported"),
        (["check", "no_such_file.py"], "no file no_such_file.py"),
        (["check", f"{OPS}:Nothing"], "no Nothing in tests.gradcheck.ops"),
        (["check", "no.such.module:f"], "cannot be imported"),
        (["check", f"{OPS}:NeedsArgument"], "cannot be made without arguments"),
        (["check", f"{OPS}:returns_an_array"], "must return a dezero Variable"),
        (["check", f"{OPS}:Sine", "--shape", "2x3", "--shape", "3"], "fails on every shape"),
        (["run", "--op", "no_such_function"], "no function of the table matches"),
        (["reproduce", "tanh/float128/cpu"], "no case 'tanh/float128/cpu'"),
        (["reproduce", "nothing/float64/cpu"], "no function 'nothing'"),
        (["report", "no_such_records.jsonl", "--out", "x"], "no_such_records.jsonl"),
    ],
)
def test_misuse_is_one_line_and_status_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    _, err = capsys.readouterr()
    assert err.startswith("gradcheck: error: ")
    assert err.count("\n") == 1
    assert message in err


@pytest.mark.parametrize("arguments", [[], ["unknown"], ["check"], ["run", "--order", "0"]])
def test_wrong_words_are_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main(arguments)
    assert exit_info.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_list_names_functions_and_exemptions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    assert sum(line[:1].isalpha() for line in out.splitlines()) >= 45
    assert "exempt: sign" in out


def test_reproduce_shows_the_inputs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", "tanh/float64/cpu", "--order", "1"]) == 0
    out = capsys.readouterr().out
    assert "x = [[" in out
    assert "PASS  tanh" in out


def test_run_and_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    arguments = ["run", "--op", "exp,relu", "--order", "2", "-n", "1", "--device", "cpu"]
    status = main([*arguments, "--out", str(first)])
    rows = jsonl.read(first / "records.jsonl")
    assert status == 0, capsys.readouterr().out
    assert {row["order"] for row in rows if row["kind"] == "case"} == {0, 1, 2}
    assert {"jet", "symbolic", "finite_difference"} <= {
        row["oracle"] for row in rows if row["kind"] == "case"
    }
    assert "exp" in (first / "index.html").read_text(encoding="utf-8")
    assert main(["report", str(first / "records.jsonl"), "--out", str(second)]) == 0
    assert (second / "index.html").is_file()


def test_module_and_command_are_the_same() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gradcheck", "--help"], cwd=HERE, capture_output=True, text=True, check=True
    )
    assert "usage: gradcheck" in done.stdout


def _parser_of(command: str) -> argparse.ArgumentParser:
    actions = parser()._actions
    return next(a for a in actions if isinstance(a, argparse._SubParsersAction)).choices[command]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_tells_every_default_and_shows_examples(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for action in _parser_of(command)._actions:
        help_text = action.help or ""
        assert help_text, action.dest
        assert action.required or action.dest == "help" or "default" in help_text, action.dest
    with pytest.raises(SystemExit) as exit_info:
        main([command, "--help"])
    assert exit_info.value.code == 0
    out = capsys.readouterr().out
    assert f"examples:\n  gradcheck {command}" in out
    assert "exit status: 0" in out


@pytest.mark.parametrize("line", [line for module in COMMANDS.values() for line in module.EXAMPLES])
def test_the_examples_are_understood(line: str) -> None:
    parser().parse_args(shlex.split(line)[1:])


@pytest.mark.parametrize(
    "arguments", [["check", "x.py", "--seed=-1"], ["run", "--time-limit", "0"], ["run", "--time-limit=nan"]]
)
def test_numbers_that_make_no_sense_are_status_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main(arguments)
    assert exit_info.value.code == 2
    assert "expected a" in capsys.readouterr().err


def test_a_run_that_goes_on_next_to_older_records_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "records.jsonl"
    with jsonl.Writer(path) as writer:
        for row in (run_row(), case_row(), end_row()):
            writer.write(row)
    assert main(["report", str(path), "--out", str(tmp_path / "a")]) == 0
    assert capsys.readouterr().err == ""
    jsonl.part_of(path).write_text("")
    os.utime(path, (0, 0))
    assert main(["report", str(path), "--out", str(tmp_path / "b")]) == 0
    assert "records.jsonl.part is newer" in capsys.readouterr().err
