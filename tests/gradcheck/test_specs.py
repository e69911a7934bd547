"""The table is complete, its rows are true, and the functions are as accurate as the rows declare."""

from __future__ import annotations

import importlib
import inspect
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import dezero
from dezero import Function, Variable
from dezero import functions as F
from gradcheck.cases import coverage, laboratory, variants
from gradcheck.cases.key import Key
from gradcheck.experiments.studies import accuracy
from gradcheck.judging import declarations
from gradcheck.judging.examine import examine
from gradcheck.judging.observing import FULL_COLUMNS
from gradcheck.specs import TOPICS, Spec, Variant, exemptions, specs
from gradcheck.subjects.dezero import DezeroSubject

NAMES = tuple(specs())
CALLS = [(name, n) for name, spec in specs().items() for n in range(len(spec.variants))]
CALL_IDS = [Key(name, variants.labels(specs()[name])[n]).id for name, n in CALLS]
every_row = pytest.mark.parametrize("spec", specs().values(), ids=NAMES)
every_call = pytest.mark.parametrize(("name", "n"), CALLS, ids=CALL_IDS)

MOST_ELEMENTS = 64
LARGEST_DISPLAY = 16


def inputs_of(spec: Spec, variant: Variant) -> list[np.ndarray]:
    return variants.inputs(spec, variant, 7, np.float64)


def subject_of(spec: Spec, variant: Variant, inputs: list[np.ndarray]) -> DezeroSubject:
    active = [x.dtype.kind == "f" for x in inputs]
    return DezeroSubject(lambda *xs: spec.call(*xs, **variant.params), active)


def gradients_of(spec: Spec, variant: Variant, order: int) -> list[list[Any]]:
    """The gradients of orders 1 .. order at a random point, cotangent and direction."""
    inputs = inputs_of(spec, variant)
    subject = subject_of(spec, variant, inputs)
    rng = np.random.default_rng(7)
    cotangents = [rng.uniform(0.5, 1.5, y.shape) for y in subject.values(inputs)]
    directions = [rng.uniform(0.5, 1.5, x.shape) for x in inputs]
    return subject.gradients(inputs, cotangents, directions, order)


def function_classes(base: type = Function) -> Iterator[type]:
    for cls in base.__subclasses__():
        yield cls
        yield from function_classes(cls)


# Completeness ---------------------------------------------------------------------------------------


def test_every_function_has_a_row_or_an_exemption():
    assert coverage.missing() == []


def test_a_new_function_class_without_a_row_is_missing(monkeypatch):
    class Newcomer(Function):
        def forward(self, x):
            return x

    module = dezero.functions.reduction
    monkeypatch.setattr(Newcomer, "__module__", module.__name__)
    monkeypatch.setattr(module, "Newcomer", Newcomer, raising=False)
    assert "Newcomer" in coverage.missing()


def test_no_name_is_both_covered_and_exempt():
    names = Counter(row.name for row in exemptions())
    assert max(names.values()) == 1
    assert not coverage.covered() & names.keys()


@pytest.mark.parametrize("row", exemptions(), ids=lambda row: row.name)
def test_an_exemption_gives_its_reason(row):
    assert len(row.reason.split()) >= 5


@pytest.mark.parametrize(("name", "arguments"), [("sign", ()), ("accuracy", (np.array([1, 0]),))])
def test_no_gradient_passes_through_what_is_exempt_as_not_differentiable(name, arguments):
    assert name in {row.name for row in exemptions()}
    y = getattr(F, name)(Variable(np.array([[0.5, 2.0], [1.5, 1.0]])), *arguments)
    assert y.creator is None


# What rows say of dezero ----------------------------------------------------------------------------


@every_row
def test_covered_names_exist(spec):
    classes = {cls.__name__ for cls in function_classes()}
    assert spec.covers
    for name in spec.covers:
        assert name in classes or inspect.isfunction(getattr(F, name, None)), name


