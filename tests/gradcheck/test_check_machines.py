"""What `gradcheck check` tells machines: JSON, JUnit XML, GitHub, a folder; and that they say the same."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from gradcheck.cli import main
from gradcheck.records import jsonl
from gradcheck.records.schema import CHECK_FILE, check_schema, text
from gradcheck.report import github
from gradcheck.report.told import Told
from tests.gradcheck import junit

OPS = """
from dezero import Function, as_variable
from dezero import functions as F


class Twice(Function):
    def forward(self, x):
        print("forward")
        return x + x

    def backward(self, gy):
        return -2 * gy


def right(x):
    return F.tanh(x)


def inside(x):
    return F.exp(Twice()(x))


def nobody(x):
    raise ValueError("</details> | no | input")


def hangs(x):
    import time

    while x.dtype == "float32":
        time.sleep(0.01)
    return F.exp(x)


def untested(x):
    return as_variable(x.data.astype(int))
"""


@pytest.fixture(autouse=True)
def _ops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
    Path("ops.py").write_text(OPS, encoding="utf-8")


@pytest.fixture
def everything(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The document of all ops, with all else that was asked for beside it."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    words = ["ops.py", "--json", "--junit", "out.xml", "--out", "report", "--time-limit", "3", "--order", "1"]
    assert main(["check", *words]) == 1
    out, err = capsys.readouterr()
    assert "  | forward" in err
    assert "::error file=ops.py,line=11,title=gradcheck Twice(x%3A float64[2%2C 3])::" in err
    document: dict[str, Any] = json.loads(out)
    return document


def test_all_that_is_told_is_the_same_and_valid(everything: dict[str, Any]) -> None:
    jsonschema.validate(everything, check_schema())
    targets = {target["target"].partition(":")[2]: target for target in everything["targets"]}
    assert list(targets) == ["Twice", "right", "inside", "nobody", "hangs", "untested"]
    assert everything["status"] == 1
    assert (
        everything["repeat"]
        == "gradcheck check ops.py:Twice ops.py:inside ops.py:hangs --time-limit 3 --order 1"
    )
    checks = [check for target in targets.values() for check in target["checks"]]
    counts = everything["counts"]
    assert counts["checks"] == len(checks)
    assert counts["failed"] == sum(check["verdict"] == "fail" for check in checks)
    assert counts["refused"] == 1
    assert "fails on every shape tried" in targets["nobody"]["refused"]
    assert targets["untested"]["doubt"]
    backward = OPS[: OPS.index("def backward")].count("\n") + 1
    for name in ("Twice", "inside"):
        for check in targets[name]["checks"]:
            assert (check["file"], check["line"]) == ("ops.py", backward), "where the mistake is"
    (hanging,) = targets["hangs"]["checks"]
    assert "not finished within 3 s" in hanging["reason"]
    assert hanging["seconds"] >= 3

    xml = Path("out.xml").read_bytes()
    assert junit.complaints(xml) == []
    suites = {suite.get("name"): suite for suite in ElementTree.fromstring(xml)}
    assert list(suites) == [target["target"] for target in everything["targets"]]
    cases = [case for suite in suites.values() for case in suite]
    assert all(float(case.get("time", "nan")) >= 0 for case in cases)
    assert float(suites["ops.py:hangs"].get("time", "0")) >= 3
    assert sum(case.find("failure") is not None for case in cases) == counts["failed"] + 1, "and a doubt"
    assert [case.find("error") is not None for case in suites["ops.py:nobody"]] == [True]

    summary = Path("summary.md").read_text(encoding="utf-8")
    assert summary.count("<details>") == summary.count("</details>") == 5, "one for each that is not green"
    assert "ops.py:Twice (ops.py:11): 11 failed" in summary
    assert everything["repeat"] in summary

    rows = jsonl.read("report/records.jsonl")
    failed = {row["case"] for row in rows if row["kind"] == "case" and row["verdict"] == "fail"}
    assert len(failed) == counts["failed"] - 1, "what hung as it was planned is no case, but a warning"
    assert any(row["kind"] == "warning" and "not finished" in row["message"] for row in rows)
    assert any(row["kind"] == "exempt" and row["op"] == "nobody" for row in rows)


@pytest.mark.usefixtures("here")
def test_one_op_has_a_page_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "ops.py:Twice", "--out", "report"]) == 1
    assert "Report: report/index.html" in capsys.readouterr().out
    page = Path("report/index.html").read_text(encoding="utf-8")
    assert "<h1>Twice</h1>" in page
    assert ">Studies<" not in page
    assert not Path("report/studies").exists()
    assert not Path("report/functions").exists()
    for part in (
        "What did not pass",
        "derivatives",
        "against the step",
        "Computational graph",
        "Source of backward",
    ):
        assert part in page
    assert "return -2 * gy" in page
    assert not re.search(r"<h2[^>]*>[^<]*</h2>\s*</section>", page), "no empty parts"
    sections = [row for row in jsonl.read("report/records.jsonl") if row["kind"] == "section"]
    assert [row["order"] for row in sections] == [0, 1]
    assert sections[1]["analytic"][0] == -2
    assert sections[1]["numeric"]["value"][0] == pytest.approx(2)


@pytest.mark.usefixtures("here")
def test_the_records_are_like_any_others(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["ops.py:right", "--shape", "3", "--dtype", "float64", "--draw", "ordinary"]
    assert main(["check", *words, "--out", "one"]) == 0
    assert main(["check", *words, "--out", "two"]) == 0
    assert main(["report", "one/records.jsonl", "--out", "again"]) == 0
    assert main(["compare", "one/records.jsonl", "two/records.jsonl"]) == 0
    assert "1 case" in capsys.readouterr().out


@pytest.mark.usefixtures("here")
def test_a_spec_has_its_formula_on_its_page() -> None:
    Path("mine.py").write_text(
        "from gradcheck.specs import Arg, Spec\n"
        "cube = Spec('cube', 'mine', lambda x: x * x * x, (Arg('x'),), lambda m, x: x**3)\n"
    )
    assert main(["check", "mine.py", "--dtype", "float64", "--order", "1", "--out", "report"]) == 0
    page = Path("report/index.html").read_text(encoding="utf-8")
    assert "<math" in page


def test_misuse_is_no_document(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["check", "ops.py", "--json", "--order", "0"])
    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "expected a positive integer" in err


@pytest.mark.usefixtures("here")
def test_what_cannot_be_loaded_is_told_to_all(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("bad.py").write_text("1 +\n")
    assert main(["check", "bad.py", "--json", "--junit", "out.xml"]) == 2
    out, err = capsys.readouterr()
    document = json.loads(out)
    jsonschema.validate(document, check_schema())
    assert document["status"] == 2
    assert "bad.py cannot be loaded: SyntaxError" in document["targets"][0]["refused"]
    assert "bad.py cannot be loaded: SyntaxError" in err
    assert junit.complaints(Path("out.xml").read_bytes()) == []
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert main(["check", "bad.py"]) == 2
    assert capsys.readouterr().out.startswith("::error file=bad.py,title=")


@pytest.mark.usefixtures("here")
def test_annotations_name_files_from_the_root_of_the_repository(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "sub, folder"
    folder.mkdir()
    (folder / "ops.py").write_text(OPS, encoding="utf-8")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    monkeypatch.chdir(folder)
    assert main(["check", "ops.py:Twice", "--shape", "2", "--dtype", "float64"]) == 1
    (line,) = [text for text in capsys.readouterr().out.splitlines() if text.startswith("::")]
    assert line.startswith(
        "::error file=sub%2C folder/ops.py,line=11,title=gradcheck Twice(x%3A float64[2])::"
    )
    assert "%0Alikely cause: sign" in line


def test_markdown_holds_nothing_that_an_op_can_say() -> None:
    evil = "</pre></details><script>|`*[x](http://y) \x1b[31m\n\n# head"
    told = [Told(evil, evil, "fail", evil, [evil])]
    found = github.markdown("gradcheck", told)
    assert "<script>" not in found
    assert found.count("</pre>") == found.count("</details>") == 1
    assert "\x1b" not in found
    (row,) = [line for line in found.splitlines() if line.startswith("| :x:")]
    assert row.count("|") == 8
    assert "[x](" not in row
    assert not [line for line in found.partition("<pre>")[0].splitlines() if line.startswith("# ")]


def test_the_published_schema_is_that_of_the_types() -> None:
    jsonschema.Draft202012Validator.check_schema(check_schema())
    assert CHECK_FILE.read_text(encoding="utf-8") == text(check_schema())
