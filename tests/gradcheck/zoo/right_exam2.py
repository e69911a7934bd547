"""Right operations that return buffers, lose all digits of a difference, or stop before they are done."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dezero import Function, Variable
from dezero import functions as F
from tests.gradcheck.zoo.right_state import KEEPS, STOPS
from tests.gradcheck.zoo.specimen import Specimen, op, opaque, right, several

X = np.array([0.3, 1.2, 2.5])


def by_floats(f: Callable[[float], float]) -> Callable[[Any], Any]:
    """f, element by element, on floats only."""
    return lambda x: np.array([f(float(v)) for v in np.ravel(x)]).reshape(x.shape)


# Buffers --------------------------------------------------------------------------------------------


def _square_in_a_buffer() -> Any:
    buffer = np.empty(3)

    def forward(x: Any) -> Any:
        buffer[...] = np.asarray(x, dtype=float) ** 2
        return buffer

    return op(forward, lambda gy, x: 2 * gy * x)


def _gradient_in_a_buffer() -> Any:
    buffer = np.empty(3)

    def backward(gy: Variable, x: Variable) -> Variable:
        if gy.dtype == object:
            return 2 * gy * x
        np.multiply(2 * x.data, gy.data, out=buffer)
        return Variable(buffer)

    return op(lambda x: x * x, backward)


# Differences of which nothing is left -----------------------------------------------------------------


def _sech(gy: Variable, x: Variable) -> Variable:
    return -8 * gy * F.tanh(x) / (F.exp(x) + F.exp(-x)) ** 2


def _gauss(gy: Variable, x: Variable) -> Variable:
    return -2 / math.sqrt(math.pi) * gy * F.exp(-x * x)


_KERNEL = np.array([1.0, 2.0, -1.0, 0.5])
_TOEPLITZ = np.array([[_KERNEL[i - j] if 0 <= i - j < 4 else 0.0 for j in range(8)] for i in range(11)])


def _by_fft(x: Any) -> Any:
    spectrum = np.fft.rfft(np.asarray(x, dtype=float), 16) * np.fft.rfft(_KERNEL, 16)
    return np.fft.irfft(spectrum, 16)[:11].astype(x.dtype)


def _convolved_back(gy: Variable, x: Variable) -> Variable:
    return F.matmul(gy, _TOEPLITZ.astype(x.dtype))


# Solvers of several elements ---------------------------------------------------------------------------


class Contraction(Function):
    """y = weight * bend(y) + x, repeated until no element moves by more than `within`.

    Args:
        factor: of the gradient; 1 is right.
    """

    def __init__(self, weight: float, within: float, factor: float = 1.0) -> None:
        self._weight = weight
        self._within = within
        self._factor = factor

    def forward(self, x: Any) -> Any:
        y, step = x * 0, x
        while not np.all(np.abs(step) < self._within):
            step = self._weight * np.sin(y) + x - y
            y = y + step
        return y

    def backward(self, gy: Variable) -> Variable:
        y = self.outputs[0]()
        return self._factor * gy / (1 - self._weight * F.cos(y))


def contraction(*settings: float) -> Any:
    return lambda x: Contraction(*settings)(x)


_MATRIX = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0]])


def _jacobi(b: Any) -> Any:
    """The solution of _MATRIX @ y = b, for floats only."""
    y, step, diagonal = b * 0, b, np.diag(_MATRIX)
    while any(abs(float(s)) > 1e-5 for s in step):
        step = (b - _MATRIX @ y) / diagonal
        y = y + step
    return y


def _solved_back(gy: Variable, b: Variable) -> Variable:
    return F.matmul(gy, np.linalg.inv(_MATRIX))


def _bisected(target: float) -> float:
    """y³ + y = target, to a hundredth."""
    low, high = -10.0, 10.0
    while high - low > 1e-2:
        middle = (low + high) / 2
        low, high = (middle, high) if middle**3 + middle < target else (low, middle)
    return (low + high) / 2


class Bisection(Function):
    def forward(self, x: Any) -> Any:
        return by_floats(_bisected)(x)

    def backward(self, gy: Variable) -> Variable:
        y = self.outputs[0]()
        return gy / (3 * y * y + 1)


def _stops(name: str, f: Any, *, order: int = 1, note: str = "repeats a loop") -> Specimen:
    """A solver whose own error is more than what backward may be off."""
    return right(name, STOPS, f, X, order=order, verdicts=("inconclusive",), note=note)


RIGHT_EXAM2: list[Specimen] = [
    right("a square in a buffer", KEEPS, _square_in_a_buffer(), several(3)),
    right("a gradient in a buffer", KEEPS, _gradient_in_a_buffer(), several(3), order=1),
    opaque("1 - tanh² far out", op(by_floats(lambda v: 1 - math.tanh(v) ** 2), _sech), np.array([25.0, 3.0])),
    opaque("1 - erf far out", op(by_floats(lambda v: 1 - math.erf(v)), _gauss), np.array([6.5, 3.0])),
    opaque(
        "a convolution by FFT beside a large element",
        op(_by_fft, _convolved_back),
        np.array([1e3, 1, 2, 0, -1, 0.5, 3, 1e-3], dtype=np.float32),
        order=2,
    ),
    _stops("a fixed point to 1e-2, the slowest element decides", contraction(0.5, 1e-2), order=2),
    _stops("a slow fixed point to 1e-8", contraction(0.9, 1e-8), order=2),
    _stops("Jacobi's method to 1e-5", op(_jacobi, _solved_back), order=2),
    _stops("a bisection to 1e-2", Bisection, note="staircase"),
]
