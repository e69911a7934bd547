"""Operations whose mistake has a name: wrong adjoints, axes, factors, regions, and false assumptions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dezero import Function, Variable
from dezero import functions as F
from tests.gradcheck.zoo.specimen import Specimen, op, several, some, wrong, wrong_second


def linear(matrix: Any, back: Any) -> Callable[..., Any]:
    """x -> matrix @ x, which multiplies gy by `back` (the transpose of the matrix would be right)."""
    a, b = np.asarray(matrix, dtype=float), np.asarray(back, dtype=float)
    return op(lambda x: np.matmul(a, x), lambda gy, x: F.matmul(Variable(b), gy))


def masked(mask: Any) -> Callable[..., Any]:
    """The sine, whose derivative is multiplied by a mask."""
    return op(np.sin, lambda gy, x: gy * F.cos(x) * np.asarray(mask, dtype=float))


A, B = several(3, 3, seed=4), several(3, 3, seed=5)
SUMS = np.tril(np.ones((5, 5)))
ROTATION = np.array([[np.cos(0.7), -np.sin(0.7)], [np.sin(0.7), np.cos(0.7)]])
COSINES = np.cos(np.pi * (2 * np.arange(5)[None] + 1) * np.arange(5)[:, None] / 10)
FILTER = 2 * np.eye(5) + 3 * np.eye(5, k=-1) + np.eye(5, k=1)
ORDER = np.array([2, 0, 3, 1, 4])


_LINEAR = [
    ("rotated forward again", linear(ROTATION, ROTATION), several(2), "wrong adjoint"),
    ("cumulative sum again", linear(SUMS, SUMS), several(5), "wrong adjoint"),
    ("cosine transform again", linear(COSINES, COSINES), several(5), "wrong adjoint"),
    ("convolution without the flip", linear(FILTER, FILTER), several(5), "wrong adjoint"),
    ("inverse cosine transform", linear(COSINES, np.linalg.inv(COSINES)), several(5), "the inverse"),
    ("cumulative sum forgotten", op(np.cumsum, lambda gy, x: gy), several(5), "passed on unchanged"),
    ("order for its inverse", op(lambda x: x[ORDER], lambda gy, x: gy[ORDER]), several(5), "inverse order"),
    ("upper triangle only", linear(A, np.tril(A.T)), several(3), "the upper triangle only"),
    ("one output of three", linear(A, A.T * np.array([1, 2, 1])), several(3), "output element 1 2 times"),
    ("outputs exchanged", linear(A, A.T[:, [1, 0, 2]]), several(3), "elements 0 and 1 are exchanged"),
    (
        "one side of two",
        op(lambda x: np.matmul(np.matmul(A, x), B), lambda gy, x: F.matmul(F.matmul(A, gy), B.T)),
        several(3, 3),
        "along axis 0",
    ),
]


class Inverse(Function):
    """The inverse of a matrix of two rows."""

    def forward(self, x: Any) -> Any:
        (a, b), (c, d) = x
        return np.array([[d, -b], [-c, a]]) / (a * d - b * c)

    def backward(self, gy: Variable) -> Variable:
        y = self.outputs[0]()
        return -F.matmul(F.matmul(y, gy), y)


class Eigenvalues(Function):
    """Of the lower triangle; backward takes the matrix to be symmetric."""

    def forward(self, x: Any) -> Any:
        return np.linalg.eigvalsh(x).astype(x.dtype)

    def backward(self, gy: Variable) -> Variable:
        _, vectors = np.linalg.eigh(self.inputs[0].data)
        return F.matmul(Variable(vectors) * gy, Variable(vectors.T.copy()))


class CubeSlope(Function):
    """3 x**2 gy, whose derivative by x lacks gy."""

    def forward(self, gy: Any, x: Any) -> Any:
        return gy * 3 * x * x

    def backward(self, ggx: Variable) -> tuple[Variable, Variable]:
        _, x = self.inputs
        return ggx * 3 * x * x, ggx * 6 * x


def _cross_entropy(x: Any, p: Any) -> Any:
    rows = np.log(np.exp(x).sum(axis=1)) * p.sum(axis=1) - (p * x).sum(axis=1)
    return rows.sum()


def _assuming_sums_of_one(gy: Variable, x: Variable, p: Variable) -> tuple[Variable, Variable]:
    largest = F.reshape(F.logsumexp(x, axis=1), (len(x), 1))
    return gy * (F.softmax(x, axis=1) - p), gy * (largest - x)


def _softmax(x: Any) -> Any:
    e = np.exp(x)
    return e / e.sum(axis=1, keepdims=True)


def _along_the_other_axis(gy: Variable, x: Variable) -> Variable:
    y = F.softmax(x, axis=0)
    return y * (gy - F.sum(gy * y, axis=0, keepdims=True))


_SYMMETRIC = np.array([[2.0, 0.5, 0.1], [0.5, 1.0, -0.3], [0.1, -0.3, 0.5]])


_OTHERS = [
    ("inverse without transposes", Inverse, several(2, 2), "the true one -y.T @ gy @ y.T"),
    ("eigenvalues of one triangle", Eigenvalues, _SYMMETRIC, "right along symmetric directions"),
    ("softmax along the other axis", op(_softmax, _along_the_other_axis), several(3, 3), "wrong axis"),
    ("square passes gy on", op(np.square, lambda gy, x: gy), several(4), "passed on unchanged"),
    ("square of x for x", op(np.square, lambda gy, x: 2 * gy * x * x), several(4), "as a factor too many"),
    ("abs passes gy on", op(np.abs, lambda gy, x: gy), several(5), "where the input is negative"),
    ("a row of zeros", masked([[1], [0], [1]]), several(3, 4), "the row is 1"),
    ("the diagonal twice", masked(1 + np.eye(3)), several(3, 3), "the diagonal"),
    (
        "mean forgotten",
        op(lambda x: ((x - x.mean()) ** 2).sum(), lambda gy, x: 2 * gy * x),
        several(4),
        "off by the same number for all elements",
    ),
    ("half a scalar", op(np.exp, lambda gy, x: gy / x), np.array(1.7), "one number does not tell"),
]


WRONG_CAUSES: list[Specimen] = [
    *(wrong(name, "forgotten or wrong transposes", f, x, cause=cause) for name, f, x, cause in _LINEAR),
    *(wrong(name, "its cause has a name", f, x, cause=cause) for name, f, x, cause in _OTHERS),
    wrong(
        "targets that sum to 1",
        "its cause has a name",
        op(_cross_entropy, _assuming_sums_of_one),
        several(2, 4),
        some(2, 4, seed=3, low=0.1, high=1.0),
        cause="the rows of input 1 (x1) sum to 1",
    ),
    wrong(
        "ramps whose kinks cancel",
        "its cause has a name",
        lambda x: F.relu(x) - F.relu(-x),
        np.array([-1.5, 0.0, 2.0]),
        cause="a kink inside f",
    ),
    wrong_second(
        "softplus made of kinks",
        "its cause has a name",
        lambda x: F.maximum(x, x * 0) + F.log1p(F.exp(-F.abs(x))),
        np.array([-1.5, 0.0, 2.0]),
        cause="a kink inside f",
    ),
    wrong_second(
        "the second derivative lacks gy",
        "its cause has a name",
        op(lambda x: x**3, lambda gy, x: CubeSlope()(gy, x)),
        several(3),
        cause="input 1 (x) lacks the factor gy (input 0)",
    ),
]
