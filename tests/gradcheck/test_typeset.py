"""What is typeset is the formula and its derivatives, in markup that any page can hold."""

import re
from functools import cache
from xml.etree import ElementTree

import mpmath
import numpy as np
import pytest
import sympy

from gradcheck.oracles.symbols.derived import derived
from gradcheck.oracles.symbols.typeset import in_parts, typeset
from gradcheck.specs import specs
from tests.gradcheck.mpmath_namespace import mpmath_namespace, softmax

FORMULAS = {
    "sin": (lambda m, x: m.sin(x), ["x"], [()]),
    "tanh": (lambda m, x: m.tanh(x), ["x"], [()]),
    "sigmoid": (lambda m, x: 1 / (1 + m.exp(-x)), ["x"], [()]),
    "sqrt": (lambda m, x: x**0.5, ["x"], [()]),
    "power": (lambda m, x, y: x**y, ["x0", "x1"], [(), ()]),
    "abs": (lambda m, x: m.abs(x) ** 3, ["x"], [()]),
    "relu": (lambda m, x: m.maximum(x, 0) ** 2, ["x"], [()]),
    "clip": (lambda m, x: m.minimum(m.maximum(x, -1.0), 1.0) ** 3, ["x"], [()]),
    "leaky": (lambda m, x: m.where(m.greater(x, 0), x, 0.25 * x) ** 2, ["x"], [()]),
    "softmax": (softmax, ["x"], [(1, 3)]),
    "matmul": (lambda m, x, w: (x @ w) ** 2, ["x", "W"], [(1, 2), (2, 1)]),
    "max": (lambda m, x: m.max(x) ** 2, ["x"], [(2, 2)]),
    "unused first": (lambda m, c, x: x**3 + 0 * c, ["c", "x"], [(), ()]),
    "indexed": (lambda m, x, t: x[np.arange(1), t] ** 2, ["x", "t"], [(1, 2), (1,)]),
}


POSITIVE = {"sqrt", "power"}


def named(name, index):
    subscript = "".join(str(i + 1) for i in index)
    return sympy.Symbol(f"{name}_{subscript}" if index else name, real=True)


def values_of(name, shapes, shift):
    """One array for each argument; integers where the formula indexes."""
    shift = abs(shift) if name in POSITIVE else shift
    arrays = [shift + np.arange(1, np.prod(s) + 1).reshape(s) / 8 for s in shapes]
    return [arrays[0], np.zeros(1, dtype=int)] if name == "indexed" else arrays


def exactly(array):
    to_mpf = np.frompyfunc(mpmath.mpf, 1, 1)
    return array if array.dtype == int else np.asarray(to_mpf(array), dtype=object)


@pytest.mark.parametrize("name", FORMULAS)
def test_equations_hold_numerically(name):
    found = derived(*FORMULAS[name])
    for shift in (0.25, -1.5, 1.75):
        assert_equations_hold(found, name, shift)


def assert_equations_hold(found, name, shift):
    formula, names, shapes = FORMULAS[name]
    values = values_of(name, shapes, shift)
    place = {named(n, index): (i, index) for i, n in enumerate(names) for index in np.ndindex(shapes[i])}
    point = {s: sympy.Rational(float(values[i][index])) for s, (i, index) in place.items()}

    def component(by):
        def moved(*steps):
            arrays = [exactly(v) for v in values]
            for symbol, step in zip(by, steps, strict=True):
                i, index = place[symbol]
                arrays[i][index] += step
            return np.ravel(formula(mpmath_namespace, *arrays))[0]

        return moved

    with mpmath.workdps(40):
        for by, expression in {(): found.value, **found.firsts, **found.seconds}.items():
            shown = mpmath.mpf(str(sympy.N(expression.subs(point), 40)))
            expected = mpmath.diff(component(by), (0,) * len(by), (1,) * len(by)) if by else component(())()
            assert abs(shown - expected) < mpmath.mpf("1e-12"), f"{by} at {shift}"


@pytest.mark.parametrize("name", FORMULAS)
def test_markup_is_well_formed_and_needs_no_entities(name):
    result = typeset_of(name)
    for markup in all_of(result.mathml):
        root = ElementTree.fromstring(markup)
        assert root.tag == "math"
        assert root.get("display") == "block"
        assert not re.search(r"&(?!amp;|lt;|gt;)", markup)
        assert "\u2147" not in markup
        assert {"mi", "mo"} <= {e.tag for e in root.iter()}


@pytest.mark.parametrize("name", FORMULAS)
def test_the_text_has_every_name_and_number_of_the_markup(name):
    result = typeset_of(name)
    for text, markup in zip(all_of(result.text), all_of(result.mathml), strict=True):
        assert re.match("(∂²?)?y", text)
        for leaf in ElementTree.fromstring(markup).iter():
            if leaf.tag in ("mi", "mn", "mtext") and leaf.text != "2":  # a square may be ²
                assert leaf.text.strip(", \u00a0").replace(",", "_") in text


