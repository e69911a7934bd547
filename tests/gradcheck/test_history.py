"""A history has one line a run; what is drawn of it are whole runs, compared with each other alone."""

from __future__ import annotations

import json
import os
import re
import threading
from pathlib import Path
from statistics import median
from typing import Any

import jsonschema
import pytest

from gradcheck.cli import main
from gradcheck.errors import RecordError
from gradcheck.records import history, jsonl
from gradcheck.records.schema import HISTORY_FILE, history_schema, text
from gradcheck.report import html
from gradcheck.report.history import history_page, line_of
from gradcheck.report.summary import summarize
from tests.gradcheck.sample_rows import case_row, end_row, run_row


def a_line(number: int = 0, **changes: Any) -> Any:
    rows = [
        run_row(run=f"r{number}", commit=f"{number:040x}"),
        case_row(run=f"r{number}", digits=15.0 - number),
    ]
    rows += [end_row(run=f"r{number}", seconds=40.0 + number)]
    return {**line_of(rows, summarize(rows)), **changes}


def test_a_line_says_what_the_rows_say() -> None:
    rows = [run_row(declared=3, commit="abc"), end_row(seconds=9.5)]
    kept = {"a": 15.5, "b": 3.25, "c": 12.0}
    rows += [case_row(case=case, digits=digits, seconds=0.25) for case, digits in kept.items()]
    rows += [case_row(case="a", order=2, digits=None), case_row(case="b", dtype="float32", digits=7.0)]
    line = line_of(rows, summarize(rows))
    assert line["digits"][0] == {
        "order": 1, "dtype": "float64", "cases": 3, "fewest": 3.25, "median": median(kept.values()),
    }  # fmt: skip
    assert (line["commit"], line["declared"], line["seconds"]) == ("abc", 3, 9.5)
    assert line["counts"] == {"pass": 3, "fail": 0, "inconclusive": 0, "not-tested": 0}
    assert line["measured_seconds"] == pytest.approx(sum(r["seconds"] for r in rows if r["kind"] == "case"))
    assert line["certified"] == sum(case.certified for case in summarize(rows).cases)


def test_what_is_written_is_read_and_is_what_the_schema_says(tmp_path: Path) -> None:
    path = tmp_path / "new" / "history.jsonl"
    for number in range(3):
        history.append(path, a_line(number))
    found = history.read(path)
    assert [line["run"] for line in found.lines] == ["r0", "r1", "r2"]
    assert found.cut_short == []
    for line in path.read_text(encoding="utf-8").splitlines():
        jsonschema.validate(json.loads(line), history_schema())


def test_the_published_schema_is_that_of_the_types() -> None:
    jsonschema.Draft202012Validator.check_schema(history_schema())
    assert HISTORY_FILE.read_text(encoding="utf-8") == text(history_schema())


@pytest.mark.parametrize("kept", [0, 1, 40, -2])
def test_a_line_that_was_cut_short_harms_no_other(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "history.jsonl"
    history.append(path, a_line(0))
    history.append(path, a_line(1))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1][:kept])
    assert [line["run"] for line in history.read(path).lines] == ["r0"]
    history.append(path, a_line(2))
    found = history.read(path)
    assert [line["run"] for line in found.lines] == ["r0", "r2"]
    assert len(found.cut_short) == bool(kept)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seconds": -1.0}, "line 2: line of a history.*seconds"),
        ({"history_version": 2}, "line 2: history_version 2 is newer"),
        ({"more": 1}, "line 2: line of a history.*unknown field 'more'"),
    ],
)
def test_a_line_of_another_kind_is_refused(tmp_path: Path, change: Any, said: str) -> None:
    path = tmp_path / "history.jsonl"
    history.append(path, a_line())
    wrong = {"history_version": 1, **a_line(), **change}
    path.write_text(path.read_text() + json.dumps(wrong) + "\n")
    with pytest.raises(RecordError, match=said):
        history.read(path)


