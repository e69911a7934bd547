"""How accurate the checks of tests are to be: a file of text that is committed beside the tests.

For each check, by its id, and each order it holds what a row says of accuracy: error, digits, formula. A
check is worse where `gradcheck compare` would say so: `gradcheck.report.margin.is_larger`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

from gradcheck.records.jsonl import Row
from gradcheck.report.answers import FORMULAS
from gradcheck.report.judged import Cell, badness, cases
from gradcheck.report.margin import is_larger
from gradcheck.system import files

VERSION = 1
_ON_GPU = " on the gpu"


class Accuracy(TypedDict):
    """How accurate one order of a check is.

    `digits` are correct ones of the worst element, `error_ulp` its error against `oracle`; each is None where
    it is not known.
    """

    digits: float | None
    error_ulp: float | None
    formula: str | None
    oracle: str


Accuracies = Mapping[str, Accuracy]  # order, as text -> what was found


class BaselineError(Exception):
    """A file is no baseline; the message says why."""


# What a check found -----------------------------------------------------------------------------------


def key_of(row: Row) -> str:
    """The name of a check in the file: its id and, where it is not the host, its device."""
    return str(row["case"]) + ("" if row["device"] == "cpu" else _ON_GPU)


def id_of(key: str) -> str:
    """The id of a check by its name in the file."""
    return key.removesuffix(_ON_GPU)


def accuracy_of(rows: Sequence[Row]) -> dict[str, Accuracy]:
    """What the rows of one check say of its accuracy, order by order."""
    (case,) = cases(rows)
    return {str(order): _accuracy(cell) for order, cell in case.cells.items() if cell.oracle or cell.formula}


def _accuracy(cell: Cell) -> Accuracy:
    return {
        "digits": None if cell.digits is None else round(cell.digits.kept, 1),
        "error_ulp": None if cell.error_ulp is None else _rounded(cell.error_ulp),
        "formula": cell.formula,
        "oracle": cell.oracle,
    }


def _rounded(error: float) -> float:
    """Three figures: the others are the processor's."""
    return float(f"{error:.3g}")


# Is it worse? -----------------------------------------------------------------------------------------


def worsened(before: Accuracies, now: Accuracies) -> list[str]:
    """What is worse than before, a sentence for each order; an order that only one side has is none.

    >>> old: Accuracy = {"digits": 15.6, "error_ulp": 0.5, "formula": "proven", "oracle": "jet"}
    >>> worsened({"2": old}, {"2": {**old, "digits": 14.1, "error_ulp": 35.0}})
    ['order 2: error 35 ULP, before 0.5 ULP; 14.1 digits are kept, before 15.6']
    """
    return [sentence for order in _both(before, now) for sentence in _worse(order, before[order], now[order])]


def _worse(order: str, before: Accuracy, now: Accuracy) -> Iterator[str]:
    if _error_is_larger(before, now):
        digits = f"; {now['digits']} digits are kept, before {before['digits']}"
        shown = digits if before["digits"] != now["digits"] else ""
        yield f"order {order}: error {now['error_ulp']:g} ULP, before {before['error_ulp']:g} ULP{shown}"
    if _rank(now) < _rank(before):
        yield f"order {order}: the formula is {now['formula']}, before {before['formula']}"


def _error_is_larger(before: Accuracy, now: Accuracy) -> bool:
    """Of errors against the same oracle, as a comparison of records has it."""
    measured = None not in (before["error_ulp"], now["error_ulp"])
    same = before["oracle"] == now["oracle"]
    return measured and same and is_larger(badness(before["error_ulp"]), badness(now["error_ulp"]))


def _rank(found: Accuracy) -> int:
    return -1 if found["formula"] is None else FORMULAS.index(found["formula"])


def _both(before: Accuracies, now: Accuracies) -> list[str]:
    return [order for order in before if order in now]


def refreshed(before: Accuracies | None, now: Accuracies) -> Accuracies:
    """What an update writes of a check: what was there, where nothing has moved past the margin.

    So the file is changed by what the author did, and not by the last bits of another processor.
    """
    same = before is not None and before.keys() == now.keys()
    if before is None or not same or any(_moved(before[order], now[order]) for order in now):
        return now
    return before


