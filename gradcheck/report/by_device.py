"""What several devices say of the same cases: side by side, where they differ, and from run to run."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gradcheck.records.jsonl import Row
from gradcheck.report.answers import dtype_order
from gradcheck.report.judged import Cell, JudgedCase, badness, grouped
from gradcheck.report.margin import is_larger
from gradcheck.report.summary import FunctionSummary, Summary

HALF = 0.5  # ULP: what rounding alone may cost


@dataclass(frozen=True)
class CaseOnDevices:
    """A case on each device that has measured it; what they have in common is that of the first."""

    cases: Mapping[str, JudgedCase]

    @property
    def first(self) -> JudgedCase:
        return next(iter(self.cases.values()))

    def cells(self, device: str, order: int) -> tuple[Cell | None, Cell | None]:
        """What the first device has at that order, and what this one has."""
        return self.first.cells.get(order), self.cases[device].cells.get(order)

    def times(self, device: str, order: int) -> float | None:
        """How many times as large the error is there as on the first device, if it is past the margin.

        Errors against different oracles are not compared; one below half an ULP, which no value can do
        better than by luck, counts as half.
        """
        one, other = self.cells(device, order)
        if not one or not other or one.oracle != other.oracle or None in (one.error_ulp, other.error_ulp):
            return None
        before, after = badness(one.error_ulp), badness(other.error_ulp)
        if not (is_larger(before, after) or is_larger(after, before)):
            return None
        return max(after, HALF) / max(before, HALF)

    def differs(self, device: str, order: int) -> bool:
        """Whether the verdicts of an order that both have differ."""
        return len({cell.verdict for cell in self.cells(device, order) if cell}) > 1


@dataclass(frozen=True)
class DeviceDifference:
    """A case that has another verdict or error on ``device`` than on the first one, where it does so most.

    ``orders`` counts those that differ, ``compared`` those that stand side by side.
    """

    op: str
    line: CaseOnDevices
    device: str
    order: int
    orders: int
    compared: int

    @property
    def cells(self) -> tuple[Cell | None, Cell | None]:
        return self.line.cells(self.device, self.order)

    @property
    def verdicts(self) -> bool:
        """Whether the verdicts differ."""
        return self.line.differs(self.device, self.order)

    @property
    def times(self) -> float | None:
        return self.line.times(self.device, self.order)


@dataclass(frozen=True)
class Total:
    """What was measured on one device: its cases by verdict, and what it is."""

    device: str
    names: list[str]
    cases: int
    certified: int
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Repeated:
    """A function whose values differ from run to run on a device: the case that does so most."""

    op: str
    worst: JudgedCase
    differing: int
    cases: int


@dataclass(frozen=True)
class Devices:
    """What all devices say.

    Attributes:
        compared: how many cases stand side by side.
        differences: those of which verdict or error is another.
        repeated: cases whose calls were repeated; ``unsteady`` has the functions whose values then differ.
        again: cases that several runs have measured.
    """

    names: list[str]
    totals: list[Total]
    compared: int
    differences: list[DeviceDifference]
    repeated: int
    unsteady: list[Repeated]
    again: int


def devices(summary: Summary) -> Devices:
    """The comparison of devices; empty for a single one."""
    cases = summary.cases
    pairs = [pair for function in summary.functions for pair in _pairs(function)]
    return Devices(
        names=names(cases),
        totals=[_total(device, cases, summary.runs) for device in names(cases)],
        compared=len(pairs),
        differences=sorted((pair for pair in pairs if pair.orders), key=_most_first),
        repeated=sum(case.run_to_run_ulp is not None for case in cases),
        unsteady=_unsteady(summary),
        again=sum(case.runs > 1 for case in cases),
    )


def names(cases: Iterable[JudgedCase]) -> list[str]:
    """The devices of these cases: the processor first."""
    return sorted({case.row["device"] for case in cases})


def lines(cases: Iterable[JudgedCase]) -> list[CaseOnDevices]:
    """Each case once, with all devices that measured it."""
    by_device = sorted(cases, key=lambda case: str(case.row["device"]))
    found = grouped(by_device, lambda case: everywhere(case.row))
    return [CaseOnDevices({case.row["device"]: case for case in found[name]}) for name in sorted(found)]


def by_dtype(lines: Iterable[CaseOnDevices]) -> list[tuple[str, list[CaseOnDevices]]]:
    """The lines of each dtype, in the order in which pages show these."""
    found = grouped(lines, lambda line: str(line.first.row["dtype"]))
    return [(dtype, found[dtype]) for dtype in sorted(found, key=dtype_order)]


def everywhere(row: Row) -> str:
    """The id of a case row's case without its device.

    >>> everywhere({"case": "tanh/float64/gpu/strided", "device": "gpu"})
    'tanh/float64/strided'
    """
    name, *rest = row["case"].split("/")
    return "/".join([name, *(part for part in rest if part != row["device"])])


def distance(ratio: float) -> float:
    """How far a ratio is from 1, on either side.

    >>> distance(0.5) == distance(2.0), distance(math.inf)
    (True, inf)
    """
    return abs(math.log(ratio)) if 0 < ratio < math.inf else math.inf


def _pairs(function: FunctionSummary) -> Iterator[DeviceDifference]:
    """Each case on each further device, compared with the first."""
    for line in lines(function.cases):
        for device in list(line.cases)[1:]:
            shared = [order for order in line.first.cells if order in line.cases[device].cells]
            if shared:
                yield _difference(function.op, line, device, shared)


def _difference(op: str, line: CaseOnDevices, device: str, shared: Sequence[int]) -> DeviceDifference:
    ratios = {order: line.times(device, order) for order in shared}
    other = {order: line.differs(device, order) for order in shared}
    most = max(shared, key=lambda order: (other[order], distance(ratios[order] or 1.0), -order))
    differing = sum(other[order] or ratios[order] is not None for order in shared)
    return DeviceDifference(op, line, device, most, differing, len(shared))


def _most_first(pair: DeviceDifference) -> tuple[bool, float, str]:
    """Other verdicts first, then the ratios that are furthest from 1."""
    return not pair.verdicts, -distance(pair.times or 1.0), everywhere(pair.line.first.row)


def _total(device: str, cases: Sequence[JudgedCase], runs: Sequence[Row]) -> Total:
    here = [case for case in cases if case.row["device"] == device]
    names = [each["name"] for run in runs for each in run["devices"] if each["device"] == device]
    return Total(
        device=device,
        names=list(dict.fromkeys(names)),
        cases=len(here),
        certified=sum(case.certified for case in here),
        counts=Counter(case.verdict for case in here),
    )


def _unsteady(summary: Summary) -> list[Repeated]:
    """Functions whose values differ from run to run, the furthest apart first."""
    found = []
    for function in summary.functions:
        for same in grouped(function.cases, lambda case: str(case.row["device"])).values():
            compared = [case for case in same if case.run_to_run_ulp is not None]
            differing = [case for case in compared if case.run_to_run_ulp]
            if differing:
                worst = max(differing, key=lambda case: badness(case.run_to_run_ulp))
                found.append(Repeated(function.op, worst, len(differing), len(compared)))
    return sorted(found, key=lambda each: (-badness(each.worst.run_to_run_ulp), each.op))
