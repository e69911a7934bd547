"""What one call of a subject shows, beside its gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


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
