"""Rows of strangers and of broken disks: one sentence with the line's number, or all that is made of rows."""

from __future__ import annotations

import gzip
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from gradcheck.cli import main
from gradcheck.records import reading
from gradcheck.records.jsonl import RecordError, Row, merge, read, validate
from gradcheck.records.rows import json_values
from gradcheck.report import console, html, most
from gradcheck.report.data import slug
from tests.attack.row_damage import damaged
from tests.attack.rows import judge
from tests.gradcheck.sample_rows import (
    case_row,
    curve_row,
    end_row,
    exempt_row,
    figure_row,
    graph_row,
    one_of_each,
    row,
    run_row,
    section_row,
    study_row,
    table_row,
)


def text_of(*rows: Row) -> str:
    return "".join(json.dumps(json_values(each)) + "\n" for each in rows)


CASE = text_of(case_row()).strip()
NINES = "9" * 5_000
DAMAGED = [
    (CASE.replace('"seed": 0', f'"seed": {NINES}'), "a number has more than 4300 digits"),
    (CASE.replace('"seed": 0', f'"seed": 1{"0" * 400}'), "case row: seed: expected integer from -9"),
    (CASE.replace("0.47", f"1{'0' * 400}"), "case row: error_ulp: expected number or"),
    (CASE.replace("0.47", "1e999"), "case row: error_ulp: expected number or .*, got inf"),
    (CASE.replace("0.47", "NaN"), "NaN is not JSON"),
    (CASE.replace("0.47", "-Infinity"), "-Infinity is not JSON"),
    (CASE.replace("0.47", "[" * 100_000 + "]" * 100_000), "it is nested too deeply"),
    ('{"a":' * 100_000, "it is nested too deeply"),
    (CASE.replace("within", "\\ud800"), "case row: reason: expected a text without half surrogate pairs"),
    (CASE.replace('"tanh"', f'"{"x" * 5_000}"'), "case row: op: expected at most 1000 characters, got 5000"),
    (CASE.replace('"op"', '"op": 1, "op"'), "field 'op' is there twice"),
    (CASE.replace('"float64"', '"(2,)f8"'), "case row: dtype: expected the name of a dtype, got"),
    (CASE.replace("15.9,", "-1,"), "case row: digits: expected number or null from 0 to 1000, got -1"),
    (CASE.replace('"order": 1', '"order": 10000000'), "case row: order: expected integer from 0 to 1000"),
    (CASE.replace("[[2, 3]]", f"{[[1] * 200]}"), r"case row: shapes\[0\]: expected from 0 to 100 items"),
    (text_of(run_row(started="yesterday")), "run row: started: expected a time such as"),
    (text_of(run_row(versions={"x" * 5_000: "1"})), "run row: versions: x+[.]+: expected at most 1000 char"),
    (text_of(graph_row(edges=[[0, 9]])), r"graph row: edges\[0\]: there is no node 9"),
    (text_of(graph_row(edges=[[0, 1], [1, 0]])), "graph row: edges: they make a cycle"),
    (text_of(graph_row(edges=[[0]])), r"graph row: edges\[0\]: expected from 2 to 2 items, got 1"),
    (text_of(section_row(x=[1.0])), "section row: x has 1 items, analytic 21, error_ulp 21"),
    (text_of(curve_row(schemes={"a": {"step": [1.0], "error": []}})), "curve row: schemes: a: step has 1"),
    (text_of(table_row(cells=[["a"]])), r"table row: cells\[0\]: expected 3 of them, got 1"),
    (text_of(run_row(seed=1)), "another run has the id"),
    ("\x00\x00", "Expecting value at character 1"),
    ("{", "Expecting property name enclosed in double quotes"),
]


