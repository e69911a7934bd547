"""gradcheck.check as users meet it: what it takes, what it refuses, what it answers."""

from __future__ import annotations

import functools
import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import gradcheck
from dezero import Function, Variable, as_variable
from dezero import functions as F
from gradcheck import GradientError, InputError
from tests.gradcheck.zoo.specimen import checked, op, several

X = several(3)


class Tripled(Function):
    def forward(self, x: Any) -> Any:
        return 3 * x

    def backward(self, gy: Variable) -> Variable:
        return 3 * gy


class Wrong(Tripled):
    def backward(self, gy: Variable) -> Variable:
        return -3 * gy


# What it takes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [F.sin, Tripled, Tripled(), lambda x: 3 * x, functools.partial(F.sum, axis=0), Tripled().__call__],
    ids=["function", "subclass", "instance", "lambda", "partial", "method"],
)
def test_any_callable_of_variables_is_checked(f: Any) -> None:
    assert gradcheck.check(f, several(3, 2), order=2).verdict == "pass"


@pytest.mark.parametrize(
    "x",
    [
        0.5,
        np.float32(0.5),
        [0.5, 1.5],
        np.array(0.5),
        np.array([0.5], np.float16),
        np.array([[0.5]], np.longdouble),
        Variable(np.array([0.5, 1.5])),
    ],
)
def test_inputs_may_be_numbers_lists_arrays_and_variables(x: Any) -> None:
    assert gradcheck.check(F.exp, x, order=2)


def test_integers_are_passed_along() -> None:
    seen = []

    def f(x: Variable, index: Variable) -> Variable:
        seen.append(index.dtype)
        return x[index.data]

    result = gradcheck.check(f, X, np.array([0, 2, 2], np.int32))
    assert result
    assert set(seen) == {np.dtype(np.int32)}


@pytest.mark.parametrize(
    ("f", "inputs", "reason"),
    [
        (F.sin, (np.zeros((0, 2)),), "the differentiable inputs are empty"),
        (F.sin, (np.arange(3),), "no input is floating"),
        (lambda x: Variable(x.data > 0), (X,), "no output is floating"),
        (lambda x: x[:0], (X,), "the output is empty"),
    ],
)
def test_nothing_to_compare_is_not_tested(f: Any, inputs: Any, reason: str) -> None:
    result = gradcheck.check(f, *inputs)
    assert result.verdict == "not-tested"
    assert reason in result.reason
    assert not result


def test_nothing_that_is_passed_is_modified() -> None:
    x, index = several(4, 3), np.array([1, 1])
    variable = Variable(several(3))
    before = x.copy(), index.copy(), variable.data.copy()

    def f(a: Variable, i: Variable, b: Variable) -> Variable:
        return F.sum(a[i.data] * b)

    gradcheck.check(f, x, index, variable, order=2)
    gradcheck.check(op(lambda a: np.multiply(a, 0, out=a) + 1, lambda gy, a: gy * 0), x)
    after = x, index, variable.data
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert variable.grad is None
    assert variable.creator is None


@pytest.mark.parametrize("arrange", [np.asfortranarray, lambda x: x[::-1], lambda x: x[:, ::2]])
def test_layouts_are_taken_as_they_are(arrange: Any) -> None:
    assert gradcheck.check(F.tanh, arrange(several(4, 6)), order=2)


def test_a_seed_repeats_and_another_differs() -> None:
    shown = [str(gradcheck.check(Wrong, X, seed=seed)) for seed in (1, 1, 2)]
    assert shown[0] == shown[1] != shown[2]


