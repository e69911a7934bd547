"""The summary in a browser: light, steady, its matrix on the first screen, and on a few sheets of paper."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradcheck.records.jsonl import Row, merge
from gradcheck.report import html
from gradcheck.specs import specs
from tests.browser.accessibility import violations
from tests.browser.conftest import Watched, assert_fits
from tests.gradcheck.sample_rows import case_row, end_row, exempt_row, on_gpu, run_row, study_row

pytestmark = pytest.mark.browser
FULL = {"float64": 15.95, "float32": 7.22, "float16": 3.31}
BYTES, NODES, SHEETS = 400_000, 8_000, 6


def run(step: int = 1) -> list[Row]:
    """As many functions as dezero has, under their names, to order 4 in three dtypes: some lose digits.

    Args:
        step: take one of so many functions.
    """
    rng = np.random.default_rng(0)
    rows = [run_row(commit="1b70f9b")]
    names = {spec.name: spec.topic for spec in list(specs().values())[::step]}
    for (op, topic), dtype, order in itertools.product(names.items(), FULL, range(5)):
        digits = FULL[dtype] * min(1.0, rng.gamma(9.0, 0.2))
        gap = {"verdict": "inconclusive", "reason": "declared gap: terms cancel", "digits": 0.0}
        warned = {"warnings": [f"order {order}: half of the digits are lost"]} if digits < 3 else {}
        case = f"{op}:axis=1/{dtype}/cpu/strided"
        shared = {"op": op, "topic": topic, "case": case, "dtype": dtype, "order": order, "digits": digits}
        rows.append(case_row(**shared | warned | (gap if rng.random() < 0.01 else {})))
    rows += [
        exempt_row(op=op, what="not differentiable", reason=f"reason {n % 9}") for n, op in enumerate(names)
    ]
    rows += [
        study_row(study=f"s{n}", title=f"Study {n}", lead="What it found, in a sentence.") for n in range(7)
    ]
    declared = len({row["case"] for row in rows if row["kind"] == "case"})
    return [rows[0] | {"declared": declared}, *rows[1:], end_row(declared=declared, executed=declared)]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return beside_a_baseline(run(), tmp_path_factory.mktemp("large"))


@pytest.fixture(scope="module")
def large_of_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return on_two_devices(run(), tmp_path_factory.mktemp("two"))


def beside_a_baseline(rows: list[Row], out: Path) -> Path:
    """The summary of such a run, beside a baseline in which some were otherwise."""
    other = [
        {**row, "error_ulp": 900.0} if row.get("order") == 3 and "a" in row["op"] else row for row in rows
    ]
    html.write(rows, out, baseline=other)
    return out / "index.html"


def on_two_devices(rows: list[Row], out: Path) -> Path:
    """The same on a CPU and a GPU that differ in some places."""
    gpu = [
        {**row, "error_ulp": 9.0} if row.get("order") == 4 and row["dtype"] == "float32" else row
        for row in on_gpu(rows, run_to_run_ulp=0.0)
    ]
    html.write(merge([rows, gpu]), out)
    return out / "index.html"


@pytest.fixture(scope="module")
def steady(chromium: Any) -> Iterator[Any]:
    """A desktop's page that notes whatever moves on it."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, offline=True)
    context.add_init_script(
        """window.moved = [];
        new PerformanceObserver((list) => window.moved.push(...list.getEntries().map((each) => each.value)))
            .observe({type: "layout-shift", buffered: true});"""
    )
    yield context.new_page()
    context.close()


def opened(watched: Watched, path: Path, height: int = 800) -> Any:
    watched.page.set_viewport_size({"width": watched.page.viewport_size["width"], "height": height})
    watched.page.goto(path.as_uri())
    return watched.page


@pytest.mark.parametrize("which", ["large", "large_of_two"])
def test_the_page_is_light_and_begins_with_the_verdict_and_the_first_row(
    which: str, request: pytest.FixtureRequest, watched: Watched
) -> None:
    path: Path = request.getfixturevalue(which)
    assert path.stat().st_size < BYTES
    page = opened(watched, path)
    assert page.evaluate("document.querySelectorAll('*').length") < NODES
    assert_fits(page)
    bottom = "(each) => each.getBoundingClientRect().bottom"
    headline = page.locator(".headline")
    assert headline.inner_text().split(". ")[0].endswith("As declared")
    assert headline.evaluate(bottom) < 800
    if page.viewport_size["width"] == 1280:
        assert page.locator("#matrix-table tbody tr").first.evaluate(bottom) < 800


@pytest.mark.parametrize("written", [beside_a_baseline, on_two_devices])
def test_axe_finds_no_violation(
    written: Callable[[list[Row], Path], Path], tmp_path: Path, watched: Watched, axe: str
) -> None:
    rows = run(step=9)  # every kind of cell is among them, as the next line says
    assert {row["verdict"] for row in rows if row["kind"] == "case"} == {"pass", "inconclusive"}
    page = opened(watched, written(rows, tmp_path))
    assert violations(page, axe) == []


