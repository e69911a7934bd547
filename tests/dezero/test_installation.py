"""Another distribution called dezero, in the same folder: what pip leaves is named, with the cure."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CURE = "pip uninstall -y dezero, then install dezero-gradcheck again with pip install --force-reinstall"

# What the other distribution has under the same paths, or beside our packages.
OVER = {
    "__init__.py": "from dezero.core import Variable\nfrom dezero.layers import Layer\n",
    "core.py": "class Variable: pass\nclass Parameter(Variable): pass\nclass Function: pass\n",
    "cuda.py": "from dezero import Variable\n",
}
BESIDE = {"functions.py": "import dezero\n", "layers.py": "import dezero\n"}


@pytest.fixture
def site(tmp_path):
    """A folder with gradcheck, and dezero in a folder of its own, whose files a test may replace."""
    (tmp_path / "gradcheck").symlink_to(ROOT / "gradcheck")
    (tmp_path / "dezero").mkdir()
    for path in (ROOT / "dezero").iterdir():
        (tmp_path / "dezero" / path.name).symlink_to(path)
    return tmp_path


def put(site, files):
    for name, text in files.items():
        (site / "dezero" / name).unlink(missing_ok=True)
        (site / "dezero" / name).write_text(text)


def run(site, program):
    """Its exit status, and all it wrote."""
    env = {**os.environ, "PYTHONPATH": str(site)}
    # An editable installation of ours would find dezero's modules for any package of that name.
    alone = "import sys; sys.meta_path[:] = [f for f in sys.meta_path if 'ditable' not in str(f)]"
    command = [sys.executable, "-P", "-c", f"{alone}\n{program}"]
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=site)
    return done.returncode, done.stdout + done.stderr


def test_an_installation_of_its_own_says_nothing(site):
    program = "import dezero, dezero.layers as L; print(dezero.__path__, L.Linear(2).out_size)"
    assert run(site, program) == (0, f"{[str(site / 'dezero')]} 2\n")


@pytest.mark.parametrize(
    "program", ["import dezero", "from dezero import Layer", "import dezero.functions", "import dezero.utils"]
)
def test_the_other_one_installed_over_it_is_an_error(site, program):
    put(site, OVER | BESIDE)
    status, text = run(site, program)
    assert status == 1
    assert "dezero: another distribution, called dezero, was installed over" in text.splitlines()[-1]
    assert CURE in text


def test_installed_over_the_other_one_it_works_and_warns_once(site):
    put(site, BESIDE)
    program = "import dezero.functions as F, dezero.layers, numpy; print(F.exp(numpy.zeros(1)))"
    status, text = run(site, program)
    assert status == 0
    assert "variable([1.])" in text
    assert text.count("UserWarning: dezero: ") == 1
    assert CURE in text


PACKAGES = ["functions", "layers", "models", "optimizers", "utils", "datasets", "onnx", "transforms"]


@pytest.mark.parametrize("name", PACKAGES)
def test_what_is_left_when_the_other_one_was_uninstalled_is_an_error(site, name):
    for path in (site / "dezero").glob("*.py"):
        if path.name in ("__init__.py", "core.py", "cuda.py", "functions_conv.py"):
            path.unlink()
    status, text = run(site, f"import dezero.{name}")
    assert status == 1
    assert "has no __init__.py: another distribution, called dezero, was uninstalled" in text.splitlines()[-1]
    assert CURE in text


@pytest.mark.parametrize(
    ("program", "status", "error"),
    [
        ("import gradcheck; gradcheck.check", 1, "ImportError: gradcheck"),
        ("sys.argv = ['gradcheck', 'list']; import gradcheck.__main__ as m; sys.exit(m.main())", 2,
         "gradcheck: error"),
    ],
)  # fmt: skip
def test_gradcheck_names_an_empty_folder(site, program, status, error):
    for path in (site / "dezero").iterdir():
        path.unlink()
    found, text = run(site, program)
    assert found == status
    assert text.splitlines()[-1].startswith(f"{error}: dezero is an empty folder")
    assert CURE in text


def test_gradcheck_names_the_other_dezero(site):
    for path in (site / "dezero").iterdir():
        path.unlink()
    put(site, OVER | BESIDE | {"layers.py": "class Layer: pass\n"})
    status, text = run(site, "import gradcheck; gradcheck.check")
    assert status == 1
    assert f"{site / 'dezero'} is another dezero, not the one" in text.splitlines()[-1]
