"""The site: what the rows say is on its pages, safe and reachable, and nothing else is."""

from __future__ import annotations

import csv
import io
import itertools
import posixpath
import re
import urllib.parse
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gradcheck.records.history import History
from gradcheck.records.jsonl import Row, row
from gradcheck.report import changed, changed_page, console, html
from gradcheck.report.conclusion import exit_status
from gradcheck.report.history import line_of
from gradcheck.report.mathml import math_element
from gradcheck.report.summary import summarize
from gradcheck.running import forked
from tests.gradcheck.markup import ENDED_BY, VOID
from tests.gradcheck.sample_rows import (
    FEW,
    OPS,
    case_row,
    curve_row,
    end_row,
    exempt_row,
    figure_row,
    formula_row,
    graph_row,
    network_row,
    one_of_each,
    range_row,
    run_row,
    section_row,
    source_row,
    study_row,
    table_row,
    whole_run,
)

NAMES = [op for ops in OPS.values() for op in ops.split()]


class Page(HTMLParser):
    """What a page is made of; fails where its tags do not nest, but for end tags that HTML leaves out."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[tuple[int, str]] = []
        self.text = ""
        self.heads = 0
        self._open: list[str] = []
        self._has_data = False
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        while self._open and tag in ENDED_BY.get(self._open[-1], ()):
            self._ended()
        if tag == "th":
            self._headed(dict(attrs))
        elif tag in ("tr", "td"):
            self._has_data = tag == "td"
        if tag not in VOID:
            self._open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append((int(tag[1]), ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def _headed(self, attrs: dict[str, str | None]) -> None:
        """A header without a scope is one of a column in the head, and before a row's data one of the row."""
        self.heads += "thead" in self._open
        assert "scope" in attrs or "thead" in self._open or not self._has_data

    def handle_endtag(self, tag: str) -> None:
        while self._open[-1] != tag and self._open[-1] in ENDED_BY:
            self._ended()
        assert self._open.pop() == tag

    def _ended(self) -> None:
        self.text += "" if self._open.pop() in ("td", "th") else "\n"

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
def site() -> dict[str, str]:
    return html.render(whole_run())


@pytest.fixture(scope="module")
def pages(site: dict[str, str]) -> dict[str, Page]:
    return {path: Page(text) for path, text in site.items() if path.endswith(".html")}


def page_of(rows: Iterable[Row], start: str = "index") -> Page:
    """The first page whose path starts so."""
    site = html.render(rows)
    return Page(next(text for path, text in site.items() if path.startswith(start) and ".html" in path))


def shown(*rows: Row) -> str:
    """The words of the summary."""
    return page_of(rows).words


def of_function(*rows: Row) -> str:
    """The words of the first function's page."""
    return page_of(rows, "functions/").words


def of_study(*rows: Row) -> str:
    """The words of the first study's page."""
    return page_of(rows, "studies/").words


def test_the_site_is_written_whole_and_named(tmp_path: Path):
    rows = one_of_each()
    path = html.write(rows, tmp_path / "deep" / "report", records_name="cpu.jsonl")
    assert path == tmp_path / "deep" / "report" / "index.html"
    found = {each.relative_to(path.parent).as_posix() for each in path.parent.rglob("*.*")}
    assert found == set(html.render(rows))
    assert "cpu.jsonl" in Page(path.read_text(encoding="utf-8")).attributes("href")
    function = Page((path.parent / "functions" / "tanh.html").read_text("utf-8"))
    assert "../cpu.jsonl" in function.attributes("href")


@pytest.mark.skipif(not forked.can_fork(), reason="this system does not fork")
@pytest.mark.parametrize("shares", [2, 1000])
def test_pages_made_at_once_are_the_same(tmp_path: Path, shares: int):
    rows = one_of_each()
    html.write(rows, tmp_path, shares=shares, performed=forked.at_once)
    files = {path for path in tmp_path.rglob("*.*") if path.is_file()}
    found = {path.relative_to(tmp_path).as_posix(): path.read_text("utf-8") for path in files}
    assert found == html.render(rows)


