"""Whose code it is: the user's, or a library's. Nothing of it is called."""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Callable
from functools import lru_cache
from typing import Any

_LIBRARIES = frozenset({"numpy", "dezero", "gradcheck", "flint", "sympy", "cupy", "torch"})
_STANDARD = os.path.dirname(os.__file__)

# Of a class, whatever its metaclass says.
dict_of: Callable[[type], Any] = type.__dict__["__dict__"].__get__
mro_of: Callable[[type], tuple[type, ...]] = type.__dict__["__mro__"].__get__


@lru_cache(maxsize=4096)
def users_own(name: Any, file: Any = None) -> bool:
    """Whether a module is the user's: of no library, or of one that is built on dezero.

    Args:
        file: where it is; by default that of the imported module of this name.

    >>> users_own("numpy.linalg"), users_own("random"), users_own("random", "/home/me/random.py")
    (False, False, True)
    """
    if not isinstance(name, str) or name.partition(".")[0] in _LIBRARIES:
        return False
    module = sys.modules.get(name)
    held = {} if module is None else module.__dict__
    file = str(file or held.get("__file__"))
    if name.partition(".")[0] in sys.stdlib_module_names and (file == "None" or file.startswith(_STANDARD)):
        return module is None
    installed = "site-packages" in file or "dist-packages" in file
    return not installed or any(map(_from_dezero, list(held.values())))


def _from_dezero(value: Any) -> bool:
    kind = type(value)
    if kind is types.ModuleType:
        name = value.__name__
    elif kind is types.FunctionType:
        name = value.__module__
    else:
        name = dict_of(value).get("__module__") if issubclass(kind, type) else None
    return isinstance(name, str) and name.partition(".")[0] == "dezero"
