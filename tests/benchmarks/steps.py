"""What a workload is, and the step that most of them are: forward and backward, in dezero and in PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from dezero import Variable

Arrays = list[Any]
Step = Callable[[], Arrays]  # does the work once; gives its results, to be compared


class Workload(Protocol):
    """The same work for two frameworks, on whatever holds the arrays."""

    @property
    def name(self) -> str:
        """What it is, unique."""

    def draw(self, rng: np.random.Generator) -> Arrays:
        """What the work begins with, on the host."""

    def ours(self, arrays: Arrays) -> Step:
        """In dezero, where `arrays` are; they are not changed."""

    def in_torch(self, torch: Any, tensors: Arrays) -> Step | None:
        """In PyTorch, where `tensors` are; they are not changed. None: PyTorch has nothing like it."""


def in_dezero(f: Callable[..., Any], inputs: Sequence[Any], gy: Any) -> Step:
    """Forward and backward of f with the cotangent gy: the value and the gradients by all inputs."""
    variables = [Variable(x) for x in inputs]

    def step() -> Arrays:
        for v in variables:
            v.cleargrad()
        y = f(*variables)
        y.grad = Variable(gy)
        y.backward()
        return [y.data, *(v.grad.data for v in variables)]

    return step


def in_torch(f: Callable[..., Any], inputs: Sequence[Any], gy: Any) -> Step:
    """As `in_dezero`, on tensors."""
    leaves = [x.detach().requires_grad_() for x in inputs]

    def step() -> Arrays:
        for leaf in leaves:
            leaf.grad = None
        y = f(*leaves)
        y.backward(gy)
        return [y.detach(), *(leaf.grad for leaf in leaves)]

    return step


def array(y: Any) -> Any:
    """The array of a Variable, or y itself, which is one."""
    return y.data if isinstance(y, Variable) else y


def uneven(count: Any, shape: tuple[int, ...]) -> Any:
    """A cotangent of 0, 1, 2, ...: from 0.5 to 1.4, neighbours differ, so that softmax's does not cancel."""
    return (count % 7 / 7 + 0.5).reshape(shape)


def assert_alike(ours: Sequence[Any], theirs: Sequence[Any], name: str) -> None:
    """That both sides did the same work, by results on the host: float32, some sums in another order.

    Raises:
        AssertionError: they did not.
    """
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-2, atol=1e-3 * np.abs(b).max(initial=0.0), err_msg=name)