def test_lines_of_several_writers_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    threads = [threading.Thread(target=history.append, args=(path, a_line(n))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = history.read(path)
    assert {line["run"] for line in found.lines} == {f"r{n}" for n in range(8)}
    assert not found.cut_short


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="links are followed there")
def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("x")
    (tmp_path / "history.jsonl").symlink_to(tmp_path / "other")
    with pytest.raises(OSError, match=r"history\.jsonl"):
        history.append(tmp_path / "history.jsonl", a_line())
    assert (tmp_path / "other").read_text() == "x"


def test_a_run_that_did_not_end_has_no_line() -> None:
    rows = [run_row(), case_row()]
    with pytest.raises(RecordError, match="one run that came to its end"):
        line_of(rows, summarize(rows))


# The page -------------------------------------------------------------------------------------------


def test_only_whole_runs_of_one_profile_are_drawn() -> None:
    part = {"ops": "tanh", "order": None, "devices": ["cpu"]}
    lines = [
        a_line(0),
        a_line(1, selection=part),
        a_line(2, profile="full"),
        a_line(3, declared=7),
        a_line(4),
        a_line(5),
    ]
    page = history_page(history.History(lines, []))
    assert [row.number for row in page.rows if row.drawn] == [6, 5, 1]
    data = {figure.picture.name: figure.picture.written() for figure in page.figures}
    fewest = data["history-fewest-digits-float64.csv"].splitlines()
    assert fewest[1:] == ["1,15", "5,11", "6,10"]
    assert page.headline == "6 runs, of which 3 whole ones of the quick profile are drawn."


def test_the_page_shows_each_run(tmp_path: Path) -> None:
    rows = [run_row(), case_row(), end_row()]
    past = history.History([a_line(n) for n in range(3)], [4])
    pages = html.render(rows, history=past)
    page = pages["history.html"]
    assert page.count("<svg class=") >= 3
    assert all(f"{n:010x}"[:10] in page for n in range(3))
    assert "Lines that were not written whole are left out: 4." in page
    assert "<a href=history.html>History</a>" in pages["index.html"]
    assert len(re.findall(r"href=\"?data:text/csv", page)) >= 3
    assert "history.html" not in html.render(rows)


def test_runs_are_whole_numbers_on_the_axis() -> None:
    (first, *_) = history_page(history.History([a_line(n) for n in range(3)], [])).figures
    _, *labels = re.findall(r"<text[^>]*>([^<]*)</text>", str(first.picture.image).split('class="y"')[0])
    assert labels == ["1", "2", "3"]


def test_of_one_run_nothing_is_drawn() -> None:
    page = history_page(history.History([a_line()], []))
    assert (page.figures, page.headline) == ([], "1 run.")


def test_very_many_runs_are_cut_off_and_counted() -> None:
    line = a_line()
    page = history_page(history.History([line] * 700, []))
    assert len(page.rows) == 500
    assert page.rows[0].number == 700
    assert "200 older runs are in the file." in page.notes


# The commands ---------------------------------------------------------------------------------------


def test_run_adds_a_line_and_report_draws_it(here: None, tmp_path: Path) -> None:
    past, out = tmp_path / "history.jsonl", tmp_path / "out"
    run = ["run", "--op", "neg", "--order", "1", "-n", "1", "--out", str(out), "--history", str(past)]
    assert main(run) == 0
    (line,) = history.read(past).lines
    assert line["selection"]["ops"] == "neg"
    assert line["counts"]["pass"] == summarize(jsonl.read(out / "records.jsonl")).executed
    assert (out / "history.html").is_file()
    again = tmp_path / "again"
    report = ["report", str(out / "records.jsonl"), "--out", str(again), "--history", str(past)]
    assert main(report) == 0
    assert "neg, up to order 1" in (again / "history.html").read_text(encoding="utf-8")
    assert len(history.read(past).lines) == 1


def test_a_file_that_is_no_history_is_refused_before_anything_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    past = tmp_path / "history.jsonl"
    past.write_text('{"schema_version": 4}\n')
    run = ["run", "--op", "neg", "--out", str(tmp_path / "out"), "--history", str(past)]
    assert main(run) == 2
    assert "history.jsonl: line 1: line of a history" in capsys.readouterr().err
    assert not (tmp_path / "out" / "index.html").exists()
