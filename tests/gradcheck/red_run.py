"""A run that two planted bugs turn red: twice the gradient in Tanh, the negative one in MatMul."""

from __future__ import annotations

from pathlib import Path

import dezero.functions as F
from gradcheck.cases.laboratory import Selection
from gradcheck.experiments.mutation.mutants import MUTANTS
from gradcheck.experiments.mutation.planting import planted
from gradcheck.running import session
from gradcheck.running.session import Finished

OPS = "sin,tanh,matmul,linear,layers.Linear,layers.RNN"


def red_run(out: Path, ops: str = OPS) -> Finished:
    """The run of these ops, by the runner itself in this process; its page is in `out`."""
    with planted(F.Tanh, MUTANTS["factor-2"]), planted(F.MatMul, MUTANTS["sign"]):
        return session.run(Selection(ops, 2), out)
