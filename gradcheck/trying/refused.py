"""What cannot be checked as it is, and what to do instead."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import Any

from dezero import Function
from dezero.layers import Layer
from gradcheck.errors import SpecError
from gradcheck.subjects import foreign


def require_checkable(text: str, target: Any) -> None:
    """
    Raises:
        SpecError: the target is none of the kinds of things that can be tried; the message says what to do.
    """
    other = foreign.class_of(target)
    if other is not None:
        raise SpecError(f"{text}: {foreign.advice(other)}")
    if inspect.isclass(target):
        _require_op_class(text, target)
    else:
        _require_plain_call(text, target)


def _require_op_class(text: str, cls: type) -> None:
    if not issubclass(cls, (Function, Layer)):
        raise SpecError(
            f"{text} is a class that is neither a Function nor a Layer: check an instance, or a function "
            "that calls one"
        )
    if isinstance(inspect.getattr_static(cls, "forward"), staticmethod) and _first(cls.forward) == "ctx":
        raise SpecError(f"{text}.forward takes ctx, as in PyTorch: {_INSTEAD_OF_CTX}")


def _require_plain_call(text: str, f: Any) -> None:
    if inspect.iscoroutinefunction(f) or inspect.isasyncgenfunction(f) or inspect.isgeneratorfunction(f):
        raise SpecError(f"{text} is a generator or async: check a function that returns its Variable")
    if isinstance(f, types.FunctionType) and _first(f) == "self" and "." in f.__qualname__:
        owner, _, name = f.__qualname__.rpartition(".")
        raise SpecError(
            f"{text} is a method of {owner} and needs an instance: give one of the module, as in "
            f"FILE.py:instance.{name}, or check a function that makes one"
        )
    if _first(f) == "ctx":
        raise SpecError(f"{text} takes ctx, as in PyTorch: {_INSTEAD_OF_CTX}")


_INSTEAD_OF_CTX = (
    "in dezero a Function has forward(self, x) and backward(self, gy), and self.inputs has the inputs; "
    "or check a function that makes the context"
)


def _first(f: Callable[..., Any]) -> str:
    """The name of the first argument."""
    try:
        return next(iter(inspect.signature(f).parameters), "")
    except (TypeError, ValueError):
        return ""
