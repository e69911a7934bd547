"""Right operations for differences alone that are hard to measure: noise, kinks, and what a solver gives."""

from __future__ import annotations

from typing import Any

import numpy as np

from dezero import Function, Variable
from dezero import functions as F
from tests.gradcheck.zoo.specimen import kink, op, opaque, several, some

KINKS = "kinks that only differences see"
NOISE = "outputs that carry noise only"
SOLVERS = "iterations whose steps are constants"
KERNEL = np.array([0.5, -1.25, 0.75, 0.3, -0.6])
TIED = np.array([1.0, 1.0, -2.0, 1.0])
AT_ZERO = np.array([0.0, 1.0, -2.0])


def floats(x: Any) -> np.ndarray:
    """What keeps jets out."""
    return np.asarray(x, dtype=x.dtype if x.dtype == np.float32 else np.float64)


# Fourier transforms -------------------------------------------------------------------------------------


def circulant(conjugate: bool = True, factor: float = 1.0) -> Any:
    """A circular convolution along the last axes, whose adjoint has the conjugate spectrum."""
    return op(lambda x: _product(x, False), lambda gy, x: adjoint(conjugate, factor)(gy))


def adjoint(conjugate: bool, factor: float) -> Any:
    return op(lambda g: factor * _product(g, conjugate), lambda gg, g: circulant()(gg))


def _product(x: Any, conjugate: bool) -> Any:
    kernel = KERNEL if x.ndim == 1 else np.outer(KERNEL[:3], KERNEL[:2])
    axes = tuple(range(x.ndim))
    spectrum = np.fft.fftn(kernel, x.shape, axes)
    spectrum = spectrum.conj() if conjugate else spectrum
    return np.fft.ifftn(np.fft.fftn(floats(x)) * spectrum).real.astype(x.dtype)


class Convolve(Function):
    """The full linear convolution of two signals by real transforms."""

    def __init__(self, flipped: bool = True) -> None:
        self.flipped = flipped

    def forward(self, a: Any, b: Any) -> Any:
        n = a.size + b.size - 1
        return np.fft.irfft(np.fft.rfft(floats(a), n) * np.fft.rfft(floats(b), n), n).astype(a.dtype)

    def backward(self, gy: Variable) -> tuple[Variable, Variable]:
        a, b = self.inputs
        return Correlate(a.size, self.flipped)(gy, b), Correlate(b.size, self.flipped)(gy, a)


class Correlate(Function):
    """The first elements of the correlation of g with b; without the flip, of their convolution."""

    def __init__(self, count: int, flipped: bool = True) -> None:
        self.count, self.flipped = count, flipped

    def forward(self, g: Any, b: Any) -> Any:
        spectrum = np.fft.rfft(floats(b), g.size)
        spectrum = spectrum.conj() if self.flipped else spectrum
        return np.fft.irfft(np.fft.rfft(floats(g)) * spectrum, g.size)[: self.count].astype(g.dtype)

    def backward(self, gz: Variable) -> tuple[Variable, Variable]:
        g, b = self.inputs
        return Convolve()(gz, b), Correlate(b.size)(g, gz)


def cosine_transform(transposed: bool = True) -> Any:
    """DCT-II by a transform of twice the length, linear: its adjoint is the transposed matrix."""

    def forward(x: Any) -> Any:
        n = x.size
        spectrum = np.fft.fft(np.concatenate([floats(x), floats(x)[::-1]]))[:n]
        return (spectrum * np.exp(-0.5j * np.pi * np.arange(n) / n)).real.astype(x.dtype)

    def pulled(g: Any) -> Any:
        n = g.size
        matrix = 2 * np.cos(np.pi * np.outer(np.arange(n), 2 * np.arange(n) + 1) / (2 * n))
        return (floats(g) @ (matrix if transposed else matrix.T)).astype(g.dtype)

    return op(forward, lambda gy, x: op(pulled, lambda gg, g: cosine_transform()(gg))(gy))


_FOURIER = [
    opaque("circular convolution by FFT", circulant(), some(8), order=2),
    opaque("circular convolution by FFT, float32", circulant(), some(8).astype(np.float32), order=2),
    opaque("two-dimensional convolution by FFT", circulant(), some(5, 4), order=2),
    opaque("linear convolution by real FFT", Convolve, some(8), some(5, seed=1), order=2),
    opaque("linear convolution of 100 by real FFT", Convolve, some(100), some(5, seed=1), order=2),
    opaque("cosine transform by FFT", cosine_transform(), some(8), order=2),
]

# Solvers ------------------------------------------------------------------------------------------------


def bisected(tolerance: float, factor: float = 1.0, wide: bool = False) -> Any:
    """y with y exp(y) = x, between two ends: fixed ones, or 0 and x."""

    def forward(x: Any) -> np.ndarray:
        x = floats(x)
        low, high = np.zeros(x.shape), np.full(x.shape, 8.0) if wide else x.copy()
        while (high - low).max() > tolerance:
            middle = (low + high) / 2
            if ((middle == low) | (middle == high)).all():
                break
            left = middle * np.exp(middle) < x
            low, high = np.where(left, middle, low), np.where(left, high, middle)
        return np.asarray((low + high) / 2)

    def backward(gy: Variable, x: Variable) -> Variable:
        y = bisected(tolerance, wide=wide)(x)
        return factor * gy / (F.exp(y) * (1 + y))

    return op(forward, backward)


def looked_up(nodes: int, factor: float = 1.0) -> Any:
    """sin from a table, linear between the nodes."""
    grid = np.linspace(-4, 4, nodes)
    slopes = np.diff(np.sin(grid)) / np.diff(grid)

    def backward(gy: Variable, x: Variable) -> Variable:
        return gy * (factor * slopes[np.searchsorted(grid, x.data, side="right") - 1])

    return op(lambda x: np.interp(floats(x), grid, np.sin(grid)), backward)


