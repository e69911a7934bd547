"""What a row of the records is: its kinds, their fields, the check against the published schema.

``records.schema.json`` beside this file is the schema; the TypedDicts here are the same fields for
type checkers (a test keeps the two equal).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict

import numpy as np

SCHEMA_VERSION = 2
Verdict = Literal["pass", "fail", "inconclusive", "not-tested"]
VERDICTS: tuple[Verdict, ...] = ("pass", "fail", "inconclusive", "not-tested")
Device = Literal["cpu", "gpu"]
Oracle = Literal[
    "jet", "symbolic", "finite_difference", "formula", "convention", "contract"
]
MutantOutcome = Literal[
    "killed", "survived", "equivalent", "within rounding", "not applicable", "unharmed", "false alarm"
]
Row = dict[str, Any]


class RecordError(ValueError):
    """A row or a file of records is not what the schema says; the message says where and why."""


class Machine(TypedDict):
    system: str
    processor: str
    cores: int


class Workers(TypedDict):
    """Processes of a cluster that are alike; ``count`` of them."""

    count: int
    machine: Machine
    versions: dict[str, str]


class DeviceName(TypedDict):
    device: Device
    name: str


class RunRow(TypedDict):
    """One run: who measured what, where and how. ``declared`` counts distinct cases.

    ``machine`` is the one that the command ran on, ``workers`` those that a cluster measured on.
    """

    run: str
    started: str
    command: str
    profile: str
    seed: int
    versions: dict[str, str]
    machine: Machine
    devices: list[DeviceName]
    declared: int
    workers: NotRequired[list[Workers]]


class CaseRow(TypedDict):
    """What one oracle says about one case at one order (0: forward against the formula)."""

    run: str
    case: str
    op: str
    topic: str
    params: str
    shapes: list[list[int]]
    order: int
    dtype: str
    device: Device
    layout: str
    oracle: Oracle
    certified: bool
    verdict: Verdict
    reason: str
    diagnosis: str | None
    error_ulp: float | None
    error_abs: float | None
    error_rel: float | None
    bound_ulp: float | None
    tolerance_ulp: float | None
    declared_ulp: float | None
    where: str
    expected: str
    got: str
    input_value: str
    seconds: float
    seed: int
    reproduce: str


class Derivatives(TypedDict):
    value: str
    first: str
    second: str


class FormulaRow(TypedDict):
    """An op's formula and derivatives; ``covers`` are the names of dezero it stands for."""

    op: str
    topic: str
    mathml: Derivatives
    text: Derivatives
    covers: list[str]
    note: str


class Errors(TypedDict):
    step: list[float]
    error: list[float]


class ErrorModel(TypedDict):
    step: list[float]
    truncation: list[float]
    rounding: list[float]


class CurveRow(TypedDict):
    """Relative error of numerical derivatives against the step size, at the point ``x``."""

    op: str
    order: int
    x: float
    input: str
    truth: str
    schemes: dict[str, Errors]
    model: ErrorModel
    chosen_step: float
    chosen_error: float


class RangeRow(TypedDict):
    """Error of the derivative, in ULPs, over the whole domain, tails included."""

    op: str
    order: int
    x: list[float]
    error_ulp: list[float]


class Numeric(TypedDict):
    x: list[float]
    value: list[float]
    bound: list[float]


class SectionRow(TypedDict):
    """An op and its derivatives along one element of its input, by backward and numerically."""

    op: str
    order: int
    input: str
    x: list[float]
    analytic: list[float]
    error_ulp: list[float]
    numeric: Numeric


class Node(TypedDict):
    label: str
    function: bool


class GraphRow(TypedDict):
    """The computational graph of an op (order 0) or of its gradient; edges are pairs of nodes."""

    op: str
    order: int
    nodes: list[Node]
    edges: list[list[int]]


class SourceRow(TypedDict):
    """The source of backward of a Function that an op is made of."""

    op: str
    name: str
    path: str
    line: int
    text: str


class StudyRow(TypedDict):
    """A study; its figures and tables are rows of their own, in the order of ``place``."""

    study: str
    title: str
    lead: str
    seconds: float


class AxisLabel(TypedDict):
    label: str
    log: bool


class FigureLine(TypedDict):
    label: str
    style: Literal["line", "marks", "thin"]
    x: list[float]
    y: list[float]


class FigureRow(TypedDict):
    """A plot of a study."""

    study: str
    place: int
    title: str
    text: str
    caption: str
    x: AxisLabel
    y: AxisLabel
    lines: list[FigureLine]


class TableRow(TypedDict):
    """A table of a study; the first cell of each row names it."""

    study: str
    place: int
    title: str
    text: str
    caption: str
    columns: list[str]
    cells: list[list[str | float | None]]


class NetworkRow(TypedDict):
    """One parameter of a network on real data: central differences against backprop."""

    run: str
    name: str
    data: str
    parameter: str
    shape: list[int]
    elements: int
    mean_abs_diff: float
    max_abs_diff: float
    error_ulp: float | None
    verdict: Verdict
    reason: str
    seconds: float


class ExemptRow(TypedDict):
    """What was not measured, and why; ``count`` is the number of cases this leaves out."""

    op: str
    reason: str
    what: str
    count: int


class MutantRow(TypedDict):
    """A bug planted in one Function class, and what the checker said of one case with it.

    ``order`` is the lowest that failed, ``visible_order`` the lowest at which anything changed;
    ``named`` says whether the diagnosis named the bug.
    """

    run: str
    mutant: str
    bug: str
    function: str
    case: str
    op: str
    topic: str
    outcome: MutantOutcome
    verdict: Verdict
    reason: str
    order: int | None
    visible_order: int | None
    diagnosis: str | None
    named: bool
    seconds: float
    reproduce: str


class EndRow(TypedDict):
    """The end of a run; ``counts`` is the number of cases with each verdict."""

    run: str
    finished: str
    seconds: float
    declared: int
    executed: int
    interrupted: bool
    counts: dict[str, int]


class WarningRow(TypedDict):
    """Something a reader of the records should know."""

    message: str


#: Kind -> the fields a row of that kind has, beside ``schema_version`` and ``kind``.
KINDS: dict[str, type] = {
    "run": RunRow,
    "case": CaseRow,
    "formula": FormulaRow,
    "curve": CurveRow,
    "range": RangeRow,
    "section": SectionRow,
    "graph": GraphRow,
    "source": SourceRow,
    "study": StudyRow,
    "figure": FigureRow,
    "table": TableRow,
    "network": NetworkRow,
    "exempt": ExemptRow,
    "mutant": MutantRow,
    "end": EndRow,
    "warning": WarningRow,
}


def row(kind: str, fields: Mapping[str, Any]) -> Row:
    """The fields as a row of that kind.

    >>> row("warning", {"message": "stopped early"})
    {'schema_version': 2, 'kind': 'warning', 'message': 'stopped early'}
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
