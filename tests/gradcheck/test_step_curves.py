"""What stands under a plot of errors against the step: of which derivative, and its value."""

import re

import mpmath
import numpy as np
import pytest

from gradcheck.cases import laboratory
from gradcheck.experiments.studies import own_op, step_size
from gradcheck.records.jsonl import row
from gradcheck.report.step_plots import curve, curve_caption, scheme_styles
from gradcheck.specs import specs
from tests.gradcheck.mpmath_namespace import mpmath_namespace

SPECS = [
    *("exp", "tanh", "sin", "mul", "div", "pow", "softmax", "logsumexp", "log_softmax", "sum", "max"),
    *("matmul", "linear", "layers.Linear", "mean_squared_error", "broadcast_to", "layers.RNN"),
]


def by_mpmath(spec, index_of_output, name, index, order):
    """The derivative of one element of the formula's result by one element of an input."""
    case = laboratory.build(laboratory.first(spec))
    i = list(case.names).index(name)
    with mpmath.workdps(60):
        exactly = [np.frompyfunc(mpmath.mpf, 1, 1)(x) if x.dtype.kind == "f" else x for x in case.inputs]

        def moved(value):
            arrays = [np.array(x, dtype=object) if x.dtype == object else x for x in exactly]
            arrays[i][index] = value
            output = np.asarray(spec.formula(mpmath_namespace, *arrays, **case.params), dtype=object)
            return output[index_of_output]

        return mpmath.diff(moved, exactly[i][index], order)


def named(label):
    """The name and the index of an element such as x[0, 1]."""
    name, inside = re.fullmatch(r"(\w+)(?:\[(.*)\])?", label).groups()
    return name, tuple(map(int, inside.split(","))) if inside else ()


@pytest.mark.parametrize("name", SPECS)
def test_the_derivative_that_is_stated_is_that_of_one_output_element_by_one_input_element(name):
    spec = specs()[name]
    found = step_size.curves(spec, 3)
    assert found[0]["order"] == 1
    for fields in found:
        _, output = named(fields["output"])
        moving, index = named(fields["input"])
        first = laboratory.build(laboratory.first(spec)).inputs[list(arguments(spec)).index(moving)]
        at = index if index else (0,) * first.ndim  # an elementwise op is drawn on numbers
        output = output if index or not first.ndim else (0,) * first.ndim
        expected = by_mpmath(spec, output, moving, at, fields["order"])
        assert float(fields["truth"]) == pytest.approx(float(expected), rel=1e-14)
        assert fields["x"] == first[at]


def arguments(spec):
    return [arg.name for arg in spec.args]


def test_the_caption_says_which_derivative_and_can_be_recomputed():
    first, second, _ = (row("curve", fields) for fields in step_size.curves(specs()["exp"], 3))
    for drawn, order in ((first, 1), (second, 2)):
        caption = curve_caption(drawn)
        stated = re.match(r"Derivative of order (\d) of y by x at ([\d.]+), which is ([\d.]+)\.", caption)
        assert int(stated[1]) == order
        assert float(stated[3]) == pytest.approx(np.exp(float(stated[2])), rel=5e-5)
        assert f"of exp of order {order} against" in curve(drawn, scheme_styles([drawn]))
    (softmax, *_) = (row("curve", fields) for fields in step_size.curves(specs()["softmax"], 1))
    assert curve_caption(softmax).startswith("Derivative of order 1 of y[0, 0] by x[0, 0] at ")


def test_an_op_of_a_users_has_curves_of_the_element_that_its_sections_show():
    found = own_op.rows("mine", laboratory.build(laboratory.first(specs()["exp"])), 2)
    curves = [each for each in found if each["kind"] == "curve"]
    sections = [each for each in found if each["kind"] == "section"]
    assert [each["order"] for each in curves] == [1, 2]
    for each in curves:
        assert f"{each['output']} as a function of {each['input']}" == sections[0]["input"]
        assert float(each["truth"]) == pytest.approx(np.exp(each["x"]), rel=1e-14)


def test_an_older_row_says_that_its_cotangent_is_random():
    fields = step_size.curves(specs()["exp"], 1)[0]
    older = row("curve", {key: value for key, value in fields.items() if key != "output"})
    assert "weighed with a random cotangent" in curve_caption(older)


def test_no_error_is_smaller_than_float64_can_have_by_more_than_luck():
    """The truth is not rounded to float64: else an error of up to 1e-16 would be read as none."""
    fields = step_size.curves(specs()["exp"], 1)[0]
    x = fields["x"]
    found = fields["schemes"]["complex-step"]
    for step, error in zip(found["step"], found["error"], strict=True):
        with mpmath.workdps(40):
            got = mpmath.mpf(float(np.exp(x + 1j * np.float64(step)).imag)) / step
            exactly = abs(got / mpmath.exp(x) - 1)
        assert error == pytest.approx(float(exactly), rel=1e-3, abs=1e-18)
