"""Checks as JUnit XML: a suite for each thing that is checked, with times."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.etree import ElementTree

from gradcheck.report.told import Told, by_suite
from gradcheck.system import files
from gradcheck.system.texts import block, printable

_MEANT = {"fail": "failure", "error": "error", "inconclusive": "skipped", "not-tested": "skipped"}


def write(checks: Iterable[Told], path: str | os.PathLike[str], commit: str = "") -> Path:
    """Write the file, which takes its name only when it is whole; OSError where it cannot be written."""
    with files.atomic(path) as stream:
        found = document(checks, commit)
        ElementTree.ElementTree(found).write(stream, encoding="utf-8", xml_declaration=True)
    return Path(path)


def document(checks: Iterable[Told], commit: str = "") -> ElementTree.Element:
    """The root element; each suite has the commit as a property, where it is known.

    What fails is a failure, what could not be made an error, what is neither right nor wrong is skipped with
    its reason.

    >>> document([Told("f", "f(x)", "pass", seconds=0.25)]).find("testsuite/testcase").get("time")
    '0.250'
    """
    found = list(checks)
    root = _element(None, "testsuites", name="gradcheck")
    for name, told in by_suite(found).items():
        suite = _element(root, "testsuite", name=name)
        if commit:
            _element(_element(suite, "properties"), "property", name="commit", value=commit)
        for each in told:
            _test_case(suite, each)
        _sum_up(suite, told)
        suite.set("skipped", str(len(suite.findall(".//skipped"))))
    _sum_up(root, found)
    return root


def _test_case(suite: ElementTree.Element, told: Told) -> None:
    element = _element(suite, "testcase", classname=told.suite, name=told.name)
    element.set("time", _time(told.seconds or 0.0))
    if told.verdict in _MEANT:
        _element(element, _MEANT[told.verdict], told.details, message=told.reason)
    if told.warnings:  # after what did not pass: the schemas want it there
        _element(element, "system-out", [f"warning: {text}" for text in told.warnings])


def _sum_up(element: ElementTree.Element, told: Sequence[Told]) -> None:
    """Set how many of its cases there are and failed, and how long they took."""
    for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
        element.set(name, str(len(element.findall(f".//{tag}"))))
    element.set("time", _time(math.fsum(each.seconds or 0.0 for each in told)))


def _time(seconds: float) -> str:
    return f"{seconds if math.isfinite(seconds) else 0.0:.3f}"


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
