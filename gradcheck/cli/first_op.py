"""The op that `gradcheck init` writes a first Spec for: as it is found, or an example."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

EXAMPLE_OP = "example_op.py"
MOST_VARIANTS = 4


class Argument(NamedTuple):
    """An argument of an op: its shape, and the domain that was found for it or the values that it holds."""

    name: str
    shape: tuple[int, ...]
    domain: tuple[float, float] = (-math.inf, math.inf)
    values: Any = None


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
