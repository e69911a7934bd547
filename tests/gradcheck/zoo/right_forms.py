"""Right operations in awkward forms: shapes, layouts, several outputs, branches."""

from __future__ import annotations

import numpy as np

import dezero
from dezero import Variable
from dezero import functions as F
from tests.gradcheck.zoo.specimen import of, op, right, several, some, two

of_numpy = of(right, "NumPy's functions")
with_outputs = of(right, "several outputs")
branching = of(right, "data-dependent branches")


def _frozen(x: np.ndarray) -> np.ndarray:
    x = x.copy()
    x.flags.writeable = False
    return x


_BASE = several(6, 4)


_INDEX = np.array([0, 2, 2, 1])


_SHARED = several(3)


_WEIGHT = dezero.Parameter(several(4, 2))


def _slope_squared(x: Variable) -> Variable:
    """f may call backward itself (a gradient penalty)."""
    y = F.sum(x**3)
    y.backward(create_graph=True)
    slope = x.grad
    x.cleargrad()
    return F.sum(slope * slope)


def _attention(q: Variable, k: Variable, v: Variable) -> Variable:
    return F.matmul(F.softmax(F.matmul(q, F.transpose(k)) / 2.0), v)


def _angles(gy: Variable, a: Variable, b: Variable) -> tuple[Variable, Variable]:
    square = a * a + b * b
    return gy * b / square, -gy * a / square


_NUMPY = [
    of_numpy(
        "hypot",
        op(np.hypot, lambda gy, a, b: (gy * a / F.sqrt(a * a + b * b), gy * b / F.sqrt(a * a + b * b))),
        *two(3),
    ),
    of_numpy("arctan2", op(np.arctan2, _angles), *two(4)),
    of_numpy("remainder", op(lambda x: np.mod(x, 1.0), lambda gy, x: gy), several(4)),
    of_numpy("floor(x) * x", op(lambda x: np.floor(x) * x, lambda gy, x: gy * np.floor(x.data)), several(4)),
    of_numpy(
        "einsum",
        op(
            lambda a, b: np.einsum("ij,kj->ik", a, b),
            lambda gy, a, b: (F.matmul(gy, b), F.matmul(F.transpose(gy), a)),
        ),
        several(3, 2),
        several(4, 2, seed=1),
    ),
    of_numpy("sort", lambda x: x[np.argsort(x.data)], several(6)),
    right(
        "cumulative sum",
        "NumPy's functions",
        op(np.cumsum, lambda gy, x: Variable(np.cumsum(gy.data[::-1])[::-1].copy())),
        several(5),
        order=1,
    ),
    of_numpy(
        "standard deviation",
        op(np.std, lambda gy, x: gy * (x - F.mean(x)) / x.size / F.sqrt(F.mean((x - F.mean(x)) ** 2))),
        several(5),
    ),
    of_numpy("vector norm", op(np.linalg.norm, lambda gy, x: gy * x / F.sqrt(F.sum(x * x))), several(5)),
    right("gradient penalty", "f calls backward", _slope_squared, several(3)),
    right("attention", "batch", _attention, several(3, 4), several(5, 4, seed=1), several(5, 2, seed=2)),
]

