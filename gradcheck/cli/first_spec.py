"""The first Spec, test and CI step of somebody's repository, as text: what `gradcheck init` writes."""

from __future__ import annotations

import math
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

SPECS, TEST, EXAMPLE_OP = "gradient_specs.py", "test_gradients.py", "example_op.py"
WORKFLOW = ".github/workflows/gradcheck.yml"
SOURCE = "DEZERO_GRADCHECK"  # the variable that says where CI installs this distribution from
MOST_VARIANTS = 4
LINE = 88  # of what is written


class Argument(NamedTuple):
    """An argument of an op: its shape, and the domain that was found for it or the values that it holds."""

    name: str
    shape: tuple[int, ...]
    domain: tuple[float, float] = (-math.inf, math.inf)
    values: Any = None


class Imported(NamedTuple):
    """How a written file imports a module.

    Attributes:
        path: the folder to be put on the path for it, from the file's own ("..", "../src"); empty for none.
        third_party: it is installed.
    """

    module: str
    path: str = ""
    third_party: bool = False


class OpFound(NamedTuple):
    """An op as a Spec is to call it.

    Attributes:
        file: that it is written in; empty where that is not known.
        module: by which it was named; empty where it was named by its file.
        name: in there; it may have parts (a method).
        made: it is a Function subclass, of which each call makes one.
        arguments: with the first shapes that it accepts.
        others: further shapes of the arguments.
        formula: its mathematics, where they are known.
    """

    file: str
    module: str
    name: str
    made: bool
    arguments: Sequence[Argument]
    others: Sequence[tuple[tuple[int, ...], ...]] = ()
    formula: str = ""

    @property
    def constant(self) -> str:
        return self.name.replace(".", "_").upper()


EXAMPLE = OpFound(
    EXAMPLE_OP,
    "",
    "log_odds",
    False,
    [Argument("p", (2, 3), (0.0, 1.0))],
    [((),), ((1, 3),)],
    "m.log(p / (1 - p))",
)
EXAMPLE_SOURCE = '''\
"""An op to begin with: put yours in its place."""

import numpy as np
from dezero import Function


class LogOdds(Function):
    def forward(self, p):
        return np.log(p / (1 - p))

    def backward(self, gy):
        (p,) = self.inputs
        return gy / (p * (1 - p))


def log_odds(p):
    return LogOdds()(p)
'''


def found_in(text: str) -> OpFound:
    """The op that FILE.py:NAME or MODULE:NAME names, with inputs that it accepts. It runs the op.

    Raises:
        SpecError: there is no such op, it is none, or it accepts nothing that was tried.
    """
    from dezero import Function
    from gradcheck.cli import loading
    from gradcheck.errors import SpecError
    from gradcheck.specs import Spec
    from gradcheck.trying.plan import plan
    from gradcheck.trying.wanted import Asked

    targets = [target for target in loading.load(text) if not isinstance(target.object, Spec)]
    if len(targets) != 1:
        names = ", ".join(target.text for target in targets) or "none"
        raise SpecError(f"{text}: expected one op, got {names}; name one: FILE.py:NAME")
    (target,) = targets
    place, _, name = target.text.rpartition(":")
    made = isinstance(target.object, type)
    if made and not issubclass(target.object, Function):
        raise SpecError(
            f"{target.text} is a class and no Function: write a function of Variables that makes and calls it"
        )
    checks = plan(target.text, target.object, Asked((), ("float64",), 1, 0)).checks
    cases = [check.case for check in checks if check.case is not None]
    if not cases:
        raise SpecError(f"{target.text}: no inputs were found that it accepts")
    module = "" if place.endswith(".py") else place
    file = getattr(sys.modules[module], "__file__", None) if module else place
    return OpFound(str(file or ""), module, name, made, _arguments(cases), _other_shapes(cases))


def _arguments(cases: Sequence[Any]) -> list[Argument]:
    first = cases[0]
    same = [case.inputs for case in cases if len(case.inputs) == len(first.inputs)]
    found = []
    for n, (name, x) in enumerate(zip(first.names, first.inputs, strict=True)):
        floats = x.dtype.kind == "f"
        domain = _domain([inputs[n] for inputs in same]) if floats else (-math.inf, math.inf)
        found.append(Argument(name, x.shape, domain, None if floats else x.tolist()))
    return found


def _domain(drawn: Sequence[Any]) -> tuple[float, float]:
    """The widest of the usual domains that holds all that f was found finite at."""
    low, high = min(float(x.min()) for x in drawn), max(float(x.max()) for x in drawn)
    for domain in ((1.0, math.inf), (0.0, 1.0), (0.0, math.inf), (-1.0, 1.0)):
        if domain[0] < low and high < domain[1]:
            return domain
    return -math.inf, math.inf


def _other_shapes(cases: Sequence[Any]) -> list[tuple[tuple[int, ...], ...]]:
    """Further shapes; those of integers stay, as their values are written down."""
    first = cases[0]
    fixed = [n for n, x in enumerate(first.inputs) if x.dtype.kind != "f"]
    shapes = [tuple(x.shape for x in case.inputs) for case in cases]
    alike = [s for s in shapes if len(s) == len(shapes[0]) and all(s[n] == shapes[0][n] for n in fixed)]
    return [each for each in dict.fromkeys(alike) if each != shapes[0]][: MOST_VARIANTS - 1]


# Python ---------------------------------------------------------------------------------------------


def spec_text(op: OpFound, specs: str, imported: Imported) -> str:
    """The module of the Spec.

    Args:
        specs: its file, from the repository's root.
        imported: how it imports the op's module.

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
