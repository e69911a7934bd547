"""`gradcheck check FILE.py`, wherever the file is: in packages, beside others, under any name."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.gradcheck.copies import Copies
from tests.gradcheck.test_endings import HERE, sentence, shell

#: A right class and a wrong one; TWO is what a test makes of it.
OPS = """
from dezero import Function

class Right(Function):
    def forward(self, x):
        return x * x
    def backward(self, gy):
        (x,) = self.inputs
        return TWO * x * gy

class Wrong(Right):
    def backward(self, gy):
        return TWO * gy
"""
ALONE = OPS.replace("TWO", "2")
PACKAGE = {"pkg/core.py": "TWO = 2\n", "pkg/ops/helpers.py": "from ..core import TWO\n"}
INITS = {"pkg/__init__.py": "", "pkg/ops/__init__.py": ""}


def late(line: str) -> str:
    """The classes, of which `backward` imports what it needs when it is called."""
    return OPS.replace("        return TWO", f"        {line}\n        return TWO")


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


Check = Callable[..., subprocess.CompletedProcess[str]]
OPTIONS = "--shape 3 --dtype float64 --draw ordinary"


@pytest.fixture(scope="module")
def check() -> Iterator[Check]:
    """The command, each time in a process that has imported no more than it needs."""
    with Copies() as copies:
        yield lambda folder, words, safe=False: copies.gradcheck(
            f"check {words} {OPTIONS}", folder, safe=safe
        )


def check_anew(folder: Path, words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in processes of its own: what it does as it starts is what matters."""
    return shell(f"gradcheck check {words} {OPTIONS}", folder, **environment)


def told_apart(ended: subprocess.CompletedProcess[str]) -> bool:
    """Whether the right class passes and the wrong one fails; nothing else was said."""
    assert ended.stderr == ""
    table = ended.stdout.partition("\n\n")[0]  # after it stands what fails, in full
    lines = [line.partition("(")[0].split() for line in table.splitlines()]
    found = [line for line in lines if line[:1] in (["PASS"], ["FAIL"])]
    return (ended.returncode, found) == (1, [["PASS", "Right"], ["FAIL", "Wrong"]])


