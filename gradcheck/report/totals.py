"""Totals of a run: where the time went, the fewest digits that are kept, and how many formulas are proven."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass

from gradcheck.records.jsonl import Row
from gradcheck.report.answers import Digits, dtype_order, fewest, keeps_all, part_lost
from gradcheck.report.formatting import plural, words
from gradcheck.report.judged import is_convention
from gradcheck.report.summary import Summary
from gradcheck.system.floats import NO_DIGIT


def durations(rows: Iterable[Row]) -> dict[str, tuple[int, float]]:
    """Where the time went: what was measured -> how often, and its seconds, the longest first.

    The rows of one oracle of a case share its seconds.
    """
    found: dict[str, dict[Hashable, float]] = {}
    key: Hashable
    for row in rows:
        if row["kind"] == "case":
            name, key = f"oracle: {words(row['oracle'])}", (row["run"], row["case"])
        elif row["kind"] == "study":
            name, key = f"study: {row['title']}", row["study"]
        elif row["kind"] == "network":
            name, key = "networks", (row["run"], row["name"], row["parameter"])
        else:
            continue
        seconds = found.setdefault(name, {})
        seconds[key] = seconds.get(key, 0.0) + row["seconds"]
    totals = {name: (len(each), math.fsum(each.values())) for name, each in found.items()}
    return dict(sorted(totals.items(), key=lambda item: -item[1][1]))


# Digits kept ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fewest:
    """The fewest digits that a function keeps at an order, and the function and case that do so.

    ``nothing_lost``: all functions keep all digits there.
    """

    op: str
    case: str
    digits: Digits

    @property
    def nothing_lost(self) -> bool:
        return keeps_all(self.digits)


@dataclass(frozen=True)
class KeyFigures:
    """Of one dtype on one device: order -> the fewest digits kept. Dtypes are never compared."""

    dtype: str
    device: str
    fewest: dict[int, Fewest]


def key_figures(summary: Summary) -> list[KeyFigures]:
    """Those of each dtype and device, where digits are known."""
    found: dict[tuple[str, str], dict[int, Fewest]] = {}
    for case in summary.cases:
        row = case.row
        by_order = found.setdefault((row["dtype"], row["device"]), {})
        for order, cell in case.cells.items():
            before = by_order.get(order)
            if cell.digits and (before is None or cell.digits.kept < before.digits.kept):
                by_order[order] = Fewest(row["op"], row["case"], cell.digits)
    places = sorted(found, key=lambda place: (dtype_order(place[0]), place[1]))
    return [KeyFigures(*place, dict(sorted(found[place].items()))) for place in places if found[place]]


# Both answers ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Proven:
    """Cases by both answers: is the formula proven at every derivative, and what does the worst value keep.

    Attributes:
        asked: cases whose formula some oracle was asked about; ``proven`` of them are proven.
        none, bad: of the proven those that keep no correct digit, and how many of these did not pass.
        few, unknown: further ones that keep less than half of the digits; whose digits are not known.
        conventions: cases that check a declared convention: there is no formula to be proven.
    """

    asked: int
    proven: int
    none: int = 0
    bad: int = 0
    few: int = 0
    unknown: int = 0
    conventions: int = 0

    def __str__(self) -> str:
        """
        >>> print(Proven(asked=1, proven=1))
        The formula is proven in 1 of 1 case; there each value keeps at least half of its digits.
        >>> print(Proven(asked=9, proven=8, few=2))
        The formula is proven in 8 of 9 cases; there the worst value keeps less than half of its digits in 2.
        """
        start = f"The formula is proven in {self.proven} of {plural(self.asked, 'case')}"
        if self.conventions:
            start += f" (beside {plural(self.conventions, 'case')} of a declared convention)"
        if not self.proven:
            return f"{start}."
        there = ", ".join(self._losses)
        kept = f"the worst value keeps {there}" if there else "each value keeps at least half of its digits"
        return f"{start}; there {kept}."

    @property
    def _losses(self) -> Iterator[str]:
        if self.none:
            yield f"no correct digit in {self.none} ({self.bad} did not pass)"
        if self.few:
            yield f"less than half of its digits in {self.few}{' more' if self.none else ''}"
        if self.unknown:
            yield f"an unknown number of digits in {self.unknown}"


def proven(summary: Summary) -> Proven:
    """How many formulas are proven, and what is left of the values there."""
    cases = summary.cases
    found = [case for case in cases if case.formula == "proven"]
    kept = [fewest(cell.digits for order, cell in case.cells.items() if order) for case in found]
    none = [case for case, each in zip(found, kept, strict=True) if each and each.kept < NO_DIGIT]
    return Proven(
        asked=sum(case.formula is not None for case in cases),
        proven=len(found),
        none=len(none),
        bad=sum(case.verdict != "pass" for case in none),
        few=sum(part_lost(each) > 0.5 for each in kept) - len(none),
        unknown=kept.count(None),
        conventions=sum(map(is_convention, cases)),
    )
