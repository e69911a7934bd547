"""`gradcheck init`: what it writes into a repository, and what it runs there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gradcheck.cli import init, main
from gradcheck.cli.first_files import SPECS, TEST, WORKFLOW
from gradcheck.cli.first_op import EXAMPLE_OP

ROOT = Path(__file__).resolve().parent.parent.parent

OPS = """
import numpy as np
import dezero.functions as F
import dezero.layers as L
from dezero import Function, Layer


class Arccosh(Function):  # x > 1
    def forward(self, x):
        return np.arccosh(x)

    def backward(self, gy):
        (x,) = self.inputs
        return gy / F.sqrt(x * x - 1)


class Scale(Function):
    def forward(self, x, w):
        return x * w

    def backward(self, gy):
        x, w = self.inputs
        return gy * w, gy * x  # the sums over what was broadcast are missing


def softsign(x):
    return x / (1 + F.abs(x))


def pick(table, index):
    return F.get_item(table, index.data)


class SumOfSquares(Function):
    def __init__(self, axis):
        self.axis = axis

    def forward(self, x):
        return (x * x).sum(axis=self.axis)

    def backward(self, gy):
        (x,) = self.inputs
        return 2 * x * F.expand_dims(gy, self.axis)


def norm(axis, x):
    return F.sum(x * x, axis=axis)


def entropy(p):
    if (abs(p.data.sum(axis=-1) - 1) > 1e-3).any():
        raise ValueError("rows of p must sum to 1")
    return -F.sum(p * F.log(p), axis=-1)


def spread(p):
    total = p.data.sum(axis=-1)
    if ((total < 1 - 1e-12) | (total > 1 + 1e-12)).any():
        raise ValueError("rows of p must sum to 1")
    return F.sum(p * p, axis=-1)


def trace(a):
    if (a.data != a.data.swapaxes(-1, -2)).any():
        raise ValueError("a must be symmetric")
    return F.sum(a * a)


def bit_loss(p, t):
    if ((t.data != 0) & (t.data != 1)).any():
        raise ValueError("t is 0 or 1")
    return -F.sum(t * F.log(p) + (1 - t) * F.log(1 - p))


def reciprocal(x):
    return 1 / x


def largest(x):
    if len(np.unique(x.data)) < x.size:
        raise ValueError("ties")
    return F.max(x, axis=-1)


def warm(x):
    if (x.data < 100).any() or (x.data > 104).any():
        raise ValueError("100 to 104 degrees")
    return F.exp(x / 100)


class Affine(Layer):
    def __init__(self, n_in, n_out=2):
        super().__init__()
        self.inner = L.Linear(n_out, in_size=n_in)

    def forward(self, x):
        return F.tanh(self.inner(x))


class Added(Layer):
    def __init__(self):
        super().__init__()
        self.inner = L.Linear(2, in_size=3)

    def forward(self, x, y):
        return self.inner(x + y)


class Holder:
    @staticmethod
    def square(x):
        return x * x
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with ops, which is the current one."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "my_ops.py").write_text(OPS)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def unrun(here: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written is not run, and the op is looked for in this process."""
    monkeypatch.setattr(init, "_try", lambda commands, root: 0)


def names(folder: Path) -> set[str]:
    """The files of the folder, but for caches."""
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return {name for name in found if "cache" not in name}


