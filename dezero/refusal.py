"""Errors that name the function that was called, its arguments, and what was wrong.

A Function computes first. Only where that failed, its operands are examined: a right call costs nothing
more. Then the calls on the stack say what the program called: of nested functions of
dezero the outermost (`softmax_simple`, not `exp` within it), with its arguments under their public names.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

import numpy as np
from numpy.exceptions import AxisError

from dezero import above

LONGEST = 60  # characters of a value, 5 times as many of a cause

# Functions of the book's module that every function calls: no call of theirs names an error.
_CONVERSIONS = {"as_array", "as_variable"}

# What is raised instead of an error that came out of a formula: the first that it is an instance of.
# Not among them: alarms that the program asked for (FloatingPointError, warnings), and classes of others.
_INSTEAD: list[tuple[type[Exception], type[Exception]]] = [
    (AxisError, AxisError),
    (IndexError, IndexError),
    (TypeError, TypeError),
    (AttributeError, TypeError),
    (ValueError, ValueError),
    (ZeroDivisionError, ValueError),
    (OverflowError, ValueError),
    (AssertionError, ValueError),
]


class TooLargeError(ValueError, MemoryError):
    """An argument asks for an array that memory does not hold."""


def raise_refused(error: Exception) -> NoReturn:
    """Raises `error` in the name of the public function whose call is on the stack, if there is one."""
    frame = _public_call()
    if frame is not None:
        _raise(_restated(error, frame.f_code.co_name, _arguments(frame)), error)
    raise error


def raise_refusal(error: Exception, func: Any, operands: tuple[Any, ...]) -> NoReturn:
    """Raises `error`, which a call of `func` on `operands` raised, in the name of the public function.

    An error of a Function that a program wrote gets a note only. So does an error of a class that is neither
    Python's nor NumPy's: it may come from objects with their own arithmetic.
    """
    frame, inner, restated = _public_call(), type(func).__name__, error
    if is_own(type(func)) and frame is not None:
        restated = _restated(error, frame.f_code.co_name, _arguments(frame), inner)
    elif is_own(type(func)):
        given = dict(operands_of(func, operands)) | _settings(func)
        restated = _restated(error, name_of(func), given, inner)
    if restated is error:
        error.add_note(f"in dezero's {inner} of {', '.join(map(described, operands))}")
    _raise(restated, error)


def raise_backward(error: Exception, func: Any, gys: Iterable[Any]) -> NoReturn:
    """Raises `error`, which the backward of `func` raised: as `raise_refusal`."""
    restated = error
    if is_own(type(func)):
        given = {**dict(operands_of(func, func.inputs)), "gy": list(gys)}
        restated = _restated(error, f"backward of {name_of(func)}", given, type(func).__name__)
    if restated is error:
        operands = ", ".join(map(described, func.inputs))
        error.add_note(f"in backward of dezero's {type(func).__name__} of {operands}")
    _raise(restated, error)


def raise_named(error: Exception, who: str, **given: Any) -> NoReturn:
    """Raises `error` in the name of `who`, which was given these arguments."""
    _raise(_restated(error, who, given), error)


def _raise(restated: Exception, error: Exception) -> NoReturn:
    if restated is error:
        raise error
    raise restated from error


@contextmanager
def naming(who: str, **given: Any) -> Iterator[None]:
    """Within the block errors are raised in the name of `who`, which was given these arguments."""
    try:
        yield
    except Exception as error:
        raise_named(error, who, **given)


def is_own(cls: type) -> bool:
    """Whether a class is dezero's, and no subclass that a program wrote.

    >>> is_own(above.functions.Exp)
    True
    """
    return cls.__module__.partition(".")[0] == "dezero"


def name_of(func: Any) -> str:
    """The name of the function that a program calls for `func`; its class's name where there is none.

    >>> name_of(above.functions.LogSoftmax())
    'log_softmax'
    """
    name = type(func).__name__
    if is_own(type(func)):
        for public, function in vars(above.functions).items():
            if inspect.isfunction(function) and public.replace("_", "") == name.lower():
                return public
    return name


def arguments_of(func: Any, operands: tuple[Any, ...]) -> Iterable[tuple[str, Any]]:
    """The operands and settings of a call, each by its name in `forward` or in `func`."""
    yield from operands_of(func, operands)
    for name, setting in vars(func).items():
        if not name.startswith("_"):
            yield name, setting


def operands_of(func: Any, operands: tuple[Any, ...]) -> Iterable[tuple[str, Any]]:
    """The operands of a call of a Function or Layer, each by its name in `forward`."""
    names = list(inspect.signature(func.forward).parameters)
    for k, x in enumerate(operands):
        yield names[k] if k < len(names) else f"operand {k}", x


def described(value: Any) -> str:
    """An argument for a message: of an array dtype and shape, of anything else a short text.

    >>> described(np.zeros((2, 3))), described([np.zeros(2), "a"])
    ('float64[2, 3]', "[float64[2], 'a']")
    """
    array: Any = value.data if _is_variable(value) else value
    if _is_array(array):
        return f"{_cut(str(array.dtype), LONGEST)}{list(array.shape)}"
    if _is_variable(value):
        return "a Variable without data"
    if type(value) in (list, tuple) and any(_is_variable(x) or _is_array(x) for x in value):
        return _cut(f"[{', '.join(map(described, value[:9]))}{', ...' * (len(value) > 9)}]", 5 * LONGEST)
    try:
        return _cut(repr(value), LONGEST)
    except Exception:
        return f"a {type(value).__name__}"


def _settings(func: Any) -> dict[str, Any]:
    """What the constructor of `func` was given, as far as it was kept under its name."""
    kept = vars(func)
    return {name: kept[name] for name in inspect.signature(type(func)).parameters if name in kept}


def _is_variable(x: Any) -> bool:
    return isinstance(x, above.functions.Variable)


def _is_array(x: Any) -> bool:
    """Whether it has dtype and shape, on the host or on a device."""
    return hasattr(x, "dtype") and hasattr(x, "shape") and not isinstance(x, np.generic)


def _public_call() -> FrameType | None:
    """The outermost call of a public function among dezero's calls on the stack."""
    found = None
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and str(frame.f_globals.get("__name__")).startswith("dezero."):
        function = vars(above.functions).get(frame.f_code.co_name)
        if getattr(function, "__code__", None) is frame.f_code and frame.f_code.co_name not in _CONVERSIONS:
            found = frame
        frame = frame.f_back
    return found


