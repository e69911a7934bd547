"""Every page allows its own style sheet and script, by hash, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import html as entities
import re

from gradcheck.report import changed, changed_page, html, kill_matrix
from tests.gradcheck.markup import spelled_out
from tests.gradcheck.sample_rows import case_row, mutant_row, one_of_each, run_row

INLINE = re.compile(r"<(style|script)>(.*?)</\1>", re.DOTALL)
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')


def rules(page: str) -> dict[str, list[str]]:
    """What the page's policy says: directive -> sources."""
    (text,) = POLICY.findall(spelled_out(page))
    return {name: sources for name, *sources in (rule.split() for rule in entities.unescape(text).split(";"))}


def test_every_page_allows_what_it_holds_and_nothing_else(tmp_path) -> None:
    rows = one_of_each()
    pages = {n: text for n, text in html.render(rows, baseline=rows).items() if n.endswith(".html")}
    pages["compare"] = changed_page.page(changed.compare(rows, [run_row(), case_row(error_ulp=500.0)]))
    mutants = kill_matrix.write([run_row(), mutant_row()], tmp_path, records_name="records.jsonl")
    pages["mutants"] = mutants.read_text(encoding="utf-8")
    assert len(pages) > 8
    for name, page in pages.items():
        rule = rules(page)
        assert rule.pop("default-src") == rule.pop("base-uri") == rule.pop("form-action") == ["'none'"]
        assert rule.pop("img-src") == ["data:"]  # the empty icon, and plots on their way to PNG
        inside = {f"{kind}-src": [hash_of(text)] for kind, text in INLINE.findall(page)}
        script = f'<script src="{"../" * name.count("/")}figures.js" defer></script>'
        beside = {"script-src": ["'self'"]} if script in spelled_out(page) else {}
        assert rule == {"style-src": ["'self'"], **beside, **inside}, name
        assert bool(beside) == (name != "index.html" and "<figure" in page), name


def hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