def run(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env={**os.environ, "PYTHONPATH": str(HERE)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


# In packages ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["", "src/"])
@pytest.mark.parametrize("inits", [{}, INITS])
def test_relative_imports(inits: Mapping[str, str], place: str, tmp_path: Path, check: Check) -> None:
    """With `__init__.py` or without, in the project's folder or below `src`."""
    text = f"from . import helpers\nfrom .helpers import TWO\nfrom ..core import TWO as other\n{OPS}"
    files = {**PACKAGE, **inits, "pkg/ops/power.py": text}
    write(tmp_path, {f"{place}{name}": content for name, content in files.items()})
    assert told_apart(check(tmp_path, f"{place}pkg/ops/power.py"))


@pytest.mark.parametrize(
    "text",
    [
        f"from pkg.core import TWO\n{OPS}",  # by the package's full name
        f"from factors import TWO\n{OPS}",  # as `python FILE.py` would find it
        late("from factors import TWO"),
        late("from .factors import TWO"),
        f"import pkg.ops.power as own\nif __name__ == '__main__':\n    raise SystemExit\n{ALONE}",
    ],
)
def test_imports_of_a_file_in_a_package(text: str, tmp_path: Path, check: Check) -> None:
    write(tmp_path, {**PACKAGE, **INITS, "pkg/ops/factors.py": "TWO = 2", "pkg/ops/power.py": text})
    assert told_apart(check(tmp_path, "pkg/ops/power.py"))
    assert told_apart(check(tmp_path / "pkg" / "ops", "power.py"))


def test_a_file_that_its_package_imports_is_one_module(tmp_path: Path) -> None:
    """So the class that a wrapper elsewhere calls is the class that is checked."""
    inits = {
        "pkg/__init__.py": "from .ops import Right",
        "pkg/ops/__init__.py": "from .power import Right, power",
    }
    power = "def power(x):\n    return Right()(x)\n"
    write(tmp_path, {**inits, "pkg/ops/power.py": f"print('once')\n{ALONE}\n{power}"})
    program = """
import inspect, pickle, sys
from pathlib import Path
from gradcheck.cli.importing import file_module
power = file_module(Path("pkg/ops/power.py"))
import pkg.ops
assert power.__name__ == "pkg.ops.power" and power is sys.modules["pkg.ops.power"]
assert pkg.Right is pkg.ops.Right is power.Right
assert pickle.loads(pickle.dumps(power.Right)) is power.Right
assert inspect.getsource(power.power) == "def power(x):\\n    return Right()(x)\\n"
assert file_module(Path("pkg/ops/power.py")) is power
assert file_module(Path("pkg/ops/__init__.py")) is pkg.ops
"""
    done = run(program, tmp_path)
    assert (done.returncode, done.stdout) == (0, "once\n"), done.stderr


def test_a_file_of_an_installed_package_is_the_installed_module(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
import dezero.functions.elementwise
from gradcheck.cli.importing import file_module
module = sys.modules["dezero.functions.elementwise"]
assert file_module(Path(module.__file__)) is module
"""
    assert run(program, tmp_path).stderr == ""


@pytest.mark.parametrize(
    ("files", "target", "said"),
    [
        (
            {"pkg/__init__.py": "", "pkg/op.py": "from ... import x"},
            "v1.2/pkg/op.py",
            "v1.2 can be no package: its name is empty or has a dot",
        ),
        (
            {"op.py": "from . import a"},
            "v1.2/op.py",
            "v1.2 can be no package",
        ),
        (
            {"ops/op.py": "from . import a", "ops/a.py": "from ..b import c"},
            "v1.2/ops/op.py",
            "beyond top-level package (a.py, line 1); the folders of a package, from its outermost one on, "
            "need an __init__.py each",
        ),
        (
            {"pkg/__init__.py": "1 / 0", "pkg/op.py": ALONE},
            "v1.2/pkg/op.py",
            "pkg/op.py cannot be loaded: ZeroDivisionError: division by zero (__init__.py, line 1)",
        ),
        (
            {"pkg/__init__.py": "", "pkg/op.py": "from .none import x"},
            "v1.2/pkg/op.py",
            "ModuleNotFoundError: No module named 'pkg.none' (op.py, line 1)",
        ),
        (
            {"dezero/__init__.py": "", "dezero/op.py": ALONE},
            "v1.2/dezero/op.py",
            "belongs to a package 'dezero', and another module has that name: ",
        ),
        (
            {"test/op.py": "from . import a", "test/a.py": ""},
            "v1.2/test/op.py",
            "v1.2/test is missing",
        ),
    ],
)
def test_what_cannot_be_imported_is_one_sentence(
    files: Mapping[str, str], target: str, said: str, tmp_path: Path, check: Check
) -> None:
    write(tmp_path / "v1.2", files)
    ended = check(tmp_path, target)
    assert ended.returncode == 2
    assert said in sentence(ended)


# Beside others ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [f"from factors import TWO\n{OPS}", late("from factors import TWO")])
def test_siblings_are_imported_at_the_start_or_when_the_op_is_called(
    text: str, tmp_path: Path, check: Check
) -> None:
    write(tmp_path, {"ops/power.py": text, "ops/factors.py": "TWO = 2"})
    assert told_apart(check(tmp_path, "ops/power.py"))


@pytest.mark.parametrize("safe", ["", "1"])
def test_packages_of_the_working_directory_are_found(safe: str, tmp_path: Path) -> None:
    """By the installed command too, for which Python does not search it."""
    write(tmp_path, {"mine/__init__.py": "TWO = 2", "checks/op.py": f"from mine import TWO\n{OPS}"})
    assert told_apart(check_anew(tmp_path, "checks/op.py", PYTHONSAFEPATH=safe))


def test_another_file_of_this_name_in_the_working_directory_is_not_taken(
    tmp_path: Path, check: Check
) -> None:
    write(tmp_path, {"ops.py": ALONE, "factor.py": "1 / 0"})
    write(tmp_path / "sub", {"ops.py": f"from factor import TWO\n{OPS}", "factor.py": "import ops\nTWO = 2"})
    assert told_apart(check(tmp_path, "sub/ops.py"))
    assert told_apart(check(tmp_path, "ops.py"))
    assert told_apart(check(tmp_path, "ops"))


def test_a_module_is_found_from_the_working_directory(tmp_path: Path, check: Check) -> None:
    write(tmp_path, {**PACKAGE, "pkg/late.py": late("from pkg.core import TWO"), "random.py": "1 / 0"})
    assert told_apart(check(tmp_path, "pkg.late"))
    assert "no Right in random" in sentence(check(tmp_path, "random:Right"))


# Under any name ---------------------------------------------------------------------------------------


#: Packages that take a while to import, with a name of theirs: only a file of that name imports them.
LARGE = {"sympy": "Symbol", "pytest": "raises"}


@pytest.mark.parametrize(
    "name",
    [
        "my-ops", "my ops", "ops.v2", "3ops", "class", "__main__",
        "random", "test", "types", "_random",
        "numpy", "dezero", "gradcheck", "sympy", "pytest",
    ],
)  # fmt: skip
def test_a_file_may_have_any_name(name: str, tmp_path: Path, check: Check) -> None:
    """What else has that name stays what it is, for the file itself and for others."""
    needs = "import random, types, numpy, dezero\n"
    uses = "random.random, types.ModuleType, numpy.ndarray, dezero.Variable\n"
    if name in LARGE:
        needs, uses = f"import {name}\n{needs}", f"{name}.{LARGE[name]}\n{uses}"
    write(tmp_path, {f"{name}.py": needs + uses + ALONE})
    assert told_apart(check(tmp_path, f"'{name}.py'", safe=True))


@pytest.mark.parametrize("name", ["random", "numpy", "dezero"])
def test_nor_does_it_hide_anything_from_python_m(name: str, tmp_path: Path) -> None:
    write(tmp_path, {f"{name}.py": f"import {name}\n{ALONE}"})
    assert told_apart(check_anew(tmp_path, f"{name}.py"))


def test_siblings_do_not_hide_the_standard_library(tmp_path: Path, check: Check) -> None:
    hiding = {f"{name}.py": "1 / 0" for name in ("random", "html", "statistics", "fractions", "sympy")}
    write(tmp_path, {**hiding, "op.py": f"import html, statistics, fractions\n{ALONE}"})
    assert told_apart(check(tmp_path, "op.py"))


@pytest.mark.parametrize("target", ["ops.py", "pkg/ops.py"])
def test_a_package_beside_a_file_of_the_same_name_is_another(
    target: str, tmp_path: Path, check: Check
) -> None:
    """Python would find the folder."""
    package, dot = ({}, "") if target == "ops.py" else ({"pkg/__init__.py": ""}, ".")
    beside = f"{target.removesuffix('.py')}/__init__.py"
    write(tmp_path, {**package, target: f"from {dot}ops import TWO\n{OPS}", beside: "TWO = 2"})
    assert told_apart(check(tmp_path, target))
