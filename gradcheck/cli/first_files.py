"""The files that `gradcheck init` writes, as text: the test of a first Spec, and the step of CI."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

from gradcheck.cli.first_op import OpFound

SPECS, TEST, WORKFLOW = "gradient_specs.py", "test_gradients.py", ".github/workflows/gradcheck.yml"
SOURCE = "DEZERO_GRADCHECK"  # the variable that says where CI installs this distribution from
LINE = 88  # of what is written


class Imported(NamedTuple):
    """How a written file imports a module.

    Attributes:
        path: the folder to be put on the path for it, from the file's own ("..", "../src"); empty for none.
        third_party: it is installed.
    """

    module: str
    path: str = ""
    third_party: bool = False


def import_of(module: str, name: str) -> str:
    """The line that imports a name, or the lines where that is too long."""
    line = f"from {module} import {name}"
    return line if len(line) <= LINE else f"from {module} import (\n    {name},\n)"


# The test -----------------------------------------------------------------------------------------


def pytest_text(op: OpFound, test: str, specs: Imported) -> str:
    """The pytest module.

    Args:
        test: its file, from the repository's root.
        specs: how it imports the module of the Spec; third-party is what is not in the repository's root.

    >>> from gradcheck.cli.first_op import EXAMPLE
    >>> print(pytest_text(EXAMPLE, "test_gradients.py", Imported("gradient_specs")))
    \"\"\"Gradients against certified truth: `python -m pytest test_gradients.py`.\"\"\"
    <BLANKLINE>
    import gradcheck
    <BLANKLINE>
    from gradient_specs import LOG_ODDS
    <BLANKLINE>
    test_log_odds = gradcheck.spec_test(LOG_ODDS)
    <BLANKLINE>
    """
    apart = "" if specs.third_party else "\n"
    return f'''\
"""Gradients against certified truth: `python -m pytest {test}`."""

import gradcheck
{apart}{import_of(specs.module, op.constant)}

test_{op.constant.lower()} = gradcheck.spec_test({op.constant})
'''


# The step of CI -------------------------------------------------------------------------------------


def ci_commands(specs: str, test: str, installs: bool) -> list[str]:
    """What a CI job is to do.

    Args:
        specs, test: the files, from the repository's root.
        installs: the repository is itself a package to be installed.
    """
    return [
        f'python -m pip install "${SOURCE}" pytest',
        *(["python -m pip install ."] if installs else []),
        f"python -m gradcheck check {specs}",
        f"python -m pytest {test}",
    ]


def workflow_text(commands: Sequence[str], source: str) -> str:
    """The workflow of GitHub Actions.

    Args:
        source: where the distribution is installed from; empty where that is not known.
    """
    steps = "".join(f"      - run: {command}\n" for command in commands)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return f"""\
# Gradients against certified truth before a merge. Written by `gradcheck init`.
name: gradcheck
on: [push, pull_request]
jobs:
  gradients:
    runs-on: ubuntu-latest
    env:
{textwrap.indent(source_comment("#"), "      ")}
      {SOURCE}: "{source or UNKNOWN}"
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "{python}"
{steps}"""


UNKNOWN = "git+https://HOST/OWNER/REPOSITORY"


def source_comment(mark: str) -> str:
    """What the variable of the source must hold, as comment lines."""
    return textwrap.indent(
        "Where pip gets dezero-gradcheck from: its repository, or the path of a checkout.\n"
        "PyPI's `dezero` is another package with the same import name.",
        f"{mark} ",
    )
