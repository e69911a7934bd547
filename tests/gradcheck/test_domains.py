"""Where an op is defined is found out or given; nothing is left out in silence; awkward points are drawn."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradcheck.cli import parser
from gradcheck.cli.check import asked_of
from gradcheck.errors import SpecError
from gradcheck.trying.domain import WORDS
from gradcheck.trying.plan import Plan, plan
from gradcheck.trying.wanted import Asked
from tests.gradcheck import domain_ops as ops

SYMMETRIC = "(checked as a function of symmetric matrices: of (a + a^T) / 2)"
SHARES = "(moved one by one; --domain simplex: checked as a function of rows that sum to 1)"
SIMPLEX = "(checked as a function of {0} / sum of {0} along the last axis)"

# What is found of each op, and of its wrong twin.
FOUND: dict[str, tuple[str, ...]] = {
    "Logit": ("--domain 0:1",),
    "Entropy": ("--domain 0:1",),
    "Arccosh": ("--domain 1:inf",),
    "Arctanh": ("--domain -1:1",),
    "Arcsin": ("--domain -1:1",),
    "Reciprocal": ("--domain nonzero",),
    "Barrier": ("--domain -inf:5",),
    "Root": ("--domain 0:inf",),
    "Narrow": ("--domain 0.3:0.4",),
    "Far": ("--domain 1000:inf",),
    "Power": ("--domain x=0:inf",),
    "Ordered": ("--range x=-2:-0.125", "--range y=0.125:2"),
    "Kl": (f"--domain p=shares  {SHARES}", f"--domain q=shares  {SHARES}"),
    "Nll": ("--range t=0:2",),
    "OneHot": ("--domain t=one-hot",),
    "Bce": ("--domain p=0:1", "--range t=0:1"),
    "Hinge": ("--domain t=signs",),
    "Between": ("--range high=1.125:3", "--range low=-2:-1", "--range x=-0.875:0.875"),
    "SoftTargets": (f"--domain p=shares  {SHARES}",),
    "ExactShares": (f"--domain simplex  {SIMPLEX.format('p')}",),
    "Logdet": (f"--domain positive-definite  {SYMMETRIC}",),
    "Inv": (),
    "Solve": (),
    "Symmetric": (f"--domain symmetric  {SYMMETRIC}",),
    "Gather": ("--range i=0:2",),
    "Sort": (),
    "Median": (),
    "Gaps": ("--domain distinct",),
    "Norm": (),
    "Bilinear": (),
    "Quantile": (),
}


def planned(name: str, options: str = "", order: int = 2) -> Plan:
    """What `gradcheck check ops.py:NAME --order N OPTIONS` does."""
    text = f"ops.py:{name}"
    words = ["check", text, "--order", str(order), *shlex.split(options)]
    return plan(text, getattr(ops, name), asked_of(parser().parse_args(words)))


def verdicts(of: Plan) -> list[str]:
    return [check.find().verdict for check in of.checks]


@pytest.mark.parametrize("name", FOUND)
def test_the_domain_of_a_right_op_is_found_and_it_does_not_fail(name: str) -> None:
    made = planned(name, order=1 if name in ("Inv", "Solve", "Logdet") else 2)
    assert sorted(made.found) == sorted(FOUND[name])
    assert made.doubt == ""
    found = verdicts(made)
    assert "fail" not in found
    assert found.count("pass") > len(found) / 2
    assert any(case.inputs[0].size > 1 for case in _cases(made))


@pytest.mark.parametrize("name", FOUND)
def test_its_wrong_twin_fails(name: str) -> None:
    made = planned(f"Wrong{name}", "--dtype float64 --draw ordinary", order=1)
    assert sorted(made.found) == sorted(FOUND[name])
    assert "fail" in verdicts(made)


def test_a_function_of_positive_definite_matrices_may_read_one_triangle() -> None:
    for name, expected in (("Cholesky", {"pass"}), ("WrongCholesky", {"fail"})):
        made = planned(name, "--shape 3x3 --dtype float64", order=1)
        assert made.found == [f"--domain positive-definite  {SYMMETRIC}"]
        assert set(verdicts(made)) == expected


def test_a_gradient_that_is_right_for_rows_that_sum_to_1_alone_is_told_from_one_that_is_right() -> None:
    for name, options, expected in (
        ("RightOnSimplex", "", "fail"),
        ("RightOnSimplex", "--domain p=simplex", "pass"),
        ("SoftTargets", "--domain p=simplex", "pass"),
        ("WrongSoftTargets", "--domain p=simplex", "fail"),
    ):
        made = planned(name, f"--dtype float64 --shape 2x3 --shape 2x3 --draw ordinary {options}")
        assert verdicts(made) == [expected], name


def test_the_page_has_all_words_of_domains() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "check.md").read_text(encoding="utf-8")
    assert [word for word in WORDS if f"`{word}`" not in page] == []


def test_labels_that_must_be_floats_are_not_differentiated() -> None:
    made = planned("FloatOneHot")
    assert made.found == ["--domain t=one-hot  (t is not differentiated)"]
    assert set(verdicts(made)) == {"pass"}
    for case in _cases(made):
        assert list(case.active) == [True, False]
        _require_same(case, "FloatOneHot")


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("DividingProduct", "one zero"),
        ("TwoZerosProduct", "two zeros"),
        ("GreedyLargest", "ties"),
        ("WrongGather", "repeated integers"),
        ("ClippedLogit", "near the edges"),
    ],
)
def test_what_is_wrong_at_awkward_points_only_fails_there(name: str, title: str) -> None:
    made = planned(name, "--dtype float64")
    failing = [check.title for check in made.checks if check.find().verdict == "fail"]
    assert any(f"{name}, {title}(" in each for each in failing)


def test_zeros_are_drawn_at_shapes_that_were_given_too() -> None:
    made = planned("DividingProduct", "--shape 4 --dtype float64")
    assert verdicts(made).count("fail") == 2
    assert set(verdicts(planned("Product", "--shape 4"))) == {"pass"}


def test_points_near_the_edges_lie_inside_and_so_do_all_others() -> None:
    near = [case for case in _cases(planned("Logit")) if "near the edges" in case.op]
    assert near
    for case in _cases(planned("Logit")):
        assert (case.inputs[0] > 0).all()
        assert (case.inputs[0] < 1).all()
        assert case.domains == [(0.0, 1.0)]
    for case in near:
        assert case.inputs[0].min() < 0.001
        assert case.inputs[0].max() > 0.999


def test_both_sides_of_a_hole_are_tried() -> None:
    (near,) = (case for case in _cases(planned("Reciprocal", "--shape 4")) if "near the edges" in case.op)
    assert near.inputs[0].tolist()[0] == 2.0**-7
    assert near.inputs[0].tolist()[-1] == -(2.0**-7)


# What is left out ---------------------------------------------------------------------------------------


def test_refused_shapes_are_named_with_what_the_op_said() -> None:
    made = planned("sequences")
    assert [*made.left_out] == [("2x3, scalar, 4, 3x3, 1x2x4x4", "ValueError: x must be (B, T, C)")]


def test_shapes_that_only_forward_takes_are_left_out_unless_they_were_asked_for() -> None:
    for name, found in (("Flat", {"pass"}), ("WrongFlat", {"fail"})):
        made = planned(name, "--dtype float64 --draw ordinary")
        assert [case.inputs[0].shape for case in _cases(made)] == [(2, 3)]
        assert set(verdicts(made)) == found
        assert any("2x3x2" in what and "backward raises" in why for what, why in made.left_out)
        assert verdicts(planned(name, "--shape 2x3x2 --dtype float64 --draw ordinary")) == ["fail"]
    nowhere = planned("Raises", "--dtype float64 --draw ordinary")
    assert set(verdicts(nowhere)) == {"fail"}


def test_a_backward_that_exits_fails_at_each_shape() -> None:
    made = planned("Exits", "--dtype float64 --draw ordinary")
    assert len(made.checks) > 1
    results = [check.find() for check in made.checks]
    assert {result.verdict for result in results} == {"fail"}
    assert all("SystemExit: 3" in result.reason for result in results)


def test_an_op_whose_backward_raises_but_for_one_axis_or_one_element_is_wrong() -> None:
    for axis in ("--set axis=-1", "--set axis=1"):
        made = planned("LostAxis", f"--dtype float64 --draw ordinary {axis}")
        assert "fail" in verdicts(made), axis
        assert "pass" in verdicts(made), axis


def test_that_a_loss_broadcasts_may_be_chance_and_that_an_op_of_elements_does_is_meant() -> None:
    loss = planned("MeanSquare", "--dtype float64 --draw ordinary")
    assert set(verdicts(loss)) == {"pass"}
    assert any("2x1 and 1x3" in what and "a gradient of shape (2, 3)" in why for what, why in loss.left_out)
    assert verdicts(planned("MeanSquare", "--shape 2x3 --shape 3 --dtype float64 --draw ordinary")) == [
        "fail"
    ]
    product = planned("UnsummedProduct", "--dtype float64 --draw ordinary")
    assert verdicts(product).count("fail") == 3
    assert "fail" in verdicts(planned("WrongMeanSquare", "--dtype float64 --draw ordinary"))


def test_an_input_that_is_called_a_target_may_have_no_gradient() -> None:
    made = planned("LabelledEntropy", "--dtype float64 --draw ordinary")
    assert "--domain t=one-hot  (t is not differentiated)" in made.found
    assert set(verdicts(made)) == {"pass"}
    assert set(verdicts(planned("WrongLabelledEntropy", "--dtype float64 --draw ordinary"))) == {"fail"}
    assert "fail" in verdicts(planned("Forgetful", "--dtype float64 --draw ordinary")), "s is no target"


def test_zeros_of_inputs_that_are_broadcast_do_not_meet() -> None:
    made = planned("Angle", "--dtype float64")
    zeros = [case for case in _cases(made) if "zero" in case.op]
    assert any((case.inputs[0] == 0).any() and (case.inputs[1] == 0).any() for case in zeros)
    assert set(verdicts(made)) == {"pass"}


def test_an_op_of_one_matrix_is_not_tried_on_stacks_unless_they_were_asked_for() -> None:
    made = planned("OneInverse", "--dtype float64 --draw ordinary", order=1)
    assert [case.inputs[0].shape for case in _cases(made)] == [(3, 3)]
    assert verdicts(made) == ["pass"]
    assert any("2x3x3" in what and "stacks" in why for what, why in made.left_out)
    assert verdicts(planned("OneInverse", "--shape 2x3x3 --draw ordinary", order=1)) == ["fail", "fail"]


def test_a_refused_dtype_is_named() -> None:
    made = planned("float64_only", "--shape 2x3")
    assert [*made.left_out] == [("2x3 in float32", "TypeError: no float32")]
    assert {case.inputs[0].dtype for case in _cases(made)} == {np.dtype(np.float64)}


def test_a_refused_draw_is_named() -> None:
    made = planned("Gaps", "--shape 4 --domain -inf:inf --dtype float64")
    assert ("4 in float64, two zeros", "its values are not finite") not in made.left_out  # not side by side
    assert ("4 in float64, ties", "its values are not finite") in made.left_out


def test_only_scalars_are_a_doubt_unless_they_were_asked_for() -> None:
    assert planned("scalar_only").doubt.startswith(
        "only inputs of one element were accepted (ValueError: x must"
    )
    assert planned("scalar_only", "--shape scalar").doubt == ""


def test_nothing_to_differentiate_is_a_doubt() -> None:
    assert planned("signs").doubt.startswith("no output is floating")
    assert planned("signs", "--shape 3").doubt.startswith("no output is floating")
    assert planned("Root", "--values 1,4").doubt.startswith("no input is floating")


def test_shapes_are_put_together_where_no_usual_ones_are_accepted() -> None:
    made = planned("odd_shapes")
    assert {tuple(x.shape for x in case.inputs) for case in _cases(made)} == {((3,), (), (2, 3))}
    for case in _cases(made):
        _require_same(case, "odd_shapes")


# What is given ------------------------------------------------------------------------------------------


def test_values_are_taken_as_they_are() -> None:
    (case,) = _cases(planned("Nll", "--values '[[1.5,-1,0.5]]' --values 2, --dtype float64"))
    assert case.inputs[0].tolist() == [[1.5, -1, 0.5]]
    assert case.inputs[0].dtype == np.float64
    assert case.inputs[1].tolist() == [2]
    assert case.inputs[1].dtype.kind == "i"
    (alone,) = _cases(planned("Arctanh", "--values -0.5 --dtype float32"))
    assert (alone.inputs[0].shape, float(alone.inputs[0]), alone.inputs[0].dtype) == ((), -0.5, np.float32)


def test_files_hold_inputs_by_name_or_in_order(tmp_path: Path) -> None:
    x, t = np.array([[0.25, 0.5, 1.5]]), np.array([2])
    np.savez(tmp_path / "named.npz", t=t, x=x)
    np.savez(tmp_path / "in order.npz", x, t)
    np.save(tmp_path / "x.npy", x)
    for options in (["named.npz"], ["in order.npz"], ["x.npy", "2,"]):
        words = " ".join(f"--values '{tmp_path / each if '.np' in each else each}'" for each in options)
        (case,) = _cases(planned("Nll", f"{words} --dtype float64"))
        assert [y.tolist() for y in case.inputs] == [x.tolist(), t.tolist()]
        _require_same(case, "Nll")


def test_ranges_are_for_all_inputs_for_each_or_for_one() -> None:
    for options, bounds in (
        ("--range 0.5:1", [(0.5, 1), (0.5, 1)]),
        ("--range 0.5:1 --range -1:-0.5", [(0.5, 1), (-1, -0.5)]),
        ("--range p=-1:-0.5", [(0, 2), (-1, -0.5)]),
    ):
        for case in _cases(planned("Power", f"--shape 5 --shape 5 {options} --dtype float64")):
            for x, (low, high) in zip(case.inputs, bounds, strict=True):
                assert low <= x.min()
                assert x.max() <= high


def test_a_given_domain_is_not_looked_for_and_holds_all_points() -> None:
    made = planned("Root", "--shape 5 --domain 2:3")
    assert made.found == []
    assert all(case.domains == [(2.0, 3.0)] for case in _cases(made))
    assert all(2 < x < 3 for case in _cases(made) for x in case.inputs[0])


def test_integers_are_drawn_from_a_range_or_inside_an_open_domain() -> None:
    for options, expected in (
        ("--range i=1:2", {1, 2}),
        ("--domain i=0:3", {1, 2}),
        ("--domain i=1:inf", {2, 3}),
    ):
        for case in _cases(planned("Gather", f"--shape 2x9 --shape 40:int {options} --dtype float64")):
            assert set(case.inputs[1].tolist()) <= expected


def test_symmetric_inputs_are_checked_as_such() -> None:
    once = "--shape 3x3 --dtype float64 --draw ordinary"  # a transpose is missing
    assert verdicts(planned("WrongInv", once, order=1)) == ["fail"]
    assert verdicts(planned("WrongInv", f"{once} --symmetric", order=1)) == ["pass"]
    for case in _cases(planned("Inv", "--symmetric", order=1)):
        assert np.array_equal(case.inputs[0], np.swapaxes(case.inputs[0], -1, -2))


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("Root", "--domain y=0:1", "--domain y=...: no such input; it has x"),
        ("Root", "--range 0:1 --range 0:1", "--range is given 2 times, for 1 input(s): x"),
        ("Root", "--values no_such.npz", "--values: no file no_such.npz"),
        ("Root", "--values -1.0", "with --values=-1.0 (scalar: its values are not finite)"),
        ("Root", "--shape 3 --range -3:-2", "with --range -3:-2 (3: its values are not finite)"),
        ("Root", "--shape 3 --range 0:5 --domain 0:1", "--range x=0:5 leaves --domain 0:1"),
        ("Root", "--values 0.5,2. --domain 0:1", "--values of x: 2.0 lies outside of --domain 0:1"),
        ("Gather", "--shape 2x3 --shape 2:int --domain i=0:1", "--domain 0:1 holds no integers for i"),
        ("Inv", "--shape 2x3 --domain positive-definite", "does not suit a, whose shape is 2x3"),
        ("Nll", "--shape 2x3 --values 1,7", "index 7 is out of bounds"),
        (
            "Root",
            "--shape 3 --symmetric",
            "--symmetric: expected a floating input that is a square matrix, got x",
        ),
        ("nowhere", "", "fails on every shape tried (2x3, scalar, 4"),
        ("Root", "--shape 3 --draw repeated-integers", "no input has such points"),
    ],
)
def test_what_does_not_fit_is_said(name: str, options: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        planned(name, options)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no archive", "cannot be read as arrays"),
        ({"x": np.array([np.nan])}, "expected finite numbers, got NaN or infinity"),
        ({"x": np.array(["a"])}, "expected real numbers, got dtype <U1"),
    ],
)
def test_a_file_that_does_not_hold_numbers_is_named(content: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "inputs.npz"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.savez(path, **content)
    with pytest.raises(SpecError) as caught:
        planned("Root", f"--values {path}")
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--range", "1:0"], "argument --range: expected LOW below HIGH, got '1:0', which is empty"),
        (["--range", "-1"], "argument --range: expected LOW:HIGH such as -1:1"),
        (["--range", "0:inf"], "argument --range: expected two finite ends"),
        (["--domain", "nowhere"], "argument --domain: expected LOW:HIGH, nonzero, distinct"),
        (["--domain", "0:nan"], "argument --domain: expected LOW:HIGH"),
        (["--values", "1,x"], "argument --values: expected numbers such as 1,0,2"),
        (["--values", "[[1,2],[3]]"], "argument --values: expected numbers such as 1,0,2"),
        (["--draw", "tie"], "argument --draw: invalid choice: 'tie'"),
    ],
)
def test_a_malformed_option_is_misuse(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parser().parse_args(["check", "ops.py:f", *words])
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


# The same again -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["Logit", "Kl", "Nll", "Ordered", "Symmetric", "Logdet", "Gaps", "circle"],
)
def test_the_command_of_each_check_gives_its_inputs_again(name: str) -> None:
    for case in _cases(planned(name)):
        _require_same(case, name)


def test_it_can_be_given_to_a_shell_whatever_the_file_is_called() -> None:
    text = "my ops/one $op.py:Logit"
    (check, *_) = plan(text, ops.Logit, asked_of(parser().parse_args(["check", text]))).checks
    assert shlex.split(check.reproduce)[:3] == ["gradcheck", "check", text]


def test_so_it_does_of_what_was_asked_for() -> None:
    for options in ("--shape 5 --shape 5 --range -1:-0.5 --range p=1:2", "--shape 4 --shape 4 --seed 3"):
        for case in _cases(planned("Quantile", options.replace("p=", "t="))):
            _require_same(case, "Quantile")
    for case in _cases(planned("Arctanh", "--values '[[-0.5,0.25]]'")):
        _require_same(case, "Arctanh")


def _cases(of: Plan) -> list[Any]:
    return [check.case for check in of.checks]


def _require_same(case: Any, name: str) -> None:
    words = shlex.split(case.reproduce)
    assert words[:3] == ["gradcheck", "check", f"ops.py:{name}"]
    asked: Asked = asked_of(parser().parse_args(words[1:]))
    (again,) = _cases(plan(words[2], getattr(ops, name), asked))
    assert [x.dtype for x in again.inputs] == [x.dtype for x in case.inputs]
    assert all(np.array_equal(x, y) for x, y in zip(again.inputs, case.inputs, strict=True))
    assert (again.order, again.domains, again.active) == (case.order, case.domains, case.active)
    assert (again.title, again.reproduce) == (case.title, case.reproduce)
