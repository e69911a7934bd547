"""Calls with an argument that does not fit: refused by an error that names the function and an argument.

Each starts from a call that is right, in which one or two arguments are replaced. What is accepted all
the same gives a result that nothing here judges: it is counted apart, and only its conduct is looked at.
"""

from __future__ import annotations

import copy
import math
from collections import Counter
from typing import Any

import numpy as np

import dezero.functions as F
import dezero.layers as L
from dezero import Variable
from tests.attack.calls.draws import Draw
from tests.attack.calls.judge import REFUSALS, same
from tests.attack.calls.messages import arguments, names_both
from tests.dezero.odd_calls import CALLS

X = np.linspace(-1, 1, 6).reshape(2, 3)
IMAGES = np.linspace(-1, 1, 18).reshape(1, 2, 3, 3)
LARGE = 10_000_000  # elements: a view can have more than there is memory for a gradient
# Every function with arguments that fit, in the order of its parameters; layers with those of both calls.
FIT: dict[str, tuple[Any, ...]] = {
    **{name: tuple(arguments.values()) for name, (_, arguments) in CALLS.items() if "array" not in name},
    **{alias: tuple(CALLS[name][1].values()) for alias, name in (("dot", "matmul"), ("average", "mean"))},
    "Linear": (2, False, np.float32, 3, X), "EmbedID": (4, 2, np.float32, np.array([1, 3])),
    "Conv2d": (2, 2, 1, 0, False, np.float32, 2, IMAGES), "RNN": (2, 3, X), "LSTM": (2, 3, X),
    "Deconv2d": (2, 2, 1, 0, False, np.float32, 2, IMAGES), "BatchNorm": (X,),
}  # fmt: skip

ODD: list[Any] = [
    None, True, "a", "", b"x", 1.5, -1, 0, 7, 10**12, 10**30, -(10**12), math.nan, math.inf, 1j, (), [], {},
    set(), (0,), (0, 0), (-1,), (1.5,), ("a",), (None,), [0], [[1], [2, 3]], (10**12,), (2, -1, -1), range(3),
    (0, 1, 2, 3, 4), slice(None), ..., object, object(), len, np.int64(9), np.float32(0.5), np.bool_(True),
    np.str_("a"), np.array("a"), np.array(["a", "b"]), np.array([None, 1]), np.array(1), np.array([1.5, 2.5]),
    np.zeros(0), np.zeros((0, 3)), np.zeros((2, 0)), np.zeros((2, 2, 2, 2)), np.zeros(5), np.zeros((2, 3)),
    np.ones((3, 3), bool), X.astype("i1"), X.astype("c16"), X.astype("e"), X.astype("g"), np.array([5, -1]),
    np.array([[1], [0]]), np.array([0.0, 1.0]), np.full((2, 3), np.nan), np.zeros(2, "f8,i4"), np.dtype("f4"),
    np.datetime64("2020-01-01"), np.array(["2020-01-01", "2021-01-01"], "M8[D]"), np.timedelta64(1, "D"),
    memoryview(b"ab"),
]  # fmt: skip


def odd_call(draw: Draw, counts: Counter[str]) -> str | None:
    """One such call; the fault, or None."""
    name = draw.r.choice(list(FIT))
    given = copy.deepcopy(list(FIT[name]))  # batch_norm writes its averages
    for k in draw.r.sample(range(len(given)), 2 if len(given) > 1 and draw.chance(0.2) else 1):
        given[k] = _odd(draw)
    counts["odd calls"] += 1
    before = [x.copy() if isinstance(x, np.ndarray) and x.dtype != object else None for x in given]
    fault = _fault(name, given, draw, counts)
    for x, earlier in zip(given, before, strict=True):
        if earlier is not None and not same(x, earlier) and name != "batch_norm":
            fault = fault or "an operand was modified"
    return None if fault is None else f"odd calls: {name}: {fault}\n{_written(name, given)}"


def _odd(draw: Draw) -> Any:
    x = draw.r.choice(ODD)
    wrapped = draw.chance(0.3) and isinstance(x, np.ndarray)
    return Variable(x) if wrapped else Variable(None) if draw.chance(0.02) else x


def _fault(name: str, given: list[Any], draw: Draw, counts: Counter[str]) -> str | None:
    operands = [Variable(x) if k == 0 and isinstance(x, np.ndarray) else x for k, x in enumerate(given)]
    try:
        with np.errstate(all="ignore"):
            y = _called(name, operands)
    except REFUSALS as error:
        counts["odd calls refused"] += 1
        if names_both(str(error), name):
            return None
        return f"{type(error).__name__} names not both\n{error}"
    except Exception as error:
        return f"raised {type(error).__name__}\n{error}"
    counts["odd calls accepted, not judged"] += 1
    if not isinstance(y, Variable):
        return f"gave {type(y).__name__}, no Variable"
    return _backward_fault(y, operands, counts)


def _called(name: str, given: list[Any]) -> Any:
    if name not in vars(L):
        return getattr(F, name)(*given)
    count = len(arguments(name)) - 1  # the last is of the call
    return getattr(L, name)(*given[:count])(given[-1])


def _backward_fault(y: Variable, operands: list[Any], counts: Counter[str]) -> str | None:
    """What was accepted can be differentiated, or that is refused as well as the call would have been."""
    if y.dtype.kind not in "fc" or y.creator is None or y.size > LARGE:
        return None
    try:
        with np.errstate(all="ignore"):
            y.backward()
    except Exception as error:
        return f"was accepted, but its backward raised {type(error).__name__}\n{error}"
    for x in operands:
        if isinstance(x, Variable) and x.grad is not None and x is not y and x.grad.shape != x.shape:
            return f"was accepted, but a gradient has another shape\n{x.grad.shape} of {x.shape}"
    return None


def _written(name: str, given: list[Any]) -> str:
    count = len(arguments(name)) - 1
    texts = [_text(x) for x in given]
    if name not in vars(L):
        return f"F.{name}({', '.join(texts)})"
    return f"L.{name}({', '.join(texts[:count])})({texts[-1]})"


def _text(x: Any) -> str:
    if isinstance(x, np.ndarray):
        return f"np.array({x.tolist()}, {x.dtype.str!r}).reshape({x.shape})"
    return f"Variable({_text(x.data)})" if isinstance(x, Variable) else repr(x)
