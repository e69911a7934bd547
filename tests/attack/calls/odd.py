"""Calls with one or two arguments that do not fit: refused by an error that names function and argument.

What is accepted all the same gives a result that nothing here judges: only its conduct is looked at.
"""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

import numpy as np

from dezero import Variable
from tests.attack.calls.draws import Draw
from tests.attack.calls.judge import same
from tests.dezero.odd_calls import CALLS, complaint
from tests.dezero.odd_makers import MAKERS
from tests.dezero.odd_values import ODD

WRITERS = ("batch_norm",)  # its running averages


def odd_call(draw: Draw, counts: Counter[str]) -> str | None:
    """One such call; the fault, or None."""
    table = MAKERS if draw.chance(0.2) else CALLS
    name = draw.r.choice(list(table))
    function, right = table[name]
    given = {key: copy.deepcopy(value) for key, value in right.items()}
    for key in draw.r.sample(list(given), 2 if len(given) > 1 and draw.chance(0.2) else 1):
        given[key] = ODD[draw.r.choice(list(ODD))]()
    counts["odd calls"] += 1
    before = {k: x.copy() for k, x in given.items() if isinstance(x, np.ndarray) and x.dtype != object}
    fault = complaint(name, function, given)
    if name not in WRITERS and not all(same(given[key], x) for key, x in before.items()):
        fault = fault or "an operand was modified"
    return None if fault is None else f"odd calls: {name}: {fault}\n{_written(name, given)}"


def _written(name: str, given: dict[str, Any]) -> str:
    return f"{name}({', '.join(f'{key}={_text(x)}' for key, x in given.items())})"


def _text(x: Any) -> str:
    if isinstance(x, np.ndarray):
        return f"np.array({x.tolist()}, {x.dtype.str!r}).reshape({x.shape})"
    return f"Variable({_text(x.data)})" if isinstance(x, Variable) else repr(x)
