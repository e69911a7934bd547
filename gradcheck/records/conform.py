"""A JSON Schema as a function that checks a value: the part of draft 2020-12 that ours is written in.

It saves users a dependency, and is fast enough for a million rows; the tests hold it against the jsonschema
package. What is checked comes back with its floats as floats, and equal names as one object.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

from gradcheck.records.fields import SPELLED, WHOLE

Check = Callable[[Any], Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


class Mismatch(Exception):  # noqa: N818 - the error that users see is made of it
    """A value breaks a rule; ``path`` leads to it from inside out."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.path: list[str] = []


def compiled(rule: Mapping[str, Any], defs: Mapping[str, Any]) -> Check:
    """The function that checks a value by the rule, and raises Mismatch.

    >>> check = compiled({"type": "array", "items": {"type": "integer", "minimum": 0}}, {})
    >>> check([1, 2])
    [1, 2]
    """
    if "$ref" in rule:
        return compiled(defs[rule["$ref"].rpartition("/")[2]], defs)
    if "const" in rule:
        return _const(rule["const"])
    if "enum" in rule:
        return _enum(rule["enum"])
    names = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
    if names == ["object"]:
        return _object(rule, defs)
    if names == ["array"]:
        return _array(rule, compiled(rule["items"], defs))
    return _scalar(rule, names)


def _const(expected: Any) -> Check:
    def check(value: Any) -> Any:
        if value != expected:
            raise Mismatch(f"expected {expected!r}, got {brief(value)}")
        return expected

    return check


def _enum(words: list[str]) -> Check:
    known = {word: word for word in words}

    def check(value: Any) -> Any:
        if type(value) is not str or value not in known:
            raise Mismatch(f"expected one of {words}, got {brief(value)}")
        return known[value]

    return check


def _array(rule: Mapping[str, Any], item: Check) -> Check:
    least, most = rule.get("minItems", 0), rule.get("maxItems", sys.maxsize)

    def check(value: Any) -> Any:
        if type(value) is not list:
            raise Mismatch(f"expected array, got {brief(value)}")
        if not least <= len(value) <= most:
            raise Mismatch(f"expected {_span(least, most)} items, got {len(value)}")
        place = 0
        found = []
        try:
            for place, each in enumerate(value):  # noqa: B007 - the place of an error
                found.append(item(each))
        except Mismatch as error:
            error.path.append(f"[{place}]")
            raise
        return found

    return check


def _object(rule: Mapping[str, Any], defs: Mapping[str, Any]) -> Check:
    known = {name: (name, compiled(each, defs)) for name, each in rule.get("properties", {}).items()}
    required = frozenset(rule.get("required", ()))
    if rule["additionalProperties"]:
        return _map(rule, compiled(rule["additionalProperties"], defs), defs)

    def check(value: Any) -> Any:
        if type(value) is not dict:
            raise Mismatch(f"expected object, got {brief(value)}")
        if not required.issubset(value):
            missing = next(name for name in rule["required"] if name not in value)
            raise Mismatch(f"missing field {missing!r}")
        found = {}
        name: Any = ""
        try:
            for name, item in value.items():
                same, one = known[name]
                found[same] = one(item)
        except KeyError:
            raise Mismatch(f"unknown field {brief(name)}") from None
        except Mismatch as error:
            error.path.append(f": {name}")
            raise
        return found

    return check


def _map(rule: Mapping[str, Any], item: Check, defs: Mapping[str, Any]) -> Check:
    """Any names, as far as the rule of names allows."""
    named, most = compiled(rule["propertyNames"], defs), rule["maxProperties"]

    def check(value: Any) -> Any:
        if type(value) is not dict:
            raise Mismatch(f"expected object, got {brief(value)}")
        if len(value) > most:
            raise Mismatch(f"expected {_span(0, most)} fields, got {len(value)}")
        found = {}
        name: Any = ""
        try:
            for name, each in value.items():
                found[named(name)] = item(each)
        except Mismatch as error:
            error.path.append(f": {brief(name)[1:-1]}")
            raise
        return found

    return check


def _scalar(rule: Mapping[str, Any], names: list[str]) -> Check:
    types = tuple(each for name in names for each in _TYPES[name])
    low, high = rule.get("minimum", -float("inf")), rule.get("maximum", float("inf"))
    longest, pattern = rule.get("maxLength", sys.maxsize), re.compile(rule.get("pattern", ""))
    is_float, is_text = (rule.get("pattern") == each for each in (SPELLED, WHOLE))
    interned = rule.get("format") == "name"
    kinds = " or ".join("'nan', 'inf', '-inf'" if is_float and name == "string" else name for name in names)
    expected = kinds if is_float else rule.get("$comment", kinds)

    def check(value: Any) -> Any:
        kind = type(value)
        if kind not in types:
            raise Mismatch(f"expected {kinds}, got {brief(value)}")
        if kind is str:
            if len(value) > longest:
                raise Mismatch(f"expected at most {longest} characters, got {len(value)}: {brief(value)}")
            if not (is_text and value.isascii()) and pattern.search(value) is None:
                raise Mismatch(f"expected {expected}, got {brief(value)}")
            if is_float:
                return float(value)
            return sys.intern(value) if interned else value
        if value is None or kind is bool:
            return value
        if not low <= value <= high:
            raise Mismatch(f"expected {kinds} {_span(low, high)}, got {brief(value)}")
        return float(value) if is_float else value

    return check


def _span(low: float, high: float) -> str:
    """
    >>> _span(0, 3), _span(1, sys.maxsize), _span(0, float("inf"))
    ('from 0 to 3', 'at least 1', 'at least 0')
    """
    return f"at least {low}" if high in (sys.maxsize, float("inf")) else f"from {low} to {high}"


def brief(value: Any) -> str:
    """The value in some 60 characters.

    >>> brief(10**5000), len(brief("x" * 1000))
    ('a number of more digits than are read', 60)
    """
    try:
        text = repr(value[:100] if isinstance(value, str) else value)
    except ValueError:  # an integer that Python refuses to write
        return "a number of more digits than are read"
    except RecursionError:
        return "something nested too deeply"
    return text if len(text) <= 60 else text[:57] + "..."
