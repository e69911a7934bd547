"""A bridged operation is the operation: the same values, gradients and second derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable
from gradcheck.cases.calls import build_case
from gradcheck.cases.case import Case
from tests.gradcheck.zoo.specimen import op, several
from tests.peers import bridges
from tests.peers.checkers import CHECKERS, judgement
from tests.peers.operation import of_case


def _case(f: Any, *inputs: Any, order: int = 1) -> Case:
    return build_case(f, inputs, order, 0)


_CUBE = _case(lambda x, n: F.sum(x * x * x) * n, several(3), 2)


def test_an_operation_has_dezeros_values_and_derivatives() -> None:
    operation, [x] = of_case(_CUBE)
    u, d = np.array(0.5), np.array([1.0, -2.0, 0.25])
    [y] = operation.values([x])
    assert y == pytest.approx(2 * (x**3).sum())
    backward = operation.derivative([x])
    [gx] = backward.values([x, u])
    np.testing.assert_allclose(gx, 3 * x**2)
    ggx, gu = backward.derivative([x, u]).values([x, u, d])
    np.testing.assert_allclose(ggx, 6 * x * d)
    assert gu == pytest.approx((6 * x**2 * d).sum())
    third, *_ = backward.derivative([x, u]).derivative([x, u, d]).values([x, u, d, np.ones(3), np.array(0.0)])
    np.testing.assert_allclose(third, 6 * d)


def test_a_wrong_backward_stays_wrong() -> None:
    operation, [x] = of_case(_case(op(np.sin, lambda gy, x: -gy * F.cos(x)), several(3)))
    [gx] = operation.derivative([x]).values([x, np.ones(3)])
    np.testing.assert_allclose(gx, -np.cos(x))


def test_what_is_not_floating_is_neither_input_nor_output() -> None:
    case = _case(lambda x, i: (F.sin(x), Variable(np.argmax(x.data) + i.data)), several(3), np.arange(2))
    operation, xs = of_case(case)
    assert [x.shape for x in xs] == [(3,)]
    assert operation.outputs == [((3,), np.dtype(float))]


def test_in_torch() -> None:
    torch = pytest.importorskip("torch")
    operation, [x] = of_case(_CUBE)
    t = torch.tensor(x, requires_grad=True)
    y = bridges.to_torch(operation)(t)
    (g,) = torch.autograd.grad(y, t, create_graph=True)
    (gg,) = torch.autograd.grad(g.sum(), t)
    np.testing.assert_allclose(g.detach().numpy(), 6 * x**2)
    np.testing.assert_allclose(gg.numpy(), 12 * x)


def test_in_jax() -> None:
    jax = pytest.importorskip("jax")
    operation, [x] = of_case(_case(F.square, several(3).astype(np.float32)))
    f = bridges.to_jax(operation)
    y, pull = jax.vjp(f, x)
    np.testing.assert_allclose(y[0], x * x)
    np.testing.assert_allclose(pull((np.ones(3, np.float32),))[0], 2 * x)


def test_in_autograd() -> None:
    autograd = pytest.importorskip("autograd")
    operation, [x] = of_case(_CUBE)
    f = bridges.to_autograd(operation)
    np.testing.assert_allclose(autograd.grad(f)(x), 6 * x**2)
    np.testing.assert_allclose(autograd.elementwise_grad(autograd.elementwise_grad(f))(x), 12 * x)


@pytest.mark.parametrize("name", CHECKERS)
def test_every_checker_tells_right_from_wrong(name: str) -> None:
    module, judge = CHECKERS[name]
    pytest.importorskip(module)
    right = _case(F.mul, several(3), several(3, seed=1))
    swapped = _case(op(np.multiply, lambda gy, a, b: (gy * a, gy * b)), several(3), several(3, seed=1))
    second = _case(op(np.multiply, lambda gy, a, b: (gy * b, gy * a * 2)), several(3), several(3, seed=1))
    assert judgement(judge, right) == ("accepted", "")
    assert judgement(judge, swapped)[0] == "rejected"
    assert judgement(judge, second)[0] == "rejected"


def test_what_a_peer_lacks_is_not_expressible() -> None:
    _, judge = CHECKERS["dezero.utils.gradient_check"]
    two = _case(lambda x: (F.sin(x), F.cos(x)), several(3))
    assert judgement(judge, two) == ("not expressible", "several outputs")


def test_torch_is_not_asked_of_a_gradient_that_it_sums_itself() -> None:
    pytest.importorskip("torch")
    _, judge = CHECKERS["torch.autograd.gradcheck, slow"]
    unsummed = _case(op(np.add, lambda gy, a, b: (gy, gy)), several(4, 3), several(3, seed=1))
    assert judgement(judge, unsummed)[0] == "not expressible"
