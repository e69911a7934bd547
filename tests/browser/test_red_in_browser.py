"""A red run's page, in a real browser: its causes are what one sees first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradcheck.records.history import History
from gradcheck.report import html
from gradcheck.report.history import line_of
from tests.browser.accessibility import violations
from tests.browser.conftest import Watched, assert_fits
from tests.gradcheck.red_run import red_run

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def red(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run with two planted bugs, and a history of such runs."""
    out = tmp_path_factory.mktemp("red")
    run = red_run(out, "tanh,matmul,linear")
    line = line_of(run.rows, run.found)
    line["selection"] = {"ops": "*", "order": None, "devices": ["cpu"]}  # so that it is drawn
    html.write(run.rows, out, history=History([line] * 4, []))
    return out


def test_both_culprits_are_on_the_first_screen(red: Path, watched: Watched) -> None:
    page: Any = watched.page
    wide = page.viewport_size["width"] == 1280
    page.set_viewport_size({"width": page.viewport_size["width"], "height": 800})
    page.goto((red / "index.html").as_uri())
    causes = page.locator(".causes li h3")
    assert sorted(causes.all_inner_texts()) == [
        "MatMul, 1st derivative: sign",
        "Tanh, 1st derivative: constant factor",
    ]
    for item in page.locator(".causes ol > li").all()[: 2 if wide else 1]:
        box = item.bounding_box()
        assert box["y"] + box["height"] <= 800
        assert item.locator("summary").is_visible()
        assert not item.locator("table").is_visible()


def test_what_follows_opens(red: Path, watched: Watched) -> None:
    page: Any = watched.page
    page.goto((red / "index.html").as_uri())
    item = page.locator(".causes ol > li").filter(has_text="MatMul").first
    item.locator("summary").click()
    assert "linear" in item.locator("table").inner_text()


@pytest.mark.parametrize("path", ["index.html", "history.html"])
def test_nothing_hinders_a_reader(red: Path, watched: Watched, axe: str, path: str) -> None:
    page: Any = watched.page
    page.goto((red / path).as_uri())
    assert violations(page, axe) == []  # with what is folded unfolded
    assert_fits(page)
