"""A subject whose arrays lie where, and in memory as, a case says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.cases import Case
from gradcheck.on_device import OnDevice
from gradcheck.sampling import LAYOUTS
from gradcheck.subject import Arrays, DezeroSubject, Subject
from gradcheck.trial import Trial

CONTIGUOUS = "contiguous"


def subject_of(case: Case) -> Subject:
    """The case's function, handed its arrays on the case's device and in its layout."""
    subject: Subject = DezeroSubject(case.f, case.active)
    if case.layout != CONTIGUOUS:
        subject = LaidOut(subject, LAYOUTS[case.layout])
    return subject if case.device == "cpu" else OnDevice(subject, case.f)


@dataclass(frozen=True)
class LaidOut:
    """Another subject, whose floats (inputs, cotangents and directions) are laid out in memory anew.

    The oracles' numbers are objects; how these lie in memory says nothing of the floats.
    """

    subject: Subject
    arrange: Callable[[Any], Any]

    def values(self, inputs: Arrays) -> list[Any]:
        return self.subject.values(self._arranged(inputs))

    def gradients(
        self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int
    ) -> list[list[Any]]:
        xs, us, ds = map(self._arranged, (inputs, cotangents, directions))
        return self.subject.gradients(xs, us, ds, order)

    def trial(
        self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int, *, watched: bool = False
    ) -> Trial:
        xs, us, ds = map(self._arranged, (inputs, cotangents, directions))
        return self.subject.trial(xs, us, ds, order, watched=watched)

    def _arranged(self, arrays: Arrays) -> list[Any]:
        return [None if x is None else self.arrange(x) if x.dtype.kind == "f" else x for x in arrays]


def differs(layout: str, x: np.ndarray) -> bool:
    """Whether an array in this layout lies in memory in another way than a contiguous one.

    >>> differs("fortran", np.zeros((2, 3))), differs("fortran", np.zeros((1, 3)))
    (True, False)
    """
    flags = LAYOUTS[layout](x).flags
    return not (flags.c_contiguous and flags.writeable)
