"""What a call of a model did, and what of it changes with the batch size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dezero.core import Function, Variable, test_mode, using_config
from dezero.cuda import get_array_module

Sizes = tuple[int | None, ...]  # a shape; None for a size that is a multiple of the batch size


@dataclass(frozen=True)
class Trace:
    """One call: the Functions between inputs and outputs, each after those it needs.

    Attributes:
        batch: N, the first size of the inputs.
        sizes: of a Variable by its id, where it has sizes that change with the batch.
    """

    inputs: Sequence[Variable]
    outputs: Sequence[Variable]
    functions: Sequence[Function]
    batch: int = 1
    sizes: Mapping[int, Sizes] = field(default_factory=dict)

    def variables(self) -> Iterator[Variable]:
        """The inputs, and what the Functions made of them."""
        yield from self.inputs
        yield from (f.outputs[0]() for f in self.functions)


def trace(model: Callable[..., Any], arrays: Sequence[Any]) -> Trace:
    """Call `model` on `arrays` in test mode, and read the graph that it left.

    Raises:
        TypeError: it returns something else than one Variable or several.
        ValueError: an output does not depend on the inputs.
    """
    inputs = [Variable(x) for x in arrays]
    with using_config("enable_backprop", True), test_mode():
        result = model(*inputs)
    outputs = result if isinstance(result, (tuple, list)) else [result]
    if not all(isinstance(y, Variable) for y in outputs):
        raise TypeError(f"export: model must return Variables, got {list(map(type, outputs))}")
    functions, live = _between(inputs, outputs)
    for i, y in enumerate(outputs):
        if id(y) not in live:
            raise ValueError(f"export: output {i} does not depend on the inputs by dezero's functions")
    return Trace(inputs, outputs, functions, batch_size(arrays))


def _between(inputs: Sequence[Variable], outputs: Sequence[Variable]) -> tuple[list[Function], set[int]]:
    """The Functions on which inputs have an effect, and the ids of the Variables likewise."""
    live = set(map(id, inputs))
    functions = []
    for f in _in_order(outputs):
        if any(id(x) in live for x in operands(f)):
            functions.append(f)
            live.update(id(y()) for y in f.outputs)
    return functions, live


def operands(f: Function) -> Sequence[Variable]:
    """What `f` computes with: its inputs, and a Variable by which it indexes."""
    index = getattr(f, "index", None)
    return f.inputs if index is None else [*f.inputs, index]


def _in_order(outputs: Sequence[Variable]) -> list[Function]:
    """The Functions behind the outputs, each once and after those it needs; no recursion."""
    found: dict[int, Function] = {}
    waiting = [y.creator for y in outputs]
    while waiting:
        f = waiting[-1]
        if f is None or id(f) in found:
            waiting.pop()
            continue
        before = [x.creator for x in operands(f) if x.creator and id(x.creator) not in found]
        waiting.extend(before)
        if not before:
            found[id(f)] = f
    return list(found.values())


def batch_size(arrays: Sequence[Any]) -> int:
    """N: the first size of the first array that has one."""
    return next((len(x) for x in arrays if x.ndim), 1)


def doubled(arrays: Sequence[Any]) -> list[Any]:
    """Twice the batch: each array of N rows twice, all other arrays unchanged."""
    N = batch_size(arrays)  # noqa: N806  # the field's letter
    return [get_array_module(x).concatenate([x, x]) if x.ndim and len(x) == N else x for x in arrays]


def with_open_batch(one: Trace, other: Trace) -> Trace:
    """`one`, with the sizes by which it differs from `other`, the trace of another batch size.

    Raises:
        ValueError: they differ in more than sizes that are multiples of N.
    """
    pairs = zip(one.variables(), other.variables(), strict=True)
    sizes = {id(x): _open(x.shape, y.shape, one.batch, other.batch) for x, y in pairs}
    return replace(one, sizes=sizes)


def _open(
    shape: Sequence[int],
    other: Sequence[int],
    N: int,  # noqa: N803  # the field's letters
    M: int,  # noqa: N803
) -> Sizes:
    """The sizes of `shape`, which is `other` where the batch size is M instead of N."""
    pairs = list(zip(shape, other, strict=True))
    if any(a != b and a * M != b * N for a, b in pairs):
        raise ValueError(f"{shape} and {other} are not multiples of the batch sizes {N} and {M}")
    return tuple(a if a == b else None for a, b in pairs)
