"""What the laboratory asks of a function that it differentiates, and what one call of it shows.

A subject answers questions about a function of several inputs, on whatever arrays it is handed:

    values(inputs)                                        the outputs
    gradients(inputs, cotangents, directions, order)      G_1 .. G_order of docs/architecture.md
    trial(inputs, cotangents, directions, order)          both, and what is seen on the way

All take and return plain arrays (NumPy's, a device's, or object arrays of the oracles' numbers). A
cotangent of None stands for an output that is not differentiated (an index, a mask).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

Arrays = Sequence[Any]


class Subject(Protocol):
    """What the laboratory needs of a differentiable function; dezero is one kind of subject."""

    def values(self, inputs: Arrays) -> list[Any]:
        """The outputs at `inputs`."""

    def gradients(
        self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int
    ) -> list[list[Any]]:
        """For each order 1 .. order one gradient (or None) for each input."""

    def trial(
        self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int, *, watched: bool = False
    ) -> Trial:
        """The same call with all that it shows."""


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
        pairings: for k = 1 .. n - 1 the sum <G_k, d>, the sum of its magnitudes, and <G_k, d> by way of its
            derivative by the cotangent: G_k is linear in the cotangent u, so <G_k, d> = <d<G_k, d>/du, u>.
        damage: what was written to inside the graph.
    """

    outputs: list[Any]
    gradients: list[list[Any]]
    returned: Sequence[Sequence[Any]] = ()
    pairings: Sequence[tuple[Any, Any, Any]] = ()
    damage: Sequence[Damage] = ()
