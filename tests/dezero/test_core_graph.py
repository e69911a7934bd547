"""The tape: what is recorded, how backward walks it, and when it is freed."""

from __future__ import annotations

import gc
import weakref
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Function, Variable, as_variable
from dezero.core import Formula
from dezero.functions import Sum
from dezero.variable import Seed


def scalar(value: float = 2.0) -> Variable:
    return Variable(np.array(value))


class Split(Function):
    """x, and its double: a function with two outputs."""

    def forward(self, x: Any) -> Any:
        return x + 0, 2 * x

    def backward(self, ga: Variable, gb: Variable) -> Variable:
        return ga + 2 * gb


@given(st.lists(st.sampled_from(["add", "mul", "neg", "old"]), min_size=1, max_size=30))
def test_random_graphs_agree_with_dual_numbers(steps: list[str]) -> None:
    x = scalar(0.75)
    values, duals = [x], [(0.75, 1.0)]
    for i, step in enumerate(steps):
        a, b = i % len(values), (7 * i + 3) % len(values)
        (u, du), (v, dv) = duals[a], duals[b]
        results = {
            "add": (lambda p, q: p + q, (u + v, du + dv)),
            "mul": (lambda p, q: p * q * 0.5, (u * v * 0.5, (u * dv + v * du) * 0.5)),
            "neg": (lambda p, q: -p, (-u, -du)),
            "old": (lambda p, q: q - p * 0.25, (v - u * 0.25, dv - du * 0.25)),
        }
        f, dual = results[step]
        values.append(f(values[a], values[b]))
        duals.append(dual)
    values[-1].backward()
    np.testing.assert_allclose(values[-1].data, duals[-1][0], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(x.grad.data, duals[-1][1], rtol=1e-9, atol=1e-12)


def test_a_chain_of_100_000_functions_needs_no_recursion() -> None:
    x = scalar(1.0)
    y = x
    for _ in range(100_000):
        y = y + 0.5
    y.backward(create_graph=True)
    assert y.data == 50_001
    assert x.grad.data == 1
    y.unchain_backward()  # freed piece by piece
    z = x
    for _ in range(100_000):
        z = -z
    del z  # freed at once


def test_one_variable_used_100_000_times() -> None:
    x = scalar(1.0)
    y = x
    for _ in range(100_000):
        y = y + x
    y.backward()
    assert x.grad.data == 100_001


def test_a_training_step_leaves_nothing_to_the_garbage_collector() -> None:
    W = Variable(np.ones((3, 2)))  # noqa: N806  # the book's name
    x, t = np.ones((4, 3)), np.array([0, 1, 1, 0])

    def step() -> None:
        W.cleargrad()
        loss = F.softmax_cross_entropy(F.tanh(F.matmul(x, W)), t)
        loss.backward()
        W.data = W.data - 0.1 * W.grad.data

    step()
    gc.collect()
    gc.disable()
    try:
        step()
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_intermediate_results_are_freed_with_the_output() -> None:
    x = scalar()
    hidden = F.sin(x)
    y = F.exp(hidden)
    dead = weakref.ref(hidden)
    del hidden
    assert dead() is not None  # y's function needs it
    del y
    assert dead() is None


def test_a_given_cotangent_is_used_and_kept_intact() -> None:
    x = Variable(np.ones(3))
    y = 2 * x
    cotangent = np.array([1.0, -2.0, 0.5])
    y.grad = Variable(cotangent)
    y.backward()
    np.testing.assert_array_equal(x.grad.data, [2.0, -4.0, 1.0])
    np.testing.assert_array_equal(cotangent, [1.0, -2.0, 0.5])


class TestSeed:
    """The cotangent that backward begins with where the program gave none."""

    def test_no_graph_is_made_of_it(self) -> None:
        x = Variable(np.array(0.5))
        F.cos(x).backward(create_graph=True)
        product = x.grad.creator
        minus_one, sine = product.inputs
        assert (minus_one.creator, float(minus_one.data)) == (None, -1.0)
        assert sine.creator.inputs[0] is x

    def test_a_gradient_that_is_nothing_else_is_a_variable_like_any(self) -> None:
        x = Variable(np.array(0.5))
        (3 * x).backward(create_graph=True)
        g = x.grad
        assert (type(g), g.creator) == (Variable, None)
        (g * g).backward()
        assert g.grad.data == 6.0

    def test_a_given_cotangent_gets_its_gradient(self) -> None:
        x, u = Variable(np.array(0.5)), Variable(np.array(3.0))
        y = x * x
        y.grad = u
        y.backward(create_graph=True)
        x.grad.backward()
        assert u.grad.data == 1.0

    def test_that_of_a_leaf_is_its_gradient(self) -> None:
        x = Variable(np.array(0.5))
        x.backward()
        assert type(x.grad) is Variable

    def test_so_does_one_that_stays_as_a_gradient(self) -> None:
        x = Variable(np.array(0.5))
        y = x * x
        y.backward(retain_grad=True, create_graph=True)
        u = y.grad
        x.grad.backward()
        assert u.grad.data == 1.0


class TestRetainGrad:
    def test_twice_does_not_propagate_the_retained_gradients_again(self) -> None:
        x = scalar()
        a = x * x
        y = a * 3
        y.backward(retain_grad=True)
        y.backward(retain_grad=True)
        assert x.grad.data == 2 * 12
        assert a.grad.data == 2 * 3
        assert y.grad.data == 1

    def test_a_retained_gradient_is_an_array_of_its_own(self) -> None:
        x = Variable(np.ones(2))
        a = x + 0.0
        y = a + 1.0
        y.backward(retain_grad=True)
        a.grad.data[...] = 99
        np.testing.assert_array_equal(y.grad.data, [1, 1])
        np.testing.assert_array_equal(x.grad.data, [1, 1])


class TestSeveralOutputs:
    def test_all_used(self) -> None:
        x = scalar()
        a, b = Split()(x)
        (a * b).backward()
        assert x.grad.data == 4 * 2

    @pytest.mark.parametrize(("used", "expected"), [(0, 1.0), (1, 2.0)])
    @pytest.mark.parametrize("keep", [True, False])
    @pytest.mark.parametrize("create_graph", [True, False])
    def test_one_unused_or_collected(
        self, used: int, expected: float, keep: bool, create_graph: bool
    ) -> None:
        x = Variable(np.ones(3, np.float32))
        outputs = Split()(x)
        y = outputs[used]
        if not keep:
            del outputs
        y.backward(create_graph=create_graph)
        np.testing.assert_array_equal(x.grad.data, np.full(3, expected))
        assert x.grad.dtype == np.float32

    def test_a_tuple_of_one_gives_one_variable(self) -> None:
        class Single(Function):
            def forward(self, x: Any) -> Any:
                return (x * 3,)

            def backward(self, gy: Variable) -> Variable:
                return gy * 3

        x = scalar()
        y = Single()(x)
        y.backward()
        assert (y.data, x.grad.data) == (6.0, 3.0)


class TestOwnFunctions:
    """Functions in the book's style: arrays in forward, Variables in backward."""

    def test_with_settings_and_plain_inputs(self) -> None:
        class Scale(Function):
            def __init__(self, factor: float) -> None:
                self.factor = factor

            def forward(self, x: Any) -> Any:
                return x * self.factor

            def backward(self, gy: Variable) -> Variable:
                return gy * self.factor

        x = scalar()
        y = Scale(5)(x)
        y.backward()
        assert (y.data, x.grad.data) == (10.0, 5.0)
        assert Scale(5)(3.0).data == 15.0

    def test_backward_may_return_none_or_fewer_than_the_inputs(self) -> None:
        class First(Function):
            def forward(self, x: Any, t: Any) -> Any:
                return x * t

            def backward(self, gy: Variable) -> Any:
                return gy * self.inputs[1]

        class Last(First):
            def backward(self, gy: Variable) -> Any:
                return None, gy * self.inputs[0]

        x, t = scalar(2.0), scalar(3.0)
        First()(x, t).backward()
        assert (x.grad.data, t.grad) == (3.0, None)
        x.cleargrad()
        Last()(x, t).backward()
        assert (x.grad, t.grad.data) == (None, 2.0)

    def test_one_instance_called_twice(self) -> None:
        sin = F.Sin()
        x0, x1 = scalar(0.5), scalar(1.5)
        y0, y1 = sin(x0), sin(x1)
        (y0 + 2 * y1).backward()
        np.testing.assert_allclose(x0.grad.data, np.cos(0.5), rtol=1e-15)
        np.testing.assert_allclose(x1.grad.data, 2 * np.cos(1.5), rtol=1e-15)

    def test_one_instance_chained_with_itself(self) -> None:
        square = F.Square()
        x = scalar()
        square(square(square(x))).backward()
        assert x.grad.data == 8 * 2**7

    def test_an_identity_in_backward_shares_no_memory(self) -> None:
        class Identity(Function):
            def forward(self, x: Any) -> Any:
                return x

            def backward(self, gy: Variable) -> Variable:
                return gy

        class ReturnsItsOutput(F.Exp):
            def pull(self, gys: Any, record: bool) -> Any:
                return [self.outputs[0]().data]

        for function in (Identity(), ReturnsItsOutput()):
            x = Variable(np.ones(2))
            y = function(x)
            forward = y.data.copy()
            y.grad = Variable(np.full(2, 0.5))
            y.backward(retain_grad=True)
            x.grad.data[...] = 99
            np.testing.assert_array_equal(y.grad.data, [0.5, 0.5])
            np.testing.assert_array_equal(y.data, forward)

    def test_a_view_returned_by_backward_is_copied(self) -> None:
        x = Variable(np.arange(4.0).reshape(2, 2))
        y = F.transpose(x)
        y.grad = Variable(np.arange(4.0).reshape(2, 2))
        y.backward(retain_grad=True)
        x.grad.data[...] = 99
        np.testing.assert_array_equal(y.grad.data, np.arange(4.0).reshape(2, 2))

    def test_what_is_missing_is_named(self) -> None:
        class Empty(Function):
            pass

        class Forward(Function):
            def forward(self, x: Any) -> Any:
                return x

        with pytest.raises(NotImplementedError, match=r"Empty\.forward is not written"):
            Empty()(scalar())
        with pytest.raises(NotImplementedError, match=r"Forward\.backward is not written"):
            Forward()(scalar()).backward()

    @pytest.mark.parametrize("create_graph", [False, True])
    @pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
    @pytest.mark.parametrize(
        "gradient", [0, 2.5, True, np.float32(1.5), np.array(0.5), None, "array", "Variable"], ids=repr
    )
    def test_backward_may_return_constants(self, gradient: Any, shape: Any, create_graph: bool) -> None:
        kept = np.full(shape, 3.0)
        given = {"array": kept, "Variable": Variable(np.full(shape, 4.0))}.get(str(gradient), gradient)

        class Constant(Function):
            def forward(self, x: Any) -> Any:
                return 2 * x

            def backward(self, gy: Variable) -> Any:
                return given

        x = Variable(np.ones(shape, dtype="f" if gradient != "array" else "d"))
        z = x * 1.0
        Constant()(z).backward(create_graph=create_graph)
        if gradient is None:
            assert x.grad is None
            return
        value = {"array": 3.0, "Variable": 4.0}.get(str(gradient), gradient)
        assert x.grad.dtype == x.dtype
        np.testing.assert_array_equal(x.grad.data, np.full(shape, value))
        x.grad.data[...] = 99.0
        np.testing.assert_array_equal(kept, np.full(shape, 3.0))

    @pytest.mark.parametrize(
        ("gradient", "error", "words"),
        [
            ("text", TypeError, r"Wrong\.backward must return a Variable, an array.*got <class 'str'>"),
            ([1.0], TypeError, r"Wrong\.backward must return a Variable, an array.*got <class 'list'>"),
            (np.ones(2), ValueError, r"Wrong\.backward .*an array of \(2,\) for an input of \(3,\)"),
        ],
        ids=["text", "list", "shape"],
    )
    def test_backward_that_returns_something_else_is_refused(
        self, gradient: Any, error: Any, words: str
    ) -> None:
        class Wrong(Function):
            def forward(self, x: Any) -> Any:
                return x

            def backward(self, gy: Variable) -> Any:
                return gradient

        with pytest.raises(error, match=words):
            Wrong()(Variable(np.ones(3))).backward()


def test_the_ones_that_backward_begins_with_get_no_gradient() -> None:
    """Nobody can see them, unless intermediate gradients are kept."""
    x = Variable(np.array(3.0))
    for retain in (False, True):
        y = x * x
        y.backward(retain_grad=retain, create_graph=True)
        ones = y.grad
        gx, x.grad = x.grad, None
        gx.backward()
        assert x.grad.data == 2.0
        x.cleargrad()
        assert (ones is None) is not retain
        assert ones is None or ones.grad.data == 6.0


class TestFormula:
    """Cotangents that hold for arrays and for Variables alike."""

    class Scaled(Formula):
        """x * s; `seen` holds the types that `cotangents` was given."""

        seen: ClassVar[set[type]] = set()

        def forward(self, x: Any, s: Any) -> Any:
            return x * s

        def cotangents(self, gys: Any, x: Any, s: Any) -> Any:
            self.seen.update(map(type, (*gys, x, s)))
            return gys[0] * s, Sum.of(gys[0] * x)

    @pytest.mark.parametrize("graph", [False, True])
    @pytest.mark.parametrize("shape", [(), (2, 3)])
    def test_it_runs_on_arrays_unless_a_graph_is_wanted(self, shape: tuple[int, ...], graph: bool) -> None:
        x, s = Variable(np.full(shape, 3.0)), Variable(np.array(2.0))
        self.Scaled.seen.clear()
        y = self.Scaled()(x, s)
        y.backward(create_graph=graph)
        # Where a graph is wanted, the ones that backward begins with are a Seed.
        assert self.Scaled.seen == ({Seed, Variable} if graph else {np.ndarray})
        np.testing.assert_array_equal(x.grad.data, np.full(shape, 2.0))
        assert s.grad.data == 3.0 * y.size
        assert (x.grad.creator is not None) is graph

    def test_it_is_differentiated_again(self) -> None:
        x, s = Variable(np.array([3.0, 4.0])), Variable(np.array(2.0))
        self.Scaled()(x, s).backward(create_graph=True)
        gs = s.grad
        x.cleargrad()
        gs.backward()
        np.testing.assert_array_equal(x.grad.data, [1.0, 1.0])

    def test_backward_takes_variables(self) -> None:
        function = self.Scaled()
        function(Variable(np.array(3.0)), Variable(np.array(2.0)))
        gx, gs = function.backward(Variable(np.array(1.0)))
        assert (gx.data, gs.data) == (2.0, 3.0)

    def test_what_is_missing_is_named(self) -> None:
        class Forward(Formula):
            def forward(self, x: Any) -> Any:
                return x

        with pytest.raises(NotImplementedError, match=r"Forward\.cotangents is not written"):
            Forward()(scalar()).backward()


class TestUnchain:
    def test_unchain_makes_a_leaf(self) -> None:
        x = scalar()
        a = x * 3
        a.unchain()
        (a * 2).backward()
        assert (a.grad.data, x.grad) == (2.0, None)
        assert a.generation == 0

    def test_unchain_backward_cuts_everything_before(self) -> None:
        x = scalar()
        a = x * 3
        b = F.sin(a)
        b.unchain_backward()
        (b * 2).backward()
        assert a.creator is None
        assert x.grad is None

    def test_truncated_backpropagation_keeps_generations_low(self) -> None:
        state, W = scalar(0.0), scalar(0.5)  # noqa: N806  # the book's name
        for _ in range(100):
            state = F.tanh(state * W + 1.0)
            state.backward()
            state.unchain_backward()
        assert state.generation == 0


class Broken(Function):
    def forward(self, x: Any) -> Any:
        return x

    def backward(self, gy: Variable) -> Any:
        raise ValueError("broken")


def test_errors_say_which_function_and_which_operands() -> None:
    x = Variable(np.ones((2, 3), np.float32))
    with pytest.raises(ValueError, match=r"^add: cannot take x0 float32\[2, 3\], x1 float64\[4\]: ope"):
        x + np.ones(4)

    with pytest.raises(ValueError, match="broken") as raised:
        Broken()(x).backward()
    assert raised.value.__notes__ == ["in backward of dezero's Broken of float32[2, 3]"]


def test_a_failed_backward_leaves_no_gradients_and_no_config_changed() -> None:
    x = scalar()
    y = x * 2 + Broken()(x)
    with pytest.raises(ValueError, match="broken"):
        y.backward()
    assert x.grad is None
    assert F.sin(x).creator is not None


@pytest.mark.parametrize("operand", ["3", [1.0], None, object()])
def test_operands_that_are_no_numbers_are_refused(operand: Any) -> None:
    with pytest.raises(TypeError, match=r"^add: .*x1 .*: an operand must be a Variable, an array or"):
        scalar() + operand
    with pytest.raises(TypeError, match="Variable: data must be an array"):
        as_variable(operand if operand is not None else "None")


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
@pytest.mark.parametrize("number", [0.5, 2])
def test_a_number_is_seen_among_the_inputs_as_an_array_like_the_other(number: float, dtype: Any) -> None:
    x = Variable(np.ones((2, 3), dtype))
    for func in ((x * number).creator, (F.sin(x) - number).creator):
        constant = func.inputs[1]
        assert constant is func.inputs[1]
        assert isinstance(constant.data, np.ndarray)
        assert (constant.shape, constant.dtype, constant.data) == ((), dtype, number)
    func = (number / x).creator
    assert func.inputs[1] is x
    assert func.inputs[0].data == number


def test_a_graph_whose_inputs_were_looked_at_is_differentiated_all_the_same() -> None:
    x = scalar(2.0)
    y = 3 / x + 0.5
    assert [float(v) for v in (*y.creator.inputs, *y.creator.inputs[0].creator.inputs)] == [1.5, 0.5, 3, 2]
    y.backward(create_graph=True)
    gx = x.grad
    assert gx.data == -0.75
    x.cleargrad()
    gx.backward()
    assert x.grad.data == 0.75


def test_inputs_may_be_replaced() -> None:
    x, other = scalar(2.0), scalar(5.0)
    y = x * x
    y.creator.inputs = [x, other]
    y.backward()
    assert (x.grad.data, other.grad.data) == (5.0, 2.0)


def test_an_operation_costs_few_objects_that_the_collector_visits() -> None:
    x = scalar()
    gc.collect()
    before = len(gc.get_objects())
    y = x
    for _ in range(100):
        y = y + 0.5
    assert len(gc.get_objects()) - before <= 4 * 100 + 10  # Function, operands, output, reference
