"""A row of the records: made, and checked against the published schema.

``records.schema.json`` beside this file is the schema; `row_kinds` has the same fields for type checkers.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.row_kinds import KINDS, VERDICTS, DeviceRow, EndRow, Machine, Verdict, Workers

__all__ = [
    "KINDS",
    "SCHEMA_VERSION",
    "VERDICTS",
    "DeviceRow",
    "EndRow",
    "Machine",
    "RecordError",
    "Row",
    "Verdict",
    "Workers",
    "checked",
    "plain",
    "row",
    "schema",
    "validate",
]

SCHEMA_VERSION = 4
Row = dict[str, Any]


class RecordError(ValueError):
    """A row or a file of records is not what the schema says; the message says where and why."""


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
    gradcheck.rows.RecordError: warning row: unknown field 'line'
    """
    checked(plain(row))


def plain(value: Any) -> Any:
    """The value as JSON has it: NumPy's numbers as Python's, NaN and infinities as strings."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


@cache
def schema() -> dict[str, Any]:
    """The published JSON Schema (draft 2020-12) of a row."""
    return json.loads(Path(__file__).with_name("records.schema.json").read_text(encoding="utf-8"))


def checked(row: Any) -> Row:
    """The row with floats as floats, checked against the schema of its kind."""
    if not isinstance(row, dict):
        raise RecordError(f"expected an object, got {_brief(row)}")
    version, kind = row.get("schema_version"), row.get("kind")
    if type(version) is not int:
        raise RecordError(f"expected an integer schema_version, got {_brief(version)}")
    if version > SCHEMA_VERSION:
        raise RecordError(
            f"schema_version {version} is newer than this gradcheck reads ({SCHEMA_VERSION}); "
            "install a newer gradcheck"
        )
    if kind not in KINDS:
        raise RecordError(f"unknown kind {_brief(kind)}; expected one of {', '.join(KINDS)}")
    return _conform(row, schema()["$defs"][kind], f"{kind} row")


_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def _conform(value: Any, rule: dict[str, Any], where: str) -> Any:
    """``value`` with floats as floats; RecordError where it breaks the rule.

    Understands the part of JSON Schema that ours is written in, which saves users a dependency;
    the tests hold it against the jsonschema package.
    """
    rule = schema()["$defs"][rule["$ref"].rpartition("/")[2]] if "$ref" in rule else rule
    if "const" in rule and value != rule["const"]:
        raise RecordError(f"{where}: expected {rule['const']!r}, got {_brief(value)}")
    if "enum" in rule and value not in rule["enum"]:
        raise RecordError(f"{where}: expected one of {rule['enum']}, got {_brief(value)}")
    if "type" in rule:
        _conform_type(value, rule, where)
    if isinstance(value, dict):
        return _conform_object(value, rule, where)
    if isinstance(value, list):
        return [_conform(item, rule["items"], f"{where}[{i}]") for i, item in enumerate(value)]
    return float(value) if "pattern" in rule and value is not None else value


def _conform_type(value: Any, rule: dict[str, Any], where: str) -> None:
    names = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
    fits = any(isinstance(value, _TYPES[name]) for name in names)
    if isinstance(value, bool):  # an int to Python, not to JSON
        fits = "boolean" in names
    elif isinstance(value, str) and "pattern" in rule:
        fits = re.search(rule["pattern"], value) is not None
    elif isinstance(value, int):
        fits = fits and rule.get("minimum", value) <= value <= rule.get("maximum", value)
    if not fits:
        raise RecordError(f"{where}: expected {_expectation(rule, names)}, got {_brief(value)}")


def _expectation(rule: dict[str, Any], names: list[str]) -> str:
    if "pattern" in rule:
        names = [name if name != "string" else "'nan', 'inf', '-inf'" for name in names]
    limits = [f"{word} {rule[word]}" for word in ("minimum", "maximum") if word in rule]
    return " ".join([" or ".join(names), *limits])


def _conform_object(value: Row, rule: dict[str, Any], where: str) -> Row:
    known, other = rule.get("properties", {}), rule["additionalProperties"]
    for name in rule.get("required", ()):
        if name not in value:
            raise RecordError(f"{where}: missing field {name!r}")
    for name in value:
        if name not in known and not other:
            raise RecordError(f"{where}: unknown field {name!r}")
    return {
        name: _conform(item, known.get(name, other), f"{where}: {name}")
        for name, item in value.items()
    }


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
