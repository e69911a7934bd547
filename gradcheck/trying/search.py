"""From shapes to sources: draws that an op accepts, and the domains of its inputs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from gradcheck.trying import edges
from gradcheck.trying.attempt import Attempts, Outcome
from gradcheck.trying.domain import (
    BINARY,
    DEFINITE,
    DISTINCT,
    ONE_HOT,
    SHARES,
    SIGNS,
    SIMPLEX,
    SYMMETRIC,
    Domain,
    Interval,
)
from gradcheck.trying.source import Source, square

MIXTURES = 150  # of domains for several inputs that are tried
MOST_MIXED = 3  # inputs
NOT_TRIED = "it was not tried"

# Tried in this order where nothing is known; what is found in one of them is then widened.
_RANGES = tuple(
    Interval(*ends) for ends in ((0.125, 2.0), (-0.875, 0.875), (0.125, 0.875), (1.125, 3.0), (-2.0, -0.125))
)
_ALIKE: tuple[tuple[Domain | None, Interval | None], ...] = (
    *((Domain(words=(word,)), None) for word in (SYMMETRIC, DEFINITE)),
    *((None, interval) for interval in _RANGES),
    (Domain(words=(SIMPLEX,)), None),
)
# One above the other, by the number of inputs: with both signs, and positive.
_ABOVE = {
    2: ((Interval(-2, -0.5), Interval(0.5, 2)), (Interval(0.125, 0.875), Interval(1.125, 2))),
    3: (
        (Interval(-2, -1), Interval(-0.5, 0.5), Interval(1, 2)),
        (Interval(0.125, 0.5), Interval(0.75, 1.25), Interval(1.5, 2)),
    ),
}
_STEPS = tuple(n / 16 for n in range(-64, 65))
_FAR = tuple(sign * v for v in (5, 6, 8, 10, 15, 20, 50, 100, 500, 1e3, 1e4, 1e6) for sign in (1, -1))
_NARROW = tuple(Interval(v, v + max(1 / 64, abs(v) / 64)) for v in (*_STEPS, *_FAR))


def accepted(
    attempts: Attempts, sources: Sequence[Source], *, mixed: bool = False
) -> tuple[list[Source], Outcome]:
    """The same inputs, drawn where the op accepts them, as widely as it does; or why it does not.

    Args:
        mixed: try other domains for each input, too, not only the same for all.
    """
    refused: Outcome | None = None
    lucky: tuple[list[Source], Outcome] | None = None  # accepted, but not at the ends of these domains
    for tried in _mixed(sources) if mixed else _alike(sources):
        outcome = attempts.drawn(tried)
        if outcome.accepted:
            lucky = lucky or (tried, outcome)
            if not mixed or _at_corners(attempts, tried):
                return _widened(attempts, tried, sources), outcome
        refused = refused or outcome
        if attempts.exhausted:
            break
    return lucky or (list(sources), refused or Outcome(None, NOT_TRIED))


def accepted_narrowly(attempts: Attempts, sources: Sequence[Source]) -> tuple[list[Source], Outcome | None]:
    """As `accepted`, in many narrow ranges, the same for all inputs."""
    for interval in _NARROW:
        tried = [replace(s, range=interval) if _open(s) and s.floating else s for s in sources]
        outcome = attempts.drawn(tried)
        if outcome.accepted:
            return tried, outcome
        if attempts.exhausted:
            break
    return list(sources), None


def explored(attempts: Attempts, sources: Sequence[Source]) -> list[Source]:
    """The sources, which are accepted, with the domains that are found by calls."""
    found = list(sources)
    for i, source in enumerate(sources):
        if attempts.exhausted:
            break
        if source.floating and not source.declared and source.where.free:
            found = _with_domain(attempts, found, i)
        elif _open(source) and not source.floating and source.where.free:
            found = _with_largest(attempts, found, i)
        if SIMPLEX in found[i].where.words and not source.declared:
            found = _moved_alone(attempts, found, i)
    return found


def _moved_alone(attempts: Attempts, sources: list[Source], i: int) -> list[Source]:
    """With rows of input i that sum to 1, but whose elements are moved one by one, if the op lets them.

    Then the part of its gradient that is the same for all elements of a row is checked, too.
    """
    loose = [*sources[:i], sources[i].within(Domain(words=(SHARES,))), *sources[i + 1 :]]
    return sources if edges.rests(attempts, loose, i, edges.NUDGE) else loose


def _with_domain(attempts: Attempts, sources: list[Source], i: int) -> list[Source]:
    source = sources[i]
    domain = _of_fixed(attempts, sources, i) or edges.domain_of(attempts, sources, i)
    if domain is None:
        return sources
    wider = [*sources[:i], source.within(domain), *sources[i + 1 :]]
    if source.values is None and not attempts.drawn(wider).accepted:
        return sources  # the edges depend on several elements: what was accepted remains
    if source.values is None and edges.refuses_ties(attempts, wider, i):
        wider[i] = wider[i].within(edges.with_words(domain, DISTINCT))
    return wider


def _of_fixed(attempts: Attempts, sources: list[Source], i: int) -> Domain | None:
    """The domain of given values that cannot be moved one by one; None of others."""
    values = sources[i].values
    if values is None or not edges.rests(attempts, sources, i):
        return None
    classes = set(values.ravel().tolist()) <= {0.0, 1.0}
    rows = values.ndim > 0 and values.shape[-1] > 1 and np.allclose(values.sum(axis=-1), 1)
    if classes:
        return Domain(words=(ONE_HOT if rows else BINARY,))
    if rows:
        return Domain(words=(SIMPLEX,))
    if square(values.shape) and np.array_equal(values, np.swapaxes(values, -1, -2)):
        return Domain(words=(SYMMETRIC,))
    return None


def _with_largest(attempts: Attempts, sources: list[Source], i: int) -> list[Source]:
    """With integers up to the largest that is accepted; classes of another input where all are."""
    source = sources[i]
    if source.input.kind != "int":
        return sources
    largest = edges.largest_integer(attempts, sources, i)
    if largest is None:
        floats = [s.shape for s in sources if s.floating and s.shape]
        if source.shape in floats or not floats:
            return sources
        largest = max(floats[0][-1] - 1, 1)
    wider = [*sources[:i], replace(source, range=Interval(0, largest)), *sources[i + 1 :]]
    return wider if attempts.drawn(wider).accepted else sources


def _widened(attempts: Attempts, tried: Sequence[Source], sources: Sequence[Source]) -> list[Source]:
    """What was accepted, with each input that allows it drawn in the first way."""
    found = list(tried)
    for i, source in enumerate(sources):
        for wider in _ways(source):
            if wider == found[i]:
                break
            if (
                not wider.where.free
            ):  # numbers of an interval are no matrices or shares because these fit, too
                continue
            changed = [*found[:i], wider, *found[i + 1 :]]
            if attempts.drawn(changed).accepted and _at_corners(attempts, changed):
                found = changed
                break
    return found


def _at_corners(attempts: Attempts, sources: Sequence[Source]) -> bool:
    """Whether it is accepted at the ends of what inputs are drawn from, one low, another high."""
    moved = [n for n, s in enumerate(sources) if s.floating and s.values is None and s.where.free]
    if not 1 < len(moved) <= MOST_MIXED:
        return True
    for ends in itertools.product((0, 1), repeat=len(moved)):
        inputs = attempts.draw(sources)
        for n, end in zip(moved, ends, strict=True):
            inputs[n][...] = sources[n].interval[end]
        if not attempts.at(sources, inputs).accepted:
            return False
    return True


def _open(source: Source) -> bool:
    """Whether nothing was said of where its values lie."""
    return source.values is None and source.domain is None and not source.ranged


def _ways(source: Source) -> list[Source]:
    """How the values of an input may be drawn, the likeliest first."""
    if not _open(source) or source.input.kind == "bool":
        return [source]
    classes = bool(source.shape) and source.shape[-1] > 1
    if not source.floating:
        ranges = [replace(source, range=Interval(n, n)) for n in (0, 1)]
        return [source, *_in(source, *([ONE_HOT] if classes else []), SIGNS), *ranges]
    matrices = _in(source, *([SYMMETRIC, DEFINITE] if square(source.shape) else []))
    ranges = [replace(source, range=interval) for interval in _RANGES]
    return [source, *matrices, *ranges, *_in(source, *([SIMPLEX] if classes else []))]


def _constants(source: Source) -> list[Source]:
    """How an input that is not differentiated may be drawn as floats."""
    if not _open(source) or not source.floating:
        return []
    return _in(source, BINARY, SIGNS, *([ONE_HOT] if source.shape and source.shape[-1] > 1 else []))


def _in(source: Source, *words: str) -> list[Source]:
    return [replace(source, domain=Domain(words=(word,))) for word in words]


def _alike(sources: Sequence[Source]) -> Iterator[list[Source]]:
    """The same way for all floats that allow it, beside each way for the others."""
    ways = [_ways(source) for source in sources]
    for others in itertools.product(*(_first_of_floats(way) for way in ways)):
        yield list(others)
        for domain, interval in _ALIKE:
            yield [_like(domain, interval, s, way) for s, way in zip(others, ways, strict=True)]


def _first_of_floats(ways: Sequence[Source]) -> Sequence[Source]:
    return ways[:1] if ways[0].floating else ways


def _like(domain: Domain | None, interval: Interval | None, other: Source, ways: Sequence[Source]) -> Source:
    """The way with this domain and range, if a floating input allows it; else the other."""
    found = (way for way in ways if way.floating and (way.domain, way.range) == (domain, interval))
    return next(found, other)


def _in_order(sources: Sequence[Source]) -> Iterator[list[Source]]:
    """All floats in intervals one above the other, in each order: x < y, low < x < high."""
    places = [n for n, source in enumerate(sources) if _open(source) and source.floating]
    for intervals in _ABOVE.get(len(places), ()):
        for order in itertools.permutations(intervals):
            ranges = dict(zip(places, order, strict=True))
            yield [replace(s, range=ranges.get(n, s.range)) for n, s in enumerate(sources)]


def _mixed(sources: Sequence[Source]) -> Iterator[list[Source]]:
    """A way for each input, the likeliest first; some only as what is not differentiated."""
    if not 1 < len(sources) <= MOST_MIXED:
        return
    yield from _in_order(sources)
    ways = [[*_ways(source), *_constants(source)] for source in sources]
    order = sorted(itertools.product(*(range(len(way)) for way in ways)), key=lambda ns: (sum(ns), ns))
    for ns in order[:MIXTURES]:
        mixture = [way[n] for way, n in zip(ways, ns, strict=True)]
        if any(source.active for source in mixture):
            yield mixture