def is_clean(folder: Path) -> bool:
    """Whether ruff finds nothing to format or to mend in the written files; its own settings."""
    ruff = shutil.which("ruff", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if ruff is None:
        pytest.skip("ruff (the extra lint) is not installed: what is written was not linted")
    written = [name for name in names(folder) if name.endswith((SPECS, TEST, EXAMPLE_OP))]
    for words in (
        ["format", "--check", "--diff"],
        ["check", "--select", "E,F,W,I,B,UP,SIM,C4,RET,PIE,PT,RUF,N"],
    ):
        done = subprocess.run(
            [ruff, *words, "--isolated", *written], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return True


def test_an_empty_repository_gets_an_op_a_spec_a_test_and_a_ci_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init"]) == 0
    out = capfd.readouterr().out
    assert names(tmp_path) == {EXAMPLE_OP, SPECS, TEST, WORKFLOW}
    for name in names(tmp_path):
        assert f"wrote {name}: " in out
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert str(tmp_path) not in text
        assert str(ROOT) not in text
    assert f"run: python -m gradcheck check {SPECS}" in out
    assert "6 checks: 6 pass" in out
    assert f"run: python -m pytest {TEST}" in out
    assert "6 passed" in out
    assert out.splitlines()[-1].startswith("next: ")
    assert is_clean(tmp_path)


def test_what_is_there_is_left_as_it_is(
    repository: Path, unrun: None, capfd: pytest.CaptureFixture[str]
) -> None:
    (repository / TEST).write_text("mine")
    (repository / SPECS).symlink_to("nowhere")
    assert main(["init", "my_ops.py:softsign"]) == 2
    said = capfd.readouterr().err
    assert f"{SPECS}, {TEST}: there already, and nothing was written; --force writes over it" in said
    assert names(repository) == {"my_ops.py", TEST}
    assert (repository / TEST).read_text() == "mine"
    assert main(["init", "my_ops.py:softsign", "--force"]) == 0
    assert "softsign" in (repository / TEST).read_text()
    assert not (repository / SPECS).is_symlink()
    assert not (repository / "nowhere").exists()


@pytest.mark.parametrize(
    ("name", "args", "checks"),
    [
        ("softsign", 'args=(Arg("x"),),', 4),
        ("Arccosh", 'args=(Arg("x", domain=(1.0, float("inf"))),),', 4),
        ("Holder.square", 'args=(Arg("x"),),', 4),
        ("pick", 'Arg("table"),', 1),
        ("SumOfSquares", "call=lambda x, axis: SumOfSquares(axis=axis)(x)", 6),
        ("norm", "call=lambda x, axis: norm(x=x, axis=axis)", 6),
        ("entropy", 'args=(Arg("p", values=[[', 1),
        ("spread", "p = p / functions.sum(p, axis=-1, keepdims=True)  # rows that sum to 1", 4),
        ("trace", "a = (a + a.T) / 2  # symmetric", 1),
        ("bit_loss", 'Arg("p", domain=(0.0, 1.0)),\n        Arg("t", values=[[', 1),
        ("reciprocal", 'args=(Arg("x", avoid=(0.0,)),),', 4),
        ("largest", 'args=(Arg("x", distinct=True),),', 4),
        ("warm", "low=100.125, high=102.125", 4),
        ("Affine", 'call=parametrized(lambda: Affine(n_in=3), ["inner/W", "inner/b"])', 1),
    ],
)
def test_the_spec_of_an_op_has_what_was_found_of_it(
    repository: Path, unrun: None, capfd: pytest.CaptureFixture[str], name: str, args: str, checks: int
) -> None:
    """Its arguments with their domains, shapes and settings."""
    assert main(["init", f"my_ops.py:{name}"]) == 0
    text = (repository / SPECS).read_text()
    assert f'name="{name}"' in text
    assert args in text
    capfd.readouterr()
    assert main(["check", SPECS, "--dtype", "float64", "--order", "1"]) == 0
    assert f"{checks} pass" in capfd.readouterr().out
    assert is_clean(repository)


def test_a_wrong_op_ends_with_the_status_of_its_check(
    repository: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "my_ops.py:Scale"]) == 1
    out = capfd.readouterr().out
    assert "likely cause: sum over a broadcast axis missing" in out
    assert "6 failed, 2 passed" in out
    assert "next: mend Scale" in out
    assert is_clean(repository)


@pytest.mark.parametrize("package", [False, True])
def test_a_repository_with_tests_and_a_src_folder(repository: Path, unrun: None, package: bool) -> None:
    """Whether or not the tests are a package, plain pytest finds the op."""
    (repository / "src/mine").mkdir(parents=True)
    (repository / "src/mine/__init__.py").touch()
    shutil.move("my_ops.py", "src/mine/ops.py")
    (repository / "tests").mkdir()
    (repository / "pyproject.toml").write_text("[project]\nname = 'mine'\nversion = '1'\n")
    if package:
        (repository / "tests/__init__.py").touch()
    assert main(["init", "src/mine/ops.py:pick"]) == 0
    assert {f"tests/{SPECS}", f"tests/{TEST}", WORKFLOW} < names(repository)
    assert "from mine.ops import pick" in (repository / "tests" / SPECS).read_text()
    assert is_clean(repository)
    steps = re.findall(r"- run: (.*)", (repository / WORKFLOW).read_text())
    assert steps[1:] == [
        "python -m pip install .",
        f"python -m gradcheck check tests/{SPECS}",
        f"python -m pytest tests/{TEST}",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *init.plugin()],
        cwd=repository / "tests",
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path[1:]])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_the_workflow_never_takes_dezero_of_pypi(repository: Path, unrun: None) -> None:
    assert main(["init", "my_ops.py:softsign"]) == 0
    text = (repository / WORKFLOW).read_text()
    assert 'python -m pip install "$DEZERO_GRADCHECK" pytest' in text
    assert not re.search(r"pip install.*\bdezero\b", text)
    assert re.search(r'DEZERO_GRADCHECK: "git\+https://', text)