def test_pages_that_are_gone_are_removed_and_nothing_else(tmp_path: Path):
    html.write([case_row(op="old")], tmp_path)
    kept = [tmp_path / "functions" / "mine.html", tmp_path / "notes.txt"]
    for path in kept:
        path.write_text("<p>mine</p>")
    html.write([case_row(op="new")], tmp_path)
    names = {each.name for each in (tmp_path / "functions").iterdir()}
    assert names == {"new.html", "mine.html"}
    assert all(path.read_text() == "<p>mine</p>" for path in kept)


def test_what_only_an_earlier_report_had_is_removed(tmp_path: Path):
    """Changes since a baseline, a history, an introduction; of a report of one op also its environment."""
    rows = whole_run()
    past = History([line_of(rows, summarize(rows))], [])
    html.write(rows, tmp_path, baseline=rows, history=past)
    optional = {"changes.html", "history.html", "environment.html"}
    assert optional <= names_in(tmp_path)
    html.write(rows, tmp_path)
    assert names_in(tmp_path) & optional == {"environment.html"}
    html.write([run_row(profile="check"), case_row(op="mine"), end_row()], tmp_path)
    assert {name for name in names_in(tmp_path) if name.endswith(".html")} == {"index.html", "reading.html"}


def test_a_comparison_written_beside_a_report_is_kept(tmp_path: Path):
    rows = whole_run()
    changed_page.write(changed.compare(rows, rows), tmp_path / "changes.html")
    html.write(rows, tmp_path)
    assert "changes.html" in names_in(tmp_path)


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_same_rows_give_the_same_site_in_any_order_of_case_rows():
    rows = whole_run(FEW)
    site = html.render(rows)
    assert html.render(whole_run(FEW)) == site
    cases = [each for each in rows if each["kind"] == "case"]
    others = [each for each in rows if each["kind"] != "case"]
    assert html.render([*others, *reversed(cases)]) == site


def test_rows_are_not_modified():
    rows, before = one_of_each(), repr(one_of_each())
    html.render(rows)
    console.summary(rows)
    assert repr(rows) == before


def test_the_pages_refer_to_nothing_outside(site: dict[str, str]):
    outside = {each for text in site.values() for each in re.findall(r"https?://[^\"'<> ]*", text)}
    assert outside == set()
    assert not any("@import" in text or "url(" in text for text in site.values())


def test_links_lead_somewhere(site: dict[str, str], pages: dict[str, Page]):
    known = set(site) | {"records.jsonl"}
    for path, page in pages.items():
        for link in {*page.attributes("href"), *page.attributes("src")} - {"data:,"}:
            if link.startswith("data:text/csv"):
                continue  # the data of a plot
            target, _, anchor = link.partition("#")
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), target)) if target else path
            assert target in known, f"{path} links to {link}"
            assert not anchor or anchor in pages[target].attributes("id"), f"{path}: {link}"


def test_every_page_can_be_reached_from_the_summary(pages: dict[str, Page]):
    reached, waiting = set(), ["index.html"]
    while waiting:
        path = waiting.pop()
        if path in reached or path not in pages:
            continue
        reached.add(path)
        folder = posixpath.dirname(path)
        links = (link.partition("#")[0] for link in pages[path].attributes("href"))
        waiting += [posixpath.normpath(posixpath.join(folder, link)) for link in links if link]
    assert reached == set(pages)
    assert {f"functions/{op.replace('_', '-')}.html" for op in NAMES} <= reached


def test_ids_are_unique(pages: dict[str, Page]):
    for page in pages.values():
        ids = page.attributes("id")
        assert len(ids) == len(set(ids))


def test_pages_are_apart_where_names_differ_in_case_and_signs_only():
    site = html.render(formula_row(op=op) for op in ["max", "Max", "max_", "*"])
    found = sorted(path for path in site if path.startswith("functions/"))
    assert found == [f"functions/{name}.html" for name in ("max-2", "max-3", "max", "unnamed")]


def test_headings_are_in_order(pages: dict[str, Page]):
    for page in pages.values():
        levels = [level for level, _ in page.headings]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_each_function_has_its_page_and_its_plots(site: dict[str, str], pages: dict[str, Page]):
    assert len(NAMES) >= 45
    for op in NAMES:
        page = pages[f"functions/{op.replace('_', '-')}.html"]
        assert page.headings[0] == (1, op)
        plots = [attrs for attrs in page.named("svg") if attrs.get("class") == "plot"]
        assert len(plots) == 6
        assert all(attrs["role"] == "img" and op in (attrs["aria-label"] or "") for attrs in plots)
        assert len(page.named("figcaption")) == 6  # which say what is to be seen
        figures = [attrs["data-file"] for attrs in page.named("figure")]
        data = [attrs["download"] for attrs in page.named("a") if "download" in attrs]
        assert len(figures) == 6
        assert sorted(data) == sorted(set(figures))  # the orders of a kind share one
        assert len(data) == 2


