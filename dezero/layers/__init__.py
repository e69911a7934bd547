"""The book's `L`: layers, which are functions with parameters."""

from dezero.arguments import pair as pair  # shown by the book's module, which uses it
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
    "Layer",
    "Linear",
    "Parameter",
]
