"""A Graph as the bytes of an ONNX file. Only this module needs the package onnx.

It is imported where it is used: importing this module works without it.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from dezero import cuda
from dezero._installation import VERSION
from dezero.onnx.graph import Graph, Node, Value

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto, ValueInfoProto

# Reductions take their axes as an input from opset 18 on; onnxruntime reads it from 1.14 on.
OPSET = 18
IR_VERSION = 8


def require() -> None:
    """Raises ImportError, with what to do, where the package onnx is not installed."""
    if find_spec("onnx") is None:
        raise ImportError("export: the package onnx is needed and not installed: pip install onnx")


def serialize(graph: Graph) -> bytes:
    """The bytes of the file.

    Raises:
        ValueError: a dtype is not one of ONNX's.
    """
    from onnx import helper

    proto = helper.make_graph(
        [_node(node) for node in graph.nodes],
        "dezero",
        [_value(value) for value in graph.inputs],
        [_value(value) for value in graph.outputs],
        [_tensor(name, array) for name, array in graph.initializers.items()],
    )
    model = helper.make_model(
        proto,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="dezero",
        producer_version=VERSION,
    )
    return model.SerializeToString()


def _node(node: Node) -> NodeProto:
    from onnx import helper

    attributes: dict[str, Any] = {
        key: _element_type(value) if isinstance(value, np.dtype) else value
        for key, value in node.attributes.items()
    }
    return helper.make_node(node.op, node.inputs, [node.output], name=node.output, **attributes)


def _value(value: Value) -> ValueInfoProto:
    from onnx import helper

    return helper.make_tensor_value_info(value.name, _element_type(value.dtype), value.sizes)


def _tensor(name: str, array: Any) -> TensorProto:
    from onnx import numpy_helper

    _element_type(array.dtype)
    return numpy_helper.from_array(cuda.as_numpy(array), name)


def _element_type(dtype: np.dtype) -> int:
    """ONNX's number of a dtype."""
    from onnx import helper

    try:
        return helper.np_dtype_to_tensor_dtype(dtype)
    except (KeyError, ValueError) as error:
        raise ValueError(f"export: ONNX has no {dtype}; use float32") from error
