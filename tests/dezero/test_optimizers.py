"""Optimizers: paths against iterates worked out by hand, hooks, dtypes, state; Newton's method."""

import functools
import gc
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezero import Parameter, Variable
from dezero.optimizers import (
    SGD,
    AdaDelta,
    AdaGrad,
    Adam,
    ClipGrad,
    FreezeParam,
    MomentumSGD,
    Nesterov,
    Newton,
    Optimizer,
    RMSProp,
    WeightDecay,
)
from dezero.optimizers.base import PerParameter
from tests.dezero.training import OPTIMIZERS


class Layer:
    """What optimizers need of a layer."""

    def __init__(self, *params):
        self._params = params

    def params(self):
        yield from self._params


def parameter(value, grad=None, dtype=np.float64):
    param = Parameter(np.array(value, dtype))
    if grad is not None:
        param.grad = Variable(np.array(grad, dtype))
    return param


# Deep Learning from Scratch 1, section 6.1: f = x²/20 + y² from (-7, 2). By hand: one step of each
# rule in Python's own floats, for the gradient (x/10, 2y).


def sgd(g, s):
    return -0.95 * g


def momentum(g, s):
    s["v"] = 0.9 * s.get("v", 0.0) - 0.1 * g
    return s["v"]


def nesterov(g, s):
    v = s.get("v", 0.0)
    s["v"] = 0.9 * v - 0.1 * g
    return 0.9 * 0.9 * v - (1 + 0.9) * 0.1 * g


def adagrad(g, s, eps=1e-8):
    s["h"] = s.get("h", 0.0) + g * g
    return -1.5 * g / (math.sqrt(s["h"]) + eps)


def rmsprop(g, s):
    s["h"] = 0.99 * s.get("h", 0.0) + 0.01 * g * g
    return -0.1 * g / (math.sqrt(s["h"]) + 1e-8)


def adadelta(g, s):
    s["g"] = 0.95 * s.get("g", 0.0) + 0.05 * g * g
    dx = math.sqrt((s.get("x", 0.0) + 1e-6) / (s["g"] + 1e-6)) * g
    s["x"] = 0.95 * s.get("x", 0.0) + 0.05 * dx * dx
    return -dx


def adam(g, s, eps=1e-8):
    s["t"] = s.get("t", 0) + 1
    s["m"] = 0.9 * s.get("m", 0.0) + 0.1 * g
    s["v"] = 0.999 * s.get("v", 0.0) + 0.001 * g * g
    correction = math.sqrt(1 - 0.999 ** s["t"]) / (1 - 0.9 ** s["t"])
    return -0.3 * correction * s["m"] / (math.sqrt(s["v"]) + eps)


PATHS = [
    (SGD, {"lr": 0.95}, sgd),
    (MomentumSGD, {"lr": 0.1}, momentum),
    (Nesterov, {"lr": 0.1}, nesterov),
    (AdaGrad, {"lr": 1.5}, adagrad),
    (RMSProp, {"lr": 0.1}, rmsprop),
    (AdaDelta, {}, adadelta),
    (Adam, {"alpha": 0.3}, adam),
    (AdaGrad, {"lr": 1.5, "eps": 1e-7}, functools.partial(adagrad, eps=1e-7)),  # that book's eps
    (Adam, {"alpha": 0.3, "eps": 1e-7}, functools.partial(adam, eps=1e-7)),
]


