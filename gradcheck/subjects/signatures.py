"""What the signature of a function tells."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def argument_names(f: Callable[..., Any], count: int) -> list[str]:
    """The names of the first `count` parameters of f where it tells them (not `self`), else x0, x1, ...

    They may stand in an attribute `argument_names`: paths such as "l1.W" are in no signature.

    >>> argument_names(lambda a, b: a, 2), argument_names(max, 1)
    (['a', 'b'], ['x0'])
    """
    told = getattr(f, "argument_names", None)
    if isinstance(told, tuple):
        return [*told[:count]]
    found = [p.name for p in _positional(f) or () if p.kind is not p.VAR_POSITIONAL]
    return found[:count] if len(found) >= count else [f"x{i}" for i in range(count)]


def arity(f: Callable[..., Any]) -> int | None:
    """How many arguments must be given to f; None where its signature does not tell.

    >>> arity(lambda x, w, b=None: x), arity(lambda *xs: xs)
    (2, None)
    """
    found = _positional(f)
    if found is None or any(p.kind is p.VAR_POSITIONAL for p in found):
        return None
    return sum(p.default is p.empty for p in found)


def _positional(f: Callable[..., Any]) -> list[inspect.Parameter] | None:
    """The parameters that are given by position, without `self`; None where there is no signature."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return None
    return [p for p in parameters if p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD) and p.name != "self"]
