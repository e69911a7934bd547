"""A number that can do what dezero may ask of an element of an object array, and nothing else.

It has operators, comparisons and the functions that NumPy's ufuncs call by name. It refuses to
become a float, to be measured or indexed, and to meet NumPy's own scalars.
"""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np


class StrictNumber:
    """A multiple-precision number, with comparisons that raise where `decide` is False."""

    __slots__ = ("decide", "value")

    def __init__(self, value: Any, decide: bool = True) -> None:
        self.value = mpmath.mpmathify(value)
        self.decide = decide

    def _with(self, other: Any, operation: Any) -> Any:
        if isinstance(other, StrictNumber):
            other = other.value
        elif type(other) not in (int, float, bool):
            return NotImplemented
        return StrictNumber(operation(self.value, other), self.decide)

    def __add__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a + b)

    def __sub__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a - b)

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b - a)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a * b)

    def __truediv__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a / b)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b / a)

    def __pow__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a**b)

    def __rpow__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: mpmath.mpf(b) ** a)

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> StrictNumber:
        return StrictNumber(-self.value, self.decide)

    def __abs__(self) -> StrictNumber:
        return StrictNumber(abs(self.value), self.decide)

    def _compare(self, other: Any, operation: Any) -> bool:
        if not self.decide:
            raise ArithmeticError("this comparison cannot be decided")
        if type(other) not in (int, float, bool, StrictNumber):
            return NotImplemented
        return bool(operation(self.value, getattr(other, "value", other)))

    def __lt__(self, other: Any) -> bool:
        return self._compare(other, lambda a, b: a < b)

    def __le__(self, other: Any) -> bool:
        return self._compare(other, lambda a, b: a <= b)

    def __gt__(self, other: Any) -> bool:
        return self._compare(other, lambda a, b: a > b)

    def __ge__(self, other: Any) -> bool:
        return self._compare(other, lambda a, b: a >= b)

    def __eq__(self, other: Any) -> bool:  # type: ignore[override]  # as numbers do
        return self._compare(other, lambda a, b: a == b)

    def __ne__(self, other: Any) -> bool:  # type: ignore[override]  # as numbers do
        return self._compare(other, lambda a, b: a != b)

    __hash__ = None  # type: ignore[assignment]  # equal numbers of other types would differ

    def __bool__(self) -> bool:
        return self != 0

    def __float__(self) -> float:
        raise TypeError("a strict number does not become a float")


# The functions that ufuncs call by name, those that dezero does not use yet too.
ALIKE = ["sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log", "log10", "log1p", "expm1", "sqrt", "cbrt"]
UFUNCS = {name: getattr(mpmath, name) for name in ALIKE}
UFUNCS |= {f"arc{name}": getattr(mpmath, f"a{name}") for name in ALIKE[:6]}
UFUNCS |= {"exp2": lambda x: mpmath.mpf(2) ** x, "log2": lambda x: mpmath.log(x, 2)}
for _name, _function in UFUNCS.items():
    setattr(StrictNumber, _name, lambda self, f=_function: StrictNumber(f(self.value), self.decide))


def strict(array: np.ndarray, decide: bool = True) -> np.ndarray:
    """`array` as an object array of strict numbers."""
    result = np.empty(array.shape, dtype=object)
    for index, value in np.ndenumerate(array):
        result[index] = StrictNumber(float(value), decide)
    return result


def plain(array: np.ndarray) -> np.ndarray:
    """An object array of strict numbers (and the integers that zeros are) as float64 or complex."""
    values = [complex(getattr(x, "value", x)) for x in array.ravel()]
    return np.array(values).real.reshape(array.shape)
