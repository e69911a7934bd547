"""The page: what the rows say is on it, safe and reachable, and nothing else is."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sample_rows import (
    OPS,
    case_row,
    curve_row,
    end_row,
    exempt_row,
    formula_row,
    network_row,
    one_of_each,
    range_row,
    run_row,
    whole_run,
)

from gradcheck.records import Row, row
from gradcheck.report import console, html
from gradcheck.report.mathml import math_element
from gradcheck.report.summary import exit_status, summarize

NAMES = [op for ops in OPS.values() for op in ops.split()]
VOID = {"meta", "input", "br", "wbr", "link", "img", "hr"}


class Page(HTMLParser):
    """What a page is made of; fails where its tags do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[tuple[int, str]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append((int(tag[1]), ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("style", "script"):
            return
        self.text += data
        if self._open and re.fullmatch("h[1-6]", self._open[-1]):
            level, before = self.headings[-1]
            self.headings[-1] = (level, before + data)

    def attributes(self, name: str) -> list[str]:
        return [value for _, attrs in self.tags if (value := attrs.get(name)) is not None]

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]

    @property
    def words(self) -> str:
        return " ".join(self.text.split())


@pytest.fixture(scope="module")
def source() -> str:
    return html.render(whole_run())


@pytest.fixture(scope="module")
def page(source: str) -> Page:
    return Page(source)


def shown(*rows: Row) -> str:
    return Page(html.render(rows)).words


def test_the_page_is_written_whole_and_named(tmp_path: Path):
    path = html.write(one_of_each(), tmp_path / "deep" / "report", records_name="cpu.jsonl")
    assert path == tmp_path / "deep" / "report" / "index.html"
    assert [each.name for each in path.parent.iterdir()] == ["index.html"]
    assert 'href="cpu.jsonl"' in path.read_text(encoding="utf-8")


def test_the_same_rows_give_the_same_page(source: str):
    assert html.render(whole_run()) == source


def test_the_order_of_case_rows_does_not_matter(source: str):
    rows = whole_run()
    cases = [each for each in rows if each["kind"] == "case"]
    others = [each for each in rows if each["kind"] != "case"]
    assert html.render([*others, *reversed(cases)]) == source


def test_rows_are_not_modified():
    rows, before = one_of_each(), repr(one_of_each())
    html.render(rows)
    console.summary(rows)
    assert repr(rows) == before


def test_the_page_refers_to_nothing_outside(source: str, page: Page):
    outside = re.findall(r"https?://[^\"'<> ]*", source)
    assert set(outside) == {"http://www.w3.org/1998/Math/MathML"}
    assert page.attributes("src") == []
    assert page.named("link") == page.named("img") == []
    assert "@import" not in source
    assert "url(" not in source


def test_links_inside_the_page_lead_somewhere(page: Page):
    targets = {link[1:] for link in page.attributes("href") if link.startswith("#")}
    assert targets <= set(page.attributes("id"))
    assert {f"op-{op.replace('_', '-')}" for op in NAMES} <= targets


def test_ids_are_unique(page: Page):
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))


def test_ids_are_unique_where_names_differ_in_case_and_signs_only():
    ops = ["max", "Max", "max_", "*"]
    page = Page(html.render(formula_row(op=op) for op in ops))
    ids = [each for each in page.attributes("id") if each.startswith("op-")]
    assert sorted(ids) == ["op-max", "op-max-2", "op-max-3", "op-unnamed"]


