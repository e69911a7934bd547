"""Convolution: values against loops, gradients against differences, and the adjoint identities."""

# ruff: noqa: N803, N806  # the field's letters

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
import dezero.functions_conv as CF
from dezero import Variable
from tests.dezero.differences import assert_gradients

Geometry = dict[str, Any]


@st.composite
def geometries(draw: Any) -> Geometry:
    """Shapes, kernel, stride and pad with which at least one window fits."""
    KH, KW = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    pad = draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    H = draw(st.integers(max(1, KH - 2 * pad[0]), 5))
    W = draw(st.integers(max(1, KW - 2 * pad[1]), 5))
    N, C, OC = (draw(st.integers(1, 3)) for _ in range(3))
    stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    return {"x": (N, C, H, W), "W": (OC, C, KH, KW), "stride": stride, "pad": pad}


def arrays_of(geometry: Geometry) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x, W = rng.standard_normal(geometry["x"]), rng.standard_normal(geometry["W"])
    return x, W, rng.standard_normal(len(W))


def settings_of(geometry: Geometry) -> dict[str, Any]:
    return {"stride": geometry["stride"], "pad": geometry["pad"]}


def convolve(x: Any, W: Any, b: Any, stride: Any, pad: Any) -> Any:
    """The definition, in loops."""
    OC, _, KH, KW = W.shape
    padded = np.zeros((*x.shape[:2], x.shape[2] + 2 * pad[0], x.shape[3] + 2 * pad[1]), x.dtype)
    padded[:, :, pad[0] : pad[0] + x.shape[2], pad[1] : pad[1] + x.shape[3]] = x
    OH = (padded.shape[2] - KH) // stride[0] + 1
    OW = (padded.shape[3] - KW) // stride[1] + 1
    y = np.zeros((len(x), OC, OH, OW), x.dtype)
    for n, o, oh, ow in np.ndindex(y.shape):
        top, left = oh * stride[0], ow * stride[1]
        y[n, o, oh, ow] = (padded[n, :, top : top + KH, left : left + KW] * W[o]).sum() + b[o]
    return y


@given(geometries())
def test_conv2d_is_its_definition(geometry: Geometry) -> None:
    x, W, b = arrays_of(geometry)
    expected = convolve(x, W, b, **settings_of(geometry))
    for f in (F.conv2d, F.conv2d_simple):
        np.testing.assert_allclose(f(x, W, b, **settings_of(geometry)).data, expected, atol=1e-12)


@given(geometries())
def test_gradients_of_conv2d_to_order_2(geometry: Geometry) -> None:
    assert_gradients(lambda *xs: F.conv2d(*xs, **settings_of(geometry)) ** 2, *arrays_of(geometry))


@given(geometries())
def test_gradients_of_deconv2d_to_order_2(geometry: Geometry) -> None:
    """Of the transpose that leads back to the size of x; its bias has x's channels."""
    x, W, b = arrays_of(geometry)
    y = convolve(x, W, b, **settings_of(geometry))
    bias, outsize = x[0, :, 0, 0], x.shape[2:]
    assert_gradients(lambda *xs: F.deconv2d(*xs, outsize=outsize, **settings_of(geometry)) ** 2, y, W, bias)


@given(geometries())
def test_deconv2d_is_the_adjoint_of_conv2d(geometry: Geometry) -> None:
    """<conv(x), y> = <x, deconv(y)>."""
    x, W, _ = arrays_of(geometry)
    conv = F.conv2d(x, W, **settings_of(geometry)).data
    y = np.random.default_rng(1).standard_normal(conv.shape)
    deconv = F.deconv2d(y, W, outsize=x.shape[2:], **settings_of(geometry)).data
    np.testing.assert_allclose((conv * y).sum(), (x * deconv).sum(), atol=1e-10)


@given(geometries(), st.booleans())
def test_col2im_is_the_adjoint_of_im2col(geometry: Geometry, to_matrix: bool) -> None:
    x, W, _ = arrays_of(geometry)
    window = {"kernel_size": W.shape[2:], "to_matrix": to_matrix, **settings_of(geometry)}
    col = F.im2col(x, **window).data
    y = np.random.default_rng(1).standard_normal(col.shape)
    img = F.col2im(y, x.shape, **window).data
    np.testing.assert_allclose((col * y).sum(), (x * img).sum(), atol=1e-10)


@given(geometries())
def test_im2col_lays_out_the_windows(geometry: Geometry) -> None:
    """Each row of the matrix is one window, channels first; the product with W is the convolution."""
    x, W, _ = arrays_of(geometry)
    matrix = F.im2col(x, W.shape[2:], **settings_of(geometry)).data
    y = convolve(x, W, np.zeros(len(W)), **settings_of(geometry))
    product = matrix @ W.reshape(len(W), -1).T
    np.testing.assert_allclose(product, y.transpose(0, 2, 3, 1).reshape(product.shape), atol=1e-12)
    full = F.im2col(x, W.shape[2:], to_matrix=False, **settings_of(geometry)).data
    assert full.shape == (*x.shape[:2], *W.shape[2:], *y.shape[2:])
    np.testing.assert_array_equal(full.transpose(0, 4, 5, 1, 2, 3).reshape(matrix.shape), matrix)


