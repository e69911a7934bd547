"""What every function promises alike: dtypes, shapes, fresh gradients, any element type."""

import itertools
from typing import Any

import mpmath
import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable
from tests.dezero.function_table import CASES, SCALARS, Case, contractions, gradients
from tests.dezero.strict_number import StrictNumber, plain, strict

DTYPES = [np.float16, np.float32, np.float64, np.longdouble]

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@each_case
def test_dtype_and_shape_are_those_of_the_input(case: Case) -> None:
    for dtype in DTYPES:
        arrays = case.inputs(dtype)
        assert case.f(*map(Variable, arrays)).dtype == dtype
        for grads in gradients(case.f, arrays, order=2):
            for x, gx in zip(arrays, grads, strict=True):
                assert gx is None or (gx.dtype, gx.shape) == (x.dtype, x.shape)


@each_case
def test_narrow_floats_agree_with_float64(case: Case) -> None:
    wide = gradients(case.f, case.inputs(), order=2)
    for dtype, tolerance in ((np.float16, 0.06), (np.float32, 1e-4)):
        narrow = gradients(case.f, case.inputs(dtype), order=2)
        _assert_close(narrow, wide, tolerance, dtype.__name__)


@each_case
def test_objects_agree_with_float64_to_order_3(case: Case) -> None:
    arrays = case.inputs()
    found = gradients(case.f, [strict(x) for x in arrays], order=3)
    _assert_close(_plain(found), gradients(case.f, arrays, order=3), 1e-10)


@each_case
def test_backward_is_the_derivative_of_forward(case: Case) -> None:
    """To 15 digits: central differences of step 1e-20 in numbers of 60 digits, along a direction.

    Order 1 is compared with differences of forward, order k with differences of order k - 1.
    """
    step = mpmath.mpf(10) ** -20
    arrays = [strict(x) for x in case.inputs()]
    along = [np.cos(np.arange(1, x.size + 1)).reshape(x.shape) for x in arrays]
    with mpmath.workdps(60):
        ahead = contractions(case.f, _moved(arrays, along, step), 4)
        behind = contractions(case.f, _moved(arrays, along, -step), 4)
        for order, grads in enumerate(gradients(case.f, arrays, 4)):
            slope = _value(ahead[order] - behind[order]) / (2 * step)
            pairs = [(g, strict(d)) for g, d in zip(grads, along, strict=True) if g is not None]
            error = abs(mpmath.fsum(_value((g * d).sum()) for g, d in pairs) - slope)
            assert error <= mpmath.mpf(10) ** -15 * (1 + abs(slope)), f"order {order + 1}"


def _moved(arrays: list[Any], along: list[np.ndarray], step: Any) -> list[Any]:
    return [x + strict(d) * StrictNumber(step) for x, d in zip(arrays, along, strict=True)]


def _value(number: Any) -> Any:
    """What a strict number holds; a sum of no terms is a plain 0."""
    return getattr(number, "value", number)


SMOOTH = [case for case in CASES if case.analytic]
# A power's derivative at 0 ** 0 is a convention, which takes a comparison; the loss clips its probabilities.
NEVER_COMPARE = [c for c in SMOOTH if c.spec.name not in ("power", "softmax_cross_entropy_simple")]


@pytest.mark.parametrize("case", NEVER_COMPARE, ids=lambda case: case.name)
def test_smooth_functions_never_compare_objects(case: Case) -> None:
    arrays = case.inputs()
    found = gradients(case.f, [strict(x, decide=False) for x in arrays], order=2)
    _assert_close(_plain(found), gradients(case.f, arrays, order=2), 1e-10)


@pytest.mark.parametrize("case", SMOOTH, ids=lambda case: case.name)
def test_analytic_functions_take_complex_numbers(case: Case) -> None:
    """The complex step: Im f(x + ih d) / h is the derivative along d."""
    arrays, step = case.inputs(), 1e-30
    stepped = case.f(*[Variable(x + 1j * step * np.cos(np.arange(x.size)).reshape(x.shape)) for x in arrays])
    xs = [Variable(x) for x in arrays]
    y = case.f(*xs)
    slopes = []
    for index in np.ndindex(y.shape):
        for x in xs:
            x.cleargrad()
        F.get_item(case.f(*xs), index).backward()
        slopes.append(
            sum(
                float((x.grad.data * np.cos(np.arange(x.size)).reshape(x.shape)).sum())
                for x in xs
                if x.grad is not None
            )
        )
    np.testing.assert_allclose(np.ravel(stepped.data.imag) / step, slopes, rtol=1e-9, atol=1e-12)


# In test mode dropout returns its input itself.
@pytest.mark.parametrize(
    "case", [c for c in CASES if c.spec.name != "dropout_test"], ids=lambda case: case.name
)
def test_gradients_are_nobody_elses(case: Case) -> None:
    """Writing to a gradient in place changes no input, no output and no other gradient."""
    arrays = case.inputs()
    xs = [Variable(x) for x in arrays]
    y = case.f(*xs)
    y.grad = Variable(np.full(y.shape, 0.5))
    y.backward(retain_grad=True)
    held = [*arrays, y.data, y.grad.data, *(x.grad.data for x in xs if x.grad is not None)]
    before = [array.copy() for array in held]
    for position in range(len(arrays) + 2, len(held)):
        held[position] += 1
        before[position] += 1
        for array, expected in zip(held, before, strict=True):
            np.testing.assert_array_equal(array, expected)


@each_case
def test_inputs_are_not_modified(case: Case) -> None:
    arrays = case.inputs()
    gradients(case.f, arrays, order=2)
    for array, expected in zip(arrays, case.inputs(), strict=True):
        np.testing.assert_array_equal(array, expected)


@each_case
def test_layout_of_the_input_does_not_matter(case: Case) -> None:
    expected = gradients(case.f, case.inputs(), 1)
    for lay_out in (np.asfortranarray, _reversed, _read_only):
        laid_out = [lay_out(x) for x in case.inputs()]
        _assert_close(gradients(case.f, laid_out, 1), expected, 1e-13, lay_out.__name__)


def _reversed(x: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(x[..., ::-1])[..., ::-1]


def _read_only(x: np.ndarray) -> np.ndarray:
    x.flags.writeable = False
    return x


@pytest.mark.parametrize("case", SCALARS, ids=lambda case: case.name)
@pytest.mark.parametrize("make", [np.asarray, strict])
def test_0d_arrays_stay_arrays(case: Case, make: Any) -> None:
    arrays = [make(x) for x in case.inputs()]
    y = case.f(*map(Variable, arrays)).data
    assert isinstance(y, np.ndarray)
    assert y.shape == np.shape(case.formula())
    for gx in itertools.chain(*gradients(case.f, arrays, 2)):
        assert gx is None or (isinstance(gx, np.ndarray) and gx.shape == ())


def _plain(found: list[list[Any]]) -> list[list[Any]]:
    return [[None if g is None else plain(g) for g in grads] for grads in found]


def _assert_close(found: Any, expected: Any, tolerance: float, what: str = "") -> None:
    for ours, theirs in zip(found, expected, strict=False):
        for a, b in zip(ours, theirs, strict=True):
            scale = 0.0 if b is None else np.abs(b).max(initial=0.0)
            if a is None or b is None:  # no dependence, here or there: the derivative is zero
                assert scale == 0.0 or np.all(a == 0), what
                continue
            atol = tolerance * (1 + scale)
            np.testing.assert_allclose(a.astype(float), b.astype(float), tolerance, atol, err_msg=what)
