"""Optimizers, their hooks, and Newton's method."""

# ruff: noqa: F403  # each file says in its `__all__` what it shows

import math  # like cuda and Parameter: the book's module shows it, star imports count on it

from dezero import _installation as _installation
from dezero import cuda
from dezero.core import Parameter
from dezero.optimizers import base, first_order, newton
from dezero.optimizers.base import *
from dezero.optimizers.first_order import *
from dezero.optimizers.newton import *

__all__ = ["Parameter", "cuda", "math"]
__all__ += base.__all__
__all__ += first_order.__all__
__all__ += newton.__all__
