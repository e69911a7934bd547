"""Arguments that are no inputs (an axis, a slope): as the user writes them, and how they are bound."""

from __future__ import annotations

import ast
import inspect
import shlex
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from gradcheck.errors import SpecError

Settings = Mapping[str, Any]

AXES = ("axis", "axes", "dim", "dims")
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)

# What is given -----------------------------------------------------------------------------------------


def parse_setting(text: str) -> tuple[str, str]:
    """The name, and its value as a Python literal, of `axis=1`, `shape=(2,3)` or `mode=same` (a string).

    Raises:
        ValueError: it is none of these.

    >>> parse_setting("axis=(0,1)"), parse_setting("mode=same")
    (('axis', '(0, 1)'), ('mode', "'same'"))
    """
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not name.isidentifier() or not value:
        raise ValueError(f"expected NAME=VALUE such as axis=1, got {text!r}")
    try:
        return name, repr(ast.literal_eval(value))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        if not value.isidentifier():
            raise ValueError(
                f"expected a Python literal after {name}=, such as 1, 0.5, (0,1), None or same, got {value!r}"
            ) from None
    return name, repr(value)


def given(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The values of settings as they were asked for: names and Python literals."""
    return {name: ast.literal_eval(value) for name, value in pairs}


def require_known(text: str, f: Callable[..., Any], settings: Settings) -> None:
    """
    Raises:
        SpecError: f takes no argument of such a name; the message says which it takes.
    """
    parameters = all_parameters(f)
    known = {p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    for name in settings:
        if name not in known:
            takes = " and ".join(p.name for p in parameters if p.name in known) or "no arguments"
            who = "its constructor" if inspect.isclass(f) else "it"
            raise SpecError(f"{text}: --set {name}: there is no argument {name}; {who} takes {takes}")


def as_options(settings: Settings) -> str:
    """As the user can write them again.

    >>> as_options({"axis": (0, 1), "mode": "same"})
    "--set 'axis=(0,1)' --set mode=same"
    """
    return " ".join(f"--set {shlex.quote(f'{name}={_literal(value)}')}" for name, value in settings.items())


def as_arguments(settings: Settings) -> str:
    """As arguments of a call.

    >>> as_arguments({"axis": (0, 1), "mode": "same"})
    "axis=(0, 1), mode='same'"
    """
    return ", ".join(f"{name}={value!r}" for name, value in settings.items())


def _literal(value: Any) -> str:
    if isinstance(value, str) and value.isidentifier() and value not in ("None", "True", "False"):
        return value
    return repr(value).replace(", ", ",")


def least_axes(
    parameters: Sequence[inspect.Parameter], settings: Settings, held: Settings = MappingProxyType({})
) -> int:
    """How many axes an input must have, for the axis that is set, the default, or held by an object.

    >>> f = lambda x, axis=(0, 1): x
    >>> least_axes(all_parameters(f), {}), least_axes(all_parameters(f), {"axis": -1})
    (2, 1)
    """
    known = {p.name: settings.get(p.name, p.default) for p in parameters} | {**held}
    values = [value for name, value in known.items() if name in AXES]
    if any(isinstance(value, tuple) for name, value in known.items() if name.endswith("shape")):
        values.append(0)  # NumPy spreads a number to any shape
    each = [n for value in values for n in (value if isinstance(value, tuple) else (value,))]
    return max((n + 1 if n >= 0 else -n for n in each if type(n) is int), default=0)


# What is bound -----------------------------------------------------------------------------------------


def all_parameters(f: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters of a function, or of the constructor of a class; none where they cannot be seen."""
    try:
        found = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p for p in found if p.name != "self"]


def bound(f: Callable[..., Any], settings: Settings) -> Callable[..., Any]:
    """The function of the other arguments of f, which are given by position.

    >>> halved = bound(lambda x, n, y: (x, n, y), {"n": 2})
    >>> halved(1, 3), str(inspect.signature(halved))
    ((1, 2, 3), '(x, y)')
    """
    parameters = all_parameters(f)

    def call(*inputs: Any) -> Any:
        waiting, arguments, by_name = list(inputs), [], dict(settings)
        for p in parameters:
            if p.kind not in POSITIONAL or not (p.name in by_name or waiting):
                break
            arguments.append(by_name.pop(p.name) if p.name in by_name else waiting.pop(0))
        return f(*arguments, *waiting, **by_name)

    free = [p for p in parameters if p.name not in settings]
    call.__signature__ = inspect.Signature(_without_gaps(free))  # type: ignore[attr-defined]
    return call


def made_anew(cls: type, values: Settings) -> Callable[..., Any]:
    """A call of a new instance of a Function subclass with these settings."""

    def call(*inputs: Any) -> Any:
        return cls(**values)(*inputs)

    call.__signature__ = inspect.Signature(all_parameters(cls.forward))  # type: ignore[attr-defined]
    return call


def _without_gaps(parameters: Sequence[inspect.Parameter]) -> list[inspect.Parameter]:
    """Without defaults that stand before an argument that has none."""
    last = max((n for n, p in enumerate(parameters) if p.kind in POSITIONAL and is_needed(p)), default=-1)
    return [p.replace(default=p.empty) if n < last else p for n, p in enumerate(parameters)]


def needed(parameters: Sequence[inspect.Parameter]) -> list[inspect.Parameter]:
    """Those that must be given."""
    return [p for p in parameters if is_needed(p)]


def is_needed(p: inspect.Parameter) -> bool:
    return p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
