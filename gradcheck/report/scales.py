"""Scales of plots: where a value lies on an axis, and the ticks that it is read by."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from gradcheck.report.formatting import power_of_ten, significant

_CONSTANT = 1e-4  # relative differences that are no more to be seen
_HUGE = 1e290  # beyond this, differences and ratios overflow

Tick = tuple[float, str]  # where it is, and its label


@dataclass(frozen=True)
class Scale:
    """A scale from ``low`` to ``high``, both finite; positive where it is logarithmic."""

    label: str
    low: float
    high: float
    log: bool
    whole: bool = False  # what is drawn are whole numbers, and so are the ticks

    def __call__(self, value: float) -> float:
        """Where the value is: 0 at ``low``, 1 at ``high``; a log axis puts 0 at its low end."""
        low, high = self._ends
        drawn = self.low if self.log and value <= 0 else value
        return (self._scaled(drawn) - low) / (high - low)

    @cached_property
    def _ends(self) -> tuple[float, float]:
        return self._scaled(self.low), self._scaled(self.high)

    def _scaled(self, value: float) -> float:
        return math.log10(value) if self.log else value

    def ticks(self) -> list[Tick]:
        """At most seven (value, label)."""
        return self._decades() if self.log else self._steps()

    def _decades(self) -> list[Tick]:
        first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
        if last - first < 2:
            return self._within_decades(first, last)
        every = max(1, math.ceil((last - first + 1) / 6))
        first = math.ceil(first / every) * every
        return [(10.0**k, power_of_ten(k)) for k in range(first, last + 1, every)]

    def _within_decades(self, first: int, last: int) -> list[Tick]:
        """Ticks between powers of ten, where these alone are too few to read the axis by."""
        digits = (1, 2, 5) if last <= first else (1, 3)
        values = [digit * 10.0**k for k in range(first - 1, last + 1) for digit in digits]
        inside = [v for v in values if self.low <= v <= self.high]
        return [(v, significant(v, 1)) for v in inside] if len(inside) > 1 else self._steps()

    def _steps(self) -> list[Tick]:
        rough = max((self.high - self.low) / 5, 1.0 if self.whole else 0.0)
        unit = 10.0 ** math.floor(math.log10(rough))
        step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        digits = max(3, math.ceil(math.log10(max(abs(self.low), abs(self.high)) / step)) + 1)
        return [(k * step, significant(k * step, digits)) for k in range(first, last + 1)]


def log_axis(label: str, values: Iterable[float], floor: float, ceiling: float) -> Scale:
    """A logarithmic axis over the positive values, kept within ``floor`` and ``ceiling``."""
    floor, ceiling = max(floor, 1 / _HUGE), min(ceiling, _HUGE)
    inside = [v for v in values if floor <= v <= ceiling] or [floor, ceiling]
    low, high = min(inside), max(inside)
    room = max(1.6, min(high / low, _HUGE) ** 0.03)  # for half a mark
    return Scale(label, low / room, high * room, log=True)


def linear_axis(label: str, values: Sequence[float]) -> Scale:
    """A linear axis over the finite values: with a little room at its ends, with much if they hardly move."""
    finite = [min(max(v, -_HUGE), _HUGE) for v in values if math.isfinite(v)]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    size = max(abs(low), abs(high))
    room = 0.04 * (high - low) if high - low > _CONSTANT * size else 0.5 * size
    room = room if room > 1 / _HUGE else 0.5
    whole = high - low >= 1 and all(float(v).is_integer() for v in finite)
    return Scale(label, low - room, high + room, log=False, whole=whole)
