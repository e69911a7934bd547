"""Things that look like dezero's and are another's: of a copy of dezero, of PyTorch, of NumPy."""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Iterator
from typing import Any

from dezero import Function, Variable
from dezero.layers import Layer

# By these attributes classes of these names are those of a dezero: of the book's steps, a vendored copy.
_MARKS = {
    "Function": ("forward", "backward"),
    "Variable": ("backward", "cleargrad"),
    "Layer": ("params", "cleargrads"),
}
_EARLY = {"Variable": ("backward", "set_creator")}  # of the book's first steps


def another_dezero(cls: Any) -> type | None:
    """The Function, Variable or Layer of another dezero from which a class derives; None if it does not.

    >>> class Variable:
    ...     def backward(self): ...
    ...     def cleargrad(self): ...
    >>> another_dezero(Variable) is Variable, another_dezero(Function)
    (True, None)
    """
    if not inspect.isclass(cls) or issubclass(cls, (Function, Variable, Layer)):
        return None
    for base in cls.__mro__:
        marks = (_MARKS.get(base.__name__), _EARLY.get(base.__name__))
        if any(m and all(hasattr(base, name) for name in m) for m in marks) and not _of_torch(base):
            return base
    return None


def class_of(target: Any) -> type | None:
    """The class of another dezero, or of PyTorch, from which the class of a target derives; or None."""
    cls = target if inspect.isclass(target) else type(target)
    torch = next((base for base in cls.__mro__ if _of_torch(base)), None)
    return another_dezero(cls) or torch


def _of_torch(cls: type) -> bool:
    return str(cls.__module__).partition(".")[0] == "torch"


def used_by(f: Any) -> type | None:
    """The class of another dezero that the code of a function names; or None."""
    f = inspect.unwrap(getattr(f, "func", getattr(f, "__func__", f)))
    if not isinstance(f, types.FunctionType):
        return None
    for value in _named(f.__code__, f.__globals__):
        held = vars(value) if isinstance(value, types.ModuleType) else getattr(value, "__globals__", {})
        for each in (value, held.get("Function"), held.get("Variable")):
            if another_dezero(each) is not None:
                return another_dezero(each)
    return None


def _named(code: types.CodeType, held: dict[str, Any]) -> Iterator[Any]:
    for name in code.co_names:
        if name in held:
            yield held[name]


def where(cls: type) -> str:
    """The file that a class stands in; its module where there is none.

    >>> where(Variable).endswith("variable.py")
    True
    """
    module = sys.modules.get(cls.__module__)
    with_code = [member for member in vars(cls).values() if isinstance(member, types.FunctionType)]
    if with_code:
        return str(with_code[0].__code__.co_filename)
    return str(getattr(module, "__file__", cls.__module__))


def advice(cls: type) -> str:
    """What to do about a class of another dezero, or of PyTorch."""
    if _of_torch(cls):
        return "it is PyTorch's: check it in Python, by gradcheck.torch_subject"
    name = cls.__name__
    return (
        f"its {name} is that of another dezero ({where(cls)}): import {name} from the installed one "
        f"({where(Variable)})"
    )


def instead_of_variable(ys: Any) -> str:
    """What to do about what f returned, where that is no Variable."""
    first = ys[0] if isinstance(ys, (tuple, list)) and ys else ys
    cls = type(first)
    other = another_dezero(cls)
    if other is not None:
        return advice(other)
    if _of_torch(cls):
        return "functions of PyTorch are checked by gradcheck.torch_subject"
    if inspect.iscoroutine(first) or inspect.isgenerator(first) or inspect.isasyncgen(first):
        return f"a {cls.__name__} computes later: return the result itself"
    if first is None:
        return "return the result"
    if hasattr(first, "dtype"):
        return (
            "f computes with arrays, and no derivative follows these: compute with Variables and "
            "dezero.functions, or make it the forward of a Function with a backward of its own"
        )
    return "compute with Variables and dezero.functions, and return the result"
