"""`gradcheck check FILE.py`, wherever the file is: in packages, beside others, under any name."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.gradcheck.test_endings import HERE, sentence, shell

OP = """
from dezero import Function

class Square(Function):
    def forward(self, x):
        return x * x
    def backward(self, gy):
        (x,) = self.inputs
        return FACTOR * x * gy

def square(x):
    return Square()(x)
"""
RIGHT, WRONG = OP.replace("FACTOR", "2"), OP.replace("FACTOR", "3")


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def check(folder: Path, words: str) -> subprocess.CompletedProcess[str]:
    return shell(f"gradcheck check {words} --shape 3 --dtype float64", folder)


def verdicts(ended: subprocess.CompletedProcess[str]) -> list[str]:
    """Of the checks, after each other; nothing else was said."""
    assert ended.stderr == ""
    return [line.split()[0] for line in ended.stdout.splitlines() if line[:4] in ("PASS", "FAIL")]


# In packages ------------------------------------------------------------------------------------------

PACKAGE = {"pkg/core.py": "TWO = 2\n", "pkg/ops/helpers.py": "def doubled(x):\n    return x + x\n"}
INITS = {"pkg/__init__.py": "", "pkg/ops/__init__.py": ""}
RELATIVE = """
from . import helpers
from .helpers import doubled
from ..core import TWO
""" + OP.replace("FACTOR * x", "doubled(x)")


@pytest.mark.parametrize("place", ["", "src/"])
@pytest.mark.parametrize("inits", [{}, INITS])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (RELATIVE, ["PASS"]),
        (RELATIVE.replace("doubled(x)", "TWO * x"), ["PASS"]),
        (RELATIVE.replace("doubled(x)", "doubled(x) * TWO"), ["FAIL"]),
    ],
)
def test_relative_imports(
    text: str, expected: list[str], inits: Mapping[str, str], place: str, tmp_path: Path
) -> None:
    """With `__init__.py` or without, in the project's folder or below `src`."""
    files = {**PACKAGE, **inits, "pkg/ops/power.py": text}
    write(tmp_path, {f"{place}{name}": content for name, content in files.items()})
    ended = check(tmp_path, f"{place}pkg/ops/power.py:Square")
    assert verdicts(ended) == expected
    assert ended.returncode == int("FAIL" in expected)


@pytest.mark.parametrize(
    "text",
    [
        "from pkg.core import TWO" + RIGHT,  # by the package's full name
        "from helpers import doubled" + RIGHT,  # as `python FILE.py` would find it
        "import pkg.ops.power as own" + RIGHT,
        RIGHT.replace(
            "        (x,)", "        from helpers import doubled\n        (x,)"
        ),  # when it is called
        "if __name__ == '__main__':\n    raise SystemExit\n" + RIGHT,
    ],
)
def test_absolute_imports_of_a_file_in_a_package(text: str, tmp_path: Path) -> None:
    write(tmp_path, {**PACKAGE, **INITS, "pkg/ops/power.py": text})
    assert verdicts(check(tmp_path, "pkg/ops/power.py:Square")) == ["PASS"]
    assert verdicts(check(tmp_path / "pkg" / "ops", "power.py:Square")) == ["PASS"]


def test_a_file_that_its_package_imports_is_one_module(tmp_path: Path) -> None:
    """So the class that a wrapper elsewhere calls is the class that is checked."""
    inits = {
        "pkg/__init__.py": "from .ops import Square",
        "pkg/ops/__init__.py": "from .power import Square, square",
    }
    write(tmp_path, {**inits, "pkg/ops/power.py": f"print('once')\n{WRONG}"})
    program = """
import inspect, pickle, sys
from pathlib import Path
from gradcheck.cli.importing import file_module
power = file_module(Path("pkg/ops/power.py"))
import pkg.ops
assert power.__name__ == "pkg.ops.power" and power is sys.modules["pkg.ops.power"]
assert pkg.Square is pkg.ops.Square is power.Square
assert pickle.loads(pickle.dumps(power.Square)) is power.Square
assert inspect.getsource(power.square) == "def square(x):\\n    return Square()(x)\\n"
assert file_module(Path("pkg/ops/power.py")) is power
assert file_module(Path("pkg/ops/__init__.py")) is pkg.ops
"""
    done = run(program, tmp_path)
    assert (done.returncode, done.stdout) == (0, "once\n"), done.stderr


