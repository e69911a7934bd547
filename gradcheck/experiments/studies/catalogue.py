"""The studies by name. A study is imported when it is made: who plans a run needs names alone."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterable

from gradcheck.errors import SpecError
from gradcheck.records.jsonl import Row

#: Each is what `study()` of its module gives. They come in the order in which they are read.
STUDIES = (
    "differences",
    "step-schemes",
    "three-ways",
    "higher-order",
    "newton",
    "on-a-gpu",
    "peers",
    "judgements",
)


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
    from gradcheck.experiments.studies.reproducing import reproduced
    from gradcheck.experiments.studies.study import study_rows

    started = time.perf_counter()
    module = importlib.import_module(f"gradcheck.experiments.studies.{name.replace('-', '_')}")
    return study_rows(name, module.study(), time.perf_counter() - started, reproduced(name))
