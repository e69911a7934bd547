"""Where a function is defined, in words of the command line. Nothing here needs NumPy."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isnan
from typing import NamedTuple, TypeVar

T = TypeVar("T")

NONZERO, DISTINCT = "nonzero", "distinct"
SYMMETRIC, DEFINITE = "symmetric", "positive-definite"
SHARES, SIMPLEX = "shares", "simplex"
ONE_HOT, BINARY, SIGNS = "one-hot", "binary", "signs"
WORDS = {
    NONZERO: "no element is 0",
    DISTINCT: "no two elements are equal",
    SHARES: "positive, and the sum along the last axis is 1, from which elements may be moved a little",
    SIMPLEX: "as shares, and the op is a function of these only",
    ONE_HOT: "along the last axis one 1, else 0",
    BINARY: "0 or 1",
    SIGNS: "-1 or 1",
    SYMMETRIC: "symmetric matrices",
    DEFINITE: "symmetric positive definite matrices",
}


class Interval(NamedTuple):
    """An interval of numbers, as it is written: `0:1`, `1:inf`.

    >>> str(Interval(0, 1)), str(Interval(-inf, 0.0999))
    ('0:1', '-inf:0.0999')
    """

    low: float = -inf
    high: float = inf

    def __str__(self) -> str:
        return f"{number(self.low)}:{number(self.high)}"


class Domain(NamedTuple):
    """Where a function is defined: the elements lie in an open interval, and the words hold.

    >>> str(Domain(Interval(0, 1), (DISTINCT,))), str(Domain(words=(SIMPLEX,))), str(Domain())
    ('0:1,distinct', 'simplex', '-inf:inf')
    """

    interval: Interval = Interval()
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        bounded = self.interval != Interval() or not self.words
        return ",".join([*([str(self.interval)] if bounded else []), *self.words])

    def __contains__(self, value: object) -> bool:
        """Whether an element may have this value."""
        inside = isinstance(value, int | float) and self.interval.low < value < self.interval.high
        return inside and not (value == 0 and NONZERO in self.words)

    @property
    def of_matrices(self) -> bool:
        """Whether its elements are square matrices."""
        return SYMMETRIC in self.words or DEFINITE in self.words

    @property
    def sums_to_1(self) -> bool:
        """Whether the elements along the last axis are drawn so that they sum to 1."""
        return SHARES in self.words or SIMPLEX in self.words

    @property
    def discrete(self) -> bool:
        """Whether no element can be moved, so that there is nothing to differentiate."""
        return bool({ONE_HOT, BINARY, SIGNS} & set(self.words))

    @property
    def free(self) -> bool:
        """Whether each element can have any value of the interval, whatever the others are."""
        return not (self.of_matrices or self.discrete or self.sums_to_1)


EVERYWHERE = Domain()


def number(value: float) -> str:
    """A number as short as it can be written.

    >>> number(1.0), number(0.1), number(1 / 3)
    ('1', '0.1', '0.3333333333333333')
    """
    short = f"{value:g}"
    return short if float(short) == value else repr(float(value))


def parse_interval(text: str) -> Interval:
    """The interval that `LOW:HIGH` stands for.

    Raises:
        ValueError: it stands for none, or for an empty one.

    >>> parse_interval("-1:1"), parse_interval("1:inf")
    (Interval(low=-1.0, high=1.0), Interval(low=1.0, high=inf))
    """
    low, colon, high = text.partition(":")
    try:
        found = Interval(float(low), float(high))
    except ValueError:
        found = None
    if found is None or not colon or isnan(found.low) or isnan(found.high):
        raise ValueError(f"expected LOW:HIGH such as -1:1 or 1:inf, got {text!r}")
    if not found.low < found.high:
        raise ValueError(f"expected LOW below HIGH, got {text!r}, which is empty")
    return found


def parse_range(text: str) -> Interval:
    """The interval in which values are to be drawn; one value may be both ends.

    Raises:
        ValueError: it stands for none, is empty or without an end.
    """
    low, colon, high = text.partition(":")
    if colon and low == high and low.lstrip("-").isdecimal():
        return Interval(float(low), float(high))
    found = parse_interval(text)
    if inf in (-found.low, found.high):
        raise ValueError(f"expected two finite ends to draw between, got {text!r} (see --domain)")
    return found


def parse_domain(text: str) -> Domain:
    """The domain that `0:1`, `nonzero` or `0:1,distinct` stands for.

    Raises:
        ValueError: it stands for none.

    >>> parse_domain("0:1,distinct")
    Domain(interval=Interval(low=0.0, high=1.0), words=('distinct',))
    """
    interval, words = Interval(), []
    for part in text.split(","):
        if part in WORDS:
            words.append(part)
        elif ":" in part:
            interval = parse_interval(part)
        else:
            raise ValueError(f"expected LOW:HIGH, {', '.join(WORDS)}, got {text!r}")
    return Domain(interval, tuple(words))


def parse_named(text: str, parse: Callable[[str], T]) -> tuple[str, T]:
    """The name and the rest of `NAME=REST`; the name is empty where there is none.

    >>> parse_named("p=0:1", parse_interval), parse_named("0:1", parse_interval)[0]
    (('p', Interval(low=0.0, high=1.0)), '')
    """
    name, equals, rest = text.rpartition("=")
    if equals and not name.isidentifier():
        raise ValueError(f"expected NAME=..., NAME being that of an input, got {text!r}")
    return name, parse(rest)
