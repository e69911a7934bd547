"""The oracles by name. A new one needs a line here, and its file in `gradcheck/judging/estimate/`.

These are names alone, without what an oracle computes with, so that records and reports can have them.
"""

from __future__ import annotations

from typing import NamedTuple


class Oracle(NamedTuple):
    """What gives a derivative, to be held against that of backward.

    Attributes:
        name: in evidence, records and reports; also that of its file.
        proves: its bounds are proofs, so at an order that it has compared, it decides.
    """

    name: str
    proves: bool = False


#: In the order in which their figures are quoted.
_ALL = (
    Oracle("jet", proves=True),  # asked first, of every case: `gradcheck/judging/orders.py`
    Oracle("symbolic"),
    Oracle("finite_difference"),
)
ORACLES = tuple(oracle.name for oracle in _ALL)
PROOFS = frozenset(oracle.name for oracle in _ALL if oracle.proves)
FALLBACK = "finite_difference"  # used for every case for which nothing is proven
SOURCES = (*ORACLES, "formula", "convention", "contract")  # of what a row of a case says
