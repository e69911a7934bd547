"""Central differences with a fixed step, as gradient checking is taught, and what they are off by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import dezero
from dezero import Variable
from gradcheck.experiments.networks.network import Loss
from gradcheck.judging.verdict import Verdict
from gradcheck.subjects.dezero import DezeroSubject

STEP = 1e-4  # the step of the book's numerical gradient
ROUNDING = 16 * np.finfo(np.float64).eps  # of a loss or gradient, relative to its size


def backprop(loss: Loss, parameters: Sequence[np.ndarray], direction: Any, order: int) -> list[Any]:
    """The gradients of orders 1 to `order` (each a list, one for each parameter, or None).

    That of order 2 is the gradient of the inner product of the first with `direction`.
    """
    subject = DezeroSubject(loss, [True] * len(parameters))
    copies = [p.copy() for p in parameters]
    return subject.gradients(copies, [np.ones(())], direction, order)


def gradient(loss: Loss, parameters: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The gradient of order 1, zeros where there is none."""
    [found] = backprop(loss, parameters, [None] * len(parameters), 1)
    return [np.zeros_like(p) if g is None else g for g, p in zip(found, parameters, strict=True)]


def value(loss: Loss, parameters: Sequence[np.ndarray]) -> float:
    """The loss."""
    with dezero.no_grad():
        return float(loss(*[Variable(p) for p in parameters]).data)


def of_loss(
    loss: Loss, parameters: Sequence[np.ndarray], i: int, step: float, elements: np.ndarray
) -> np.ndarray:
    """Differences of the loss over the (flat) `elements` of parameter `i`."""
    moved = [p.copy() for p in parameters]
    flat = moved[i].reshape(-1)
    result = np.empty(len(elements))
    for n, j in enumerate(elements):
        centre = flat[j]
        flat[j] = up = centre + step
        above = value(loss, moved)
        flat[j] = down = centre - step
        below = value(loss, moved)
        flat[j] = centre
        result[n] = (above - below) / (up - down)
    return result


def of_gradient(
    loss: Loss, parameters: Sequence[np.ndarray], direction: Sequence[np.ndarray], step: float
) -> list[np.ndarray]:
    """Differences of the gradient along `direction`: the Hessian's product with it."""
    above, below = (
        gradient(loss, [p + sign * step * d for p, d in zip(parameters, direction, strict=True)])
        for sign in (1, -1)
    )
    return [(a - b) / (2 * step) for a, b in zip(above, below, strict=True)]


def bound(near: np.ndarray, far: np.ndarray, size: float) -> np.ndarray:
    """What `near`, with STEP, may be off by, as `far` is with twice the step; `size` of what was differenced.

    The truncation error grows with the square of the step, so that the two differ by three times
    that of `near`.
    """
    return np.abs(far - near) + ROUNDING * size / STEP


def judge(gap: np.ndarray, bound: np.ndarray, what: str) -> tuple[Verdict, str]:
    """Each element of `gap` within `bound`, which is `what`; one that is not a number is not.

    >>> judge(np.array([0.0, 2.0]), np.array([1.0, 1.0]), "the error")
    ('fail', '1 of 2 elements differ by more than the error')
    """
    wrong = int(np.count_nonzero(~(gap <= bound)))
    if wrong:
        return "fail", f"{wrong} of {gap.size} elements differ by more than {what}"
    return "pass", f"all {gap.size} elements agree within {what}"
