"""Wrong operations of more elements than can be looked at one by one; and some found only with care."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero import Variable, as_variable
from dezero import functions as F
from tests.gradcheck.zoo.right_many import Determinant, Inverse, ranks
from tests.gradcheck.zoo.specimen import Specimen, floats, op, opaque_wrong, several, some, wrong


def _but(count: int, position: int, factor: float, dtype: Any = float) -> np.ndarray:
    """Factors of 1 but for one."""
    factors = np.ones(count, dtype)
    factors[position] = factor
    return factors


def _sine_with(factors: np.ndarray, scales: Any = 1.0) -> Any:
    return op(lambda x: scales * np.sin(floats(x)), lambda gy, x: gy * F.cos(x) * scales * factors)


def _relu_with(slopes: Any) -> Any:
    return op(lambda x: np.maximum(floats(x), 0), lambda gy, x: gy * slopes(x.data))


def _cut_for_last(gy: Variable, x: Variable) -> Variable:
    kept = _but(x.size, -1, 0.0)
    return gy * (F.cos(x) * kept + np.cos(x.data) * (1 - kept))


_SCALES = np.r_[np.full(59, 1e8), 1e-8]
_INDEX = np.r_[np.arange(49), 5]


def _last_wins(gy: Variable, x: Variable) -> Variable:
    gx = np.zeros(x.shape)
    gx[_INDEX] = gy.data
    return as_variable(gx)


def _log_determinant(x: Any) -> np.ndarray:
    return np.asarray(np.linalg.slogdet(x)[1])


def _lost_inverse(gy: Variable, x: Variable) -> Variable:
    y = np.linalg.inv(x.data)
    return -F.matmul(F.matmul(y, gy), y)


MANY_WRONG = [
    opaque_wrong("one of 400, 1.001", _sine_with(_but(400, 150, 1.001)), some(400)),
    opaque_wrong("one of 300, zero", _sine_with(_but(300, 299, 0.0)), some(300)),
    opaque_wrong("one of 40, sign", _sine_with(_but(40, 17, -1.0)), some(40), cause="element"),
    opaque_wrong("small among large, 60", _sine_with(_but(60, 59, 2.0), _SCALES), some(60)),
    opaque_wrong("small among large, 5", _sine_with(_but(5, 4, 2.0), _SCALES[-5:]), some(5)),
    opaque_wrong("relu that leaks", _relu_with(lambda x: np.where(x > 0, 1.0, 1e-3)), some(101)),
    opaque_wrong("relu, one dropped", _relu_with(lambda x: (x > 0) * _but(101, x.argmax(), 0.0)), some(101)),
    opaque_wrong("unsorted", op(lambda x: np.sort(floats(x)), lambda gy, x: gy), some(80)),
    opaque_wrong(
        "sorted backwards", op(lambda x: np.sort(floats(x)), lambda gy, x: gy[::-1][ranks(x)]), some(80)
    ),
    opaque_wrong(
        "largest by least",
        op(lambda x: np.asarray(floats(x).max()), lambda gy, x: gy * (x.data == x.data.min())),
        some(300),
    ),
    opaque_wrong("straight through", op(lambda x: np.floor(floats(x)), lambda gy, x: gy), some(60) + 1e-4),
    opaque_wrong("repeated index of 50", op(lambda x: floats(x)[_INDEX], _last_wins), some(50)),
    opaque_wrong(
        "cut at the last of 60", op(lambda x: np.sin(floats(x)), _cut_for_last), some(60), order=2, failing=2
    ),
    opaque_wrong(
        "inverse by the wrong transpose",
        op(lambda x: np.linalg.inv(x), _lost_inverse),
        several(5, 5) + 5 * np.eye(5),
    ),
    opaque_wrong(
        "log determinant, transposed",
        op(_log_determinant, lambda gy, x: gy * np.linalg.inv(x.data)),
        several(4, 4) + 4 * np.eye(4),
    ),
    opaque_wrong(
        "determinant, detached",
        op(lambda x: np.asarray(np.linalg.det(x)), lambda gy, x: gy * Determinant()(x).data * Inverse()(x).T),
        several(3, 3) + 3 * np.eye(3),
        order=2,
        failing=2,
    ),
    opaque_wrong(
        "masked by another mask",
        op(lambda x: floats(x) * (np.arange(100) % 2), lambda gy, x: gy * (np.arange(100) % 3 == 1)),
        some(100),
    ),
    opaque_wrong(
        "tiny second output",
        op(
            lambda x: (np.sin(floats(x)), 1e-9 * np.cos(floats(x))),
            lambda ga, gb, x: ga * F.cos(x) + 1e-9 * gb * F.sin(x),
        ),
        some(50),
    ),
]


# With care --------------------------------------------------------------------------------------------


class Adding:
    """A backward that adds what it gave before."""

    def __init__(self) -> None:
        self.kept: list[Variable] = []

    def __call__(self, gy: Variable, x: Variable) -> Variable:
        self.kept.append(2 * gy)
        return sum(self.kept[1:], self.kept[0])


def _plain_sine(factors: np.ndarray) -> Any:
    return op(np.sin, lambda gy, x: gy * F.cos(x) * factors)


def _swish_slope(gy: Variable, x: Variable) -> Variable:
    y = F.sigmoid(1.702 * x)
    return gy * (y + 1.7025 * x * y * (1 - y))


def _fewer(gy: Variable, x: Variable) -> Variable:
    return F.broadcast_to(gy, x.shape) / min(x.shape[0], 16)


def _fourth(gy: Variable, x: Variable) -> Variable:
    """cos, -sin, -cos are right, and what follows is not."""

    def third(gy: Variable, x: Variable) -> Variable:
        return gy * np.cos(x.data)

    return gy * op(np.cos, lambda gy, x: -gy * op(np.sin, third)(x))(x)


CAREFUL = [
    wrong(
        "one of 500, float16",
        "one wrong element among tens of thousands",
        _plain_sine(_but(500, 9, 0, np.float16)),
        some(500).astype(np.float16),
        cause="element",
    ),
    wrong(
        "one of 800, float32",
        "one wrong element among tens of thousands",
        _plain_sine(_but(800, 9, 1.003, np.float32)),
        some(800).astype(np.float32),
        cause="element",
    ),
    wrong(
        "clips gy at 9",
        "a backward that is not linear in gy",
        op(np.sin, lambda gy, x: F.clip(gy, -9.0, 9.0) * F.cos(x)),
        several(4),
        cause="not linear in gy",
    ),
    wrong(
        "0/0 of a zero gy",
        "a backward that is not linear in gy",
        op(np.sin, lambda gy, x: gy * gy / gy * F.cos(x)),
        several(4),
    ),
    wrong("adds up", "non-determinism", op(lambda x: 2 * x, Adding()), several(3), cause="not deterministic"),
    wrong("batch above 16", "batch-size factors", op(lambda x: x.mean(axis=0), _fewer), several(20, 2)),
    wrong("the fourth derivative", "a factor lost", op(np.sin, _fourth), several(3), order=4, failing=4),
    wrong(
        "longdouble through float64",
        "rounded",
        op(np.exp, lambda gy, x: gy * np.exp(x.data.astype(float)).astype(np.longdouble)),
        several(4).astype(np.longdouble),
    ),
    wrong(
        "gelu's constant",
        "a constant off by 3 in 10,000",
        op(lambda x: x / (1 + np.exp(-1.702 * x)), _swish_slope),
        several(6),
    ),
]

WRONG_MANY: list[Specimen] = [*MANY_WRONG, *CAREFUL]
