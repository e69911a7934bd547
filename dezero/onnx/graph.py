"""An ONNX graph in the making: plain data, which the package onnx then writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from dezero import cuda
from dezero.core import Variable
from dezero.onnx.trace import Sizes, Trace


class Node(NamedTuple):
    """An operator at work. Attributes are numbers, lists of integers, or a dtype."""

    op: str
    inputs: tuple[str, ...]
    output: str
    attributes: dict[str, Any]


class Value(NamedTuple):
    """An input or output of the graph; in `sizes` the letter N stands for the batch size."""

    name: str
    dtype: np.dtype
    sizes: tuple[int | str | None, ...]


class Graph:
    """Nodes and the constants they use. Every value has a name, which no other has.

    Args:
        trace: the call that this is the graph of.
        names: of arrays by their ids; other constants are numbered.
    """

    def __init__(self, trace: Trace, names: Mapping[int, str]) -> None:
        self.nodes: list[Node] = []
        self.initializers: dict[str, Any] = {}
        self.inputs: list[Value] = []
        self.outputs: list[Value] = []
        self._trace = trace
        self._names = names
        self._taken = set(names.values())
        self._values: dict[int, str] = {}  # by id of Variable or array, all of which are kept
        self._batch: str | None = None
        for i, x in enumerate(trace.inputs):
            self.inputs.append(self._as_value(x, self._unique(f"x{i}")))
            self._values[id(x)] = self.inputs[-1].name

    def same_as(self, other: Graph) -> bool:
        """Whether they are one computation, constants included."""
        return (self.nodes, self.inputs, self.outputs) == (
            other.nodes,
            other.inputs,
            other.outputs,
        ) and _equal(self.initializers, other.initializers)

    def add(self, op: str, *inputs: str, **attributes: Any) -> str:
        """Append a node, and return the name of its output."""
        output = self._unique(f"{op}_{len(self.nodes)}")
        self.nodes.append(Node(op, inputs, output, attributes))
        return output

    def constant(self, array: Any) -> str:
        """The name of an array."""
        if id(array) not in self._values:
            known = self._names.get(id(array))
            name = known or self._unique(f"constant_{len(self.initializers)}")
            self._values[id(array)] = name
            self.initializers[name] = array
        return self._values[id(array)]

    def integers(self, values: Any) -> str:
        """The name of a vector of integers, as operators take axes and shapes."""
        return self.constant(np.array(values, dtype=np.int64))

    def operand(self, x: Variable, dtype: Any) -> str:
        """The name of `x` in `dtype`: ONNX's operators, unlike NumPy's, do not promote."""
        name = self._values.get(id(x)) or self.constant(x.data)
        return name if x.dtype == dtype else self.add("Cast", name, to=np.dtype(dtype))

    def shape(self, y: Variable) -> str:
        """The name of the vector of the sizes of `y`, computed where the batch size is open."""
        sizes = self._sizes(y)
        if None not in sizes:
            return self.integers(sizes)
        parts = [
            self._batches(actual) if size is None else self.integers([size])
            for size, actual in zip(sizes, y.shape, strict=True)
        ]
        return self.add("Concat", *parts, axis=0)

    def reshape(self, x: str, y: Variable) -> str:
        """`x` in the shape of `y`."""
        sizes = self._sizes(y)
        if sizes.count(None) > 1:
            return self.add("Reshape", x, self.shape(y))
        return self.add("Reshape", x, self.integers([-1 if s is None else s for s in sizes]))

    def define(self, y: Variable, name: str) -> None:
        """`y` is the value of that name."""
        self._values[id(y)] = name

    def finish(self) -> None:
        """Give the outputs their names."""
        for i, y in enumerate(self._trace.outputs):
            name = self._unique(f"y{i}")
            self.nodes.append(Node("Identity", (self._values[id(y)],), name, {}))
            self.outputs.append(self._as_value(y, name))

    def _sizes(self, x: Variable) -> Sizes:
        return self._trace.sizes.get(id(x), x.shape)

    def _batches(self, size: int) -> str:
        """The name of a vector of one element, a multiple of the batch size: here it is `size`."""
        if self._batch is None:
            i = next(i for i, x in enumerate(self._trace.inputs) if None in self._sizes(x)[:1])
            self._batch = self.add("Shape", self.inputs[i].name, start=0, end=1)
        return self.add("Mul", self._batch, self.integers([size // self._trace.batch]))

    def _as_value(self, x: Variable, name: str) -> Value:
        sizes = zip(self._sizes(x), x.shape, strict=True)
        N = self._trace.batch  # noqa: N806  # the field's letter
        letters = (s if s is not None else "N" if size == N else None for s, size in sizes)
        return Value(name, x.dtype, tuple(letters))

    def _unique(self, name: str) -> str:
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name


def _equal(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one.keys() == other.keys() and all(
        a is other[name] or _same(cuda.as_numpy(a), cuda.as_numpy(other[name])) for name, a in one.items()
    )


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
