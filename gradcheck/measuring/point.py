"""Where a subject is differentiated, and along what: inputs, cotangents and direction as one value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from flint import arb

from gradcheck.measuring import probes
from gradcheck.oracles import jet
from gradcheck.subjects.positions import ActiveInputs


@dataclass(frozen=True)
class Point(ActiveInputs):
    """Where a subject is differentiated, and along what.

    Attributes:
        inputs: host arrays, one for each argument.
        active: which are differentiated.
        cotangents: u, one for each output, in the output's dtype; None for one that is not floating.
        direction: d, one for each input, in the input's dtype.
        order: the highest order.
        dtype: the dtype in whose ULPs errors are counted.
        device: "cpu" or "gpu".

    >>> x, n = np.array([[1.0, 2.0]]), np.array([7])
    >>> at = Point([n, x], [False, True], [np.ones(2)], [n, x], 1, x.dtype)
    >>> at.size, at.location(1), at.floats([None, 2 * x]).tolist()
    (2, (1, 1), [2.0, 4.0])
    """

    inputs: list[Any]
    active: list[bool]
    cotangents: list[Any]
    direction: list[Any]
    order: int
    dtype: Any
    device: str = "cpu"

    # The differentiated elements ------------------------------------------------------------------------

    def span(self, i: int) -> slice:
        """The positions of the elements of input `i`."""
        start = sum(x.size for n, x in self.differentiated() if n < i)
        return slice(start, start + self.inputs[i].size)

    def elements(self, arrays: Sequence[Any], zero: Any = 0.0) -> list[Any]:
        """The elements of the differentiated inputs' arrays in one list; `zero` for an array that is None."""
        found: list[Any] = []
        for i, x in self.differentiated():
            found.extend([zero] * x.size if arrays[i] is None else arrays[i].ravel().tolist())
        return found

    def floats(self, arrays: Sequence[Any]) -> np.ndarray:
        """The same as one array."""
        pairs = ((x, arrays[i]) for i, x in self.differentiated())
        parts = [np.zeros(x.size) if array is None else array.ravel() for x, array in pairs]
        return np.concatenate(parts) if parts else np.zeros(0)

    def balls(self, arrays: Sequence[Any]) -> list[arb]:
        """The same of arrays of balls."""
        return self.elements(arrays, arb(0))

    def shaped(self, elements: np.ndarray) -> list[np.ndarray]:
        """The reverse of `floats`: an array for each input, zeros for those that are not differentiated."""
        found = [np.zeros(np.shape(x)) for x in self.inputs]
        for i, x in self.differentiated():
            found[i] = elements[self.span(i)].reshape(x.shape)
        return found

    # Directions and probes ------------------------------------------------------------------------------

    def unit(self, position: int) -> list[np.ndarray]:
        """The direction that moves one element alone, by 1."""
        return probes.unit(self.inputs, *self.location(position))

    def units(self) -> list[list[np.ndarray]]:
        """That of each element."""
        return [direction for _, _, direction in probes.units(self.inputs, self.active)]

    def without(self, direction: Sequence[np.ndarray], positions: Sequence[int]) -> list[np.ndarray]:
        """The direction, or column, with some elements at rest."""
        return probes.without(direction, [self.location(p) for p in positions])

    # Points like it -------------------------------------------------------------------------------------

    def with_inputs(self, change: Callable[[np.ndarray], Any]) -> Point:
        """The same point with every differentiated input changed."""
        return replace(self, inputs=self.changed_inputs(change))

    def with_cotangents(self, change: Callable[[np.ndarray], Any]) -> Point:
        """The same point with every cotangent changed."""
        return replace(self, cotangents=[None if u is None else change(u) for u in self.cotangents])

    def with_direction(self, change: Callable[[np.ndarray], Any]) -> Point:
        """The same point with the direction of every input changed."""
        return replace(self, direction=[change(d) for d in self.direction])

    def frozen(self, positions: Sequence[int]) -> Point:
        """The same point with a direction in which some elements rest."""
        return replace(self, direction=self.without(self.direction, positions))

    def of_outputs(self, kept: np.ndarray) -> Point:
        """The same point with a cotangent of 0 for all elements of the outputs but those that are kept."""
        parts: list[Any] = []
        start = 0
        for u in self.cotangents:
            stop = start + (0 if u is None else u.size)
            known = None if u is None else np.where(kept[start:stop].reshape(u.shape), u, 0).astype(u.dtype)
            parts.append(known)
            start = stop
        return replace(self, cotangents=parts)

    def changed(self, change: Callable[[np.ndarray], Any]) -> Point:
        """The same point with all of these changed."""
        return self.with_inputs(change).with_cotangents(change).with_direction(change)

    def arguments(self, change: Callable[[Any], Any]) -> tuple[list[Any], list[Any], list[Any]]:
        """Inputs, cotangents and direction, the arguments of a call, with every array changed."""
        us = [None if u is None else change(u) for u in self.cotangents]
        return [change(x) for x in self.inputs], us, [change(d) for d in self.direction]

    def copies(self) -> tuple[list[Any], list[Any], list[Any]]:
        """The same in arrays that nothing else holds."""
        return self.arguments(lambda x: x.copy())

    # The truth ------------------------------------------------------------------------------------------

    def truth(
        self, f: jet.Forward, columns: Sequence[Sequence[np.ndarray]], order: int, **how: Any
    ) -> jet.Truth:
        """Certified <G_k, e> for every column e and k = 1 .. order (see `gradcheck.oracles.jet.truth`)."""
        given = self.inputs, self.active, self.cotangents, self.direction
        return jet.truth(f, *given, columns, order, **how)
