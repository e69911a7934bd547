"""What a notebook shows of a finding and of a run: HTML that is whole, escaped, bounded, and says it all."""

from __future__ import annotations

import pickle
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import gradcheck
from dezero import functions as F
from gradcheck.cases.laboratory import Selection
from gradcheck.judging.finding import Evidence, Result
from gradcheck.judging.side_by_side import SideBySide
from gradcheck.records.jsonl import Row
from gradcheck.running import session
from tests.gradcheck.zoo.specimen import op, opaque_wrong, several

HOSTILE = '<script>alert("x")</script>&amp; \u202e \x1b[31m \ud800 {0} %s'
RUNNING_SUM = op(np.cumsum, lambda gy, x: gy)


def parse(html: str) -> ElementTree.Element:
    """The tree; an error where tags are left open."""
    return ElementTree.fromstring(html)


def said(html: str) -> str:
    return " ".join(" ".join(parse(html).itertext()).split())


def maps(result: Result) -> list[list[list[tuple[str, str]]]]:
    """The text and the style of each cell of the heat maps."""
    tables = [t for t in parse(result._repr_html_()).iter("table") if t.find("tbody") is not None]
    return [
        [
            [("".join(td.itertext()).strip("\u00a0"), td.get("style") or "") for td in tr]
            for tr in t.iter("tr")
        ]
        for t in tables
    ]


def background(style: str) -> str:
    return style.partition("background:")[2][:7]


# Findings


def test_a_finding_says_in_html_what_it_says_in_text() -> None:
    result = gradcheck.check(F.tanh, np.array([0.5, 18.0]), order=3)
    html = said(result._repr_html_())
    assert html.startswith("PASS tanh(x: float64[2]) derivatives of order 1 to 3: proven by Taylor jets")
    for line in str(result).splitlines():
        assert all(word in html for word in line.split())


def test_a_failure_names_cause_warnings_notes_and_the_line_that_repeats_it() -> None:
    result = replace(gradcheck.check(RUNNING_SUM, several(3)), warnings=["digits"], notes=["a note"])
    html = said(result._repr_html_())
    assert html.startswith("FAIL f(x0: float64[3]) order 1: backward's formula is wrong (proven)")
    for sentence in (f"likely cause: {result.diagnosis}", "warning: digits", "note: a note"):
        assert sentence in html
    assert f"reproduce: {result.reproduce}" in html
    assert "expected 3, got 1" in html


@pytest.mark.parametrize("verdict", ["pass", "fail", "inconclusive", "not-tested"])
def test_a_verdict_is_a_word_on_a_colour(verdict: Any) -> None:
    (badge, *_) = parse(Result(verdict, "why", title="f")._repr_html_()).iter("span")
    assert badge.text == verdict.upper().replace("-", " ")
    assert "background:#" in (badge.get("style") or "")


def test_the_jacobian_is_a_heat_map_expected_beside_got() -> None:
    expected, got = maps(gradcheck.check(RUNNING_SUM, several(3)))
    assert [[text for text, _ in row] for row in expected] == [["1", "0", "0"], ["1", "1", "0"], ["1"] * 3]
    assert [[text for text, _ in row] for row in got] == [
        ["1", "0", "0"],
        ["0*", "1", "0"],
        ["0*", "0*", "1"],
    ]
    for row in (*expected, *got):
        for text, style in row:
            assert ("outline" in style) == ("*" in text)
            assert background(style) == ("#ef8a62" if text == "1" else "#f7f7f7")


def test_colours_tell_signs_apart_around_zero() -> None:
    (got,) = (m for m in maps(Result("fail", "", matrices=[_matrix([[-2.0, 0.0, 2.0, np.nan, np.inf]])]))[1:])
    colours = [background(style) for _, style in got[0]]
    assert len(set(colours)) == 4
    assert colours[3] == colours[4]
    assert [text for text, _ in got[0]] == ["-2*", "0*", "2*", "nan*", "inf*"]


def _matrix(values: Any) -> SideBySide:
    got = tuple(map(tuple, np.array(values, dtype=float).tolist()))
    return SideBySide("Jacobian", got, got, tuple((True,) * len(row) for row in got), 5)


