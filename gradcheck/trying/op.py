"""An op of a user's as a function of Variables, and a call of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from gradcheck.errors import InputError, SpecError


class NothingAcceptedError(SpecError):
    """An op accepts nothing of what was tried.

    Attributes:
        reasons: what it said.
    """

    def __init__(self, message: str, reasons: Sequence[str]) -> None:
        super().__init__(message)
        self.reasons = reasons


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
        settings: the values to which its other arguments are bound.
        title: of its findings; by default its name.
        further: an op of the same target with the usual settings comes before: fewer checks are enough.
        axes: how many its first input must have, for the axis that is set. NumPy accepts axis 0 of a number.
    """

    text: str
    f: Callable[..., Any]
    count: int | None
    settings: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    further: bool = False
    axes: int = 0

    @property
    def name(self) -> str:
        return self.title or self.text.rpartition(":")[2]

    def call(self, inputs: Sequence[np.ndarray]) -> Call:
        """The whole call at these drawn inputs.

        Raises:
            InputError: the first has too few axes.
        """
        if self.axes > np.ndim(inputs[0]):
            raise InputError(
                f"check: its axis is one of {self.axes} or more, the input has {np.ndim(inputs[0])}"
            )
        return Call(self.f, inputs)


class LeftOut(NamedTuple):
    """What could not be tried, and why."""

    what: str
    why: str


class Setting(NamedTuple):
    """Values of the arguments of a target that are no inputs, and the op with these."""

    values: Mapping[str, Any]
    op: Op


class Ops(NamedTuple):
    """What a target stands for: an op for each setting of its arguments, and what could not be tried."""

    ops: Sequence[Op]
    left_out: Sequence[LeftOut] = ()
