"""Data flows one way: who may import whom, read from the imports themselves."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import floors

ROOT = Path(__file__).resolve().parent.parent

# Rooms, from the ground up: each imports only what stands before it. "" is the package's own `__init__`.
FLOORS = {
    "dezero": [
        "_installation", "above", "config", "core_simple", "memory", "random", "cuda", "refusal", "arguments",
        "fusion", "protocols", "transforms", "variable", "operands", "results", "function", "reducing",
        "broadcasting", "formulas", "arithmetic", "tape", "core", "utils", "optimizers", "functions",
        "datasets", "dataloaders", "functions_conv", "layers", "models", "onnx", "", "examples",
    ],
    "gradcheck": [
        "errors", "system", "printed", "oracles", "specs", "subjects", "cases", "measuring", "judging",
        "records", "trying", "report", "experiments", "running", "cli", "strategies", "checking",
        "torch_subject", "pytest_plugin", "", "__main__",
    ],
    "gradcheck.oracles": ["registry", "numbers", "symbols", "differences", "expansion", "packed_jet", "jet"],
    "gradcheck.judging": [
        "verdict", "side_by_side", "finding", "libm", "scene", "numerals", "rounding", "differenced", "near",
        "declarations", "comparison", "kinks", "proof", "estimate", "contract", "diagnosis", "observing",
        "orders", "second_look", "examine",
    ],
    "gradcheck.experiments": ["studies", "networks", "mutation"],
}  # fmt: skip

# (files, what they must not import, why): what the floors alone do not say.
FORBIDDEN = [
    ("dezero", "gradcheck", "the framework does not know its tester"),
    ("dezero", "sympy", "symbolic mathematics is the laboratory's"),
    ("gradcheck/oracles", "dezero", "oracles are independent of what they judge"),
    ("gradcheck/measuring", "dezero", "what is measured is a subject, whichever it is"),
    ("gradcheck/judging/proof", "dezero", "judges look at a scene, whatever its subject is"),
    ("gradcheck/judging/estimate", "dezero", "judges look at a scene, whatever its subject is"),
    ("gradcheck/judging/kinks", "dezero", "judges look at a scene, whatever its subject is"),
    ("gradcheck/report", "dezero", "a report sees records only"),
    ("gradcheck/report", "gradcheck.judging", "a report sees records only"),
    ("gradcheck/report", "gradcheck.oracles", "a report sees records only"),
    ("gradcheck/specs", "gradcheck", "the table says what is measured, not how"),
]


@pytest.mark.parametrize("package", ["dezero", "gradcheck"])
def test_no_files_import_one_another_in_a_circle(package: str) -> None:
    assert floors.circles(floors.imports(package)) == []


@pytest.mark.parametrize("package", FLOORS)
def test_no_import_goes_up(package: str) -> None:
    height = {room: n for n, room in enumerate(FLOORS[package])}
    arrows = floors.rooms(package)
    unknown = set(arrows) - {*height, ""}
    assert not unknown, f"rooms of {package} that have no floor yet: {sorted(unknown)}"
    up = [
        f"{package}.{room} imports {other}"
        for room, there in arrows.items()
        for other in there
        if height.get(other, -1) >= height.get(room, -1)
    ]
    assert not up


def test_the_house_is_seen_at_a_glance() -> None:
    arrows = floors.rooms("gradcheck")
    assert len(arrows) <= 22
    assert len(floors.floors(arrows)) <= 11


@pytest.mark.parametrize(("folder", "module", "why"), FORBIDDEN)
def test_what_a_room_must_not_import(folder: str, module: str, why: str) -> None:
    paths = list((ROOT / folder).rglob("*.py"))
    assert paths, f"no files in {folder}"
    own = folder.replace("/", ".")
    bad = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in paths
        for name in floors.imported(path)
        if f"{name}.".startswith(f"{module}.") and not f"{name}.".startswith((f"{own}.", "gradcheck.errors."))
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
