"""An oracle more is one file and one line: its rows are evidence, records, and figures on a page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import dezero.functions as F
import gradcheck
from gradcheck.cases.case import Case
from gradcheck.judging.estimate.estimated import estimator
from gradcheck.judging.examine import examine
from gradcheck.oracles.registry import FALLBACK, ORACLES, PROOFS, SOURCES
from gradcheck.records.schema import schema
from tests.gradcheck.markup import spelled_out
from tests.pages import apply, blocks
from tests.test_adding import RECIPES

ROOT = Path(gradcheck.__file__).parent.parent
PUBLISHED = ROOT / "gradcheck/records/records.schema.json"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with another oracle, added as docs/adding.md says."""
    top = tmp_path_factory.mktemp("house")
    shutil.copytree(ROOT / "gradcheck", top / "gradcheck")  # and what is compiled of it
    for block in blocks(RECIPES["An oracle"]):
        if block.language != "console":
            apply(block, top)
    run(top, "run", "--op", "tanh", "--order", "1", "-n", "1", "--out", str(top / "first"))
    return top


def run(top: Path, *arguments: str) -> str:
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(top), str(ROOT)])}
    command = [sys.executable, "-m", "gradcheck", *arguments]
    done = subprocess.run(command, cwd=top, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_rows_are_in_the_records_with_their_figures(house: Path) -> None:
    rows = map(json.loads, (house / "first/records.jsonl").read_text().splitlines())
    found = [row for row in rows if row["kind"] == "case" and row["oracle"] == "one_sided"]
    assert {(row["order"], row["certified"]) for row in found} == {(1, False)}
    assert {row["verdict"] for row in found} <= {"pass", "inconclusive"}  # where the derivative is too small
    assert any(row["formula"] == "supported" and row["error_ulp"] is not None for row in found)


def test_the_records_conform_and_the_report_has_a_line_for_it(house: Path) -> None:
    run(house, "report", str(house / "first/records.jsonl"), "--out", str(house / "again"))
    page = (house / "again/functions/tanh.html").read_text(encoding="utf-8")
    assert "<th>one sided</th>" in spelled_out(page)


def test_every_oracle_has_its_file() -> None:
    for name in set(ORACLES) - PROOFS:
        module = estimator(name)
        assert callable(module.applies)
        assert callable(module.judge)


def test_the_published_schema_names_the_oracles_of_the_registry() -> None:
    published = json.loads(PUBLISHED.read_text(encoding="utf-8"))["$defs"]["case"]["properties"]["oracle"]
    assert published == {"enum": list(SOURCES)} == schema()["$defs"]["case"]["properties"]["oracle"]
    assert FALLBACK in ORACLES


@pytest.mark.parametrize("asked", [(), ("symbolic",), ("finite_difference",), ORACLES])
def test_who_is_asked_gives_rows_and_nobody_else(asked: tuple[str, ...]) -> None:
    case = Case(
        id="exp", op="exp", f=F.exp, inputs=[np.array([0.5, 2.0])], names=["x"], active=[True],
        order=1, seed=0, dtype=np.dtype(np.float64), formula=lambda m, x: m.exp(x),
    )  # fmt: skip
    found = {row.oracle for row in examine(case, asked).evidence}
    assert found == {"jet", "contract", *asked}
