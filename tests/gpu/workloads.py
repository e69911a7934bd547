"""Every workload of the benchmarks that a device can do."""

from __future__ import annotations

from typing import Any, cast

from tests.benchmarks import chains, cnn, mlp
from tests.benchmarks.checked import CHECKS
from tests.benchmarks.operations import operations
from tests.benchmarks.parts import BATCH_NORM, CONVOLUTION, MAX_POOLING
from tests.benchmarks.recurrent import LSTM
from tests.benchmarks.sizes import DEVICE
from tests.benchmarks.steps import Workload
from tests.benchmarks.updates import updates

PARTS: tuple[Any, ...] = (CONVOLUTION, BATCH_NORM, MAX_POOLING, mlp, cnn, LSTM)
CHAIN = 100  # steps


def workloads(rehearse: bool) -> dict[tuple[str, str], Workload]:
    """(group, name) -> workload, the most telling first; a rehearsal leaves out the large ones."""
    groups: dict[str, list[Workload]] = {"parts of networks": [cast(Workload, part) for part in PARTS]}
    for size in DEVICE[:1] if rehearse else DEVICE[::-1]:
        groups[size.name] = [*operations(size), *updates(size)]
    groups["chains"] = [*chains.workloads(10 if rehearse else CHAIN)]
    groups["checks"] = [*CHECKS]
    return {(group, each.name): each for group, several in groups.items() for each in several}
