"""A headless Chromium, the report's pages on disk, and axe-core: whatever is absent skips with its reason.

Needed are Playwright (the extra `browser`) with a Chromium of its own or of the system (CHROMIUM names
another), and for the accessibility rules axe-core: `npm install --no-save axe-core` in the repository, or
AXE_CORE with the path of axe.min.js.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gradcheck.report import html
from tests.gradcheck.sample_rows import (
    case_row,
    figure_row,
    formula_row,
    graph_row,
    section_row,
    source_row,
    study_row,
    table_row,
    whole_run,
)

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-extensions")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with every kind of page, something that failed, and changes since a baseline."""
    rows = whole_run()
    failing = {"verdict": "fail", "reason": "wrong sign", "error_ulp": 3e15, "certified": False}
    rows += [case_row(case="exp/float32/cpu", op="exp", dtype="float32", **failing)]
    rows += [case_row(case="exp/float64/gpu", op="exp", device="gpu", verdict="inconclusive")]
    rows += [formula_row(), source_row(), graph_row(), graph_row(order=1)]
    rows += [section_row(order) for order in range(4)]
    rows += [study_row(), figure_row(), table_row()]
    out = tmp_path_factory.mktemp("report")
    html.write(rows, out, baseline=whole_run()[:-40])
    return out


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright: the extra `browser`")
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with playwright.sync_playwright() as running:
        try:
            browser = running.chromium.launch(executable_path=path, args=[*ARGUMENTS])
        except playwright.Error as error:
            pytest.skip(f"needs a Chromium that starts: {str(error).splitlines()[0]}")
        yield browser
        browser.close()


class Watched:
    """A page, and everything that went wrong on it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.wrong: list[str] = []
        page.on("console", lambda message: self._told(message.type, message.text))
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("requestfailed", lambda request: self.wrong.append(f"failed: {request.url}"))
        page.on("request", self._asked)

    def _told(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.wrong.append(f"console {kind}: {text}")

    def _asked(self, request: Any) -> None:
        if not request.url.startswith(("file:", "data:")):
            self.wrong.append(f"asked for {request.url}")


@pytest.fixture(params=[1280, 390], ids=["wide", "narrow"])
def watched(chromium: Any, request: pytest.FixtureRequest) -> Iterator[Watched]:
    """An empty page of a desktop's or a phone's width; at its end nothing may have gone wrong."""
    context = chromium.new_context(viewport={"width": request.param, "height": 844}, offline=True)
    found = Watched(context.new_page())
    yield found
    context.close()
    assert found.wrong == []


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    path = Path(os.environ.get("AXE_CORE", ROOT / "node_modules" / "axe-core" / "axe.min.js"))
    if not path.is_file():
        pytest.skip(f"needs axe-core: no {path}; `npm install --no-save axe-core`, or set AXE_CORE")
    return path.read_text(encoding="utf-8")
