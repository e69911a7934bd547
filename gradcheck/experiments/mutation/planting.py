"""A bug in a Function class for the length of a `with` block; no source is edited, and no class.

The tape asks a watcher for what each Function passes back, so that is where the bug is planted: in the
gradients' own graphs as well, and however a class gives its derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dezero import Config, Function, Variable
from dezero.core import as_result
from dezero.tape import watching
from gradcheck.experiments.mutation.changes import Gradients
from gradcheck.experiments.mutation.mutants import Mutant


@dataclass
class Planted:
    """A planted bug: whether it had anything to change so far."""

    acted: bool = False


@contextmanager
def planted(cls: type[Function], mutant: Mutant) -> Iterator[Planted]:
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
    bug = Planted()

    def changed(func: Function, gys: Sequence[Any], pull: Callable[..., Any]) -> Sequence[Any]:
        if not isinstance(func, cls):
            return pull(gys)
        record = Config.enable_backprop

        def backward(variables: Sequence[Variable]) -> Gradients:
            found = pull(list(variables) if record else [v.data for v in variables])
            return [None if gx is None else _variable(gx, func) for gx in found]

        gxs = mutant.change(backward, func, [_variable(gy, func) for gy in gys])
        if gxs is NotImplemented:
            return pull(gys)
        bug.acted = True
        return gxs if record else [None if gx is None else gx.data for gx in gxs]

    with watching(changed):
        yield bug


def _variable(x: Any, func: Function) -> Variable:
    return x if isinstance(x, Variable) else Variable(as_result(x, func.inputs))
