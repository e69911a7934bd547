"""What is asked for on the command line, as words: shapes, dtypes, ranges. Nothing here needs NumPy."""

from __future__ import annotations

import ast
import shlex
from collections.abc import Sequence
from typing import Any, NamedTuple

from gradcheck.trying.domain import Domain, Interval

KINDS = ("float", "int", "bool")
FILE = "file"  # the kind of inputs that a file holds, before it is read
FILES = (".npy", ".npz")
ORDINARY = "ordinary"
DRAWS = {  # each with what it adds to the name of an op
    ORDINARY: "",
    "one-zero": "one zero",
    "two-zeros": "two zeros",
    "zeros-in-a-column": "two zeros in a column",
    "ties": "ties",
    "equal-inputs": "equal elements of two inputs",
    "repeated-integers": "repeated integers",
    "near-edges": "near the edges",
}


class Input(NamedTuple):
    """The shape of one input; integers and booleans are passed along and not differentiated.

    Attributes:
        kind: of KINDS, or FILE.
        values: its values as they were given, or the name of the file; empty where they are drawn.

    >>> str(Input((2, 3))), str(Input(())), str(Input((4,), "int"))
    ('2x3', 'scalar', '4:int')
    """

    shape: tuple[int, ...]
    kind: str = "float"
    values: str = ""

    def __str__(self) -> str:
        text = "x".join(map(str, self.shape)) or "scalar"
        return text if self.kind == "float" else f"{text}:{self.kind}"

    @property
    def option(self) -> str:
        """What declares it on the command line."""
        return f"--values={shlex.quote(self.values)}" if self.values else f"--shape {self}"


class Asked(NamedTuple):
    """How a target is to be checked.

    Attributes:
        inputs: the shape of each input; none where they are to be chosen.
        dtypes: names of `gradcheck.cases.key.DTYPES`.
        order: the highest.
        seed: of the drawn inputs and probes.
        device: "cpu" or "gpu".
        own_order: no order was asked for: of a Spec it is its own.
        ranges: where to draw, each for the input of that name; without a name for all, or in their order.
        domains: where it is defined, likewise.
        symmetric: whether square inputs are symmetric matrices.
        draws: of DRAWS; none where all that apply are tried.
        settings: arguments that are bound, each as a name and a Python literal.
    """

    inputs: Sequence[Input]
    dtypes: Sequence[str]
    order: int
    seed: int
    device: str = "cpu"
    own_order: bool = False
    ranges: Sequence[tuple[str, Interval]] = ()
    domains: Sequence[tuple[str, Domain]] = ()
    symmetric: bool = False
    draws: Sequence[str] = ()
    settings: Sequence[tuple[str, str]] = ()


def parse(text: str) -> Input:
    """The input that `2x3`, `scalar` or `4:int` stands for.

    Raises:
        ValueError: it is none of these.

    >>> [str(parse(text)) for text in ("2x3", "(2, 3)", "scalar:bool")]
    ['2x3', '2x3', 'scalar:bool']
    """
    size, _, kind = text.partition(":")
    kind = kind or "float"
    parts = size.strip("()").replace(",", "x").strip("x").split("x")
    if size in ("scalar", "()"):
        parts = []
    if kind not in KINDS or not all(part.strip().isdecimal() for part in parts):
        raise ValueError(f"expected a shape such as 2x3, scalar or 4:int, got {text!r}")
    return Input(tuple(int(part) for part in parts), kind)


def parse_values(text: str) -> Input:
    """The input that `1,0,2`, `[[1,2],[3,4]]`, `0.5` or the name of a file stands for.

    Numbers without a point, and True and False, are not differentiated.

    Raises:
        ValueError: it is none of these.

    >>> parse_values("1,0,2"), parse_values("0.5")
    (Input(shape=(3,), kind='int', values='1,0,2'), Input(shape=(), kind='float', values='0.5'))
    """
    if text.endswith(FILES):
        return Input((), FILE, text)
    try:
        numbers = numbers_of(text)
        shape = _shape(numbers)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise ValueError(
            f"expected numbers such as 1,0,2 or [[1,2],[3,4.5]], or a file {' or '.join(FILES)}, got {text!r}"
        ) from None
    types = {type(each) for each in _flat(numbers)}
    return Input(shape, "float" if float in types else "bool" if types == {bool} else "int", text)


def numbers_of(text: str) -> Any:
    """The numbers, in nested lists, that a text holds."""
    found = ast.literal_eval(text.strip() or "()")
    return list(found) if isinstance(found, tuple) else found


def _shape(numbers: Any) -> tuple[int, ...]:
    """The shape of nested lists of numbers.

    Raises:
        ValueError: they are none, or of different lengths.
    """
    if not isinstance(numbers, list | tuple):
        if type(numbers) not in (int, float, bool):
            raise ValueError
        return ()
    shapes = {_shape(each) for each in numbers}
    if len(shapes) != 1:
        raise ValueError
    return (len(numbers), *shapes.pop())


def _flat(numbers: Any) -> list[Any]:
    return [n for each in numbers for n in _flat(each)] if isinstance(numbers, list | tuple) else [numbers]
