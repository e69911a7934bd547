"""Rows of older records, brought to the present schema as they are read.

Version 3 added to case rows whether the formula is right (`formula`), how many digits its value keeps
(`digits`) and `warnings`. What older rows measured says the first two, where it says it. Version 4 added to
run rows the `source` and what their devices are (`properties`).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradcheck.oracles.registry import ORACLES, PROOFS
from gradcheck.records.rows import Row
from gradcheck.records.schema import SCHEMA_VERSION
from gradcheck.system import floats


def upgraded(row: Any) -> Any:
    """The row as the present version has it; what is no row of an older version stays as it is.

    >>> upgraded({"schema_version": 2, "kind": "warning", "message": "stopped early"})
    {'schema_version': 4, 'kind': 'warning', 'message': 'stopped early'}
    """
    version = row.get("schema_version") if isinstance(row, dict) else None
    if type(version) is not int or not 0 < version < SCHEMA_VERSION:
        return row
    new = {**row, "schema_version": SCHEMA_VERSION}
    if row.get("kind") == "case" and version < 3:
        new |= _answers(row)
    elif row.get("kind") == "run":
        new |= {"source": "", "devices": _devices(row.get("devices"))}
    return new


def _answers(row: Row) -> Row:
    return {"formula": _formula(row), "digits": _digits(row), "warnings": []}


def _devices(found: Any) -> Any:
    """Devices without properties, which were not recorded; what is wrong with them the schema says."""
    if not isinstance(found, list):
        return found
    return [{**each, "properties": {}} if isinstance(each, dict) else each for each in found]


def _formula(row: Row) -> str:
    """A derivative that passed showed its formula; that of a fail may be right, badly rounded."""
    if row.get("verdict") != "pass" or row.get("oracle") not in ORACLES:
        return "unknown"
    return "proven" if row.get("oracle") in PROOFS and row.get("certified") else "supported"


def _digits(row: Row) -> float | None:
    """Digits of the value, where a truth was known to its last one.

    A difference's error is the oracle's own, and a contraction of all elements is no element's value.
    """
    try:
        known = float(row["bound_ulp"]) <= 1 and str(row["where"]).startswith("input ")
        return _of_errors(row["error_abs"], row["error_rel"], row["dtype"]) if known else None
    except (KeyError, TypeError, ValueError, OverflowError):  # not measured, or wrong: the schema says so
        return None


def _of_errors(absolute: Any, relative: Any, dtype: str) -> float:
    """The digits of `ulp.digits`, from the errors that a row has."""
    full, least = floats.full_digits(dtype), max(float(np.finfo(dtype).tiny), 5e-324)
    error = float(absolute) / least  # the range of the dtype takes digits from what is smaller
    if relative is not None:
        error = min(error, float(relative))
    if math.isnan(error):
        return 0.0
    return min(full, max(0.0, -math.log10(error))) if error else full
