"""What CuPy has, as it was recorded from it: names, parameters, the loops of ufuncs."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

INTERFACE: dict[str, Any] = json.loads(Path(__file__).with_name("interface.json").read_text())


@cache
def accepts(module: str, name: str) -> Callable[..., None]:
    """A function that takes what CuPy's function of this name takes, and does nothing.

    What CuPy would not take is a TypeError with Python's own words.
    """
    return _empty(name, INTERFACE["modules"][module]["functions"][name])


@cache
def method_accepts(kind: str, name: str) -> Callable[..., None]:
    """The same for a method of a class; the instance is not handed over."""
    return _empty(name, INTERFACE["classes"][kind][name])


def _empty(name: str, parameters: str) -> Callable[..., None]:
    function = eval(f"lambda {parameters}: None")  # a parameter list of our own file
    function.__name__ = function.__qualname__ = name
    return function


def has(module: str, name: str) -> bool:
    """Whether CuPy's module has this public name."""
    return any(name in names for names in INTERFACE["modules"][module].values())
