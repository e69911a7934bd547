"""What the signature of a function tells."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def argument_names(f: Callable[..., Any], count: int) -> list[str]:
    """The names of the first `count` parameters of f where it tells them (not `self`), else x0, x1, ...

    >>> argument_names(lambda a, b: a, 2), argument_names(max, 1)
    (['a', 'b'], ['x0'])
    """
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    plain = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    plain = [name for name in plain if name != "self"]
    return plain[:count] if len(plain) >= count else [f"x{i}" for i in range(count)]
