"""Runs the device tests on the stand-in and prints which lines of dezero they left out.

The lines are those that ask where an array lives, or compute with the module that is the answer: what
names `xp`, `get_array_module` and their like. `python -m tests.dezero.device_lines`
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "dezero"
FILES = "", "_conduct", "_fusion", "_models", "_programs", "_training"
# What is repeated in other dtypes, with more layers, and with fused formulas runs no further lines.
ENOUGH = "standin and not (float16 or float32 or VGG16 or ResNet) and (tanh or not where_formulas_are_fused)"
NAMES = {"xp", "get_array_module", "as_cupy", "as_numpy", "is_array", "device_module"}


def asking(source: str) -> list[range]:
    """The lines of each statement that names one of `NAMES`; of a block, those of its head."""
    return [range(first, last + 1) for first, last in sorted(set(_statements(ast.parse(source))))]


def _statements(tree: ast.AST, inside: tuple[int, int] | None = None) -> Iterator[tuple[int, int]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield from _statements(node)
        elif isinstance(node, ast.stmt):
            yield from _statements(node, _extent(node))
        else:
            if inside and _name(node) in NAMES:
                yield inside
            yield from _statements(node, inside)


def _extent(node: ast.stmt) -> tuple[int, int]:
    body = getattr(node, "body", None)
    return node.lineno, body[0].lineno - 1 if body else node.end_lineno or node.lineno


def _name(node: ast.AST) -> str:
    return getattr(node, "id", None) or getattr(node, "attr", "")


class Tracer:
    """The asking lines of dezero's files, of those that ran.

    A function is watched while one of its asking lines has not run: what is watched takes many times as long.

    Args:
        wanted: file -> its asking lines.
    """

    def __init__(self, wanted: Mapping[str, set[int]]) -> None:
        self.ran: set[tuple[str, int]] = set()
        self._wanted = wanted
        # Asking lines that have not run, by the id of a function's code: to hash code is to hash all of it.
        self._waiting: dict[int, set[int]] = {}
        self._seen: list[CodeType] = []  # kept, so that no other code gets the id of one

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        waiting = self._waiting.get(id(frame.f_code))
        if waiting is None:
            waiting = self._first_met(frame.f_code)
        return self._line if waiting else None

    def _first_met(self, code: CodeType) -> set[int]:
        lines = {line for _, _, line in code.co_lines() if line is not None}
        self._seen.append(code)
        self._waiting[id(code)] = lines & self._wanted.get(code.co_filename, set())
        return self._waiting[id(code)]

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        self.ran.add((frame.f_code.co_filename, frame.f_lineno))
        self._waiting[id(frame.f_code)].discard(frame.f_lineno)
        return self._line

    def pytest_runtest_setup(self) -> None:
        sys.settrace(self)

    def pytest_runtest_teardown(self) -> None:
        sys.settrace(None)


def wanted() -> dict[str, set[int]]:
    """File of dezero -> its asking lines."""
    paths = SOURCES.rglob("*.py")
    return {str(path): {line for lines in asking(path.read_text()) for line in lines} for path in paths}


def left_out(ran: set[tuple[str, int]]) -> Iterator[str]:
    """FILE:LINE and the text of each asking line that did not run."""
    for path in sorted(SOURCES.rglob("*.py")):
        text = path.read_text()
        for lines in asking(text):
            if not any((str(path), line) in ran for line in lines):
                shown = text.splitlines()[lines[0] - 1].strip()
                yield f"{path.relative_to(ROOT)}:{lines[0]}: {shown}"


def main() -> int:
    tracer = Tracer(wanted())
    files = [str(Path(__file__).parent / f"test_device{name}.py") for name in FILES]
    plain = ["-q", "-o", "addopts=", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:xdist"]
    code = pytest.main([*plain, "-k", ENOUGH, *files], [tracer])
    print(*left_out(tracer.ran), sep="\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