def cordic(steps: int, factor: float = 1.0) -> Any:
    """sin by rotations through fixed angles."""
    powers = 2.0 ** -np.arange(steps)
    scale = float(np.prod(1 / np.sqrt(1 + powers**2)))

    def forward(x: Any) -> np.ndarray:
        angle = floats(x).copy()
        c, s = np.full(angle.shape, scale), np.zeros(angle.shape)
        for power in powers:
            turn = np.where(angle < 0, -power, power)
            c, s, angle = c - turn * s, s + turn * c, angle - np.sign(turn) * np.arctan(power)
        return s

    return op(forward, lambda gy, x: factor * gy * F.cos(x))


_POSITIVE = np.array([0.7, 1.9, 3.3])
_ANGLES = np.array([0.3, -0.7, 1.1])
_SOLVERS = [
    opaque("bisection to 1e-15", bisected(1e-15, wide=True), _POSITIVE, order=2),
    opaque("bisection to 1e-12", bisected(1e-12, wide=True), _POSITIVE, order=2),
    opaque("bisection to 1e-12 between 0 and x", bisected(1e-12), _POSITIVE, order=2),
    opaque("bisection to 1e-6", bisected(1e-6), _POSITIVE, verdicts=("pass", "inconclusive")),
    opaque("table of 17 nodes", looked_up(17), several(3), order=2),
    opaque("table of 1001 nodes", looked_up(1001), _ANGLES),
    opaque("table of 1001 nodes, its slopes", looked_up(1001), _ANGLES, order=2, verdicts=("inconclusive",)),
    opaque("cordic, 54 steps", cordic(54), _ANGLES, order=2),
    opaque("cordic, 30 steps", cordic(30), _ANGLES),
]

# Kinks --------------------------------------------------------------------------------------------------


def relu(at_zero: float) -> Any:
    return op(
        lambda x: np.maximum(floats(x), 0),
        lambda gy, x: gy * np.where(x.data > 0, 1.0, np.where(x.data == 0, at_zero, 0.0)),
    )


def largest(share: Any) -> Any:
    """max, which gives `share(ties)` of gy to each of so many ties."""

    def backward(gy: Variable, x: Variable) -> Variable:
        ties = x.data == x.data.max()
        return gy * (ties * share(ties.sum()))

    return op(lambda x: np.asarray(floats(x).max()), backward)


def clamped_minimum(for_x: float, for_y: float) -> Any:
    """maximum(0, minimum(x, y)): at 0 it rests along both axes, but not nearby."""

    def backward(gy: Variable, x: Variable, y: Variable) -> tuple[Variable, Variable]:
        kinked = (x.data == 0) & (y.data == 0)
        gx = np.where(kinked, for_x, (x.data > 0) & (x.data < y.data))
        return gy * gx, gy * np.where(kinked, for_y, (y.data > 0) & (y.data <= x.data))

    return op(lambda x, y: np.maximum(0, np.minimum(floats(x), floats(y))), backward)


def middle(shares: Any) -> Any:
    """The median of three, which gives these shares of gy where all are equal."""

    def backward(gy: Variable, x: Variable) -> Variable:
        return gy * (np.array(shares) if np.ptp(x.data) == 0 else x.data == np.median(x.data))

    return op(lambda x: np.asarray(np.median(floats(x))), backward)


def root(at_zero: float) -> Any:
    def backward(gy: Variable, x: Variable) -> Variable:
        positive = np.where(x.data == 0, 1, x.data)
        return gy * np.where(x.data == 0, at_zero, 0.5 / np.sqrt(positive))

    return op(lambda x: np.sqrt(floats(x)), backward)


def relu_between(x: Any) -> np.ndarray:
    return np.maximum(floats(x), 0) - np.maximum(-floats(x), 0)


_PAIRS = np.zeros(2), np.zeros(2)
_KINKED = [
    kink("opaque relu, 0 at 0", KINKS, relu(0.0), AT_ZERO, note="the slopes around are 0 and 1 (for a cot"),
    kink("opaque relu, 0.5 at 0", KINKS, relu(0.5), AT_ZERO, note="backward claims 0.5"),
    kink("opaque relu, 1 at 0 among 60", KINKS, relu(1.0), np.r_[some(60), AT_ZERO], note="claims 1"),
    kink("opaque maximum, equal shares", KINKS, largest(lambda n: 1 / n), TIED, note="claims 0.3333"),
    kink("opaque clamped minimum", KINKS, clamped_minimum(1.0, 0.0), *_PAIRS, note="0 and 1"),
    kink("opaque clamped minimum, zeros", KINKS, clamped_minimum(0.0, 0.0), *_PAIRS),
    kink("opaque median of equals", KINKS, middle([0, 1, 0]), np.full(3, 0.7), note="0 and 1"),
    kink("opaque root at 0", KINKS, root(np.inf), np.array([0.0, 1.0]), note="the edge of its domain"),
    kink("opaque 1/x at 0", KINKS, op(lambda x: 1 / floats(x), lambda gy, x: -gy / x**2), AT_ZERO,
         note="f is infinite here: output 0, element (0,) is inf"),
    opaque("kinks that cancel", op(relu_between, lambda gy, x: gy * 1.0), AT_ZERO),
    opaque("logarithm of a sum with a zero",
           op(lambda x: np.log(floats(x).sum()), lambda gy, x: F.broadcast_to(gy / F.sum(x), x.shape)),
           np.array([2.0, 0.0, 5.0])),
]  # fmt: skip

RIGHT_DIFFERENCES = [*_FOURIER, *_SOLVERS, *_KINKED]
