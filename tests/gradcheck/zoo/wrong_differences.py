"""Wrong operations for differences alone that are hard to measure: the twins of `right_differences`."""

from __future__ import annotations

import numpy as np

from dezero import functions as F
from tests.gradcheck.zoo import right_differences as right
from tests.gradcheck.zoo.right_differences import AT_ZERO, KINKS, NOISE, SOLVERS, TIED, floats
from tests.gradcheck.zoo.specimen import op, opaque_wrong, some, wrong

_POINT = np.array([0.7, 1.9, 3.3])
_ANGLES = np.array([0.3, -0.7, 1.1])

_FOURIER = [
    wrong("circular convolution by FFT: no conjugate", NOISE, right.circulant(False), some(8)),
    wrong("circular convolution by FFT: 1/n", NOISE, right.circulant(factor=1 / 8), some(8), order=2),
    wrong("circular convolution by FFT, float32: no conjugate", NOISE, right.circulant(False),
          some(8).astype(np.float32)),
    wrong("two-dimensional convolution by FFT: no conjugate", NOISE, right.circulant(False), some(5, 4)),
    wrong("linear convolution by real FFT: no flip", NOISE, lambda a, b: right.Convolve(False)(a, b),
          some(8), some(5, seed=1)),
    wrong("cosine transform by FFT: not transposed", NOISE, right.cosine_transform(False), some(8), order=2),
]  # fmt: skip

_SOLVERS = [
    wrong(f"{name}: times {factor}", SOLVERS, make(factor), point)
    for factor in (2.0, -1.0, 0.0)
    for name, make, point in (
        ("bisection to 1e-15", lambda k: right.bisected(1e-15, k, wide=True), _POINT),
        ("bisection to 1e-12 between 0 and x", lambda k: right.bisected(1e-12, k), _POINT),
        ("table of 1001 nodes", lambda k: right.looked_up(1001, k), _ANGLES),
        ("cordic, 54 steps", lambda k: right.cordic(54, k), _ANGLES),
    )
]

_PAIRS = np.zeros(2), np.zeros(2)
_KINKED = [
    wrong("opaque relu, 5 at 0", KINKS, right.relu(5.0), AT_ZERO),
    wrong("opaque relu, -1 at 0 among 60", KINKS, right.relu(-1.0), np.r_[some(60), AT_ZERO]),
    wrong("opaque relu, NaN at 0", KINKS, right.relu(np.nan), AT_ZERO),
    wrong("opaque relu, infinite at 0", KINKS, right.relu(np.inf), AT_ZERO),
    wrong("opaque maximum, four shares", KINKS, right.largest(lambda n: 4 / n), TIED),
    wrong("opaque maximum, nothing at a tie", KINKS, right.largest(lambda n: n == 1), TIED),
    wrong("opaque maximum, all win", KINKS, right.largest(lambda n: 1.0), np.ones(200)),
    wrong("opaque clamped minimum, both win", KINKS, right.clamped_minimum(1.0, 1.0), *_PAIRS),
    wrong("opaque median of equals, nothing", KINKS, right.middle([0, 0, 0]), np.full(3, 0.7)),
    wrong("opaque root, NaN at 0", KINKS, right.root(np.nan), np.array([0.0, 1.0])),
    wrong("opaque kinks that cancel, 0 at 0", KINKS,
          op(right.relu_between, lambda gy, x: gy * (x.data != 0)), AT_ZERO),
    opaque_wrong(
        "lost where the input is 0",
        op(lambda x: np.log(floats(x).sum()), lambda gy, x: gy / F.sum(x) * (x.data != 0)),
        np.array([2.0, 0.0, 5.0]),
    ),
    opaque_wrong(
        "lost where the input is whole",
        op(lambda x: np.sin(floats(x)), lambda gy, x: gy * F.cos(x) * (x.data != np.rint(x.data))),
        np.array([0.3, 2.0, 1.4]),
    ),
    opaque_wrong(
        "lost where inputs are equal",
        op(
            lambda x: np.sin(floats(x)),
            lambda gy, x: gy * F.cos(x) * ((x.data[:, np.newaxis] == x.data).sum(axis=1) == 1),
        ),
        np.array([0.3, 0.7, 0.3]),
    ),
]  # fmt: skip

WRONG_DIFFERENCES = [*_FOURIER, *_SOLVERS, *_KINKED]
