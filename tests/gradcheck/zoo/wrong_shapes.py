"""Operations that are wrong in gy, in sizes, in sums over axes and in transposes."""

from __future__ import annotations

import numpy as np

from dezero import Variable
from dezero import functions as F
from tests.gradcheck.zoo.specimen import of, op, several, softmax, some, two, wrong

not_linear = of(wrong, "is not linear in it", cause="linear")
off_by_the_batch = of(wrong, "batch-size factors", cause="batch-size factor")
not_summed = of(wrong, "missing sums", cause="sum over a broadcast axis missing")
misshapen = of(wrong, "wrong shape", cause="shape")
permuted = of(wrong, "forgotten or wrong transposes", cause="permuted")

_LABELS = np.array([1, 0, 2, 1])


_LARGE = some(20_000, seed=9)


def _cross_entropy(x: np.ndarray) -> np.ndarray:
    shifted = x - x.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(x)), _LABELS].mean()


def _one_hot(x: Variable) -> np.ndarray:
    return np.eye(x.shape[1])[_LABELS]


def _scaled_at(index: int, factor: float, g: Variable) -> Variable:
    mask = np.ones(g.shape)
    mask.reshape(-1)[index] = factor
    return g * mask


_LINEARITY = [
    wrong(
        "ignores gy",
        "a backward that ignores gy",
        op(np.sin, lambda gy, x: F.cos(x)),
        several(3),
        cause="ignores gy",
    ),
    wrong(
        "ignores gy in a sum",
        "a backward that ignores gy",
        op(lambda x: x.sum(), lambda gy, x: Variable(np.ones(x.shape))),
        several(3),
        cause="ignores gy",
    ),
    not_linear("squares gy", op(np.sin, lambda gy, x: gy * gy * F.cos(x)), several(3)),
    wrong(
        "absolute value of gy",
        "takes its absolute value",
        op(np.sin, lambda gy, x: F.abs(gy) * F.cos(x)),
        several(3),
        cause="linear",
    ),
    wrong(
        "absolute value of a scalar gy",
        "takes its absolute value",
        op(lambda x: (x * x).sum(), lambda gy, x: 2 * x * F.abs(gy)),
        several(3),
        cause="linear",
    ),
    not_linear("clips gy", op(np.sin, lambda gy, x: F.clip(gy, -1.0, 1.0) * F.cos(x)), several(3)),
    not_linear("adds a constant to gy", op(np.sin, lambda gy, x: (gy + 1e-5) * F.cos(x)), several(3)),
    not_linear("sign of gy", op(np.sin, lambda gy, x: F.sign(gy) * F.cos(x)), several(3)),
    wrong(
        "mean of gy",
        "a backward that ignores gy",
        op(np.sin, lambda gy, x: F.broadcast_to(F.mean(gy), gy.shape) * F.cos(x)),
        several(4),
    ),
    wrong(
        "softmax, zero",
        "ones as cotangent would pass it",
        op(softmax, lambda gy, x: gy * 0.0),
        several(2, 3),
        cause="zero",
    ),
]


_SIZES = [
    wrong(
        "one wrong element among 40,000",
        "one wrong element among tens of thousands",
        op(np.sin, lambda gy, x: _scaled_at(31_234, 1.5, gy * F.cos(x))),
        some(200, 200),
        cause="(156, 34)",
    ),
    wrong(
        "one zero element among 20,000",
        "one wrong element among tens of thousands",
        op(np.sin, lambda gy, x: _scaled_at(777, 0.0, gy * F.cos(x))),
        _LARGE,
        cause="777",
    ),
    wrong(
        "zero gradient of a mean over 50,000",
        "zero gradients of means over tens of thousands",
        op(lambda x: x.mean(), lambda gy, x: Variable(np.zeros(x.shape)) * gy),
        some(50_000),
        cause="zero",
    ),
    wrong(
        "no gradient of a mean over 20,000",
        "zero gradients of means over tens of thousands",
        op(lambda x: x.mean(), lambda gy, x: None),
        _LARGE,
        cause="None",
    ),
    off_by_the_batch(
        "mean as sum", op(lambda x: x.mean(), lambda gy, x: F.broadcast_to(gy, x.shape)), several(7)
    ),
    off_by_the_batch(
        "sum as mean",
        op(lambda x: x.sum(axis=0), lambda gy, x: F.broadcast_to(gy / 5, x.shape)),
        several(5, 2),
    ),
    off_by_the_batch(
        "cross entropy without 1/N",
        op(_cross_entropy, lambda gy, x: gy * (F.softmax(x) - _one_hot(x))),
        several(4, 3),
    ),
    wrong(
        "squared error over N, not over all",
        "batch-size factors",
        op(
            lambda a, b: ((a - b) ** 2).mean(),
            lambda gy, a, b: (gy * 2 * (a - b) / 4, -gy * 2 * (a - b) / 12),
        ),
        *two(4, 3),
        cause="factor",
    ),
]


