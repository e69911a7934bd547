"""What a network-level check is given: a loss and the point at which it is differentiated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dezero import Variable
from gradcheck.judging.verdict import Verdict
from gradcheck.records.jsonl import Row, row

Loss = Callable[..., Variable]
Problem = tuple[Loss, Mapping[str, np.ndarray]]


@dataclass(frozen=True)
class Network:
    """A network-level check.

    Attributes:
        name: stable.
        data: the input data, as text.
        build: gives the loss, a function of one Variable for each parameter, and the parameters'
            values by name, float64. Each call gives the same.
        order: orders 1 to `order` are differenced and certified, 1 or 2.
        sample: how many elements of each parameter are differenced in order 1, at random; None for
            all. Order 2 is differenced along one direction, which gives all elements at once.
        profile: the smallest profile that it is part of.
        check: what gives the rows, where it is not the comparison of every parameter.
    """

    name: str
    data: str
    build: Callable[[], Problem]
    order: int = 2
    sample: int | None = None
    profile: str = "quick"
    check: Callable[[Network], list[Row]] | None = None


def network_row(network: Network, **fields: Any) -> Row:
    """A row of a network, with the fields that its rows have in common filled in."""
    common = {"run": "", "name": network.name, "data": network.data, "error_ulp": None}
    return row("network", common | fields)


def whole_row(
    network: Network, what: str, gap: np.ndarray, judged: Verdict, reason: str, seconds: float
) -> Row:
    """The row of a check of all parameters together: `gap` is how far its elements are apart."""
    gap = np.abs(gap)
    return network_row(
        network,
        parameter=what,
        shape=list(gap.shape),
        elements=gap.size,
        mean_abs_diff=float(gap.mean()),
        max_abs_diff=float(gap.max()),
        verdict=judged,
        reason=reason,
        seconds=seconds,
    )
