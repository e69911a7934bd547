"""What each dtype holds, and what derivatives keep of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median_low

from gradcheck.report.answers import Digits, fewest, full_digits
from gradcheck.report.by_device import names
from gradcheck.report.judged import JudgedCase
from gradcheck.report.summary import FunctionSummary, Summary
from gradcheck.system import floats

DTYPES = ("float16", "float32", "float64")


@dataclass(frozen=True)
class Held:
    """A dtype: its bits, its digits, its ULP at 1.

    Attributes:
        op, kept: a function, and the fewest digits that its derivatives keep: by order.
        half: what half of all functions keep at least, by order; ``functions`` counts them.
    """

    dtype: str
    op: str
    kept: Mapping[int, Digits]
    half: Mapping[int, Digits]
    functions: int

    @property
    def bits(self) -> int:
        return floats.precision(self.dtype)

    @property
    def ulp(self) -> float:
        return 2.0 ** (1 - self.bits)

    @property
    def full(self) -> Digits:
        return Digits(full_digits(self.dtype), self.dtype)


def held(function: FunctionSummary | None, summary: Summary) -> list[Held]:
    """Of each dtype in which the derivatives of that function were measured, on the first device."""
    device = next(iter(names(summary.cases)), "")
    found = []
    for dtype in DTYPES:
        kept = _kept(function.cases, dtype, device) if function else {}
        if function and kept:
            all_kept = [_kept(each.cases, dtype, device) for each in summary.functions]
            half = {order: _half(each[order] for each in all_kept if order in each) for order in kept}
            found.append(Held(dtype, function.op, kept, half, sum(bool(each) for each in all_kept)))
    return found


def _kept(cases: Iterable[JudgedCase], dtype: str, device: str) -> dict[int, Digits]:
    """Order of the derivative -> the fewest digits over these cases."""
    here = [case for case in cases if case.row["dtype"] == dtype and case.row["device"] == device]
    orders = sorted({order for case in here for order in case.cells if order > 0})
    found = {
        order: fewest(case.cells[order].digits for case in here if order in case.cells) for order in orders
    }
    return {order: digits for order, digits in found.items() if digits}


def _half(found: Iterable[Digits]) -> Digits:
    digits = list(found)
    return Digits(median_low(each.kept for each in digits), digits[0].dtype)
