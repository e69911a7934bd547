"""The study of schemes and that of a GPU: each figure is computed once more, by mpmath or plain NumPy."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.experiments.studies import extrapolating, on_a_gpu, schemes, step_schemes
from gradcheck.experiments.studies.study import Figure, Study, Table
from gradcheck.report.formatting import significant

U = 2.0**-53


@pytest.fixture(autouse=True)
def digits() -> Any:
    with mpmath.workdps(60):
        yield


def _tables(study: Study) -> list[Table]:
    return [part for part in study.parts if isinstance(part, Table)]


def _figures(study: Study) -> list[Figure]:
    return [part for part in study.parts if isinstance(part, Figure)]


def _numbers(cells: Any) -> list[Any]:
    """Cells of a table, None left out: text or number, as each is."""
    return [cell for cell in cells if cell is not None]


# Schemes of first derivatives -----------------------------------------------------------------------


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3), st.sampled_from(schemes.FIRST + schemes.OF_ORDER))
def test_the_best_step_is_where_the_model_is_smallest(
    value: float, higher: float, scheme: schemes.Scheme
) -> None:
    def predicted(h: float) -> float:
        return scheme.truncation(h, higher) + scheme.rounding(h, value, U)

    best = scheme.best_step(value, higher, U)
    assert predicted(best) <= min(predicted(best * factor) for factor in (0.9, 0.99, 1.01, 1.1)) * (1 + 1e-12)
    share = scheme.truncation(best, higher) / scheme.rounding(best, value, U)
    assert share == pytest.approx(scheme.derivative / scheme.order)


def test_derivatives_of_the_example_are_those_of_mpmath() -> None:
    for k in range(9):
        exactly = mpmath.diff(lambda x: mpmath.exp(x) * mpmath.sin(x), 1, k)
        assert float(step_schemes.f_derivative(k, 1.0)) == pytest.approx(float(exactly), rel=1e-14)


@pytest.mark.parametrize("scheme", [*schemes.FIRST, *schemes.OF_ORDER], ids=lambda s: s.name)
def test_a_scheme_has_the_order_and_the_constant_that_exact_arithmetic_shows(scheme: schemes.Scheme) -> None:
    """Without rounding the error divided by h^p goes to C f^(n+p)."""

    def f(x: Any) -> Any:
        return mpmath.exp(x) * mpmath.sin(x)

    truth = mpmath.diff(f, 1, scheme.derivative)
    weights = schemes.coefficients(scheme.offsets, scheme.derivative)
    errors = []
    for h in (mpmath.mpf(2) ** -12, mpmath.mpf(2) ** -13):
        terms = [
            mpmath.mpf(w.numerator) / w.denominator * f(1 + o * h)
            for w, o in zip(weights, scheme.offsets, strict=True)
        ]
        errors.append(abs(mpmath.fsum(terms) / h**scheme.derivative - truth))
    assert float(mpmath.log(errors[0] / errors[1], 2)) == pytest.approx(scheme.order, abs=0.01)
    higher = float(mpmath.diff(f, 1, scheme.derivative + scheme.order))
    assert scheme.truncation(2.0**-13, higher) == pytest.approx(float(errors[1]), rel=0.01)


FORMULAS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "forward": lambda f, x, h: (f(x + h) - f(x)) / h,
    "central": lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h),
    "five-point": lambda f, x, h: (f(x - 2 * h) - 8 * f(x - h) + 8 * f(x + h) - f(x + 2 * h)) / (12 * h),
    "Richardson": lambda f, x, h: (
        (
            64 * FORMULAS["central"](f, x, h)
            - 20 * FORMULAS["central"](f, x, 2 * h)
            + FORMULAS["central"](f, x, 4 * h)
        )
        / 45
    ),
    "order 2": lambda f, x, h: (f(x - h) - 2 * f(x) + f(x + h)) / h**2,
    "order 3": lambda f, x, h: (-f(x - 2 * h) + 2 * f(x - h) - 2 * f(x + h) + f(x + 2 * h)) / (2 * h**3),
    "order 4": lambda f, x, h: (f(x - 2 * h) - 4 * f(x - h) + 6 * f(x) - 4 * f(x + h) + f(x + 2 * h)) / h**4,
}


@pytest.mark.parametrize("scheme", [*schemes.FIRST, *schemes.OF_ORDER], ids=lambda s: s.name)
def test_the_formula_shown_is_the_one_that_is_computed(scheme: schemes.Scheme) -> None:
    by_hand = FORMULAS[scheme.name](mpmath.exp, mpmath.mpf(1), mpmath.mpf(0.25))
    assert float(scheme(np.exp, 1.0, 0.25)) == pytest.approx(float(by_hand), rel=1e-12)


def test_orders_measured_are_those_of_the_schemes_and_best_steps_lie_where_predicted() -> None:
    study = step_schemes.study()
    (table,) = [t for t in _tables(study) if t.columns[0] == "scheme"]
    smallest = math.inf
    for _, _, order, measured, predicted, at_worst, best, error in table.cells:
        assert float(str(measured)) == pytest.approx(float(str(order)), abs=0.02)
        assert predicted / 2 < best < 2 * predicted
        assert at_worst / 10 < error <= at_worst
        assert error < smallest
        smallest = error
    for name in ("forward", "central", "five-point", "Richardson"):
        errors = next(line for line in _figures(study)[0].lines if line.label.startswith(name))
        found = min(errors.y)
        assert f"{found:.1e}"[:3].rstrip("0").rstrip(".") in study.lead


def test_errors_of_the_schemes_are_what_mpmath_finds_at_one_step() -> None:
    h = 2.0**-20
    for scheme in schemes.FIRST:
        errors = [
            abs(
                mpmath.mpf(float(scheme(step_schemes.f, x, h)))
                / mpmath.diff(lambda v: mpmath.exp(v) * mpmath.sin(v), float(x))
                - 1
            )
            for x in step_schemes.POINTS
        ]
        n = step_schemes.STEPS.index(h)
        found = step_schemes._errors(scheme)[n]
        assert found == pytest.approx(float(np.median([float(e) for e in errors])), rel=1e-2)


def test_richardsons_columns_gain_two_orders_each_and_their_digits_are_right() -> None:
    table, figure = extrapolating.extrapolation(step_schemes.f, step_schemes.f_derivative(1, 1.0), 1.0)
    assert isinstance(table, Table)
    assert isinstance(figure, Figure)
    measured = [float(number) for number in re.findall(r"\d\.\d\d", figure.caption)]
    assert measured == pytest.approx([2, 4, 6, 8], abs=0.1)
    truth = mpmath.diff(lambda x: mpmath.exp(x) * mpmath.sin(x), 1)
    by_hand = _romberg([mpmath.mpf(h) for h in extrapolating.STEPS])
    for row, wanted in zip(table.cells, by_hand, strict=True):
        for cell, value in zip(_numbers(row[1:]), wanted, strict=True):
            assert float(str(cell).replace("|", "")) == pytest.approx(float(value), abs=1e-13)
            right = str(cell).split("|")[0]
            assert mpmath.nstr(truth, 30).startswith(right.rstrip("."))


def _romberg(steps: list[Any]) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for h in steps:
        row = [FORMULAS["central"](lambda x: mpmath.exp(x) * mpmath.sin(x), mpmath.mpf(1), h)]
        for k in range(1, min(len(rows) + 1, extrapolating.LEVELS)):
            row.append(row[k - 1] + (row[k - 1] - rows[-1][k - 1]) / (4**k - 1))
        rows.append(row)
    return rows


def test_the_complex_step_cancels_nothing() -> None:
    study = step_schemes.study()
    (figure,) = [f for f in _figures(study) if f.title == "The complex step"]
    central, by_complex = figure.lines
    assert max(e for h, e in zip(by_complex.x, by_complex.y, strict=True) if h < 1e-8) < 3e-16
    assert by_complex.x[-1] == pytest.approx(1e-200)
    assert all(e == 1 for h, e in zip(central.x, central.y, strict=True) if h < 1e-16)
    (table,) = [t for t in _tables(study) if t.columns[-1] == "complex step"]
    for name, *_, by_complex_step in table.cells:
        assert ("|" in str(by_complex_step)) == (name in ("10⁻¹", "10⁻²", "10⁻⁴"))
    assert float(schemes.complex_step(np.exp, 1.0, 1e-200)) == math.e


def test_noise_and_best_step_grow_with_the_order_of_the_derivative() -> None:
    study = step_schemes.study()
    (table,) = [t for t in _tables(study) if "best step grows" in t.caption]
    columns = list(zip(*table.cells, strict=True))
    for column in columns[2:]:
        assert list(column) == sorted(column)
    for scheme, (_, _, predicted, _, best, _) in zip(schemes.OF_ORDER, table.cells, strict=True):
        assert predicted / 2 < best < 2 * predicted
        errors = step_schemes._errors(scheme)
        first, second = (errors[step_schemes.STEPS.index(2.0**-k)] for k in _noisy(scheme))
        steps = np.diff(_noisy(scheme))[0]
        assert math.log2(second / first) / steps == pytest.approx(scheme.derivative, abs=0.35)


def _noisy(scheme: schemes.Scheme) -> tuple[int, int]:
    """Two steps, as powers of 2, where rounding is nearly all of the error and not yet all of the value."""
    best = round(-math.log2(step_schemes.best_step(scheme)))
    return best + 3, best + 3 + 16 // (2 * scheme.derivative)


# On a GPU -------------------------------------------------------------------------------------------


def test_rounding_to_a_short_significand_is_that_of_the_dtype_which_has_it() -> None:
    x = np.random.default_rng(0).uniform(0.5, 4, 1000)
    np.testing.assert_array_equal(on_a_gpu.rounded(x, 24), x.astype(np.float32))
    np.testing.assert_array_equal(on_a_gpu.rounded(x, 11), x.astype(np.float16))


def test_best_steps_in_short_formats_are_those_of_the_formula() -> None:
    (_, table), best = on_a_gpu._formats()
    lead = on_a_gpu.study().lead
    for name, bits, u, predicted, emulated, error in table.cells:
        assert u == 2.0**-bits
        assert best[name] == emulated
        assert predicted == pytest.approx((3 * u) ** (1 / 3))
        assert predicted / 3 < emulated <= predicted
        assert error <= predicted**2 / 2  # the worst that the model allows
    assert f"exp is then {significant(best['TF32'], 2)} instead of {significant(best['float32'], 2)}" in lead
    assert np.finfo(np.float32).nmant + 1 == on_a_gpu.FORMATS["float32"]
    assert np.finfo(np.float16).nmant + 1 == on_a_gpu.FORMATS["float16"]


def test_sums_in_many_orders_are_near_the_true_sum_and_differ() -> None:
    terms = np.random.default_rng(1).uniform(0, 1, 1000).astype(np.float32)
    sums = on_a_gpu.sums_in_orders(terms, 20, np.random.default_rng(2))
    truth = math.fsum(map(float, terms))
    assert len(set(sums.tolist())) > 1
    assert np.abs(sums - truth).max() <= 1000 * 2.0**-24 * truth
    table, spread = on_a_gpu._sums()
    cells = dict(table.cells)
    lowest, highest = (float(str(cells[f"{which} sum found"])) for which in ("smallest", "largest"))
    assert spread == round((highest - lowest) / float(np.spacing(np.float32(lowest))))
    assert lowest <= float(str(cells["true sum"])) <= highest


def test_subnormals_lose_digits_and_then_are_zero() -> None:
    for x, derivative, kept, error, flushed in on_a_gpu._subnormals().cells:
        exactly = mpmath.exp(float(str(x))) / (1 + mpmath.exp(float(str(x)))) ** 2
        assert derivative == pytest.approx(float(exactly), rel=1e-14)
        assert kept == float(np.float32(float(exactly)))
        assert error == pytest.approx(abs(kept / float(exactly) - 1), rel=1e-3)
        assert flushed == (kept if derivative > 1.17549435e-38 else 0)


def test_the_study_of_a_gpu_says_that_it_measured_none() -> None:
    study = on_a_gpu.study()
    assert study.lead.startswith("No figure here was measured on a GPU")
