"""Rows of strangers: every text that the schema leaves free says something hostile."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from gradcheck.records.jsonl import RecordError, Row, validate
from gradcheck.records.rows import json_values

Path = tuple[Any, ...]


def with_text(row: Row, text: str) -> Row:
    """The row with ``text`` for each of its texts, and for each name in it, that may be anything."""
    damaged = json_values(row)
    for path in list(_texts(damaged)):
        changed = copy.deepcopy(damaged)
        place = _at(changed, path[:-1])
        place[path[-1]] = text
        if _is_right(changed):
            damaged = changed
    for path in reversed(list(_maps(damaged))):  # what is inside first: its path stays
        changed = copy.deepcopy(damaged)
        place = _at(changed, path)
        name = next(iter(place))
        place[text] = place.pop(name)
        if _is_right(changed):
            damaged = changed
    return damaged


def _texts(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where there is a text, or a null that may be one."""
    if isinstance(value, str) or value is None:
        yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*path, key))
    elif isinstance(value, list):
        for n, item in enumerate(value):
            yield from _texts(item, (*path, n))


def _maps(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where there are names that may be anything, as far as one can see."""
    if isinstance(value, dict):
        if value and path:
            yield path
        for key, item in value.items():
            yield from _maps(item, (*path, key))


def _at(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value


def _is_right(row: Row) -> bool:
    try:
        validate(row)
    except RecordError:
        return False
    return True
