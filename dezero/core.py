"""The core in the order in which data flows.

1. A program computes with `Variable`s (`dezero.variable`): arrays that know where they came from.
2. Each operation is a `Function` (`dezero.function`). It remembers the Variables it was called
   with, and each output remembers the Function that made it, unless `Config.enable_backprop` is
   off (`dezero.config`). The operators are the Functions of `dezero.arithmetic`.
3. `Variable.backward` walks these links from an output to the leaves (`dezero.tape`). Backward
   methods compute with Variables, so with `create_graph=True` the walk leaves a graph of its own,
   which can be differentiated again: that is all there is to higher orders.
"""

from dezero.arithmetic import (
    Add,
    BroadcastTo,
    Copy,
    Div,
    Elementwise,
    Mul,
    Neg,
    Pow,
    Sub,
    SumTo,
    add,
    broadcast_to,
    div,
    mul,
    neg,
    pow,
    rdiv,
    rsub,
    sub,
    sum_array,
    sum_to,
)
from dezero.config import Config, no_grad, test_mode, using_config
from dezero.function import Formula, Function, as_result, describe, is_integer, is_real
from dezero.tape import propagate
from dezero.variable import (
    Constant,
    Parameter,
    Variable,
    array_of,
    as_array,
    as_input,
    as_operand,
    as_variable,
)


def setup_variable() -> None:
    """What gives Variable its operators in the book; here it is born with them."""


__all__ = [
    "Add",
    "BroadcastTo",
    "Config",
    "Constant",
    "Copy",
    "Div",
    "Elementwise",
    "Formula",
    "Function",
    "Mul",
    "Neg",
    "Parameter",
    "Pow",
    "Sub",
    "SumTo",
    "Variable",
    "add",
    "array_of",
    "as_array",
    "as_input",
    "as_operand",
    "as_result",
    "as_variable",
    "broadcast_to",
    "describe",
    "div",
    "is_integer",
    "is_real",
    "mul",
    "neg",
    "no_grad",
    "pow",
    "propagate",
    "rdiv",
    "rsub",
    "setup_variable",
    "sub",
    "sum_array",
    "sum_to",
    "test_mode",
    "using_config",
]