def test_a_workflow_that_has_the_steps_is_kept(
    repository: Path, unrun: None, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["init"]) == 0
    assert "say in .github/workflows/gradcheck.yml where CI installs" in capfd.readouterr().out
    mine = (repository / WORKFLOW).read_text().replace("HOST/OWNER/REPOSITORY", "example.org/me/mine")
    (repository / WORKFLOW).write_text(mine)
    assert main(["init", "my_ops.py:softsign", "--force"]) == 0
    out = capfd.readouterr().out
    assert f"kept {WORKFLOW}: it has these steps" in out
    assert "where CI installs" not in out
    assert (repository / WORKFLOW).read_text() == mine
    (repository / WORKFLOW).write_text("on: push\n")
    assert main(["init", "my_ops.py:softsign"]) == 2


def test_a_folder_within_a_repository_is_told_where_github_reads(
    repository: Path, unrun: None, capfd: pytest.CaptureFixture[str]
) -> None:
    (repository.parent / ".git").mkdir()
    assert main(["init"]) == 0
    assert (
        "the step of CI (GitHub reads only that of the repository's top, --dir ..)" in capfd.readouterr().out
    )


def test_a_class_and_the_function_that_wraps_it_are_one_op(repository: Path, unrun: None) -> None:
    assert main(["init"]) == 0
    assert main(["init", EXAMPLE_OP, "--force"]) == 0
    assert "call=log_odds," in (repository / SPECS).read_text()


def test_a_layer_of_several_inputs_is_refused(
    repository: Path, here: None, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "my_ops.py:Added"]) == 2
    assert "Added is a layer of 2 inputs: write a function of Variables" in capfd.readouterr().err


def test_where_there_is_another_ci_the_step_is_printed(
    repository: Path, unrun: None, capfd: pytest.CaptureFixture[str]
) -> None:
    (repository / ".gitlab-ci.yml").write_text("stages: [test]\n")
    assert main(["init", "my_ops.py:softsign"]) == 0
    out = capfd.readouterr().out
    assert not (repository / WORKFLOW).exists()
    assert "for your CI, a step of these commands:" in out
    assert f"    python -m gradcheck check {SPECS}" in out
    assert (repository / ".gitlab-ci.yml").read_text() == "stages: [test]\n"


def test_without_pytest_the_check_is_run_alone(
    repository: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = init.importlib.util.find_spec  # type: ignore[attr-defined]  # what the module imports
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "pytest" else found(name))
    assert main(["init", "my_ops.py:softsign"]) == 0
    out = capfd.readouterr().out
    assert "8 checks: 8 pass" in out
    assert "not run, as pytest is not installed (python -m pip install pytest): python -m pytest" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["my_ops.py:nothing"], "my_ops.py:nothing: no nothing in my_ops"),
        (["my_ops.py"], "my_ops.py: expected one op, got my_ops.py:Arccosh, my_ops.py:Scale, "),
        (["none.py:f"], "no file none.py"),
        (["no_module:f"], "ModuleNotFoundError: No module named 'no_module'\n"),
        (["my-ops.py:softsign"], "my-ops.py: expected a name that Python can import"),
        (["../elsewhere.py:f"], "../elsewhere.py: expected a file in the repository"),
        (["my_ops.py:Holder"], "my_ops.py:Holder is a class and no Function or layer"),
        (["my_ops.py:OPS"], "no OPS in my_ops"),
        (["--dir", "nowhere"], "--dir: expected the folder of a repository, got nowhere"),
    ],
)
def test_misuse_is_a_sentence_and_writes_nothing(
    repository: Path,
    here: None,
    capfd: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    (repository / "my-ops.py").write_text(OPS)
    (repository.parent / "elsewhere.py").write_text("def f(x):\n    return x * x\n")
    assert main(["init", *arguments]) == 2
    assert message in capfd.readouterr().err
    assert names(repository) == {"my_ops.py", "my-ops.py"}


def test_an_op_that_exits_is_a_sentence(repository: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (repository / "my_ops.py").write_text("import os\n\n\ndef leaves(x):\n    os._exit(3)\n")
    assert main(["init", "my_ops.py:leaves"]) == 2
    assert "my_ops.py:leaves: its process died (exit code 3)" in capfd.readouterr().err
    assert names(repository) == {"my_ops.py"}


def test_another_folder_and_an_installed_module(repository: Path, tmp_path: Path, unrun: None) -> None:
    other = tmp_path / "other"
    other.mkdir()
    assert main(["init", "dezero.functions:tanh", "--dir", str(other)]) == 0
    assert names(other) == {SPECS, TEST, WORKFLOW}
    text = (other / SPECS).read_text()
    assert "from dezero.functions import tanh\nfrom gradcheck.specs import Arg, Spec, Variant\n" in text
    assert is_clean(other)