def test_pages_can_be_used_without_a_mouse_and_with_a_screen_reader(pages: dict[str, Page]):
    for page in pages.values():
        assert page.named("html")[0]["lang"] == "en"
        assert {"header", "nav", "main"} <= {tag for tag, _ in page.tags}
        assert page.named("a")[0] == {"class": "skip", "href": "#main"}
        assert len(page.named("table")) == len(page.named("caption"))
        regions = [attrs for _, attrs in page.tags if attrs.get("class") == "scroll"]
        assert all(attrs["tabindex"] == "0" and attrs["aria-label"] for attrs in regions)


def test_the_site_stays_small(site: dict[str, str]):
    assert sum(len(text.encode()) for text in site.values()) < 5_000_000
    sizes = {path: len(text.encode()) for path, text in site.items() if ".html" in path}
    assert sizes.pop("index.html") < 400_000
    assert max(sizes.values()) < 400_000


def test_the_data_of_a_plot_is_next_to_it():
    """Each figure to four digits, which is as many as are recorded of an error; ULPs to three."""
    rows = [section_row(order) for order in (0, 1)]
    site = html.render([formula_row(), curve_row(), range_row(), *rows, study_row(), figure_row()])
    function = data_of(site["functions/tanh.html"])
    steps = list(csv.DictReader(io.StringIO(function["tanh-steps.csv"])))
    scheme = curve_row()["schemes"]["central"]
    assert numbers(steps, "step size h") == pytest.approx(scheme["step"], rel=5e-4)
    assert numbers(steps, "order 1: central") == pytest.approx(scheme["error"], rel=5e-3)  # three digits
    values = list(csv.DictReader(io.StringIO(function["tanh-value.csv"])))
    for row_, name in zip(rows, ("order 0: value", "order 1: backward"), strict=True):
        assert numbers(values, name) == pytest.approx(row_["analytic"], rel=5e-4)
    alone = data_of(html.render([formula_row(), *rows])["functions/tanh.html"])["tanh-value.csv"]
    drawn = list(csv.DictReader(io.StringIO(alone)))  # where the errors are those of the sections
    assert numbers(drawn, "error of order 1: in ULP") == pytest.approx(rows[1]["error_ulp"], rel=5e-3)
    assert numbers(values[::4], "order 1: differences") == pytest.approx(
        rows[1]["numeric"]["value"], rel=5e-4
    )
    assert [line["x"] for line in values if line["order 1: differences"]] == [
        line["x"] for line in values[::4]
    ]
    errors = list(csv.DictReader(io.StringIO(function["tanh-ulp.csv"])))
    assert numbers(errors, "error of order 1: in ULP") == pytest.approx(range_row()["error_ulp"], rel=5e-3)
    assert (
        data_of(site["studies/newton.html"])["study-newton-1.csv"] == "step,Newton\n0,1\n1,0.0001\n2,1e-16\n"
    )


def data_of(page: str) -> dict[str, str]:
    """The files that travel inside a page."""
    links = [attrs for attrs in Page(page).named("a") if "download" in attrs]
    return {str(a["download"]): urllib.parse.unquote(str(a["href"]).partition(",")[2]) for a in links}


def numbers(lines: list[dict[str, str]], column: str) -> list[float]:
    return [float(line[column]) for line in lines]


def test_lines_with_points_of_their_own_have_columns_of_their_own():
    lines = [
        {"label": "a, b", "style": "line", "x": [0.0, 1.0], "y": [1.0, 2.0]},
        {"label": "c", "style": "marks", "x": [0.5], "y": [float("inf")]},
        {"label": "d", "style": "marks", "x": [0.5], "y": [-1.23456e-7]},
    ]
    site = html.render([study_row(), figure_row(lines=lines)])
    rows = list(csv.reader(io.StringIO(data_of(site["studies/newton.html"])["study-newton-1.csv"])))
    assert rows == [
        ["step", "a, b", "step", "c", "d"], ["0", "1", "0.5", "inf", "-1.235e-7"], ["1", "2", "", "", ""]
    ]  # fmt: skip


