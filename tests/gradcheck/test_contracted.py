"""What expected and got are contracted with: it is said, and with it they can be computed by hand."""

import ast
import json

import numpy as np
import pytest

import dezero.functions as F
import gradcheck
from dezero import Function
from gradcheck.cases import laboratory
from gradcheck.cases.from_spec import case_of
from gradcheck.cases.key import Key
from gradcheck.cli import main
from gradcheck.judging.examine import examine
from gradcheck.records.recording import case_rows
from gradcheck.specs import specs


def said(row):
    """gy and d of a row as numbers."""
    gy, _, d = row.contracted.removeprefix("gy = ").partition(", d = ")
    return ast.literal_eval(gy), ast.literal_eval(d) if d else None


def judged(name, order=2, **key):
    case = case_of(specs()[name], laboratory.first(specs()[name])._replace(**key), order)
    return case, [row for row in examine(case).evidence if row.oracle == "jet"]


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("exp", np.exp, np.exp),
        ("sin", np.cos, lambda x: -np.sin(x)),
        ("tanh", lambda x: 1 / np.cosh(x) ** 2, lambda x: -2 * np.tanh(x) / np.cosh(x) ** 2),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_an_elementwise_derivative_is_that_of_the_element_times_what_is_said(name, first, second, dtype):
    _, rows = judged(name, dtype=dtype)
    close = {"float64": 1e-12, "float32": 1e-5}[dtype]
    for row, derivative in zip(rows, (first, second), strict=True):
        gy, d = said(row)
        expected = derivative(float(row.input_value)) * gy * (1 if d is None else d)
        assert float(row.expected) == pytest.approx(expected, rel=close)


def test_a_product_has_the_directions_of_both_factors():
    _, (first, second) = judged("mul")
    gy, d = said(first)
    assert d is None
    gy, (d0, d1) = said(second)
    other = d1 if second.where.startswith("input 0") else d0
    assert float(second.expected) == pytest.approx(gy * other)


def test_few_numbers_are_all_said():
    x, w = np.array([[1.5, -2.0]]), np.array([[0.5, 1.0], [0.25, -3.0]])
    row = next(r for r in gradcheck.check(F.matmul, x, w).evidence if r.oracle == "jet")
    gy, _ = said(row)
    gradients = np.concatenate([(np.array(gy) @ w.T).ravel(), (x.T @ np.array(gy)).ravel()])
    assert np.isclose(gradients, float(row.expected), rtol=1e-14).any()


def test_many_numbers_are_left_to_the_seed():
    case, rows = judged("softmax", order=2)
    assert rows[0].contracted.startswith("gy = [[")
    assert rows[1].contracted == ""
    recorded = [row for row in case_rows(case, examine(case)) if row["oracle"] == "jet"]
    assert "contracted" in recorded[0]
    assert "contracted" not in recorded[1]


def test_reproduce_prints_what_the_seed_draws(capsys):
    key = Key("softmax", "axis=1")
    assert main(["reproduce", key.id, "--order", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    gy, d = (
        np.array(json.loads(line.partition(" = ")[2]))
        for line in lines
        if line.startswith(("  cotangent", "  direction"))
    )
    case = case_of(specs()["softmax"], key, 2)
    y = F.softmax(case.inputs[0], axis=1).data
    gx = y * (gy - (gy * y).sum(axis=1, keepdims=True))
    along = y * (d - (d * y).sum(axis=1, keepdims=True))
    second = along * (gy - (gy * y).sum(axis=1, keepdims=True)) - y * (gy * along).sum(axis=1, keepdims=True)
    found = {row.order: row for row in examine(case).evidence if row.oracle == "jet"}
    assert np.isclose(gx, float(found[1].expected), rtol=1e-12).any()
    assert np.isclose(second, float(found[2].expected), rtol=1e-12).any()


def test_reproduce_draws_nothing_for_a_convention(capsys):
    assert main(["reproduce", "relu:kink0/float64/cpu"]) == 0
    assert "cotangent" not in capsys.readouterr().out


class Doubled(Function):
    def forward(self, x):
        return x * 3.0

    def backward(self, gy):
        return gy * 6.0


def test_a_failure_is_of_a_cotangent_of_1():
    result = gradcheck.check(lambda x: Doubled()(x), np.array([0.5, 1.0]))
    row = next(r for r in result.evidence if r.verdict == "fail")
    assert (row.expected, row.got, row.contracted) == ("3", "6", "gy = 1")
    assert "expected 3, got 6" in str(result)
    assert "(for gy" not in str(result), "figures that say nothing are of ones"


@pytest.mark.parametrize("name", [n for n, spec in specs().items() if spec.elementwise])
def test_what_is_declared_elementwise_is(name):
    """Each element of the result moves with the same element of each argument alone."""
    spec = specs()[name]
    case = case_of(spec, laboratory.first(spec))
    shape = np.broadcast_shapes(*(x.shape for x in case.inputs))
    inputs = [np.broadcast_to(x, shape).copy() for x in case.inputs]
    y = case.subject().values(inputs)[0]
    assert y.shape == shape
    for i, on in enumerate(case.active):
        for index in np.ndindex(shape if on else (0,)):
            moved = [x.copy() for x in inputs]
            moved[i][index] *= 1 + 2.0**-10
            changed = np.argwhere(case.subject().values(moved)[0] != y)
            assert all(tuple(each) == index for each in changed)