def _moved(before: Accuracy, now: Accuracy) -> bool:
    said = [(each["formula"], each["oracle"], each["error_ulp"] is None) for each in (before, now)]
    return said[0] != said[1] or _error_is_larger(before, now) or _error_is_larger(now, before)


# The file ---------------------------------------------------------------------------------------------


def read(path: Path) -> dict[str, Accuracies]:
    """The checks of a file.

    Raises:
        BaselineError: it holds something else.
        OSError: it cannot be read.
    """
    files.check_readable(path)
    return parsed(path.read_bytes())


def parsed(text: bytes) -> dict[str, Accuracies]:
    """The checks of a file's text.

    Raises:
        BaselineError: it holds something else.

    >>> parsed(b'{"version": 1}')
    Traceback (most recent call last):
    gradcheck.running.pytest_baseline.BaselineError: expected an object with "version" and "checks"
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:  # also what is no UTF-8
        raise BaselineError(str(error)) from None
    if not isinstance(found, dict) or not isinstance(found.get("checks"), dict) or "version" not in found:
        raise BaselineError('expected an object with "version" and "checks"')
    if found["version"] != VERSION:
        raise BaselineError(f"it is of version {found['version']!r}, expected {VERSION}")
    for key, orders in found["checks"].items():
        if not isinstance(orders, dict):
            raise BaselineError(f"check {key!r}: expected an object of orders")
        for order, accuracy in orders.items():
            if not order.isdecimal() or not _fits(accuracy):
                raise BaselineError(f"check {key!r}, order {order!r}: expected {_EXPECTED}")
    return dict(found["checks"])


_EXPECTED = (
    "digits and error_ulp, numbers or null, formula, one of its four words or null, and oracle, a text"
)


def _fits(found: Any) -> bool:
    return (
        isinstance(found, dict)
        and found.keys() == Accuracy.__annotations__.keys()
        and all(_is_figure(found[name]) for name in ("digits", "error_ulp"))
        and found["formula"] in (*FORMULAS, None)
        and isinstance(found["oracle"], str)
    )


def _is_figure(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def text_of(checks: Mapping[str, Accuracies]) -> str:
    """The file: a line for each order, sorted, so that a difference shows what has changed.

    >>> print(text_of({"t.py::test#1": {"1": Accuracy(digits=16, error_ulp=0, formula=None, oracle="jet")}}))
    {
      "version": 1,
      "checks": {
        "t.py::test#1": {
          "1": {"digits": 16, "error_ulp": 0, "formula": null, "oracle": "jet"}
        }
      }
    }
    <BLANKLINE>
    """
    entries = [
        f"    {json.dumps(key)}: {{\n{_lines(checks[key])}\n    }}" for key in sorted(checks, key=_place)
    ]
    inside = "".join(f"\n{entry}," for entry in entries).removesuffix(",")
    return f'{{\n  "version": {VERSION},\n  "checks": {{{inside}\n  }}\n}}\n'


def _lines(orders: Accuracies) -> str:
    written = (f'      "{n}": {json.dumps(orders[n], sort_keys=True)}' for n in sorted(orders, key=int))
    return ",\n".join(written)


def _place(key: str) -> tuple[str, int, str]:
    """By test, and then by number."""
    test, _, number = id_of(key).rpartition("#")
    return test, int(number) if number.isdecimal() else 0, key


# An update --------------------------------------------------------------------------------------------


def updated(
    before: Mapping[str, Accuracies],
    measured: Mapping[str, Accuracies],
    finished: Mapping[str, Iterable[str]],
    gone: Iterable[str],
) -> dict[str, Accuracies]:
    """The file's next checks.

    Args:
        before: those that it has.
        measured: of checks that passed: their accuracy now.
        finished: the tests that ran to a good end -> the ids of their checks that passed.
        gone: ids of tests that there are no more.
    """
    lost = set(gone)
    kept = {key: orders for key, orders in before.items() if not _is_over(id_of(key), finished, lost)}
    return kept | {key: refreshed(before.get(key), orders) for key, orders in measured.items()}


def _is_over(check: str, finished: Mapping[str, Iterable[str]], gone: set[str]) -> bool:
    """Whether a check is made no more."""
    test = check.rpartition("#")[0]
    return test in gone or (test in finished and check not in finished[test])