def test_a_function_page_shows_its_graph_and_its_source_in_pictures_and_words():
    rows = [formula_row(), graph_row(), graph_row(order=1), source_row()]
    page = page_of(rows, "functions/")
    assert "Tanh takes x: (2, 3) float64, gives y: (2, 3) float64" in page.words
    assert "return gy * sech2(*self.inputs)" in page.text
    assert "dezero/functions/elementwise.py:12" in page.words
    graphs = [attrs for attrs in page.named("svg") if attrs.get("class") == "graph"]
    assert len(graphs) == 2


def test_a_graph_too_large_to_draw_is_described_in_words():
    nodes = [{"label": f"F{n}", "function": True} for n in range(100)]
    edges = [[n, n + 1] for n in range(99)]
    page = page_of([formula_row(), graph_row(nodes=nodes, edges=edges)], "functions/")
    assert "too large for a picture" in page.words
    assert "F99 takes the result of 99" in page.words


def test_a_study_page_shows_figures_and_tables_in_their_order():
    words = of_study(study_row(), table_row(place=3), figure_row(place=2, title="Second"))
    assert words.index("Second") < words.index("Steps to the minimum")
    for text in ("Newton's method", "How fast does", "812", "10⁻¹⁶", "This study took 2.5 s"):
        assert text in words


def test_a_section_says_how_far_the_two_derivatives_are_apart():
    row_ = section_row(numeric={"x": [0.0, 2.0], "value": [0.25, 0.0], "bound": [0.1, "inf"]})
    words = of_function(formula_row(), plain_floats(row_))
    assert "at 1 point, at most 0.25 away, at 0 of them within their own error bound" in words
    assert "at 1 more no difference has a bound" in words


def plain_floats(row_: Row) -> Row:
    numeric = {name: [float(v) for v in values] for name, values in row_["numeric"].items()}
    return row_ | {"numeric": numeric}


def test_numbers_on_the_page_come_from_the_rows():
    """Whatever number is changed in the rows changes on the page."""
    ulps = {"error_ulp": 812.0, "bound_ulp": 731.0, "tolerance_ulp": 653.0, "declared_ulp": 541.0}
    words = of_function(case_row(**ulps, expected="0.31313", got="0.31414", contracted="gy = 0.625"))
    for text in ("812", "731", "541declared", "0.31313", "0.31414", "gy = 0.625"):
        assert text in words
    assert "653derived" in of_function(case_row(**ulps | {"declared_ulp": 700.0}))
    words = of_study(network_row(mean_abs_diff=7.77e-13, max_abs_diff=6.66e-12, elements=5151))
    assert "7.77·10⁻¹³" in words
    assert "6.66·10⁻¹²" in words
    assert "5151" in words


def test_both_answers_are_on_the_pages():
    few = {"digits": 6.89, "formula": "supported", "oracle": "symbolic", "certified": False}
    for words in (shown(case_row(**few)), of_function(case_row(**few))):
        assert "6.8" in words
        assert "of 15.9" in words
    assert "formula supported" in shown(case_row(**few))
    assert "supported" in of_function(case_row(**few))


def test_the_digits_are_in_the_data_of_the_matrix():
    rows = [case_row(digits=6.89), case_row(order=0, oracle="formula", digits=None)]
    value, first = csv.DictReader(io.StringIO(html.render(rows)["data/matrix.csv"]))
    assert (value["order"], value["digits"], value["formula"]) == ("0", "", "")
    assert (first["order"], first["digits"], first["formula"], first["dtype"]) == (
        ("1", "6.89", "proven", "float64")
    )


def test_warnings_are_listed_once_for_a_case():
    rows = [case_row(order=order, warnings=["half of the digits are lost"]) for order in (1, 2)]
    for words in (shown(*rows), of_function(*rows)):
        assert words.count("half of the digits are lost") == 1
    many = [case_row(case=f"tanh/{i}", warnings=["few digits"]) for i in range(60)]
    assert "and 40 more cases" in shown(*many)
    assert of_function(*many).count("few digits") == 60


