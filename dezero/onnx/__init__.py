"""Models as ONNX files, which other runtimes load: `dezero.onnx.export`.

A call is traced (`trace`), each Function becomes nodes of a graph (`emitters`, `graph`), and the graph
a file (`proto`, which alone needs the package onnx, imported when a file is written).
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from typing import Any

from dezero import _installation as _installation
from dezero import cuda
from dezero.core import array_of, no_grad, test_mode
from dezero.onnx.emitters import EMITTERS, build
from dezero.onnx.graph import Graph
from dezero.onnx.proto import require, serialize
from dezero.onnx.trace import Trace, doubled, trace, with_open_batch
from dezero.utils import write_atomically

__all__ = ["EMITTERS", "export"]


def export(model: Callable[..., Any], *inputs: Any, path: str | os.PathLike[str]) -> None:
    """Write a model as an ONNX file (opset 18), there whole or not at all.

    One call in test mode is traced: batch normalization uses its running averages, dropout is
    nothing. Parameters are initializers under their paths, such as "l0/W"; what depends on no input is
    computed now. The inputs are called x0, x1, ..., the outputs y0, y1, ...

    The batch size, the first size of the inputs, is left open where the graph for twice the batch is
    the same graph; else it is that of `inputs`.

    The model is not changed, but for parameters without a size: they take theirs from the inputs, as
    in any first call.

    Args:
        model: a Model, Layer or function of Variables that returns one Variable or several.
        inputs: an example of each input, arrays or Variables; shapes and dtypes matter, values do not.
        path: of the file.

    Raises:
        ImportError: the package onnx is not installed.
        NotImplementedError: the model uses a Function that is not in `EMITTERS`.
        TypeError: an input is no array, or the model returns no Variables.
        ValueError: there are no inputs; an output depends on none; a part of the model is computed
            outside of dezero's functions and differs from call to call; a dtype is not one of ONNX's.

    >>> import os, tempfile
    >>> import numpy as np
    >>> from dezero.models import MLP
    >>> x = np.zeros((1, 4), np.float32)
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     export(MLP((10, 3)), x, path=os.path.join(directory, "mlp.onnx"))
    ...     os.listdir(directory)
    ['mlp.onnx']
    """
    require()
    arrays = _arrays(inputs)
    _size_params(model, arrays)
    content = serialize(_graph(model, arrays))
    with write_atomically(path) as stream:
        stream.write(content)


def _arrays(inputs: tuple[Any, ...]) -> list[Any]:
    if not inputs:
        raise ValueError("export: inputs must hold an example of each input of the model, got none")
    arrays = [array_of(x) for x in inputs]
    for i, x in enumerate(arrays):
        if not cuda.is_array(x):
            raise TypeError(f"export: input {i} must be an array or a Variable, got {type(x)}")
    return arrays


def _params(model: Any) -> dict[str, Any]:
    """The parameters by their paths; those of a plain function are not known."""
    return dict(model.named_params()) if hasattr(model, "named_params") else {}


def _size_params(model: Any, arrays: list[Any]) -> None:
    """Let a first call give their sizes to parameters that have none."""
    if any(param.data is None for param in _params(model).values()):
        with no_grad(), test_mode():
            model(*arrays)


def _graph(model: Any, arrays: list[Any]) -> Graph:
    """The graph for any batch size where there is one, else for that of `arrays`."""
    params = list(_params(model).items())
    names = {id(param.data): name for name, param in reversed(params)}  # a shared one's first path

    def call(arrays: list[Any]) -> Trace:
        """Call a copy that shares the parameters: state, such as an RNN's h, is the copy's."""
        return trace(copy.deepcopy(model, {id(param): param for _, param in params}), arrays)

    def of_any_batch() -> Graph | None:
        other = call(doubled(others))
        graph = build(with_open_batch(one, other), names)
        return graph if graph.same_as(build(with_open_batch(other, one), names)) else None

    one, others = call(arrays), [_moved(x) for x in arrays]
    graph = build(one, names)
    flexible = _attempt(of_any_batch)
    if flexible is not None:
        return flexible
    moved = _attempt(lambda: build(call(others), names))
    if moved is not None and not moved.same_as(graph):
        raise ValueError(
            "export: model must compute by dezero's functions alone, but other inputs give another "
            "graph: something is computed on .data, within no_grad, or from random numbers, or is "
            "decided by values"
        )
    return graph


def _attempt(make: Callable[[], Graph | None]) -> Graph | None:
    """None where a model takes none but the inputs it was given, and raises whatever it raises."""
    try:
        return make()
    except Exception:
        return None


def _moved(x: Any) -> Any:
    """Other values that are as good; integers may be indices, which are not."""
    other = x.copy()
    if x.dtype.kind == "f":
        other += 1
    return other
