"""Convolution and pooling on a device, where they are written otherwise, agree with the host."""

# ruff: noqa: N806  # the field's letters

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, cuda
from dezero.fusion import fusing

KERNELS, STRIDES, PADS = [(1, 1), (2, 3), (3, 2)], [(1, 1), (2, 1), (3, 2)], [(0, 0), (1, 0), (2, 2)]
each_kernel = pytest.mark.parametrize("kernel", KERNELS)
each_stride = pytest.mark.parametrize("stride", STRIDES)


def normal(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def assert_agrees(f: Callable[..., Variable], device: Any, *arrays: np.ndarray) -> None:
    """Values, gradients, and gradients of gradients."""
    there = _orders(f, [device.asarray(x) for x in arrays])
    here = _orders(f, list(arrays))
    for x, y in zip(there, here, strict=True):
        assert type(x) is device.ndarray
        assert (x.dtype, x.shape) == (y.dtype, y.shape)
        np.testing.assert_allclose(cuda.as_numpy(x), y, rtol=1e-11, atol=1e-11)


def _orders(f: Callable[..., Variable], arrays: list[Any]) -> list[Any]:
    xs = [Variable(x) for x in arrays]
    y = f(*xs)
    (y**2).sum().backward(create_graph=True)
    first = [x.grad for x in xs]
    for x in xs:
        x.cleargrad()
    sum((gx**2).sum() for gx in first).backward()
    return [y.data, *(gx.data for gx in first), *(x.grad.data for x in xs)]


@each_kernel
@each_stride
def test_conv2d_and_its_transpose(kernel: Any, stride: Any, device: Any) -> None:
    W, b, b_back = normal((4, 3, *kernel), 1), normal((4,), 2), normal((3,), 3)
    for pad, N in product(PADS, (1, 2)):
        x = normal((N, 3, 5, 6))
        window = {"stride": stride, "pad": pad}
        assert_agrees(lambda *xs, w=window: F.conv2d(*xs, **w), device, x, W, b)
        y = normal(F.conv2d(x, W, **window).shape, 4)
        outsize = {"outsize": (5, 6)}
        assert_agrees(lambda *xs, w=window | outsize: F.deconv2d(*xs, **w), device, y, W, b_back)


@each_kernel
@each_stride
def test_im2col(kernel: Any, stride: Any, device: Any) -> None:
    for pad, to_matrix in product(PADS, (False, True)):
        settings = kernel, stride, pad, to_matrix
        assert_agrees(lambda x, s=settings: F.im2col(x, *s), device, normal((2, 3, 5, 6)))


def test_the_columns_are_no_view_of_the_images(device: Any) -> None:
    """Not even where the windows are the images: what is written to one must not change the other."""
    x = device.asarray(normal((1, 1, 4, 1)))
    col = F.im2col(x, 1, to_matrix=False).data
    col += 1
    np.testing.assert_array_equal(cuda.as_numpy(x).reshape(col.shape) + 1, cuda.as_numpy(col))


@each_kernel
@each_stride
@pytest.mark.parametrize("f", [F.pooling, F.average_pooling])
def test_pooling(f: Any, kernel: Any, stride: Any, device: Any) -> None:
    for pad in product(range(kernel[0]), range(kernel[1])):
        for fused in (False, True):
            with fusing(fused):
                settings = kernel, stride, pad
                assert_agrees(lambda x, s=settings: f(x, *s), device, normal((2, 3, 5, 6)))


@pytest.mark.parametrize("kernel", [(1, 1), (2, 2)])
def test_ties_and_nans_have_the_same_winners(kernel: Any, device: Any) -> None:
    x = np.zeros((1, 1, 4, 4))
    x[0, 0, 1, 1] = x[0, 0, 2, 0] = np.nan

    def winners(array: Any) -> list[np.ndarray]:
        v = Variable(array)
        y = F.pooling(v, kernel, kernel)
        y.backward()
        return [cuda.as_numpy(y), cuda.as_numpy(v.grad)]

    for fused in (False, True):
        with fusing(fused):
            for there, here in zip(winners(device.asarray(x)), winners(x), strict=True):
                np.testing.assert_array_equal(there, here)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_dtypes_stay(dtype: Any, device: Any) -> None:
    x, W, b = (Variable(device.asarray(normal(s).astype(dtype))) for s in [(2, 3, 4, 4), (3, 3, 3, 3), (3,)])
    for y in (F.conv2d(x, W, b, pad=1), F.deconv2d(x, W, b), F.average_pooling(x, 2), F.pooling(x, 2)):
        for v in (x, W, b):
            v.cleargrad()
        y.backward()
        assert {v.grad.dtype for v in (x, W, b) if v.grad is not None} == {y.dtype} == {np.dtype(dtype)}


def test_float16_averages_do_not_overflow(device: Any) -> None:
    x = device.asarray(np.full((1, 1, 4, 4), 60000.0, dtype=np.float16))
    assert cuda.as_numpy(F.average_pooling(x, 4)) == np.float16(60000)


def test_an_empty_batch(device: Any) -> None:
    for stride in (1, 2):
        x, W = np.ones((0, 2, 4, 4)), np.ones((3, 2, 3, 3))
        assert_agrees(lambda *xs, s=stride: F.conv2d(*xs, stride=s), device, x, W)
