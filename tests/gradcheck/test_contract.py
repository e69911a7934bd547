"""The rules of the contract, one by one: the op that breaks it fails, the one that keeps it does not."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import gradcheck
from dezero import Function, Parameter, Variable, config, using_config
from dezero import functions as F
from gradcheck.cases import laboratory
from gradcheck.cases.key import find
from gradcheck.judging import contract
from gradcheck.judging.examine import examine
from gradcheck.subjects.dezero import DezeroSubject
from gradcheck.subjects.layouts import LAYOUTS
from tests.gradcheck.scenes import scene_of
from tests.gradcheck.zoo.specimen import op, second_sine, several

X = several(3, 2)
COUNT = itertools.count()


def broken(f: Any, *inputs: Any, order: int = 1) -> list[contract.Violation]:
    """The rules that f breaks."""
    with np.errstate(all="ignore"):
        return contract.violations(scene_of(f, *inputs, order=order))


def kinds(f: Any, *inputs: Any, order: int = 1) -> list[str]:
    return [violation.kind for violation in broken(f, *inputs, order=order)]


@pytest.mark.parametrize(
    ("f", "inputs"),
    [
        (F.sin, (X,)),
        (F.matmul, (X, several(2, 3, seed=1))),
        (F.softmax, (X * 500,)),
        (F.relu, (np.array([0.0, 1.0, -1.0]),)),
        (F.sum, (np.array(1.5),)),
        (F.mul, (X.astype(np.float32), X)),
        (lambda x: (F.sin(x), F.cos(x)), (X,)),
        (lambda x: F.max(x), (np.array([1.0, 1.0]),)),
        (lambda x: x * 1e308, (several(3),)),
        (F.exp, (several(3).astype(np.float16),)),
    ],
)
def test_a_sound_function_breaks_no_rule(f: Any, inputs: tuple[Any, ...]) -> None:
    assert broken(f, *inputs, order=2) == []


@pytest.mark.parametrize(("given", "returned"), [(np.float32, np.float64), (np.float64, np.float32)])
def test_dtypes(given: Any, returned: Any) -> None:
    f = op(lambda x: 2 * x, lambda gy, x: Variable((2 * gy.data).astype(returned)))
    violation = broken(f, X.astype(given))[0]
    name = np.dtype(returned).name
    assert violation.kind == "dtype"
    assert f"input 0 (x0) has dtype {name}, the input {np.dtype(given).name}" in violation.message


def test_a_gradient_that_comes_and_goes() -> None:
    calls = []

    def backward(gy: Variable, x: Variable) -> Variable | None:
        calls.append(1)
        return gy if len(calls) % 2 else None

    assert kinds(op(lambda x: x * 1, backward), X) == ["not deterministic"]


def test_a_gradient_that_adds_up_from_call_to_call() -> None:
    kept: list[Variable] = []

    def backward(gy: Variable, x: Variable) -> Variable:
        kept.append(2 * gy)
        return sum(kept[1:], kept[0])

    result = gradcheck.check(op(lambda x: 2 * x, backward), X)
    assert result.verdict == "fail"
    assert str(result.diagnosis).startswith("not deterministic")


def test_a_shape_without_axes_is_wrong() -> None:
    result = gradcheck.check(op(lambda x: 2 * x, lambda gy, x: gy.sum()), X)
    assert result.verdict == "fail"
    assert "has shape (), the input (3, 2)" in result.reason


def test_chance_in_the_last_digits() -> None:
    rng = np.random.default_rng(0)
    f = op(lambda x: 2 * x, lambda gy, x: 2 * gy * (1 + 1e-12 * rng.random()))
    assert kinds(f, X) == ["not deterministic"]


@pytest.mark.parametrize("order", ["K", "A"])
def test_layouts(order: Any) -> None:
    def backward(gy: Variable, x: Variable) -> Variable:
        return gy * np.cos(x.data.ravel(order).reshape(x.shape))

    [violation] = broken(op(np.sin, backward), X)
    assert violation.kind == "layout"
    assert "fortran" in violation.message


@pytest.mark.parametrize(
    ("backward", "message"),
    [
        (lambda gy, x: F.relu(gy), "the negative of an incoming gradient"),
        (lambda gy, x: F.clip(gy, -9.0, 9.0) * F.cos(x), "1024 times the incoming"),
        (lambda gy, x: F.relu(gy) - F.relu(-gy) + gy[::-1] * 0 + F.max(F.abs(gy)) * F.sign(gy), "v + w"),
    ],
)
def test_linearity(backward: Any, message: str) -> None:
    [violation] = broken(op(np.sin, backward), X)
    assert violation.kind == "not linear in gy"
    assert message in violation.message


def test_a_gy_outside_of_the_graph() -> None:
    f = op(np.sin, lambda gy, x: Variable(gy.data) * F.cos(x))
    [violation] = broken(f, X, order=2)
    assert (violation.kind, violation.order) == ("gy detached", 2)


@pytest.mark.parametrize(
    ("backward", "kind", "message"),
    [
        (lambda gy, x: -F.abs(gy) * F.sin(x), "not linear in gy", "order 2: the negative of an incoming"),
        (lambda gy, x: Variable((-gy * F.sin(x)).data.astype(np.float32)), "dtype", "order 2: gradient of"),
        (lambda gy, x: -gy * F.sin(x) * (1.0 + 1e-6 * next(COUNT)), "not deterministic", "order 2: the grad"),
        (lambda gy, x: gy * np.sin(x.data.ravel("K").reshape(x.shape)), "layout", "order 2: fortran"),
        (lambda gy, x: -gy * F.sin(x) * (1.0 + gy.data.flags.c_contiguous), "layout", "order 2"),
    ],
)  # fmt: skip
def test_rules_hold_at_every_order(backward: Any, kind: str, message: str) -> None:
    f = second_sine(backward)
    assert broken(f, X) == []
    violation = broken(f, X, order=2)[0]
    assert (violation.kind, violation.order) == (kind, 2)
    assert message in violation.message


class _Scribbles(Function):
    """Writes into an array when its gradient is taken: its input or output, or the incoming gradient."""

    def __init__(self, target: str) -> None:
        self.target = target

    def forward(self, x: Any) -> Any:
        return 2 * x

    def backward(self, gy: Variable) -> Variable:
        gx = Variable(2 * gy.data)
        targets = {"input": self.inputs[0], "output": self.outputs[0](), "gy": gy}
        if self.target in targets:
            targets[self.target].data[...] = 7
        return gx


@pytest.mark.parametrize(
    ("target", "f", "message"),
    [
        ("input", lambda op, x: op(x * 1.0), "an input of _Scribbles, inside f, was overwritten"),
        ("output", lambda op, x: op(x) + 0.0, "an input of Add, inside f, was overwritten"),
        ("output", lambda op, x: op(x), "an output of f, was overwritten"),
        ("gy", lambda op, x: op(x) + 0.0, "the incoming gradient gy was overwritten"),
        ("gy", lambda op, x: F.sin(op(x)), "the incoming gradient of _Scribbles, was overwritten"),
    ],
)
def test_arrays_inside_the_graph_are_not_written_to(target: str, f: Any, message: str) -> None:
    found = broken(lambda x: f(_Scribbles(target), x), X)
    assert message in found[0].message
    assert "overwritten" in found[0].kind


def test_a_gy_of_order_two_is_not_written_to() -> None:
    exp = op(np.exp, lambda gy, x: gy * scribbling(x))
    scribbling = op(np.exp, lambda gy, x: _scribbled(gy, gy * F.exp(x)))
    [found] = broken(exp, X, order=2)
    assert found.kind == "gy overwritten"
    assert found.order == 2


def _scribbled(gy: Variable, gx: Variable) -> Variable:
    gy.data[...] = 7
    return gx


def test_what_is_watched_is_as_before_afterwards() -> None:
    once = _Scribbles("none")
    assert kinds(lambda x: F.sin(once(x)), X) == []
    assert type(once) is _Scribbles


def test_a_class_that_knows_its_subclasses_is_left_alone() -> None:
    class Known(_Scribbles):
        def __init_subclass__(cls) -> None:
            raise AssertionError(f"{cls.__name__} was not meant to be")

    assert kinds(lambda x: F.sin(Known("none")(x)), X) == []


def test_a_gradient_that_depends_on_whether_it_is_differentiated() -> None:
    def backward(gy: Variable, x: Variable) -> Variable:
        return gy * F.cos(x) * (1.0 if config.recording.get() else 2.0)

    assert "depends on the graph" in kinds(op(np.sin, backward), X, order=2)


def test_a_derivative_by_gy_that_is_rounded() -> None:
    """It shows in no derivative by x; f is linear, so order 2 is zero."""

    class Half(Function):
        def forward(self, x: Any) -> Any:
            return x / 2

        def backward(self, gy: Variable) -> Variable:
            return Rounds()(gy)

    class Rounds(Function):
        def forward(self, x: Any) -> Any:
            return x / 2

        def backward(self, gy: Variable) -> Variable:
            return Variable((gy.data / 2).astype(np.float32).astype(float))

    assert kinds(Half(), X, order=1) == []
    assert kinds(Half(), X, order=2) == ["precision lost"]


def test_a_forward_that_depends_on_the_layout() -> None:
    f = op(lambda x: x.ravel("K") * 2, lambda gy, x: 2 * gy.reshape(x.shape))
    [violation] = broken(f, X)
    assert "other values of f itself" in violation.message


def test_a_function_that_refuses_a_layout() -> None:
    def backward(gy: Variable, x: Variable) -> Variable:
        if not x.data.flags.c_contiguous:
            raise ValueError("contiguous arrays only")
        return 2 * gy

    [violation] = broken(op(lambda x: 2 * x, backward), X)
    assert violation.message == "fortran inputs: ValueError: contiguous arrays only"


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0, 3)])
def test_layouts_hold_the_same_values(name: str, shape: tuple[int, ...]) -> None:
    x = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    arranged = LAYOUTS[name](x)
    assert type(arranged) is np.ndarray
    assert arranged.dtype == x.dtype
    assert np.array_equal(arranged, x)


def test_layouts_are_what_they_are_called() -> None:
    x = np.arange(6.0).reshape(2, 3)
    assert LAYOUTS["fortran"](x).flags.f_contiguous
    assert not LAYOUTS["strided"](x).flags.c_contiguous
    assert all(stride < 0 for stride in LAYOUTS["negative"](x).strides)
    assert not LAYOUTS["readonly"](x).flags.writeable


def calls_of_tanh(x: np.ndarray) -> tuple[int, int]:
    """How often a check of order 2 calls f: with floats, and with the oracles' numbers.

    That tanh is no sum of products shows when it is called with packed balls: this is not counted.
    """
    floats, numbers = itertools.count(), itertools.count()  # a list would be put back

    def f(x: Variable) -> Variable:
        if x.dtype.kind != "V":
            next(numbers if x.dtype == object else floats)
        return F.tanh(x)

    assert gradcheck.check(f, x, order=2)
    return next(floats), next(numbers)


def test_a_check_calls_f_a_few_times() -> None:
    """What a check costs hangs on this."""
    floats, numbers = calls_of_tanh(several(10, 10))
    assert floats <= 14
    assert numbers <= 2
    again, _ = calls_of_tanh(several(3))  # so few values may be the same by chance
    assert floats < again <= 16


def test_a_backward_that_was_called_before_is_one_of_the_calls() -> None:
    scene = scene_of(F.sin, X, order=2)
    handed = scene.at.copies()
    backward = handed, scene.subject.trial(*handed, 1)
    assert contract.violations(scene, backward) == []
    handed[0][0][0] += 1
    assert [v.kind for v in contract.violations(scene, backward)] == []  # asked one by one, all is well


# The subject ----------------------------------------------------------------------------------------


def test_what_f_holds_keeps_its_gradient() -> None:
    weight = Parameter(several(2, 2))
    before = weight.grad = Variable(np.ones((2, 2)))
    other = Parameter(several(3, 2))
    assert gradcheck.check(lambda x: F.matmul(x, weight) + other, X, order=2)
    assert weight.grad is before
    assert other.grad is None


def test_a_check_works_where_nothing_is_recorded() -> None:
    with using_config("enable_backprop", False):
        assert gradcheck.check(F.sin, X, order=2)


def test_f_may_call_backward_itself() -> None:
    def slope_squared(x: Variable) -> Variable:
        y = F.sum(x**3)
        y.backward(create_graph=True)
        slope = x.grad
        assert slope is not None
        x.cleargrad()
        return F.sum(slope * slope)

    assert gradcheck.check(slope_squared, several(3), order=2)


def test_orders_of_the_gradient() -> None:
    subject = DezeroSubject(lambda x, y: x**2 * y, [True, True])
    x, y, u = np.array([2.0]), np.array([3.0]), np.array([0.5])
    d = [np.array([1.0]), np.array([10.0])]
    first, second = subject.gradients([x, y], [u], d, 2)
    assert [g.tolist() for g in first] == [[6.0], [2.0]]
    assert [g.tolist() for g in second] == [[3.0 + 20.0], [2.0]]


@pytest.mark.parametrize(
    "case_id",
    [
        "conv2d_simple:drawn9/float32/cpu",  # a part of u is rounded, and its sum is small relative to it
        "rdiv:drawn6/float16/cpu",  # v + w cancels, and the gradients of both are rounded
        "square:drawn6/float16/cpu",
        "sigmoid_cross_entropy:0d_0d/float32/cpu",
        "softmax:axis=0/float64/cpu/broadcast",  # what is left of a zero are numbers of few digits
    ],
)
def test_rounding_shows_where_sums_cancel_and_is_excused(case_id: str) -> None:
    case = laboratory.build(find(case_id), 2)
    assert [row.verdict for row in examine(case).evidence if row.oracle == "contract"] == ["pass"]


def test_a_function_with_a_backward_of_its_own_inside_keeps_the_contract() -> None:
    """What that backward leaves at the inputs is not the gradient that is asked for."""

    def slope_penalty(w: Variable) -> Variable:
        x = Variable(np.array([0.5, -1.0, 0.25]))
        F.sum(F.tanh(x * w)).backward(create_graph=True)
        w.cleargrad()
        assert x.grad is not None
        return F.sum((x.grad - 1) ** 2)

    assert broken(slope_penalty, np.array([1.5, -0.5, 2.0]), order=2) == []


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("factor", [np.pi, 1 / np.pi, np.e, np.sqrt(2.0), 180 / np.pi, 1 / 3, np.log(2.0)])
def test_no_known_constant_takes_the_digits_of_the_cotangents(factor: float, dtype: str) -> None:
    f = op(lambda x: x * float(factor), lambda gy, x: gy * float(factor))
    assert gradcheck.check(f, np.array([2.0, 0.7, 5.0], dtype)).verdict == "pass"
