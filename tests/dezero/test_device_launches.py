"""How many launches functions and updates take on a device: plain, and where formulas are fused.

Small arrays cost launches, so a number here that grows is a loss. What a launch takes is a matter of
measurement on a GPU; what each counts as is said in `strict_device/launches.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import dezero.functions as F
import dezero.optimizers as O
from dezero import Parameter, Variable, cuda
from dezero.fusion import fusing
from tests.dezero.strict_device.launches import launches


class Row(NamedTuple):
    """A call, the shapes of its operands, and launches (forward, backward): plain and fused."""

    f: Callable[..., Variable]
    shapes: tuple[tuple[int, ...], ...]
    plain: tuple[int, int]
    fused: tuple[int, int]


def _batch_norm(x: Any, gamma: Any, beta: Any) -> Variable:
    xp = cuda.get_array_module(x)
    return F.batch_norm(x, gamma, beta, xp.zeros(3, "f"), xp.ones(3, "f"))


def _cross_entropy(x: Any) -> Variable:
    return F.softmax_cross_entropy(x, cuda.as_cupy(np.array([0, 1])))


IMAGES, KERNEL, KERNEL_1 = (2, 3, 5, 5), (4, 3, 3, 3), (4, 3, 1, 1)
TABLE = {
    "tanh": Row(F.tanh, ((2, 3),), (1, 8), (1, 1)),
    "sigmoid": Row(F.sigmoid, ((2, 3),), (7, 7), (1, 1)),
    "softplus": Row(F.softplus, ((2, 3),), (6, 8), (1, 1)),
    "relu": Row(F.relu, ((2, 3),), (1, 2), (1, 1)),
    "leaky_relu": Row(F.leaky_relu, ((2, 3),), (3, 5), (1, 1)),
    "softmax": Row(F.softmax, ((2, 3),), (7, 12), (4, 10)),
    "log_softmax": Row(F.log_softmax, ((2, 3),), (15, 25), (9, 17)),
    "softmax_cross_entropy": Row(_cross_entropy, ((2, 3),), (25, 13), (19, 10)),
    "batch_norm": Row(_batch_norm, ((4, 3), (3,), (3,)), (18, 15), (10, 8)),
    "conv2d, pad 1": Row(lambda *xs: F.conv2d(*xs, pad=1), (IMAGES, KERNEL, (4,)), (8, 16), (8, 16)),
    "conv2d, stride 2": Row(lambda *xs: F.conv2d(*xs, stride=2), (IMAGES, KERNEL), (5, 18), (5, 18)),
    "conv2d, 1x1": Row(F.conv2d, (IMAGES, KERNEL_1), (4, 9), (4, 9)),
    "pooling": Row(lambda x: F.pooling(x, 2, 2), ((2, 3, 4, 4),), (13, 11), (1, 11)),
    "average_pooling": Row(lambda x: F.average_pooling(x, 2, 2), ((2, 3, 4, 4),), (1, 6), (1, 6)),
}


@pytest.mark.parametrize("name", TABLE)
def test_functions(name: str, standin: Any) -> None:
    row = TABLE[name]
    _launches(row, standin, False)  # what is made once and kept
    assert (_launches(row, standin, False), _launches(row, standin, True)) == (row.plain, row.fused)


def _launches(row: Row, device: Any, fused: bool) -> tuple[int, int]:
    rng = np.random.default_rng(0)
    xs = [Variable(device.asarray(rng.standard_normal(shape, dtype="f"))) for shape in row.shapes]
    with fusing(fused):
        with launches() as forward:
            y = row.f(*xs)
        y.grad = Variable(device.asarray(np.ones(y.shape, "f")))
        with launches() as backward:
            y.backward()
    return forward.total(), backward.total()


@pytest.mark.parametrize(
    ("kind", "plain"),
    [
        (O.SGD, 2),
        (O.MomentumSGD, 4),
        (O.Nesterov, 6),
        (O.AdaGrad, 7),
        (O.RMSProp, 9),
        (O.AdaDelta, 14),
        (O.Adam, 12),
    ],
)
def test_an_update_of_a_parameter(kind: Any, plain: int, standin: Any) -> None:
    x = Parameter(standin.asarray(np.ones(3)))
    x.grad = Variable(standin.asarray(np.ones(3)))
    optimizer = kind().setup([x])
    optimizer.update()  # makes its state
    for fused, expected in ((False, plain), (True, 1)):
        with fusing(fused), launches() as counts:
            optimizer.update()
        assert counts.total() == expected


@pytest.mark.parametrize(("times", "fewer"), [(2, 0), (5, 3), (15, 13), (20, 17)])
def test_many_terms_of_a_gradient_are_one_launch(times: int, fewer: int, standin: Any) -> None:
    rng = np.random.default_rng(0)
    factors = [standin.asarray(rng.standard_normal(3, dtype="f")) for _ in range(times)]

    def backward(fused: bool) -> tuple[int, np.ndarray]:
        x = Variable(standin.asarray(np.ones(3, "f")))
        products = [x * Variable(factor) for factor in factors]
        y = products[0]
        for product in products[1:]:
            y = y + product
        y.grad = Variable(standin.asarray(np.ones(3, "f")))
        with fusing(fused), launches() as counts:
            y.backward()
        return counts.total(), cuda.as_numpy(x.grad)

    (plain, theirs), (fused, ours) = backward(False), backward(True)
    assert plain - fused == fewer
    np.testing.assert_array_equal(ours, theirs)


def test_a_gradient_of_a_graph_is_added_up_as_variables(standin: Any) -> None:
    x = Variable(standin.asarray(np.ones(3)))
    y = x * x * x
    with fusing():
        y.backward(create_graph=True)
        gx, x.grad = x.grad, None
        F.sum(gx).backward()
    np.testing.assert_allclose(cuda.as_numpy(x.grad), 6.0)
