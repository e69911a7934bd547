"""The core in the order in which data flows.

1. A program computes with `Variable`s (`dezero.variable`): arrays that know where they came from.
2. Each operation is a `Function` (`dezero.function`). It remembers the Variables it was called
   with, and each output remembers the Function that made it, unless `Config.enable_backprop` is
   off (`dezero.config`). The operators are the Functions of `dezero.arithmetic`.
3. `Variable.backward` walks these links from an output to the leaves (`dezero.tape`). Backward
   methods compute with Variables, so with `create_graph=True` the walk leaves a graph of its own,
   which can be differentiated again: that is all there is to higher orders.
"""

import contextlib as contextlib  # shown by the book's module, which uses them
import weakref as weakref
from typing import Any

import numpy as np

from dezero import cuda
from dezero.arithmetic import Add, Copy, Div, Mul, Neg, Pow, Sub, add, div, mul, neg, pow, rdiv, rsub, sub
from dezero.broadcasting import BroadcastTo, SumTo, broadcast_to, sum_array, sum_to
from dezero.config import Config, no_grad, test_mode, using_config
from dezero.formulas import Elementwise, Formula, OfSettings
from dezero.function import Function
from dezero.operands import as_array, as_input, as_operand, as_variable, describe, kept
from dezero.results import as_result, is_integer, is_real
from dezero.tape import propagate
from dezero.variable import Constant, Parameter, Variable, array_of

dezero: Any  # the package, which sets it: the book's module shows it


def __getattr__(name: str) -> Any:
    if name == "array_types":  # the book's name; which these are depends on what is installed
        return cuda.array_types()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


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
    "OfSettings",
    "Parameter",
    "Pow",
    "Sub",
    "SumTo",
    "Variable",
    "add",
    "array_of",
    "array_types",  # noqa: F822  # by __getattr__
    "as_array",
    "as_input",
    "as_operand",
    "as_result",
    "as_variable",
    "broadcast_to",
    "contextlib",
    "describe",
    "dezero",
    "div",
    "is_integer",
    "is_real",
    "kept",
    "mul",
    "neg",
    "no_grad",
    "np",
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
    "weakref",
]
