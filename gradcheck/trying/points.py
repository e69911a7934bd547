"""Awkward points: zeros, ties, repeats and points near the edges, which ordinary draws do not hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite

import numpy as np

from gradcheck.trying.domain import DISTINCT, NONZERO
from gradcheck.trying.source import Source

Arrays = list[np.ndarray]
NEAR = (2.0**-7, 2.0**-12)  # how near to an edge, of the width of what lies between the edges, at most 1
FEWEST = 3  # elements of an input that is changed


def awkward(word: str, sources: Sequence[Source], inputs: Sequence[np.ndarray]) -> Arrays | None:
    """The inputs with what a word of `gradcheck.trying.wanted.DRAWS` says; None where it suits none."""
    changed = [x.copy() for x in inputs]
    done = _CHANGES[word](sources, changed)
    return changed if done else None


def _zeros(count: int) -> Callable[[Sequence[Source], Arrays], bool]:
    """So many zeros in a row of each input, in each another row, and not side by side where there is room.

    Of inputs of several shapes the further ones have one zero, in the next column: a function need not be
    smooth where zeros of two inputs meet.
    """

    def change(sources: Sequence[Source], inputs: Arrays) -> bool:
        chosen = [n for n, source in enumerate(sources) if _takes_zero(source)]
        alike = len({sources[n].shape for n in chosen}) == 1
        for place, n in enumerate(chosen):
            _raise_others(sources[n], inputs[n])
            row = sources[n].shape[-1]
            places = [place * row + k * (2 if row > 2 else 1) for k in range(count)]
            if place and not alike:
                places = [place * row + 1]
            flat = inputs[n].reshape(-1)
            flat[[k % flat.size for k in places]] = 0
        return bool(chosen)

    return change


def _zeros_in_a_column(sources: Sequence[Source], inputs: Arrays) -> bool:
    """Two zeros along the last axis but one."""
    chosen = [n for n, s in enumerate(sources) if _takes_zero(s) and len(s.shape) > 1 and s.shape[-2] > 1]
    for place, n in enumerate(chosen):
        _raise_others(sources[n], inputs[n])
        inputs[n][..., :2, place % sources[n].shape[-1]] = 0
    return bool(chosen)


def _raise_others(source: Source, x: np.ndarray) -> None:
    """Make all elements positive: a largest one that is tied would be a matter of its own."""
    if all(source.allows(value) for value in np.abs(x).ravel().tolist()):
        np.abs(x, out=x)


def _ties(sources: Sequence[Source], inputs: Arrays) -> bool:
    """The first two elements of each input are its largest, the last ones its smallest."""
    chosen = [n for n, s in enumerate(sources) if s.active and _movable(s) and DISTINCT not in s.where.words]
    for n in chosen:
        flat = inputs[n].reshape(-1)
        low = min(3, flat.size - 2)
        smallest, *between, largest = np.sort(flat)
        flat[:] = [largest, largest, *between[: flat.size - 2 - low], *[smallest] * low]
    return bool(chosen)


def _repeated_integers(sources: Sequence[Source], inputs: Arrays) -> bool:
    """All integers are the largest one: the same label, index or row again and again."""
    chosen = [n for n, s in enumerate(sources) if s.input.kind == "int" and _movable(s, 2)]
    for n in chosen:
        inputs[n][...] = inputs[n].max()
    return bool(chosen)


def _equal_inputs(sources: Sequence[Source], inputs: Arrays) -> bool:
    """The first element of each further input is that of the first one of its shape."""
    done = False
    for n, source in enumerate(sources):
        for m in range(n):
            value = float(inputs[m].reshape(-1)[0]) if inputs[m].size else np.nan
            alike = sources[m].shape == source.shape and sources[m].active and _movable(source)
            if alike and source.active and source.allows(value):
                inputs[n].reshape(-1)[0] = value
                done = True
                break
    return done


def _near_edges(sources: Sequence[Source], inputs: Arrays) -> bool:
    """The first elements are near to the lower edge of the domain, the last ones near to the upper edge.

    Where 0 alone is left out, they are near to it, on both sides.
    """
    chosen = [n for n, s in enumerate(sources) if _movable(s, 1) and s.active and s.range is None]
    done = False
    for n in chosen:
        low, high = sources[n].where.interval
        width = min(high - low, 1.0)
        flat = inputs[n].reshape(-1)
        places = range(min(len(NEAR), (flat.size + 1) // 2))
        if NONZERO in sources[n].where.words:
            low, high, width = (low if isfinite(low) else 0.0), (high if isfinite(high) else 0.0), 1.0
        if isfinite(low):
            flat[list(places)] = [low + NEAR[k] * width for k in places]
        if isfinite(high):
            flat[[-1 - k for k in places]] = [high - NEAR[k] * width for k in places]
        done = done or isfinite(low) or isfinite(high)
    return done


def _movable(source: Source, least: int = FEWEST) -> bool:
    """Whether elements can be put to other values of the domain, one by one."""
    return source.values is None and int(np.prod(source.shape)) >= least and source.where.free


def _takes_zero(source: Source) -> bool:
    return source.active and _movable(source) and source.allows(0.0)


_CHANGES: Mapping[str, Callable[[Sequence[Source], Arrays], bool]] = {
    "one-zero": _zeros(1),
    "two-zeros": _zeros(2),
    "zeros-in-a-column": _zeros_in_a_column,
    "ties": _ties,
    "equal-inputs": _equal_inputs,
    "repeated-integers": _repeated_integers,
    "near-edges": _near_edges,
}
