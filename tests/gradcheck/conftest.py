"""What the tests of gradcheck share: a device for a test, and commands that stay in this process."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from gradcheck.cli import isolated
from gradcheck.running import pool, runner
from tests.dezero.conftest import device, standin
from tests.gradcheck.copies import ask

__all__ = ["device", "standin"]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Commands perform their tasks in this process, with what the test has replaced in it.

    The files that they import are forgotten after the test.
    """

    def perform(
        todo: Sequence[Any],
        seconds: float,
        workers: int,
        do: pool.Perform,
        lost: pool.Lost,
        kin: pool.Kin,
        crew: Sequence[pool.Worker],
    ) -> Iterator[Any]:
        return (do(task, seconds) for task in todo)

    def nobody(self: runner.Crew, size: int, workers: int) -> None:
        self._started = []

    monkeypatch.setattr(runner.Crew, "__init__", nobody)
    monkeypatch.setattr(pool, "perform", perform)
    monkeypatch.setattr(pool.Apart, "ask", ask)
    searched, loaded = [*sys.path], set(sys.modules)
    monkeypatch.setattr(sys, "path", [*searched])
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    yield
    folders = set(sys.path) - set(searched)
    for name in set(sys.modules) - loaded:
        file = Path(getattr(sys.modules[name], "__file__", None) or "/")
        if name.partition(".")[0] not in loaded and not folders.isdisjoint(map(str, file.parents)):
            del sys.modules[name]
    isolated._loaded.cache_clear()
    isolated._plan.cache_clear()
