"""On object arrays NumPy's functions mean what they mean on floats: the same values, booleans and shapes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from flint import arb_series
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import gradcheck
from dezero import Variable
from dezero import functions as F
from gradcheck.oracles import jet
from gradcheck.oracles.numbers.ball import Ball
from gradcheck.oracles.numbers.conversion import exact, filled
from gradcheck.oracles.numbers.lifting import Lifted, lifted
from gradcheck.oracles.numbers.series import Jet
from gradcheck.oracles.numbers.working import Arithmetic, working
from tests.gradcheck.zoo.specimen import op, several

# Halves, integers and ties among them; no -0, which balls do not know.
some = st.one_of(st.integers(-4, 4).map(lambda n: n / 2), st.floats(-50, 50).map(lambda v: round(v, 3) + 0.0))
matrices = arrays(float, (2, 3), elements=some)


def jets(x: np.ndarray) -> Any:
    return lifted(filled(x.shape, [Jet(arb_series([exact(v)])) for v in x.ravel()]))


def floats(found: Any) -> np.ndarray:
    values = [float(v.constant().mid()) if isinstance(v, (Ball, Jet)) else v for v in np.ravel(found)]
    return np.array(values).reshape(np.shape(found))


def same(f: Callable[[Any], Any], x: np.ndarray) -> Arithmetic:
    """f says of balls and of jets what it says of floats; returns what the jets met."""
    with np.errstate(all="ignore"):
        wanted = np.asarray(f(x.copy()))
        for lift in (jet.lift, jets):
            with working(128, 2) as state:
                found = f(lift(x))
                assert np.shape(found) == wanted.shape
                assert (np.asarray(found).dtype == bool) == (wanted.dtype == bool)
                np.testing.assert_allclose(floats(found).astype(float), wanted.astype(float), 1e-12, 1e-12)
    return state


ROUNDING = [
    *(np.rint, np.round, np.floor, np.ceil, np.trunc, np.fix),
    lambda x: np.round(x * 4, 1),
    lambda x: x.round(),
    lambda x: x.astype(int),
    lambda x: np.floor_divide(x, 0.75),
    lambda x: np.remainder(x, 2.0),
]
PREDICATES = [
    *(np.isfinite, np.isnan, np.isinf, np.isposinf, np.signbit, np.any, np.all, np.logical_not),
    lambda x: np.isclose(x, 1.5),
    lambda x: np.isclose(x, x + 1e-12),
    lambda x: np.allclose(x, x[::-1]),
    lambda x: np.array_equal(x, x[::-1]),
    *(
        lambda x: x < 1.5,
        lambda x: x <= 0.5,
        lambda x: x > x[::-1],
        lambda x: x >= -np.inf,
        lambda x: x < np.inf,
    ),
    *(lambda x: x == x.max(), lambda x: x != np.nan, lambda x: x == np.inf, lambda x: x == x[0, 0]),
    *(lambda x: x.any(axis=1), lambda x: np.logical_and(x, x > 0), lambda x: np.logical_or.reduce(x, axis=0)),
    lambda x: x.astype(bool),
    lambda x: np.isfinite(x[0, 1]),
]
CHOOSING = [
    *(np.max, np.min, np.sort, np.median, np.argmax, np.ptp, np.fabs, np.abs, np.sign, np.nan_to_num),
    *(lambda x: np.maximum(x, 0.5), lambda x: np.minimum(x, x[::-1]), lambda x: np.maximum(x, np.nan)),
    *(lambda x: np.fmax(x, np.nan), lambda x: np.fmin(1.0, x), lambda x: np.heaviside(x, 0.25)),
    *(lambda x: np.clip(x, -1, 1), lambda x: x.clip(0), lambda x: np.clip(x, None, x[0])),
    *(lambda x: np.where(x > 0, x, -1.0), lambda x: np.where(x, 1.0, 2.0), lambda x: x[x > 0].sum()),
    *(lambda x: np.copysign(x, -1.0), lambda x: np.copysign(2.0, x + 100)),
    *(lambda x: np.max(x, initial=1.0), lambda x: x.max(axis=1, keepdims=True), np.maximum.accumulate),
    *(
        lambda x: np.nan_to_num(np.where(x > 0, x, np.nan), nan=7.0),
        lambda x: np.argsort(x, axis=1, kind="stable"),
    ),
    lambda x: np.nan_to_num(np.where(x > 0, x, -np.inf), neginf=-2.0),
]
SMOOTH = [
    *(np.sum, np.mean, np.prod, np.std, np.var, np.linalg.norm, np.cumsum, np.square, np.exp2, np.cbrt),
    *(
        lambda x: np.logaddexp(x, x[::-1]),
        lambda x: np.logaddexp(x, -np.inf),
        lambda x: np.logaddexp2(x, 1.0),
    ),
    *(
        lambda x: np.linalg.norm(x, 1),
        lambda x: np.linalg.norm(x, np.inf, axis=1),
        lambda x: np.hypot(x, 1.0),
    ),
    *(lambda x: np.float_power(x, 2), lambda x: np.ldexp(x, 3), lambda x: np.einsum("ij,ij->i", x, x)),
    *(lambda x: np.sinc(x + 100), lambda x: np.arctan2(x, 2.0), lambda x: np.average(x, axis=0)),
]


@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning")  # since NumPy 2.5
@pytest.mark.parametrize("f", [*ROUNDING, *PREDICATES, *CHOOSING, *SMOOTH])
@settings(max_examples=20)
@given(x=matrices)
def test_objects_behave_as_floats(f: Any, x: np.ndarray) -> None:
    state = same(f, x)
    assert state.guesses == state.undefined == state.ties == 0 or np.isnan(f(x)).any()


# Elements ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        *(
            lambda x: x[0, 1],
            lambda x: x.max(),
            lambda x: x.max().item(),
            lambda x: x.flat[2],
            lambda x: x[0].sum(),
        ),
        *(lambda x: np.exp(x[0, 1]), lambda x: np.maximum(x[0, 0], 0.0), lambda x: x.max() * np.ones(2)),
        *(lambda x: np.arange(3) - x[0, 0], lambda x: np.float32(2) * x[0, 0], lambda x: x[0, 0].sum()),
        *(
            lambda x: np.where(x[0, 0] > 0, x[0, 0], 0.0),
            lambda x: np.exp(np.where(x[0, 0] > 99, x[0, 0], 1.0)),
        ),
        *(
            lambda x: np.stack([x[0, 0], x[1, 1]]),
            lambda x: np.concatenate([[x[0, 0]], x[1]]),
            lambda x: abs(x.min()),
        ),
        *(
            lambda x: x.max().reshape(1, 1),
            lambda x: x.max().clip(0, 1),
        ),
        *(
            lambda x: sum(v * v for row in x for v in row),
            lambda x: max(x.ravel()),
            lambda x: x[x > -99].max(),
        ),
        *(lambda x: x[0].dot(x[1]), lambda x: x[0] @ x[1], lambda x: np.sqrt(x[0].dot(x[0]))),
        *(lambda x: x.max() > 0 and x.min() < 0, lambda x: -x.max() + 2, lambda x: x[0, 0] ** 2),
    ],
)
@settings(max_examples=20)
@given(x=matrices)
def test_an_element_is_used_as_a_scalar_of_numpy(f: Any, x: np.ndarray) -> None:
    same(f, x)


def test_an_element_has_what_a_scalar_has() -> None:
    with working(64):
        top = jet.lift(np.array([1.0, 2.0])).max()
        assert (top.dtype, top.shape, top.ndim, top.size) == (np.dtype(object), (), 0, 1)
        with pytest.raises(TypeError, match="no place to write to"):
            np.add(top, 1, out=top)


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_an_element_is_an_operand_of_dezero(kind: Any) -> None:
    with working(64):
        x, others = Variable(jet.lift(np.array([1.0, 2.0]))), Variable(np.ones(2, dtype=kind))
        top = x.data.max()
        for y in (
            x - top,
            top - x,
            x * top,
            x / top,
            others - top,
            top * others,
            F.exp(x - top),
            F.maximum(x, top),
        ):
            assert y.dtype == object
            assert all(isinstance(v, Ball) for v in y.data)


# Casts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble, "f4", float, object])
@pytest.mark.parametrize("copy", [True, False])
def test_a_cast_of_precision_is_the_identity(dtype: Any, copy: bool) -> None:
    with working(64):
        x = jet.lift(np.array([0.1, 2.0]))
        found = x.astype(dtype, copy=copy)
        assert isinstance(found, Lifted)
        assert (found is x) is not copy
        assert [a is b for a, b in zip(found, x, strict=True)] == [True, True]


def test_what_cannot_be_intercepted_is_refused() -> None:
    with working(64):
        x = jet.lift(np.ones(2))
        for cast in (lambda: np.asarray(x, dtype=float), lambda: np.float32(x), lambda: x.astype(complex)):
            with pytest.raises(TypeError, match=r"cannot become a float|must be real"):
                cast()


def test_mixed_precision_is_certified() -> None:
    f = op(
        lambda x: np.sin(x.astype(np.float32)).astype(x.dtype),
        lambda gy, x: gy * F.cos(x),
    )
    result = gradcheck.check(f, several(4).astype(np.float16))
    assert result.verdict == "pass"
    assert result.evidence[0].certified


# What is not decided is noted ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f", [np.isnan, np.isfinite, np.nan_to_num, lambda x: x > 0, lambda x: np.fmax(x, 0.0)]
)
def test_a_question_about_what_is_undefined_is_noted(f: Any) -> None:
    with working(64) as state:
        x = jet.lift(np.array([0.0]))
        f(x / x)
        assert state.undefined


def test_a_branch_on_an_undefined_value_is_not_believed() -> None:
    """1 / 0 is infinite in floats and unknown in balls: not the branch of NaN."""
    f = op(
        lambda x: np.where(np.isnan(1 / x), 2 * x, 3 * x),
        lambda gy, x: gy * np.where(np.isnan(1 / x.data), 2.0, 3.0),
    )
    result = gradcheck.check(f, np.array([0.0, 1.0]))
    assert result.verdict != "fail"
    assert not any(row.certified and row.oracle == "jet" and row.verdict == "pass" for row in result.evidence)


@pytest.mark.parametrize(
    "f", [np.floor, np.rint, np.sign, lambda x: np.heaviside(x, 0.5), lambda x: x.astype(int)]
)
def test_a_jump_is_a_tie_of_what_moves(f: Any) -> None:
    x = np.empty(1, dtype=object)
    for side in (1, -1):
        with working(64, 2, side) as state:
            x[0] = Jet(arb_series([0.5 if f is np.rint else 0, 1]))
            f(lifted(x))
            assert state.ties


# Detached scalars are reached -----------------------------------------------------------------------------


def _shifted(x: Variable) -> Variable:
    top = x.data.max()
    return F.log(F.sum(F.exp(x - top))) + top


def _by_item(x: Variable) -> Variable:
    top = x.data.max().item()
    return F.sum(F.exp(x - top)) * np.exp(top)


def _by_mask(x: Variable) -> Variable:
    return F.sum(x * F.exp(x - x.data[x.data > 0].max())) * np.exp(x.data[x.data > 0].max())


@pytest.mark.parametrize("f", [_shifted, _by_item, _by_mask])
@pytest.mark.parametrize("order", [1, 2])
def test_a_shift_by_a_detached_maximum_is_certified(f: Any, order: int) -> None:
    result = gradcheck.check(f, several(5), order=order)
    assert result.verdict == "pass", str(result)
    assert all(row.certified for row in result.evidence if row.oracle == "jet")


@pytest.mark.parametrize("f", [lambda x: x * x.data.max(), lambda x: x - x.data[0]])
def test_a_detached_scalar_that_matters_is_found(f: Any) -> None:
    result = gradcheck.check(f, several(5))
    assert result.verdict == "fail"
    assert result.evidence[0].certified


def test_logaddexp_is_certified_at_a_tie_and_far_out() -> None:
    f = op(np.logaddexp, lambda gy, a, b: (gy * F.sigmoid(a - b), gy * F.sigmoid(b - a)))
    a, b = np.array([1000.0, -1000.0, 3.0, 0.5]), np.array([999.0, 1000.0, 2.0, 0.5])
    result = gradcheck.check(f, a, b, order=2)
    assert result.verdict == "pass"
    assert result.evidence[0].certified


def test_a_number_of_steps_may_be_a_float() -> None:
    """Squarings are counted with int(ceil(log2(..))) of what moves: a step."""

    def halvings(x: Any) -> int:
        return max(0, int(np.ceil(np.log2(np.abs(x).max()))))

    def forward(x: Any) -> Any:
        n = halvings(x)
        y = np.exp(x / 2**n)
        for _ in range(n):
            y = y * y
        return y

    result = gradcheck.check(op(forward, lambda gy, x: gy * F.exp(x)), np.array([3.0, -1.5, 0.25]), order=2)
    assert result.verdict == "pass", str(result)
    assert result.evidence[0].certified


def test_a_float_of_what_moves_is_refused() -> None:
    f = op(lambda x: x * math.exp(x[0]), lambda gy, x: gy)
    result = gradcheck.check(f, several(3))
    assert "cannot become a float" in str(result)
