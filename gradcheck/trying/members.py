"""What of a module can be checked."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

from dezero import Function
from dezero.layers import Layer
from gradcheck.errors import SpecError
from gradcheck.specs import Spec
from gradcheck.subjects import foreign
from gradcheck.trying.kinds import is_function_class, is_layer_class

_CACHED = type(functools.cache(lambda: None))


def member(module: ModuleType, name: str, text: str) -> Any:
    """What a module has under a name, such as `my_op` or `model.loss`.

    Raises:
        SpecError: nothing, or what cannot be called.
    """
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            known = ", ".join(n for n, _ in checkable(module)) or "nothing"
            raise SpecError(f"{text}: no {name} in {module.__name__}; it has {known}")
        found = getattr(found, part)
    if not isinstance(found, Spec) and not callable(found):
        raise SpecError(
            f"{text} is of type {type(found).__name__}: expected a Spec, a Function or a function"
        )
    return found


def checkable(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """The public Specs, classes, functions and made Functions and layers that a module itself defines, once.

    Not classes that are bases of others only.
    """
    own = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    own = {name: value for name, value in own.items() if _is_own(value, module)}
    others = {name: cls for name, value in own.items() if (cls := foreign.class_of(value)) is not None}
    seen: set[int] = set()
    for name, value in own.items():
        if name not in others and id(value) not in seen and not _is_base(value, list(own.values())):
            seen.add(id(value))
            yield name, value
    if others:  # they are refused for one reason
        yield ", ".join(others), own[next(iter(others))]


def _is_own(value: Any, module: ModuleType) -> bool:
    """Whether it is of a kind that can be checked, and defined in that module."""
    if isinstance(value, (Spec, functools.partial)):
        return True
    if isinstance(value, (Function, Layer)) and type(value).__module__.startswith("dezero."):
        return True
    if not inspect.isclass(value) and type(value).__module__ == module.__name__:
        return callable(value)
    plain = inspect.isroutine(value) or isinstance(value, _CACHED)
    is_kind = plain or is_function_class(value) or is_layer_class(value)
    mine = getattr(value, "__module__", None) == module.__name__
    return mine and (is_kind or (inspect.isclass(value) and foreign.class_of(value) is not None))


def _is_base(value: Any, others: Sequence[Any]) -> bool:
    """Whether a class lacks what its subclasses in the module write."""
    if not (is_function_class(value) or is_layer_class(value)):
        return False
    derived = [
        each for each in others if inspect.isclass(each) and each is not value and issubclass(each, value)
    ]
    return bool(derived) and (inspect.isabstract(value) or _lacks(value))


def _lacks(cls: type) -> bool:
    if issubclass(cls, Layer):
        return cls.forward is Layer.forward
    by_formulas = cls.by_formulas is not Function.by_formulas  # type: ignore[attr-defined]
    written = cls.backward is not Function.backward or by_formulas  # type: ignore[attr-defined]
    return cls.forward is Function.forward or not written  # type: ignore[attr-defined]
