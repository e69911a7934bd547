"""Specs of one's own: where they draw, what is refused, and how `check` measures them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, Variable
from gradcheck.cases import variants
from gradcheck.cases.from_spec import inputs_of
from gradcheck.cases.key import Key
from gradcheck.cli import main
from gradcheck.errors import SpecError
from gradcheck.running.spec_checks import spec_checks
from gradcheck.specs import Arg, Convention, Gap, Omission, Spec, Variant

INF = math.inf


def spec(call: Callable[..., Any] = F.tanh, args: Any = None, formula: Any = None, **fields: Any) -> Spec:
    return Spec("mine", "mine", call, (Arg("x"),) if args is None else args, formula, **fields)


class Entropy(Function):
    def forward(self, p: np.ndarray) -> np.ndarray:
        return -(p * np.log(p) + (1 - p) * np.log(1 - p))

    def backward(self, gy: Variable) -> Variable:
        (p,) = self.inputs
        return gy * (F.log(1 - p) - F.log(p))


class WrongEntropy(Entropy):
    def backward(self, gy: Variable) -> Variable:
        return F.sum(super().backward(gy))


# Where values are drawn -----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize(
    "domain",
    [(0, 1), (-1, 1), (1, INF), (-INF, 0), (0, INF), (-1.5, 1.5), (1000, INF), (-INF, -50), (0, 1e-3), (3, 4),
     (0, 1e30), (0.999, 1.001)],
)  # fmt: skip
def test_values_lie_inside_of_the_domain_with_room_to_its_ends(
    domain: tuple[float, float], dtype: Any
) -> None:
    mine = spec(args=(Arg("x", shape=(50,), domain=domain),))
    (x,) = variants.inputs(mine, mine.variants[0], 0, dtype)
    assert x.dtype == dtype
    assert (x.astype(float) > domain[0]).all()
    assert (x.astype(float) < domain[1]).all()
    assert x.max() > x.min()
    if dtype == np.float64:
        width = min(domain[1] - domain[0], 4.0)
        assert x.min() - domain[0] >= width / 20
        assert domain[1] - x.max() >= width / 20


def test_what_is_given_of_low_and_high_is_kept() -> None:
    assert Arg("x").interval == (-2.0, 2.0)
    assert Arg("p", low=0.1, high=0.9, domain=(0.0, 1.0)).interval == (0.1, 0.9)
    assert Arg("x", low=5.0).interval[0] == 5.0 < Arg("x", low=5.0).interval[1]
    assert Arg("x", high=-5.0).interval[1] == -5.0 > Arg("x", high=-5.0).interval[0]
    low, high = Arg("p", low=0.0, high=1.0, domain=(0.0, 1.0)).interval
    assert 0 < low < 0.1
    assert 0.9 < high < 1


@pytest.mark.parametrize(("op", "verdict"), [(Entropy, "pass"), (WrongEntropy, "fail")])
def test_a_domain_is_enough_to_tell_right_from_wrong(op: type[Function], verdict: str) -> None:
    mine = spec(lambda p: op()(p), (Arg("p", domain=(0.0, 1.0)),), order=2)
    assert {check.find().verdict for check in spec_checks(mine)} == {verdict}


def test_fixed_values_say_their_shape() -> None:
    assert Arg("t", values=[2, 0, 1]).shape == (3,)
    assert Arg("x").shape == (2, 3)


# What is refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),  # after ""
    [
        (lambda: Arg("p", low=-1, domain=(0, 1)), r"low: .* inside of the domain \(0, 1\), got -1"),
        (lambda: Arg("p", high=2.0, domain=(0, 1)), "high: expected a number inside of the domain"),
        (lambda: Arg("p", low=1.0, domain=(0, 1)), "low: expected a number inside of the domain"),
        (lambda: Arg("p", low=2.0, high=1.0), "low: expected a number of at most high, 1.0, got 2.0"),
        (lambda: Arg("p", domain=(1, 0)), "domain: expected two numbers, the smaller one first"),
        (lambda: Arg("p", domain=1), "domain: .* got 1"),
        (lambda: Arg("p", low="0"), "low: expected a number or None, got '0'"),
        (lambda: Arg("p", low=math.nan), "low: expected a number or None, got nan"),
        (lambda: Arg("p", avoid=0.0), "avoid: expected a tuple of numbers, got 0.0"),
        (lambda: Arg("p", avoid=(0.5,), gap=1.0, domain=(0, 1)), "avoid: expected points that leave"),
        (lambda: Arg("p", gap=-1), "gap: expected a number of at least 0, got -1"),
        (lambda: Arg("p", shape=3), "shape: expected a tuple of sizes, got 3"),
        (lambda: Arg("p", shape=(2, -1)), "shape: expected a tuple of sizes"),
        (lambda: Arg("p", shape=(2,), values=[1, 2, 3]), r"values: expected .* \(2,\), got .*\(3,\)"),
        (lambda: Arg("p", values=["a"]), "values: expected an array of numbers"),
        (lambda: Arg("p", values=[[1], [1, 2]]), "values: expected an array of numbers"),
    ],
)  # fmt: skip
def test_an_argument_that_does_not_fit_is_named(make: Callable[[], Arg], message: str) -> None:
    with pytest.raises(SpecError, match=f"^Arg 'p': {message}"):
        make()


X, Y = Arg("x"), Arg("y")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"args": X}, "args: expected a tuple of Arg, got Arg x alone"),
        ({"args": ("x",)}, "args: expected a tuple of Arg, got 'x'"),
        ({"args": ()}, "args: expected at least one"),
        ({"args": (X, X)}, r"args: expected arguments of different names, got \['x'\]"),
        ({"args": (X, Y), "call": lambda x: x},
         r"call: expected a function of \(x, y\), got one of \(x\): too many"),
        ({"call": lambda x, y: x}, r"call: .* of \(x\), got one of \(x, y\): missing .* 'y'"),
        ({"call": Entropy}, r"call: .* got the class Entropy: write lambda \*xs: Entropy\(\)\(\*xs\)"),
        ({"call": 3}, "call: expected a function of Variables, got 3"),
        ({"formula": "x"}, "formula: expected a function or None, got 'x'"),
        ({"formula": lambda x: x}, r"formula: expected a function of \(m, x\), got one of \(x\): too many"),
        ({"formula": lambda m, x, y: x}, r"formula: .* missing a required argument: 'y'"),
        ({"variants": Variant()}, "variants: expected a tuple of Variant, got Variant alone"),
        ({"variants": ()}, "variants: expected at least one"),
        ({"variants": (Variant(), Variant({"axis": 1}))},
         r"variants\[1\].params: expected settings that call\(x"),
        ({"variants": (Variant({"a": 1}),), "call": lambda x, a: x, "formula": lambda m, x: x},
         r"variants\[0\].params: expected settings that formula\(m, x\) takes"),
        ({"variants": (Variant(shapes=(2, 3)),)},  # type: ignore[arg-type]
         r"variants\[0\].shapes: expected a tuple of shapes, one for each of \(x\), got \(2, 3\)"),
        ({"variants": (Variant(shapes=((2,), (3,))),)}, r"variants\[0\].shapes: .* got \(\(2,\), \(3,\)\)"),
        ({"variants": (Variant(values={"t": [1]}),)}, r"variants\[0\].values: expected arrays by .*, of x"),
        ({"variants": (Variant(shapes=((3,),), values={"x": [1, 2]}),)},
         r"variants\[0\].values: expected an array of shape \(3,\) for x"),
        ({"variants": (Variant(shapes=((3,), (3,))),), "args": (X, Arg("t", values=[1, 2])), "call": F.mul},
         r"values of Arg 't': expected .* \(3,\) for t, as variants\[0\] says, got one of shape \(2,\)"),
        ({"order": 0}, "order: expected an integer of at least 1, got 0"),
        ({"order": 1.5}, "order: expected an integer of at least 1, got 1.5"),
        ({"order": True}, "order: expected an integer of at least 1, got True"),
        ({"vanishes": "2"}, "vanishes: expected an order of at least 1, or None, got '2'"),
        ({"bounds": 4.0}, "bounds: expected a tuple of numbers above 0"),
        ({"bounds": (4.0, -1)}, "bounds: expected a tuple of numbers above 0"),
        ({"gaps": "slow"}, "gaps: expected a tuple of Gap, got 'slow'"),
        ({"gaps": Gap("slow")}, "gaps: expected a tuple of Gap, got Gap alone"),
        ({"gaps": (Omission("slow"),)}, "gaps: expected a tuple of Gap, got Omission"),
        ({"covers": "tanh"}, "covers: expected a tuple of names, got 'tanh' alone"),
        ({"display": (2, 3)}, "display: expected a tuple of shapes"),
        ({"sweep": (0, 1)}, "sweep: expected a Sweep or None"),
        ({"recipe": Variant()}, "recipe: expected a function or None, got Variant"),
        ({"note": None}, "note: expected a text, got None"),
        ({"conventions": (Convention((), (), "none"),)}, r"conventions\[0\].inputs: expected a tuple of"),
        ({"conventions": (Convention((np.zeros(2),), (np.zeros(3),), "at 0"),)},
         r"conventions\[0\].gradients: expected .* of its inputs, \[\(2,\)\], got shapes \[\(3,\)\]"),
        ({"conventions": (Convention(np.zeros(2), np.zeros(2), "at 0"),)},  # type: ignore[arg-type]
         r"conventions\[0\].inputs: expected a tuple of arrays"),
    ],
)  # fmt: skip
def test_a_field_that_does_not_fit_is_named(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=f"^spec mine: {message}"):
        spec(**fields)


@pytest.mark.parametrize("name", ["", "a/b", "a:b", "a,b", "two words", "a*", None])
def test_a_name_that_no_id_can_have_is_refused(name: Any) -> None:
    with pytest.raises(SpecError, match=r"^Spec: name: expected a text without"):
        replace(spec(), name=name)


def test_lists_do_for_tuples() -> None:
    mine = spec(args=[Arg("x")], variants=[Variant(), Variant(shapes=[[3]])])  # type: ignore[arg-type]
    assert isinstance(mine.args, tuple)
    assert [check.find().verdict for check in spec_checks(mine, dtypes=["float64"], order=1)] == ["pass"] * 2


@pytest.mark.usefixtures("here")
def test_the_line_of_the_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "specs.py"
    path.write_text("from gradcheck.specs import Arg\n\nX = Arg('x', low=1, high=0)\n")
    assert main(["check", str(path)]) == 2
    assert (
        "Arg 'x': low: expected a number of at most high, 0, got 1 (specs.py, line 3)"
        in capsys.readouterr().err
    )


# How it is checked ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "reason"),
    [
        (lambda m, x: m.sum(x), r"the formula gives shape \(\) where the op gives \(2, 3\)"),
        (lambda m, x: x.reshape(3, 2), r"the formula gives shape \(3, 2\) where the op gives \(2, 3\)"),
        (lambda m, x: x.nothing(), "the formula raised AttributeError"),
        (lambda m, x: m.tanh(x) + 1, "forward is not the formula"),
    ],
)
def test_a_formula_of_something_else_is_a_failing_row(formula: Any, reason: str) -> None:
    (check,) = spec_checks(spec(formula=formula), dtypes=["float64"], order=1)
    found = check.find()
    assert found.verdict == "fail"
    row = found.evidence[0]
    assert (row.order, row.oracle, row.verdict) == (0, "formula", "fail")
    assert re.search(reason, str(found))
    assert any(e.oracle == "jet" and e.verdict == "pass" for e in found.evidence)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda x: x @ x, "f raised ValueError at these inputs: matmul"),
        (lambda x: x.data, "f must return a dezero Variable"),
    ],
)
def test_a_call_that_cannot_be_made_is_named(call: Any, why: str) -> None:
    (check,) = spec_checks(spec(call), dtypes=["float64"])
    with pytest.raises(SpecError, match=f"^spec mine: call: expected a function of these inputs .*: {why}"):
        check.find()


def test_a_formula_of_an_op_with_several_outputs_is_of_none(tmp_path: Path) -> None:
    mine = spec(lambda x: (F.exp(x), F.sin(x)), formula=lambda m, x: m.exp(x))
    found = spec_checks(mine, dtypes=["float64"], order=1)[0].find()
    assert "the formula is of one output, and the op gives 2: let call give one of them" in found.reason
    assert {row.verdict for row in found.evidence if row.order} == {"pass"}


def test_where_f_is_not_defined_the_formula_is_not_blamed() -> None:
    found = spec_checks(spec(F.log, formula=lambda m, x: m.log(x)), dtypes=["float64"], order=1)[0].find()
    assert found.verdict == "inconclusive"
    assert "say by `domain` where it is defined" in found.evidence[0].reason
    wrong = spec(F.log, formula=lambda m, x: x)
    assert spec_checks(wrong, dtypes=["float64"], order=1)[0].find().verdict == "fail"


def test_an_op_that_exits_is_told_as_such() -> None:
    def leaves(x: Variable) -> Variable:
        raise SystemExit(3)

    found = spec_checks(spec(leaves, formula=lambda m, x: x), dtypes=["float64"], order=1)[0].find()
    assert "f raised SystemExit: 3" in found.reason


class Off(Function):
    """tanh with a gradient that is wrong where x is negative."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.tanh(x)

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        return gy * (1 - F.tanh(x) ** 2) * (1 + (x.data < 0))


