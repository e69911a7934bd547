"""Whether an error names the function that was called and one of its arguments."""

from __future__ import annotations

import inspect
import re
from functools import cache

import dezero.functions as F
import dezero.layers as L

# Further meanings of a name.
SAME = {"dot": "matmul", "average": "mean", "batch_nrom": "batch_norm"}


@cache
def arguments(name: str) -> tuple[str, ...]:
    """The names of a function's parameters; of a layer those of its constructor and its call."""
    layer = vars(L).get(name)
    if layer is None:
        return tuple(inspect.signature(getattr(F, name)).parameters)
    of_call = list(inspect.signature(layer.forward).parameters)[1:]
    return (*inspect.signature(layer).parameters, *of_call)


def names_both(text: str, name: str) -> bool:
    """Whether `text` names the function, and an argument of it."""
    names = {name, SAME.get(name, name)} | {other for other, same in SAME.items() if same == name}
    if name in vars(L):
        names |= {name.lower(), {"EmbedID": "embed_id", "BatchNorm": "batch_norm"}.get(name, name)}
    if not any(re.search(rf"\b{re.escape(n)}\b", text) for n in names):
        return False
    return any(re.search(rf"\b{re.escape(a)}\b", text) for a in arguments(name))
