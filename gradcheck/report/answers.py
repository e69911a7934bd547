"""The two answers of case rows: is the formula right, and how many digits does its value keep."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from gradcheck.records.jsonl import ORACLES, Row
from gradcheck.system import floats

#: From the worst to the best.
FORMULAS = ("wrong", "unknown", "supported", "proven")
_DTYPES = ("float64", "float32", "float16", "longdouble")  # in the order of columns; others come after them
_A_FLOAT = re.compile("float[0-9]+|(long)?double|half|single")  # NumPy reads much else as a dtype


@dataclass(frozen=True, slots=True)
class Digits:
    """Correct digits of a value, and the dtype that it has."""

    kept: float
    dtype: str

    @property
    def lost(self) -> float:
        """The part of the dtype's digits that is lost.

        >>> Digits(0.0, "float64").lost, Digits(1.65, "float16").lost > 0.5
        (1.0, True)
        """
        full = full_digits(self.dtype)
        return 1 - min(self.kept / full, 1.0) if full else 0.0


def full_digits(dtype: str) -> float:
    """The digits of a dtype; 0 where this machine has not that dtype.

    >>> full_digits("float64") > 15.9, full_digits("float1024")
    (True, 0.0)
    """
    try:
        return floats.full_digits(dtype) if _A_FLOAT.fullmatch(dtype) else 0.0
    except (TypeError, ValueError):
        return 0.0


def dtype_order(name: str) -> tuple[int, str]:
    """A key that sorts dtypes as pages show them.

    >>> sorted(["float16", "bfloat16", "float64"], key=dtype_order)
    ['float64', 'float16', 'bfloat16']
    """
    return (_DTYPES.index(name) if name in _DTYPES else len(_DTYPES)), name


def digits_of(row: Row) -> Digits | None:
    return None if row["digits"] is None else Digits(row["digits"], row["dtype"])


def keeps_all(digits: Digits) -> bool:
    """Whether the tenths of digits that pages show are those of the dtype.

    >>> keeps_all(Digits(15.93, "float64")), keeps_all(Digits(8.3, "float64"))
    (True, False)
    """
    return math.floor(10 * digits.kept) >= math.floor(10 * full_digits(digits.dtype))


class Allowed(NamedTuple):
    """The bound that an error must keep, in ULPs, and which of two it is; empty where there is one alone.

    ``excused``: what of a declared bound is rounding of the data, where it had to be asked.
    """

    ulp: float | None
    by: str
    excused: float | None = None


def allowed(row: Row) -> Allowed:
    """The tighter of what rounding and the oracle explain (derived) and what the spec declares.

    >>> allowed({"tolerance_ulp": 8.0, "declared_ulp": 16.0})
    Allowed(ulp=8.0, by='derived', excused=None)
    >>> allowed({"tolerance_ulp": 64.0, "declared_ulp": 16.0})
    Allowed(ulp=16.0, by='declared', excused=None)
    >>> allowed({"tolerance_ulp": 64.0, "declared_ulp": 16.0, "excused_ulp": 4.0})
    Allowed(ulp=20.0, by='declared', excused=4.0)
    >>> allowed({"tolerance_ulp": 2.0, "declared_ulp": None})
    Allowed(ulp=2.0, by='', excused=None)
    """
    derived, declared, excused = row["tolerance_ulp"], row["declared_ulp"], row.get("excused_ulp")
    if declared is None:
        return Allowed(derived, "")
    declared += excused or 0.0
    if derived is None or declared < derived:
        return Allowed(declared, "declared", excused)
    return Allowed(derived, "derived")


def part_lost(digits: Digits | None) -> float:
    """A key that sorts by the part of the digits that is lost, not known first."""
    return -1.0 if digits is None else digits.lost


def fewest(found: Iterable[Digits | None]) -> Digits | None:
    """Of several values the one that lost most of its dtype's digits.

    >>> fewest([Digits(15.0, "float64"), None, Digits(3.0, "float16")])
    Digits(kept=3.0, dtype='float16')
    """
    return max(found, key=part_lost, default=None)


def formula_of(rows: Iterable[Row]) -> str | None:
    """What several oracles say of one formula; None where no oracle was asked.

    >>> formula_of([{"oracle": "jet", "formula": "proven"}, {"oracle": "symbolic", "formula": "supported"}])
    'proven'
    """
    said = [row["formula"] for row in rows if row["oracle"] in ORACLES]
    return "wrong" if "wrong" in said else max(said, key=FORMULAS.index, default=None)


def weakest(formulas: Iterable[str | None]) -> str | None:
    """What holds of all of several formulas; None where none was asked about.

    >>> weakest(["proven", None, "supported"])
    'supported'
    """
    return min((each for each in formulas if each is not None), key=FORMULAS.index, default=None)
