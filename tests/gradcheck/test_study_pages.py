"""How each study is made again, and what its page shows of that."""

from __future__ import annotations

import ast
import re
import runpy
import tokenize
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest

from gradcheck.experiments.studies import catalogue, minimizing, problems, reproducing
from gradcheck.records.jsonl import validate
from gradcheck.report import html, study_page
from gradcheck.report.formatting import duration
from tests.gradcheck.sample_rows import network_row, study_row, table_row

ROOT = Path(__file__).parents[2]

# Made again -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", catalogue.STUDIES)
def test_each_study_says_its_command_and_how_much_code_it_is(name: str) -> None:
    found = reproducing.reproduced(name)
    assert found["command"] == f"gradcheck study {name}"
    assert found["files"][0] == f"gradcheck/experiments/studies/{name.replace('-', '_')}.py"
    assert found["lines"] == sum(_lines_by_the_parser(ROOT / path) for path in found["files"])


def _lines_by_the_parser(path: Path) -> int:
    """Lines that are not blank, comments or docstrings, of a file without them as Python writes it."""
    with tokenize.open(path) as file:
        source = file.read()
    lines = source.splitlines()
    docstrings = {
        n
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(getattr(node.value, "value", None), str)
        for n in range(node.lineno, node.end_lineno + 1)
    }
    return sum(
        1
        for n, line in enumerate(lines, 1)
        if line.strip() and not line.strip().startswith("#") and n not in docstrings
    )


SNIPPETS = sorted(path for path in reproducing.SNIPPETS.glob("*.py") if path.name != "__init__.py")


@pytest.mark.parametrize("path", SNIPPETS, ids=lambda p: p.stem)
def test_a_studys_heart_in_a_few_lines_runs(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert path.stem.replace("_", "-") in catalogue.STUDIES
    assert 5 <= reproducing.lines_of_code(path.read_text(encoding="utf-8")) <= 15
    with np.errstate(all="ignore"):
        runpy.run_path(str(path))
    numbers = re.findall(r"\d\.?\d*(?:e[-+]\d+)?", capsys.readouterr().out)
    assert len(numbers) > 2


def test_the_hearts_show_what_their_studies_say(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(reproducing.SNIPPETS / "differences.py"))
    assert capsys.readouterr().out.split()[-1].startswith("6.9317649")
    runpy.run_path(str(reproducing.SNIPPETS / "newton.py"))
    distances = [float(line.split()[-1]) for line in capsys.readouterr().out.splitlines()]
    path = minimizing.newton_iterates(problems.PROBLEMS[1].by_hand, [0.0, 2.0])
    wanted = [minimizing.error(point, problems.PROBLEMS[1]) for point in path[:5]]
    np.testing.assert_allclose(distances[:5], wanted, rtol=1e-6, atol=1e-12)
    runpy.run_path(str(reproducing.SNIPPETS / "higher_order.py"))
    last = float(capsys.readouterr().out.split()[-1])
    with mpmath.workdps(40):
        assert last == pytest.approx(float(mpmath.diff(mpmath.tanh, 0.5, 6)), rel=1e-13)


# On pages -------------------------------------------------------------------------------------------


def _page(*rows: dict[str, Any], networks: Any = ()) -> str:
    (page,) = study_page.study_pages(rows, list(networks))
    return html.render([*rows, *networks])[page.path]


def test_a_page_ends_with_how_to_make_it_again_and_where_to_read_on() -> None:
    row = study_row(
        study="newton",
        command="gradcheck study newton",
        files=["a.py", "b.py"],
        lines=217,
        snippet="print(1 < 2)",
        references=["J. Nocedal and S. J. Wright, Numerical Optimization"],
    )
    validate(row)
    page = _page(row)
    assert "Reproduce it: <code>gradcheck study newton</code>; 217 lines of code in" in page
    assert "print(1 &lt; 2)" in page
    assert "Numerical Optimization" in page
    plain = _page(study_row(study="newton"))
    assert "Reproduce it" not in plain
    assert "References" not in plain


def test_a_long_table_is_folded() -> None:
    rows = [study_row(study="newton"), table_row(study="newton", folded="All 82 functions")]
    for row in rows:
        validate(row)
    assert "<summary>All 82 functions</summary>" in _page(*rows)


def test_a_term_leads_to_its_explanation_where_it_first_stands() -> None:
    page = _page(study_row(study="newton", lead="The correct digits double. All correct digits are right."))
    assert page.count("reading.html#digits") == 1


def test_the_page_of_networks_says_the_step_and_the_time_once() -> None:
    rows = [
        network_row(parameter=name, step=1e-4, seconds=0.5, error_ulp=e)
        for name, e in (("W", 3.0), ("b", 1.0))
    ]
    for row in rows:
        validate(row)
    page = _page(networks=rows)
    assert page.count("Central differences with h = 10⁻⁴") == 1
    assert f"All rows together took {duration(1.0)}" in page
    assert ">3.0<" in page
    assert ">1.0<" in page
    assert "the same in each row" not in page
