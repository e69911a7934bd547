"""The equations of each function, read as a person reads them, against numerical differentiation."""

import math
import re
from functools import cache

import mpmath
import numpy as np
import pytest

from gradcheck.cases import variants
from gradcheck.report.equations import equations
from gradcheck.running.formula import formula_row
from gradcheck.specs import specs
from tests.gradcheck.mpmath_namespace import mpmath_namespace

NAMES = {
    **{name: getattr(math, name) for name in ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "sqrt": math.sqrt,
    "nan": math.nan,
    "Max": max,
    "Min": min,
    "abs": abs,
}
TYPESET = [name for name, spec in specs().items() if spec.formula is not None and name != "where"]
WITH_KINKS = [name for name, spec in specs().items() if spec.elementwise and spec.conventions]
_LEFT = r"(?:∂²?)?y(?:_\d+)?(?:/[∂\w²]+)?"


@cache
def row_of(name):
    return formula_row(specs()[name])


def sides(text):
    """The left sides of an equation, and its right one."""
    left = re.match(f"(?:{_LEFT} = )+", text)[0]
    return left.removesuffix(" = ").split(" = "), text.removeprefix(left)


def by_of(left):
    """The names of a derivative's elements."""
    _, _, below = left.partition("/")
    names = below.removeprefix("∂").split("∂") if below else []
    return [name for each in names for name in [each.rstrip("²")] * (2 if each.endswith("²") else 1)]


def value_of(right, point):
    """What the right side of an equation is where its names have these values."""
    whole, _, definitions = right.partition(" with ")
    known = dict(point)
    for name, part in reversed(re.findall(r"(a_\d+) = (.+?)(?=, a_\d+ = |$)", definitions)):
        known[name] = evaluated(part, known)
    return evaluated(whole, known)


def evaluated(text, known):
    text = text.replace("^", "**").replace("by the convention", "nan")
    text = re.sub(r"\|([^|]+)\|", r"abs(\1)", text)
    return eval(re.sub(r"\{([^}]*)\}", cases, text), {"__builtins__": {}}, NAMES | known)


def cases(match):
    """Branches as Python writes them."""
    *branches, (_, last) = re.findall(r"(.+?(?= if )|otherwise )(.+?)(?=, \S+ if |, otherwise |$)", match[1])
    said = " else ".join(f"{value.lstrip(', ')}{when.replace(' = ', ' == ')}" for value, when in branches)
    return f"({said} else {last})"


def arrays_of(spec, seed):
    """Arguments inside of their intervals, on the shapes on which the formula is written."""
    rng = np.random.default_rng(seed)
    shapes = spec.display or variants.shapes(spec, spec.variants[0])
    return [
        np.zeros(shape, int)
        if arg.values is not None and np.asarray(arg.values).dtype.kind in "iub"
        else rng.uniform(*arg.interval, shape)
        for arg, shape in zip(spec.args, shapes, strict=False)
    ]


def named(spec, arrays):
    """Each element by its name."""
    return {
        arg.name + ("_" + "".join(str(i + 1) for i in index) if index else ""): (n, index)
        for n, (arg, array) in enumerate(zip(spec.args, arrays, strict=False))
        for index in np.ndindex(array.shape)
    }


def numerically(spec, arrays, places):
    """The value's first element, differentiated by mpmath along the elements at these places."""
    exact = np.frompyfunc(mpmath.mpf, 1, 1)

    def moved(*steps):
        inputs = [x if x.dtype == int else np.asarray(exact(x), dtype=object) for x in arrays]
        for (n, index), step in zip(places, steps, strict=True):
            inputs[n] = inputs[n].copy()
            inputs[n][index] += step
        params = spec.variants[0].params
        return np.ravel(spec.formula(mpmath_namespace, *inputs, **params))[0]

    with mpmath.workdps(40):
        return float(mpmath.diff(moved, (0,) * len(places), (1,) * len(places)) if places else moved())


@pytest.mark.parametrize("name", TYPESET)
def test_every_equation_holds_at_a_point(name):
    spec = specs()[name]
    found = dict(equations(row_of(name)))
    arrays = arrays_of(spec, 7)
    place = named(spec, arrays)
    point = {n: float(arrays[i][index]) for n, (i, index) in place.items()}
    seen = []
    for equation in (each for part in found.values() for each in part):
        lefts, right = sides(equation.text)
        shown = value_of(right, point)
        for left in lefts:
            by = by_of(left)
            seen.append(sorted(by))
            expected = numerically(spec, arrays, [place[each] for each in by])
            assert shown == pytest.approx(expected, rel=1e-9, abs=1e-12), equation.text
    firsts = [by[0] for by in seen if len(by) == 1]
    pairs = [sorted((a, b)) for n, a in enumerate(firsts) for b in firsts[n:]]
    assert sorted(by for by in seen if len(by) == 2) == sorted(pairs), "each pair once"


@pytest.mark.parametrize("name", WITH_KINKS)
def test_at_ties_and_bounds_a_typeset_derivative_is_what_is_declared(name):
    spec = specs()[name]
    found = row_of(name)
    firsts = {
        by_of(sides(e.text)[0][0])[0]: e.text for p, each in equations(found) if p[0] == "F" for e in each
    }
    names = [arg.name for arg in spec.args]
    for convention in spec.conventions:
        if convention.params != spec.variants[0].params:
            continue  # of another call: of x**0, where x**3 is shown
        for index in np.ndindex(np.shape(convention.inputs[0])):
            point = {n: float(x[index]) for n, x in zip(names, convention.inputs, strict=True)}
            for n, gradient in zip(names, convention.gradients, strict=True):
                assert value_of(sides(firsts[n])[1], point) == gradient[index]


@pytest.mark.parametrize("name", ["max", "min", "pooling"])
def test_where_elements_tie_an_equation_refers_to_the_convention(name):
    found = row_of(name)
    assert found["text"]["first"].endswith(", otherwise by the convention}")
    assert "<mtext>by the convention</mtext>" in found["mathml"]["first"]
    assert found["conventions"] == [specs()[name].conventions[0].text]
    x = dict.fromkeys(named(specs()[name], arrays_of(specs()[name], 0)), 1.0)
    assert math.isnan(value_of(sides(found["text"]["first"])[1], x))


def test_an_equation_says_what_it_is_written_for():
    assert row_of("matmul")["written_for"] == "x of shape (1, 2), W of shape (2, 1)"
    assert row_of("mul")["written_for"] == "one element"
    left_out = row_of("layers.LSTM")["written_for"]
    assert left_out.endswith("; the derivatives by 14 further inputs are left out")


def test_an_older_row_has_three_equations():
    row = row_of("mul")
    older = row | {
        notation: {part: row[notation][part] for part in ("value", "first", "second")}
        for notation in ("mathml", "text")
    }
    parts = equations(older)
    assert [name for name, _ in parts] == ["Value", "First derivative", "Second derivative"]
    assert [len(each) for _, each in parts] == [1, 1, 1]
