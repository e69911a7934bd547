"""A loss at a point: backprop there, and central differences with a bound of their error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

import dezero
from dezero import Variable
from gradcheck.experiments.networks.network import Loss
from gradcheck.judging.verdict import Verdict
from gradcheck.oracles.differences.central import STEP, central
from gradcheck.subjects.dezero import DezeroSubject

ROUNDING = 16 * np.finfo(np.float64).eps  # of a loss or gradient, relative to its size


@dataclass(frozen=True)
class LossAt:
    """A loss at its parameters, a list of arrays. A gradient by all of them is one vector."""

    loss: Loss
    parameters: list[np.ndarray]

    @property
    def subject(self) -> DezeroSubject:
        return DezeroSubject(self.loss, [True] * len(self.parameters))

    def product(self, direction: Sequence[np.ndarray]) -> np.ndarray:
        """The Hessian times `direction`, by double backprop."""
        copies = [p.copy() for p in self.parameters]
        return self.joined(self.subject.gradients(copies, [np.ones(())], direction, 2)[1])

    def gradient(self, parameters: Sequence[np.ndarray] | None = None) -> np.ndarray:
        """By backprop; at other parameters where these are given."""
        copies = [p.copy() for p in parameters or self.parameters]
        return self.joined(self.subject.gradients(copies, [np.ones(())], [None] * len(copies), 1)[0])

    def joined(self, gradients: Sequence[Any]) -> np.ndarray:
        """The gradients by each parameter as one vector, zeros where there is none."""
        pairs = zip(gradients, self.parameters, strict=True)
        return np.concatenate([np.zeros(p.size) if g is None else np.ravel(g) for g, p in pairs])

    def split(self, vector: np.ndarray) -> list[np.ndarray]:
        """A vector's parts that belong to each parameter, flat."""
        return np.split(vector, np.cumsum([p.size for p in self.parameters])[:-1])

    # Differences --------------------------------------------------------------------------------------

    def differences(self, i: int, elements: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Differences of the loss over the (flat) `elements` of parameter `i`, and their error at most."""
        moved = [p.copy() for p in self.parameters]
        flat = moved[i].reshape(-1)

        def quotient(j: int, step: float) -> float:
            def at(x: float) -> float:
                flat[j] = x
                return _value(self.loss, moved)

            centre = flat[j]
            found = central(at, centre, step)
            flat[j] = centre
            return float(found)

        near, far = (np.array([quotient(j, step) for j in elements]) for step in (STEP, 2 * STEP))
        return near, _bound(near, far, self._size)

    def product_by_differences(self, direction: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """The Hessian times `direction` by differences of the gradient, and their error at most."""

        def at(t: float) -> np.ndarray:
            return self.gradient([p + t * d for p, d in zip(self.parameters, direction, strict=True)])

        near, far = (central(at, step=step) for step in (STEP, 2 * STEP))
        return near, _bound(near, far, self._slope)

    @cached_property
    def _size(self) -> float:
        return abs(_value(self.loss, self.parameters))

    @cached_property
    def _slope(self) -> float:
        """The largest element of the gradient."""
        return float(np.abs(self.gradient()).max(initial=0.0))


def _value(loss: Loss, parameters: Sequence[np.ndarray]) -> float:
    with dezero.no_grad():
        return float(loss(*[Variable(p) for p in parameters]).data)


def _bound(near: np.ndarray, far: np.ndarray, size: float) -> np.ndarray:
    """What `near`, with STEP, may be off by, as `far` is with twice the step; `size` of what was differenced.

    The truncation error grows with the square of the step, so that the two differ by three times
    that of `near`.
    """
    return np.abs(far - near) + ROUNDING * size / STEP


def judge(gap: np.ndarray, bound: np.ndarray, what: str) -> tuple[Verdict, str]:
    """Whether each element of `gap` is within `bound`, which is `what`; NaN is not.

    >>> judge(np.array([0.0, 2.0]), np.array([1.0, 1.0]), "the error")
    ('fail', '1 of 2 elements differ by more than the error')
    """
    wrong = int(np.count_nonzero(~(gap <= bound)))
    if wrong:
        return "fail", f"{wrong} of {gap.size} elements differ by more than {what}"
    return "pass", f"all {gap.size} elements agree within {what}"
