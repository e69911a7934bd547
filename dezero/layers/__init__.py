"""The book's `L`: layers, which are functions with parameters."""

# ruff: noqa: F403  # each file names in its `__all__` what is shown here

import os  # like all that is no layer here: the book's module shows it, star imports count on it
import weakref
from typing import TYPE_CHECKING

import numpy as np

import dezero.functions as F
from dezero import _installation as _installation
from dezero import cuda
from dezero.arguments import pair
from dezero.core import Parameter
from dezero.layers import base, feedforward, recurrent
from dezero.layers.base import *
from dezero.layers.feedforward import *
from dezero.layers.recurrent import *

if not TYPE_CHECKING:  # type checkers go by the star imports: they add up no lists
    __all__ = [
        "F", "Parameter", "cuda", "np", "os", "pair", "weakref", *base.__all__, *feedforward.__all__,
        *recurrent.__all__,
    ]  # fmt: skip
