"""The core in the order in which data flows.

1. A program computes with `Variable`s (`dezero.variable`): arrays that know their creators.
2. Each operation is a `Function` (`dezero.function`). It remembers its operands (`dezero.operands`), and
   each output remembers the Function that made it, unless `Config.enable_backprop` is off
   (`dezero.config`). The operators are the Functions of `dezero.arithmetic`.
3. `Variable.backward` walks these links from an output to the leaves (`dezero.tape`). Each Function passes
   cotangents back by its `backward`, or by formulas (`dezero.formulas`). With `create_graph=True` they
   compute with Variables: the walk leaves a graph of its own, which can be differentiated again.

Functions are built on Variable; `dezero.above` says how Variable's methods reach them.
"""

# ruff: noqa: F403, F405  # each file names in its `__all__` what is shown here

import contextlib as contextlib  # shown by the book's module, which uses them
import weakref as weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from dezero import (
    arithmetic,
    broadcasting,
    config,
    cuda,
    formulas,
    function,
    operands,
    reducing,
    results,
    tape,
    variable,
)
from dezero.arithmetic import *
from dezero.broadcasting import *
from dezero.config import *
from dezero.formulas import *
from dezero.function import *
from dezero.operands import *
from dezero.reducing import *
from dezero.results import *
from dezero.tape import *
from dezero.variable import *

dezero: Any  # the package, which sets it: the book's module shows it


def __getattr__(name: str) -> Any:
    if name == "array_types":  # the book's name; which these are depends on what is installed
        return cuda.array_types()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def setup_variable() -> None:
    """In the book this gives Variable its operators; here Variable has them."""


if not TYPE_CHECKING:  # type checkers go by the star imports: they add up no lists
    __all__ = [
        "array_types", "contextlib", "dezero", "np", "setup_variable", "weakref", *arithmetic.__all__,
        *broadcasting.__all__, *config.__all__, *formulas.__all__, *function.__all__, *operands.__all__,
        *reducing.__all__, *results.__all__, *tape.__all__, *variable.__all__,
    ]  # fmt: skip
