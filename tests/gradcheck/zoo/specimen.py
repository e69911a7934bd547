"""What an operation of the zoo is, and how one is made in a line."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dezero import Function
from gradcheck.judging.finding import Result

LARGEST = 40  # elements of all inputs together, of what is small
FLOATS_ONLY = "functions whose forward cannot run on object arrays"


@dataclass(frozen=True)
class Specimen:
    """One operation at one point, and what the checker must say of it.

    Attributes:
        name: unique within its zoo.
        phrase: the sentence of the requirements that it stands for.
        f, inputs, order: the call `check(f, *inputs, order=order)`.
        verdicts: those that are right.
        failing: the lowest order that is wrong, or None.
        cause: words that the diagnosis must contain.
        note: words that a note or the reason must contain.
    """

    name: str
    phrase: str
    f: Callable[..., Any]
    inputs: tuple[Any, ...]
    order: int = 1
    verdicts: tuple[str, ...] = ("pass",)
    failing: int | None = None
    cause: str = ""
    note: str = ""

    def __str__(self) -> str:
        return self.name

    def require_found(self, result: Result) -> None:
        """The result fails it, at the lowest order that is wrong, for the right reason."""
        assert result.verdict == "fail", str(result)
        failing = min(row.order for row in result.evidence if row.verdict == "fail")
        assert failing == self.failing, str(result)
        assert result.diagnosis, str(result)
        assert self.cause in result.diagnosis, str(result)

    @property
    def small(self) -> bool:
        """Whether all of its Jacobian can be computed, in numbers of all digits, and order 1 is wrong."""
        arrays = [np.asarray(x) for x in self.inputs if isinstance(x, (np.ndarray, float))]
        few = sum(x.size for x in arrays) <= LARGEST
        return self.failing == 1 and few and all(x.dtype != np.float16 for x in arrays)


class Op(Function):
    """A Function of two plain functions: `forward(*arrays)` and `backward(*gys, *inputs)`."""

    def __init__(self, forward: Callable[..., Any], backward: Callable[..., Any]) -> None:
        self._forward = forward
        self._backward = backward

    def forward(self, *xs: Any) -> Any:
        return self._forward(*xs)

    def backward(self, *gys: Any) -> Any:
        return self._backward(*gys, *self.inputs)


def op(forward: Callable[..., Any], backward: Callable[..., Any]) -> Callable[..., Any]:
    """A function of Variables whose derivative is `backward(*gys, *inputs)`."""
    return lambda *xs: Op(forward, backward)(*xs)


def some(*shape: int, seed: int = 0, low: float = -2.0, high: float = 2.0) -> np.ndarray:
    """Short decimals drawn from an interval."""
    return np.round(np.random.default_rng([seed, *shape]).uniform(low, high, shape), 3)


def several(*shape: int, seed: int = 0) -> np.ndarray:
    """Short decimals of both signs, 0.3 to 2 in size, no two of a row alike."""
    values = some(*shape, seed=seed, low=0.3, high=2.0)
    return values * np.random.default_rng([1, seed]).choice([-1.0, 1.0], shape)


def two(*shape: int) -> tuple[np.ndarray, np.ndarray]:
    """Two arrays of several."""
    return several(*shape), several(*shape, seed=1)


def floats(x: Any) -> np.ndarray:
    """What keeps jets out: a certified number is no float."""
    return np.asarray(x, dtype=np.float64)


def checked(x: Any) -> Any:
    """The same floats; jets are refused: a certified number is no float."""
    assert not math.isnan(x.sum())
    return x


def softmax(x: Any) -> Any:
    """Along the last axis."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def second_sine(backward: Callable[..., Any]) -> Callable[..., Any]:
    """The sine, whose cosine has this backward(gy, x)."""
    return op(np.sin, lambda gy, x: gy * op(np.cos, backward)(x))


def wrong(
    name: str, phrase: str, f: Any, *inputs: Any, cause: str = "", order: int = 1, failing: int = 1
) -> Specimen:
    """A wrong operation."""
    return Specimen(name, phrase, f, inputs, order, ("fail",), failing, cause)


def wrong_second(name: str, phrase: str, f: Any, *inputs: Any, cause: str = "") -> Specimen:
    """An operation whose first derivative is right and whose second is wrong."""
    return wrong(name, phrase, f, *inputs, cause=cause, order=2, failing=2)


def opaque_wrong(name: str, f: Any, *inputs: Any, **rest: Any) -> Specimen:
    """A wrong operation whose forward runs on floats only."""
    return wrong(name, FLOATS_ONLY, f, *inputs, **rest)


def right(
    name: str,
    phrase: str,
    f: Any,
    *inputs: Any,
    order: int = 2,
    verdicts: tuple[str, ...] = ("pass",),
    note: str = "",
) -> Specimen:
    """A right operation."""
    return Specimen(name, phrase, f, inputs, order, verdicts, None, "", note)


def kink(name: str, phrase: str, f: Any, *inputs: Any, order: int = 1, note: str = "") -> Specimen:
    """A right operation at a point where it has no derivative."""
    return right(name, phrase, f, *inputs, order=order, verdicts=("inconclusive",), note=note)


def opaque(
    name: str, f: Any, *inputs: Any, order: int = 1, verdicts: tuple[str, ...] = ("pass",)
) -> Specimen:
    """A right operation whose forward runs on floats only."""
    return right(name, FLOATS_ONLY, f, *inputs, order=order, verdicts=verdicts, note="object arrays")


def half_opaque(name: str, f: Any, *inputs: Any, order: int = 1) -> Specimen:
    """A right operation whose backward runs on floats only."""
    phrase = "functions whose backward cannot run on object arrays"
    return right(name, phrase, f, *inputs, order=order, note="object arrays")


def of(make: Callable[..., Specimen], *phrase: str, **common: Any) -> Callable[..., Specimen]:
    """Specimens of one phrase, that have what else is given in common: a function of (name, f, *inputs).

    >>> negated = of(wrong, "sign", cause="sign")
    >>> negated("the sine", np.sin, 0.5).cause
    'sign'
    """
    return lambda name, f, *inputs: make(name, *phrase, f, *inputs, **common)