_SHAPES = [
    not_summed(
        "add, no sum over the batch", op(np.add, lambda gy, a, b: (gy, gy)), several(4, 3), several(3, seed=1)
    ),
    not_summed(
        "bias takes the first row",
        op(np.add, lambda gy, a, b: (gy, gy[0])),
        several(4, 3),
        several(3, seed=1),
    ),
    not_summed(
        "multiplication takes the last row",
        op(np.multiply, lambda gy, a, b: (gy * b, (gy * a)[-1])),
        several(4, 3),
        several(3, seed=1),
    ),
    wrong(
        "bias summed over the wrong axis",
        "sums over the wrong axis",
        op(np.add, lambda gy, a, b: (gy, gy.sum(axis=1))),
        several(3, 3),
        several(3, seed=1),
        cause="sum over the wrong axis",
    ),
    not_summed(
        "scalar operand not summed",
        op(np.multiply, lambda gy, a, b: (gy * b, gy * a)),
        several(3),
        np.array(1.5),
    ),
    misshapen("kept axis", op(lambda x: x.sum(axis=1), lambda gy, x: F.reshape(gy, (-1, 1))), several(3, 2)),
    misshapen("flattened gradient", op(np.sin, lambda gy, x: F.reshape(gy * F.cos(x), (-1,))), several(3, 2)),
    wrong(
        "sum along the wrong axis, broadcast",
        "sums over the wrong axis",
        op(lambda x: x.sum(axis=0), lambda gy, x: F.broadcast_to(F.reshape(gy, (3, 1)), x.shape)),
        several(3, 3),
    ),
    wrong(
        "row sums for column sums",
        "sums over the wrong axis",
        op(
            lambda x: x / x.sum(axis=0),
            lambda gy, x: (
                gy / x.sum(axis=0) - F.broadcast_to((gy * x).sum(axis=1), x.shape) / x.sum(axis=0) ** 2
            ),
        ),
        some(3, 3, low=0.5),
    ),
    misshapen(
        "one element's shape", op(lambda x: 2 * x, lambda gy, x: F.reshape(2 * gy, ())), np.array([1.5])
    ),
    wrong(
        "transposed shape",
        "forgotten transposes",
        op(lambda x: x.T * 2, lambda gy, x: 2 * gy),
        several(3, 2),
        cause="transposed",
    ),
    wrong(
        "matmul, transpose forgotten",
        "forgotten transposes",
        op(np.matmul, lambda gy, a, b: (F.matmul(gy, b), F.matmul(a.T, gy))),
        *two(3, 3),
    ),
    wrong(
        "transpose of a square",
        "forgotten or wrong transposes",
        op(lambda x: 2 * x.T, lambda gy, x: 2 * gy),
        several(3, 3),
        cause="transposed",
    ),
    permuted(
        "wrong permutation of three axes",
        op(lambda x: x.transpose(1, 2, 0).copy(), lambda gy, x: F.transpose(gy, (1, 2, 0))),
        several(2, 2, 2),
    ),
    permuted("reversed", op(lambda x: x[::-1] * 3, lambda gy, x: 3 * gy), several(4)),
    permuted(
        "rolled the wrong way",
        op(lambda x: np.roll(x, 1), lambda gy, x: Variable(np.roll(gy.data, 1))),
        several(5),
    ),
    permuted(
        "reshape in Fortran order",
        op(lambda x: x.reshape(3, 2), lambda gy, x: Variable(gy.data.reshape(x.shape, order="F"))),
        several(2, 3),
    ),
]


WRONG_SHAPES = [*_LINEARITY, *_SIZES, *_SHAPES]
