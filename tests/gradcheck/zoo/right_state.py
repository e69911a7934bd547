"""Right operations that keep something which decides no value, and backwards that scale by the norm of gy."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from dezero import Function, Variable
from dezero import functions as F
from dezero import layers as L
from dezero.layers import Layer
from tests.gradcheck.zoo.specimen import Specimen, half_opaque, op, opaque, right, several

X = np.array([0.3, 1.7, 4.0])
KEEPS = "state that decides no value"
STOPS = "f stops at a tolerance"
SCALES = "a backward that scales by the norm of gy"


# What is kept ---------------------------------------------------------------------------------------


class _KeepsLast(Layer):
    """A layer that keeps its last input and output."""

    def __init__(self) -> None:
        super().__init__()
        self.last: Any = None

    def forward(self, x: Variable) -> Variable:
        self.last = x, F.tanh(x) * x
        return self.last[1]


class _KeepsArray(Function):
    last: Any = None

    def forward(self, x: Any) -> Any:
        _KeepsArray.last = np.sin(x)
        return _KeepsArray.last * 2

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        return 2 * gy * F.cos(x)


class _Counts(Function):
    calls = 0

    def forward(self, x: Any) -> Any:
        _Counts.calls += 1
        return np.exp(x)

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        return gy * F.exp(x)


class _Watched(Layer):
    """Training: the mean of each batch moves a running mean, which is used when testing only."""

    def __init__(self) -> None:
        super().__init__()
        self.mean = np.zeros(3)

    def forward(self, x: Variable) -> Variable:
        centre = F.sum(x, axis=0) / x.shape[0]
        self.mean *= 0.9
        self.mean += 0.1 * np.asarray(centre.data, dtype=float) if x.dtype != object else 0.0
        return (x - centre) * x


class _Unseeded(Layer):
    """Draws its weights, unseeded, when it sees its first input."""

    def __init__(self) -> None:
        super().__init__()
        self.weights: Any = None

    def forward(self, x: Variable) -> Variable:
        if self.weights is None:
            self.weights = np.random.default_rng().uniform(1, 2, x.shape[-1])
        return F.sin(x) * self.weights


def _tables() -> Any:
    known: dict[Any, Any] = {}

    def f(x: Variable) -> Variable:
        if x.shape not in known:
            known[x.shape] = np.arange(1.0, x.size + 1).reshape(x.shape)
        return x * x * known[x.shape]

    return f


@cache
def _constants(size: int) -> Any:
    return np.linspace(0.5, 1.5, size)


def _shuffled(x: Variable) -> Variable:
    order = np.random.permutation(x.size)  # noqa: NPY002  # the global generator is meant
    return F.exp(x[order])[np.argsort(order)]


def _reseeded(x: Variable) -> Variable:
    np.random.seed(3)  # noqa: NPY002  # the global generator is meant
    return x * x * (np.random.random_sample(x.shape) > 0.5)  # noqa: NPY002


def _masked(x: Variable) -> Variable:
    return x * np.random.default_rng(4).random(x.shape)


def _logged() -> Any:
    log: list[Any] = []

    def f(x: Variable) -> Variable:
        log.append(x.data)
        return F.log(x * x + 1)

    return f


def _cold(x: Any) -> Any:
    """y + exp(y) = x, by Newton's method, until nothing moves."""
    y = np.zeros_like(x)
    for _ in range(60):
        y = y - (y + np.exp(y) - x) / (1 + np.exp(y))
    if not np.isfinite(np.asarray(y, dtype=float)).all():
        raise ArithmeticError("not solved")
    return y


def _implicit(gy: Variable, x: Variable) -> Variable:
    return gy / (1 + F.exp(Variable(_cold(x.data))))


def stopping(tolerance: float, step: Any, *, floats: bool = False, off: float = 0.0) -> Any:
    """y + exp(y) = x, solved until a step is small enough; backward is that of the solution.

    Args:
        step: from (y, x).
        floats: ask each element by itself, as a float: jets do not apply.
        off: of backward, as a part of it.
    """

    def forward(x: Any) -> Any:
        y = x * 0
        for _ in range(400):
            change = step(y, x)
            y = y - change
            if floats:
                if all(abs(float(v)) < tolerance for v in change.ravel()):
                    break
            elif np.all(np.abs(change) < tolerance):
                break
        return y

    class Solve(Function):
        def forward(self, x: Any) -> Any:
            return forward(x)

        def backward(self, gy: Variable) -> Variable:
            y = self.outputs[0]()
            return gy / (1 + F.exp(y)) * (1 + off)

    return Solve


