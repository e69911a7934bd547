"""Names, reasons and exceptions of others do not reach a terminal, a log or a file as control characters."""

from __future__ import annotations

import json
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck import check
from gradcheck.cases.case import Case
from gradcheck.cli import main
from gradcheck.judging.finding import Evidence, Result
from gradcheck.records.jsonl import Row, validate
from gradcheck.records.recording import case_rows
from gradcheck.report import changed, changed_page, ci, console, html, kill_matrix
from gradcheck.system import texts
from tests.gradcheck.hostile import with_text
from tests.gradcheck.junit import complaints
from tests.gradcheck.sample_rows import case_row, end_row, mutant_row, network_row, one_of_each, row, run_row

ESCAPES = "\x1b[31m\x1b]0;title\x07 \x9b2J \x00\x7f\x85"
HOSTILE = f"{ESCAPES} \u202eevil\u2066 \u2028 [red]x[/red] \r\nPASS  all\n  x"
TEXTS = st.text() | st.text(st.sampled_from("ab\x1b\x9b\u202e\n\r\t\ud800\ufffe\u3000é日"))


def hidden(text: str) -> str:
    """What is in a text that nobody would see, but spaces, a line break or a tab."""
    kinds = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    return "".join(c for c in text if unicodedata.category(c) in kinds and c not in "\n\t")


def hostile_rows(text: str = HOSTILE) -> list[Row]:
    """Rows whose texts are all this, of a run in which all went wrong."""
    rows = [*one_of_each(), row("warning", {"message": "x"}), mutant_row(outcome="survived")]
    rows += [case_row(verdict=verdict, diagnosis="x", warnings=["x"]) for verdict in ("fail", "inconclusive")]
    rows += [network_row(verdict="fail"), end_row(declared=3)]
    return [with_text(each, text) for each in rows]


@given(TEXTS, st.integers(0, 20))
def test_what_is_shown_is_one_line_that_is_not_much_longer(text: str, limit: int) -> None:
    shown = texts.printable(text, limit)
    assert hidden(shown) == ""
    assert not {"\n", "\t"} & set(shown)
    shown.encode()
    assert len(shown) <= 10 * limit + 40
    assert texts.printable(text, 100) == text or hidden(text) or set(text) & set("\n\t\r")


@given(TEXTS)
def test_a_paragraph_keeps_its_lines_and_none_looks_like_a_title(text: str) -> None:
    shown = texts.indented(text)
    assert all(line.startswith("  ") for line in shown)
    assert all(hidden(line.replace("\t", "")) == "" and "\n" not in line for line in shown)
    assert len(shown) == text.replace("\r\n", "\n").count("\n") + 1


@given(TEXTS, TEXTS)
def test_names_that_are_cut_stay_apart(one: str, other: str) -> None:
    one, other = "a" * texts.NAME + one, "a" * texts.NAME + other
    assert len(texts.name(one)) <= texts.NAME
    assert (texts.name(one) == texts.name(other)) == (one == other)


def test_a_long_text_is_cut_and_says_so() -> None:
    assert texts.printable("x" * 10_000_000, 10_000).endswith("x... (9,990,000 more characters)")
    found = Result("fail", "x" * 10_000_000, diagnosis="y" * 10_000_000, title="z" * 10_000_000)
    assert len(str(found)) < 10_000
    assert len(found.line) < 10_000


def test_a_finding_says_hostile_texts_in_its_own_lines() -> None:
    evidence = Evidence(1, "jet", "fail", HOSTILE, where=HOSTILE, expected=HOSTILE, got=HOSTILE)
    found = Result(
        *("fail", HOSTILE, HOSTILE, [evidence], HOSTILE, [HOSTILE], HOSTILE),
        warnings=[HOSTILE],
        jacobian=[HOSTILE],
    )
    for text in (str(found), found.line):
        assert hidden(text) == ""
        for piece in ("\\x1b[31m", "\\u202eevil", "[red]x[/red]"):
            assert piece in text
    titles = [line for line in str(found).splitlines() if not line.startswith("  ")]
    assert len(titles) == 1
    assert "\n" not in found.line


def test_an_exception_of_an_op_is_reported_without_its_escapes() -> None:
    def op(x):
        raise ValueError(HOSTILE)

    with pytest.raises(ValueError, match="f raised ValueError") as refused:
        check(op, np.ones(2))
    assert hidden(texts.printable(refused.value)) == ""


def test_the_terminal_gets_nothing_hidden() -> None:
    rows = hostile_rows()
    before = [{**each, "verdict": "pass"} if "verdict" in each else each for each in rows]
    shown = [
        console.summary(rows, report=f"{HOSTILE}/index.html"),
        console.studies(rows),
        changed_page.text(changed.compare(before, rows)),
        kill_matrix.text(rows),
        *ci.github_annotations(rows),
    ]
    for text in shown:
        assert hidden(text) == ""
        assert "[31m" in text
    assert all("\n" not in line for line in shown[4:])
    assert not any(line.startswith("PASS") for text in shown for line in text.splitlines())


@pytest.mark.parametrize("text", [HOSTILE, "\ufffe\uffff\x0b", "]]> & <x> \"'"])
def test_junit_of_any_text_is_what_its_schema_says(tmp_path, text: str) -> None:
    rows = hostile_rows(text)
    path = ci.write_junit(rows, tmp_path / "out.xml")
    assert complaints(path.read_bytes()) == []
    assert complaints(ci.write_junit([run_row(declared=3)], path).read_bytes()) == []


def test_pages_show_what_would_turn_a_line_around() -> None:
    for name, page in html.render(hostile_rows()).items():
        if name.endswith(".html"):
            assert hidden(page) == "", name


def test_an_error_of_the_command_line_is_one_visible_line(tmp_path, capsys) -> None:
    path = tmp_path / "a\x1b[31m\nb.jsonl"
    path.write_bytes(b'{"kind": "\x1b]0;x\x07"}\n')
    for arguments in (["report", str(path), "--out", str(tmp_path)], ["compare", str(path), "\u202e"]):
        assert main(arguments) == 2
        printed = capsys.readouterr().err
        assert hidden(printed) == ""
        assert printed.count("\n") == 1


def test_what_a_check_found_can_be_recorded_whatever_it_says() -> None:
    evil = "\ud800" + "x" * 10_000_000
    evidence = Evidence(1, "jet", "fail", evil, where=evil, expected=evil, got=evil, warnings=[evil])
    case = Case("f" * 5_000, "\ud800", lambda x: x, [np.ones(2)], ["x"], [True], 1, 0, np.float64)
    for result in (Result("fail", evil, evil, [evidence]), Result("not-tested", evil, warnings=[evil])):
        for each in case_rows(case, result):
            validate(each)
            assert len(json.dumps(each)) < 200_000