BELOW = Variant({}, label="below", values={"x": np.array([[-1.0, -0.5, -0.25]])}, shapes=((1, 3),))


def test_a_declared_gap_is_no_failure_until_it_passes() -> None:
    gaps = (Gap("wrong below 0", variant="below"),)
    kept = spec(lambda x: Off()(x), (Arg("x", low=0.5),), variants=(Variant(), BELOW), gaps=gaps, order=1)
    assert [c.find().verdict for c in spec_checks(kept, dtypes=["float64"])] == ["pass", "inconclusive"]
    mended = replace(kept, call=F.tanh)
    found = [c.find() for c in spec_checks(mended, dtypes=["float64"])]
    assert [each.verdict for each in found] == ["pass", "fail"]
    assert "a declared gap now passes; remove it from the spec: wrong below 0" in found[1].reason


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (
            {"gaps": (Gap("why", variant="above"),)},
            r"gaps\[0\].variant: expected a pattern of '', below, got 'above'",
        ),
        (
            {"gaps": (Gap("why", variant="below"), Gap("why", device="tpu"))},
            r"gaps\[1\].device: .* got 'tpu'",
        ),
        ({"omits": (Omission("why", dtype="float8"),)}, r"omits\[0\].dtype: .* got 'float8'"),
        (
            {"omits": (Omission("why", layout="c"),)},
            r"omits\[0\].layout: expected a pattern of contiguous, .*",
        ),
    ],
)
def test_a_declaration_of_nothing_is_refused(declared: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=f"^spec mine: {message}"):
        spec_checks(spec(variants=(Variant(), BELOW), **declared))