def test_an_inconclusive_case_shows_why():
    reason = "the formula is proven, its float64 value has no correct digit"
    words = of_function(case_row(verdict="inconclusive", reason=reason, digits=0.0))
    assert reason in words[words.index("Cases of tanh") :]
    assert "Formula proven, 0.0 of 15.9 digits kept" in words


def test_a_page_without_figures_has_no_numbers_from_elsewhere():
    words = shown(case_row(error_ulp=None, bound_ulp=None, tolerance_ulp=None))
    assert "ULP" in words
    assert "0.47" not in words


def test_what_did_not_pass_is_listed_with_reason_and_command():
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
    first = words[words.index("1 cause: 1 failing case") : words.rindex("All functions")]
    for text in ("matmul, 2nd derivative", "the sign of input 1", failing["reproduce"], "1 case of matmul"):
        assert text in first


def test_what_was_left_out_for_one_reason_is_reported_once():
    reason = "images have four axes"
    rows = [exempt_row(op=op, what="layout 0-d", reason=reason, count=2) for op in ("conv2d", "pooling")]
    words = shown(case_row(), *rows)
    assert words.count(reason) == 1
    assert "conv2d, pooling" in words
    assert f"{reason}4" in words  # two cells


def test_a_case_is_shown_with_the_command_that_examines_it_again():
    id_ = "tanh:0d/float64/cpu/fortran"
    plain = of_function(case_row(case=id_, reproduce=f"gradcheck reproduce {id_}"))
    other = of_function(case_row(case=id_, reproduce=f"gradcheck reproduce {id_} --seed 3"))
    plain_cases, other_cases = (words[words.index("Cases of tanh") :] for words in (plain, other))
    assert "gradcheck reproduce CASE examines one again" in plain
    assert plain_cases.count(id_) == 1
    assert f"gradcheck reproduce {id_} --seed 3" in other_cases


def test_many_findings_are_cut_off_and_counted():
    rows = [case_row(case=f"tanh/{i}", verdict="inconclusive", reason=f"a kink {i}") for i in range(60)]
    assert "and 20 more" in shown(*rows)
    assert "and 40 more that did not pass" in console.summary(rows)


def test_many_failures_of_one_cause_are_told_once():
    rows = [case_row(case=f"tanh/{i}", verdict="fail", reason=f"off by {i}") for i in range(60)]
    assert "1 cause: 60 failing cases of 1 function" in shown(*rows)
    assert console.summary(rows).count("FAIL") == 1


def test_many_causes_are_cut_off_and_counted():
    rows = [case_row(op=f"f{i}", case=f"f{i}/float64/cpu", verdict="fail") for i in range(25)]
    assert "and 5 more, on the pages of their functions" in shown(*rows)
    assert "... and 5 more causes" in console.summary(rows)


def test_verdicts_are_visible_without_colour():
    for verdict, word in (("fail", "fail"), ("inconclusive", "inconclusive"), ("pass", "pass")):
        page = page_of([case_row(verdict=verdict)])
        matrix = page.words[page.words.index("by function, order and dtype") :]
        row = matrix[matrix.index("tanh") : matrix.index("Certified, measured")]
        assert word in row
        certified = verdict == "pass"  # the row says so for all cells that say nothing else
        assert ("pass, certified" in row) == certified
        assert any(attrs.get("class") == verdict for attrs in page.named("td")) == (not certified)


HOSTILE = '<script>alert("x")</script>'


