"""Which of several settings of an op work, and differ: each is called, once on each shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from dezero import Variable, cuda, using_config
from gradcheck.cases.parameters import held_fixed
from gradcheck.subjects.state import Snapshot
from gradcheck.system.raised import contained
from gradcheck.trying.op import LeftOut, Op, Setting
from gradcheck.trying.shapes import chosen, with_integers
from gradcheck.trying.wanted import Asked, Input

Values = list[np.ndarray] | None  # None where the op raises


def works(values: Sequence[Values]) -> bool:
    return any(each is not None for each in values)


def distinct(settings: Iterable[Setting], asked: Asked, most: int, known: Sequence[Op] = ()) -> list[Setting]:
    """The first settings whose ops work on some of the inputs, and give other values than those before.

    Args:
        known: ops that are there already.
    """
    seen, found = [tried(op, asked) for op in known], []
    for setting in settings:
        values = tried(setting.op, asked)
        if works(values) and not any(_same(values, before) for before in seen):
            seen.append(values)
            found.append(setting)
        if len(found) == most:
            break
    return found


def tried(op: Op, asked: Asked) -> list[Values]:
    """The values of an op on the shapes that were asked for, or that are tried."""
    found = (_call(op, each) for each in _tries(op, asked))
    return [None if call is None else [np.asarray(cuda.as_numpy(y)) for y in call[1]] for call in found]


def called(op: Op, asked: Asked) -> list[tuple[list[Variable], list[Variable]]]:
    """The inputs and the outputs of the calls that an op accepts: their graphs are there."""
    return [call for each in _tries(op, asked) if (call := _call(op, each)) is not None]


def fixed(op: Op, asked: Asked) -> list[LeftOut]:
    """The parameters of a layer by which it is not differentiated."""
    for each in _tries(op, asked):
        with suppress(Exception):  # a layer may raise anything
            f = op.call([_drawn(x, np.random.default_rng(0)) for x in each]).f
            return [
                LeftOut(f"{op.name}: {name}", f"held fixed: {why}") for name, why in held_fixed(f).items()
            ]
    return []


def _tries(op: Op, asked: Asked) -> list[tuple[Input, ...]]:
    if asked.inputs:
        return [tuple(asked.inputs)]
    return [*chosen(op.count), *with_integers(op.count)] if op.count else []


def _call(op: Op, inputs: Sequence[Input]) -> tuple[list[Variable], list[Variable]] | None:
    """The inputs and outputs of a call, after which all that the op holds is as before; None if it raises."""
    rng = np.random.default_rng(0)
    with suppress(Exception), np.errstate(all="ignore"):  # an op may raise anything
        f, arrays, _ = op.call([_drawn(each, rng) for each in inputs])
        xs, before = [Variable(x) for x in arrays], Snapshot(f)
        try:
            return xs, _outputs(f, xs)
        finally:
            before.restore()
    return None


@contained
def _outputs(f: Callable[..., Any], xs: Sequence[Variable]) -> list[Variable]:
    with using_config("enable_backprop", True):
        ys = f()(*xs) if isinstance(f, type) else f(*xs)
    found = list(ys) if isinstance(ys, (tuple, list)) else [ys]
    if not found or not all(isinstance(y, Variable) for y in found):
        raise TypeError("no Variables")
    return found


def _drawn(each: Input, rng: np.random.Generator) -> np.ndarray:
    """Floats in the domain of most functions; integers that index every axis longer than one."""
    if each.kind == "float":
        return np.asarray(rng.uniform(0.25, 0.75, each.shape))
    return np.asarray(rng.integers(0, 2, each.shape).astype(each.kind))


def _same(values: Sequence[Values], others: Sequence[Values]) -> bool:
    return len(values) == len(others) and all(map(_alike, values, others))


def _alike(a: Values, b: Values) -> bool:
    if a is None or b is None:
        return a is b
    return len(a) == len(b) and all(map(_equal, a, b))


def _equal(x: np.ndarray, y: np.ndarray) -> bool:
    return np.array_equal(x, y, equal_nan=x.dtype.kind == y.dtype.kind == "f")
