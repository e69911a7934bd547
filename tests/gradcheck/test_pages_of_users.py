"""The pages of a user's ops: what stands on each, in which order, and that it speaks of that op alone."""

from __future__ import annotations

import math
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import mpmath
import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, Variable
from gradcheck.cases.calls import build_case
from gradcheck.cli import isolated, main
from gradcheck.experiments.studies import own_range
from gradcheck.records import jsonl
from gradcheck.records.jsonl import Row
from gradcheck.report import html
from gradcheck.running import pool
from tests.gradcheck.copies import ask
from tests.gradcheck.markup import all_spelled_out, spelled_out
from tests.gradcheck.own_ops import OPS
from tests.gradcheck.sample_rows import (
    case_row,
    curve_row,
    end_row,
    range_row,
    run_row,
    section_row,
    source_row,
)

SHAPE = "The function and its derivatives"
DOMAIN = "Error over the domain"
STEPS = "Error of numerical differentiation against the step"
ORACLES, CASES, GRAPH = "What each oracle says", "Cases", "Computational graph"
BACKWARD, FAILED, RUN = "Source of backward", "What did not pass", "Who measured, and when"
ALL = [SHAPE, DOMAIN, STEPS, ORACLES, CASES, GRAPH]
HEADINGS = {
    "gelu": [*ALL, BACKWARD, RUN],
    "Square": [FAILED, *ALL, BACKWARD, RUN],
    "add_bias": [FAILED, *ALL, BACKWARD, RUN],
    "Dense": [*ALL, "Source", RUN],
    "softlog": ["Formula", *ALL, "Source", RUN],
    "Raises": [FAILED, *ALL, BACKWARD, RUN],
}
OPTIONS = ["--dtype", "float64", "--order", "2", "--draw", "ordinary"]
SHAPES = {"add_bias": ["--shape", "2x3", "--shape", "3"], "Dense": ["--shape", "2x3"]}
FAILING = ("Square", "add_bias", "Raises")