@pytest.mark.parametrize(("kind", "options", "rule"), PATHS)
def test_paths_on_the_elongated_bowl(kind, options, rule):
    x, y = parameter(-7.0), parameter(2.0)
    optimizer = kind(**options).setup(Layer(x, y))
    point, states = [-7.0, 2.0], ({}, {})
    for _ in range(30):
        x.cleargrad()
        y.cleargrad()
        (x**2 / 20.0 + y**2).backward()
        optimizer.update()
        gradient = (point[0] / 10, 2 * point[1])
        point = [p + rule(g, s) for p, g, s in zip(point, gradient, states, strict=True)]
        assert [float(x.data), float(y.data)] == pytest.approx(point, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_updates_are_in_place_and_keep_the_dtype(kind, dtype, shape):
    param = parameter(np.ones(shape), grad=np.full(shape, 0.5), dtype=dtype)
    array, grad = param.data, param.grad.data.copy()
    optimizer = kind().setup([param])
    optimizer.update()
    optimizer.update()
    assert param.data is array
    assert array.dtype == dtype
    assert (array < 1).all()
    np.testing.assert_array_equal(param.grad.data, grad)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_zero_gradient_changes_nothing_in_float16(kind):
    param = parameter([1.0, 2.0], grad=[0.0, 0.0], dtype=np.float16)
    kind().setup([param]).update()
    np.testing.assert_array_equal(param.data, np.array([1, 2], np.float16))


def test_parameters_without_gradient_are_left_alone_and_keep_their_state():
    a, b = parameter(1.0, grad=1.0), parameter(1.0)
    optimizer = MomentumSGD(lr=0.5).setup([a, b])
    optimizer.update()
    assert (a.data, b.data) == (0.5, 1.0)
    a.cleargrad()
    b.grad = Variable(np.array(1.0))
    optimizer.update()
    assert (a.data, b.data) == (0.5, 0.5)
    assert optimizer.vs[a] == -0.5


def test_a_shared_parameter_is_updated_once():
    a = parameter(1.0, grad=1.0)
    SGD(lr=0.5).setup([a, a]).update()
    assert a.data == 0.5


def test_state_goes_with_its_parameter_and_never_to_another():
    gc.disable()
    try:
        state = PerParameter()
        a, b = parameter([1.0]), parameter([1.0])
        state[a][:] = 5
        assert state[b] == 0
        assert state[a] == 5
        del a
        assert len(state) == 1
        assert all(state[parameter([1.0])] == 0 for _ in range(20))
        del b
        assert len(state) == 0
    finally:
        gc.enable()


def test_weight_decay_is_the_gradient_of_half_the_squared_norm():
    a = parameter([2.0, -4.0], grad=[1.0, 1.0], dtype=np.float32)
    optimizer = SGD(lr=1.0).setup([a])
    optimizer.add_hook(WeightDecay(0.25))
    optimizer.update()
    np.testing.assert_array_equal(a.data, np.array([0.5, -4.0], np.float32))
    assert a.grad.dtype == np.float32


def test_weight_decay_touches_each_gradient_by_itself():
    x, y = parameter(1.0), parameter(3.0)
    (x + y).backward()
    optimizer = SGD(lr=1.0).setup([x, y])
    optimizer.add_hook(WeightDecay(1.0))
    optimizer.update()
    assert (x.data, y.data) == (-1.0, -1.0)


@given(scale=st.floats(1e-3, 1e3), bound=st.floats(0.1, 10))
def test_clip_grad_bounds_the_joint_norm_and_keeps_the_direction(scale, bound):
    a = parameter([3.0, 0.0], grad=[3.0 * scale, 0.0])
    b = parameter(1.0, grad=-4.0 * scale)
    ClipGrad(bound)([a, b])
    norm = math.hypot(*a.grad.data, b.grad.data)
    assert norm == pytest.approx(min(5 * scale, bound), rel=1e-3)
    assert a.grad.data[0] / b.grad.data == pytest.approx(-0.75)


def test_clip_grad_does_not_overflow_in_float16():
    a = parameter([1.0], grad=[1000.0], dtype=np.float16)
    ClipGrad(1.0)([a])
    assert a.grad.data == pytest.approx(1.0, rel=1e-3)


@pytest.mark.parametrize("order", ["frozen first", "frozen last"])
def test_freeze_param_with_other_hooks(order):
    frozen, free, lone = (parameter(1.0, grad=1.0) for _ in range(3))
    optimizer = SGD(lr=0.5).setup(Layer(frozen, free, lone))
    hooks = [FreezeParam(Layer(frozen), lone), WeightDecay(0.0), ClipGrad(100.0)]
    for hook in hooks if order == "frozen first" else reversed(hooks):
        optimizer.add_hook(hook)
    optimizer.update()
    assert (frozen.data, free.data, lone.data) == (1.0, 0.5, 1.0)


def test_what_is_frozen_first_does_not_count_when_clipping():
    frozen, free = parameter(1.0, grad=100.0), parameter(1.0, grad=1.0)
    optimizer = SGD(lr=0.5).setup([frozen, free])
    optimizer.add_hook(FreezeParam(frozen))
    optimizer.add_hook(ClipGrad(2.0))
    optimizer.update()
    assert free.data == 0.5


def test_adams_step_size_is_corrected_for_the_start():
    optimizer = Adam(alpha=0.001)
    assert optimizer.lr == pytest.approx(0.001 * math.sqrt(0.001) / 0.1)
    optimizer.t = 10**6
    assert optimizer.lr == pytest.approx(0.001)


def test_misuse_is_named():
    with pytest.raises(RuntimeError, match=r"SGD: call setup\(target\) before update"):
        SGD().update()
    for wrong in (3, [3], "abc", Variable(np.array(1.0))):
        with pytest.raises(TypeError, match=r"SGD\.setup: target must have params\(\)"):
            SGD().setup(wrong)
    with pytest.raises(NotImplementedError, match=r"Optimizer\.update_one is not written"):
        Optimizer().setup([parameter(1.0, grad=1.0)]).update()


# Newton's method.


def minimize(loss, params, steps, **options):
    optimizer = Newton(loss, **options).setup(params)
    for _ in range(steps):
        optimizer.update()
    return optimizer


def test_newton_takes_the_books_steps():
    x, iterates, expected = parameter(2.0), [], 2.0
    optimizer = Newton(lambda: x**4 - 2 * x**2).setup([x])
    for _ in range(7):
        optimizer.update()
        expected -= (4 * expected**3 - 4 * expected) / (12 * expected**2 - 4)
        iterates.append((float(x.data), expected))
    assert all(found == pytest.approx(wanted, rel=1e-12) for found, wanted in iterates)
    assert x.data == pytest.approx(1.0, abs=1e-12)


def test_newton_minimizes_a_quadratic_of_several_parameters_in_one_step():
    a, b = parameter([3.0, -1.0]), parameter(2.0)

    def loss():
        return (a * a).sum() * 2 + a.sum() * b + b * b * 3 - b

    minimize(loss, [a, b], 1)
    # Gradient zero: 4 a_i + b = 0 and a_0 + a_1 + 6 b = 1.
    np.testing.assert_allclose(a.data, [-1 / 22, -1 / 22], rtol=1e-12)
    assert b.data == pytest.approx(2 / 11, rel=1e-12)


def test_newton_finds_its_way_where_gradients_lie_transposed_in_memory():
    x = parameter(np.arange(1.0, 7.0).reshape(2, 3))
    weights = np.arange(1.0, 7.0).reshape(3, 2)
    minimize(lambda: (x.T**2 * weights).sum() / 2, [x], 1)
    np.testing.assert_allclose(x.data, 0.0, atol=1e-12)


def test_newton_finds_rosenbrocks_minimum():
    x0, x1 = parameter(0.0), parameter(2.0)
    minimize(lambda: 100 * (x1 - x0**2) ** 2 + (x0 - 1) ** 2, [x0, x1], 6)
    assert (x0.data, x1.data) == pytest.approx((1.0, 1.0), abs=1e-9)


def test_newton_goes_downhill_where_the_curvature_is_negative():
    x = parameter(0.1)
    minimize(lambda: x**4 - 2 * x**2, [x], 1)
    assert x.data == pytest.approx(0.1 + 0.396 / 3.88)
    minimize(lambda: x**4 - 2 * x**2, [x], 12)
    assert x.data == pytest.approx(1.0)


def test_newton_leaves_a_saddle():
    x, y = parameter(1.0), parameter(1e-3)
    minimize(lambda: x**2 - y**2 + y**4, [x, y], 20)
    assert (x.data, abs(y.data)) == pytest.approx((0.0, math.sqrt(0.5)), abs=1e-9)


def test_newton_follows_the_gradient_of_a_loss_without_curvature():
    x = parameter([1.0, 2.0])
    minimize(lambda: (x * np.array([3.0, -1.0])).sum(), [x], 1, lr=0.5)
    np.testing.assert_array_equal(x.data, [-0.5, 2.5])


def test_newton_respects_frozen_and_unused_parameters():
    x, y, unused = parameter(3.0), parameter(5.0), parameter(7.0)
    optimizer = Newton(lambda: (x - y) ** 2).setup([x, y, unused])
    optimizer.add_hook(FreezeParam(y))
    optimizer.update()
    assert (x.data, y.data, unused.data) == (5.0, 5.0, 7.0)
    optimizer.add_hook(FreezeParam(x))
    optimizer.update()
    assert x.data == 5.0


def test_newton_keeps_float32_and_leaves_gradients_without_graph():
    x = parameter([3.0, 4.0], dtype=np.float32)
    array = x.data
    minimize(lambda: ((x - 1.0) ** 2).sum(), [x], 1)
    assert x.data is array
    assert array.dtype == np.float32
    np.testing.assert_allclose(array, [1, 1], rtol=1e-6)
    np.testing.assert_array_equal(x.grad.data, [4, 6])
    assert x.grad.creator is None


def test_newton_refuses_what_is_no_scalar_loss():
    x = parameter([1.0, 2.0])
    for wrong in (lambda: x * x, lambda: 3.0):
        with pytest.raises(TypeError, match="loss must return a Variable of one element"):
            minimize(wrong, [x], 1)
    for damping in (0, -1, 2):
        with pytest.raises(ValueError, match="damping must be above 0 and at most 1"):
            Newton(lambda: x, damping=damping)
