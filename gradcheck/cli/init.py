"""`gradcheck init`: a first Spec, test and CI step in somebody's repository, written and run."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from gradcheck.cli import first_files, first_op, first_spec
from gradcheck.cli.first_files import SPECS, TEST, WORKFLOW, Imported
from gradcheck.cli.first_op import EXAMPLE, EXAMPLE_OP, OpFound
from gradcheck.errors import SpecError
from gradcheck.system import files
from gradcheck.system.texts import printable

HELP = "write a first Spec, test and CI step into your repository, and run them"
EXAMPLES = (
    "gradcheck init",
    "gradcheck init my_ops.py:softsign",
    "gradcheck init my_package.ops:softsign --dir path/to/repository",
)
PLUGIN = "gradcheck.pytest_plugin"
TIME_LIMIT = 300.0  # seconds for finding inputs that the op accepts
MOST, LAST, LAST_OF_TESTS = 60, 6, 1  # lines that are shown of the end of what a command prints
OTHER_CI = (
    ".gitlab-ci.yml", ".circleci", "azure-pipelines.yml", "bitbucket-pipelines.yml", ".travis.yml",
    ".woodpecker.yml", "Jenkinsfile",
)  # fmt: skip


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target",
        metavar="TARGET",
        nargs="?",
        help="the op that the Spec is for: FILE.py:NAME or MODULE:NAME (default: a small example is written)",
    )
    parser.add_argument(
        "--dir", type=Path, default=Path(), metavar="DIR", help="the repository (default: this folder)"
    )
    parser.add_argument(
        "--force", action="store_true", help="write over files that are there (default: write nothing then)"
    )


def main(options: argparse.Namespace) -> int:
    root = options.dir.resolve()
    if not root.is_dir():
        raise SpecError(f"--dir: expected the folder of a repository, got {options.dir}")
    op = EXAMPLE if options.target is None else _found(options.target)
    written, commands = _files(op, root)
    there = [name for name in written if os.path.lexists(root / name)]
    if there and not options.force:
        raise SpecError(
            f"{', '.join(there)}: there already, and nothing was written; --force writes over it, and a "
            f"further op is one more Spec in the {SPECS} that is there"
        )
    for name, file in written.items():
        files.write(root / name, file.text)
        print(printable(f"wrote {name}: {file.what}"))
    if WORKFLOW not in written:
        kept = _does(root / WORKFLOW, commands)
        print(f"kept {WORKFLOW}: it has these steps\n" if kept else _step(commands), end="")
    status = _try(commands, root)
    for line in _next(status, op, written, root):
        print(printable(f"next: {line}"))
    return status


def _found(target: str) -> OpFound:
    """The op, found in a process apart: looking for inputs runs it.

    Raises:
        SpecError: it is none, or nothing was found that it accepts.
    """
    from gradcheck.cli import isolated

    with isolated.Isolated(TIME_LIMIT) as process:
        try:
            found: OpFound = process.call(first_op.found_in, target)
            return found
        except isolated.LostError as error:
            raise SpecError(f"{target}: {error}") from error


# What is written ------------------------------------------------------------------------------------


class File(NamedTuple):
    """A file to be written, and what it is."""

    text: str
    what: str


def _files(op: OpFound, root: Path) -> tuple[dict[str, File], list[str]]:
    """The files by their names from the root, and the commands of a CI job."""
    folder = root / "tests" if (root / "tests").is_dir() else root
    specs, test = ((folder / name).relative_to(root).as_posix() for name in (SPECS, TEST))
    found = {EXAMPLE_OP: File(first_op.EXAMPLE_SOURCE, "an example op")} if op is EXAMPLE else {}
    found[specs] = File(
        first_spec.spec_text(op, specs, _imported(op, root, folder)), f"the Spec of {op.name}"
    )
    module, above = _importable(folder / SPECS)
    found[test] = File(
        first_files.pytest_text(op, test, Imported(module, third_party=above != root)), "its test"
    )
    installs = any((root / name).is_file() for name in ("pyproject.toml", "setup.py"))
    commands = first_files.ci_commands(specs, test, installs)
    if _does(root / WORKFLOW, commands):
        return found, commands
    if (root / ".github").is_dir() or not any((root / name).exists() for name in OTHER_CI):
        found[WORKFLOW] = File(
            first_files.workflow_text(commands, _source()), f"the step of CI{_elsewhere(root)}"
        )
    return found, commands


def _does(workflow: Path, commands: Sequence[str]) -> bool:
    """Whether a workflow that is there has these steps: what was changed in it besides is kept."""
    if not workflow.is_file():
        return False
    steps = {line.strip() for line in workflow.read_text(encoding="utf-8", errors="replace").splitlines()}
    return {f"- run: {command}" for command in commands} <= steps


def _elsewhere(root: Path) -> str:
    """What to know where the folder lies in a git repository, but is not its top."""
    top = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)
    return (
        ""
        if top == root
        else f" (GitHub reads only that of the repository's top, --dir {os.path.relpath(top)})"
    )


def _imported(op: OpFound, root: Path, folder: Path) -> Imported:
    """How a file in that folder imports the op's module: from the repository, or as what is installed.

    Raises:
        SpecError: its file has a name that cannot be imported, or is none of the repository.
    """
    file = Path(root, op.file) if op is EXAMPLE else Path(op.file).resolve()
    ours = bool(op.file) and file.is_relative_to(root) and "site-packages" not in file.parts
    if op.module and not ours:
        return Imported(op.module, third_party=True)
    if not ours:
        raise SpecError(f"{op.file}: expected a file in the repository {root}; name another with --dir")
    module, above = _importable(file)
    return Imported(module, "" if above == folder else Path(os.path.relpath(above, folder)).as_posix())


def _importable(file: Path) -> tuple[str, Path]:
    """A file's module, with the packages that it lies in, and the folder that these are imported from."""
    parts, above = [file.stem], file.parent
    while (above / "__init__.py").is_file():
        parts, above = [above.name, *parts], above.parent
    parts = parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts
    if not all(part.isidentifier() for part in parts):
        raise SpecError(f"{file.name}: expected a name that Python can import, got {'.'.join(parts)}")
    return ".".join(parts), above


