"""Cotangents, directions and probes: random, signed, non-uniform, short in binary, from a seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

Arrays = Sequence[np.ndarray]


def weights(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Random values of both signs with 1/2 <= |w| < 2 in 11 bits, so that float16 holds them exactly.

    >>> w = weights(np.random.default_rng(0), (3,))
    >>> bool((w.astype(np.float16) == w).all())
    True
    """
    magnitude = rng.integers(1024, 2048, shape) * 2.0 ** rng.integers(-11, -9, shape)
    return np.asarray(magnitude * rng.choice([-1.0, 1.0], shape))


def like(rng: np.random.Generator, arrays: Arrays) -> list[np.ndarray]:
    """Weights in the shape of each array."""
    return [weights(rng, np.shape(x)) for x in arrays]


def units(arrays: Arrays, active: Sequence[bool]) -> Iterator[tuple[int, int, list[np.ndarray]]]:
    """(input, flat element, direction) for each element of each active input."""
    for i, on in enumerate(active):
        for j in range(np.size(arrays[i]) if on else 0):
            yield i, j, unit(arrays, i, j)


def unit(arrays: Arrays, i: int, j: int) -> list[np.ndarray]:
    """The direction that moves element `j` of input `i` alone."""
    direction = [np.zeros(np.shape(x)) for x in arrays]
    direction[i].reshape(-1)[j] = 1.0
    return direction


def equalized(direction: Arrays, gradient: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    """`direction` with each element divided by a power of two near the claimed gradient's magnitude.

    Contracted with it, elements of very different scale contribute alike, and one wrong element among
    large ones cannot hide. An element whose claimed gradient is zero is weighted like the smallest
    that is not.
    """
    parts = [_scales(g, d) for g, d in zip(gradient, direction, strict=True)]
    smallest = min((int(p[p != _UNKNOWN].min()) for p in parts if (p != _UNKNOWN).any()), default=0)
    return [
        d * np.ldexp(1.0, -np.clip(np.where(p == _UNKNOWN, smallest, p), -900, 900))
        for d, p in zip(direction, parts, strict=True)
    ]


_UNKNOWN = np.iinfo(np.int32).max


def _scales(gradient: np.ndarray | None, direction: np.ndarray) -> np.ndarray:
    """The binary exponent of each element, _UNKNOWN where it is zero or not finite."""
    if gradient is None or np.shape(gradient) != np.shape(direction):
        return np.full(np.shape(direction), _UNKNOWN)
    with np.errstate(all="ignore"):
        magnitude = np.abs(np.asarray(gradient, dtype=np.float64))
    usable = np.isfinite(magnitude) & (magnitude > 0)
    return np.where(usable, np.frexp(np.where(usable, magnitude, 1.0))[1], _UNKNOWN)
