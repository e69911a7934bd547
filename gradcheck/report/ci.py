"""What continuous integration reads: JUnit XML, and annotations of GitHub's log."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

from gradcheck.records.jsonl import Row
from gradcheck.report.formatting import both_answers
from gradcheck.report.judged import JudgedCase
from gradcheck.report.summary import Finding, FunctionSummary, Summary, summarize
from gradcheck.system import files
from gradcheck.system.texts import block, printable

_WARNINGS = 100  # more of the records are left to the report


def write_junit(rows: Iterable[Row], path: str | os.PathLike[str]) -> Path:
    """Write the rows as JUnit XML: a suite per function, a test case per case.

    A fail is a failure, what is inconclusive or not tested is skipped with its reason, and a run in
    which not every declared case was executed has a failing test case that says so. The file takes its
    name only when it is whole. Raises OSError where it cannot be written.
    """
    with files.atomic(path) as stream:
        ElementTree.ElementTree(junit(rows)).write(stream, encoding="utf-8", xml_declaration=True)
    return Path(path)


def junit(rows: Iterable[Row]) -> ElementTree.Element:
    """The rows as the root element of JUnit XML.

    >>> junit([]).get("tests")
    '0'
    """
    found = summarize(rows)
    findings = {finding.name: finding for finding in reversed(found.findings)}
    root = _element(None, "testsuites", name="gradcheck")
    for function in found.functions:
        _suite(root, function, findings)
    if found.executed < found.declared:
        _incomplete(root, found)
    _count(root)
    return root


def _suite(root: ElementTree.Element, function: FunctionSummary, findings: dict[str, Finding]) -> None:
    suite = _element(root, "testsuite", name=function.op)
    for case in function.cases:
        _test_case(suite, function.op, case, findings.get(case.row["case"]))
    _count(suite)
    suite.set("skipped", str(len(suite.findall(".//skipped"))))


def _count(element: ElementTree.Element) -> None:
    """Set how many of its cases there are, and failed."""
    element.set("tests", str(len(element.findall(".//testcase"))))
    element.set("failures", str(len(element.findall(".//failure"))))
    element.set("errors", "0")


def _test_case(suite: ElementTree.Element, op: str, case: JudgedCase, finding: Finding | None) -> None:
    element = _element(suite, "testcase", classname=op, name=case.row["case"])
    if case.verdict != "pass" and finding is not None:
        kind = "failure" if case.verdict == "fail" else "skipped"
        _element(element, kind, _details(finding.row), message=finding.row["reason"])
    if case.warnings:  # after what did not pass: the schemas want it there
        _element(element, "system-out", [f"warning: {text}" for text in case.warnings])


def _element(
    parent: ElementTree.Element | None, tag: str, lines: Iterable[str] = (), **attributes: str
) -> ElementTree.Element:
    """An element whose texts are such as XML can hold: it has no control characters, not even escaped."""
    as_xml = {name: printable(text) for name, text in attributes.items()}
    found = (
        ElementTree.Element(tag, as_xml) if parent is None else ElementTree.SubElement(parent, tag, as_xml)
    )
    found.text = "\n".join(map(block, lines)) or None
    return found


def _details(row: Row) -> list[str]:
    lines = [text for text in (row["reason"], both_answers(row)) if text]
    if row["diagnosis"]:
        lines.append(f"likely cause: {row['diagnosis']}")
    if row["expected"]:
        lines.append(f"{row['where']}: expected {row['expected']}, got {row['got']}")
    return [*lines, f"reproduce: {row['reproduce']}"]


def _incomplete(root: ElementTree.Element, found: Summary) -> None:
    suite = _element(root, "testsuite", name="run", tests="1", failures="1", errors="0", skipped="0")
    case = _element(suite, "testcase", classname="run", name="every declared case ran")
    message = f"{found.executed} of {found.declared} declared cases ran"
    _element(case, "failure", found.warnings[:_WARNINGS], message=message)


def github_annotations(rows: Iterable[Row]) -> list[str]:
    """One workflow command of GitHub Actions for each finding: errors for fails, else warnings.

    >>> github_annotations([])
    []
    """
    found = summarize(rows)
    lines = [_annotation(finding) for finding in found.findings if finding.verdict != "not-tested"]
    if found.executed < found.declared:
        text = f"{found.executed} of {found.declared} declared cases ran"
        lines.append(f"::error title=gradcheck::{text}")
    return lines


def _annotation(finding: Finding) -> str:
    level = "error" if finding.verdict == "fail" else "warning"
    details = _details(finding.row) if finding.row["kind"] == "case" else [finding.row["reason"]]
    title = _escaped(printable(f"gradcheck {finding.name}")).replace(":", "%3A").replace(",", "%2C")
    return f"::{level} title={title}::{_escaped(chr(10).join(map(block, details)))}"


def _escaped(text: str) -> str:
    """As GitHub's runner wants the data of a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
