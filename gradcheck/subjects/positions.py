"""Inputs of which some are differentiated, and how their elements are numbered.

The differentiated elements are numbered through all inputs; such a number is called a position.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any


class ActiveInputs:
    """What has inputs, some of which are differentiated: a base of dataclasses with these two fields.

    Attributes:
        inputs: arrays, one for each argument.
        active: which of them are differentiated.
    """

    inputs: Sequence[Any]
    active: Sequence[bool]

    def differentiated(self) -> Iterator[tuple[int, Any]]:
        """(number, array) of each differentiated input."""
        return ((i, x) for i, (x, on) in enumerate(zip(self.inputs, self.active, strict=True)) if on)

    @property
    def size(self) -> int:
        """The number of differentiated elements."""
        return sum(x.size for _, x in self.differentiated())

    def location(self, position: int) -> tuple[int, int]:
        """(input, flat index) of an element.

        Raises:
            IndexError: there are not so many.
        """
        rest = position
        for i, x in self.differentiated():
            if rest < x.size:
                return i, rest
            rest -= x.size
        raise IndexError(f"there is no differentiated element {position}, only {self.size}")

    def value(self, position: int) -> Any:
        """The input's value there."""
        i, j = self.location(position)
        return self.inputs[i].flat[j]

    def changed_inputs(self, change: Callable[[Any], Any]) -> list[Any]:
        """The inputs, the differentiated ones changed."""
        return [change(x) if on else x for x, on in zip(self.inputs, self.active, strict=True)]

    def moving(self, arrays: Sequence[Any]) -> list[Any]:
        """The arrays, one for each input; zeros for inputs that are not differentiated."""
        return [x * on for x, on in zip(arrays, self.active, strict=True)]
