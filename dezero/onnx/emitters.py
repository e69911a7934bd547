"""What each Function is in ONNX: a table of small emitters.

An emitter `(graph, f, y, *xs) -> name` adds nodes for the Function `f` with the output Variable `y`. Its
operands have the names xs, and the dtype of y already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from dezero import core
from dezero import functions as F
from dezero.core import Variable, describe
from dezero.onnx.graph import Graph
from dezero.onnx.trace import Trace

Emitter = Callable[..., str]


def build(trace: Trace, names: Mapping[int, str]) -> Graph:
    """The graph of a call. `names` are those of parameters, by the ids of their arrays.

    Raises:
        NotImplementedError: a Function has no emitter.
    """
    graph = Graph(trace, names)
    for f in trace.functions:
        emit = EMITTERS.get(type(f))
        if emit is None:
            raise NotImplementedError(
                f"export: the Function {type(f).__name__} (of {describe(f.inputs)}) has no form in "
                "ONNX here; give it one in dezero.onnx.EMITTERS, or leave it out of the model"
            )
        y = f.outputs[0]()
        operands = [graph.operand(x, y.dtype) for x in f.inputs]
        graph.define(y, emit(graph, f, y, *operands))
    graph.finish()
    return graph


def operator(op: str) -> Emitter:
    """The Function is one operator, without settings."""
    return lambda graph, f, y, *xs: graph.add(op, *xs)


def reduction(op: str) -> Emitter:
    """The Function is an operator that takes axes."""

    def emit(graph: Graph, f: Any, y: Variable, x: str) -> str:
        return _reduced(graph, op, x, _axes(f), f.keepdims)

    return emit


def _reduced(graph: Graph, op: str, x: str, axes: tuple[int, ...], keepdims: bool) -> str:
    """No axes mean all of them to ONNX, but to NumPy none, and a scalar has none."""
    if not axes:
        return graph.add("Identity", x)
    return graph.add(op, x, graph.integers(axes), keepdims=int(keepdims))


def _axes(f: Any) -> tuple[int, ...]:
    ndim = f.inputs[0].ndim
    return tuple(range(ndim)) if f.axis is None else normalize_axis_tuple(f.axis, ndim)


def _scalar(graph: Graph, value: Any, y: Variable) -> str:
    return graph.constant(np.asarray(value, dtype=y.dtype))


def _square(graph: Graph, f: Any, y: Variable, x: str) -> str:
    return graph.add("Mul", x, x)


def _pow(graph: Graph, f: Any, y: Variable, x: str) -> str:
    return graph.add("Pow", x, _scalar(graph, f.c, y))


def _clip(graph: Graph, f: Any, y: Variable, x: str) -> str:
    for op, bound in (("Max", f.x_min), ("Min", f.x_max)):
        if bound is not None:
            x = graph.add(op, x, _scalar(graph, bound, y))
    return x


def _leaky_relu(graph: Graph, f: Any, y: Variable, x: str) -> str:
    return graph.add("LeakyRelu", x, alpha=float(f.slope))


def _linear(graph: Graph, f: Any, y: Variable, x: str, W: str, *b: str) -> str:  # noqa: N803  # the book's name
    if y.ndim == 2:
        return graph.add("Gemm", x, W, *b)
    product = graph.add("MatMul", x, W)
    return graph.add("Add", product, *b) if b else product


def _conv(graph: Graph, f: Any, y: Variable, *operands: str) -> str:
    return graph.add("Conv", *operands, **_window(f, f.inputs[1].shape[2:]))


def _deconv(graph: Graph, f: Any, y: Variable, *operands: str) -> str:
    x, W = f.inputs[:2]  # noqa: N806  # the field's letter
    window = W.shape[2:], f.stride, f.pad
    beyond = [
        size - ((n - 1) * stride + kernel - 2 * pad)
        for size, n, kernel, stride, pad in zip(y.shape[2:], x.shape[2:], *window, strict=True)
    ]
    return graph.add("ConvTranspose", *operands, **_window(f, W.shape[2:]), output_padding=beyond)


def _max_pool(graph: Graph, f: Any, y: Variable, x: str) -> str:
    return graph.add("MaxPool", x, **_window(f, f.kernel_size))


def _average_pool(graph: Graph, f: Any, y: Variable, x: str) -> str:
    return graph.add("AveragePool", x, **_window(f, f.kernel_size), count_include_pad=1)


def _window(f: Any, kernel_size: Any) -> dict[str, list[int]]:
    return {
        "kernel_shape": list(kernel_size),
        "strides": list(f.stride),
        "pads": [*f.pad, *f.pad],  # at the beginning of each axis, then at the end
    }


def _batch_norm(graph: Graph, f: Any, y: Variable, *operands: str) -> str:
    if f.train:
        raise NotImplementedError("export: batch normalization in training mode has no form in ONNX here")
    averages = [
        graph.constant(a if a.dtype == y.dtype else a.astype(y.dtype)) for a in (f.avg_mean, f.avg_var)
    ]
    return graph.add("BatchNormalization", *operands, *averages, epsilon=float(f.eps))


def _softmax(graph: Graph, f: Any, y: Variable, x: str) -> str:
    if isinstance(f.axis, int):
        return graph.add("Softmax", x, axis=f.axis)
    return graph.add("Exp", _log_softmax(graph, f, y, x))


def _log_softmax(graph: Graph, f: Any, y: Variable, x: str) -> str:
    if isinstance(f.axis, int):
        return graph.add("LogSoftmax", x, axis=f.axis)
    return graph.add("Sub", x, _reduced(graph, "ReduceLogSumExp", x, _axes(f), keepdims=True))


def _reshape(graph: Graph, f: Any, y: Variable, x: str) -> str:
    return graph.reshape(x, y)


def _transpose(graph: Graph, f: Any, y: Variable, x: str) -> str:
    axes = range(y.ndim)[::-1] if f.axes is None else (axis % y.ndim for axis in f.axes)
    return graph.add("Transpose", x, perm=list(axes))


def _concatenate(graph: Graph, f: Any, y: Variable, *xs: str) -> str:
    return graph.add("Concat", *xs, axis=f.axis)


def _broadcast_to(graph: Graph, f: Any, y: Variable, x: str) -> str:
    return graph.add("Expand", x, graph.shape(y))


def _get_item(graph: Graph, f: Any, y: Variable, x: str) -> str:
    """By one array of integers along the first axis, or by integers, slices, ... and None."""
    if f.index is not None and f.index.dtype.kind in "iu":
        return graph.add("Gather", x, graph.operand(f.index, np.int64), axis=0)
    parts = f.slices if isinstance(f.slices, tuple) else (f.slices,)
    if not all(isinstance(part, _PLAIN) and not isinstance(part, bool) for part in parts):
        raise NotImplementedError("export: indexing by arrays that are no input has no form in ONNX here")
    cuts = [(axis, *_cut(part)) for axis, part in _by_axis(parts, f.inputs[0].ndim) if part != slice(None)]
    if cuts:
        axes, starts, ends, steps = map(graph.integers, zip(*cuts, strict=True))
        x = graph.add("Slice", x, starts, ends, axes, steps)
    return graph.reshape(x, y)


_PLAIN = (int, np.integer, slice, type(Ellipsis), type(None))


def _by_axis(parts: Sequence[Any], ndim: int) -> Iterator[tuple[int, Any]]:
    """Integers and slices with the axes that they cut."""
    used = [part for part in parts if part is not None]
    middle = used.index(Ellipsis) if Ellipsis in used else len(used)
    yield from enumerate(used[:middle])
    after = used[middle + 1 :]
    yield from enumerate(after, ndim - len(after))


def _cut(part: Any) -> tuple[int, int, int]:
    """Start, end and step as Slice has them, which clips them as NumPy does."""
    last = np.iinfo(np.int64).max
    if not isinstance(part, slice):
        return part, part + 1 if part != -1 else last, 1
    step = 1 if part.step is None else part.step
    start = (0 if step > 0 else last) if part.start is None else part.start
    end = (last if step > 0 else -last) if part.stop is None else part.stop
    return start, end, step


def _sum_to(graph: Graph, f: Any, y: Variable, x: str) -> str:
    shape = f.inputs[0].shape
    lead = len(shape) - y.ndim
    kept = (lead + i for i, size in enumerate(y.shape) if size != shape[lead + i])
    return graph.reshape(_reduced(graph, "ReduceSum", x, (*range(lead), *kept), keepdims=True), y)


EMITTERS: dict[type, Emitter] = {
    core.Add: operator("Add"),
    core.Sub: operator("Sub"),
    core.Mul: operator("Mul"),
    core.Div: operator("Div"),
    core.Neg: operator("Neg"),
    core.Pow: _pow,
    core.Copy: operator("Identity"),  # the operand has been cast
    core.BroadcastTo: _broadcast_to,
    core.SumTo: _sum_to,
    F.Abs: operator("Abs"),
    F.Clip: _clip,
    F.Cos: operator("Cos"),
    F.Cosh: operator("Cosh"),
    F.Exp: operator("Exp"),
    F.Log: operator("Log"),
    F.Maximum: operator("Max"),
    F.Minimum: operator("Min"),
    F.Power: operator("Pow"),
    F.Reciprocal: operator("Reciprocal"),
    F.Sin: operator("Sin"),
    F.Sinh: operator("Sinh"),
    F.Sqrt: operator("Sqrt"),
    F.Square: _square,
    F.Tan: operator("Tan"),
    F.Tanh: operator("Tanh"),
    F.LeakyReLU: _leaky_relu,
    F.ReLU: operator("Relu"),
    F.Sigmoid: operator("Sigmoid"),
    F.Softplus: operator("Softplus"),
    F.Sum: reduction("ReduceSum"),
    F.Mean: reduction("ReduceMean"),
    F.Max: reduction("ReduceMax"),
    F.Min: reduction("ReduceMin"),
    F.LogSumExp: reduction("ReduceLogSumExp"),
    F.Softmax: _softmax,
    F.LogSoftmax: _log_softmax,
    F.GetItem: _get_item,
    F.Reshape: _reshape,
    F.Transpose: _transpose,
    F.Concatenate: _concatenate,
    F.MatMul: operator("MatMul"),
    F.Linear: _linear,
    F.Conv2d: _conv,
    F.Deconv2d: _deconv,
    F.Pooling: _max_pool,
    F.AveragePooling: _average_pool,
    F.BatchNorm: _batch_norm,
}