@pytest.mark.usefixtures("here")
def test_check_honours_gaps_and_conventions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "specs.py"
    path.write_text(
        "import numpy as np\n"
        "import dezero.functions as F\n"
        "from gradcheck.specs import Arg, Convention, Gap, Spec\n"
        "def mine(call, slope):\n"
        "    at_zero = Convention((np.zeros(2),), (np.full(2, slope),), 'at 0')\n"
        "    x = Arg('x', avoid=(0.0,))\n"
        "    return Spec('mine', 'mine', call, (x,), None, conventions=(at_zero,), order=1,\n"
        "                gaps=(Gap('not mended yet'),))\n"
        "denied = mine(lambda x: F.relu(x) + x - x.data, 0.0)\n"
        "passing = mine(F.relu, 0.0)\n"
    )
    assert main(["check", f"{path}:denied", "--dtype", "float64"]) == 1
    out = capsys.readouterr().out
    assert "declared gap: not mended yet" in out
    assert "not as declared: at 0" in out
    assert main(["check", f"{path}:passing", "--dtype", "float64"]) == 1
    assert "a declared gap now passes; remove it from the spec: not mended yet" in capsys.readouterr().out


def test_another_seed_draws_other_points() -> None:
    """And at the points of seed 0 a run measures."""
    mine = spec(order=1)
    key = Key("mine")
    first, again, other = (spec_checks(mine, dtypes=["float64"], seed=seed)[0].case for seed in (0, 0, 1))
    assert first is not None
    assert again is not None
    assert other is not None
    assert np.array_equal(first.inputs[0], inputs_of(mine, key)[0])
    assert np.array_equal(first.inputs[0], again.inputs[0])
    assert not np.array_equal(first.inputs[0], other.inputs[0])
    assert first.id == other.id
    assert first.seed != other.seed


