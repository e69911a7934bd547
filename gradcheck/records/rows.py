"""A row of the records: made, and checked against the published schema."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from gradcheck.errors import RecordError
from gradcheck.records import conform, consistency
from gradcheck.records.conform import brief
from gradcheck.records.schema import KINDS, SCHEMA_VERSION, schema

Row = dict[str, Any]


def row(kind: str, fields: Mapping[str, Any]) -> Row:
    """The fields as a row of that kind.

    >>> row("warning", {"message": "stopped early"})
    {'schema_version': 4, 'kind': 'warning', 'message': 'stopped early'}
    """
    return {"schema_version": SCHEMA_VERSION, "kind": kind, **fields}


def validate(row: Mapping[str, Any]) -> None:
    """Raise RecordError unless ``row`` is exactly what the schema says of its kind.

    >>> validate(row("warning", {"message": "stopped early", "line": 3}))
    Traceback (most recent call last):
        ...
    gradcheck.errors.RecordError: warning row: unknown field 'line'
    """
    checked(json_values(row))


_AS_IT_IS = frozenset({str, int, bool, type(None)})


def json_values(value: Any) -> Any:
    """The value as JSON has it: NumPy's numbers as Python's, NaN and infinities as strings."""
    kind = type(value)
    if kind in _AS_IT_IS:
        return value
    if kind is float:
        return value if math.isfinite(value) else str(value)
    if isinstance(value, np.generic | np.ndarray):
        return json_values(value.tolist())
    if isinstance(value, Mapping):
        return {key: json_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_values(item) for item in value]
    return value


def checked(row: Any) -> Row:
    """The row with floats as floats, checked against the schema of its kind, and against itself."""
    found = conforming(row)
    contradiction = consistency.contradiction(found)
    if contradiction:
        raise RecordError(f"{found['kind']} row: {contradiction}")
    return found


def conforming(row: Any) -> Row:
    """The row with floats as floats, checked against the schema of its kind."""
    if not isinstance(row, dict):
        raise RecordError(f"expected an object, got {brief(row)}")
    version, kind = row.get("schema_version"), row.get("kind")
    if type(version) is not int:
        raise RecordError(f"expected an integer schema_version, got {brief(version)}")
    if version > SCHEMA_VERSION:
        raise RecordError(
            f"schema_version {brief(version)} is newer than this gradcheck reads ({SCHEMA_VERSION}); "
            "install a newer gradcheck"
        )
    if type(kind) is not str or kind not in KINDS:
        raise RecordError(f"unknown kind {brief(kind)}; expected one of {', '.join(KINDS)}")
    try:
        return _check(kind)(row)
    except conform.Mismatch as error:
        raise RecordError(f"{kind} row{''.join(reversed(error.path))}: {error}") from None


@cache
def _check(kind: str) -> conform.Check:
    defs = schema()["$defs"]
    return conform.compiled(defs[kind], defs)
