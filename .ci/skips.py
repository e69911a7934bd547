"""Which tests no environment ran, and why: `python .ci/skips.py REPORT.xml...`, JUnit reports of pytest.

A test that one environment skips and another one runs is not listed.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from xml.etree import ElementTree


def _reason(skipped: ElementTree.Element) -> str:
    """Why; of a module that is skipped whole pytest tells (path, line, reason) as text."""
    message = skipped.get("message", "")
    if message != "collection skipped":
        return message
    return str(ast.literal_eval(skipped.text or "")[2]).removeprefix("Skipped: ")


def main(paths: list[str]) -> None:
    reasons: dict[tuple[str, str], str] = {}
    ran: set[tuple[str, str]] = set()
    for path in paths:
        for test in ElementTree.parse(path).iter("testcase"):
            name = test.get("classname", ""), test.get("name", "")
            skipped = test.find("skipped")
            if skipped is None:
                ran.add(name)
            else:
                reasons[name] = _reason(skipped)
    modules = {module for module, _ in ran}  # a module that is skipped whole is one test, named by its path
    left = {
        name: reason
        for name, reason in reasons.items()
        if name not in ran and not (name[0] == "" and name[1] in modules)
    }
    print(f"{len(left)} of {len(ran) + len(left)} tests were not run here:")
    for reason, count in Counter(left.values()).most_common():
        print(f"  {count:5d}  {reason}")


if __name__ == "__main__":
    main(sys.argv[1:])
