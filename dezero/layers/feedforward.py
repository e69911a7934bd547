"""Layers that compute from their input alone; sizes left open are taken from the first input."""

# ruff: noqa: N802, N803, N806  # the field's letters

from __future__ import annotations

import math
from typing import Any

import numpy as np

import dezero.functions as F
from dezero.arguments import flag, float_dtype, integer, pair
from dezero.core import Parameter, Variable, as_input
from dezero.cuda import get_array_module
from dezero.functions.columns import Size
from dezero.layers.base import Layer
from dezero.random import standard_normal
from dezero.refusal import naming

__all__ = ["BatchNorm", "Conv2d", "Deconv2d", "EmbedID", "Linear"]


class Linear(Layer):
    """x W + b.

    Args:
        out_size: O.
        nobias: leave b out.
        dtype: of W and b.
        in_size: I, or None to take it from the first input.

    Raises:
        TypeError, ValueError: a size is no integer of 1 or more, or dtype no dtype of floats.

    >>> layer = Linear(3)
    >>> layer(np.ones((2, 4), np.float32)).shape, layer.W.shape, layer.W.dtype
    ((2, 3), (4, 3), dtype('float32'))
    """

    def __init__(
        self,
        out_size: int,
        nobias: bool = False,
        dtype: Any = np.float32,
        in_size: int | None = None,
    ) -> None:
        super().__init__()
        self.in_size = None if in_size is None else integer(in_size, "Linear: in_size", least=1)
        self.out_size = integer(out_size, "Linear: out_size", least=1)
        self.dtype = float_dtype(dtype, "Linear: dtype")
        self.W = Parameter(None, name="W")
        with naming("Linear", out_size=out_size, in_size=in_size):
            if in_size is not None:
                self._init_W()
            self.b = _bias(out_size, dtype, flag(nobias, "Linear: nobias"))

    def _init_W(self, xp: Any = np) -> None:
        """Draw W of the shape (in_size, out_size), an array of the module xp; a subclass may."""
        I = self.in_size or 0  # noqa: E741  # the field's letter
        self.W.data = _normal((I, self.out_size), I, self.dtype, xp)

    def _sizes(self, name: str) -> tuple[int | str, ...] | None:
        return ("I", self.out_size) if name == "W" else None

    def prepare(self, x: Any) -> None:
        """Take the input size from x, if it is still open."""
        if self.W.data is None:
            self.in_size = _size(x, -1, "Linear")
            self._init_W(get_array_module(x))

    def forward(self, x: Any) -> Variable:
        self.prepare(x)
        return F.linear(x, self.W, self.b)


class _Convolution(Layer):
    """What Conv2d and Deconv2d share: a kernel of the shape `kernel_shape`, and a bias."""

    def __init__(
        self,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        pad: Size = 0,
        nobias: bool = False,
        dtype: Any = np.float32,
        in_channels: int | None = None,
    ) -> None:
        super().__init__()
        who = type(self).__name__
        self.in_channels = in_channels
        if in_channels is not None:
            self.in_channels = integer(in_channels, f"{who}: in_channels", least=1)
        self.out_channels = integer(out_channels, f"{who}: out_channels", least=1)
        for name, size, least in (("kernel_size", kernel_size, 1), ("stride", stride, 1), ("pad", pad, 0)):
            pair(size, f"{who}: {name}", least)
        self.kernel_size = kernel_size
        self.stride = stride
        self.pad = pad
        self.dtype = float_dtype(dtype, f"{who}: dtype")
        self.W = Parameter(None, name="W")
        with naming(who, out_channels=out_channels, kernel_size=kernel_size, in_channels=in_channels):
            if in_channels is not None:
                self._init_W()
            self.b = _bias(out_channels, dtype, flag(nobias, f"{who}: nobias"))

    def _init_W(self, xp: Any = np) -> None:
        """Draw W, an array of the module xp, for `in_channels`; a subclass may do it differently."""
        C, (KH, KW) = self.in_channels or 0, pair(self.kernel_size)
        shape = self.kernel_shape(C, self.out_channels, KH, KW)
        self.W.data = _normal(shape, C * KH * KW, self.dtype, xp)

    def _sizes(self, name: str) -> tuple[int | str, ...] | None:
        OC, (KH, KW) = self.out_channels, pair(self.kernel_size)
        if name != "W":
            return None
        # The place of C is where a kernel for 0 channels has its 0.
        return tuple(size or "C" for size in self.kernel_shape(0, OC, KH, KW))

    @staticmethod
    def kernel_shape(C: int, OC: int, KH: int, KW: int) -> tuple[int, ...]:
        raise NotImplementedError

    def apply(self, x: Any) -> Variable:
        raise NotImplementedError

    def forward(self, x: Any) -> Variable:
        if self.W.data is None:
            self.in_channels = _size(x, 1, type(self).__name__)
            self._init_W(get_array_module(x))
        return self.apply(x)