def test_a_dot_of_the_overview_names_its_function_and_nothing_moves(large: Path, steady: Any) -> None:
    steady.goto(large.as_uri())
    figure = steady.locator("section:has(#overview) figure").first
    svg = figure.locator("svg.plot")
    svg.scroll_into_view_if_needed()
    svg.focus()
    told = []
    for key in ("ArrowRight", "End", "ArrowDown", "Home"):
        steady.keyboard.press(key)
        told.append(figure.locator("output").text_content())
    assert all(re.fullmatch(r"[\w.]+, (value|1st): digits kept = [\d.]+", text) for text in told), told
    steady.wait_for_timeout(200)
    assert sum(steady.evaluate("window.moved")) == 0


def test_a_link_to_what_is_folded_unfolds_it(large: Path, still: Any) -> None:
    still.goto(large.as_uri())
    for anchor in ("gaps", "environment"):
        still.locator(f"a[href='#{anchor}']").first.click()
        assert still.locator(f"#{anchor}").is_visible()


def test_nothing_moves_as_the_page_opens(large: Path, steady: Any) -> None:
    steady.goto(large.as_uri())
    steady.locator("#filter.works").wait_for()
    steady.wait_for_timeout(300)
    assert steady.evaluate("window.moved") == []
    assert steady.locator("#filter").is_visible()


@pytest.mark.parametrize("which", ["large", "large_of_two"])
def test_it_prints_on_a_few_sheets(which: str, request: pytest.FixtureRequest, steady: Any) -> None:
    steady.goto(request.getfixturevalue(which).as_uri())
    sheets = re.findall(rb"/Type\s*/Page\b", steady.pdf(format="A4"))
    assert 1 <= len(sheets) <= SHEETS


def test_errors_in_ulps_take_the_place_of_digits_and_give_it_back(large: Path, desktop: Watched) -> None:
    page = opened(desktop, large)
    figures = page.locator("#matrix-table tbody td a")
    before = figures.all_text_contents()
    page.select_option("#filter-figure", "ulp")
    assert set(figures.all_text_contents()) == {"0.47"}
    page.select_option("#filter-figure", "")
    assert figures.all_text_contents() == before


def test_errors_are_sorted_as_numbers_however_they_are_written(tmp_path: Path, desktop: Watched) -> None:
    errors = [0.001, 0.47, 7.0, 812.0, 3.2e7, 1e9, float("inf")]
    order = [3, 0, 6, 2, 5, 1, 4]
    rows = [case_row(op=f"f{n}", case=f"f{n}", error_ulp=errors[n]) for n in order]
    html.write([*rows, case_row(op="none", case="none", order=2)], tmp_path)
    page = opened(desktop, tmp_path / "index.html")
    page.select_option("#filter-figure", "ulp")
    button = page.locator("#matrix-table thead [data-order='1'][data-dtype='float64']").get_by_role("button")
    button.click()
    assert rows_of(page) == [*(f"f{n}" for n in reversed(range(7))), "none"]
    button.click()
    assert rows_of(page) == [*(f"f{n}" for n in range(7)), "none"]


def rows_of(page: Any) -> list[str]:
    found: list[str] = page.locator(
        "#matrix-table tbody tr:not([hidden]) th > :first-child"
    ).all_text_contents()
    return found


def test_what_changed_is_marked_and_can_be_filtered(large: Path, desktop: Watched) -> None:
    page = opened(desktop, large)
    marked = page.locator("#matrix-table td.more")
    assert marked.count() > 0
    sign = "(cell) => getComputedStyle(cell.firstElementChild, '::before').content"
    assert "\N{BLACK UP-POINTING TRIANGLE}" in marked.first.evaluate(sign)
    assert "more accurate than in the baseline" in marked.first.text_content()
    page.check("#filter-changed")
    assert 0 < len(rows_of(page)) < 82
    assert all("a" in name for name in rows_of(page))
    page.select_option("#filter-order", "1")
    assert rows_of(page) == []


def test_columns_and_their_lines_stay_together_when_filtered(large_of_two: Path, watched: Watched) -> None:
    page = opened(watched, large_of_two)
    page.select_option("#filter-dtype", "float16")
    page.select_option("#filter-order", "2")
    right = "(cells) => cells.map((cell) => Math.round(cell.getBoundingClientRect().right))"
    heads = page.locator("#matrix-table thead tr:last-child th:not([hidden])").evaluate_all(right)
    cells = page.locator("#matrix-table tbody:first-of-type tr:first-child td:not([hidden])").evaluate_all(
        right
    )
    assert heads == cells[-2:-1]


def test_a_cell_opens_its_case(large: Path, desktop: Watched) -> None:
    page = opened(desktop, large)
    link = page.locator("#matrix-table td a").first
    target = (link.get_attribute("href") or "").split("#")[1]
    link.click()
    assert page.locator(f":target[id='{target}']").count() == 1


def test_without_scripts_there_are_no_dead_controls(large: Path, still: Any) -> None:
    still.goto(large.as_uri())
    assert still.locator("#filter").evaluate("form => getComputedStyle(form).display") == "none"
    assert still.locator("#matrix-table tbody tr").first.is_visible()
