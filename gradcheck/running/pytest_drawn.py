"""What the pages of `--gradcheck-report` draw: of each op that the tests check one case, once, at the end.

Each process keeps of each op the case that shows most: one that fails before one that passes, of double
precision, of several orders, small. When its tests are done it draws these in copies of itself, within a time
limit, so that an op that hangs or dies costs a picture and no session. Rows of pytest-xdist's workers travel
to the controlling process, which takes for each op those of the case that shows most.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from gradcheck.system.raised import described

if TYPE_CHECKING:
    from gradcheck.cases.case import Case
    from gradcheck.judging.finding import Result
    from gradcheck.specs import Spec

Rows = list[dict[str, Any]]
Drawn = Mapping[str, tuple[list[int], Rows]]  # op -> the rank of its case, and its rows

SECONDS = 30.0  # for one op
ALL_SECONDS = 120.0  # for those of one process
MOST_ORDERS = 3


class _Kept(NamedTuple):
    rank: list[int]
    case: Case
    target: Any
    spec: Spec | None


class Drawings:
    """The cases of a process that are to be drawn."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    def keep(self, case: Case, result: Result, target: Any, spec: Spec | None = None) -> None:
        """Note the case, if it shows more than the one that is known of its op.

        Args:
            target: what the user has written of the op.
            spec: that whose formula is to be typeset.
        """
        rank = _rank(case, result)
        known = self._kept.get(case.op)
        if known is None or rank < known.rank:
            self._kept[case.op] = _Kept(rank, case, target, spec)

    def drawn(self) -> Drawn:
        """The rows of each op; a warning for one that could not be drawn, or for which no time was left."""
        until = time.monotonic() + ALL_SECONDS
        all_kept = dict(self._kept)  # a thread of a test may still be checking
        _load(all_kept.values())
        return {op: (kept.rank, _rows(op, kept, until)) for op, kept in all_kept.items()}


def rows_of(several: Iterable[Drawn]) -> Rows:
    """Those of several processes together: for each op of the case that shows most."""
    best: dict[str, tuple[Sequence[int], Rows]] = {}
    for drawn in several:
        for op, (rank, rows) in drawn.items():
            if op not in best or list(rank) < list(best[op][0]):
                best[op] = rank, rows
    return [row for op in sorted(best) for row in best[op][1]]


def _rank(case: Case, result: Result) -> list[int]:
    """Sorts first what is to be drawn."""
    import numpy as np  # not needed in sessions without a report

    empty = not all(np.size(x) for x in case.inputs)
    other = np.dtype(case.dtype) != np.float64
    orders = min(case.order, MOST_ORDERS)
    return [empty, result.verdict != "fail", other, -orders, sum(np.size(x) for x in case.inputs)]


def _load(all_kept: Collection[_Kept]) -> None:
    """Load here, once, what each copy of this process would load for itself."""
    if all_kept:
        import gradcheck.experiments.studies.own_op
    if any(kept.spec is not None for kept in all_kept):
        import sympy.physics.units  # noqa: F401  # which SymPy loads when it simplifies

        import gradcheck.running.formula  # noqa: F401


def _rows(op: str, kept: _Kept, until: float) -> Rows:
    from gradcheck.running import forked

    seconds = min(SECONDS, until - time.monotonic())
    if seconds <= 0:
        return [_warning(op, f"the session's {ALL_SECONDS:g} s for drawing are over")]

    def apart() -> Rows:
        try:
            return _measured(kept)
        except BaseException as error:  # an op that exits ends the copy's work, no session
            return [_warning(op, described(error))]

    try:
        return forked.within(seconds, apart) if forked.can_fork() else _measured(kept)
    except (TimeoutError, EOFError) as error:  # it took too long, or died: the text says which
        return [_warning(op, str(error))]
    except Exception as error:
        return [_warning(op, described(error))]


def _measured(kept: _Kept) -> Rows:
    from gradcheck.experiments.studies import own_op
    from gradcheck.records.rows import json_values
    from gradcheck.running.formula import formula_row

    with warnings.catch_warnings():  # of what the tests make of warnings nothing is known here
        warnings.simplefilter("ignore")
        found = own_op.rows(kept.case.op, kept.case, min(kept.case.order, MOST_ORDERS), kept.target)
        if kept.spec is not None:
            found.append(formula_row(kept.spec) | {"op": kept.case.op})
    return [json_values(row) for row in found]


def _warning(op: str, why: str) -> dict[str, Any]:
    from gradcheck.records.rows import row
    from gradcheck.system.texts import storable

    message = f"{op}: what its page draws could not be measured: {why}"
    return dict(row("warning", {"message": storable(message)}))
