"""The book's `L`: layers, which are functions with parameters."""

# ruff: noqa: F403  # each file says in its `__all__` what it shows

import os  # like all that is no layer here: the book's module shows it, star imports count on it
import weakref

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

__all__ = ["F", "Parameter", "cuda", "np", "os", "pair", "weakref"]
__all__ += base.__all__
__all__ += feedforward.__all__
__all__ += recurrent.__all__
