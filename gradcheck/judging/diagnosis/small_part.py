"""A small part of large inputs, examined like any small case: what is wrong there can be proven and named.

Each axis is cut to a few elements, equal ones equally, so that shapes still fit together. What f makes of the
part is another value of the same function; where backward is wrong there too, its mistake is most likely the
same one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from gradcheck.cases.case import Case
from gradcheck.errors import InputError
from gradcheck.judging.diagnosis.culprits import Cause
from gradcheck.judging.finding import Evidence, Result
from gradcheck.judging.scene import Scene
from gradcheck.measuring.work import work

SIZES = (5, 4, 6, 7)  # to which the axes are cut, those of one length to the same
COSTLY = 150_000  # operations on balls that a proof takes at least, for a look at a small part first
KEPT = 3  # axes so short are not cut: windows of convolutions, components of points


def is_worthwhile(scene: Scene) -> bool:
    """Whether what it costs to look at all elements is much more than a check of a small part."""
    return scene.large or work(scene.subject, scene.at, scene.outputs) > COSTLY


def cause(scene: Scene, rows: Sequence[Evidence], judge: Callable[[Case], Result]) -> Cause | None:
    """The diagnosis of a failure like that of these rows at a small part of the inputs; None if it is right.

    A like failure is of the same order, and of values or of the contract as well: a backward that was made
    for one shape may just raise at another.
    """
    order, kinds = _failure(rows)
    for inputs in _parts(scene.case.inputs):
        try:
            found = judge(replace(scene.case, inputs=inputs, order=order))
        except InputError:  # f takes no such shapes
            continue
        lowest, there = _failure(found.evidence)
        if lowest != order or not kinds & there or found.diagnosis is None:
            return None
        shapes = " and ".join("x".join(map(str, x.shape)) or "scalar" for x in inputs)
        text = f"{found.diagnosis}; found at a small part of the inputs ({shapes})"
        return Cause(text, found.culprit)
    return None


def _failure(rows: Sequence[Evidence]) -> tuple[int, set[bool]]:
    """The lowest order that fails, 0 if none does; and whether by the contract (True), by values, or both."""
    failing = [row for row in rows if row.verdict == "fail"]
    order = min((max(row.order, 1) for row in failing), default=0)
    return order, {row.oracle == "contract" for row in failing if max(row.order, 1) == order}


def _parts(inputs: Sequence[np.ndarray]) -> Iterator[list[np.ndarray]]:
    """The inputs cut; then with integers, which may be indices, cut to the range that is left."""
    lengths = sorted({n for x in inputs for n in x.shape if n > KEPT})
    cut = {n: min(n, SIZES[i % len(SIZES)]) for i, n in enumerate(lengths)}
    parts = [x[tuple(slice(cut.get(n, n)) for n in x.shape)].copy() for x in inputs]
    yield parts
    if any(x.dtype.kind in "iu" for x in parts):
        least = min(cut.values(), default=1)
        yield [x % x.dtype.type(least) if x.dtype.kind in "iu" else x for x in parts]
