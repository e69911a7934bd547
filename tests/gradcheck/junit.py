"""The rules of Jenkins's and Surefire's schemas for JUnit XML that matter to a file of suites and cases."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

COUNTS = {"tests", "failures", "errors"}
ATTRIBUTES = {
    "testsuites": ({"name"}, COUNTS | {"disabled", "time"}),
    "testsuite": ({"name"} | COUNTS, {"skipped", "time", "timestamp", "hostname", "id", "package"}),
    "testcase": ({"name", "classname"}, {"time", "status", "assertions"}),
    "failure": (set(), {"message", "type"}),
    "error": (set(), {"message", "type"}),
    "skipped": (set(), {"message", "type"}),
    "system-out": (set(), set()),
    "properties": (set(), set()),
    "property": ({"name", "value"}, set()),
}
INSIDE = {
    "testsuites": ("testsuite",),
    "testsuite": ("properties", "testcase"),
    "properties": ("property",),
    "testcase": ("skipped", "error", "failure", "system-out"),  # at most one of each, in this order
}


def complaints(text: bytes) -> list[str]:
    """What is wrong with the file; XML that is not well-formed is an error of its own."""
    root = ElementTree.fromstring(text)
    return [*_of(root, "testsuites"), *_counts(root)]


def _of(element: ElementTree.Element, tag: str) -> Iterator[str]:
    needed, allowed = ATTRIBUTES[tag]
    if element.tag != tag or not needed <= set(element.attrib) <= needed | allowed:
        yield f"{element.tag} {sorted(element.attrib)} where a {tag} should be"
    children = [child.tag for child in element]
    order = INSIDE.get(tag, ())
    if not set(children) <= set(order):
        yield f"{tag} has {sorted(set(children) - set(order))}"
    elif tag == "testcase" and children != sorted(set(children), key=order.index):
        yield f"testcase has {children}"
    else:
        yield from (complaint for child in element for complaint in _of(child, child.tag))


def _counts(root: ElementTree.Element) -> Iterator[str]:
    for element in (root, *root.iter("testsuite")):
        found = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
        for name, tag in found.items():
            if name in element.attrib and int(element.attrib[name]) != len(list(element.iter(tag))):
                yield f"{element.tag} {element.get('name')!r}: {name} is not the number of its {tag} elements"