@cache
def typeset_of(name):
    return typeset(*FORMULAS[name])


def all_of(typed):
    return [typed.value, *typed.firsts, *typed.seconds]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("tanh", ["y = tanh(x)", "∂y/∂x = 1 - tanh(x)^2", "∂²y/∂x² = -2*(1 - tanh(x)^2)*tanh(x)"]),
        ("sqrt", ["y = sqrt(x)", "∂y/∂x = 1/(2*sqrt(x))", "∂²y/∂x² = -1/(4*x^(3/2))"]),
        (
            "power",
            [
                "y = x0^x1",
                "∂y/∂x0 = x0^(x1 - 1)*x1",
                "∂y/∂x1 = x0^x1*log(x0)",
                "∂²y/∂x0² = x0^(x1 - 2)*x1*(x1 - 1)",
                "∂²y/∂x0∂x1 = x0^(x1 - 1)*(x1*log(x0) + 1)",
                "∂²y/∂x1² = x0^x1*log(x0)^2",
            ],
        ),
        ("indexed", ["y_1 = x_11^2", "∂y_1/∂x_11 = 2*x_11", "∂²y_1/∂x_11² = 2"]),
    ],
)
def test_textbook_forms(name, lines):
    assert all_of(typeset(*FORMULAS[name]).text) == lines


def test_branches_are_cases():
    [text] = typeset(lambda m, x: m.minimum(m.maximum(x, -1.0), 1.0), ["x"], [()]).text.firsts
    assert text == "∂y/∂x = {0 if x <= -1 or x >= 1, otherwise 1}"
    leaky = typeset(lambda m, x: m.where(m.greater(x, 0), x, 0.2 * x), ["x"], [()])
    assert leaky.text.value == "y = {x if x > 0, otherwise 0.2*x}"
    assert "<mtext>otherwise</mtext>" in leaky.mathml.value
    assert "<mo>&gt;</mo>" in leaky.mathml.value


def test_markup_of_a_derivative_and_of_subscripts():
    result = typeset(lambda m, x: x**2, ["x"], [(1, 2)])
    y = "<msub><mi>y</mi><mn>11</mn></msub>"
    x = "<msub><mi>x</mi><mn>11</mn></msub>"
    assert result.mathml.firsts[0] == (
        f'<math display="block"><mfrac><mrow><mo>∂</mo>{y}</mrow><mrow><mo>∂</mo>{x}</mrow></mfrac>'
        f"<mo>=</mo><mrow><mn>2</mn><mo>\u2062</mo>{x}</mrow></math>"
    )


def test_long_indices_are_separated():
    assert typeset(lambda m, x: x[9:], ["x"], [(10,)]).text.value == "y_1 = x_10"
    assert typeset(lambda m, x: x[9:, :], ["x"], [(10, 2)]).text.value == "y_11 = x_10,1"


def test_a_constant_has_zero_derivatives():
    assert typeset(lambda m, x: 0 * x + 2, ["x"], [()]).text.firsts == ["∂y/∂x = 0"]


def test_names_may_exceed_shapes_but_not_fall_short():
    assert typeset(lambda m, *xs: xs[0], ["a", "b"], [()]).text.value == "y = a"
    with pytest.raises(ValueError, match="typeset: got 1 names for 2 shapes"):
        typeset(lambda m, x, y: x, ["x"], [(), ()])


def test_what_a_formula_raises_is_raised():
    with pytest.raises(TypeError, match="unexpected keyword argument 'axis'"):
        typeset(lambda m, x: x, ["x"], [()], {"axis": 0})


def test_a_long_expression_is_written_in_parts_that_make_it_up_again():
    spec = specs()["layers.LSTM"]
    names = [arg.name for arg in spec.args]
    found = derived(spec.formula, names, spec.display)
    for expression in (found.value, *found.firsts.values(), *found.seconds.values()):
        whole, parts = in_parts(expression)
        for name, part in parts:  # a part is in terms of later ones
            whole = whole.xreplace({name: part})
        values = {symbol: 0.1 * n for n, symbol in enumerate(sorted(expression.free_symbols, key=str), 1)}
        assert float(whole.xreplace(values)) == pytest.approx(float(expression.xreplace(values)), rel=1e-12)
        assert all(sympy.count_ops(e) < 60 for _, e in parts)


def test_a_long_second_derivative_has_a_line_for_each_part():
    spec = specs()["layers.LSTM"]
    found = typeset(spec.formula, [arg.name for arg in spec.args], spec.display)
    [markup], [text] = found.mathml.seconds, found.text.seconds
    lines = markup.count("<mtr>")
    assert lines > 5
    assert text.count(" = ") == lines
    assert len(text) < 1000
    assert "<mtable" not in found.mathml.value
