"""What the laboratory asks of a function that it differentiates, and what one call of it shows.

G_1 .. G_order are those of docs/architecture.md: G_1 is the gradient of the sum of <cotangent, output>, and
each next one that of the sum of <G, direction>.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np

from gradcheck.errors import InputError

Arrays = Sequence[Any]
Watched = bool | Literal["pairings"]


class Subject(Protocol):
    """A differentiable function of several inputs; one class for each way to differentiate.

    A subclass gives `values` and `gradients`. All take and return plain arrays: NumPy's, a device's, or
    object arrays of the oracles' numbers, where the subject can compute with these. A cotangent of None
    stands for an output that is not differentiated (an index, a mask). The laboratory hands each call copies
    of its own. What a method raises is a finding, not an error of the laboratory.

    It may answer further questions of the arguments of `gradients`, by which a diagnosis finds more: `parts`
    (the functions that f is made of), `source_of_nan`, `arrays` (what lies in the graph).

    >>> class Square(Subject):
    ...     def values(self, inputs):
    ...         return [inputs[0] ** 2]
    ...     def gradients(self, inputs, cotangents, directions, order):
    ...         return [[2 * inputs[0] * cotangents[0]]]
    >>> Square().trial([np.array([3.0])], [np.array([1.0])], [None], 1)
    Trial(outputs=[array([9.])], gradients=[[array([6.])]], returned=(), pairings=(), damage=())
    """

    def values(self, inputs: Arrays) -> list[Any]:
        """The outputs at `inputs`."""

    def gradients(
        self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int
    ) -> list[list[Any]]:
        """G_1 .. G_order: for each order one gradient for each input, None where it has none."""

    def trial(
        self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int, *, watched: Watched = False
    ) -> Trial:
        """Both; where it is `watched`, with what backward does on the way, as far as that can be seen.

        "pairings" asks for no more than these.
        """
        return Trial(self.values(inputs), self.gradients(inputs, cotangents, directions, order))


class Damage(NamedTuple):
    """An array of the graph that was written to: its kind, where it is, and at which order (0: in f)."""

    kind: str
    where: str
    order: int


@dataclass(frozen=True)
class Trial:
    """One call of a subject.

    Attributes:
        outputs: the values.
        gradients: for each order 1 .. n one gradient (or None) for each input.

    Where the call was watched, and the subject can tell:

        returned: for each order the dtype of each gradient as backward returned it, before a leaf cast it
            to its own.
        pairings: for k = 1 .. n - 1 the sum <G_k, d>, the sum of its magnitudes, and <G_k, d> from its
            derivative by the cotangent: G_k is linear in the cotangent u, so <G_k, d> = <d<G_k, d>/du, u>.
        damage: what was written to inside the graph.
    """

    outputs: list[Any]
    gradients: list[list[Any]]
    returned: Sequence[Sequence[Any]] = ()
    pairings: Sequence[tuple[Any, Any, Any]] = ()
    damage: Sequence[Damage] = ()


class Around(Subject):
    """Another subject, whose every call goes through `_call_with`."""

    subject: Subject

    def _call_with(self, call: Callable[..., Any], *given: Arrays) -> Any:
        """What `call` gives of the arrays."""
        raise NotImplementedError

    def values(self, inputs: Arrays) -> list[Any]:
        return self._call_with(self.subject.values, inputs)

    def gradients(
        self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int
    ) -> list[list[Any]]:
        return self._further("gradients")(inputs, cotangents, directions, order)

    def trial(
        self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int, *, watched: Watched = False
    ) -> Trial:
        return self._further("trial")(inputs, cotangents, directions, order, watched=watched)

    def _further(self, name: str) -> Any:
        """A question that the subject answers, of the arguments of `gradients`."""
        if name.startswith("_"):
            raise AttributeError(name)
        method = getattr(self.subject, name)

        def ask(inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int, **settings: Any) -> Any:
            return self._call_with(
                lambda *given: method(*given, order, **settings), inputs, cotangents, directions
            )

        return ask


def each_array(change: Callable[[Any], Any], found: Any) -> Any:
    """An answer of a subject with `change` made of each of its arrays."""
    if isinstance(found, Trial):
        outputs = [change(y) for y in found.outputs]
        gradients = [[None if g is None else change(g) for g in of_order] for of_order in found.gradients]
        sides = [(change(first), change(size), change(second)) for first, size, second in found.pairings]
        return Trial(outputs, gradients, found.returned, sides, found.damage)
    if isinstance(found, (list, tuple)) and not hasattr(found, "_fields"):
        return type(found)([each_array(change, each) for each in found])
    return change(found)


# For subjects whose frameworks record graphs -----------------------------------------------------------


def several(ys: Any, kind: type, name: str, advice: Callable[[Any], str]) -> Sequence[Any]:
    """What f returned, as a sequence.

    Args:
        advice: what to do where it is something else.

    Raises:
        InputError: it is neither one of this kind nor several of them.
    """
    found = ys if isinstance(ys, (tuple, list)) else (ys,)
    if not found or not all(isinstance(y, kind) for y in found):
        raise InputError(f"check: f must return a {name} (or several), got {type(ys).__name__}; {advice(ys)}")
    return found


def pairings(steps: Sequence[tuple[Arrays, Arrays]], directions: Arrays, cotangents: Arrays) -> list[Any]:
    """Those of a Trial, of the gradients by the inputs and by the cotangents, order by order."""
    return [
        (*_paired(gxs, directions), _paired(gus, cotangents)[0]) for (gxs, _), (_, gus) in pairwise(steps)
    ]


def _paired(gradients: Arrays, weights: Arrays) -> tuple[Any, Any]:
    """The sum of <g, w>, and that of all magnitudes."""
    pairs = [(g, w) for g, w in zip(gradients, weights, strict=True) if g is not None]
    if any(g.shape != w.shape for g, w in pairs):
        return np.nan, np.nan  # equal to nothing
    products = [g * w for g, w in pairs]
    return sum([p.sum() for p in products]), sum([abs(p).sum() for p in products])