def _arguments(frame: FrameType) -> dict[str, Any]:
    """The arguments of a call by name, without those that have their default."""
    code = frame.f_code
    function = getattr(above.functions, code.co_name)
    default = {name: p.default for name, p in inspect.signature(function).parameters.items()}
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return {name: frame.f_locals[name] for name in names if frame.f_locals[name] is not default[name]}


def _restated(error: Exception, who: str, given: Mapping[str, Any], inner: str = "Variable") -> Exception:
    """`error` as one of the kinds that a function of dezero raises, in the name of `who`, not of `inner`."""
    cause = _text(error).removeprefix(f"{inner}: ")
    if cause.startswith(f"{who}: ") and isinstance(error, (ValueError, TypeError, IndexError)):
        return error
    if type(error).__module__.partition(".")[0] not in ("builtins", "numpy", "dezero"):
        return error
    kinds = [kind for raised, kind in _INSTEAD if isinstance(error, raised)]
    if isinstance(error, MemoryError):
        kinds = [TooLargeError]
    if not kinds:
        return error
    values = ", ".join(f"{name} {described(value)}" for name, value in given.items())
    return kinds[0](f"{who}: cannot take {_cut(values, 5 * LONGEST)}: {_cut(cause, 5 * LONGEST)}")


def _text(error: Exception) -> str:
    try:
        text = str(error)
    except Exception:
        text = ""
    return text or type(error).__name__


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 3] + "..."