# What it refuses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gradcheck.check(3, X), "f must be a function of dezero Variables, got int"),
        (lambda: gradcheck.check(dict, X), "f is the class dict, which is no dezero Function"),
        (lambda: gradcheck.check(F.sin), "no inputs; call check"),
        (lambda: gradcheck.check(F.sin, X, order=0), "order must be an integer of at least 1, got 0"),
        (lambda: gradcheck.check(F.sin, X, order=True), "order must be an integer"),
        (lambda: gradcheck.check(F.sin, X, order=1.0), "order must be an integer"),  # type: ignore[arg-type]  # the misuse
        (lambda: gradcheck.check(F.sin, X, seed=-1), "seed must be an integer of at least 0, got -1"),
        (lambda: gradcheck.check(F.sin, None), "input 0 is None; give an array"),
        (lambda: gradcheck.check(F.mul, X, "x"), "input 1 must hold real numbers, got dtype <U1"),
        (lambda: gradcheck.check(F.sin, [[1.0], [1.0, 2.0]]), "input 0 is not an array of numbers"),
        (lambda: gradcheck.check(F.sin, np.array([1.0, np.nan])), r"input 0 holds nan at \(1,\)"),
        (lambda: gradcheck.check(F.sin, np.array(np.inf)), r"input 0 holds inf at \(\)"),
        (lambda: gradcheck.check(F.sin, X * 1j), "input 0 is complex; .* pass the real and the imag"),
        (lambda: gradcheck.check(lambda x: x.data, X), "f must return a dezero Variable .* ndarray"),
        (lambda: gradcheck.check(lambda x: None, X), "f must return a dezero Variable .* NoneType"),
        (lambda: gradcheck.check(lambda x: [], X), "f must return a dezero Variable"),
        (lambda: gradcheck.check(F.matmul, X, several(2)), "f raised ValueError at these inputs"),
        (lambda: gradcheck.check(lambda x, y: x, X), "f raised TypeError at these inputs"),
    ],
)
def test_misuse_is_an_input_error_that_says_what_to_do(call: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()
    assert issubclass(InputError, ValueError)


# What it answers ------------------------------------------------------------------------------------


def test_there_is_a_row_of_evidence_for_each_order_and_one_for_the_contract() -> None:
    result = gradcheck.check(F.tanh, X, order=3)
    assert [(row.oracle, row.order) for row in result.evidence] == [
        ("jet", 1), ("jet", 2), ("jet", 3), ("contract", 1)
    ]  # fmt: skip
    for row in result.evidence[:3]:
        assert row.certified
        assert row.verdict == "pass"
        assert row.error_ulp is not None
        assert row.error_ulp < 8
        assert row.tolerance_ulp
        assert row.bound_ulp is not None
        assert row.bound_ulp < 1e-6
        assert row.seconds > 0
        assert row.where.startswith("input 0 (x)")


def test_a_wrong_gradient_never_raises_and_names_the_place() -> None:
    result = gradcheck.check(Wrong, np.array([[0.5, 1.5]]), seed=3)
    assert result.verdict == "fail"
    row = result.evidence[0]
    assert (row.order, row.where) == (1, "input 0 (x), element (0, 0)")
    assert float(row.expected) == -float(row.got) != 0
    assert result.reproduce == (
        "gradcheck.check(Wrong, np.array([[0.5, 1.5]], dtype='float64'), order=1, seed=3)"
    )


def test_the_line_that_reproduces_a_finding_does() -> None:
    result = gradcheck.check(Wrong, np.array([0.1, 2.0], np.float32), order=2, seed=5)
    names = {"gradcheck": gradcheck, "np": np, "Wrong": Wrong}
    again = eval(result.reproduce, names)
    assert str(again) == str(result)


@pytest.mark.parametrize("override", ["backward", "vjps", "forward"])
def test_what_a_subclass_of_a_shipped_function_overrides_is_judged(override: str) -> None:
    class Own(F.Exp):
        pass

    new = {
        "backward": lambda self, gy: 3 * super(Own, self).backward(gy),
        "vjps": (lambda gy, y, x: 3 * gy * y,),
        "forward": lambda self, x: super(Own, self).forward(x) + x,
    }[override]
    setattr(Own, override, new)
    assert gradcheck.check(lambda x: Own()(x), X).verdict == "fail"


def test_a_backward_that_raises_is_a_fail_of_its_order() -> None:
    f = op(np.sin, lambda gy, x: gy * op(np.cos, lambda g, v: 1 / 0)(x))
    result = gradcheck.check(f, X, order=3)
    assert [(r.order, r.verdict) for r in result.evidence if r.verdict == "fail"] == [(2, "fail")]
    assert "ZeroDivisionError" in result.reason


def test_the_lowest_wrong_order_is_the_last_that_is_judged() -> None:
    result = gradcheck.check(op(np.sin, lambda gy, x: 2 * gy * F.cos(x)), X, order=3)
    assert max(row.order for row in result.evidence) == 1


def test_a_function_of_floats_only_is_judged_by_differences_and_says_so() -> None:
    result = gradcheck.check(op(lambda x: np.sin(checked(x)), lambda gy, x: gy * F.cos(x)), X)
    assert result.verdict == "pass"
    row = result.evidence[0]
    assert (row.oracle, row.certified) == ("finite_difference", False)
    assert row.bound_ulp is not None
    assert row.bound_ulp > 1
    assert "forward does not run on object arrays" in result.notes[0]
    assert any("finite differences carry the verdict" in note for note in result.notes)


def test_a_backward_of_floats_only_is_judged_against_jets_and_says_so() -> None:
    f = op(np.sin, lambda gy, x: Variable(gy.data * np.cos(np.asarray(x.data, dtype=float))))
    result = gradcheck.check(f, X)
    assert result.verdict == "pass"
    assert (result.evidence[0].oracle, result.evidence[0].certified) == ("jet", False)
    assert "backward does not run on object arrays" in result.notes[0]


def test_a_forward_that_is_another_function_on_objects_is_not_believed() -> None:
    def forward(x: Any) -> Any:
        return np.sin(x) if x.dtype == float else np.cos(x)

    result = gradcheck.check(op(forward, lambda gy, x: gy * F.cos(x)), X)
    assert result.verdict == "pass"
    assert result.evidence[0].oracle == "finite_difference"
    assert "another function" in result.notes[0]


def test_a_kink_is_named_and_the_rest_is_judged() -> None:
    result = gradcheck.check(F.relu, np.array([1.0, 0.0, -2.0]))
    assert result.verdict == "inconclusive"
    assert "input 0 (x), element 1 = 0.0" in result.reason
    wrong = op(lambda x: np.maximum(x, 0), lambda gy, x: 2 * gy * (x.data > 0))
    assert gradcheck.check(wrong, np.array([1.0, 0.0, -2.0])).verdict == "fail"


def test_smooth_orders_below_a_kink_are_judged() -> None:
    result = gradcheck.check(lambda x: x * F.abs(x), np.array([0.0, 1.0]), order=2)
    assert [row.verdict for row in result.evidence] == ["pass", "inconclusive", "pass"]
    assert "not smooth at input 0 (x), element 0 = 0.0" in result.reason


def test_numpy_warnings_of_awkward_points_do_not_escape() -> None:
    assert gradcheck.check(F.reciprocal, np.array([1e-300])).verdict != "fail"
    nan = op(np.abs, lambda gy, x: gy * x / np.abs(x.data))
    assert gradcheck.check(nan, np.array([0.0, 1.0])).verdict != "pass"


def test_a_weak_point_is_judged_at_a_point_nearby() -> None:
    cut = op(np.sin, lambda gy, x: gy * np.cos(x.data))
    result = gradcheck.check(cut, np.zeros(2), order=2)
    assert result.verdict == "fail"
    assert any("beside the point" in row.where for row in result.evidence)
    assert gradcheck.check(F.sin, np.zeros(2), order=2)


@pytest.mark.parametrize("x", [np.zeros(2), np.array(np.pi), np.full(3, 3 * np.pi), np.zeros(2, np.float32)])
def test_a_term_that_vanishes_at_a_point_chosen_by_hand_is_judged_at_a_point_nearby(x: np.ndarray) -> None:
    cut = op(np.sin, lambda gy, x: gy * as_variable(np.cos(x.data)))
    result = gradcheck.check(lambda x: F.exp(x) + cut(x), x, order=2)
    assert [row.order for row in result.evidence if row.verdict == "fail"] == [2]
    assert gradcheck.check(lambda x: F.exp(x) + F.sin(x), x, order=2)


def test_a_point_out_of_the_range_of_the_dtype_is_inconclusive() -> None:
    result = gradcheck.check(lambda x: F.log(F.sum(F.exp(x))), np.array([1000.0, 999.0]))
    assert result.verdict == "inconclusive"
    assert "f itself is inf in float64 instead of 1000.3" in result.reason


def test_a_comparison_that_rounding_decides_is_inconclusive() -> None:
    x = np.array([[1e-9, 2e-9]], np.float32)  # their sigmoids are equal in float32 alone
    result = gradcheck.check(lambda v: F.max(F.sigmoid(v), axis=1), x)
    assert result.verdict == "inconclusive"
    assert "decided by rounding" in result.reason
    assert gradcheck.check(lambda v: F.max(F.sigmoid(v), axis=1), x.astype(np.float64) * 1e6)


def test_a_nan_where_the_gradient_is_finite_is_a_fail_though_the_formula_is_right() -> None:
    f = op(
        lambda x: np.log1p(np.exp(np.minimum(x, 50.0))) + np.maximum(x - 50, 0),
        lambda gy, x: gy * F.exp(x) / (1 + F.exp(x)),
    )
    result = gradcheck.check(f, np.array([800.0, 1.0]))
    assert result.verdict == "fail"
    assert "its value is nan, not " in result.reason
    assert str(result.diagnosis).endswith("from Exp(800.0) = inf, inside the gradient of order 1")


def test_an_overflow_inside_f_is_named_where_its_gradient_is_nan() -> None:
    result = gradcheck.check(lambda x: 1 / (1 + F.exp(x)), np.array([1.0, 800.0]))
    assert result.verdict == "fail"
    assert str(result.diagnosis).endswith("at element (1,): from Exp(800.0) = inf, inside f")


# Printed, asserted, imported ------------------------------------------------------------------------


def test_str_is_the_whole_finding() -> None:
    shown = str(gradcheck.check(Wrong, np.array([0.5]), seed=3))
    lines = shown.splitlines()
    assert lines[0] == "FAIL  Wrong(x: float64[1])"
    assert lines[1] == "  order 1: backward's formula is wrong (proven)"
    assert lines[2].startswith("  likely cause: sign: the gradient of input 0 (x)")
    head = next(line for line in lines if "oracle" in line)
    assert head.split()[:6] == ["order", "oracle", "verdict", "formula", "digits", "certified"]
    first = lines[lines.index(head) + 1]
    assert "expected" in first
    assert "got" in first
    assert lines[-1].startswith("  reproduce: gradcheck.check(Wrong, np.array([0.5]")


def test_assert_gradients_raises_the_finding_as_an_assertion() -> None:
    gradcheck.assert_gradients(F.tanh, X, order=2)
    with pytest.raises(GradientError, match="likely cause: sign") as caught:
        gradcheck.assert_gradients(Wrong, X)
    assert isinstance(caught.value, AssertionError)


def test_inconclusive_is_no_pass_for_an_assertion() -> None:
    with pytest.raises(GradientError, match="INCONCLUSIVE"):
        gradcheck.assert_gradients(F.abs, np.array(0.0))


def test_names_are_imported_when_they_are_used() -> None:
    code = (
        "import sys, gradcheck; assert 'dezero' not in sys.modules; "
        "from gradcheck import check; import gradcheck.checking; assert callable(gradcheck.check); "
        "assert 'check' in dir(gradcheck)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'chek'"):
        gradcheck.chek  # type: ignore[attr-defined]  # noqa: B018  # the mistake


def test_scalars_of_math_are_judged() -> None:
    f = op(lambda x: np.array(math.erf(float(x))), lambda gy, x: gy * 2 / math.sqrt(math.pi) * F.exp(-x * x))
    assert gradcheck.check(f, 0.5)


@pytest.mark.parametrize(("dtype", "factor"), [(np.float32, 1.01), (np.float16, -1.0), (np.float16, 0.0)])
def test_rounding_allowed_to_a_sum_does_not_hide_a_wrong_element(dtype: Any, factor: float) -> None:
    x = np.random.default_rng(0).standard_normal(3000).astype(dtype)
    factors = np.ones(x.size, dtype)
    right = op(np.sin, lambda gy, x: gy * F.cos(x) * factors)
    assert gradcheck.check(right, x)
    factors = factors.copy()
    factors[1234] = factor
    result = gradcheck.check(op(np.sin, lambda gy, x: gy * F.cos(x) * factors), x)
    assert result.verdict == "fail"
    assert [row.position for row in result.evidence if row.verdict == "fail"] == [1234]


def test_constants_rounded_to_the_dtype_are_no_mistake() -> None:
    third = np.float32(1 / 3)
    f = op(lambda x: x * (1 / np.sqrt(9.0)), lambda gy, x: gy * third)
    x = np.random.default_rng(0).standard_normal(700).astype(np.float32)
    assert gradcheck.check(op(lambda x: x / 3, lambda gy, x: gy * third), x).verdict == "pass"
    assert gradcheck.check(f, x.astype(np.float64)).verdict == "fail"