def test_a_gap_that_passes_at_other_points_is_no_failure() -> None:
    mine = spec(gaps=(Gap("sometimes"),), order=1)
    verdicts = [spec_checks(mine, dtypes=["float64"], seed=seed)[0].find().verdict for seed in (0, 1)]
    assert verdicts == ["fail", "pass"]


@pytest.mark.usefixtures("here")
def test_the_seed_and_the_specs_own_order_are_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "specs.py"
    path.write_text(
        "import dezero.functions as F\n"
        "from gradcheck.specs import Arg, Spec\n"
        "wrong = Spec('mine', 'mine', lambda x: F.tanh(x) * x.data, (Arg('x'),), None, order=3)\n"
        "right = Spec('mine', 'mine', F.tanh, (Arg('x'),), None, order=3)\n"
    )
    assert main(["check", f"{path}:right", "--dtype", "float64"]) == 0
    assert "derivatives of order 1 to 3" in capsys.readouterr().out
    assert main(["check", f"{path}:right", "--dtype", "float64", "--order", "1"]) == 0
    assert "derivatives of order 1:" in capsys.readouterr().out
    shown = []
    for seed in ("0", "7"):
        assert main(["check", f"{path}:wrong", "--dtype", "float64", "--seed", seed]) == 1
        shown.append(capsys.readouterr().out)
    line = next(line for line in shown[1].splitlines() if "reproduce:" in line)
    assert line.endswith(f"gradcheck check {path}:wrong --order 3 --dtype float64 --seed 7")
    assert shown[0].splitlines()[5] != shown[1].splitlines()[5]
    assert main(line.partition("gradcheck ")[2].split()) == 1
