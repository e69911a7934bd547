"""A row of the table of functions: the same function in both frameworks, and its inputs."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import dezero.functions as F
from dezero import Variable
from dezero.cuda import get_array_module
from tests.benchmarks import steps
from tests.benchmarks.steps import Arrays, Step

Shapes = Sequence[tuple[int, ...]]
Draw = Callable[[np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Operation:
    """A function of both frameworks at inputs of one size, forward and backward.

    Attributes:
        f: of Variables.
        peer: the same of torch and tensors, or its name in torch, which may have none of that name.
        shapes: of the differentiated inputs.
        fixed: draw the others, which follow them.
        unit: the inputs are from 0.1 to 0.9, else normally distributed.
        random: its results are random: those of both frameworks are not compared.
        forward: it has no derivative, and is called with arrays.
        dtype: of all floats.
        strided: the differentiated inputs have gaps between their elements.
    """

    name: str
    f: Callable[..., Any]
    peer: Callable[..., Any] | str
    shapes: Shapes
    fixed: Sequence[Draw] = ()
    unit: bool = False
    random: bool = False
    forward: bool = False
    dtype: str = "f"
    strided: bool = False

    def draw(self, rng: np.random.Generator) -> Arrays:
        draw = self._between if self.unit else self._normal
        inputs = [draw(rng, shape) for shape in self.shapes]
        fixed = [each(rng) for each in self.fixed]
        return [
            *(map(_with_gaps, inputs) if self.strided else inputs),
            *(x.astype(self.dtype) if x.dtype.kind == "f" else x for x in fixed),
        ]

    def _between(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return self.scalar(0.1) + self.scalar(0.8) * rng.random(shape, dtype=self.scalar)

    def _normal(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return rng.standard_normal(shape, dtype=self.scalar)

    @property
    def scalar(self) -> Any:
        """The type of an element."""
        return np.dtype(self.dtype).type

    def ours(self, arrays: Arrays) -> Step:
        inputs, fixed = self._split(arrays, lambda x: x.copy())
        if self.forward:
            return lambda: [steps.array(self.f(*inputs, *fixed))]
        gy = self.cotangent(arrays)
        return self._compared(steps.in_dezero(lambda *xs: self.f(*xs, *fixed), inputs, gy))

    def cotangent(self, arrays: Arrays) -> Any:
        """Of the result, in dezero."""
        inputs, fixed = self._split(arrays, lambda x: x.copy())
        shape = self.f(*map(Variable, inputs), *fixed).shape
        count = get_array_module(inputs[0]).arange(math.prod(shape))
        return steps.uneven(count.astype(self.dtype), shape)

    def in_torch(self, torch: Any, tensors: Arrays) -> Step | None:
        inputs, fixed = self._split(tensors, lambda x: x.clone())
        peer = self.peer
        if isinstance(peer, str):
            found = (getattr(module, peer, None) for module in (torch, torch.nn.functional))
            peer = next(filter(callable, found), None)
            if peer is None:
                return None
        else:
            peer = functools.partial(peer, torch)
        if self.forward:
            return lambda: [peer(*inputs, *fixed)]
        y = peer(*inputs, *fixed)
        gy = steps.uneven(torch.arange(math.prod(y.shape), device=y.device).to(y.dtype), y.shape)
        return self._compared(steps.in_torch(lambda *xs: peer(*xs, *fixed), inputs, gy))

    def _split(self, arrays: Arrays, copy: Callable[[Any], Any]) -> tuple[Arrays, Arrays]:
        """The differentiated inputs as they are, and copies of the others, which a function may change."""
        count = len(self.shapes)
        return arrays[:count], [copy(x) for x in arrays[count:]]

    def _compared(self, step: Step) -> Step:
        return (lambda: step() and []) if self.random else step


def _with_gaps(x: np.ndarray) -> np.ndarray:
    """x, each second element of an array whose rows are twice as long."""
    wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
    wide[..., ::2] = x
    return wide[..., ::2]


# How the lines of the table are written -----------------------------------------------------------------


def torch_function(name: str, *args: Any, **kwargs: Any) -> Callable[..., Any]:
    """torch.`name`, with these arguments after the tensors."""
    return lambda torch, *xs: getattr(torch, name)(*xs, *args, **kwargs)


def nn_function(name: str, *args: Any, **kwargs: Any) -> Callable[..., Any]:
    """torch.nn.functional.`name`, with these arguments after the tensors."""
    return lambda torch, *xs: getattr(torch.nn.functional, name)(*xs, *args, **kwargs)


def named(name: str, shapes: Shapes, unit: bool = False) -> Operation:
    """A function that has one name in both."""
    return Operation(name, getattr(F, name), name, shapes, unit=unit)
