"""A target of a user's, whatever kind of thing it is, as a function of Variables."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from dezero import Function
from gradcheck.errors import SpecError
from gradcheck.subjects.signatures import arity
from gradcheck.system.raised import described
from gradcheck.trying.wanted import Asked


class Call(NamedTuple):
    """A call of an op: f, its inputs on the host, and the names of these.

    Further inputs may come after those that were drawn: the parameters of a layer.
    """

    f: Callable[..., Any]
    inputs: Sequence[np.ndarray]
    names: Sequence[str] = ()


@dataclass(frozen=True)
class Op:
    """What is tried.

    Attributes:
        text: as the user can write it again: FILE.py:NAME.
        f: takes one Variable for each input; a Function subclass stands for a call of a new instance.
        count: how many inputs are drawn for it; None where that cannot be seen.
        settings: the options that bind its other arguments, as the user can write them again.
    """

    text: str
    f: Callable[..., Any]
    count: int | None
    settings: str = ""

    @property
    def name(self) -> str:
        return self.text.rpartition(":")[2]

    def call(self, inputs: Sequence[np.ndarray]) -> Call:
        """The whole call at these drawn inputs."""
        return Call(self.f, inputs)


class LeftOut(NamedTuple):
    """What could not be tried, and why."""

    what: str
    why: str


class Ops(NamedTuple):
    """What a target stands for: an op for each setting of its arguments, and those that could not be tried."""

    ops: Sequence[Op]
    left_out: Sequence[LeftOut] = ()


def is_function_class(member: Any) -> bool:
    return inspect.isclass(member) and issubclass(member, Function)


def ops_of(text: str, target: Any, asked: Asked) -> Ops:
    """The ops that a target stands for: one for each setting of its constructor.

    Raises:
        SpecError: it cannot be called; the message says why.
    """
    if is_function_class(target):
        _require_no_arguments(text, target)
        return Ops([Op(text, target, arity(target.forward))])
    return Ops([Op(text, target, arity(target))])


def _require_no_arguments(text: str, target: Any) -> None:
    try:
        target()
    except Exception as error:
        raise SpecError(
            f"{text} cannot be made without arguments ({described(error)}); "
            "check a function that makes it, such as lambda x: MyFunction(axis=0)(x)"
        ) from error
