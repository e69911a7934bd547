"""Right operations of more elements than can be looked at one by one, on floats only; and programs."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero import Function, Variable, as_variable
from dezero import functions as F
from tests.gradcheck.zoo.specimen import Specimen, floats, op, opaque, right, several, some


def ranks(x: Variable) -> np.ndarray:
    return np.argsort(np.argsort(x.data, kind="stable"), kind="stable")


class Inverse(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.linalg.inv(x)

    def backward(self, gy: Variable) -> Variable:
        y = Inverse()(*self.inputs).T
        return -F.matmul(F.matmul(y, gy), y)


class Determinant(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(np.linalg.det(x))

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        return gy * Determinant()(x) * Inverse()(x).T


def _singular_values(gy: Variable, x: Variable) -> Variable:
    u, _, vt = np.linalg.svd(x.data)
    return as_variable(u @ np.diag(gy.data) @ vt)


def _eigenvalues(gy: Variable, x: Variable) -> Variable:
    _, v = np.linalg.eigh((x.data + x.data.T) / 2)
    return as_variable(v @ np.diag(gy.data) @ v.T)


def _distances(x: Any) -> np.ndarray:
    return np.asarray(np.abs(floats(x)[:, None] - floats(x)).sum())


def _sides(gy: Variable, x: Variable) -> Variable:
    return gy * (2 * np.sign(x.data[:, None] - x.data).sum(axis=1))


def _reverse_sums(gy: Variable, x: Variable) -> Variable:
    return F.matmul(np.triu(np.ones((x.size, x.size))), gy)


_NODES = np.linspace(-2.5, 2.5, 21)


def _interpolated(x: Any) -> np.ndarray:
    return np.interp(floats(x), _NODES, np.sin(_NODES))


def _slopes(gy: Variable, x: Variable) -> Variable:
    slopes = np.diff(np.sin(_NODES)) / np.diff(_NODES)
    return gy * slopes[np.searchsorted(_NODES, x.data) - 1]


_MASK = (some(100, seed=7) > 0).astype(float)
_MANY = some(101, seed=3)
_SQUARE = several(5, 5) + 5 * np.eye(5)

RELU = op(lambda x: np.maximum(floats(x), 0), lambda gy, x: gy * (x.data > 0))
SORT = op(lambda x: np.sort(floats(x)), lambda gy, x: gy[ranks(x)])
MEDIAN = op(lambda x: np.asarray(np.median(floats(x))), lambda gy, x: gy * (x.data == np.median(x.data)))
CLIP = op(lambda x: np.clip(floats(x), -0.5, 0.5), lambda gy, x: gy * (abs(x.data) < 0.5))
FLOOR = op(lambda x: np.floor(floats(x)), lambda gy, x: gy * 0.0)
DISTANCES = op(_distances, _sides)


MANY = [
    opaque("relu of 101", RELU, _MANY),
    opaque("sort of 80", SORT, some(80), order=2),
    opaque("median of 101", MEDIAN, np.linspace(-1, 1, 101)[np.argsort(_MANY)]),
    opaque(
        "largest of 300",
        op(lambda x: np.asarray(floats(x).max()), lambda gy, x: gy * (x.data == x.data.max())),
        np.linspace(-2, 2, 300) ** 3,
        order=2,
    ),
    opaque("clip of 101", CLIP, _MANY + 1e-4, order=2),
    opaque("floor of 101", FLOOR, _MANY + 1e-4),
    opaque("sum of distances", DISTANCES, np.linspace(-1, 1, 60) ** 3 + 0.1, order=2),
    opaque("masked", op(lambda x: floats(x) * _MASK, lambda gy, x: gy * _MASK), some(100), order=2),
    opaque("cumsum of 60", op(lambda x: np.cumsum(floats(x)), _reverse_sums), some(60), order=2),
    opaque("interpolation of 60", op(_interpolated, _slopes), several(60) + 1e-4, order=2),
    opaque("constant function of 100", op(lambda x: 0 * floats(x) + 2, lambda gy, x: gy * 0), some(100)),
    opaque(
        "twenty decades",
        op(lambda x: floats(x) ** 2, lambda gy, x: 2 * gy * x),
        10.0 ** np.linspace(-10, 10, 40),
        order=2,
    ),
    opaque(
        "third order of 40", op(lambda x: np.sin(floats(x)), lambda gy, x: gy * F.cos(x)), some(40), order=3
    ),
    opaque("inverse", lambda x: Inverse()(x), _SQUARE, order=2),
    opaque("determinant, twice", lambda x: Determinant()(x), _SQUARE, order=2),
    opaque(
        "singular values",
        op(lambda x: np.linalg.svd(x, compute_uv=False), _singular_values),
        several(3, 3) + np.diag([9.0, 4.0, 0.0]),
    ),
    opaque("eigenvalues", op(lambda x: np.linalg.eigvalsh((x + x.T) / 2), _eigenvalues), several(6, 6)),
]


# Programs ---------------------------------------------------------------------------------------------


def _newton_root(x: Variable) -> Variable:
    y = x / 2 + 0.5
    for _ in range(6):
        y = (y + x / y) / 2
    return y


def _runge_kutta(x: Variable) -> Variable:
    for _ in range(3):
        a = F.sin(x)
        b = F.sin(x + 0.05 * a)
        x = x + 0.1 * b
    return x


def _power_iteration(a: Variable) -> Any:
    v = F.sum(a, axis=1, keepdims=True)
    for _ in range(4):
        v = F.matmul(a, v)
        v = v / F.sqrt(F.sum(v * v))
    return F.sum(v * F.matmul(a, v))


def _recurrent(x: Variable) -> Any:
    h = 0 * x[0]
    for i in range(len(x.data)):
        h = F.tanh(x[i] + 0.5 * h)
    return h


def _while_small(x: Variable) -> Variable:
    for _ in range(20):
        if not np.all(np.abs(x.data) < 10):
            break
        x = x * x + 0.5
    return x


PROGRAMS = [
    right("Newton's root", "loops", _newton_root, np.array([2.0, 3.0, 0.5])),
    right("Runge-Kutta", "loops", _runge_kutta, several(3)),
    right("power iteration", "loops", _power_iteration, several(3, 3) + 2 * np.eye(3)),
    right("recurrent", "loops", _recurrent, several(5, 3)),
    right("while it is small", "data-dependent branches", _while_small, np.array([0.9, 1.1])),
    right("order 5 of tanh", "higher orders", F.tanh, several(2), order=5),
    right("big-endian", "layouts", F.sin, several(4).astype(">f8")),
]

RIGHT_MANY: list[Specimen] = [*MANY, *PROGRAMS]
