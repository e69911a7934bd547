"""The files that `gradcheck init` writes, as text: a first Spec, its test, and the step of CI."""

from __future__ import annotations

import math
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gradcheck.cli.first_op import Argument, OpFound

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


# Python ---------------------------------------------------------------------------------------------


def spec_text(op: OpFound, specs: str, imported: Imported) -> str:
    """The module of the Spec.

    Args:
        specs: its file, from the repository's root.
        imported: how it imports the op's module.

    >>> from gradcheck.cli.first_op import EXAMPLE
    >>> print(spec_text(EXAMPLE, "gradient_specs.py", Imported("example_op")))
    \"\"\"Specs of the ops here: `gradcheck check gradient_specs.py` checks them.\"\"\"
    <BLANKLINE>
    from gradcheck.specs import Arg, Spec, Variant
    <BLANKLINE>
    from example_op import log_odds
    <BLANKLINE>
    LOG_ODDS = Spec(
        name="log_odds",
        topic="example_op",
        call=log_odds,
        args=(Arg("p", domain=(0.0, 1.0)),),
        formula=lambda m, p: m.log(p / (1 - p)),
        variants=(
            Variant(),
            Variant(shapes=((),)),
            Variant(shapes=((1, 3),)),
        ),
        order=2,
    )
    <BLANKLINE>
    """
    names = ", ".join(argument.name for argument in op.arguments)
    call = f"lambda {names}: {op.name}()({names})" if op.made else op.name
    formula = f"lambda m, {names}: {op.formula}" if op.formula else "None"
    fields = [
        f'name="{op.name}"',
        f'topic="{imported.module.rpartition(".")[2]}"',
        f"call={call}",
        f"args={_tuple([_arg(argument) for argument in op.arguments])}",
        f"formula={formula}",
    ]
    if op.others:
        fields.append(f"variants={_tuple(['Variant()', *(f'Variant(shapes={each})' for each in op.others)])}")
    made = "".join(textwrap.indent(f"{field},\n", "    ") for field in [*fields, "order=2"])
    lines = [
        f'"""Specs of the ops here: `gradcheck check {specs}` checks them."""',
        "",
        *_imports(op, imported),
        "",
        *([] if op.formula else [_NO_FORMULA.format(names)]),
        f"{op.constant} = Spec(\n{made})",
    ]
    return "\n".join(lines) + "\n"


_NO_FORMULA = """\
# `formula` is the mathematics once more, which forward is held against and derivatives
# are taken of: lambda m, {}: ... with m.exp, m.log, m.where and the like."""


def _imports(op: OpFound, imported: Imported) -> Iterator[str]:
    """The import lines in the order of isort, with the folder of the op's module on the path where needed."""
    ours = f"from gradcheck.specs import Arg, Spec{', Variant' * bool(op.others)}"
    theirs = _import_of(imported.module, op.name.partition(".")[0])
    if imported.third_party:
        yield from sorted([ours, theirs])
        return
    if imported.path:
        parts = imported.path.split("/")
        up = ".parent" * (1 + parts.count(".."))
        down = "".join(f' / "{part}"' for part in parts if part != "..")
        yield from ("import sys", "from pathlib import Path", "", ours, "")
        yield f"sys.path.insert(0, str(Path(__file__).resolve(){up}{down}))"
        yield from ("", theirs)
        return
    yield from (ours, "", theirs)


def _import_of(module: str, name: str) -> str:
    line = f"from {module} import {name}"
    return line if len(line) <= LINE else f"from {module} import (\n    {name},\n)"


def _arg(argument: Argument) -> str:
    """
    >>> _arg(Argument("p", (), (0.0, math.inf))), _arg(Argument("t", (2,), values=[1, 0]))
    ('Arg("p", shape=(), domain=(0.0, float("inf")))', 'Arg("t", values=[1, 0])')
    """
    parts = [f'"{argument.name}"']
    if argument.values is not None:
        return f"Arg({parts[0]}, values={argument.values})"
    if argument.shape != (2, 3):
        parts.append(f"shape={argument.shape}")
    if argument.domain != (-math.inf, math.inf):
        low, high = (str(end) if math.isfinite(end) else f'float("{end}")' for end in argument.domain)
        parts.append(f"domain=({low}, {high})")
    return f"Arg({', '.join(parts)})"


def _tuple(items: Sequence[str]) -> str:
    """A tuple as formatters write it: several items one a line."""
    if len(items) == 1:
        return f"({items[0]},)"
    return "(\n" + "".join(f"    {item},\n" for item in items) + ")"


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
{apart}{_import_of(specs.module, op.constant)}

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