def run(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env={**os.environ, "PYTHONPATH": str(HERE)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


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
            {"op.py": "from . import a", "a.py": "from .. import b"},
            "v1.2/op.py",
            "v1.2 can be no package",
        ),
        (
            {"ops/op.py": "from . import a", "ops/a.py": "from ..b import c"},
            "v1.2/ops/op.py",
            "attempted relative import beyond top-level package (a.py, line 1); the folders of a package, from its "
            "outermost one on, need an __init__.py each",
        ),
        (
            {"pkg/__init__.py": "1 / 0", "pkg/op.py": RIGHT},
            "v1.2/pkg/op.py",
            "pkg/op.py cannot be loaded: ZeroDivisionError: division by zero (__init__.py, line 1)",
        ),
        (
            {"pkg/__init__.py": "", "pkg/op.py": "from .none import x"},
            "v1.2/pkg/op.py",
            "ModuleNotFoundError: No module named 'pkg.none' (op.py, line 1)",
        ),
        (
            {"dezero/__init__.py": "", "dezero/op.py": RIGHT},
            "v1.2/dezero/op.py",
            "belongs to a package 'dezero', and another module has that name: ",
        ),
        (
            {"test/op.py": "from . import a", "test/a.py": ""},
            "v1.2/test/op.py",
            "v1.2/test is missing",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_imported_is_one_sentence(
    files: Mapping[str, str], target: str, said: str, tmp_path: Path
) -> None:
    write(tmp_path / "v1.2", files)
    ended = check(tmp_path, target)
    assert ended.returncode == 2
    assert said in sentence(ended)


# Beside others ----------------------------------------------------------------------------------------


def test_siblings_are_imported_when_the_file_is_loaded_or_when_the_op_is_called(tmp_path: Path) -> None:
    late = RIGHT.replace("        (x,)", "        from factors import TWO\n        (x,)").replace(
        "2 * x", "TWO * x"
    )
    early = "from factors import THREE\n" + WRONG.replace("3 * x", "THREE * x")
    write(tmp_path, {"ops/late.py": late, "ops/early.py": early, "ops/factors.py": "TWO, THREE = 2, 3"})
    assert verdicts(check(tmp_path, "ops/late.py:Square")) == ["PASS"]
    assert verdicts(check(tmp_path, "ops/early.py:Square")) == ["FAIL"]


def test_packages_of_the_working_directory_are_found(tmp_path: Path) -> None:
    """By the command too, for which Python does not search it."""
    write(tmp_path, {"mine/__init__.py": "TWO = 2", "checks/op.py": f"from mine import TWO\n{RIGHT}"})
    program = "import sys; sys.path.remove(''); from gradcheck.__main__ import main; sys.exit(main())"
    words = "check checks/op.py:Square --shape 3 --dtype float64"
    ended = shell(f"'{sys.executable}' -c \"{program}\" {words}", tmp_path)
    assert verdicts(ended) == ["PASS"]


# Under any name ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["my-ops", "my ops", "ops.v2", "3ops", "class", "random", "test", "types", "numpy", "dezero", "gradcheck", "sympy",
     "pytest", "__main__", "_random"],
)  # fmt: skip
@pytest.mark.parametrize(("text", "expected"), [(RIGHT, "PASS"), (WRONG, "FAIL")])
def test_a_file_may_have_any_name(name: str, text: str, expected: str, tmp_path: Path) -> None:
    """What else has that name stays what it is, for the file itself and for others."""
    needs = "import random, types, numpy, dezero, sympy, pytest\n"
    uses = "random.random, types.ModuleType, numpy.ndarray, dezero.Variable, sympy.Symbol, pytest.raises\n"
    write(tmp_path, {f"{name}.py": needs + uses + text})
    ended = check(tmp_path, f"'{name}.py:Square'")
    assert verdicts(ended) == [expected]


def test_siblings_do_not_hide_the_standard_library(tmp_path: Path) -> None:
    hiding = {f"{name}.py": "1 / 0" for name in ("random", "html", "statistics", "fractions", "this")}
    write(tmp_path, {**hiding, "op.py": "import html, statistics, fractions\n" + RIGHT})
    assert verdicts(check(tmp_path, "op.py:Square")) == ["PASS"]


@pytest.mark.parametrize("target", ["ops.py", "pkg/ops.py"])
def test_a_package_beside_a_file_of_the_same_name_is_another(target: str, tmp_path: Path) -> None:
    """Python would find the folder."""
    folder = Path(target).parent
    text = "from ops import TWO\n" if target == "ops.py" else "from .ops import TWO\n"
    inits = {"pkg/__init__.py": ""} if folder.name else {}
    write(tmp_path, {**inits, target: text + RIGHT, f"{folder}/ops/__init__.py": "TWO = 2"})
    assert verdicts(check(tmp_path, f"{target}:Square")) == ["PASS"]


def test_another_file_of_this_name_in_the_working_directory_is_not_taken(tmp_path: Path) -> None:
    write(tmp_path, {"ops.py": RIGHT, "other/ops.py": "from factor import THREE\n" + WRONG})
    write(tmp_path, {"other/factor.py": "import ops\nTHREE = 3", "factor.py": "1 / 0"})
    assert verdicts(check(tmp_path, "other/ops.py:Square")) == ["FAIL"]
    assert verdicts(check(tmp_path, "ops.py:Square")) == ["PASS"]
    assert verdicts(check(tmp_path, "ops:Square")) == ["PASS"]


def test_a_module_is_found_from_the_working_directory(tmp_path: Path) -> None:
    late = RIGHT.replace("        (x,)", "        from pkg.core import TWO\n        (x,)")
    write(tmp_path, {**PACKAGE, "pkg/late.py": late, "random.py": "1 / 0"})
    assert verdicts(check(tmp_path, "pkg.late:Square")) == ["PASS"]
    ended = check(tmp_path, "random:Square")
    assert "no Square in random" in sentence(ended)
