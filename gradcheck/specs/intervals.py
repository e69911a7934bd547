"""The interval that values are drawn from: inside an argument's domain, with room to its ends."""

from __future__ import annotations

Interval = tuple[float, float]

WIDTH = 4.0  # of [-2, 2], from which values come where nothing is said
ROOM = 0.25  # to an end of the domain


def drawn_from(domain: Interval, low: float | None = None, high: float | None = None) -> Interval:
    """The interval for a domain, which is open and may be infinite, and for what is given of its ends.

    It lies as near to 0 as the domain lets it. Far from 0 it grows, as the spacing of floats does.

    >>> inf = float("inf")
    >>> drawn_from((-inf, inf)), drawn_from((0, 1)), drawn_from((-1, 1))
    ((-2.0, 2.0), (0.125, 0.875), (-0.75, 0.75))
    >>> drawn_from((0, inf)), drawn_from((-inf, 0)), drawn_from((1, inf))
    ((0.25, 4.25), (-4.25, -0.25), (1.25, 5.25))
    >>> drawn_from((1000, inf)), drawn_from((0, inf), low=3), drawn_from((0, 1), 0, 1)
    ((1250.0, 5250.0), (3.0, 4.25), (0.015625, 0.984375))
    """
    start, end = _usual(*domain)
    if low is not None and low >= end:
        end = _usual(low, domain[1])[1]
    if high is not None and high <= start:
        start = _usual(domain[0], high)[0]
    start, end = (start if low is None else float(low)), (end if high is None else float(high))
    edge = (end - start) / 64  # what is drawn is not the domain's end, where that is an end of the interval
    return start + edge * (start == domain[0]), end - edge * (end == domain[1])


def _usual(lower: float, upper: float) -> Interval:
    """The interval inside of a domain: WIDTH wide where there is room for it."""
    scale = max(1.0, lower, -upper)
    room = min(ROOM * scale, (upper - lower) / 8)
    first, last = lower + room, upper - room
    half = WIDTH * scale / 2
    if last - first <= 2 * half:
        return first, last
    middle = min(max(0.0, first + half), last - half)
    return middle - half, middle + half
