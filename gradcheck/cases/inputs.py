"""What `gradcheck check` calls a user's function with: shapes given or chosen, floats or integers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from gradcheck.cases.sampling import uniform

KINDS = ("float", "int", "bool")
# Tried in this order: probabilities and numbers above 1 where nothing wider is in the domain.
INTERVALS = ((-2.0, 2.0), (0.125, 2.0), (-0.875, 0.875), (0.125, 0.875), (1.125, 3.0))


class Input(NamedTuple):
    """The shape of one input; integers and booleans are passed along and not differentiated.

    >>> str(Input((2, 3))), str(Input(())), str(Input((4,), "int"))
    ('2x3', 'scalar', '4:int')
    """

    shape: tuple[int, ...]
    kind: str = "float"

    def __str__(self) -> str:
        text = "x".join(map(str, self.shape)) or "scalar"
        return text if self.kind == "float" else f"{text}:{self.kind}"

    def draw(self, rng: np.random.Generator, interval: tuple[float, float], dtype: Any) -> np.ndarray:
        """Distinct floats of that dtype; integers are 0 or 1, which index every axis longer than one."""
        if self.kind == "float":
            values = uniform(rng, self.shape, *interval, avoid=(0.0,), gap=0.0625, distinct=True)
            return np.asarray(values.astype(dtype))
        return np.asarray(rng.integers(0, 2, self.shape).astype(self.kind))


class Asked(NamedTuple):
    """How a target is to be checked.

    Attributes:
        inputs: the shape of each input; none where they are to be chosen.
        dtypes: names of `gradcheck.cases.key.DTYPES`.
        order: the highest.
        seed: of the drawn inputs and probes.
        device: "cpu" or "gpu".
    """

    inputs: Sequence[Input]
    dtypes: Sequence[str]
    order: int
    seed: int
    device: str = "cpu"


def awkward(x: np.ndarray) -> np.ndarray | None:
    """The same floats with a zero first and two that are equal last; None for others, or too few.

    Divisions by an input and shares of a tie go wrong only there.

    >>> awkward(np.array([1.5, -0.5, 0.25]))
    array([ 0. , -0.5, -0.5])
    """
    if x.dtype.kind != "f" or x.size < 3:
        return None
    changed = x.copy()
    flat = changed.reshape(-1)
    flat[0], flat[-1] = 0, flat[-2]
    return changed


def parse(text: str) -> Input:
    """The input that `2x3`, `scalar` or `4:int` stands for.

    Raises:
        ValueError: it is none of these.

    >>> parse("2x3"), parse("(2, 3)"), parse("scalar:bool")
    (Input(shape=(2, 3), kind='float'), Input(shape=(2, 3), kind='float'), Input(shape=(), kind='bool'))
    """
    size, _, kind = text.partition(":")
    kind = kind or "float"
    parts = size.strip("()").replace(",", "x").strip("x").split("x")
    if size in ("scalar", "()"):
        parts = []
    if kind not in KINDS or not all(part.strip().isdecimal() for part in parts):
        raise ValueError(f"expected a shape such as 2x3, scalar or 4:int, got {text!r}")
    return Input(tuple(int(part) for part in parts), kind)


def chosen(count: int) -> list[tuple[Input, ...]]:
    """The inputs with which a function of so many arguments is tried where no shape is given."""
    shapes = _SHAPES.get(count, (((2, 3),) * count,))
    return [tuple(map(Input, each)) for each in shapes]


def with_integers(count: int) -> list[tuple[Input, ...]]:
    """What it is tried with where it accepts no floats alone: indices or labels next to them."""
    return list(_WITH_INTEGERS) if count == 2 else []


_SHAPES: dict[int, tuple[tuple[tuple[int, ...], ...], ...]] = {
    1: (((2, 3),), ((),), ((4,),), ((2, 3, 2),), ((1, 2, 4, 4),)),
    2: (
        ((2, 3), (2, 3)),
        ((2, 3), (3,)),
        ((2, 1), (1, 3)),
        ((2, 3), ()),
        ((2, 3), (3, 4)),
        ((1, 2, 4, 4), (2, 2, 3, 3)),
    ),
    3: (
        ((2, 3), (2, 3), (2, 3)),
        ((2, 3), (3, 4), (4,)),
        ((2, 3), (3,), (3,)),
        ((1, 2, 4, 4), (2, 2, 3, 3), (2,)),
    ),
}
_TABLE = Input((2, 3))
_WITH_INTEGERS = (
    (_TABLE, Input((2,), "int")),
    (_TABLE, Input((4,), "int")),
    (Input((2,), "int"), _TABLE),
    (Input((4,), "int"), _TABLE),
    (_TABLE, Input((2, 3), "int")),
)
