"""Optimizers, their hooks, and Newton's method."""

# ruff: noqa: F403  # each file names in its `__all__` what is shown here

import math  # like cuda and Parameter: the book's module shows it, star imports count on it
from typing import TYPE_CHECKING

from dezero import _installation as _installation
from dezero import cuda
from dezero.core import Parameter
from dezero.optimizers import base, first_order, newton
from dezero.optimizers.base import *
from dezero.optimizers.first_order import *
from dezero.optimizers.newton import *

if not TYPE_CHECKING:  # type checkers go by the star imports: they add up no lists
    __all__ = [
        "Parameter", "cuda", "math", *base.__all__, *first_order.__all__, *newton.__all__,
    ]  # fmt: skip
