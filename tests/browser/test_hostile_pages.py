"""Records of a stranger, on every page of a real browser: nothing that they bring along runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradcheck.records.jsonl import Row, validate
from gradcheck.report import changed, changed_page, html, kill_matrix
from tests.gradcheck.hostile import with_text
from tests.gradcheck.sample_rows import mutant_row, one_of_each, run_row

pytestmark = pytest.mark.browser
RAN = "window.ran = (window.ran || 0) + 1"
INJECTED = [
    f"<img src=x onerror='{RAN}'>",
    f'"><svg onload="{RAN}"></svg>',
    f"</script><script>{RAN}</script>",
    f"</style><style>body {{ display: none }}</style><script>{RAN}</script>",
    f"<a href='javascript:{RAN}' autofocus onfocus='{RAN}'>x</a>",
    f"' onmouseover='{RAN}' x='",
    f'" onfocus="{RAN}" autofocus tabindex="1',
    f"javascript:{RAN}",
    f"<math><mi href='javascript:{RAN}'>x</mi><mtext><script>{RAN}</script></mtext></math>",
    f"]]>--><iframe srcdoc='<script>parent.{RAN}</script>'></iframe><base href='https://example.org/'>",
    f"{{{{ ''.__class__ }}}}{{% raw %}}<details open ontoggle='{RAN}'>x</details>",
]


UNFOLD = "for (const each of document.querySelectorAll('details')) each.open = true"
#: What of a text became more than a text, and the page's own scripts.
FOUND = """() => {
    const strange = "img, iframe, base, body style, [onerror], [onload], [onfocus], [ontoggle]," +
        "a[href^='javascript:' i], script[src]:not([src='../figures.js'])";
    return {
        ran: window.ran ?? 0,
        elements: [...document.querySelectorAll(strange)].map((each) => each.outerHTML.slice(0, 200)),
        scripts: document.querySelectorAll("script:not([src])").length,
        display: getComputedStyle(document.body).display,
    };
}"""


def hostile_rows(text: str) -> list[Row]:
    rows = [with_text(each, text) for each in one_of_each()]
    failing = [{**each, "verdict": "fail", "error_ulp": 3e15} for each in rows if each["kind"] == "case"]
    rows += [{**each, "device": "gpu"} for each in failing]
    for each in rows:
        validate(each)
    return rows


def written(text: str, out: Path) -> list[Path]:
    """Every kind of page, made of rows that say ``text`` wherever they may."""
    rows = hostile_rows(text)
    html.write(rows, out / "report", baseline=rows)
    mutants = [run_row(), mutant_row(outcome="survived")]
    kill_matrix.write(
        [with_text(each, text) for each in mutants], out / "mutants", records_name="records.jsonl"
    )
    before = [{**each, "verdict": "pass"} if each["kind"] == "case" else each for each in rows]
    changed_page.write(changed.compare(before, rows), out / "changes.html")
    return sorted(out.rglob("*.html"))


@pytest.mark.parametrize("text", INJECTED)
def test_what_records_say_is_text_on_every_page(page: Any, tmp_path: Path, text: str) -> None:
    paths = written(text, tmp_path)
    assert len(paths) >= 9
    for path in paths:
        page.goto(path.as_uri())
        page.evaluate(UNFOLD)
        found = page.evaluate(FOUND)
        scripts = int(path == tmp_path / "report" / "index.html")
        assert found == {"ran": 0, "elements": [], "scripts": scripts, "display": "block"}, path


def test_no_page_would_run_a_handler_that_slipped_in(page: Any, tmp_path: Path) -> None:
    for path in written("x", tmp_path):
        page.goto(path.as_uri())
        policy = page.get_attribute("meta[http-equiv=Content-Security-Policy]", "content")
        assert "unsafe" not in policy, path
        found = page.evaluate(
            """async (text) => {
                document.body.insertAdjacentHTML("beforeend", text);
                const script = document.createElement("script");
                script.textContent = "window.ran = 1";
                document.body.append(script);
                document.getElementById("injected").click();
                await new Promise((done) => setTimeout(done, 50));
                return [window.ran ?? 0, getComputedStyle(document.getElementById("styled")).position];
            }""",
            f"<img src=x onerror='{RAN}'><svg onload='{RAN}'></svg><style>h1 {{ display: none }}</style>"
            f"<p style='position: fixed' id='styled'>x</p>"
            f"<a id='injected' href='javascript:{RAN}' onclick='{RAN}'>x</a>",
        )
        assert found == [0, "static"], path
        assert page.locator("h1").is_visible(), path
