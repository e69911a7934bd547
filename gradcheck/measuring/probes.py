"""Cotangents, directions and probes: random, signed, non-uniform, short in binary, from a seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

Arrays = Sequence[np.ndarray]
SIGNS = np.array([-1.0, 1.0])


def weights(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Random values of both signs with 1/2 <= |w| < 2 in 11 bits, so that float16 holds them exactly.

    >>> w = weights(np.random.default_rng(0), (3,))
    >>> bool((w.astype(np.float16) == w).all())
    True
    """
    magnitude = rng.integers(1024, 2048, shape) * 2.0 ** rng.integers(-11, -9, shape)
    return np.asarray(magnitude * SIGNS[rng.integers(0, 2, shape)])


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


def without(direction: Arrays, elements: Sequence[tuple[int, int]]) -> list[np.ndarray]:
    """The direction with some (input, element)s at rest.

    >>> without([np.ones((2, 2), order="F")], [(0, 1)])[0].tolist()
    [[1.0, 0.0], [1.0, 1.0]]
    """
    result = [d.copy() for d in direction]
    for i, j in elements:
        result[i].flat[j] = 0
    return result


def columns(
    rng: np.random.Generator, arrays: Arrays, active: Sequence[bool], claims: Sequence[Arrays]
) -> list[list[np.ndarray]]:
    """A few probes in which no wrong element can hide, whatever its scale.

    `claims` are the gradients that backward gives, order by order. Elements claimed to be zero are
    weighed apart: among them anything that is not zero shows. Where the remaining elements span
    many binary orders of magnitude, an equalized probe gives each a like share.
    """
    zero = [_zeros(claim, arrays) for claim in claims]
    found = [_masked(like(rng, arrays), active)]
    for claim, mask in zip(claims, zero, strict=True):
        if _span(claim) > NARROW:
            found.append(_masked(equalized(like(rng, arrays), claim), active, mask, False))
    for apart in _distinct(zero, active):
        found.append(_masked(like(rng, arrays), active, apart, True))
    return [column for column in found if any(part.any() for part in column)]


NARROW = 20  # binary orders of magnitude that one probe can weigh alike


def _zeros(claim: Arrays, arrays: Arrays) -> list[np.ndarray]:
    """Which elements are claimed to be zero; all where nothing that fits is claimed."""
    return [
        np.ones(np.shape(x), bool) if g is None or np.shape(g) != np.shape(x) else np.asarray(g == 0)
        for g, x in zip(claim, arrays, strict=True)
    ]


def _span(claim: Arrays) -> int:
    """The binary orders of magnitude between the smallest and the largest nonzero element."""
    known = _known([_scales(g, g) for g in claim if g is not None])
    return int(np.ptp(known)) if known.size else 0


def _known(scales: Arrays) -> np.ndarray:
    """The scales of all elements that have one."""
    return np.concatenate([s[s != _UNKNOWN] for s in scales] or [np.zeros(0, int)])


def _distinct(
    masks: Sequence[Sequence[np.ndarray]], active: Sequence[bool]
) -> Iterator[Sequence[np.ndarray]]:
    """Each mask once; not the one that masks everything, which the plain probe is."""
    seen = set()
    for mask in masks:
        parts = [m for m, on in zip(mask, active, strict=True) if on]
        key = b"|".join(m.tobytes() for m in parts)
        if key not in seen and not all(m.all() for m in parts):
            yield mask
        seen.add(key)


def _masked(
    direction: Sequence[np.ndarray],
    active: Sequence[bool],
    where: Sequence[np.ndarray] | None = None,
    keep: bool = True,
) -> list[np.ndarray]:
    """`direction` on the active inputs; with `where`, only there (or, unless `keep`, only elsewhere)."""
    kept = [d if on else np.zeros_like(d) for d, on in zip(direction, active, strict=True)]
    return kept if where is None else [d * (mask == keep) for d, mask in zip(kept, where, strict=True)]


def scaled_like(direction: Arrays, arrays: Arrays) -> list[np.ndarray]:
    """`direction` times powers of two near the array's elements, so that moves are relative.

    >>> scaled_like([np.array([1.5, -1.0])], [np.array([1e-3, 4.0])])[0]
    array([ 2.9296875e-03, -8.0000000e+00])
    """
    parts = [
        _scales(x, d) if np.asarray(x).dtype.kind == "f" else None
        for x, d in zip(arrays, direction, strict=True)
    ]
    known = _known([p for p in parts if p is not None])
    usual = int(np.median(known)) if known.size else 0
    return [
        d if p is None else d * np.ldexp(1.0, np.clip(np.where(p == _UNKNOWN, usual, p), -900, 900))
        for d, p in zip(direction, parts, strict=True)
    ]


def banded(
    rng: np.random.Generator,
    arrays: Arrays,
    active: Sequence[bool],
    claim: Sequence[np.ndarray | None],
    width: int,
    most: int,
) -> Iterator[list[np.ndarray]]:
    """Directions that move elements by parts of themselves, each those of like effect.

    The effect that backward claims of an element's move lies within `width` binary orders of magnitude
    in each; in the last of `most` are all that are smaller, and in one more those that are zero.
    """
    direction = scaled_like(_masked(like(rng, arrays), active), arrays)
    effects = []
    for d, g in zip(direction, claim, strict=True):
        moves, gains = _scales(d, d).astype(np.int64), _scales(g, d).astype(np.int64)
        effects.append(np.where((moves == _UNKNOWN) | (gains == _UNKNOWN), _UNKNOWN, moves + gains))
    known = _known(effects)
    top = int(known.max()) if known.size else 0
    bands = [np.where(e == _UNKNOWN, -1, np.minimum((top - e) // width, most - 1)) for e in effects]
    yield from _parted(direction, bands)


def by_size(direction: Arrays, arrays: Arrays, width: int, most: int) -> Iterator[list[np.ndarray]]:
    """`direction` in parts, each of which moves elements whose size is alike.

    Within `width` binary orders of magnitude, except for the last of `most` parts, which has all that are
    larger; an element that is zero is moved as if it were 1.

    >>> [part[0].tolist() for part in by_size([np.ones(3)], [np.array([1e-8, 3.0, 0.0])], 20, 8)]
    [[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]]
    """
    sizes = [np.where((s := _scales(x, d)) == _UNKNOWN, 0, s) for x, d in zip(arrays, direction, strict=True)]
    moved = np.concatenate([s[d != 0] for s, d in zip(sizes, direction, strict=True)])
    lowest = int(moved.min(initial=0))
    found = np.unique((moved - lowest) // width)
    ranks = [np.searchsorted(found, (s - lowest) // width) for s in sizes]
    yield from _parted(direction, [np.minimum(rank, most - 1) for rank in ranks])


def _parted(direction: Arrays, bands: Sequence[np.ndarray]) -> Iterator[list[np.ndarray]]:
    """`direction` in one part for each band that it moves, the lowest first."""
    for n in np.unique(np.concatenate([np.ravel(b) for b in bands])):
        column = [d * (b == n) for d, b in zip(direction, bands, strict=True)]
        if any(part.any() for part in column):
            yield column


def equalized(direction: Arrays, gradient: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    """`direction` with each element divided by a power of two near the claimed gradient's magnitude.

    Contracted with it, elements of very different scale contribute alike, and one wrong element among
    large ones cannot hide. An element whose claimed gradient is zero is weighted like the smallest
    that is not.
    """
    parts = [_scales(g, d) for g, d in zip(gradient, direction, strict=True)]
    known = _known(parts)
    smallest = int(known.min()) if known.size else 0
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
