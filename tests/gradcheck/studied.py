"""The rows of studies, each made once in a process; nobody changes them."""

from __future__ import annotations

from functools import cache

from gradcheck.experiments.studies import catalogue
from gradcheck.records.jsonl import Row


@cache
def studied(name: str) -> tuple[Row, ...]:
    return tuple(catalogue.run(name))