class Conv2d(_Convolution):
    """Convolution: see `dezero.functions.conv2d`.

    Args:
        out_channels: OC.
        kernel_size, stride, pad: one integer, or two for height and width.
        nobias: leave b out.
        dtype: of W (OC, C, KH, KW) and b (OC,).
        in_channels: C, or None to take it from the first input.

    Raises:
        TypeError, ValueError: a size, stride or number of channels is no integer of 1 or more, pad is
            negative, or dtype is no dtype of floats.

    >>> layer = Conv2d(8, kernel_size=3, pad=1)
    >>> layer(np.ones((1, 3, 5, 5), np.float32)).shape, layer.W.shape
    ((1, 8, 5, 5), (8, 3, 3, 3))
    """

    @staticmethod
    def kernel_shape(C: int, OC: int, KH: int, KW: int) -> tuple[int, ...]:
        return (OC, C, KH, KW)

    def apply(self, x: Any) -> Variable:
        return F.conv2d(x, self.W, self.b, self.stride, self.pad)


class Deconv2d(_Convolution):
    """Transposed convolution, with W (C, OC, KH, KW): see `dezero.functions.deconv2d`.

    Arguments as of Conv2d.

    >>> layer = Deconv2d(8, kernel_size=4, stride=2, pad=1)
    >>> layer(np.ones((1, 3, 5, 5), np.float32)).shape, layer.W.shape
    ((1, 8, 10, 10), (3, 8, 4, 4))
    """

    @staticmethod
    def kernel_shape(C: int, OC: int, KH: int, KW: int) -> tuple[int, ...]:
        return (C, OC, KH, KW)

    def apply(self, x: Any) -> Variable:
        return F.deconv2d(x, self.W, self.b, self.stride, self.pad)


class EmbedID(Layer):
    """Rows of W (in_size, out_size) by number: see `dezero.functions.embed_id`.

    >>> EmbedID(10, 4)(np.array([[1, 2, 3]])).shape
    (1, 3, 4)
    """

    def __init__(self, in_size: int, out_size: int, dtype: Any = np.float32) -> None:
        super().__init__()
        shape = integer(in_size, "EmbedID: in_size", least=1), integer(out_size, "EmbedID: out_size", least=1)
        float_dtype(dtype, "EmbedID: dtype")
        with naming("EmbedID", in_size=in_size, out_size=out_size):
            self.W = Parameter(_normal(shape, 1, dtype), name="W")

    def forward(self, x: Any) -> Variable:
        return F.embed_id(x, self.W)


class BatchNorm(Layer):
    """Batch normalization: see `dezero.functions.batch_norm`.

    The running averages `avg_mean` and `avg_var` are Parameters too, so that they are saved with
    the weights; as they have no gradient, optimizers leave them alone.

    >>> layer = BatchNorm()
    >>> layer(np.ones((2, 3), np.float32)).shape, layer.gamma.shape
    ((2, 3), (3,))
    """

    def __init__(self) -> None:
        super().__init__()
        self.avg_mean = Parameter(None, name="avg_mean")
        self.avg_var = Parameter(None, name="avg_var")
        self.gamma = Parameter(None, name="gamma")
        self.beta = Parameter(None, name="beta")

    def _sizes(self, name: str) -> tuple[str, ...] | None:
        return ("C",)

    def _init_params(self, x: Any) -> None:
        """Initialize the parameters that have no data yet, and were not set before the first call."""
        x = as_input(x)
        C, xp = _size(x, 1, "BatchNorm"), get_array_module(x)
        for param, value in zip(self._state(), (0, 1, 1, 0), strict=True):
            if param.data is None:
                param.data = xp.full(C, value, dtype=x.dtype)

    def _state(self) -> tuple[Parameter, ...]:
        return self.avg_mean, self.avg_var, self.gamma, self.beta

    def forward(self, x: Any) -> Variable:
        if any(param.data is None for param in self._state()):
            self._init_params(x)
        return F.batch_norm(x, self.gamma, self.beta, self.avg_mean.data, self.avg_var.data)


def _normal(shape: tuple[int, ...], fan_in: int, dtype: Any, xp: Any = np) -> Any:
    """Random weights of variance 1 / fan_in: a sum of fan_in products keeps the variance of x.

    They come from the global generator of the array module xp: `dezero.seed` seeds it.
    """
    return (standard_normal(shape, dtype, xp) * math.sqrt(1 / fan_in)).astype(dtype)


def _bias(size: int, dtype: Any, nobias: bool) -> Parameter | None:
    return None if nobias else Parameter(np.zeros(size, dtype=dtype), name="b")


def _size(x: Any, axis: int, who: str) -> int:
    """The size of x along `axis`, from which a layer takes its own.

    Raises:
        ValueError: x has no such axis, or it is empty.
    """
    shape = as_input(x).shape
    if not -len(shape) <= axis < len(shape) or shape[axis] == 0:
        raise ValueError(f"{who}: cannot take the input size from x of shape {shape}")
    return shape[axis]