@pytest.mark.parametrize(
    "rows",
    [
        [case_row(verdict="fail", **{name: HOSTILE})]
        for name in ("reason", "diagnosis", "where", "expected", "got", "op", "case", "reproduce")
    ]
    + [
        [case_row(warnings=[HOSTILE])],
        [formula_row(mathml=dict.fromkeys(("value", "first", "second"), HOSTILE))],
        [formula_row(note=HOSTILE, covers=[HOSTILE], topic=HOSTILE)],
        [formula_row(), curve_row(input=HOSTILE, truth=HOSTILE)],
        [formula_row(op=HOSTILE), curve_row(op=HOSTILE), range_row(op=HOSTILE)],
        [formula_row(), curve_row(schemes={HOSTILE: {"step": [0.1], "error": [0.1]}})],
        [network_row(name=HOSTILE, data=HOSTILE, reason=HOSTILE, verdict="fail")],
        [exempt_row(op=HOSTILE, what=HOSTILE, reason=HOSTILE)],
        [formula_row(), section_row(input=HOSTILE)],
        [formula_row(), graph_row(nodes=[{"label": HOSTILE, "function": True}], edges=[])],
        [formula_row(), source_row(name=HOSTILE, path=HOSTILE, text=HOSTILE)],
        [study_row(study=HOSTILE, title=HOSTILE, lead=HOSTILE)],
        [study_row(), figure_row(title=HOSTILE, text=HOSTILE, caption=HOSTILE)],
        [study_row(), table_row(columns=[HOSTILE], cells=[[HOSTILE]])],
        [run_row(run=HOSTILE, command=HOSTILE, versions={HOSTILE: HOSTILE})],
        [row("warning", {"message": HOSTILE})],
    ],
)
def test_text_from_the_rows_is_text_on_the_page(rows: list[Row]):
    pages = {path: Page(text) for path, text in html.render(rows).items() if path.endswith(".html")}
    scripts = {path: page.named("script") for path, page in pages.items()}
    assert scripts.pop("index.html") == [{}]
    for path, found in scripts.items():
        assert found in ([], [{"src": f"{'../' * path.count('/')}figures.js", "defer": None}])
    visible = "".join(page.text + "".join(page.attributes("aria-label")) for page in pages.values())
    assert HOSTILE in visible


@pytest.mark.parametrize(
    "source",
    [
        HOSTILE,
        '<mi onclick="alert(1)">x</mi>',
        '<mrow><a href="javascript:alert(1)">x</a></mrow>',
        "<mi>x",
        "</math><script>alert(1)</script>",
        '<svg xmlns="http://www.w3.org/2000/svg"/>',
        "<mrow>" * 3_000 + "</mrow>" * 3_000,
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


def test_what_changed_since_the_baseline_is_reported():
    before = [run_row(), case_row(error_ulp=0.5), end_row()]
    now = [run_row(), case_row(error_ulp=500.0), end_row()]
    site = html.render(now, baseline=before)
    words = Page(site["index.html"]).words
    assert "Baseline. 1 case compared: 1 less accurate" in words
    assert "1 less accurate" in words
    assert "500" in Page(site["changes.html"]).words


@pytest.mark.parametrize("rows", [[], one_of_each()[:1]])
def test_without_a_baseline_or_cases_nothing_changed(rows: list[Row]):
    assert "changes.html" not in html.render(one_of_each())
    assert "changes.html" not in html.render(rows, baseline=one_of_each())


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


def test_errors_that_rounding_alone_makes_are_told_in_a_sentence():
    """A plot of zeros, or of halves of an ULP, shows nothing that the sentence does not say."""
    small, large = range_row(1, error_ulp=[0.25] * 181), range_row(2, error_ulp=[0.75] * 181)
    page = page_of([formula_row(), small, large], "functions/")
    assert len([attrs for attrs in page.named("svg") if attrs.get("class") == "plot"]) == 1
    for order, error in ((1, "0.25"), (2, "0.75")):
        span = "at 181 points from \N{MINUS SIGN}18 to 18"
        assert f"Error of the derivative of order {order} of tanh {span}: at most {error} ULP" in page.words
    assert "error of order 1: in ULP" not in page.text


def test_a_constant_derivative_is_told_in_a_sentence_where_differences_agree():
    numeric = {"x": [0.0, 2.0], "value": [1.0, 1.0 + 1e-12], "bound": [1e-9, 1e-9]}
    x = {"x": [-2.0, 0.0, 2.0], "analytic": [1.0] * 3, "error_ulp": [0.0] * 3}
    rows = [formula_row(), section_row(0), plain_floats(section_row(1, **x, numeric=numeric))]
    page = page_of(rows, "functions/")
    assert (
        len([attrs for attrs in page.named("svg") if attrs.get("class") == "plot"]) == 2
    )  # value, its error
    assert (
        "First derivative: backward, constant at 1; differences of forward at 2 points, at most 10"
        in page.words
    )
    wrong = numeric | {"value": [1.0, 1.5]}
    rows[2] = plain_floats(section_row(1, **x, numeric=wrong))
    page = page_of(rows, "functions/")
    assert len([attrs for attrs in page.named("svg") if attrs.get("class") == "plot"]) == 3
    assert "line: backward, constant at 1; circles: differences" in page.words
