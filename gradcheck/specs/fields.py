"""Whether the fields of a spec, and of its parts, hold what they should; errors say what came instead."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

import numpy as np

from gradcheck.errors import SpecError

LONGEST = 100  # characters of a value that are shown


def wrong(owner: str, field: str, expected: str, got: str) -> NoReturn:
    """Raise the SpecError of a field.

    >>> wrong("spec mine", "order", "an integer of at least 1", "0")
    Traceback (most recent call last):
    ...
    gradcheck.errors.SpecError: spec mine: order: expected an integer of at least 1, got 0
    """
    raise SpecError(f"{owner}: {field}: expected {expected}, got {got}")


def require(holds: bool, owner: str, field: str, expected: str, got: Any) -> None:
    """Refuse a field's value where a condition does not hold."""
    if not holds:
        wrong(owner, field, expected, shown(got))


def shown(value: Any) -> str:
    """A value in an error: short, with its type where that is not seen.

    >>> shown(0), shown("x"), shown((1, 2)), shown(max), shown(int)
    ('0', "'x'", '(1, 2)', 'builtin_function_or_method max', 'the class int')
    """
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if isinstance(value, (str, int, float, tuple, list, dict, type(None))):
        short = reprlib.Repr()
        short.maxstring = short.maxother = LONGEST
        return short.repr(value)
    name = getattr(value, "name", None) or getattr(value, "__name__", "")
    return f"{type(value).__name__} {name}".rstrip()


def is_text(value: Any) -> bool:
    """Whether it is a text that is not empty."""
    return isinstance(value, str) and bool(value.strip())


def is_number(value: Any) -> bool:
    """Whether it is a real number, of Python or NumPy; not NaN.

    >>> is_number(1), is_number(float("inf")), is_number(float("nan")), is_number("1"), is_number(True)
    (True, True, False, False, False)
    """
    if isinstance(value, (bool, str)):
        return False
    try:
        return not math.isnan(float(value))
    except (TypeError, ValueError):
        return False


def is_finite(value: Any) -> bool:
    """Whether it is a real number and not infinite."""
    return is_number(value) and math.isfinite(value)


def is_count(value: Any, least: int) -> bool:
    """Whether it is an integer of at least so much; no boolean."""
    return hasattr(value, "__index__") and not isinstance(value, bool) and value.__index__() >= least


def is_shape(value: Any) -> bool:
    """Whether it is a shape of an array."""
    return isinstance(value, (tuple, list)) and all(is_count(size, 0) for size in value)


def is_interval(value: Any) -> bool:
    """Whether it is a pair of numbers, the smaller one first."""
    pair = isinstance(value, (tuple, list)) and len(value) == 2 and all(map(is_number, value))
    return pair and value[0] < value[1]


def all_of(owner: str, field: str, value: Any, kind: type | tuple[type, ...], name: str) -> tuple[Any, ...]:
    """The value as a tuple of things of that kind; for one alone the error says what is missing.

    >>> all_of("spec mine", "covers", ["tanh"], str, "texts")
    ('tanh',)
    >>> all_of("spec f", "covers", "tanh", str, "texts")
    Traceback (most recent call last):
    ...
    gradcheck.errors.SpecError: spec f: covers: expected a tuple of texts, got 'tanh' alone: write ('tanh',)
    """
    if isinstance(value, kind):
        wrong(owner, field, f"a tuple of {name}", f"{shown(value)} alone: write ({shown(value)},)")
    require(is_listed(value), owner, field, f"a tuple of {name}", value)
    found = tuple(value)
    for each in found:
        require(isinstance(each, kind), owner, field, f"a tuple of {name}", each)
    return found


def is_listed(value: Any) -> bool:
    """Whether it is several things in an order: no text, no mapping."""
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping))


def is_settings(value: Any) -> bool:
    """Whether it is a mapping from names to anything."""
    return isinstance(value, Mapping) and all(isinstance(name, str) for name in value)


def repeated(names: Iterable[str]) -> list[str]:
    """The names that are there more than once.

    >>> repeated(["x", "y", "x"])
    ['x']
    """
    listed = list(names)
    return sorted({name for name in listed if listed.count(name) > 1})


def shape_of(owner: str, field: str, value: Any) -> tuple[int, ...]:
    """The shape of a field that holds an array of real numbers, or what becomes one.

    >>> shape_of("Arg 't'", "values", [2, 0, 1])
    (3,)
    >>> shape_of("Arg 't'", "values", ["a"])
    Traceback (most recent call last):
    ...
    gradcheck.errors.SpecError: Arg 't': values: expected an array of numbers, got ['a']
    """
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        wrong(owner, field, "an array of numbers", shown(value))
    require(array.dtype.kind in "fiub", owner, field, "an array of numbers", value)
    return array.shape
