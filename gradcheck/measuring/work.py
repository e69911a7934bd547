"""How much there is to do for a proof: whether balls and jets can be afforded."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from gradcheck.measuring.point import Point
from gradcheck.subjects.counting import counted, counting
from gradcheck.subjects.subject import Subject

# Each is an operation on a ball or a jet, with what Python adds: about 1.2 us. So balls and jets take less
# than ten seconds, and some 600 MB.
MOST_WORK = 6_000_000
COUNTED = 1000  # elements of inputs and outputs, from which on the work is counted


def work(subject: Subject, at: Point, outputs: Sequence[np.ndarray]) -> float:
    """About how many operations on elements a proof takes: 0 where the arrays are small.

    An element of an input or output is made, and compared. Each order adds what backward of the order below
    has done, so they grow like the numbers of a triangle.
    """
    elements = at.size + sum(y.size for y in outputs)
    if elements < COUNTED:
        return 0.0
    with counting() as count, suppress(Exception):  # of an op that takes no other class, what came before
        subject.values(at.changed_inputs(counted))
    return (2 * elements + count.operations) * (at.order + 1) * (at.order + 2) / 2
