"""Whether every function of dezero has its row: what a run refuses to overlook."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import dezero
from gradcheck.specs import exemptions, specs


def missing() -> list[str]:
    """The functions and Function subclasses of dezero with neither a spec nor an exemption."""
    known = covered() | {row.name for row in exemptions()}
    return sorted(set(public_names()) - known)


def covered() -> set[str]:
    """The names that specs stand for."""
    return {name for spec in specs().values() for name in (spec.name, *spec.covers)}


def public_names() -> Iterator[str]:
    """What there is to cover: the functions that `dezero.functions` exports, and every Function class."""
    for name in dezero.functions.__all__:
        if inspect.isfunction(getattr(dezero.functions, name)):
            yield name
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
