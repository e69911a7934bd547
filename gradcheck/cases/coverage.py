"""Whether every function and layer of dezero has its row; a run fails without it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import dezero
import dezero.layers
from gradcheck.specs import exemptions, specs


def missing() -> list[str]:
    """What of dezero's `public_names` has neither a spec nor an exemption."""
    known = covered() | {row.name for row in exemptions()}
    return sorted(set(public_names()) - known)


def covered() -> set[str]:
    """The names that specs stand for."""
    return {name for spec in specs().values() for name in (spec.name, *spec.covers)}


def public_names() -> Iterator[str]:
    """What must be covered: exported functions, every Function class, and layers ("layers.RNN")."""
    for name in vars(dezero.functions)["__all__"]:
        if _is_function(getattr(dezero.functions, name)):
            yield name
    for name in vars(dezero.layers)["__all__"]:
        if _is_layer(getattr(dezero.layers, name)):
            yield f"layers.{name}"
    for module in _modules():
        for name, member in vars(module).items():
            if _is_function_class(member, module):
                yield name


def _modules() -> Iterator[Any]:
    for info in pkgutil.walk_packages(dezero.__path__, "dezero."):
        if ".examples" not in info.name and not info.name.endswith("core_simple"):
            yield importlib.import_module(info.name)


def _is_function_class(member: Any, module: Any) -> bool:
    return (
        inspect.isclass(member)
        and issubclass(member, dezero.Function)
        and member.__module__ == module.__name__
        and member.forward is not dezero.Function.forward
    )


def _is_function(member: Any) -> bool:
    """Whether it computes: not a conversion to arrays and Variables, which the book's module exports too."""
    return inspect.isfunction(member) and member.__module__ != dezero.as_array.__module__


def _is_layer(member: Any) -> bool:
    layer = dezero.layers.Layer
    return inspect.isclass(member) and issubclass(member, layer) and member is not layer
