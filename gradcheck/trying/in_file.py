"""The plan of one target among those of a file: what is checked with another, what is a helper."""

from __future__ import annotations

import inspect
from contextlib import suppress
from typing import Any

from dezero import Function
from dezero.layers import Layer
from gradcheck.errors import SpecError
from gradcheck.trying import settings
from gradcheck.trying.kinds import is_function_class, ops_of
from gradcheck.trying.op import LeftOut, NothingAcceptedError
from gradcheck.trying.plan import Plan, plan
from gradcheck.trying.wanted import Asked
from gradcheck.trying.wrappers import is_behind, users_of, wrapped_class


def plan_in_file(text: str, target: Any, asked: Asked) -> Plan:
    """The checks of a target that was found in a file, not named.

    A class that functions of the file wrap is checked with them, and one whose arguments another op of the
    file gives it inside that one. A function that never gives a Variable, or takes none, is no op: it is left
    out.

    Raises:
        SpecError: a Function, a layer or a function that refuses all values cannot be checked.
    """
    if is_function_class(target):
        if is_wrapped(target, asked):
            return Plan(())
        user = _user_of(target, asked) if settings.needed(settings.all_parameters(target)) else None
        if user and not asked.settings:
            why = f"its constructor takes arguments; it is checked inside {user}, which gives them"
            return Plan((), left_out=[LeftOut(text.rpartition(":")[2], why)])
    try:
        return plan(text, target, asked)
    except SpecError as error:
        name, why = text.rpartition(":")[2], str(error).removeprefix(text).removeprefix(":").strip()
        if isinstance(target, (Function, Layer)) or inspect.isclass(target) or _wraps(target, asked):
            raise
        if isinstance(error, NothingAcceptedError) and not all(map(_is_helpers, error.reasons)):
            raise SpecError(f"{error}; where it is no op, let its name begin with an underscore") from error
        return Plan((), left_out=[LeftOut(name, why)])


def _is_helpers(why: str) -> bool:
    """Whether a function that says so of Variables is a helper: it gives no Variable, or takes none."""
    return why.startswith(("f must return", "TypeError", "AttributeError"))


def is_wrapped(cls: type, asked: Asked) -> bool:
    """Whether functions of its file wrap the class."""
    for name, f in users_of(cls):
        with suppress(SpecError):
            if not inspect.isclass(f) and wrapped_class(f, ops_of(name, f, asked).ops[0], asked) is cls:
                return True
    return False


def _wraps(f: Any, asked: Asked) -> bool:
    """Whether f stands for a class, which is not checked by itself."""
    with suppress(SpecError):
        return wrapped_class(f, ops_of("f", f, asked).ops[0], asked) is not None
    return False


def _user_of(cls: type, asked: Asked) -> str | None:
    """The name of an op of the file that calls the class."""
    for name, f in users_of(cls):
        with suppress(SpecError):
            if is_behind(cls, ops_of(name, f, asked).ops[0], asked):
                return name
    return None