def test_a_batch_of_many_blocks_and_a_rest() -> None:
    """The batch is taken in blocks; what they give does not depend on where they end."""
    rng = np.random.default_rng(0)
    x, W = rng.standard_normal((22, 8, 32, 32)), rng.standard_normal((3, 8, 3, 3))
    whole = Variable(x), Variable(W)
    (F.conv2d(*whole, pad=1) ** 2).sum().backward()
    gW = np.zeros_like(W)
    for n in range(len(x)):
        part = Variable(x[n : n + 1]), Variable(W)
        (F.conv2d(*part, pad=1) ** 2).sum().backward()
        np.testing.assert_allclose(whole[0].grad.data[n : n + 1], part[0].grad.data, rtol=1e-10)
        gW += part[1].grad.data
    np.testing.assert_allclose(whole[1].grad.data, gW, rtol=1e-10)


def test_an_empty_batch() -> None:
    x, W = Variable(np.zeros((0, 2, 4, 4))), Variable(np.ones((3, 2, 3, 3)))
    y = F.conv2d(x, W)
    y.backward()
    assert (y.shape, x.grad.shape, W.grad.data.any()) == ((0, 3, 2, 2), x.shape, False)
    assert F.im2col(x, 3).shape == (0, 18)


def test_integers_and_pairs_say_the_same() -> None:
    x, W, b = arrays_of({"x": (2, 3, 5, 5), "W": (4, 3, 3, 3)})
    np.testing.assert_array_equal(
        F.conv2d(x, W, b, stride=2, pad=1).data, F.conv2d(x, W, b, (2, 2), (1, 1)).data
    )
    np.testing.assert_array_equal(
        F.deconv2d(x, W[:3], None, 2, 1, outsize=9).data,
        F.deconv2d(x, W[:3], None, (2, 2), (1, 1), (9, 9)).data,
    )


def test_fractions_go_through_exactly() -> None:
    def fractions(shape: tuple[int, ...]) -> np.ndarray:
        size = int(np.prod(shape))
        values = [Fraction(k % 7 - 3, k % 5 + 1) for k in range(size)]
        return np.array(values, dtype=object).reshape(shape)

    x, W, b = (Variable(fractions(s)) for s in ((2, 2, 4, 3), (3, 2, 2, 3), (3,)))
    y = F.conv2d(x, W, b, stride=(2, 1), pad=1)
    assert (y.data == convolve(x.data, W.data, b.data, (2, 1), (1, 1))).all()
    y.grad = Variable(fractions(y.shape))
    y.backward()
    u = fractions(y.shape)
    assert (b.grad.data == u.sum(axis=(0, 2, 3))).all()
    assert (W.grad.data * W.data).sum() == (u * (y.data - b.data[:, None, None])).sum()  # Euler
    assert (x.grad.data * x.data).sum() == (u * (y.data - b.data[:, None, None])).sum()
    assert {type(g) for v in (x, W, b) for g in v.grad.data.ravel()} == {Fraction}


def test_a_plain_array_costs_no_gradient() -> None:
    """The first layer of a network: nobody asks for the gradient of the images."""
    x, W, _ = arrays_of({"x": (1, 2, 3, 3), "W": (2, 2, 2, 2)})
    y = F.conv2d(x, Variable(W))
    gx, gW = y.creator.backward(Variable(np.ones(y.shape)))
    assert gx is None
    assert gW.shape == W.shape


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: F.conv2d(np.ones((3, 4, 4)), np.ones((2, 3, 2, 2))), r"conv2d: x .*\(N, C, H, W\)"),
        (lambda: F.conv2d(np.ones((1, 3, 4, 4)), np.ones((2, 4, 2, 2))), "conv2d: W must have"),
        (lambda: F.conv2d(np.ones((1, 3, 4, 4)), np.ones((2, 3, 5, 5))), "conv2d: the kernel must"),
        (
            lambda: F.conv2d(np.ones((1, 3, 4, 4)), np.ones((2, 3, 2, 2)), np.ones(3)),
            r"conv2d: b must have shape \(2,\)",
        ),
        (
            lambda: F.conv2d(np.ones((1, 3, 4, 4)), np.ones((2, 3, 2, 2)), stride=0),
            "conv2d: kernel_size and stride must be at least 1",
        ),
        (
            lambda: F.conv2d(np.ones((1, 3, 4, 4)), np.ones((2, 3, 2, 2)), pad=-1),
            "pad at least 0",
        ),
        (
            lambda: F.conv2d(np.ones((1, 3, 4, 4)), np.ones((2, 3, 2, 2)), stride="2"),
            "conv2d: stride must be an integer or two",
        ),
        (lambda: F.deconv2d(np.ones((1, 3, 4, 4)), np.ones((2, 3, 2, 2))), "deconv2d: W must have"),
        (
            lambda: F.deconv2d(np.ones((1, 2, 4, 4)), np.ones((2, 3, 2, 2)), np.ones(2)),
            r"deconv2d: b must have shape \(3,\)",
        ),
        (
            lambda: F.deconv2d(np.ones((1, 2, 4, 4)), np.ones((2, 3, 2, 2)), outsize=9),
            r"deconv2d: outsize must be a size that convolution brings to \(4, 4\)",
        ),
        (lambda: F.conv2d_simple(np.ones((1, 3, 4, 4)), np.ones((2, 4, 2, 2))), "conv2d_simple: W"),
        (lambda: F.im2col(np.ones((3, 4, 4)), 2), "im2col: x must"),
        (lambda: F.col2im(np.ones((3, 4)), (1, 1, 3, 3), 2), r"col2im: x, columns of .* \(4, 4\)"),
    ],
)
def test_what_does_not_fit_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_the_book_finds_them_in_functions_conv() -> None:
    assert all(getattr(CF, name) is getattr(F, name, getattr(CF, name)) for name in CF.__all__)
    assert {"conv2d", "deconv2d", "im2col", "col2im", "pooling", "average_pooling"} <= set(CF.__all__)
    assert CF.get_conv_outsize(5, 3, 2, 1) == 3