def test_headings_are_in_order(page: Page):
    levels = [level for level, _ in page.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_each_function_has_its_section_and_its_plots(page: Page):
    sections = [text for level, text in page.headings if level == 3]
    assert set(NAMES) <= set(sections)
    assert len(NAMES) >= 45
    plots = [attrs for attrs in page.named("svg") if attrs.get("class") == "plot"]
    assert len(plots) == 6 * len(NAMES)
    assert all(attrs["role"] == "img" and len(attrs["aria-label"] or "") > 60 for attrs in plots)


def test_the_page_can_be_used_without_a_mouse_and_with_a_screen_reader(page: Page):
    assert page.named("html")[0]["lang"] == "en"
    assert {"header", "nav", "main"} <= {tag for tag, _ in page.tags}
    assert page.named("a")[0] == {"class": "skip", "href": "#main"}
    assert len(page.named("table")) == len(page.named("caption"))
    assert all("scope" in attrs for attrs in page.named("th"))
    regions = [attrs for _, attrs in page.tags if attrs.get("class") == "scroll"]
    assert all(attrs["tabindex"] == "0" and attrs["aria-label"] for attrs in regions)


def test_the_page_stays_small(source: str):
    assert len(source.encode()) < 4_000_000


def test_numbers_on_the_page_come_from_the_rows():
    """Whatever number is changed in the rows changes on the page."""
    ulps = {"error_ulp": 812.0, "bound_ulp": 731.0, "tolerance_ulp": 653.0, "declared_ulp": 541.0}
    words = shown(case_row(**ulps, expected="0.31313", got="0.31414", seed=4242, seconds=71.0))
    for text in ("812", "731", "653", "541", "0.31313", "0.31414", "4242", "1 min 11 s"):
        assert text in words
    words = shown(network_row(mean_abs_diff=7.77e-13, max_abs_diff=6.66e-12, elements=5151))
    assert "7.77·10⁻¹³" in words
    assert "6.66·10⁻¹²" in words
    assert "5151" in words


def test_a_page_without_figures_has_no_numbers_from_elsewhere():
    words = shown(case_row(error_ulp=None, bound_ulp=None, tolerance_ulp=None))
    assert "ULP" in words
    assert "0.47" not in words


def test_what_did_not_pass_comes_first_with_reason_and_command():
    failing = case_row(
        op="matmul",
        case="matmul/float64/cpu/c",
        order=2,
        verdict="fail",
        reason="wrong sign",
        diagnosis="the sign of input 1",
        reproduce="gradcheck reproduce matmul/float64/cpu/c",
    )
    words = shown(run_row(), case_row(), failing, end_row())
    assert "2 cases of 2 functions: 1 pass, 1 fail." in words
    first = words[words.index("What did not pass") : words.rindex("All functions Each cell")]
    for text in ("wrong sign", "the sign of input 1", failing["reproduce"], "2nd derivative"):
        assert text in first


def test_many_findings_are_cut_off_and_counted():
    rows = [case_row(case=f"tanh/{i}", verdict="fail", reason=f"wrong {i}") for i in range(60)]
    assert "and 20 more" in shown(*rows)
    assert "and 40 more that did not pass" in console.summary(rows)


def test_verdicts_are_told_without_colour():
    for verdict, word in (("fail", "fail"), ("inconclusive", "inconclusive"), ("pass", "pass")):
        page = Page(html.render([case_row(verdict=verdict)]))
        cell = next(attrs for attrs in page.named("td") if "data-verdict" in attrs)
        assert cell["data-verdict"] == verdict
        matrix = page.words[page.words.index("by function and order") :]
        assert word in matrix[: matrix.index("Certified, measured")]


HOSTILE = '<script>alert("x")</script>'


@pytest.mark.parametrize(
    "rows",
    [
        [case_row(verdict="fail", **{name: HOSTILE})]
        for name in ("reason", "diagnosis", "where", "expected", "got", "op", "case", "reproduce")
    ]
    + [
        [formula_row(mathml=dict.fromkeys(("value", "first", "second"), HOSTILE))],
        [formula_row(note=HOSTILE, covers=[HOSTILE], topic=HOSTILE)],
        [formula_row(), curve_row(input=HOSTILE, truth=HOSTILE)],
        [formula_row(op=HOSTILE), curve_row(op=HOSTILE), range_row(op=HOSTILE)],
        [formula_row(), curve_row(schemes={HOSTILE: {"step": [0.1], "error": [0.1]}})],
        [network_row(name=HOSTILE, data=HOSTILE, reason=HOSTILE, verdict="fail")],
        [exempt_row(op=HOSTILE, what=HOSTILE, reason=HOSTILE)],
        [run_row(run=HOSTILE, command=HOSTILE, versions={HOSTILE: HOSTILE})],
        [row("warning", {"message": HOSTILE})],
    ],
)
def test_text_from_the_rows_is_text_on_the_page(rows: list[Row]):
    page = Page(html.render(rows))
    assert len(page.named("script")) == 1
    assert HOSTILE in page.text or HOSTILE in "".join(page.attributes("aria-label"))


@pytest.mark.parametrize(
    "source",
    [
        HOSTILE,
        '<mi onclick="alert(1)">x</mi>',
        '<mrow><a href="javascript:alert(1)">x</a></mrow>',
        "<mi>x",
        "</math><script>alert(1)</script>",
        '<svg xmlns="http://www.w3.org/2000/svg"/>',
    ],
)
def test_what_is_not_plain_mathml_is_shown_as_text(source: str):
    assert math_element(source).startswith("<code>")
    assert Page(math_element(source)).text == source


@pytest.mark.parametrize(
    ("source", "inside"),
    [
        ('<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>x</mi></math>', "<mi>x</mi>"),
        ("<mi>a</mi><mo>&InvisibleTimes;</mo><mi>b</mi>", "<mo>\N{INVISIBLE TIMES}</mo>"),
        ("<mi>x</mi><mo><</mo><mn>0</mn>", "<mo>&lt;</mo>"),
        ("<mn>-1</mn>", "<mn>\N{MINUS SIGN}1</mn>"),
    ],
)
def test_mathml_as_sympy_writes_it_is_kept(source: str, inside: str):
    assert inside in math_element(source)
    assert math_element(source).count("<math") == 1


def test_nothing_measured_is_said():
    for rows in ([], [run_row()], one_of_each()[2:3]):
        assert "Nothing was measured." in shown(*rows)
        assert "Nothing was measured." in console.summary(rows)


def test_an_interrupted_run_is_said_and_rendered():
    rows = [run_row(declared=5), case_row()]
    expected = "1 case of 1 function: 1 pass. The run is interrupted: 5 cases were declared."
    for end in ([], [end_row(interrupted=True)]):
        assert expected in shown(*rows, *end)
        assert exit_status(summarize([*rows, *end])) == 130