def _source() -> str:
    """The repository that this distribution was installed from; empty where that is not known."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        text = distribution("dezero-gradcheck").read_text("direct_url.json")
        found = json.loads(text or "{}")
    except (PackageNotFoundError, ValueError):
        return ""
    vcs = found.get("vcs_info", {}).get("vcs")
    url = str(found.get("url", ""))
    return f"{vcs}+{url}" if vcs and url.startswith("https://") and "@" not in url else ""


def _step(commands: Sequence[str]) -> str:
    """The step for the CI that the repository has already, to be put there by hand."""
    source = f'{first_files.SOURCE}="{_source() or first_files.UNKNOWN}"'
    lines = [first_files.source_comment("#"), f"export {source}", *commands]
    return "for your CI, a step of these commands:\n" + "".join(
        f"    {line}\n" for text in lines for line in text.splitlines()
    )


# What is run ----------------------------------------------------------------------------------------


def _try(commands: Sequence[str], root: Path) -> int:
    """Run the check and the test as the CI job does; the status of what failed."""
    check, test = commands[-2:]
    status = _run(check, root, MOST, MOST)
    if importlib.util.find_spec("pytest") is None:
        print(f"not run, as pytest is not installed (python -m pip install pytest): {test}")
        return status
    tested = _run(test, root, LAST_OF_TESTS, LAST if status else MOST)
    return status or tested


def _run(command: str, root: Path, most: int, of_failure: int) -> int:
    """Run a command of the CI job with this Python, and print the end of what it prints; its status.

    Args:
        most, of_failure: lines that are shown where it succeeds, and where it fails.
    """
    print(f"run: {command}", flush=True)
    words = shlex.split(command)[1:]
    words += plugin() if "pytest" in words else []
    here = str(Path(__file__).resolve().parent.parent.parent)  # of this gradcheck, wherever it is run from
    paths = [here, *map(os.path.abspath, filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)))]
    done = subprocess.run(
        [sys.executable, *words],
        cwd=root,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="backslashreplace",
    )
    lines = done.stdout.splitlines()
    shown = lines[-(of_failure if done.returncode else most) :]
    for line in [*(["..."] if len(shown) < len(lines) else []), *shown]:
        print(printable(f"  {line}".rstrip()))
    return done.returncode


def _next(status: int, op: OpFound, written: Mapping[str, File], root: Path) -> Iterator[str]:
    """What to do now."""
    specs = next(name for name in written if name.endswith(SPECS))
    if status:
        yield f"mend {op.name}, or say in {specs} what is true of it; then the commands above again"
        return
    yield f"describe further ops in {specs} (docs/spec.md of dezero-gradcheck says how)"
    workflow = root / WORKFLOW
    if workflow.is_file() and first_files.UNKNOWN in workflow.read_text(encoding="utf-8", errors="replace"):
        yield f"say in {WORKFLOW} where CI installs dezero-gradcheck from ({first_files.SOURCE})"


def plugin() -> list[str]:
    """What tells pytest of gradcheck's plugin, which it finds by itself where gradcheck is installed."""
    from importlib.metadata import entry_points

    installed = any(found.value == PLUGIN for found in entry_points(group="pytest11"))
    return [] if installed else ["-p", PLUGIN]
