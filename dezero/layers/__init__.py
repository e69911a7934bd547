"""The book's `L`: layers, which are functions with parameters."""

import os  # like all that is no layer here: the book's module shows it, star imports count on it
import weakref

import numpy as np

import dezero.functions as F
from dezero import _installation as _installation
from dezero import cuda
from dezero.arguments import pair
from dezero.core import Parameter
from dezero.layers.base import Layer
from dezero.layers.feedforward import BatchNorm, Conv2d, Deconv2d, EmbedID, Linear
from dezero.layers.recurrent import LSTM, RNN

__all__ = [
    "LSTM",
    "RNN",
    "BatchNorm",
    "Conv2d",
    "Deconv2d",
    "EmbedID",
    "F",
    "Layer",
    "Linear",
    "Parameter",
    "cuda",
    "np",
    "os",
    "pair",
    "weakref",
]
