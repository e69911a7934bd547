"""A class of Functions and the function that wraps it are one subject: told by a call, and its graph."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from dezero import Function, Variable
from dezero.refusal import is_own
from dezero.utils.graph import functions_behind
from gradcheck.trying.op import Op
from gradcheck.trying.settings import all_parameters, needed
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


def users_of(cls: type) -> Iterator[tuple[str, Any]]:
    """The public functions and Functions of its module whose code names a class, each with its name.

    Not classes further down that need arguments, too: of two that name each other the first is checked.
    """
    methods = (value for base in cls.__mro__ for value in vars(base).values())
    own = (f for f in methods if isinstance(f, types.FunctionType) and f.__module__ == cls.__module__)
    held = next((f.__globals__ for f in own), {})
    names = list(held)
    below = names[names.index(cls.__name__) :] if cls.__name__ in held else names
    for name, value in held.items():
        if inspect.isclass(value) and name in below and needed(all_parameters(value)):
            continue
        public = not name.startswith("_") and getattr(value, "__module__", None) == cls.__module__
        if public and value is not cls and any(cls.__name__ in code.co_names for code in _code_of(value)):
            yield name, value


def _code_of(value: Any) -> Iterator[types.CodeType]:
    """That of a function, or of the methods of a Function subclass and its bases."""
    if isinstance(value, types.FunctionType):
        yield value.__code__
    elif isinstance(value, type) and issubclass(value, Function):
        for base in value.__mro__:
            yield from (f.__code__ for f in vars(base).values() if isinstance(f, types.FunctionType))


def is_behind(cls: type, op: Op, asked: Asked) -> bool:
    """Whether a check of an op looks at a Function of that class: in its graph or, at order 2, backward's."""
    with suppress(Exception):
        for xs, ys in called(op, asked):
            if any(type(func) is cls for func in functions_behind(*ys)):
                return True
            if asked.order > 1:
                ys[0].grad = Variable(np.ones_like(ys[0].data))  # given: it gets a graph, as in a check
                ys[0].backward(create_graph=True)
                if any(type(func) is cls for func in functions_behind(*(x.grad for x in xs))):
                    return True
    return False
