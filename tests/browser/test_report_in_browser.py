"""The report's pages, opened from disk in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from gradcheck.report import kill_matrix
from tests.browser.accessibility import violations
from tests.browser.conftest import Watched, assert_fits, assert_fits_any_width
from tests.gradcheck.sample_rows import FEW, mutant_row, run_row

pytestmark = pytest.mark.browser
PAGES = [
    "index.html",
    "introduction.html",
    "functions/tanh.html",
    "studies/index.html",
    "studies/newton.html",
    "studies/networks.html",
    "environment.html",
    "reading.html",
    "changes.html",
]
FUNCTIONS = " ".join(FEW.values()).split()
PUBLISHED = Path(__file__).resolve().parents[2] / "reports" / "published"
EACH = pytest.mark.parametrize("path", PAGES)


@pytest.fixture
def tanh(site: Path, watched: Watched) -> Any:
    """The page of a function."""
    watched.page.goto((site / "functions" / "tanh.html").as_uri())
    return watched.page


@EACH
def test_a_page_opens_fits_and_axe_finds_no_violation(
    site: Path, watched: Watched, axe: str, path: str
) -> None:
    page = watched.page
    page.goto((site / path).as_uri())
    assert page.locator("h1").count() == 1
    assert page.evaluate("getComputedStyle(document.body).maxWidth") is not None
    assert_fits(page)
    broken = page.evaluate(
        "[...document.images].filter((image) => !image.complete || !image.naturalWidth).map((i) => i.src)"
    )
    assert broken == []
    empty = page.evaluate(
        "[...document.querySelectorAll('svg.plot, svg.graph')]"
        ".filter((svg) => svg.checkVisibility() && svg.getBoundingClientRect().height < 20).length"
    )
    assert empty == 0
    assert violations(page, axe) == []


def test_every_page_opens(site: Path, desktop: Watched) -> None:
    for path in sorted(site.rglob("*.html")):
        desktop.page.goto(path.as_uri())
        assert desktop.wrong == [], path
        assert_fits_any_width(desktop.page)


def test_axe_finds_each_cell_that_is_hard_to_read(both: Path, desktop: Watched, axe: str) -> None:
    styles = [
        "color: #bbb",
        "background: #777",
        "opacity: 0.3",
        "color: #888; font-weight: normal",
        "color: light-dark(#000, #333)",
    ]
    page = desktop.page
    page.goto((both / "functions" / "exp.html").as_uri())
    page.locator(".cases tbody th").last.evaluate(
        """(cell, styles) => styles.forEach((style, n) => {
            const copy = cell.cloneNode(true);
            copy.style = style;
            copy.id = `hard-${n}`;
            cell.after(copy);
        })""",
        styles,
    )
    found = violations(page, axe)
    assert all(text.startswith("color-contrast") for text in found)
    assert {int(n) for text in found for n in re.findall(r'id="hard-(\d)"', text)} == set(range(len(styles)))


def test_the_kill_matrix_is_a_page_like_the_others(tmp_path: Path, watched: Watched, axe: str) -> None:
    rows = [run_row(), mutant_row(), mutant_row(case="b", outcome="survived", verdict="pass", order=None)]
    path = kill_matrix.write(rows, tmp_path, records_name="records.jsonl")
    watched.page.goto(path.as_uri())
    assert_fits(watched.page)
    assert violations(watched.page, axe) == []


@pytest.mark.parametrize(
    "path", ["index.html", "functions/layers-lstm.html", "studies/differences.html", "environment.html"]
)
def test_the_published_report_opens_as_well(desktop: Watched, axe: str, path: str) -> None:
    page = desktop.page
    page.goto((PUBLISHED / path).as_uri())
    assert page.locator("h1").count() == 1
    assert_fits_any_width(page)
    assert violations(page, axe) == []


@pytest.mark.parametrize("path", ["index.html", "functions/exp.html", "environment.html", "reading.html"])
def test_two_devices_fit_side_by_side(both: Path, desktop: Watched, axe: str, path: str) -> None:
    page = desktop.page
    page.goto((both / path).as_uri())
    assert_fits_any_width(page)
    assert violations(page, axe) == []


def test_the_rows_of_a_function_stay_together_when_sorted(both: Path, desktop: Watched) -> None:
    page = desktop.page
    page.goto((both / "index.html").as_uri())
    column = page.locator("#matrix-table thead [data-order='1'][data-dtype='float64']")
    column.get_by_role("button").click()
    assert names(page)[:2] == ["exp", "exp"]  # the fewest digits, on one of the devices
    devices = page.locator("#matrix-table tbody tr").evaluate_all("(all) => all.map((r) => r.dataset.device)")
    assert devices == ["cpu", "gpu"] * (len(devices) // 2)
    page.select_option("#filter-device", "gpu")
    assert len(names(page)) == len(set(names(page))) == len(devices) // 2


def test_both_devices_have_their_columns_under_their_heads(both: Path, watched: Watched) -> None:
    page = watched.page
    page.goto((both / "functions" / "exp.html").as_uri())
    right = "(cells) => cells.map((cell) => Math.round(cell.getBoundingClientRect().left))"
    heads = page.locator(".cases thead tr:last-child th").evaluate_all(right)
    cells = page.locator(".cases tbody tr:nth-child(2) > *").evaluate_all(right)
    assert set(heads) < set(cells)
    assert len(heads) == 2 + 2 * 4  # verdicts, and the value and three derivatives


# The matrix -----------------------------------------------------------------------------------------


@pytest.fixture
def matrix(site: Path, watched: Watched) -> Any:
    watched.page.goto((site / "index.html").as_uri())
    return watched.page


def names(page: Any) -> list[str]:
    """The functions whose rows are visible, from top to bottom."""
    rows = page.locator("#matrix-table tbody tr:not([hidden]) th > :first-child")
    return [name.strip() for name in rows.all_text_contents()]


def headers(page: Any) -> list[str]:
    return page.locator("#matrix-table thead th:not([hidden])").all_text_contents()


def test_headers_stand_over_their_columns(matrix: Any) -> None:
    left = "(cells) => cells.map((cell) => Math.round(cell.getBoundingClientRect().right))"
    heads = matrix.locator("#matrix-table thead tr:last-child th").evaluate_all(left)
    cells = matrix.locator("#matrix-table tbody:first-of-type tr:first-child td").evaluate_all(left)
    names = matrix.locator("#matrix-table thead tr:first-child th:not([data-order])").count()
    assert cells[names - 2 : -1] == heads


def test_the_matrix_is_filtered_by_name(matrix: Any) -> None:
    everything = names(matrix)
    matrix.fill("#filter-text", "tanh")
    assert names(matrix) == ["tanh"]
    assert matrix.text_content("#filter-count") == f"1 of {len(everything)} rows"
    matrix.fill("#filter-text", "")
    assert names(matrix) == everything


def test_the_matrix_is_filtered_by_verdict_dtype_order_and_device(matrix: Any) -> None:
    matrix.select_option("#filter-verdict", "fail")
    assert names(matrix) == ["exp"]
    matrix.select_option("#filter-dtype", "float64")
    assert names(matrix) == []
    assert "float32" not in headers(matrix)
    matrix.select_option("#filter-verdict", "")
    matrix.select_option("#filter-order", "2")
    assert "1st derivative" not in headers(matrix)
    assert "2nd derivative" in headers(matrix)
    matrix.select_option("#filter-device", "gpu")
    assert names(matrix) == ["exp"]


def test_the_matrix_is_sorted_by_a_click_and_by_the_keyboard(matrix: Any) -> None:
    by_name = matrix.get_by_role("button", name="Function")
    by_name.click()
    assert names(matrix) == sorted(names(matrix), key=str.lower)
    by_name.focus()
    matrix.keyboard.press("Enter")
    assert names(matrix) == sorted(names(matrix), key=str.lower, reverse=True)
    column = matrix.locator("#matrix-table thead [data-order='1'][data-dtype='float64']")
    column.get_by_role("button").click()
    assert column.get_attribute("aria-sort") == "ascending"  # the fewest digits first
    place = column.evaluate("(head) => head.cellIndex + 4")  # of columns, after three of names
    cells = matrix.locator(f"#matrix-table tbody tr:first-child td:nth-child({place}) a")
    digits = [float(text) for text in cells.all_text_contents()]
    assert len(digits) == len(FUNCTIONS)
    assert digits == sorted(digits)


# From page to page ----------------------------------------------------------------------------------


def test_a_reader_can_follow_links_and_come_back(site: Path, desktop: Watched) -> None:
    page = desktop.page
    page.goto((site / "index.html").as_uri())
    page.locator("#matrix-table").get_by_role("link", name="tanh", exact=True).click()
    assert page.text_content("h1") == "tanh"
    page.get_by_role("link", name="All functions").click()
    assert page.url.endswith("index.html#matrix")
    page.get_by_role("navigation", name="Report").get_by_role("link", name="Studies").click()
    page.get_by_role("link", name="Newton's method").click()
    assert page.text_content("h1") == "Newton's method"
    page.get_by_role("link", name="Environment").click()
    assert page.text_content("h1") == "Environment"
    page.get_by_role("link", name="Summary").click()
    page.get_by_role("link", name="Every change").click()
    assert page.text_content("h1") == "What changed?"
    page.get_by_role("link", name="Summary").click()
    assert page.locator("#matrix-table").count() == 1


def test_data_is_next_to_every_plot(site: Path, desktop: Watched) -> None:
    page = desktop.page
    for path in ("functions/tanh.html", "studies/newton.html", "studies/networks.html"):
        page.goto((site / path).as_uri())
        files = page.locator("figure").evaluate_all("(all) => all.map((f) => f.dataset.file)")
        links = page.locator("a[download]").evaluate_all("(all) => all.map((a) => a.download)")
        assert len(files) > 0
        assert sorted(set(files)) == sorted(links)


def test_wide_tables_are_moved_by_the_keyboard(tanh: Any) -> None:
    region = tanh.locator(".scroll:has(table.figures)")
    region.focus()
    assert tanh.evaluate("document.activeElement.className") == "scroll"
    wider = region.evaluate("(each) => each.scrollWidth - each.clientWidth")
    tanh.keyboard.press("ArrowRight")
    tanh.wait_for_function("(wider) => wider <= 0 || document.activeElement.scrollLeft > 0", arg=wider)


def test_the_keyboard_reaches_the_content_at_once(tanh: Any) -> None:
    tanh.keyboard.press("Tab")
    assert tanh.evaluate("document.activeElement.className") == "skip"
    tanh.keyboard.press("Enter")
    assert tanh.evaluate("document.activeElement.id") == "main"


def test_the_graph_is_there_in_words(tanh: Any) -> None:
    summary = tanh.locator("#graph ~ details summary, section:has(#graph) details summary").first
    summary.focus()
    tanh.keyboard.press("Enter")
    assert tanh.locator("section:has(#graph) details ol li").first.is_visible()


def test_on_paper_there_is_no_navigation_and_nothing_is_cut_off(tanh: Any) -> None:
    tanh.emulate_media(media="print")
    assert not tanh.get_by_role("navigation", name="Report").is_visible()
    assert tanh.locator("svg.plot").first.is_visible()


def test_without_scripts_the_matrix_is_whole(site: Path, still: Any) -> None:
    still.goto((site / "index.html").as_uri())
    assert still.locator("#matrix-table tbody tr").count() > len(FUNCTIONS)  # exp is on two devices
    assert not still.locator("#filter").is_visible()