@every_row
def test_covered_classes_occur_in_the_graphs(spec, monkeypatch):
    seen = set()
    original = Function.__call__

    def call(self, *inputs):
        seen.add(type(self).__name__)
        return original(self, *inputs)

    monkeypatch.setattr(Function, "__call__", call)
    for variant in spec.variants:
        gradients_of(spec, variant, spec.order + 1)  # so that the highest order leaves its graph
    assert {name for name in spec.covers if not name.islower()} <= seen


@pytest.mark.parametrize("topic", TOPICS)
def test_rows_carry_the_topic_of_their_file(topic):
    rows = importlib.import_module(f"gradcheck.specs.{topic}").SPECS
    assert {row.topic for row in rows} == {topic}


@every_row
def test_labels_of_variants_differ(spec):
    labels = variants.labels(spec)
    assert len(set(labels)) == len(labels)
    assert not any("#" in label for label in labels)


@every_row
def test_what_a_row_declares_holds_exactly(spec):
    for case_id in declarations.ids(spec):
        case, evidence = declarations.judged(spec, case_id)
        assert evidence.verdict == "pass", f"{case.id}: {evidence.reason}"


@pytest.mark.parametrize(
    "name", ["abs", "relu", "leaky_relu", "clip", "maximum", "minimum", "max", "min", "pow", "power"]
)
def test_functions_with_kinks_declare_a_convention(name):
    assert specs()[name].conventions


@every_row
def test_what_is_declared_for_fewer_orders_has_its_reason(spec):
    assert len(spec.bounds) >= spec.order or spec.note


# Inputs ---------------------------------------------------------------------------------------------


@every_call
def test_inputs_are_small_and_within_what_their_arguments_say(name, n):
    spec = specs()[name]
    inputs = inputs_of(spec, spec.variants[n])
    size = sum(x.size for x in inputs if x.dtype.kind == "f")
    assert 0 < size <= (FULL_COLUMNS if n == 0 else MOST_ELEMENTS)
    for arg, x in zip(spec.args, inputs, strict=False):
        if arg.values is None:
            low, high = arg.interval
            assert arg.domain[0] < low <= x.min()
            assert x.max() <= high < arg.domain[1]
            assert all(np.abs(x - point).min() >= arg.gap - 2**-10 for point in arg.avoid)


@every_row
def test_the_typeset_formula_is_small(spec):
    shapes = spec.display
    assert shapes is not None
    assert all(math.prod(shape) <= LARGEST_DISPLAY for shape in shapes)


@every_row
def test_a_sweep_lies_in_the_domain(spec):
    if spec.sweep is not None:
        (arg,) = spec.args
        assert arg.domain[0] <= spec.sweep.low < spec.sweep.high <= max(arg.domain[1], 1e3)


# Formulas -------------------------------------------------------------------------------------------


@every_call
def test_the_formula_gives_what_the_function_gives(name, n):
    spec, variant = specs()[name], specs()[name].variants[n]
    inputs = inputs_of(spec, variant)
    [value] = subject_of(spec, variant, inputs).values(inputs)
    formula = np.asarray(spec.formula(np, *inputs, **variant.params))
    assert formula.shape == value.shape
    np.testing.assert_allclose(value, formula, rtol=1e-13, atol=1e-15)


# Accuracy -------------------------------------------------------------------------------------------


@every_row
def test_the_first_variant_is_certified_and_within_the_declared_bounds(spec):
    finding = examine(laboratory.build(laboratory.first(spec)))
    assert finding.verdict == "pass", str(finding)
    certified = [row.order for row in finding.evidence if row.oracle == "jet" and row.certified]
    assert certified == list(range(1, spec.order + 1))


def test_a_row_with_too_narrow_a_bound_fails():
    case = laboratory.build(Key("tanh"))
    finding = examine(replace(case, bounds=(0.01, 8.0, 16.0)))
    assert finding.verdict == "fail"
    assert "declared 0.01" in finding.reason


@pytest.mark.parametrize("name", [name for name, spec in specs().items() if spec.sweep])
def test_the_declared_bounds_hold_over_the_whole_range(name):
    spec = specs()[name]
    errors = accuracy.over_range(spec, 3, accuracy.points(spec.sweep, 64))
    for bound, of_order in zip(spec.bounds, errors, strict=False):
        assert max(of_order) <= bound
