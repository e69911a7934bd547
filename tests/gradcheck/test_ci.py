"""JUnit XML and annotations say what the records say."""

from __future__ import annotations

import math
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from gradcheck.cli import main
from gradcheck.records import jsonl
from gradcheck.records.jsonl import Row
from gradcheck.report import ci
from tests.gradcheck.junit import complaints

DATA = Path(__file__).with_name("data") / "records-v1.jsonl"


@pytest.fixture
def rows() -> list[Row]:
    found = jsonl.read(DATA)
    case = next(row for row in found if row["kind"] == "case")
    wrong = {"verdict": "fail", "reason": "50% <off>\nby far", "diagnosis": "sign: negative"}
    wrong["formula"] = "wrong"
    unsure = {"verdict": "inconclusive", "reason": "a kink", "order": 1, "oracle": "jet"}
    return [
        *(row for row in found if row["kind"] != "case"),
        {**case, "case": "good/float64/cpu", "verdict": "pass", "order": 1, "oracle": "jet"},
        {**case, "case": "few/float64/cpu", "verdict": "pass", "warnings": ["few digits"]},
        {**case, "case": "bad:a,b/float64/cpu", "order": 1, "oracle": "jet", **wrong},
        {**case, "case": "kink/float64/cpu", **unsure},
    ]


def test_junit(rows: list[Row], tmp_path: Path) -> None:
    path = ci.write_junit(rows, tmp_path / "sub" / "out.xml")
    root = ElementTree.parse(path).getroot()
    cases = {case.get("name"): case for case in root.iter("testcase")}
    failure = cases["bad:a,b/float64/cpu"].find("failure")
    assert failure is not None
    assert failure.get("message", "").startswith("50% <off>")
    assert "likely cause: sign" in str(failure.text)
    assert "formula wrong" in str(failure.text)
    assert cases["kink/float64/cpu"].find("skipped") is not None
    assert len(cases["good/float64/cpu"]) == 0
    assert cases["few/float64/cpu"].findtext("system-out") == "warning: few digits"
    assert int(root.get("failures", "0")) == len(list(root.iter("failure")))
    assert not list(tmp_path.rglob("*.part"))


def test_each_test_case_and_suite_has_its_time(rows: list[Row]) -> None:
    root = ci.junit([*rows, {**rows[0], "run": "b", "declared": 99}])
    for element in (root, *root.iter("testsuite"), *root.iter("testcase")):
        assert float(element.attrib["time"]) >= 0
    seconds = math.fsum(row["seconds"] for row in rows if row["kind"] == "case")
    assert float(root.attrib["time"]) == pytest.approx(seconds, abs=0.01)


def test_suites_name_the_commit_and_are_what_the_schemas_want(rows: list[Row]) -> None:
    assert not list(ci.junit(rows).iter("property"))
    named = [{**row, "commit": "1b70f9b"} if row["kind"] == "run" else row for row in rows]
    root = ci.junit(named)
    assert {each.attrib["value"] for each in root.iter("property")} == {"1b70f9b"}
    assert len(list(root.iter("property"))) == len(list(root.iter("testsuite")))
    assert complaints(ElementTree.tostring(root)) == []


def test_a_run_that_lost_cases_fails(rows: list[Row]) -> None:
    short = [{**row, "declared": 99} if row["kind"] == "run" else row for row in rows]
    names = [case.get("name") for case in ci.junit(short).iter("testcase") if len(case)]
    assert "every declared case ran" in names
    assert any("of 99 declared cases ran" in line for line in ci.github_annotations(short))


def test_annotations_are_one_escaped_line_each(rows: list[Row]) -> None:
    lines = ci.github_annotations(rows)
    (error,) = (line for line in lines if line.startswith("::error"))
    assert re.match("::error title=gradcheck [^:]+%2C order 1%3A sign::50%25 <off>%0Aby far", error)
    assert any(line.startswith("::warning") and "kink" in line for line in lines)
    assert all("\n" not in line for line in lines)


def test_run_writes_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    xml = tmp_path / "out.xml"
    main(["run", "--op", "exp", "--order", "1", "-n", "1", "--out", str(tmp_path), "--junit", str(xml)])
    assert len(list(ElementTree.parse(xml).getroot().iter("testcase"))) >= 2
    assert f"JUnit: {xml}" in capsys.readouterr().out
