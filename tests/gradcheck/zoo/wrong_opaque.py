"""Wrong operations whose forward runs on floats only: finite differences carry the verdict."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dezero import Variable, as_variable
from dezero import functions as F
from tests.gradcheck.zoo.specimen import checked, of, op, opaque_wrong, several, some

off_by_a_factor = of(opaque_wrong, cause="constant factor")


def _float_sin(x: Any) -> Any:
    return np.sin(checked(x))


def _scalar_sin(x: Any) -> Any:
    return np.array(math.sin(float(x)))


def _fft_energy(x: Any) -> Any:
    return np.abs(np.fft.rfft(x)) ** 2


def _inverse(x: Any) -> Any:
    return np.linalg.inv(x)


_OPAQUE = [
    opaque_wrong("isnan: sign", op(_float_sin, lambda gy, x: -gy * F.cos(x)), several(3), cause="sign"),
    off_by_a_factor("isnan: factor 1.0003", op(_float_sin, lambda gy, x: gy * F.cos(x) * 1.0003), several(3)),
    opaque_wrong(
        "isnan: through float32",
        op(_float_sin, lambda gy, x: Variable((gy.data * np.cos(x.data)).astype(np.float32).astype(float))),
        several(3),
        cause="precision lost",
    ),
    opaque_wrong("isnan: zero", op(_float_sin, lambda gy, x: gy * 0.0), several(3), cause="zero"),
    opaque_wrong("isnan: None", op(_float_sin, lambda gy, x: None), several(3), cause="None"),
    opaque_wrong("isnan: ignores gy", op(_float_sin, lambda gy, x: F.cos(x)), several(3), cause="ignores gy"),
    opaque_wrong(
        "isnan: cut",
        op(_float_sin, lambda gy, x: gy * as_variable(np.cos(x.data))),
        several(3),
        order=2,
        failing=2,
        cause="graph cut",
    ),
    opaque_wrong(
        "isnan: cut at 0",
        op(_float_sin, lambda gy, x: gy * as_variable(np.cos(x.data))),
        np.zeros(3),
        order=2,
        failing=2,
        cause="graph cut",
    ),
    opaque_wrong(
        "isnan: 1e-12, sign",
        op(lambda x: 1e-12 * _float_sin(x), lambda gy, x: -1e-12 * gy * F.cos(x)),
        several(3),
        cause="sign",
    ),
    off_by_a_factor(
        "isnan: 1e-300, factor",
        op(lambda x: 1e-300 * _float_sin(x), lambda gy, x: 2e-300 * gy * F.cos(x)),
        several(3),
    ),
    off_by_a_factor(
        "isnan: 1e12, factor",
        op(lambda x: _float_sin(x * 0) + x * x, lambda gy, x: 2.0006 * gy * x),
        several(3) * 1e12,
    ),
    opaque_wrong(
        "isnan: one wrong among 30,000",
        op(_float_sin, lambda gy, x: gy * F.cos(x) * np.where(np.arange(x.size) == 1234, 1.5, 1.0)),
        some(30_000),
    ),
    opaque_wrong(
        "isnan: mean over 50,000, zero",
        op(lambda x: _float_sin(x).mean(), lambda gy, x: Variable(np.zeros(x.shape)) * gy),
        some(50_000),
    ),
    off_by_a_factor(
        "isnan: float32, factor 1.01",
        op(_float_sin, lambda gy, x: gy * F.cos(x) * 1.01),
        several(3).astype(np.float32),
    ),
    opaque_wrong(
        "isnan: missing sum",
        op(lambda a, b: _float_sin(a) + b, lambda gy, a, b: (gy * F.cos(a), gy[0])),
        several(4, 3),
        several(3, seed=1),
    ),
    opaque_wrong(
        "isnan: second output wrong",
        op(lambda x: (_float_sin(x), x * x), lambda ga, gb, x: ga * F.cos(x) + gb * x),
        several(3),
    ),
    off_by_a_factor("math.sin: factor", op(_scalar_sin, lambda gy, x: 2 * gy * F.cos(x)), np.array(0.5)),
    opaque_wrong("fft energy: factor", op(_fft_energy, lambda gy, x: _fft_gradient(gy, x, 1.5)), several(6)),
    opaque_wrong(
        "inverse: transposes forgotten",
        op(_inverse, lambda gy, x: -F.matmul(F.matmul(_inv(x), gy), _inv(x))),
        several(3, 3) + 3 * np.eye(3),
    ),
    opaque_wrong(
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


WRONG_OPAQUE = [*_OPAQUE]
