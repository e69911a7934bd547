"""The table: what is chosen, how a row is measured and written, another checkout beside this one."""

from __future__ import annotations

import importlib
import json
import math
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dezero
from tests.benchmarks import __main__ as command
from tests.benchmarks import checked, checks, machine, rows, table
from tests.benchmarks.checkouts import Before
from tests.benchmarks.entries import FUNCTION, Entry, entries
from tests.benchmarks.growth import Growth
from tests.benchmarks.rows import Beside, Effort, Row
from tests.benchmarks.sizes import HOST
from tests.benchmarks.steps import assert_alike

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
ENTRIES = entries()
TWINS = [
    entry
    for entry in checked.entries()
    if entry.table == "wrong" and max(map(math.prod, entry.workload.shapes)) < 500
]


def test_every_entry_has_its_own_key() -> None:
    assert len({entry.key for entry in ENTRIES}) == len(ENTRIES)


def test_every_size_is_measured() -> None:
    assert {entry.size for entry in ENTRIES} == {"", *(size.name for size in HOST)}


def test_every_function_layer_and_optimizer_has_the_limit_of_a_function() -> None:
    for entry in ENTRIES:
        if entry.size and not entry.workload.name.endswith("_simple"):
            assert entry.limits == FUNCTION


@pytest.mark.parametrize("patterns", [None, ["soft"], ["soft*"], ["relu", "*max"]], ids=str)
def test_a_name_fits_a_pattern_that_it_contains_or_that_it_is(patterns: list[str] | None) -> None:
    assert table.fits("softmax", patterns)
    assert not table.fits("softmax", ["relu", "max*"])


def test_tables_and_sizes_are_chosen() -> None:
    chosen = table.chosen(["softmax*"], ["functions"], ["small", "tall"])
    assert {entry.table for entry in chosen.entries} == {"functions"}
    assert {entry.size for entry in chosen.entries} == {"small", "tall"}
    assert {entry.workload.name for entry in chosen.entries} >= {"softmax", "softmax_cross_entropy"}
    assert not chosen.growth
    assert table.chosen(tables=["growth"]) == table.Choice([], growth=True)


def test_a_row_says_which_limit_it_breaks() -> None:
    beside = {"torch": Beside(2.0, 1.6, 1.5), "by hand": Beside(3.0, 1.1)}
    row = Row("functions", "small", "exp", "ms", 7, 3.2, beside, None)
    assert not row.kept
    assert rows.line(row, beside).endswith("> 1.5 of torch")
    torch, _ = rows.summary([row, row])
    assert torch["mean"] == pytest.approx(1.6)
    assert (torch["rows"], torch["above"]) == (2, 2)


def test_the_file_is_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(machine, "limits", dict)
    monkeypatch.setattr(machine, "prices", dict)
    path = tmp_path / "found.json"
    arguments = ["--only", "exp", "--size", "small", "--rounds", "2", "--json", str(path)]
    assert command.main(arguments) == 0
    found = json.loads(path.read_text())
    names = [row["name"] for row in found["rows"]]
    printed = capsys.readouterr().out
    assert {"exp", "expm1"} <= set(names)
    assert all(name in printed for name in names)
    parts = [found["machine"], found["rows"][0], found["summary"][0] if found["summary"] else None]
    for name, part in zip(("machine", "rows", "summary"), parts, strict=True):
        assert part is None or set(part) == _documented(name)


def test_growth_is_as_the_page_says() -> None:
    assert set(Growth("memory", "kB", 2.0, "before", 1.0, 1.1).as_json()) == _documented("growth")


def _documented(part: str) -> set[str]:
    """The fields that the page lists for a part of the file."""
    (line,) = re.findall(rf"^\| `{part}` \|(.*)\|$", PAGE, re.MULTILINE)
    return set(re.findall(r"`(\w+)`", line))


def test_another_checkout_is_another_dezero() -> None:
    names = set(sys.modules)
    before = Before(ROOT, "tests.benchmarks.entries")
    assert set(sys.modules) == names
    assert importlib.import_module("dezero") is dezero
    entry = next(entry for entry in ENTRIES if entry.key == ("functions", "small", "exp"))
    arrays = entry.workload.draw(np.random.default_rng(0))
    step = before.step(entry, arrays)
    assert step is not None
    assert_alike(step(), entry.workload.ours(arrays)(), "exp")
    inside: list[Any] = []
    before.clock(lambda work: work() or 1.0)(lambda: inside.append(importlib.import_module("dezero")))
    assert inside[0] is not dezero


def test_a_folder_without_dezero_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds no dezero"):
        Before(tmp_path, "tests.benchmarks.entries")


@pytest.mark.parametrize("entry", TWINS, ids=lambda entry: entry.workload.name)
def test_of_twins_one_is_right(entry: Entry) -> None:
    """The steps assert the verdicts."""
    row = rows.measured(entry, checks.sides(entry, None, None), Effort(0.0, 1, 1))
    assert set(row.beside) == {checked.TWIN}
