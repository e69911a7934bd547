"""The page on what other checkers judge rightly: counts follow from the stored judgements."""

from __future__ import annotations

import json

import pytest

from gradcheck.experiments.studies import judgements
from gradcheck.experiments.studies.study import Table, study_rows
from gradcheck.records.jsonl import validate
from tests.peers import measure


@pytest.fixture(scope="module")
def tables() -> list[Table]:
    found = judgements.study().parts
    return [part for part in found if isinstance(part, Table)]


def test_rows_are_what_the_schema_says() -> None:
    for row in study_rows("judgements", judgements.study(), 0.1):
        validate(row)


def test_the_zoos_are_large_and_all_kinds_of_peers_are_there(tables: list[Table]) -> None:
    rows = json.loads(judgements.FILE.read_text(encoding="utf-8"))["rows"]
    assert sum(row["group"] == "wrong" for row in rows) >= 60
    assert sum(row["group"] != "wrong" for row in rows) >= 60
    assert {row["group"] for row in rows} == set(judgements.GROUPS)
    names = " ".join(str(cells[0]) for cells in tables[0].cells)
    assert all(peer in names for peer in ("slow", "fast", "jax", "autograd.test_util", "gradient_check"))


def test_every_operation_of_the_zoos_is_judged_and_no_other() -> None:
    stored = measure.keys_of(json.loads(judgements.FILE.read_text(encoding="utf-8")))
    zoos = measure.known()
    assert len(set(stored)) == len(stored)
    assert set(zoos) - set(stored) == set(), "not judged yet: python -m tests.peers --new"
    assert set(stored) - set(zoos) == set(), "no longer in the zoos: python -m tests.peers --new"


def test_what_is_new_is_judged_and_what_is_gone_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    before = [{"group": g, "name": n, "phrase": p, "said": "before"} for g, n, p in measure.known()]
    gone = before[0] | {"name": "an operation that is gone"}
    asked: list[measure.Key] = []

    def rows(keys: list[measure.Key]) -> list[dict]:
        asked.extend(keys)
        return [{"group": g, "name": n, "phrase": p, "said": "now"} for g, n, p in keys]

    monkeypatch.setattr(measure, "_rows", rows)
    found = measure.brought_up_to_date(measure.by_what() | {"rows": [gone, *before[2:]]})
    assert asked == measure.known()[:2]
    assert measure.keys_of(found) == measure.known()
    assert [row["said"] for row in found["rows"][:2]] == ["now", "now"]
    assert found["rows"][2:] == before[2:]


def test_judgements_of_other_versions_are_not_mixed() -> None:
    stored = measure.by_what() | {"versions": {"numpy": "0.1"}, "rows": []}
    with pytest.raises(ValueError, match="judge all anew"):
        measure.brought_up_to_date(stored)


def test_the_table_of_all_kinds_counts_what_the_totals_do(tables: list[Table]) -> None:
    totals, _, kinds = tables
    for n, cells in enumerate(totals.cells):
        by_kind = sum(float(row[2 + n] or 0) for row in kinds.cells)
        assert by_kind == cells[len(judgements.GROUPS) + 1]


def test_no_checker_is_right_more_often(tables: list[Table]) -> None:
    everything = {cells[0]: cells[5] for cells in tables[0].cells}
    assert max(everything, key=lambda name: everything[name] or 0) == "gradcheck"


@pytest.mark.parametrize(
    ("group", "said", "right"),
    [
        ("wrong", "rejected", True),
        ("wrong", "accepted", False),
        ("wrong", "inconclusive", False),
        ("wrong", "not expressible", False),
        ("right", "accepted", True),
        ("right", "inconclusive", False),
        ("narrow", "gave up", False),
        ("open", "inconclusive", True),
        ("open", "rejected", False),
    ],
)
def test_what_a_right_judgement_is(group: str, said: str, right: bool) -> None:
    assert judgements.is_right(group, said) is right
