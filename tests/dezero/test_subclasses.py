"""What a subclass of a shipped function overrides takes effect, whatever else it inherits."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, Variable, cuda, fusion
from dezero.core import Constant, Elementwise, Formula
from dezero.utils import functions_behind
from tests.dezero.function_table import CASES

# A function that was called: each class of the table's graphs, and of the graphs of their gradients.
Called = dict[type[Function], Function]


def _called() -> Called:
    found: Called = {}
    for case in CASES:
        xs = [Variable(x) for x in case.inputs()]
        y = case.f(*xs)
        y.backward(create_graph=True)
        for root in (y, *(x.grad for x in xs)):
            for func in functions_behind(root) if root is not None else ():
                found.setdefault(type(func), func)
    return found


CALLED = _called()
every_class = pytest.mark.parametrize("cls", CALLED, ids=lambda cls: cls.__name__)
recorded_or_not = pytest.mark.parametrize("create_graph", [False, True])


class Again:
    """A call of `cls` as the table has it, by `sub`, a subclass of it."""

    def __init__(self, cls: type[Function], sub: type[Function]) -> None:
        called = CALLED[cls]
        self.func = copy.copy(called)
        self.func._outputs = None
        self.func.__class__ = sub
        self.xs = [x if type(x) is Constant else Variable(x.data.copy()) for x in called.inputs]

    def __call__(self) -> Any:
        return self.func(*self.xs)

    def gradients(self, create_graph: bool) -> list[np.ndarray]:
        """Of the operands that have one, for a cotangent that is not uniform."""
        ys = self()
        y, *_ = ys if isinstance(ys, list) else [ys]
        y.grad = Variable(np.linspace(0.5, 1.5, y.size, dtype=y.dtype).reshape(y.shape))
        y.backward(create_graph=create_graph)
        return [x.grad.data for x in self.xs if x.grad is not None]


def _constant(value: float) -> Callable[..., Any]:
    """A backward that says that every gradient is `value`."""

    def backward(self: Function, *gys: Variable) -> tuple[Variable, ...]:
        return tuple(Variable(np.full(x.shape, value, x.dtype)) for x in self.inputs)

    return backward


def _assert_all(found: list[np.ndarray], value: float) -> None:
    assert found
    for gx in found:
        np.testing.assert_array_equal(gx, np.full(gx.shape, value))


@every_class
@recorded_or_not
def test_backward_at_any_level(cls: Any, create_graph: bool) -> None:
    sub = type("Sub", (cls,), {"backward": _constant(7.0)})
    below = type("Below", (type("Between", (sub,), {}),), {})
    lowest = type("Lowest", (below,), {"backward": _constant(3.0)})
    for kind, value in ((sub, 7.0), (below, 7.0), (lowest, 3.0)):
        _assert_all(Again(cls, kind).gradients(create_graph), value)


@every_class
@recorded_or_not
def test_backward_by_way_of_the_inherited_one(cls: Any, create_graph: bool) -> None:
    class Twice(cls):
        def backward(self, *gys: Variable) -> Any:
            gxs = super().backward(*gys)
            if isinstance(gxs, tuple):
                return tuple(None if gx is None else 2 * gx for gx in gxs)
            return 2 * gxs

    plain = Again(cls, cls).gradients(create_graph)
    doubled = Again(cls, Twice).gradients(create_graph)
    assert len(plain) == len(doubled)
    for once, twice in zip(plain, doubled, strict=True):
        # Formulas on Variables add up in another order: an element that is a difference has less digits.
        np.testing.assert_allclose(twice, 2 * once, rtol=1e-14, atol=1e-15 * np.abs(once).max(initial=0))


@every_class
def test_backward_set_on_the_class_or_the_instance(cls: Any, monkeypatch: Any) -> None:
    again = Again(cls, type("Sub", (cls,), {}))
    again.func.backward = _constant(5.0).__get__(again.func)  # type: ignore[method-assign]
    _assert_all(again.gradients(False), 5.0)
    again = Again(cls, cls)
    again.func.backward = lambda *gys: tuple(4.0 for _ in again.xs)  # type: ignore[method-assign]
    _assert_all(again.gradients(False), 4.0)
    monkeypatch.setattr(cls, "backward", _constant(6.0))
    _assert_all(Again(cls, cls).gradients(False), 6.0)
    _assert_all(Again(cls, type("Sub", (cls,), {})).gradients(True), 6.0)


@pytest.mark.parametrize(
    "cls", [cls for cls in CALLED if issubclass(cls, (Elementwise, Formula))], ids=lambda cls: cls.__name__
)
@recorded_or_not
def test_formulas_below_a_backward(cls: Any, create_graph: bool) -> None:
    name = "vjps" if issubclass(cls, Elementwise) else "cotangents"
    by_hand = type("ByHand", (cls,), {"backward": _constant(7.0)})
    again = type("Again", (by_hand,), {name: getattr(cls, name)})
    expected = Again(cls, cls).gradients(create_graph)
    for found, gx in zip(Again(cls, again).gradients(create_graph), expected, strict=True):
        np.testing.assert_array_equal(found, gx)


@every_class
@recorded_or_not
def test_formulas_themselves(cls: Any, create_graph: bool) -> None:
    cotangents = {"cotangents": lambda self, gys, *xs: [8.0] * len(xs)}
    _assert_all(Again(cls, type("Sub", (cls,), cotangents)).gradients(create_graph), 8.0)
    if len(CALLED[cls].outputs) == 1:
        vjps = {"vjps": tuple(lambda gy, y, *xs: 9.0 for _ in CALLED[cls].inputs)}
        _assert_all(Again(cls, type("Sub", (cls,), vjps)).gradients(create_graph), 9.0)


@pytest.mark.parametrize("fused", [False, True])
@every_class
def test_forward(cls: Any, fused: bool) -> None:
    class Shifted(cls):
        def forward(self, *xs: Any) -> Any:
            ys = super().forward(*xs)
            return tuple(y + 1 for y in ys) if isinstance(ys, tuple) else ys + 1

    with fusion.fusing(fused):
        plain, shifted = Again(cls, cls)(), Again(cls, Shifted)()
        given = Again(cls, type("Sub", (cls,), {}))
        given.func.forward = Shifted.forward.__get__(Again(cls, Shifted).func)  # type: ignore[method-assign]
        for ys in (shifted, given()):
            for y, other in zip(*(v if isinstance(v, list) else [v] for v in (ys, plain)), strict=True):
                np.testing.assert_array_equal(y.data, other.data + 1)


def test_a_mixin_before_the_function() -> None:
    class StraightThrough:
        def backward(self, gy: Variable) -> Variable:
            return gy

    class Rounded(StraightThrough, F.Clip):
        pass

    x = Variable(np.array([-3.0, 0.5, 3.0]))
    Rounded(0.0, 1.0)(x).backward()
    np.testing.assert_array_equal(x.grad.data, [1.0, 1.0, 1.0])


def test_what_is_set_on_a_fused_class(device: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(F.activation.Sigmoid, "forward", lambda self, x: 3 * x)
    monkeypatch.setattr(F.activation.Sigmoid, "vjps", (lambda gy, y, x: 3 * gy,))
    x = Variable(device.asarray(np.array([1.0, 2.0])))
    with fusion.fusing():
        y = F.sigmoid(x)
        y.backward()
    np.testing.assert_array_equal(cuda.as_numpy(y), [3.0, 6.0])
    np.testing.assert_array_equal(cuda.as_numpy(x.grad), [3.0, 3.0])


def test_settings_of_a_subclass_reach_the_inherited_formulas() -> None:
    class Cube(F.Pow):
        def __init__(self) -> None:
            super().__init__(3)

    class Own(Elementwise):
        def __init__(self, factor: float) -> None:
            self.factor = factor
            self.vjps = (lambda gy, y, x: factor * gy,)

        def forward(self, x: Any) -> Any:
            return self.factor * x

    for func, expected in ((Cube(), 12.0), (Own(5.0), 5.0)):
        x = Variable(np.array(2.0))
        func(x).backward()
        assert x.grad.data == expected


def test_second_derivatives_of_what_was_overridden() -> None:
    """The graph of a gradient goes through the overridden backward as well."""

    class Twice(F.Exp):
        def backward(self, gy: Variable) -> Variable:
            return 2 * super().backward(gy)

    x = Variable(np.array(0.5))
    Twice()(x).backward(create_graph=True)
    gx, x.grad = x.grad, None
    gx.backward()
    np.testing.assert_allclose(x.grad.data, 4 * np.exp(0.5), rtol=1e-15)
