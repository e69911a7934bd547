"""What a Spec is made of: arguments, calls, and what is declared of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gradcheck.specs import fields
from gradcheck.specs.intervals import Interval, drawn_from

INFINITY = float("inf")


@dataclass(frozen=True)
class Arg:
    """One argument: the shape and the interval it is drawn from.

    Attributes:
        shape: by default (2, 3), or that of the fixed values.
        low, high: values are drawn uniformly from this interval: by default from [-2, 2], or from inside of
            the domain, with room to its ends.
        avoid: points where the function is not smooth; drawn values keep `gap` away from them.
        distinct: values keep apart from one another (max, sorting).
        domain: the open interval in which the function is defined: nothing is drawn outside of it, and no
            finite-difference step leaves it.
        values: fixed values instead (labels, indices, masks); integers and booleans are not
            differentiated.

    Raises:
        SpecError: a field does not fit; the message names the argument, the field, what was expected and what
            came.

    >>> Arg("p", domain=(0.0, 1.0)).interval, Arg("label", values=[2, 0, 1]).shape
    ((0.125, 0.875), (3,))
    >>> Arg("p", low=-1.0, domain=(0.0, 1.0))
    Traceback (most recent call last):
    ...
    gradcheck.errors.SpecError: Arg 'p': low: expected a number inside of the domain (0.0, 1.0), got -1.0
    """

    name: str
    shape: tuple[int, ...] = None  # type: ignore[assignment]  # __post_init__ says which
    low: float | None = None
    high: float | None = None
    avoid: tuple[float, ...] = ()
    gap: float = 0.125
    distinct: bool = False
    domain: Interval = (-INFINITY, INFINITY)
    values: Any = None

    def __post_init__(self) -> None:
        owner = f"Arg {fields.shown(self.name)}"
        fields.require(fields.is_text(self.name), "Arg", "name", "a text", self.name)
        self._require_interval(owner)
        avoided = fields.is_listed(self.avoid) and all(map(fields.is_finite, self.avoid))
        fields.require(avoided, owner, "avoid", "a tuple of numbers", self.avoid)
        fields.require(
            fields.is_finite(self.gap) and self.gap >= 0, owner, "gap", "a number of at least 0", self.gap
        )
        self._require_room(owner)
        object.__setattr__(self, "shape", self._fitting_shape(owner))

    @property
    def interval(self) -> Interval:
        """The interval that values are drawn from."""
        return drawn_from(self.domain, self.low, self.high)

    def _require_interval(self, owner: str) -> None:
        expected = "two numbers, the smaller one first"
        fields.require(fields.is_interval(self.domain), owner, "domain", expected, self.domain)
        lower, upper = self.domain
        for field_, end in (("low", self.low), ("high", self.high)):
            if end is None:
                continue
            fields.require(fields.is_finite(end), owner, field_, "a number or None", end)
            inside = f"a number inside of the domain {self.domain}"
            fields.require(lower <= end <= upper, owner, field_, inside, end)
            fields.require(end != (upper if field_ == "low" else lower), owner, field_, inside, end)
        start, end = self.interval
        fields.require(start <= end, owner, "low", f"a number of at most high, {self.high}", self.low)

    def _require_room(self, owner: str) -> None:
        """Refuse points to avoid that leave nothing of the interval."""
        start, end = self.interval
        for point in sorted(self.avoid):
            if point - self.gap < start:
                start = max(start, point + self.gap)
        said = f"points that leave a part of {self.interval} when values keep gap = {self.gap} away from them"
        fields.require(start < end or not self.avoid, owner, "avoid", said, self.avoid)

    def _fitting_shape(self, owner: str) -> tuple[int, ...]:
        if self.shape is not None:
            fields.require(fields.is_shape(self.shape), owner, "shape", "a tuple of sizes", self.shape)
        if self.values is None:
            return (2, 3) if self.shape is None else tuple(self.shape)
        there = fields.shape_of(owner, "values", self.values)
        if self.shape is not None and tuple(self.shape) != there:
            said = f"an array of the argument's shape {tuple(self.shape)}"
            fields.wrong(owner, "values", said, f"one of shape {there}")
        return there


@dataclass(frozen=True)
class Variant:
    """One way to call the function: keyword arguments and, where they differ, the arguments' shapes.

    Attributes:
        label: distinguishes it where neither params nor shapes do.
        values: by an argument's name, what it holds instead of its own `values` (labels, indices).
    """

    params: Mapping[str, Any] = field(default_factory=dict)
    shapes: tuple[tuple[int, ...], ...] | None = None
    label: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


Pick = Callable[[Sequence[Any]], Any]  # one of several, at random or as Hypothesis wants it
Recipe = Callable[[Pick], Variant]


@dataclass(frozen=True)
class Convention:
    """What the derivative is declared to be at a point where there is none."""

    inputs: tuple[Any, ...]
    gradients: tuple[Any, ...]  # of the sum of the outputs, one for each input
    text: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Declared:
    """What is declared of some cases, and why.

    Attributes:
        variant, dtype, device, layout: shell patterns. Besides those of `gradcheck.subjects.layouts.LAYOUTS`
            a layout may be a form of the arguments, "0-d" or "size-1".
    """

    reason: str
    variant: str = "*"
    dtype: str = "*"
    device: str = "*"
    layout: str = "*"


class Gap(Declared):
    """Cases that are known not to pass, and why; a run fails when they start to."""


class Omission(Declared):
    """Cases that are not measured, and why: shown by `gradcheck list` and in the report."""


@dataclass(frozen=True)
class Sweep:
    """The range of an elementwise function over which its accuracy is measured, tails included."""

    low: float
    high: float
    logarithmic: bool = False
