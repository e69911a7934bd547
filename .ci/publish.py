"""Publish the report of reports/latest: `python .ci/publish.py`, after a `gradcheck run`.

Records of a CPU and a GPU are merged there before: `gradcheck report CPU GPU --out reports/latest`.

Writes reports/published anew, without the records, and the picture of it that README shows; the records
linked are those of the baseline. Needs the extra `browser` and a Chromium.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from gradcheck.records.jsonl import read
from gradcheck.report import html

REPORTS = Path(__file__).resolve().parents[1] / "reports"
PUBLISHED = REPORTS / "published"
LIMIT = 4_000_000  # bytes


def main() -> None:
    """Replace what is published."""
    rows = read(REPORTS / "latest" / "records.jsonl")
    shutil.rmtree(PUBLISHED, ignore_errors=True)
    index = html.write(rows, PUBLISHED, records_name="../baseline.jsonl")
    picture(index, PUBLISHED / "report.png")
    size = sum(path.stat().st_size for path in PUBLISHED.rglob("*") if path.is_file())
    print(f"{PUBLISHED}: {size / 1e6:.2f} MB")
    if size > LIMIT:
        raise SystemExit(f"that is more than {LIMIT / 1e6:g} MB")


def picture(page: Path, path: Path) -> None:
    """The first screen of a page: the verdict, and the matrix."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        shown = browser.new_page(viewport={"width": 1280, "height": 800})
        shown.goto(page.as_uri())
        shown.screenshot(path=path)
        browser.close()
    with Image.open(path) as drawn:  # a page has few colours: a third of the bytes
        drawn.convert("P", palette=Image.Palette.ADAPTIVE).save(path, optimize=True)


if __name__ == "__main__":
    main()