_FORMS = [
    right("0-d", "0-d", F.sin, np.array(0.5)),
    right("Python number", "0-d", F.exp, 0.5),
    right("0-d times array", "broadcast", F.mul, np.array(1.5), several(3)),
    right("empty", "empty (not-tested)", F.sin, np.zeros((0, 3)), verdicts=("not-tested",), note="empty"),
    right(
        "empty beside full",
        "empty",
        lambda a, b: F.concatenate([a, b]),
        np.zeros((0, 2)),
        several(2, 2),
        verdicts=("pass",),
    ),
    right("strided", "strided", F.tanh, _BASE[::2, ::2]),
    right("negative strides", "negative-stride", F.exp, _BASE[::-1, ::-1]),
    right(
        "Fortran order",
        "Fortran",
        F.matmul,
        np.asfortranarray(several(3, 4)),
        np.asfortranarray(several(4, 2)),
    ),
    right("broadcast view", "broadcast", F.square, np.broadcast_to(several(3), (4, 3))),
    right("read-only", "read-only inputs", F.log, _frozen(np.abs(several(3)))),
    right("broadcast operands", "broadcast", F.mul, several(4, 1), several(1, 3)),
    right("one row and a matrix", "broadcast", F.add, several(4, 3), several(3)),
    right("the same array twice", "the same array passed twice", F.mul, _SHARED, _SHARED),
    right("the same Variable twice", "the same array passed twice", lambda x: F.mul(x, x), _SHARED),
    right("Variable as input", "Variables", F.sin, Variable(several(3))),
    right("unused input", "unused inputs", lambda a, b: F.sin(a), several(3), several(2)),
    right("unused element", "unused inputs", lambda x: x[:2] * 3, several(4)),
    right("constant function", "constant functions", lambda x: Variable(np.ones(2)), several(3)),
    right("constant, connected", "constant functions", lambda x: 0 * x + 1.0, several(3)),
    right("identity", "linear functions", lambda x: x, several(3)),
    right("linear", "linear functions", lambda x: 3 * x, several(3), order=3),
    right(
        "transpose of three axes", "linear functions", lambda x: F.transpose(x, (1, 2, 0)), several(2, 3, 2)
    ),
    right("reshape", "linear functions", lambda x: F.reshape(x, (3, 2)), several(2, 3)),
    right("sum over one axis", "linear functions", lambda x: F.sum(x, axis=1, keepdims=True), several(2, 3)),
    right("repeated index", "repeated indices", lambda x: F.get_item(x, _INDEX), several(4)),
    right("integer input beside", "integer and boolean inputs", lambda x, i: x[i.data], several(4), _INDEX),
    right(
        "boolean mask beside",
        "integer and boolean inputs",
        lambda x, m: x * m,
        several(3),
        np.array([True, False, True]),
    ),
    right(
        "integers alone",
        "integer inputs",
        lambda x: x * 2,
        np.arange(3),
        verdicts=("not-tested",),
        note="float",
    ),
    right(
        "integer output",
        "integer and boolean inputs",
        lambda x: Variable((x.data > 0).astype(int)),
        several(3),
        verdicts=("not-tested",),
    ),
    with_outputs("two outputs", lambda x: (F.sin(x), F.cos(x)), several(3)),
    with_outputs("outputs of different shapes", lambda x: (F.sum(x), x * x, x[0]), several(3)),
    with_outputs(
        "one Function, two outputs",
        op(lambda x: (np.sin(x), np.cos(x)), lambda ga, gb, x: ga * F.cos(x) - gb * F.sin(x)),
        several(3),
    ),
    with_outputs(
        "values and indices", lambda x: (F.max(x), Variable(np.asarray(np.argmax(x.data)))), several(4)
    ),
    branching("branch on the data", lambda x: F.sin(x) if x.data.sum() > 0 else F.exp(x), several(3)),
    branching("branch on each element", lambda x: F.where(x.data > 0, F.log(F.abs(x)), x * x), several(4)),
    branching("loop on the data", lambda x: _halved(x), np.array([5.0, 3.0])),
    right("captured parameter", "what f holds", lambda x: F.matmul(x, _WEIGHT), several(3, 4)),
    right(
        "softmax cross entropy",
        "batch",
        lambda x: F.softmax_cross_entropy(x, np.array([0, 2, 1])),
        several(3, 4),
    ),
    right("mean over 50,000", "means over tens of thousands", F.mean, some(50_000), order=1),
    right("sin of 40,000", "tens of thousands", F.sin, some(200, 200), order=1),
    right(
        "a network",
        "batch",
        lambda x, w, b, v: F.softmax(F.matmul(F.tanh(F.matmul(x, w) + b), v)),
        several(3, 4),
        several(4, 5),
        several(5),
        several(5, 2),
    ),
]


def _halved(x: Variable) -> Variable:
    while np.abs(x.data).max() > 1:
        x = x / 2
    return x * x


RIGHT_FORMS = [*_FORMS, *_NUMPY]
