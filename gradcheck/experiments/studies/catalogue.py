"""The studies by name."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

from gradcheck.errors import SpecError
from gradcheck.experiments.studies import (
    differences,
    higher_order,
    judgements,
    newton_study,
    peers,
    three_ways,
)
from gradcheck.experiments.studies.parts import Study, study_rows
from gradcheck.records.jsonl import Row

STUDIES: Mapping[str, Callable[[], Study]] = {
    "differences": differences.study,
    "three-ways": three_ways.study,
    "newton": newton_study.study,
    "peers": peers.study,
    "judgements": judgements.study,
    "higher-order": higher_order.study,
}


def require(names: Iterable[str]) -> None:
    """Raise SpecError, naming those that there are, unless each is a study.

    >>> require(["newton"])
    """
    for name in names:
        if name not in STUDIES:
            raise SpecError(f"no study {name!r}; there are {', '.join(STUDIES)}")


def run(name: str) -> list[Row]:
    """The rows of a study.

    Raises:
        SpecError: there is no such study.
    """
    require([name])
    started = time.perf_counter()
    study = STUDIES[name]()
    return study_rows(name, study, time.perf_counter() - started)
