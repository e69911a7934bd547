"""Sections and anatomies: what the report draws of each op is what the op does."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable
from gradcheck.cases import laboratory
from gradcheck.experiments.studies import anatomy, section, step_size
from gradcheck.records.jsonl import row, validate
from gradcheck.records.rows import json_values
from gradcheck.specs import specs
from gradcheck.subjects.written import ROOT

SMOOTH = ["tanh", "softmax", "matmul", "batch_norm"]


@pytest.mark.parametrize("name", SMOOTH)
def test_numeric_and_analytic_derivatives_agree_within_the_bound(name: str):
    for found in section.section_rows(specs()[name], 2):
        validate(row("section", found))
        backward = dict(zip(found["x"], found["analytic"], strict=True))
        for x, value, bound in zip(*found["numeric"].values(), strict=True):
            assert abs(value - backward[x]) <= bound + 1e-9 * abs(value)
        assert np.nanmax(found["error_ulp"]) < 100


def test_an_elementwise_op_is_seen_on_numbers():
    value, first = section.section_rows(specs()["exp"], 1)
    assert value["input"] == "y as a function of x"
    np.testing.assert_array_equal(value["analytic"], np.exp(value["x"]))
    np.testing.assert_array_equal(first["analytic"], np.exp(first["x"]))


def test_other_ops_are_seen_where_the_element_matters():
    found, _ = section.plain_section(specs()["get_item"])
    (cotangent,) = found.cotangent
    assert cotangent.sum() == 1
    assert found.backward(found.start, 1) == [1.0]


def test_a_kink_has_no_error_in_ulp():
    _, first = section.section_rows(specs()["relu"], 1)
    at_kink = first["x"].tolist().index(0.0)
    assert math.isnan(first["error_ulp"][at_kink])
    assert np.count_nonzero(np.isnan(first["error_ulp"])) == 1


def test_a_pole_is_not_a_number_and_the_rest_is():
    value, _ = section.section_rows(specs()["reciprocal"], 1)
    assert not math.isfinite(value["analytic"][section.POINTS // 2])
    assert np.count_nonzero(np.isfinite(value["analytic"])) == section.POINTS - 1


def test_orders_that_vanish_are_left_out():
    assert [found["order"] for found in section.section_rows(specs()["neg"], 3)] == [0, 1]


def test_the_complex_step_is_a_scheme_of_analytic_ops_only():
    analytic, absolute = (step_size.curves(specs()[name], 2) for name in ("sin", "abs"))
    assert "complex-step" in analytic[0]["schemes"]
    assert "complex-step" not in analytic[1]["schemes"]
    assert "complex-step" not in absolute[0]["schemes"]
    smallest = min(analytic[0]["schemes"]["complex-step"]["step"])
    position = analytic[0]["schemes"]["complex-step"]["step"].index(smallest)
    assert analytic[0]["schemes"]["complex-step"]["error"][position] < 1e-15
    assert analytic[0]["schemes"]["central"]["error"][position] > 1e-6


def test_a_graph_has_every_function_leaf_and_edge():
    x, w = (Variable(np.array(2.0), name=name) for name in "xw")
    found = anatomy.graph((x * w + x) * 3.0)
    labels = [node["label"] for node in found["nodes"] if node["function"]]
    assert sorted(labels) == ["Add", "Mul", "Mul"]
    leaves = [node["label"] for node in found["nodes"] if not node["function"]]
    assert sorted(leaves) == ["()", "3", "w ()", "x ()"]
    assert len(found["edges"]) == 7
    names = [[found["nodes"][n]["label"] for n in edge] for edge in found["edges"]]
    assert names.count(["x ()", "Add"]) == names.count(["x ()", "Mul"]) == 1


def test_the_graph_of_a_gradient_contains_what_backward_computes():
    forward, gradient = anatomy.graph_rows(specs()["sin"])
    assert (forward["order"], gradient["order"]) == (0, 1)
    assert {"Cos", "Mul"} <= {node["label"] for node in gradient["nodes"]}


@pytest.mark.parametrize(
    ("op", "name", "text"),
    [("tanh", "Tanh", "vjps"), ("min", "Max.cotangents", "def cotangents"), ("div", "Div", "vjps")],
)
def test_the_source_shown_is_that_of_backward(op: str, name: str, text: str):
    found = anatomy.source_rows(specs()[op])[0]
    assert found["name"] == name
    assert text in found["text"]
    source = (ROOT / found["path"]).read_text(encoding="utf-8").splitlines()
    assert source[found["line"] - 1].strip() == found["text"].splitlines()[0].strip()


@pytest.mark.parametrize("name", ["tanh", "conv2d", "dropout_test", "softmax_cross_entropy"])
def test_rows_are_what_the_schema_says(name: str):
    spec = specs()[name]
    for kind, found in (("graph", anatomy.graph_rows(spec)), ("source", anatomy.source_rows(spec))):
        for fields in found:
            validate(row(kind, fields))
            assert json_values(fields) == fields


def test_a_function_is_asked_once_at_each_point():
    case = laboratory.build(laboratory.first(specs()["exp"]))
    asked = []

    def f(x: Variable) -> Variable:
        asked.append(x.data.copy())
        return F.exp(x)

    found = next(section.sections_of(replace(case, f=f)))
    asked.clear()
    first, again = (found.values(np.array([0.5, 1.0, 1.0])) for _ in range(2))
    assert len(asked) == 2
    np.testing.assert_array_equal(first, again)
    assert found.value(0.5 + 0j) == found.value(0.5)
    assert len(asked) == 3, "a complex number is another question"