def test_a_jacobian_too_large_for_figures_is_a_map_without_them() -> None:
    x = np.linspace(-1, 1, 20).reshape(4, 5)
    f = op(lambda x: np.exp(x) / np.exp(x).sum(axis=1, keepdims=True), lambda gy, x: gy * F.softmax(x))
    result = gradcheck.check(f, x)
    assert not result.jacobian
    expected, got = maps(result)
    assert {text for row in expected for text, _ in row} == {""}
    assert {text for row in got for text, _ in row} == {"", "*"}
    marked = np.array([["*" in text for text, _ in row] for row in got])
    np.testing.assert_array_equal(marked, np.kron(np.eye(4), np.ones((5, 5))) > 0)
    assert len(result._repr_html_()) < 100_000


def test_a_still_larger_one_is_left_out() -> None:
    assert not gradcheck.check(RUNNING_SUM, several(21)).matrices


def test_an_op_that_no_oracle_sees_through_has_its_map_too() -> None:
    specimen = opaque_wrong("", op(lambda x: np.cumsum(x.astype(float)), lambda gy, x: gy), several(2))
    expected, got = maps(gradcheck.check(specimen.f, *specimen.inputs))
    assert [text for row in (*expected, *got) for text, _ in row] == ["1", "0", "1", "1", "1", "0", "0*", "1"]


def test_a_right_op_has_no_map() -> None:
    assert not gradcheck.check(F.exp, several(3)).matrices


def test_a_finding_that_came_from_another_process_is_shown_alike() -> None:
    result = gradcheck.check(RUNNING_SUM, several(3))
    assert pickle.loads(pickle.dumps(result))._repr_html_() == result._repr_html_()


def test_texts_of_others_are_escaped_and_cut() -> None:
    rows = [Evidence(1, "jet", "fail", HOSTILE, where=HOSTILE, expected=HOSTILE, got=HOSTILE)]
    matrix = replace(_matrix([[1.0]]), title=HOSTILE)
    long = HOSTILE + "x" * 10**6
    result = Result("fail", long, long, rows, long, [long], long, warnings=[long], matrices=[matrix])
    html = result._repr_html_()
    parse(html)
    html.encode()
    assert "<script" not in html
    assert len(html) < 50_000
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", html)


# Runs


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> session.Finished:
    return session.run(Selection("exp,log", 1), tmp_path_factory.mktemp("run"))


def _failing(row: Row) -> Row:
    wrong = {"verdict": "fail", "reason": HOSTILE, "diagnosis": HOSTILE, "digits": 0.0}
    return row | wrong if row["kind"] == "case" and row["op"] == "exp" and row["order"] == 1 else row


def test_a_run_says_what_was_found_and_where_the_report_is(
    finished: session.Finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    html = finished._repr_html_()
    assert said(html).startswith("PASS ")
    assert "cases of 2 functions: " in said(html)
    (head, *rows) = [[td.text for td in tr] for tr in parse(html).iter("tr")]
    assert head == ["function", "derivative", "digits kept", "error/ULP", "verdict"]
    assert sorted(row[0] or "" for row in rows) == ["exp", "log"]
    (link,) = parse(html).iter("a")
    assert link.get("href") == finished.report.as_uri()
    monkeypatch.chdir(finished.report.parent.parent)
    (link,) = parse(finished._repr_html_()).iter("a")
    assert link.get("href") == f"{finished.report.parent.name}/index.html"
    assert finished.status == 0


def test_failures_of_a_run_come_with_cause_and_command(finished: session.Finished) -> None:
    bad = replace(finished, rows=[_failing(row) for row in finished.rows])
    html = bad._repr_html_()
    assert said(html).startswith("FAIL ")
    assert "<script" not in html
    assert "reproduce: gradcheck reproduce exp" in said(html)
    first = next(parse(html).iter("td"))
    assert first.text == "exp"  # it keeps the fewest digits
    assert bad.status == 1


def test_what_the_rows_do_not_say_is_said(finished: session.Finished) -> None:
    lost = replace(finished, lost=[f"exp/{n}" for n in range(1000)], missing=[HOSTILE])
    assert said(lost._repr_html_()).startswith("FAIL ")
    assert "LOST exp/0: declared, but it gave no result" in said(lost._repr_html_())
    assert "LOST  exp/999: declared, but it gave no result" in str(lost)
    assert lost.status == 1
    assert len(lost._repr_html_()) < 20_000


def test_a_run_is_printed_as_the_command_prints_it_and_its_plain_form_is_short(
    finished: session.Finished,
) -> None:
    assert str(finished).endswith(f"Report: {finished.report}")
    assert len(repr(finished)) < 1000


def test_a_run_without_rows_is_shown() -> None:
    nothing = session.Finished([], Path("index.html"), [], [], False)
    assert said(nothing._repr_html_()) == "NOT TESTED Nothing was measured. report: index.html"
