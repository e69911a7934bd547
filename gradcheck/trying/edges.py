"""The edges of a domain, found by calls: one element is moved, all others rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, isfinite

import numpy as np

from gradcheck.trying.attempt import Attempts
from gradcheck.trying.domain import NONZERO, Domain, Interval
from gradcheck.trying.source import Source

Accepts = Callable[[float], bool]

# Where an element is put, from 0 outwards.
LADDER = (
    *(0.0, 2.0**-20, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0, 1.01, 1.25, 1.5, 2.0, 2.5),
    *(3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 50.0, 100.0),
)
FAR = 4.0  # an edge beyond it counts only if it is a simple number: else it may be that of the floats
NUDGE = 2.0**-20  # with so small a step f can be differentiated
TINY = 2.0**-30  # relative to an edge: this near to it f is called on both sides
BISECTIONS = 60
LARGEST = 64  # the largest integer that is tried


def domain_of(attempts: Attempts, sources: Sequence[Source], i: int) -> Domain | None:
    """The domain of input i, where ordinary draws of all inputs are accepted; None if it has no edges of its
    own (they depend on the other inputs, or on several elements at once).
    """
    bases = [attempts.draw(sources), _elsewhere(attempts, sources)]
    if _all_at_once(attempts, sources, bases[0], i):
        return Domain()
    size = bases[0][i].size
    found = [_along(attempts, sources, bases, i, e) for e in sorted({0, size - 1})]
    if any(each is None for each in found):
        return None
    domains = [each for each in found if each is not None]
    interval = Interval(
        max(each.interval.low for each in domains), min(each.interval.high for each in domains)
    )
    words = list(dict.fromkeys(word for each in domains for word in each.words))
    if not interval.low < interval.high:
        return None
    return Domain(interval, tuple(w for w in words if w != NONZERO or interval.low < 0 < interval.high))


def rests(attempts: Attempts, sources: Sequence[Source], i: int, step: float = LADDER[2]) -> bool:
    """Whether an element of input i can be moved neither up nor down by a step where all others rest."""
    base = attempts.draw(sources)
    for e in {0, 1, base[i].size - 1} & set(range(base[i].size)):
        accepts = _moving(attempts, sources, base, i, e)
        value = float(base[i].reshape(-1)[e])
        if not accepts(value - step) and not accepts(value + step):
            return True
    return False


def refuses_ties(attempts: Attempts, sources: Sequence[Source], i: int) -> bool:
    """Whether f is not defined where two elements of input i are equal, although each value is allowed."""
    shape = sources[i].shape
    size = int(np.prod(shape))
    row = shape[-1] if len(shape) > 1 else 1
    pairs = {(0, n) for n in (1, row, size - 1) if 0 < n < size}
    for first, other in pairs:
        inputs = attempts.draw(sources)
        flat = inputs[i].reshape(-1)
        flat[other] = flat[first]
        if not attempts.at(sources, inputs).accepted:
            return True
    return False


def largest_integer(attempts: Attempts, sources: Sequence[Source], i: int) -> int | None:
    """The largest integer that input i may hold; None if there is none up to LARGEST."""
    inputs = attempts.draw(sources)
    for value in range(2, LARGEST + 1):
        inputs[i].reshape(-1)[:1] = value
        if not attempts.at(sources, inputs).accepted:
            return value - 1
    return None


def with_words(domain: Domain, *words: str) -> Domain:
    """The domain with further words."""
    return domain._replace(words=tuple(dict.fromkeys([*domain.words, *words])))


def _elsewhere(attempts: Attempts, sources: Sequence[Source]) -> list[np.ndarray]:
    """Other inputs that are accepted, if possible; values that were given are moved a little."""
    for factor in (1 + 2.0**-6, 1 - 2.0**-6):
        inputs = [
            x * x.dtype.type(factor) if source.floating and source.values is not None else x
            for x, source in zip(attempts.draw(sources, 1), sources, strict=True)
        ]
        if attempts.at(sources, inputs).accepted:
            break
    return inputs


def _all_at_once(attempts: Attempts, sources: Sequence[Source], base: Sequence[np.ndarray], i: int) -> bool:
    """Whether values from far below to far above 0, and 0, are accepted together: there are no edges then."""
    values = np.array([0.0, -LADDER[-1], LADDER[-1], -1.0, 1.0, -0.001, 0.001, -10.0, 10.0])
    x = base[i]
    for start in range(0, len(values), max(x.size, 1)):
        part = values[start : start + x.size]
        moved = x.copy()
        moved.reshape(-1)[: part.size] = part
        if not attempts.at(sources, [*base[:i], moved, *base[i + 1 :]]).accepted:
            return False
    return True


def _along(
    attempts: Attempts, sources: Sequence[Source], bases: Sequence[Sequence[np.ndarray]], i: int, e: int
) -> Domain | None:
    """The domain of element e of input i; None if it has edges, and they are elsewhere at the other base."""
    accepts = [_moving(attempts, sources, base, i, e) for base in bases]
    start = float(bases[0][i].reshape(-1)[e])
    hole = not accepts[0](0.0) and accepts[0](LADDER[1]) and accepts[0](-LADDER[1])
    low, high = (_edge(accepts[0], start, sign) for sign in (-1.0, 1.0))
    if not all(_is_edge(accepts[1], end, sign) for end, sign in ((low, -1.0), (high, 1.0)) if isfinite(end)):
        return None
    if hole and accepts[1](0.0):
        return None
    return Domain(Interval(low, high), (NONZERO,) if hole else ())


def _moving(
    attempts: Attempts, sources: Sequence[Source], base: Sequence[np.ndarray], i: int, e: int
) -> Accepts:
    """Whether f is accepted with this value at that element."""
    known: dict[float, bool] = {}

    def accepts(value: float) -> bool:
        if value not in known:
            moved = base[i].copy()
            moved.reshape(-1)[e] = value
            known[value] = attempts.at(sources, [*base[:i], moved, *base[i + 1 :]]).accepted
        return known[value]

    return accepts


def _edge(accepts: Accepts, start: float, sign: float) -> float:
    """How far an element can be moved in one direction."""
    rungs = sorted({s * rung for rung in LADDER for s in (-1.0, 1.0)}, key=lambda v: sign * v)
    inside = start
    for rung in (v for v in rungs if sign * v > sign * start):
        if accepts(rung):
            inside = rung
        elif rung != 0 or not accepts(sign * LADDER[1]):  # else a hole at 0, on whose other side it goes on
            return _bisected(accepts, inside, rung)
    return sign * inf


def _bisected(accepts: Accepts, inside: float, outside: float) -> float:
    """The edge between what is accepted and what is not: a simple number, if there is one.

    Far from 0 another is that of the range of floats, and counts as none.
    """
    sign = 1.0 if outside > inside else -1.0
    for n in range(BISECTIONS):
        if n % 4 == 0:
            simple = _simple_between(inside, outside)
            if simple is not None and _is_edge(accepts, simple, sign):
                return simple
        middle = (inside + outside) / 2
        if middle in (inside, outside):
            break
        inside, outside = (middle, outside) if accepts(middle) else (inside, middle)
    return float(f"{inside:.12g}") if abs(inside) <= FAR else sign * inf


def _simple_between(a: float, b: float) -> float | None:
    """The shortest number of the closed interval between a and b with at most 4 digits; None without one.

    >>> _simple_between(0.09, 0.1), _simple_between(2.2360679, 2.2360680)
    (0.1, None)
    """
    low, high = min(a, b), max(a, b)
    if low <= 0 <= high:
        return 0.0
    for digits in range(1, 5):
        for value in ((a + b) / 2, a, b):
            simple = float(f"{value:.{digits}g}")
            if low <= simple <= high:
                return simple
    return None


def _is_edge(accepts: Accepts, edge: float, sign: float) -> bool:
    """Whether f is defined a little before the edge, and not a little behind it."""
    little = sign * TINY * max(1.0, abs(edge))
    return accepts(edge - little) and not accepts(edge + little)
