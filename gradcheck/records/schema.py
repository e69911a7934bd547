"""The published schemas (JSON Schema, draft 2020-12), made of types: of rows, `check --json`, a history.

`python -m gradcheck.records.schema` writes ``records.schema.json``, ``check.schema.json`` and
``history.schema.json`` anew.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from inspect import cleandoc
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

from gradcheck.records import drawn_rows, judged_rows
from gradcheck.records.check_document import CHECK_VERSION, CheckDocument
from gradcheck.records.fields import Rule
from gradcheck.records.history_line import HISTORY_VERSION, HistoryLine
from gradcheck.system import files

SCHEMA_VERSION = 4
FILE = Path(__file__).with_name("records.schema.json")
CHECK_FILE = Path(__file__).with_name("check.schema.json")
HISTORY_FILE = Path(__file__).with_name("history.schema.json")

#: Kind -> the fields a row of that kind has, besides ``schema_version`` and ``kind``.
KINDS: dict[str, type] = {
    "run": judged_rows.RunRow,
    "case": judged_rows.CaseRow,
    "formula": drawn_rows.FormulaRow,
    "curve": drawn_rows.CurveRow,
    "range": drawn_rows.RangeRow,
    "section": drawn_rows.SectionRow,
    "graph": drawn_rows.GraphRow,
    "source": drawn_rows.SourceRow,
    "study": drawn_rows.StudyRow,
    "figure": drawn_rows.FigureRow,
    "table": drawn_rows.TableRow,
    "network": judged_rows.NetworkRow,
    "exempt": judged_rows.ExemptRow,
    "mutant": judged_rows.MutantRow,
    "end": judged_rows.EndRow,
    "warning": judged_rows.WarningRow,
}
_TITLE = (
    f"A row of gradcheck's records (JSON lines), version {SCHEMA_VERSION}; "
    "older rows are brought to it as they are read"
)
_VERSION = {
    "description": "2 added section, graph, source, study, figure, table and mutant rows, "
    "and a run's workers; 3 a case's formula, digits and warnings; "
    "4 a run's source, its devices' properties, and a case's run_to_run_ulp.",
    "const": SCHEMA_VERSION,
}
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}
_WIDTH = 110
Keywords = dict[str, Any]


@cache
def schema() -> Keywords:
    """The schema of a row; ``$defs`` has that of each kind.

    >>> schema()["$defs"]["warning"]["required"]
    ['schema_version', 'kind', 'message']
    """
    defs: Keywords = {"version": _VERSION}
    kinds = {kind: _row(kind, fields, defs) for kind, fields in KINDS.items()}
    return {
        "$schema": _DRAFT,
        "title": _TITLE,
        "oneOf": [_reference(kind) for kind in kinds],
        "$defs": defs | kinds,
    }


def _reference(name: str) -> Keywords:
    return {"$ref": f"#/$defs/{name}"}


def _row(kind: str, fields: type, defs: Keywords) -> Keywords:
    head = {"schema_version": _reference("version"), "kind": {"const": kind}}
    body = _object(fields, defs)
    return {
        "description": cleandoc(fields.__doc__ or "").partition("\n\n")[0],
        **body,
        "required": [*head, *body["required"]],
        "properties": head | body["properties"],
    }


def _object(fields: type, defs: Keywords) -> Keywords:
    hints = get_type_hints(fields, include_extras=True)
    required = [name for name, hint in hints.items() if get_origin(hint) is not NotRequired]
    return _closed({name: _rule(hint, defs) for name, hint in hints.items()}, required)


def _closed(properties: Keywords, required: Sequence[str]) -> Keywords:
    found = {"type": "object", "additionalProperties": False, "required": required}
    return {**found, "properties": properties}


def _rule(hint: Any, defs: Keywords) -> Keywords:
    """The rule of a type; that which has a name goes to the definitions, and is referred to."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is NotRequired:
        return _rule(inner[0], defs)
    if origin is Annotated:
        return _annotated(inner[0], inner[1:], defs)
    if is_typeddict(hint):
        return _object(hint, defs)
    if origin is Literal:
        return {"enum": list(inner)}
    if origin is UnionType:
        return {"type": [_TYPES[each] for each in inner]}
    if origin is list:
        return {"type": "array", "items": _rule(inner[0], defs)}
    if origin is dict:
        return _mapping(inner[0], inner[1], defs)
    return {"type": _TYPES[hint]}


def _mapping(key: Any, value: Any, defs: Keywords) -> Keywords:
    names, values = _rule(key, defs), _rule(value, defs)
    words = get_args(get_args(key)[0])
    if words:
        return _closed(dict.fromkeys(words, values), list(words))
    return {"type": "object", "propertyNames": names, "additionalProperties": values}


def _annotated(base: Any, notes: Sequence[Rule | str], defs: Keywords) -> Keywords:
    """The type's rule as the notes say it, one after the other; a text describes what is so far."""
    found = _rule(base, defs)
    for note in notes:
        if isinstance(note, str):
            found |= {"description": note}
        else:
            found |= note.keywords
        if isinstance(note, Rule) and note.name:
            defs[note.name] = ({"description": note.description} if note.description else {}) | found
            found = _reference(note.name)
    return found


def check_schema() -> Keywords:
    """The schema of what `gradcheck check --json` prints.

    >>> check_schema()["required"][:3]
    ['schema_version', 'command', 'versions']
    """
    title = f"What `gradcheck check --json` prints, version {CHECK_VERSION}"
    return _document(CheckDocument, title, "schema_version", CHECK_VERSION)


def history_schema() -> Keywords:
    """The schema of a line of a history.

    >>> history_schema()["required"][:3]
    ['history_version', 'run', 'started']
    """
    title = f"A line of a history of runs (JSON lines), version {HISTORY_VERSION}"
    return _document(HistoryLine, title, "history_version", HISTORY_VERSION)


def _document(fields: type, title: str, name: str, version: int) -> Keywords:
    """The schema of what stands alone, with its version under that name."""
    defs: Keywords = {}
    body = _object(fields, defs)
    return {
        "$schema": _DRAFT,
        "title": title,
        **body,
        "required": [name, *body["required"]],
        "properties": {name: {"const": version}, **body["properties"]},
        "$defs": defs,
    }


def text(found: Keywords | None = None) -> str:
    """A schema, by default that of a row, as its file has it."""
    return _as_text(schema() if found is None else found, "") + "\n"


def _as_text(value: Any, indent: str) -> str:
    """JSON that has in one line what fits there."""
    line = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(line) <= _WIDTH or not isinstance(value, dict | list):
        return line
    deeper = indent + "  "
    if isinstance(value, list):
        parts = [_as_text(item, deeper) for item in value]
    else:
        parts = [f"{json.dumps(name)}: {_as_text(item, deeper)}" for name, item in value.items()]
    inside = ",\n".join(deeper + part for part in parts)
    start, end = "[]" if isinstance(value, list) else "{}"
    return f"{start}\n{inside}\n{indent}{end}"


if __name__ == "__main__":
    files.write(FILE, text())
    files.write(CHECK_FILE, text(check_schema()))
    files.write(HISTORY_FILE, text(history_schema()))
