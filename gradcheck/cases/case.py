"""A case: one function at one point, with all that is needed to examine it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck.subjects.dezero import DezeroSubject
from gradcheck.subjects.layouts import CONTIGUOUS, LAYOUTS, LaidOut
from gradcheck.subjects.on_device import OnDevice
from gradcheck.subjects.positions import ActiveInputs
from gradcheck.subjects.subject import Subject

LONGEST = 60  # characters of settings in a title
MOST_DRAWN = 200  # elements of inputs along which curves are drawn: a point of a curve is a call of f


@dataclass(frozen=True)
class Case(ActiveInputs):
    """One function at one point.

    Attributes:
        id: stable; `gradcheck reproduce` finds the case by it.
        op: the function's name.
        f: takes one Variable for each input, returns a Variable or several.
        inputs: host arrays, one for each argument.
        names: the arguments' names.
        active: which inputs are differentiated (the floating ones).
        order: orders 1 .. order are checked.
        seed: of cotangents and directions (and of the inputs, where they were drawn).
        dtype: in whose ULPs errors are given.
        device, layout: "cpu" or "gpu"; a name of gradcheck.subjects.layouts.LAYOUTS.
        formula: the documented mathematics `(m, *arrays, **params)`, or None.
        params: keyword arguments already bound into `f`, for the formula.
        domains: for each input the open interval in which the function is defined.
        bounds: declared accuracy in ULPs for orders 1, 2, ..., or None.
        elementwise: each element of the result is made of one element of each input, broadcast.
        reproduce: the command that examines the case again.
    """

    id: str
    op: str
    f: Callable[..., Any]
    inputs: Sequence[np.ndarray]
    names: Sequence[str]
    active: Sequence[bool]
    order: int
    seed: int
    dtype: Any
    device: str = "cpu"
    layout: str = "contiguous"
    topic: str = ""
    formula: Callable[..., Any] | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    domains: Sequence[tuple[float, float]] | None = None
    bounds: Sequence[float] | None = None
    elementwise: bool = False
    reproduce: str = ""

    @property
    def title(self) -> str:
        """The function, its settings and the types of its inputs: the head of a finding."""
        settings = " ".join(", ".join(f"{name}={value!r}" for name, value in self.params.items()).split())
        if len(settings) > LONGEST:
            settings = f"{settings[:LONGEST]}..."
        shapes = ", ".join(f"{name}: {_of_type(x)}" for name, x in zip(self.names, self.inputs, strict=True))
        return f"{self.op}{f'({settings})' if settings else ''}({shapes})" + (
            "" if self.device == "cpu" else f" on the {self.device}"
        )

    @property
    def input_elements(self) -> int:
        """How many elements all inputs have, differentiated or not."""
        return sum(np.size(x) for x in self.inputs)

    def subject(self) -> Subject:
        """The function, which gets its arrays on the case's device and in its layout."""
        subject: Subject = DezeroSubject(self.f, self.active)
        if self.layout != CONTIGUOUS:
            subject = LaidOut(subject, LAYOUTS[self.layout])
        return subject if self.device == "cpu" else OnDevice(subject, self.f)

    def element(self, position: int) -> tuple[int, tuple[int, ...]]:
        """Which input and which index the `position`-th differentiated element is."""
        i, j = self.location(position)
        return i, tuple(int(n) for n in np.unravel_index(j, self.inputs[i].shape))

    def place(self, position: int) -> str:
        """The `position`-th differentiated element in words."""
        i, index = self.element(position)
        where = f"input {i} ({self.names[i]})"
        return where if index == () else f"{where}, element {index if len(index) > 1 else index[0]}"


def _of_type(x: Any) -> str:
    return f"{np.asarray(x).dtype}{list(np.shape(x))}"
