"""Operations that break the contract of a backward, or are wrong from a higher order on."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from dezero import Function, Variable, as_variable
from dezero import functions as F
from tests.gradcheck.zoo.specimen import Specimen, op, several, some


def _wrong(
    name: str, phrase: str, f: Any, *inputs: Any, cause: str = "", order: int = 1, failing: int = 1
) -> Specimen:
    return Specimen(name, phrase, f, inputs, order, ("fail",), failing, cause)


# Side effects, types, layouts, randomness -----------------------------------------------------------


class _DamagesInput(Function):
    def forward(self, x: Any) -> Any:
        return x * x

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        x.data *= 2
        return x * gy


class _ForwardInPlace(Function):
    def forward(self, x: Any) -> Any:
        x += 1
        return x * 1

    def backward(self, gy: Variable) -> Variable:
        return gy


class _DamagesGy(Function):
    def forward(self, x: Any) -> Any:
        return 3 * x

    def backward(self, gy: Variable) -> Variable:
        gy.data *= 3
        return gy


class _DamagesInputAfterwards(Function):
    """The gradient is right; the input is not, afterwards."""

    def forward(self, x: Any) -> Any:
        return x * x

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        gx = Variable(2 * x.data * gy.data)
        x.data[...] = 0
        return gx


_COUNT = itertools.count()
_NOISE = np.random.default_rng(7)


def _noisy(x: Any) -> Any:
    return x * (1 + 1e-3 * _NOISE.normal(size=x.shape))


def _dropout(x: Variable) -> Variable:
    return x * (_NOISE.random(x.shape) > 0.5) * 2.0


def _contiguous_only(gy: Variable, x: Variable) -> Variable:
    """Reads memory in the order in which it lies."""
    lying = np.lib.stride_tricks.as_strided(x.data, (x.size,), (x.data.itemsize,))
    return gy * Variable(np.cos(lying.copy().reshape(x.shape)))


def _memory_order(gy: Variable, x: Variable) -> Variable:
    return gy * F.cos(Variable(x.data.ravel(order="K").reshape(x.shape)))


def _gy_memory_order(gy: Variable, x: Variable) -> Variable:
    return Variable(gy.data.ravel(order="K").reshape(x.shape)) * F.cos(x)


_CONDUCT = [
    _wrong(
        "damages its input", "in-place damage to inputs", _DamagesInput, several(3), cause="input overwritten"
    ),
    _wrong(
        "damages its input afterwards",
        "in-place damage to inputs",
        _DamagesInputAfterwards,
        several(3),
        cause="input overwritten",
    ),
    _wrong(
        "forward works in place",
        "in-place damage to inputs",
        _ForwardInPlace,
        several(3),
        cause="input overwritten",
    ),
    _wrong("damages gy", "in-place damage to gy", _DamagesGy, several(3), cause="gy overwritten"),
    _wrong(
        "random backward",
        "non-determinism",
        op(np.sin, lambda gy, x: Variable(_noisy((gy * F.cos(x)).data))),
        several(3),
        cause="not deterministic",
    ),
    _wrong(
        "random forward",
        "non-determinism",
        op(_noisy, lambda gy, x: gy),
        several(3),
        cause="not deterministic",
    ),
    _wrong("dropout", "non-determinism", _dropout, several(30), cause="not deterministic"),
    _wrong(
        "counts its calls",
        "non-determinism",
        op(np.sin, lambda gy, x: gy * F.cos(x) * (1.0 + next(_COUNT) % 2)),
        several(3),
        cause="not deterministic",
    ),
    _wrong(
        "noise of one part in 1e10",
        "non-determinism",
        op(np.sin, lambda gy, x: gy * F.cos(x) * (1.0 + 1e-10 * _NOISE.random())),
        several(3),
        cause="not deterministic",
    ),
    _wrong(
        "contiguous input only",
        "right only for contiguous input",
        op(np.sin, _contiguous_only),
        several(3, 2),
        cause="layout",
    ),
    _wrong(
        "reads in memory order",
        "right only for contiguous input",
        op(np.sin, _memory_order),
        several(3, 2),
        cause="layout",
    ),
    _wrong(
        "reads gy in memory order",
        "right only for contiguous input",
        op(np.sin, _gy_memory_order),
        several(3, 2),
        cause="layout",
    ),
    _wrong(
        "float64 for float32",
        "wrong dtype",
        op(np.sin, lambda gy, x: Variable(np.cos(x.data.astype(np.float64)) * gy.data)),
        several(3).astype(np.float32),
        cause="dtype",
    ),
    _wrong(
        "float32 for float64",
        "wrong dtype",
        op(np.sin, lambda gy, x: Variable((gy.data * np.cos(x.data)).astype(np.float32))),
        several(3),
    ),
    _wrong(
        "integer gradient",
        "wrong dtype",
        op(lambda x: 2 * x, lambda gy, x: Variable(np.round(2 * gy.data).astype(int))),
        several(3),
    ),
    _wrong(
        "returns an array",
        "wrong type",
        op(np.sin, lambda gy, x: gy.data * np.cos(x.data)),
        several(3),
        cause="backward raises",
    ),
    _wrong(
        "raises", "backward crashes", op(np.sin, lambda gy, x: 1 / 0), several(3), cause="backward raises"
    ),
    _wrong(
        "batch of two only",
        "right only at some sizes",
        op(lambda x: x.sum(axis=0), lambda gy, x: F.stack([gy, gy])),
        several(3, 2),
        cause="shape",
    ),
    _wrong(
        "writes into a read-only input",
        "read-only inputs",
        op(lambda x: np.sin(x), lambda gy, x: _scratch(gy, x)),
        several(3),
        cause="overwritten",
    ),
]


def _scratch(gy: Variable, x: Variable) -> Variable:
    """Uses the input as a scratch pad, and puts it back: read-only arrays tell."""
    kept = x.data.copy()
    x.data[...] = np.cos(kept)
    gx = Variable(gy.data * x.data)
    x.data[...] = kept
    return gx


# Higher orders --------------------------------------------------------------------------------------


class _CachedTanh(Function):
    """Keeps its output as an array: right once, a constant afterwards."""

    def forward(self, x: Any) -> Any:
        self.y = np.tanh(x)
        return self.y

    def backward(self, gy: Variable) -> Variable:
        return gy * (1 - self.y * self.y)


def _third(gy: Variable, x: Variable) -> Variable:
    """cos whose own derivative, one order further, has lost a factor."""
    cos = op(np.cos, lambda g, v: -g * op(np.sin, lambda h, w: 2 * h * F.cos(w))(v))
    return gy * cos(x)


def _exp_once(gy: Variable, x: Variable) -> Variable:
    return gy * Variable(np.exp(x.data))


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _softmax_cut(gy: Variable, x: Variable) -> Variable:
    y = Variable(_softmax(x.data))
    return y * (gy - F.sum(gy * y, axis=-1, keepdims=True))


def _no_second(gy: Variable, x: Variable) -> Variable:
    """A cosine without a backward."""
    return gy * op(np.cos, lambda g, v: math.nan * undefined)(x)  # noqa: F821  # the bug is the point


def _norm_detached(gy: Variable, x: Variable) -> Variable:
    scale = as_variable(1 / np.sqrt((x.data * x.data).sum()))
    return gy * x * scale


_ORDERS = [
    _wrong(
        "sin, cut",
        "graph cuts",
        op(np.sin, lambda gy, x: gy * as_variable(np.cos(x.data))),
        several(3),
        order=2,
        failing=2,
        cause="graph cut",
    ),
    _wrong(
        "sin, cut, both as arrays",
        "graph cuts",
        op(np.sin, lambda gy, x: Variable(gy.data * np.cos(x.data))),
        several(3),
        order=2,
        failing=2,
        cause="graph cut",
    ),
    _wrong(
        "exp, cut", "graph cuts", op(np.exp, _exp_once), several(2, 2), order=2, failing=2, cause="graph cut"
    ),
    _wrong(
        "tanh from a cached array",
        "graph cuts",
        _CachedTanh,
        several(3),
        order=2,
        failing=2,
        cause="graph cut",
    ),
    _wrong(
        "sin at 0, cut",
        "where the second derivative happens to vanish",
        op(np.sin, lambda gy, x: gy * as_variable(np.cos(x.data))),
        np.zeros(3),
        order=2,
        failing=2,
        cause="graph cut",
    ),
    _wrong(
        "sin at scalar 0, cut",
        "where the second derivative happens to vanish",
        op(np.sin, lambda gy, x: gy * as_variable(np.cos(x.data))),
        np.array(0.0),
        order=2,
        failing=2,
        cause="graph cut",
    ),
    _wrong(
        "cube at 0, cut",
        "where the second derivative happens to vanish",
        op(lambda x: x**3, lambda gy, x: gy * Variable(3 * x.data**2)),
        np.zeros(2),
        order=2,
        failing=2,
        cause="graph cut",
    ),
    _wrong(
        "tanh at 0, cached",
        "where the second derivative happens to vanish",
        _CachedTanh,
        np.array([0.0]),
        order=2,
        failing=2,
        cause="graph cut",
    ),
    _wrong(
        "product, one factor detached",
        "detached factors",
        op(lambda x: x * np.sin(x), lambda gy, x: gy * (F.sin(x) + x * Variable(np.cos(x.data)))),
        several(3),
        order=2,
        failing=2,
        cause="cut",
    ),
    _wrong(
        "product of two inputs, cut",
        "graph cuts",
        op(np.multiply, lambda gy, a, b: (gy * Variable(b.data), gy * Variable(a.data))),
        several(3),
        several(3, seed=1),
        order=2,
        failing=2,
        cause="graph cut",
    ),
    _wrong(
        "product of two inputs, one cut",
        "detached factors",
        op(np.multiply, lambda gy, a, b: (gy * b, gy * Variable(a.data))),
        several(3),
        several(3, seed=1),
        order=2,
        failing=2,
    ),
    _wrong(
        "softmax, output detached",
        "detached factors",
        op(_softmax, _softmax_cut),
        several(2, 3),
        order=2,
        failing=2,
        cause="cut",
    ),
    _wrong(
        "norm, scale detached",
        "detached factors",
        op(lambda x: np.sqrt((x * x).sum()), _norm_detached),
        several(4),
        order=2,
        failing=2,
        cause="cut",
    ),
    _wrong(
        "matmul, weight detached",
        "detached factors",
        op(np.matmul, lambda gy, a, b: (F.matmul(gy, Variable(b.data.T)), F.matmul(a.T, gy))),
        several(3, 4),
        several(4, 2, seed=1),
        order=2,
        failing=2,
    ),
    _wrong(
        "gy detached in the sum",
        "detached factors",
        op(lambda x: (x * x).sum(), lambda gy, x: Variable(gy.data) * 2 * x),
        several(3),
        order=2,
        failing=1 + 1,
    ),
    _wrong(
        "third derivative twice too large",
        "a factor lost only in the third derivative",
        op(np.sin, _third),
        several(3),
        order=3,
        failing=3,
    ),
    _wrong(
        "second derivative raises",
        "backward crashes",
        op(np.sin, _no_second),
        several(3),
        order=2,
        failing=2,
        cause="backward raises",
    ),
    _wrong(
        "large array, cut",
        "graph cuts",
        op(np.sin, lambda gy, x: gy * as_variable(np.cos(x.data))),
        some(300),
        order=2,
        failing=2,
        cause="graph cut",
    ),
    _wrong(
        "float32, cut",
        "graph cuts",
        op(np.sin, lambda gy, x: gy * as_variable(np.cos(x.data))),
        several(3).astype(np.float32),
        order=2,
        failing=2,
        cause="graph cut",
    ),
    _wrong(
        "order 1 wrong, order 2 asked",
        "the lowest order where it is wrong",
        op(np.sin, lambda gy, x: 2 * gy * F.cos(x)),
        several(3),
        order=2,
        failing=1,
        cause="constant factor",
    ),
]


# Forward that does not run on object arrays: finite differences carry the verdict ---------------------


def _float_sin(x: Any) -> Any:
    assert not np.isnan(x).any()
    return np.sin(x)


def _scalar_sin(x: Any) -> Any:
    return np.array(math.sin(float(x)))


def _fft_energy(x: Any) -> Any:
    return np.abs(np.fft.rfft(x)) ** 2


def _inverse(x: Any) -> Any:
    return np.linalg.inv(x)


def _opaque(name: str, f: Any, *inputs: Any, **rest: Any) -> Specimen:
    return _wrong(name, "functions whose forward cannot run on object arrays", f, *inputs, **rest)


_OPAQUE = [
    _opaque("isnan: sign", op(_float_sin, lambda gy, x: -gy * F.cos(x)), several(3), cause="sign"),
    _opaque(
        "isnan: factor 1.0003",
        op(_float_sin, lambda gy, x: gy * F.cos(x) * 1.0003),
        several(3),
        cause="constant factor",
    ),
    _opaque(
        "isnan: through float32",
        op(_float_sin, lambda gy, x: Variable((gy.data * np.cos(x.data)).astype(np.float32).astype(float))),
        several(3),
        cause="precision lost",
    ),
    _opaque("isnan: zero", op(_float_sin, lambda gy, x: gy * 0.0), several(3), cause="zero"),
    _opaque("isnan: None", op(_float_sin, lambda gy, x: None), several(3), cause="None"),
    _opaque("isnan: ignores gy", op(_float_sin, lambda gy, x: F.cos(x)), several(3), cause="ignores gy"),
    _opaque(
        "isnan: cut",
        op(_float_sin, lambda gy, x: gy * as_variable(np.cos(x.data))),
        several(3),
        order=2,
        failing=2,
        cause="graph cut",
    ),
    _opaque(
        "isnan: cut at 0",
        op(_float_sin, lambda gy, x: gy * as_variable(np.cos(x.data))),
        np.zeros(3),
        order=2,
        failing=2,
        cause="graph cut",
    ),
    _opaque(
        "isnan: 1e-12, sign",
        op(lambda x: 1e-12 * _float_sin(x), lambda gy, x: -1e-12 * gy * F.cos(x)),
        several(3),
        cause="sign",
    ),
    _opaque(
        "isnan: 1e-300, factor",
        op(lambda x: 1e-300 * _float_sin(x), lambda gy, x: 2e-300 * gy * F.cos(x)),
        several(3),
        cause="constant factor",
    ),
    _opaque(
        "isnan: 1e12, factor",
        op(lambda x: _float_sin(x * 0) + x * x, lambda gy, x: 2.0006 * gy * x),
        several(3) * 1e12,
        cause="constant factor",
    ),
    _opaque(
        "isnan: one wrong among 30,000",
        op(_float_sin, lambda gy, x: gy * F.cos(x) * np.where(np.arange(x.size) == 1234, 1.5, 1.0)),
        some(30_000),
    ),
    _opaque(
        "isnan: mean over 50,000, zero",
        op(lambda x: _float_sin(x).mean(), lambda gy, x: Variable(np.zeros(x.shape)) * gy),
        some(50_000),
    ),
    _opaque(
        "isnan: float32, factor 1.01",
        op(_float_sin, lambda gy, x: gy * F.cos(x) * 1.01),
        several(3).astype(np.float32),
        cause="constant factor",
    ),
    _opaque(
        "isnan: missing sum",
        op(lambda a, b: _float_sin(a) + b, lambda gy, a, b: (gy * F.cos(a), gy[0])),
        several(4, 3),
        several(3, seed=1),
    ),
    _opaque(
        "isnan: second output wrong",
        op(lambda x: (_float_sin(x), x * x), lambda ga, gb, x: ga * F.cos(x) + gb * x),
        several(3),
    ),
    _opaque(
        "math.sin: factor",
        op(_scalar_sin, lambda gy, x: 2 * gy * F.cos(x)),
        np.array(0.5),
        cause="constant factor",
    ),
    _opaque("fft energy: factor", op(_fft_energy, lambda gy, x: _fft_gradient(gy, x, 1.5)), several(6)),
    _opaque(
        "inverse: transposes forgotten",
        op(_inverse, lambda gy, x: -F.matmul(F.matmul(_inv(x), gy), _inv(x))),
        several(3, 3) + 3 * np.eye(3),
    ),
    _opaque(
        "log at 1e-8: sign",
        op(lambda x: np.log(x) * (1 - np.isnan(x)), lambda gy, x: -gy / x),
        np.array([1e-8, 2e-8]),
        cause="sign",
    ),
]


def _inv(x: Variable) -> Variable:
    return Variable(np.linalg.inv(x.data))


def _fft_gradient(gy: Variable, x: Variable, factor: float) -> Variable:
    spectrum = np.fft.rfft(x.data) * gy.data
    n = x.size
    full = np.zeros(n, complex)
    full[: len(spectrum)] = spectrum
    return Variable(factor * (np.fft.ifft(full) * n).real)


WRONG_CONDUCT = [*_CONDUCT, *_ORDERS, *_OPAQUE]