@pytest.mark.parametrize(("line", "message"), DAMAGED, ids=[message[:40] for _, message in DAMAGED])
def test_a_damaged_line_is_one_sentence_with_its_number(
    tmp_path: Path, capsys: Any, line: str, message: str
) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text(text_of(run_row()) + line.strip("\n") + "\n" + text_of(end_row()))
    with pytest.raises(RecordError, match=rf"records\.jsonl: line 2: {message}") as refused:
        read(path)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 2_500
    assert main(["compare", str(path), str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_bytes(text_of(run_row()).encode() + b'{"kind": "\xff"}\n')
    with pytest.raises(RecordError, match="line 2: it is not UTF-8 at byte 11"):
        read(path)


def test_a_mark_other_line_ends_and_empty_lines_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    text = text_of(run_row(), case_row(), end_row())
    path.write_bytes(b"\xef\xbb\xbf\r\n" + text.replace("\n", "\r\n\r\n").encode())
    assert read(path) == [run_row(), case_row(), end_row()]


def test_what_is_packed_is_read_to_a_documented_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "records.jsonl.gz"
    rows = [run_row(), case_row(), end_row()]
    packed = gzip.compress(text_of(*rows).encode())
    path.write_bytes(packed)
    assert read(path) == rows
    path.write_bytes(packed[:-20])
    with pytest.raises(RecordError, match=r"gz: line \d+: cannot be unpacked"):
        read(path)
    path.write_bytes(gzip.compress(b"\n" * 1_000_000))
    with pytest.raises(RecordError, match="more than 10000 lines are empty"):
        read(path)
    monkeypatch.setattr(reading, "LONGEST_LINE", 1 << 20)
    path.write_bytes(gzip.compress(b"x" * 10_000_000))
    with pytest.raises(RecordError, match="line 1: it is longer than 1 MiB"):
        read(path)
    monkeypatch.setattr(reading, "UNPACKED", 5 << 20)
    path.write_bytes(gzip.compress((b" " * 1_000 + b"\n") * 10_000))
    with pytest.raises(RecordError, match="it unpacks to more than"):
        read(path)


def test_rows_that_say_the_same_share_their_texts(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text(text_of(*(case_row(order=order) for order in (1, 2))))
    one, other = read(path)
    assert all(one[name] is other[name] for name in ("case", "reason", "shapes", "reproduce", "op"))
    assert (one["order"], other["order"]) == (1, 2)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_a_file_holds_is_refused_or_reported(tmp_path: Path, seed: int) -> None:
    assert judge(damaged(random.Random(seed)), tmp_path) == []


ENDS = [[], ["nan"], ["inf", "-inf"], [1e308, -1e308], [5e-324, 1e308], ["nan", 1.0]]


@pytest.mark.parametrize("values", ENDS)
def test_plots_of_any_numbers_are_drawn(values: list[Any]) -> None:
    x = [float(value) for value in values]
    lines = [{"label": "a", "style": "line", "x": x, "y": x}]
    axes = [{"label": "x", "log": log} for log in (False, True)]
    numeric = {"x": x, "value": x, "bound": x}
    rows = [section_row(n, x=x, analytic=x, error_ulp=x, numeric=numeric) for n in (0, 1)]
    rows += [row("range", {"op": "tanh", "order": 1, "x": x, "error_ulp": x}), study_row()]
    rows += [curve_row(schemes={"a": {"step": x, "error": x}}, chosen_step=max(x, default=0.0))]
    rows += [figure_row(x=one, y=other, lines=lines) for one in axes for other in axes]
    for each in rows:
        validate(each)
    assert any("<svg" in page for page in html.render(rows).values())


def test_names_of_files_are_short_and_safe() -> None:
    taken: set[str] = set()
    names = ["../../etc/passwd", "con", "CON", "nul", "com1", ".", "..", "", "index", "é"]
    names += ["x" * 5_000, "x" * 5_001]
    found = [slug(name, taken) for name in names]
    assert len(set(found)) == len(names)
    assert all(re.fullmatch("[a-z0-9-]{1,90}", name) and name not in ("con", "nul", "com1") for name in found)


# Many -----------------------------------------------------------------------------------------------


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that show few of everything."""
    numbers = {"FUNCTIONS": 3, "PAGES": 5, "OPS": 4, "RUNS": 2, "NOTES": 3, "CHANGES": 2}
    for name, number in {**numbers, "ON_A_PAGE": 3, "_CASES": 4, "ORDERS": 2, "DTYPES": 2}.items():
        monkeypatch.setattr(most, name, number)


def words(page: str) -> str:
    return " ".join(re.sub("<[^>]*>", "", page).split())


@pytest.mark.usefixtures("few")
def test_pages_show_the_worst_and_say_what_they_leave_out() -> None:
    rows = [run_row(declared=90)]
    for op in range(9):
        for n in range(10):
            wrong = {"verdict": "fail", "reason": "wrong"} if (op, n) in ((7, 8), (8, 9)) else {}
            rows.append(case_row(op=f"f{op}", case=f"f{op}:{n}", digits=15.0 - op - n / 10, **wrong))
    site = html.render(rows)
    assert len([name for name in site if name.startswith("functions/")]) == 5
    assert "functions/f8.html" in site
    assert "functions/f3.html" not in site
    page = words(site["functions/f7.html"])
    assert "The 4 that are furthest off are here; 6 more are in the records." in page
    table = page[page.index("Cases of f7") :]
    assert [n for n in range(10) if re.search(f"f7:{n}(pass|fail),", table)] == [6, 7, 8, 9]
    index = words(site["index.html"])
    assert "The 3 functions that are furthest off are here; 6 more are in the data." in index
    assert site["data/matrix.csv"].count("\n") == 10


@pytest.mark.usefixtures("few")
def test_notes_runs_orders_and_what_was_left_out_are_counted() -> None:
    rows = [run_row(run=f"r{n}", source=f"s{n}") for n in range(5)]
    rows += [row("warning", {"message": f"note {n}"}) for n in range(9)]
    dtypes = ("float16", "float32", "float64")
    rows += [case_row(order=order, dtype=dtype, case=dtype) for order in range(4) for dtype in dtypes]
    rows += [exempt_row(op=f"f{n}") for n in range(9)]
    index = words(html.render(rows)["index.html"])
    for text in ("… and 6 more, in the records.", "3 more runs are in", "f0, f1, f2, f3 and 5 more"):
        assert text in index
    assert "8 more columns, of other orders and dtypes, are in the data." in index
    assert "s0 (run r0), s1 (run r1) and 3 more" in index


def test_a_name_without_a_page_is_no_broken_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(most, "PAGES", 2)
    rows = [run_row(declared=9)] + [case_row(op=f"f{n}", case=f"f{n}", digits=9.0 - n) for n in range(9)]
    site = html.render(rows)
    links = set(re.findall(r'href="(functions/[^"#]*)[#"]', site["index.html"]))
    assert links <= set(site)
    assert "f0" in words(site["index.html"])


def test_copies_of_a_million_rows_are_not_made() -> None:
    rows = one_of_each()
    merged = merge([rows])
    assert all(one is other for one, other in zip(merged, rows, strict=True) if one["kind"] != "exempt")


def test_the_terminal_says_as_much_of_many_rows_as_of_few() -> None:
    rows = [case_row(case=f"c{n}", op=f"f{n}", verdict="fail", reason="x" * 50_000) for n in range(500)]
    rows += [exempt_row(op=f"f{n}" * 20) for n in range(2_000)]
    assert len(console.summary([*rows, figure_row()])) < 100_000
    for each in rows:
        validate(each)
