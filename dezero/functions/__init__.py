"""dezero's functions, the book's `F`: one topic a file, whose `__all__` names what is shown here."""

# ruff: noqa: F403  # each file names in its `__all__` what is shown here

from typing import TYPE_CHECKING, Any

import numpy as np  # like dezero, cuda and utils: the book's module shows it, star imports count on it

from dezero import _installation as _installation
from dezero import cuda, utils
from dezero.arithmetic import Add, Div, Mul, Neg, Pow, Sub, add, div, mul, neg, pow, rdiv, rsub, sub
from dezero.broadcasting import BroadcastTo, SumTo, broadcast_to, sum_to
from dezero.core import Function, Variable, as_array, as_variable
from dezero.functions import (
    activation,
    choices,
    columns,
    convolution,
    elementwise,
    embedding,
    indexing,
    linear_algebra,
    log_sum_exp,
    loss,
    normalization,
    powers,
    reduction,
    shape,
)
from dezero.functions import dropout as _dropout  # a function has this name too
from dezero.functions import pooling as _pooling  # a function has this name too
from dezero.functions.activation import *
from dezero.functions.choices import *
from dezero.functions.columns import *
from dezero.functions.convolution import *
from dezero.functions.dropout import *
from dezero.functions.elementwise import *
from dezero.functions.elementwise import abs as abs  # not for star imports, as it is a builtin's name
from dezero.functions.embedding import *
from dezero.functions.indexing import *
from dezero.functions.linear_algebra import *
from dezero.functions.log_sum_exp import *
from dezero.functions.loss import *
from dezero.functions.normalization import *
from dezero.functions.pooling import *
from dezero.functions.powers import *
from dezero.functions.reduction import *
from dezero.functions.shape import *

dezero: Any  # the package, which sets it

if not TYPE_CHECKING:  # type checkers go by the star imports: they add up no lists
    __all__ = [
        "Add", "BroadcastTo", "Div", "Function", "Mul", "Neg", "Pow", "Sub", "SumTo", "Variable", "add",
        "as_array", "as_variable", "broadcast_to", "cuda", "dezero", "div", "mul", "neg", "np", "pow",
        "rdiv", "rsub", "sub", "sum_to", "utils", *activation.__all__, *choices.__all__,
        *columns.__all__, *convolution.__all__, *_dropout.__all__, *elementwise.__all__,
        *embedding.__all__, *indexing.__all__, *linear_algebra.__all__, *log_sum_exp.__all__,
        *loss.__all__, *normalization.__all__, *_pooling.__all__, *powers.__all__, *reduction.__all__,
        *shape.__all__,
    ]  # fmt: skip
