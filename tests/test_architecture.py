"""Data flows one way: who may import whom, read from the imports themselves."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# (files that must not import, what they must not import, why)
FORBIDDEN = [
    ("dezero/**/*.py", "gradcheck", "the framework does not know its tester"),
    ("dezero/**/*.py", "sympy", "symbolic mathematics is the laboratory's"),
    ("gradcheck/report/**/*.py", "dezero", "a report sees records only"),
    ("gradcheck/report/**/*.py", "gradcheck.examine", "a report sees records only"),
    ("gradcheck/report/**/*.py", "gradcheck.oracles", "a report sees records only"),
    ("gradcheck/oracles/**/*.py", "dezero", "oracles are independent of what they judge"),
    (
        "gradcheck/oracles/**/*.py",
        "gradcheck.subject",
        "oracles are independent of what they judge",
    ),
    ("gradcheck/judging/*.py", "dezero", "judges look at a scene, whatever its subject is"),
    ("gradcheck/judging/*.py", "gradcheck.examine", "judges do not know who asks them"),
    ("gradcheck/judging/*.py", "gradcheck.diagnosis", "what is wrong comes before why"),
    ("gradcheck/verdict.py", "dezero", "a verdict is a function of estimates"),
    ("gradcheck/records.py", "dezero", "records are data"),
    ("gradcheck/rows.py", "dezero", "records are data"),
    ("gradcheck/row_kinds.py", "dezero", "records are data"),
    ("gradcheck/upgrade.py", "dezero", "records are data"),
    ("gradcheck/specs/*.py", "gradcheck.oracles", "the table says what is measured, not how"),
]


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, at the top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize(("files", "module", "why"), FORBIDDEN)
def test_import_directions(files: str, module: str, why: str) -> None:
    paths = list(ROOT.glob(files))
    assert paths, f"no files match {files}"
    bad = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in paths
        for name in imports(path)
        if name == module or name.startswith(module + ".")
    ]
    assert not bad, f"{why}: {bad}"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_top_level_is_the_given_one() -> None:
    listed = subprocess.run(
        ["git", "ls-tree", "--name-only", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout: there is no list of committed files to look at")
    allowed = {
        "dezero", "gradcheck", "tests", "reports", "conftest.py", "pyproject.toml",
        "README.md", "LICENSE", "CHANGELOG.md", "SECURITY.md", "docs", ".ci", ".gitignore",
    }  # fmt: skip
    assert set(listed.stdout.split()) <= allowed


@pytest.mark.parametrize(
    ("package", "heavy"),
    [
        ("dezero", ["matplotlib", "PIL", "cupy", "sympy", "flint", "gradcheck", "jinja2"]),
        ("gradcheck.report.html", ["dezero", "sympy", "matplotlib"]),
    ],
)
def test_imports_stay_light(package: str, heavy: list[str]) -> None:
    code = f"import sys, {package}; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
