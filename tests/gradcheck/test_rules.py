"""The rules of diagnosis, one by one: each has an operation of which it is the first to say anything."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dezero import Variable
from dezero import functions as F
from gradcheck.judging import contract, diagnosis, orders
from gradcheck.judging.diagnosis.rules import Rule, of_each_input, of_elements
from gradcheck.judging.diagnosis.symptoms import Pair, Symptoms, ratio, relative_errors
from gradcheck.judging.finding import Evidence
from tests.gradcheck.scenes import scene_of
from tests.gradcheck.zoo.specimen import Specimen, op, several, some, wrong
from tests.gradcheck.zoo.wrong import WRONG

X = several(4)
MATRIX = several(4, 4, seed=5)
LARGE = np.tril(several(50, 50, seed=6))
MIXED = np.random.default_rng(1).permutation(12)


def symptoms(f: Any, *inputs: Any, order: int = 1) -> Symptoms:
    """What a diagnosis of f looks at."""
    with np.errstate(all="ignore"):
        scene, rows = orders.judge(scene_of(f, *inputs, order=order))
        violations = contract.violations(scene)
        rows += [Evidence(v.order, "contract", "fail", v.message) for v in violations]
        found = diagnosis.symptoms_of(scene, rows, violations)
    assert found is not None, "nothing fails"
    return found


def name_of(rule: Rule) -> str:
    return f"{rule.__module__.rpartition('.')[2]}.{rule.__name__}"


def linear(matrix: np.ndarray, pulled: np.ndarray) -> Any:
    """x -> matrix @ x, whose backward has another matrix."""
    return op(lambda x: matrix @ x, lambda gy, x: F.matmul(Variable(pulled), gy))


def summed(gradient: Any) -> Any:
    """The sum of sines, whose backward is gy times `gradient(x)`."""
    return op(lambda x: np.sin(x).sum(), lambda gy, x: gy * gradient(x))


def some_wrong(x: Variable) -> Variable:
    return F.cos(x) + 0.1 * np.isin(np.arange(12), (4, 9)) * np.exp(x.data)


def both_signs(gy: Variable, x: Variable) -> Variable:
    """Right for multiples of any gy, but not for a sum of two."""
    return F.maximum(gy, 0.0) + F.minimum(gy, 0.0) + gy[::-1] * 0 + F.max(F.abs(gy)) * F.sign(gy)


def softmax(x: Any) -> Any:
    y = np.exp(x)
    return y / y.sum(axis=1, keepdims=True)


def example(f: Any, *inputs: Any, cause: str) -> Specimen:
    return wrong("", "rules", f, *inputs, cause=cause)


# By rule: an operation, or the name of one of the zoo.
EXAMPLES: dict[str, str | Specimen] = {
    "conduct.side_effect": "damages gy",
    "conduct.random": "random backward",
    "conduct.raises": "raises",
    "conduct.claimed": "norm at 0",
    "places.shape": "flattened gradient",
    "conduct.whole_numbers": "integer gradient",
    "missing.missing": "None throughout",
    "conduct.not_finite": "NaN of a branch not taken",
    "missing.spurious": "gradient where there is none",
    "missing.ignores_gy": "ignores gy in a sum",
    "missing.not_homogeneous": "an epsilon beside the norm",
    "extent.one_output": "wrong in the second output",
    "factors.rounded": "input through float32",
    "factors.digits": "derivative by gy through float32",
    "missing.not_linear": example(op(np.sin, both_signs), X, cause="v + w"),
    "factors.sign": "sign of the divisor",
    "factors.swapped": "swapped gradients of a product",
    "places.transposed": "transpose of a square",
    "regions.of_branch": "leaky relu, wrong slope",
    "regions.branches": "relu with the mask of the wrong side",
    "lacking.lacks_number": example(
        op(lambda x, c: x * c, lambda gy, x, c: (gy, F.sum(gy * x))),
        X,
        np.array(2.375),
        cause="factor: the gradient of input 0 (x0) lacks the factor x1 (input 1)",
    ),
    "factors.factor": "sum as mean",
    "products.wrong_product": "matmul, transpose forgotten",
    "places.axes": "bias summed over the wrong axis",
    "linear.adjoint": "rolled the wrong way",
    "linear.forward_again": example(linear(LARGE, LARGE), several(50), cause="backward gives J @ gy where"),
    "lacking.unchanged": "square passes gy on",
    "lacking.lacks": "square of x for x",
    "lacking.another_factor": example(
        op(lambda a, b: a * b, lambda gy, a, b: (gy * a, gy * a)),
        X,
        several(4, seed=1),
        cause="has x0 (input 0) where x1 (input 1) belongs",
    ),
    "linear.part_only": "softmax, diagonal only",
    "linear.own_effect_only": example(
        op(softmax, lambda gy, x: gy * F.softmax(x) * (1 - F.softmax(x))),
        several(7, 7),
        cause="cross terms missing",
    ),
    "places.repeated": "repeated index, last wins",
    "linear.reordered": "outputs exchanged",
    "other_questions.symmetric": example(
        op(lambda x: (MATRIX * np.sin(x)).sum(), lambda gy, x: gy * _symmetric(MATRIX * F.cos(x))),
        several(4, 4),
        cause="right along symmetric directions",
    ),
    "other_questions.another_question": "softmax along the other axis",
    "regions.single": "shifted by a detached maximum that does not cancel",
    "linear.by_output": "one output of three",
    "linear.entries": example(linear(MATRIX, MATRIX.T + np.eye(4)), X, cause="is wrong: its diagonal"),
    "regions.region": example(
        op(lambda x: x * x.sum(), lambda gy, x: (gy * F.sum(x) + F.sum(gy * x)) * (1 + (x.data < 0))),
        np.array([-1.8, 0.7, -0.3, 1.2, 2.1]),
        cause="are 2 times the true ones: those where the input is negative",
    ),
    "places.permuted": example(
        summed(lambda x: F.cos(x)[MIXED]),
        some(12),
        cause="right elements in the wrong places",
    ),
    "lacking.lacks_term": "mean forgotten",
    "granted.assumes": "mean of gy",
    "missing.detached": "norm, scale detached",
    "conduct.contract": "float64 for float32",
    "regions.few": example(summed(some_wrong), some(12), cause="2 of 12 elements"),
    "extent.one_input": example(
        op(lambda a, b: a * np.sin(b), lambda gy, a, b: (gy * (F.sin(b) + a * a), gy * a * F.cos(b))),
        X,
        several(4, seed=1),
        cause="only the gradient of input 0 (x0) is wrong",
    ),
    "extent.unexplained": "half a scalar",
}
ZOO = {specimen.name: specimen for specimen in WRONG}


def _symmetric(x: Variable) -> Variable:
    return (x + x.T) / 2


@pytest.mark.parametrize("rule", diagnosis.RULES, ids=name_of)
def test_a_rule_is_the_first_to_answer_for_its_example(rule: Rule) -> None:
    given = EXAMPLES[name_of(rule)]
    specimen = ZOO[given] if isinstance(given, str) else given
    seen = symptoms(specimen.f, *specimen.inputs, order=specimen.order)
    answers = ((other, answer) for other in diagnosis.RULES if (answer := other(seen)) is not None)
    first, answer = next(answers)
    assert (name_of(first), answer) == (name_of(rule), rule(seen))
    assert specimen.cause in answer


def test_every_rule_has_one_example() -> None:
    assert list(EXAMPLES) == [name_of(rule) for rule in diagnosis.RULES]


def test_a_rule_of_each_input_stops_at_the_first_answer() -> None:
    asked = []

    @of_each_input
    def rule(s: Symptoms, pair: Pair) -> str | None:
        asked.append(pair.input)
        return "here" if pair.input == 1 else None

    seen = symptoms(op(lambda *xs: sum(xs), lambda gy, *xs: (3 * gy,) * 3), X, X, X)
    assert rule(seen) == "here"
    assert asked == [0, 1]


@pytest.mark.parametrize(("size", "suffix"), [(4, ""), (1000, " (at all {} elements looked at)")])
def test_what_is_said_of_a_sample_says_so(size: int, suffix: str) -> None:
    seen = symptoms(summed(lambda x: 3 * F.cos(x)), some(size))
    assert of_elements(lambda s: "wrong")(seen) == "wrong" + suffix.format(seen.looked_at)
    assert of_elements(lambda s: None)(seen) is None


def test_a_rule_that_stumbles_has_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumbles(s: Symptoms) -> str | None:
        raise ZeroDivisionError

    monkeypatch.setattr(diagnosis, "RULES", (stumbles, lambda s: "found"))
    scene = scene_of(F.sin, X)
    rows = [Evidence(1, "jet", "fail", "")]
    with pytest.raises(ZeroDivisionError):
        diagnosis.diagnose(scene, rows, [])
    monkeypatch.setattr(diagnosis, "STRICT", False)
    assert diagnosis.diagnose(scene, rows, []) == "found"
    assert diagnosis.diagnose(scene, [], []) is None


# Symptoms -----------------------------------------------------------------------------------------------


def test_pairs_are_the_gradients_got_and_true() -> None:
    seen = symptoms(op(np.multiply, lambda gy, a, b: (gy * b, gy * b)), X, several(4, seed=1))
    right, off = seen.pairs
    assert seen.gy is not None
    np.testing.assert_allclose(right.true, seen.gy * seen.scene.at.inputs[1], rtol=1e-15)
    np.testing.assert_array_equal(right.got, off.got)
    assert [pair.input for pair in seen.wrong] == [1]
    assert (seen.name(1), seen.gradients([0, 1])) == (
        "input 1 (x1)",
        "the gradients of input 0 (x0) and input 1 (x1) are",
    )


def test_a_sample_of_a_pair_finds_its_places_in_any_array() -> None:
    x = some(2, 3)
    pair = Pair(0, np.zeros(2), np.zeros(2), True, np.array([1, 5]))
    assert pair.of(x).tolist() == [x[0, 1], x[1, 2]]


@pytest.mark.parametrize(
    ("f", "elementwise"), [(np.sin, True), (lambda x: x * x.sum(), False), (lambda x: x.sum(), False)]
)
def test_what_is_elementwise(f: Any, elementwise: bool) -> None:
    seen = symptoms(op(f, lambda gy, x: gy * np.exp(x.data)), X)
    assert seen.elementwise(0) == elementwise


def test_the_jacobian_is_that_of_unit_cotangents() -> None:
    found = symptoms(linear(MATRIX, MATRIX), X).jacobian(0)
    assert found is not None
    np.testing.assert_allclose(found.true, MATRIX, rtol=1e-15)
    np.testing.assert_allclose(found.got, MATRIX.T, rtol=1e-15)


def test_the_factor_between_two_gradients() -> None:
    true = np.array([1e-300, -2e-300])
    assert ratio(3 * true, true) == pytest.approx(3)
    assert ratio(true, 0 * true) is None
    assert ratio(np.array([np.nan]), np.array([1.0])) is None
    assert relative_errors(np.array([1.5, 2.0, np.nan]), np.array([1.0, 0.0, 1.0])).tolist() == [0.5]
