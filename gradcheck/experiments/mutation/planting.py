"""A bug in a Function class for the length of a `with` block; no source is edited.

The tape asks every Function for its cotangents by `pull`, so that is where the bug is planted: classes that
give a `backward` and those that give one expression per input (`Elementwise`) are treated alike. The class
itself is changed, for all threads of this process: run one block at a time in a process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dezero import Function, Variable
from dezero.results import as_result
from gradcheck.experiments.mutation.changes import Gradients
from gradcheck.experiments.mutation.mutants import Mutant


@dataclass
class Trace:
    """Whether the bug had anything to change so far."""

    acted: bool = False


@contextmanager
def planted(cls: type[Function], mutant: Mutant) -> Iterator[Trace]:
    """`cls` with the bug in its backward.

    >>> import numpy as np
    >>> import dezero.functions as F
    >>> from gradcheck.experiments.mutation.mutants import MUTANTS
    >>> x = Variable(np.array(0.0))
    >>> with planted(F.Sin, MUTANTS["sign"]):
    ...     F.sin(x).backward()
    >>> x.grad
    variable(-1.0)
    """
    original, own = cls.pull, "pull" in vars(cls)
    trace = Trace()

    def pull(self: Function, gys: Sequence[Any], record: bool) -> Sequence[Any]:
        def backward(variables: Sequence[Variable]) -> Gradients:
            found = original(self, list(variables) if record else [v.data for v in variables], record)
            return [None if gx is None else _variable(gx, self) for gx in found]

        variables = [_variable(gy, self) for gy in gys]
        gxs = mutant.change(backward, self, variables)
        if gxs is NotImplemented:
            return original(self, gys, record)
        trace.acted = True
        return gxs if record else [None if gx is None else gx.data for gx in gxs]

    cls.pull = pull  # type: ignore[method-assign]  # the point of it
    try:
        yield trace
    finally:
        if own:
            cls.pull = original  # type: ignore[method-assign]
        else:
            del cls.pull  # the inherited one shows again


def _variable(x: Any, func: Function) -> Variable:
    return x if isinstance(x, Variable) else Variable(as_result(x, func.inputs))
