"""The interface of numbers in object arrays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from flint import arb


class Element:
    """A number in an object array: what is the same of balls and of jets."""

    __slots__ = ()

    @classmethod
    def of(cls, value: Any) -> Any:
        """The constant `value`."""
        raise NotImplementedError

    def constant(self) -> arb:
        """The value at t = 0."""
        raise NotImplementedError

    def sign(self) -> int | None:
        """-1, 0 or 1, for comparisons; None of an undefined value."""
        raise NotImplementedError

    def __lt__(self, other: Any) -> Any:
        raise NotImplementedError

    @classmethod
    def product(cls, a: np.ndarray, b: np.ndarray) -> list[Any] | None:
        """The elements of a product of matrices of such numbers and plain ones; None if not known."""
        raise NotImplementedError

    @classmethod
    def each(cls, name: str, elements: list[Any]) -> list[Any]:
        """An elementary function, by NumPy's name, of each of these numbers."""
        return [getattr(e, name)() for e in elements]

    @classmethod
    def total(cls, x: np.ndarray, axis: Any, keepdims: bool) -> Any:
        """np.add.reduce of an array of such numbers."""
        raise NotImplementedError


def kind_of(operands: Iterable[Any]) -> type[Element] | None:
    """The class of the numbers in object arrays among the operands, None if all are constants."""
    arrays = (x for x in operands if isinstance(x, np.ndarray))
    return next((type(v) for x in arrays for v in x.ravel() if isinstance(v, Element)), None)


def is_defined(x: Element) -> bool:
    """Whether x has a value (which may be infinite): it is neither NaN nor unknown."""
    return not x.constant().is_nan()


def sign_between(a: Any, b: Any) -> int | None:
    """The sign of a - b, where one is an Element; mostly their constant terms tell."""
    first = a.constant() if isinstance(a, Element) else a
    second = b.constant() if isinstance(b, Element) else b
    if first > second:
        return 1
    if first < second:
        return -1
    sign: int | None = (a - b).sign()
    return sign


def same_infinity(a: Any, b: Any) -> bool:
    value, other = _constant(a), _constant(b)
    return bool(value == other) and not arb(value).is_finite()


def _constant(x: Any) -> Any:
    return x.constant() if isinstance(x, Element) else x
