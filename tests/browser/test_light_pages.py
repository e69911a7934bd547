"""What is left out of a page to make it light is nothing that a browser needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradcheck.report import html
from gradcheck.report import site as made
from gradcheck.report.serialized import serialized
from tests.browser.conftest import Watched
from tests.gradcheck.sample_rows import figure_row, one_of_each, section_row, study_row, table_row, whole_run

pytestmark = pytest.mark.browser

# What a browser makes of a page: elements, attributes but for the scopes that a header has anyway, and texts
# with the spaces that are shown.
TREE = """(text) => {
  const alone = (node) => node && "TD TH TR THEAD TBODY LI DT DD".split(" ").includes(node.nodeName);
  const tree = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      if (node.parentNode.closest("pre, script, style")) return node.data;
      const shown = node.data.replace(/\\s+/g, " ");
      if (shown === " " && (alone(node.previousSibling) || alone(node.nextSibling))) return "";
      return alone(node.parentNode) && !node.nextSibling ? shown.trimEnd() : shown;
    }
    const attributes = [...(node.attributes ?? [])]
      .filter(({ name, value }) => name !== "scope" || !/^(row|col)$/.test(value))
      .map(({ name, value }) => `${name}=${value}`);
    const inside = [...node.childNodes].filter((each) => each.nodeType !== Node.COMMENT_NODE).map(tree);
    return [node.nodeName, attributes, inside.filter((each) => each !== "")];
  };
  return JSON.stringify(tree(new DOMParser().parseFromString(text, "text/html").documentElement));
}"""
HEADERS = """() => [...document.querySelectorAll("th")].map(
  (th) => (th.closest("thead") ? "columnheader" : "rowheader")
)"""


@pytest.mark.parametrize("rows", [one_of_each(), whole_run()], ids=["of each kind", "whole run"])
def test_a_light_page_is_the_same_to_a_browser(
    desktop: Watched, monkeypatch: pytest.MonkeyPatch, rows: list[Any]
) -> None:
    pages: list[str] = []
    monkeypatch.setattr(made, "serialized", lambda page: pages.append(page) or serialized(page))
    rows = [*rows, study_row(), figure_row(), table_row(), *(section_row(order) for order in range(3))]
    html.render(rows, baseline=rows)
    assert len(pages) > 5
    for page in pages[:3] + pages[-3:]:
        light = serialized(page)
        assert len(light) < len(page)
        assert desktop.page.evaluate(TREE, light) == desktop.page.evaluate(TREE, page)


@pytest.mark.parametrize("path", ["functions/tanh.html", "studies/newton.html", "index.html"])
def test_each_header_is_one_of_a_column_or_of_a_row(site: Path, desktop: Watched, path: str) -> None:
    """To assistive technology, though a table does not say it."""
    desktop.page.goto((site / path).as_uri())
    desktop.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    expected = desktop.page.evaluate(HEADERS)
    tree = desktop.page.context.new_cdp_session(desktop.page).send("Accessibility.getFullAXTree")
    roles = [node["role"]["value"] for node in tree["nodes"] if not node["ignored"]]
    assert expected
    for role in ("columnheader", "rowheader"):
        assert roles.count(role) == expected.count(role)
