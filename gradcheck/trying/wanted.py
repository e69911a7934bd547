"""What is asked for on the command line, as words: shapes, dtypes, ranges. Nothing here needs NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

KINDS = ("float", "int", "bool")


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


class Asked(NamedTuple):
    """How a target is to be checked.

    Attributes:
        inputs: the shape of each input; none where they are to be chosen.
        dtypes: names of `gradcheck.cases.key.DTYPES`.
        order: the highest.
        seed: of the drawn inputs and probes.
        device: "cpu" or "gpu".
        settings: arguments that are bound, each as a name and a Python literal.
    """

    inputs: Sequence[Input]
    dtypes: Sequence[str]
    order: int
    seed: int
    device: str = "cpu"
    settings: Sequence[tuple[str, str]] = ()


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