class Text(HTMLParser):
    """What a reader sees of a page: its texts, those of each heading and of each part by its class."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.seen: list[str] = []
        self._open: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link", "br", "wbr", "rect", "path", "circle", "line", "polyline"):
            self._open.append((tag, dict(attrs).get("class") or ""))
        if tag == "h2":
            self.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        tags = [tag for tag, _ in self._open]
        if "h2" in tags:
            self.headings[-1] += data
        quoted = any(part in ("cause", "environment") for _, part in self._open) or "code" in tags
        if not quoted and not {"style", "script", "title"} & set(tags):
            self.seen.append(data)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of each op by itself, all made in this process, which knows nothing of them afterwards."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "ops.py").write_text(OPS, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        patched.delenv("GITHUB_ACTIONS", raising=False)
        patched.setattr(pool.Apart, "ask", ask)
        patched.setattr(sys, "path", [*sys.path])
        for name in HEADINGS:
            shapes = SHAPES.get(name, [])
            draw = [] if name == "softlog" else OPTIONS[4:]
            status = main(["check", f"ops.py:{name}", *OPTIONS[:4], *draw, *shapes, "--out", name])
            assert status == (name in FAILING), name
    del sys.modules["ops"]
    isolated._loaded.cache_clear()
    isolated._plan.cache_clear()
    return folder


def page_of(reports: Path, name: str) -> str:
    return spelled_out((reports / name / "index.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", HEADINGS)
def test_the_report_of_one_op_is_its_page(reports: Path, name: str) -> None:
    page = page_of(reports, name)
    assert f"<h1>{name}</h1>" in page
    assert Text(page).headings == HEADINGS[name]
    assert not re.search(r"<h[23][^>]*>[^<]*</h[23]>\s*</section>", page), "no empty parts"
    files = {each.name for each in (reports / name).iterdir()}
    assert files == {"index.html", "reading.html", "records.jsonl", "style.css"}
    links = re.findall(r'href="([^"#]+)"', page)
    assert all((reports / name / link).exists() for link in links if not link.startswith("data:"))
    assert "<style>" in page, "it is whole by itself"
    assert 'rel="stylesheet"' not in page
    assert "All functions" not in page


@pytest.mark.parametrize("name", HEADINGS)
def test_nothing_on_it_is_about_dezero(reports: Path, name: str) -> None:
    """But the cause, which may name what to call, source code, and the versions of packages."""
    assert not [text for text in Text(page_of(reports, name)).seen if "dezero" in text.lower()]


@pytest.mark.parametrize("name", HEADINGS)
def test_the_sources_are_the_users_own(reports: Path, name: str) -> None:
    rows = jsonl.read(reports / name / "records.jsonl")
    sources = [row for row in rows if row["kind"] == "source"]
    assert sources
    for row in sources:
        assert row["path"] == "ops.py"
        assert row["text"].splitlines()[0].strip() in OPS


def test_the_verdict_is_the_headline(reports: Path) -> None:
    found = {
        name: re.sub("<[^>]+>", "", re.search(r'<p class="headline.*?</p>', page_of(reports, name))[0])  # type: ignore[index]
        for name in HEADINGS
    }
    assert re.fullmatch(
        r"● Pass\. \d+ cases: backward's formula is proven; the worst value keeps 1\d\.\d of 15\.9 "
        r"digits \(float64\)",
        found["gelu"],
    )
    assert found["Square"].endswith("cases: order 1: backward's formula is wrong (proven)")
    assert "Fail. 1 case: order 1: gradient of input 1 (b) has shape (2, 3)" in found["add_bias"]
    assert found["Raises"].endswith("raised ValueError: shapes do not match")


def test_a_failure_says_what_to_change_and_shows_the_jacobian(reports: Path) -> None:
    rows = [row for row in jsonl.read(reports / "Square" / "records.jsonl") if row["kind"] == "case"]
    page = page_of(reports, "Square")
    assert "<b>Fix:</b> Multiply what backward returns for x by 2." in page
    assert page.index("Likely cause") < page.index("Jacobian by input 0") < page.index(SHAPE)
    shown = [each for row in rows for each in row.get("matrices", []) if len(each["got"]) == 4]
    expected, got = np.array(shown[0]["expected"]), np.array(shown[0]["got"])
    np.testing.assert_allclose(expected, 2 * got, rtol=10.0 ** (1 - shown[0]["digits"]))
    wrong = re.findall(r'<td class="number wrong">([-\d.e]+)<b>\*</b></td>', page)
    assert [float(text) for text in wrong] == np.diag(got).tolist(), "marked by a sign, and no other is"
    assert "sum_to(g, b.shape)" in page_of(reports, "add_bias")


def test_one_cause_is_shown_once_and_the_other_cases_are_folded(reports: Path) -> None:
    page = page_of(reports, "Square")
    assert page.count("Likely cause") == 1
    cases = {row["case"] for row in jsonl.read(reports / "Square" / "records.jsonl") if row["kind"] == "case"}
    assert f"The same in {len(cases) - 1} more cases" in page


# What the rows say, drawn ---------------------------------------------------------------------------


def report_of(*rows: Row) -> dict[str, str]:
    pages = html.render([run_row(profile="check", declared=1), *rows, end_row()])
    return all_spelled_out(pages)


def failing(**changes: object) -> Row:
    found = {"verdict": "fail", "reason": "order 1: wrong", "diagnosis": "sign: no", "certified": False}
    return case_row(**found | changes)


SOURCE = source_row(
    op="tanh", name="Mine.backward", path="ops.py", line=20, text="def backward(self, gy):\n    return -gy\n"
)
CULPRIT = {"function": "Mine", "path": "lib/ops.py", "line": 21, "order": 1, "kind": "sign"}


def test_the_culprits_line_is_marked_among_those_around() -> None:
    page = report_of({**failing(), "culprit": CULPRIT}, SOURCE)["index.html"]
    assert "<b>Where:</b> backward of Mine, <code>lib/ops.py:21</code>" in page
    assert re.search(r" {3}20 {2}def backward\(self, gy\):\n<b>&gt; {2}21 {6}return -gy</b>", page)
    assert page.index(FAILED) < page.index("lib/ops.py:21") < page.index('id="source"')


def test_a_place_without_its_source_is_named_all_the_same() -> None:
    page = report_of({**failing(), "culprit": {**CULPRIT, "line": 99}}, SOURCE)["index.html"]
    assert "<code>lib/ops.py:99</code>" in page
    assert "&gt;  " not in page


def test_failures_of_several_causes_are_apart() -> None:
    rows = [
        failing(case=f"tanh/{n}", diagnosis=text) for n, text in enumerate(("sign: a", "sign: b", "shape: c"))
    ]
    page = report_of(*rows)["index.html"]
    assert page.count("<b>Likely cause:</b>") == 2
    assert "The same in 1 more case<" in page


def test_passes_that_are_not_enough_are_not_green() -> None:
    doubt = {"kind": "warning", "schema_version": 4, "message": "f is not green: scalars", "doubt": True}
    page = report_of(case_row(), doubt)["index.html"]
    assert '<p class="headline inconclusive">' in page
    assert "Note: f is not green: scalars" in page
    assert '<p class="headline pass">' in report_of(case_row())["index.html"]


def test_an_unfinished_run_of_one_op_says_so() -> None:
    page = spelled_out(
        html.render([run_row(profile="check", declared=3), case_row(), end_row()])["index.html"]
    )
    assert '<p class="headline inconclusive">' in page
    assert "3 cases were declared" in page


def test_several_ops_have_an_index_and_pages_that_lead_back_to_it() -> None:
    pages = report_of(case_row(), case_row(op="mine", case="mine/x"), section_row(op="mine"))
    assert {"index.html", "functions/mine.html", "functions/tanh.html"} <= pages.keys()
    page = pages["functions/mine.html"]
    assert '<a href="../index.html#matrix">Ops that were checked</a>' in page
    assert "All functions" not in page


def test_a_report_of_one_op_leaves_no_folder_of_an_earlier_one(tmp_path: Path) -> None:
    html.write([run_row(profile="check", declared=2), case_row(), case_row(op="b", case="b/x")], tmp_path)
    assert (tmp_path / "functions").is_dir()
    html.write([run_row(profile="check", declared=1), case_row()], tmp_path)
    assert not (tmp_path / "functions").exists()


def test_dezeros_own_page_shows_the_jacobian_too() -> None:
    matrices = [{"title": "Jacobian", "digits": 5, "expected": [[1.0]], "got": [[2.0]], "wrong": [[0, 0]]}]
    pages = html.render([run_row(), {**failing(), "matrices": matrices}, curve_row(), range_row()])
    page = spelled_out(pages["functions/tanh.html"])
    assert "All functions" in page
    assert '<td class="number wrong">2<b>*</b></td>' in page


def test_what_records_say_is_text_and_no_more() -> None:
    bad = "</code><script>alert(1)</script>"
    matrices = [
        {"title": bad, "digits": 17, "expected": [["nan"], [1.0]], "got": [["-inf", 2.0]], "wrong": [[5, 7]]}
    ]
    changes = {"fix": bad, "matrices": matrices, "asked": bad, "case": f"{bad}#1", "where": bad}
    page = report_of({**failing(**changes), "culprit": {**CULPRIT, "path": bad}}, SOURCE)["index.html"]
    assert "<script>alert" not in page
    assert page.count("alert(1)") >= 6
    assert ">-inf<" in page


# Error over the domain ------------------------------------------------------------------------------


def test_the_error_over_the_domain_is_what_mpmath_says() -> None:
    (row,) = own_range.rows_of(build_case(F.tanh, [np.array([0.5, 1.0])], 1, 0), 1)
    assert (min(row["x"]), max(row["x"])) == (-20.0, 20.0)
    x = Variable(np.array(row["x"]))
    F.tanh(x).backward()
    assert x.grad is not None
    with mpmath.workdps(60):
        for at, got, error in list(zip(row["x"], x.grad.data, row["error_ulp"], strict=True))[::7]:
            truth = mpmath.sech(at) ** 2
            ulp = float(np.spacing(float(truth)))
            bend = abs(2 * truth * mpmath.tanh(at)) * float(np.spacing(abs(at))) / 2
            assert error == pytest.approx(
                float(max(0, abs(float(got) - truth) - bend) / ulp), rel=1e-2, abs=1e-2
            )


def test_a_wrong_derivative_is_off_everywhere_but_at_zero() -> None:
    def halved(x: object) -> object:
        class Half(Function):
            def forward(self, x: np.ndarray) -> np.ndarray:
                return x * x

            def backward(self, gy: object) -> object:
                return gy * self.inputs[0]

        return Half()(x)

    (row,) = own_range.rows_of(build_case(halved, [np.array([0.5])], 1, 0), 1)
    for x, error in zip(row["x"], row["error_ulp"], strict=True):
        if x:
            off = abs(x) / np.spacing(abs(2 * x))
            assert error == pytest.approx(off, rel=1e-3)
        else:
            assert error == 0


@pytest.mark.parametrize(
    ("f", "inputs"),
    [
        (F.softmax, [np.ones((2, 3))]),
        (F.sum, [np.ones(3)]),
        (lambda x: x - x.sum(), [np.ones(3)]),
        (lambda a, b: F.matmul(a, b), [np.ones((2, 2)), np.ones((2, 2))]),
    ],
)
def test_no_range_is_drawn_of_what_is_not_elementwise(f: object, inputs: list[np.ndarray]) -> None:
    assert own_range.rows_of(build_case(f, inputs, 1, 0), 1) == []  # type: ignore[arg-type]


def test_a_kink_is_left_out_and_jets_that_go_another_way_are_not_believed() -> None:
    (row,) = own_range.rows_of(build_case(F.relu, [np.ones(2)], 1, 0), 1)
    lost = [x for x, error in zip(row["x"], row["error_ulp"], strict=True) if math.isnan(error)]
    assert lost == [0.0]

    def table(x: object) -> object:  # a constant to jets, a slope to floats
        class Table(Function):
            def forward(self, x: np.ndarray) -> np.ndarray:
                rounded = np.array([round(float(v), 6) for v in np.asarray(x).ravel()])
                return rounded.reshape(np.shape(x)) + 0 * x

            def backward(self, gy: object) -> object:
                return gy

        return Table()(x)

    assert own_range.rows_of(build_case(table, [np.ones(2)], 1, 0), 1) == []  # type: ignore[arg-type]


def test_several_inputs_say_which_moves() -> None:
    case = build_case(lambda a, b: F.log(F.exp(a) + F.exp(b)), [np.ones(2), np.array([0.5, 2.0])], 1, 0)
    (row,) = own_range.rows_of(case, 1)
    assert row["input"] == "f as a function of a, where b = 0.5"
    broadcast = own_range.rows_of(replace(case, inputs=[np.ones((2, 1)), np.array([[0.5, 2.0, 3.0]])]), 1)
    assert broadcast == [row], "every element of the other input is its first"
