"""Values in containers, as arguments and results of NumPy's functions are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def mapped(change: Callable[[Any], Any], value: Any) -> Any:
    """The same tuple, list or dictionary with what it holds changed; anything else changed itself.

    >>> mapped(abs, (-1, [2, -3], {"x": -4}))
    (1, [2, 3], {'x': 4})
    """
    if isinstance(value, (tuple, list)):
        parts = [mapped(change, v) for v in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if isinstance(value, dict):
        return {key: mapped(change, v) for key, v in value.items()}
    return change(value)
