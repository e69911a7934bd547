"""docs/reading.md, the report's own page of words, and what the pages link to: they say the same."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from gradcheck.judging.verdict import SAFETY, negligible
from gradcheck.report import html
from gradcheck.specs.spec import DECLARED_ULP
from gradcheck.subjects.layouts import LAYOUTS
from gradcheck.system.floats import full_digits, rounded_down
from tests.gradcheck.markup import all_spelled_out
from tests.gradcheck.sample_rows import figure_row, study_row, table_row, whole_run

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "reading.md").read_text(encoding="utf-8")
#: Words of which the pages make use, and anchors that they lead to.
WORDS = {
    "digits", "ulp", "order", "cotangent", "direction", "kink", "layout", "truncation", "rounding", "stencil",
    "richardson", "jet", "ball", "certified", "verdicts", "bound", "tolerance", "declared", "case",
}  # fmt: skip
DTYPES = ("float64", "float32", "float16")


@pytest.fixture(scope="module")
def site() -> dict[str, str]:
    found = html.render([*whole_run(), study_row(), figure_row(), table_row()], baseline=whole_run()[:-40])
    return all_spelled_out(found)


@pytest.fixture(scope="module")
def reading(site: dict[str, str]) -> str:
    return site["reading.html"]


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", page).split())


def anchors(page: str) -> set[str]:
    return set(re.findall(r' id="([^"]+)"', page))


def test_every_word_has_its_anchor_and_the_documentation_names_it(reading: str) -> None:
    named = set(re.findall(r"`#(\w+)`", PAGE))
    assert named >= WORDS
    assert named <= anchors(reading)


def test_a_word_is_a_term_of_a_list_with_what_it_means(reading: str) -> None:
    for word in WORDS - {"verdicts"}:
        entry = re.search(rf'<div id="{word}"><dt>(.*?)</dt>\s*<dd>(.*?)</dd></div>', reading, re.DOTALL)
        assert entry, word
        assert word in plain(entry[1]).lower()
        assert len(plain(entry[2])) > 60


def test_links_from_other_pages_to_words_lead_somewhere(site: dict[str, str], reading: str) -> None:
    linked = {
        name for page in site.values() for name in re.findall(r'href="[./]*reading\.html#([^"]+)"', page)
    }
    assert linked
    assert linked <= anchors(reading)


def test_the_pages_that_the_documentation_names_are_there_under_these_names(site: dict[str, str]) -> None:
    table = PAGE.partition("## The pages")[2].partition("## ")[0]
    told = re.findall(r"^\| `([^`]+)` \| (.*?) \|$", table, re.MULTILINE)
    assert len(told) > 5
    for path, says in told:
        pattern = re.compile(re.escape(path).replace("NAME", r"[\w-]+"))
        there = [name for name in site if pattern.fullmatch(name)]
        assert there or path == "history.html", path
        inside = re.search(rf'<li><a href="{re.escape(path)}">(.*?)</a></li>', site["environment.html"])
        if inside:
            assert says.startswith(inside[1]), path


def test_numbers_are_those_of_the_code(reading: str) -> None:
    for text in (plain(reading), PAGE):
        for dtype in DTYPES:
            assert rounded_down(full_digits(dtype)) in text
        excused = [f"{negligible(dtype):g}" for dtype in DTYPES]
        assert re.search(r"{} ULPs in float64, {} in float32, {} in float16".format(*excused), text)
    text = plain(reading)
    assert f"Beyond, {SAFETY} times the rounding" in text
    declared = [f"{bound:g}" for bound in DECLARED_ULP]
    assert f"{', '.join(declared[:3])} and {declared[3]} for the orders 1 to 4" in text
    ratio = np.finfo(np.float32).eps / np.finfo(np.float64).eps
    assert f"{ratio:.0e}" == "5e+08"
    assert "An ULP of float32 is 5·10⁸ of float64" in text


def test_layouts_are_all_named(reading: str) -> None:
    entry = plain(reading.partition('<div id="layout">')[2].partition("</div>")[0])
    assert {name for name in LAYOUTS if name not in entry} == set()


def test_neither_says_that_a_proof_is_about_digits(reading: str) -> None:
    assert "says nothing about digits" in plain(reading)
    assert "“Tolerance 8.0, declared 16” are two limits" in plain(reading)
    assert "does not mean that all digits are right" in PAGE


def test_all_works_are_cited_and_all_citations_are_listed(site: dict[str, str]) -> None:
    for name in ("reading.html", "introduction.html"):
        page = site[name]
        listed = {anchor for anchor in anchors(page) if anchor.startswith("work-")}
        assert set(re.findall(r'href="#(work-[^"]+)"', page)) == listed
        assert len(listed) > 5
