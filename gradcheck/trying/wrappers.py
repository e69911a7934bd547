"""A class of Functions and the function that wraps it are one subject: told by a call, and its graph."""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from dezero import Variable
from dezero.refusal import is_own
from dezero.utils.graph import functions_behind
from gradcheck.trying.op import Op
from gradcheck.trying.trial import called
from gradcheck.trying.wanted import Asked


def wrapped_class(f: Any, op: Op, asked: Asked) -> type | None:
    """The class of which each call of f is one call, of f's inputs: a class of f's module, none of dezero's.

    Args:
        op: f with the usual settings.
    """
    if not isinstance(f, types.FunctionType):
        return None
    found = [_single(xs, ys) for xs, ys in called(op, asked)]
    cls = found[0] if found else None
    own = cls is not None and cls.__module__ == f.__module__ and not is_own(cls)
    return cls if own and all(each is cls for each in found) else None


def _single(xs: Sequence[Variable], ys: Sequence[Any]) -> type | None:
    """The class of the only Function between inputs and outputs, which takes inputs only."""
    func = ys[0].creator
    if func is None or any(y.creator is not func for y in ys):
        return None
    return type(func) if all(any(given is x for x in xs) for given in func.inputs) else None


def users_of(cls: type) -> Iterator[tuple[str, types.FunctionType]]:
    """The public functions of its module whose code names a class, each with its name."""
    methods = (value for base in cls.__mro__ for value in vars(base).values())
    own = (f for f in methods if isinstance(f, types.FunctionType) and f.__module__ == cls.__module__)
    held = next((f.__globals__ for f in own), {})
    for name, value in held.items():
        public = isinstance(value, types.FunctionType) and not name.startswith("_")
        if public and value.__module__ == cls.__module__ and cls.__name__ in value.__code__.co_names:
            yield name, value


def is_behind(cls: type, op: Op, asked: Asked) -> bool:
    """Whether a call of an op calls a Function of that class."""
    with suppress(Exception):
        return any(type(func) is cls for _, ys in called(op, asked) for func in functions_behind(*ys))
    return False