def newton(y: Any, x: Any) -> Any:
    return (y + np.exp(y) - x) / (1 + np.exp(y))


def slowly(y: Any, x: Any) -> Any:
    return (y + np.exp(y) - x) * 0.1


def _open(name: str, f: Any, *, order: int = 1) -> Specimen:
    """A right one of which its own stopping leaves the last digits open."""
    return right(name, STOPS, f, X, order=order, verdicts=("inconclusive",), note="repeats a loop")


# The norm of gy -------------------------------------------------------------------------------------


def _unit(gy: Variable, x: Variable) -> Variable:
    norm = F.sum(gy * gy) ** 0.5
    return gy / norm * F.cos(x) * norm if norm.data > 0 else gy * F.cos(x)


def _unit_of_arrays(gy: Variable, x: Variable) -> Variable:
    norm = np.sqrt((gy.data * gy.data).sum())
    norm = norm + (norm == 0)
    return gy / norm * F.cos(x) * norm


def _by_largest(gy: Variable, x: Variable) -> Variable:
    largest = np.abs(gy.data).max()
    largest = largest + (largest == 0)
    return (gy / (3 * largest)) * F.cos(x) * (3 * largest)


def _product(x: Any, n: int) -> Any:
    for _ in range(n):
        x = x @ x
    return x


def _exponential(a: Any, squarings: int = 6) -> Any:
    """exp(a) by scaling and squaring."""
    a = a / 2**squarings
    term = result = a * 0 + np.eye(len(a))
    for n in range(1, 13):
        term = term @ a / n
        result = result + term
    return _product(result, squarings)


def _by_blocks(gy: Variable, a: Variable) -> Variable:
    """The adjoint of the derivative of exp: a block of exp([[a', gy], [0, a']]), squared as its norm asks."""
    n = len(a.data)
    block = np.zeros((2 * n, 2 * n), gy.dtype)
    block[:n, :n] = block[n:, n:] = a.data.T
    block[:n, n:] = gy.data
    norm = float(np.abs(block).sum(axis=0).max())
    squarings = max(0, int(np.ceil(np.log2(norm * 16))))
    return Variable(_exponential(block, squarings)[:n, n:])


RIGHT_STATE: list[Specimen] = [
    right("keeps its last output", KEEPS, _KeepsLast(), several(3)),
    right("keeps its last array", KEEPS, _KeepsArray, several(3)),
    right("counts its calls for itself", KEEPS, _Counts, several(3)),
    right("a running mean while training", KEEPS, _Watched(), several(4, 3)),
    right("batch norm as a layer", KEEPS, L.BatchNorm(), several(5, 3)),
    right("weights drawn at the first call", KEEPS, L.Linear(2), several(3, 4)),
    right("weights drawn unseeded", KEEPS, _Unseeded(), several(3)),
    right("a table for each shape", KEEPS, _tables(), several(3)),
    right("a cached table", KEEPS, lambda x: x * F.sin(x) * _constants(x.size), several(4)),
    right("shuffled and back", KEEPS, _shuffled, several(6)),
    right("seeds itself", KEEPS, _reseeded, several(6)),
    right("a generator of its own", KEEPS, _masked, several(4)),
    right("keeps a log", KEEPS, _logged(), several(3)),
    right("an iteration from a cold start", KEEPS, op(_cold, _implicit), several(3), order=1),
    _open("Newton to 1e-3", stopping(1e-3, newton, floats=True)),
    _open("Newton to 1e-3, jets", stopping(1e-3, newton), order=2),
    _open("a fixed point to 1e-3", stopping(1e-3, slowly, floats=True)),
    _open("a fixed point to 1e-6, jets", stopping(1e-6, slowly), order=2),
    right("Newton to 1e-14", STOPS, stopping(1e-14, newton), X),
    opaque("Newton to 1e-14, floats", stopping(1e-14, newton, floats=True), X, order=2),
    right("gy over its norm, and back", SCALES, op(np.sin, _unit), several(5), order=1),
    right("gy over its norm as an array", SCALES, op(np.sin, _unit_of_arrays), several(5)),
    right("gy over its norm in float32", SCALES, op(np.sin, _unit_of_arrays), several(5).astype(np.float32)),
    right("gy over its largest", SCALES, op(np.sin, _by_largest), several(3, 2)),
    half_opaque("scaling and squaring", op(_exponential, _by_blocks), several(3, 3)),
]
