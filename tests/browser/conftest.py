"""A headless Chromium, the report's pages on disk, and axe-core: whatever is absent skips with its reason.

Needed is the extra `browser`, which has Playwright and axe-core, and a Chromium: the system's, or the one
that the environment variable CHROMIUM names, or Playwright's own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gradcheck.records.jsonl import merge
from gradcheck.report import html
from tests.gradcheck.sample_rows import (
    FEW,
    case_row,
    figure_row,
    formula_row,
    graph_row,
    on_gpu,
    section_row,
    source_row,
    study_row,
    table_row,
    whole_run,
)

NAMES = ("chromium", "chromium-browser", "google-chrome")
WIDTHS, HEIGHT = (1280, 390), 844
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-extensions")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with every kind of page, something that failed, and changes since a baseline."""
    rows = whole_run(FEW)
    failing = {"verdict": "fail", "reason": "wrong sign", "error_ulp": 3e15, "certified": False}
    rows += [case_row(case="exp/float32/cpu", op="exp", dtype="float32", **failing)]
    rows += [case_row(case="exp/float64/gpu", op="exp", device="gpu", verdict="inconclusive")]
    rows += [formula_row(), source_row(), graph_row(), graph_row(order=1)]
    rows += [section_row(order) for order in range(4)]
    rows += [study_row(), figure_row(), table_row()]
    out = tmp_path_factory.mktemp("report")
    html.write(rows, out, baseline=whole_run(FEW)[:-40])
    return out


@pytest.fixture(scope="session")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of two devices that differ in one function, and from run to run."""
    gpu = on_gpu(whole_run(FEW), run_to_run_ulp=0.0)
    worse = {"error_ulp": 47.0, "digits": 13.0, "run_to_run_ulp": 1.5}
    gpu = [row | worse if row.get("op") == "exp" and row["kind"] == "case" else row for row in gpu]
    out = tmp_path_factory.mktemp("both")
    html.write(merge([whole_run(FEW), gpu]), out)
    return out


@pytest.fixture(scope="package")  # while Playwright runs, so does its event loop, in the thread of the tests
def chromium() -> Iterator[Any]:
    """One browser for all tests of this folder, and none while others run."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright: the extra `browser`")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    with playwright.sync_playwright() as running:
        try:
            browser = running.chromium.launch(executable_path=path, args=[*ARGUMENTS])
        except playwright.Error as error:
            pytest.skip(f"needs a Chromium that starts: {str(error).splitlines()[0]}")
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def tab(chromium: Any) -> Iterator[Any]:
    """The tab in which tests open their pages: one of its own costs more than most pages."""
    yield from _tab(chromium)


@pytest.fixture(scope="package")
def tab_without_scripts(chromium: Any) -> Iterator[Any]:
    yield from _tab(chromium, java_script_enabled=False)


def _tab(chromium: Any, **options: Any) -> Iterator[Any]:
    context = chromium.new_context(offline=True, **options)
    yield context.new_page()
    context.close()


class Watched:
    """A page, and everything that went wrong on it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.wrong: list[str] = []
        self._heard: dict[str, Callable[[Any], None]] = {
            "console": lambda message: self._told(message.type, message.text),
            "pageerror": lambda error: self.wrong.append(f"error: {error}"),
            "requestfailed": lambda request: self.wrong.append(f"failed: {request.url}"),
            "request": self._asked,
        }
        for event, hear in self._heard.items():
            page.on(event, hear)

    def _told(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.wrong.append(f"console {kind}: {text}")

    def _asked(self, request: Any) -> None:
        if not request.url.startswith(("file:", "data:")):
            self.wrong.append(f"asked for {request.url}")

    def leave(self) -> None:
        for event, hear in self._heard.items():
            self.page.remove_listener(event, hear)


def assert_fits(page: Any) -> None:
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0, f"{page.url}: {overflow} px too wide"


def assert_fits_any_width(page: Any) -> None:
    """Of a desktop or a phone; the page is left as wide as a desktop."""
    for width in reversed(WIDTHS):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        assert_fits(page)


@pytest.fixture
def page(tab: Any) -> Iterator[Any]:
    """An empty page of a desktop's width."""
    with _emptied(tab) as page:
        yield page


@pytest.fixture
def still(tab_without_scripts: Any) -> Iterator[Any]:
    """The same, on which no script runs."""
    with _emptied(tab_without_scripts) as page:
        yield page


@pytest.fixture
def desktop(page: Any) -> Iterator[Watched]:
    """An empty page of a desktop's width; at its end nothing may have gone wrong."""
    yield from _watched(page)


@pytest.fixture(params=WIDTHS, ids=["wide", "narrow"])
def watched(page: Any, request: pytest.FixtureRequest) -> Iterator[Watched]:
    """The same of a desktop's or a phone's width."""
    page.set_viewport_size({"width": request.param, "height": HEIGHT})
    yield from _watched(page)


def _watched(page: Any) -> Iterator[Watched]:
    found = Watched(page)
    yield found
    found.leave()
    assert found.wrong == []


@contextlib.contextmanager
def _emptied(tab: Any) -> Iterator[Any]:
    """The tab, as wide as a desktop; what a test does to its paper, its routes and its pointer is undone."""
    tab.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
    try:
        yield tab
    finally:
        tab.unroute_all()
        tab.emulate_media(media="null", color_scheme="light")
        tab.goto("about:blank")
        tab.mouse.up()
        tab.mouse.move(0, 0)


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, as the package holds it."""
    package = pytest.importorskip("axe_playwright_python", reason="needs axe-core: the extra `browser`")
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
