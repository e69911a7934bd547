"""What changed since a baseline, by the cells of the matrix that it stands in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcheck.report.changed import Changes, VerdictChange
from gradcheck.report.judged import JudgedCase

#: What may be said of a cell, the worst first; of several changes the worst is said.
WORDS = {
    "worse": "a worse verdict than in the baseline",
    "less": "less accurate than in the baseline",
    "better": "a better verdict than in the baseline",
    "more": "more accurate than in the baseline",
}
Place = tuple[str, str, int, str]  # function, device, order, dtype


def marks(changes: Changes, cases: Sequence[JudgedCase]) -> dict[Place, str]:
    """Place -> what changed there: of WORDS."""
    by_name = {case.row["case"]: case for case in cases}
    found: dict[Place, str] = {}
    for what, name, orders in _changed(changes, by_name):
        row = by_name[name].row
        for order in orders:
            found.setdefault((row["op"], row["device"], order, row["dtype"]), what)
    return found


def _changed(changes: Changes, cases: dict[str, JudgedCase]) -> Iterator[tuple[str, str, list[int]]]:
    """What, of which case, at which orders; as WORDS are."""
    verdicts = {"worse": changes.worse, "better": changes.better}
    errors = {"less": changes.less_accurate, "more": changes.more_accurate}
    for what in WORDS:
        for change in verdicts.get(what, []):
            if change.case in cases:  # else it is of a network
                yield what, change.case, _orders(change, cases[change.case])
        for error in errors.get(what, []):
            yield what, error.case, [error.order]


def _orders(change: VerdictChange, case: JudgedCase) -> list[int]:
    """The orders that a verdict changed at: those which have it now; where it is better, all of the case."""
    if not change.worse:
        return list(case.cells)
    if change.new == "pass":  # which was certified before
        return [order for order, cell in case.cells.items() if order and not cell.certified]
    return [order for order, cell in case.cells.items() if cell.verdict == change.new]
