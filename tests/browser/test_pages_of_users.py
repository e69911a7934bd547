"""The page of a user's op in a real browser: it fits, and axe finds nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.cli import main
from tests.browser.accessibility import violations
from tests.browser.conftest import Watched, assert_fits
from tests.gradcheck.own_ops import OPS

pytestmark = pytest.mark.browser
PAGES = ["gelu/index.html", "Square/index.html", "both/index.html", "both/functions/square.html"]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports of an op that is right, of one that is wrong, and of both."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "ops.py").write_text(OPS, encoding="utf-8")
    options = ["--dtype", "float64", "--order", "2", "--draw", "ordinary"]
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        patched.delenv("GITHUB_ACTIONS", raising=False)
        for out, names in (("gelu", ["gelu"]), ("Square", ["Square"]), ("both", ["gelu", "Square"])):
            main(["check", *(f"ops.py:{name}" for name in names), *options, "--out", out])
    return folder


@pytest.mark.parametrize("path", PAGES)
def test_it_fits_and_axe_finds_no_violation(own: Path, watched: Watched, axe: str, path: str) -> None:
    page = watched.page
    page.goto((own / path).as_uri())
    assert page.locator("h1").count() == 1
    assert_fits(page)
    assert violations(page, axe) == []  # with what is folded unfolded
    assert_fits(page)


def test_the_cause_and_the_fix_are_on_the_first_screen(own: Path, watched: Watched) -> None:
    page = watched.page
    page.goto((own / "Square" / "index.html").as_uri())
    for text in ("Likely cause:", "Fix:"):
        box = page.get_by_text(text, exact=True).first.bounding_box()
        assert box["y"] + box["height"] < 844, text
