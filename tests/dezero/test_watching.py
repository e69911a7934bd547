"""The tape's hook: a watcher sees and decides what functions pass back, in its block alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import dezero.functions as F
from dezero import Config, Function, Variable
from dezero.tape import Watcher, watching


def times(factor: float, of: type[Function] = Function) -> Watcher:
    def watcher(func: Function, gys: Sequence[Any], pull: Callable[..., Any]) -> Sequence[Any]:
        gxs = pull(gys)
        return [factor * gx for gx in gxs] if isinstance(func, of) else gxs

    return watcher


def gradient(create_graph: bool = False) -> Variable:
    """Of x², at 3."""
    x = Variable(np.array(3.0))
    F.square(x).backward(create_graph=create_graph)
    assert x.grad is not None
    return x.grad


def test_what_is_changed_is_changed_in_the_block_alone() -> None:
    with watching(times(10)):
        assert gradient().data == 60
    assert gradient().data == 6


def test_it_ends_where_the_block_raises() -> None:
    with pytest.raises(ZeroDivisionError), watching(times(10)):
        raise ZeroDivisionError
    assert gradient().data == 6


def test_gradients_of_gradients_pass_it_too() -> None:
    seen = []

    def note(func: Function, gys: Sequence[Any], pull: Callable[..., Any]) -> Sequence[Any]:
        gxs = pull(gys)
        variables = [isinstance(g, Variable) for g in (*gys, *gxs) if g is not None]
        seen.append((type(func).__name__, Config.enable_backprop))
        assert all(variables) if Config.enable_backprop else not any(variables)
        return gxs

    with watching(note):
        gradient(create_graph=True).backward()
    assert seen[0] == ("Square", True)
    assert len(seen) > 1
    assert not any(recorded for _, recorded in seen[1:])


def test_the_inner_of_two_asks_the_outer() -> None:
    def add_one(func: Function, gys: Sequence[Any], pull: Callable[..., Any]) -> Sequence[Any]:
        return [gx + 1 for gx in pull(gys)]

    with watching(times(10)), watching(add_one):
        assert gradient().data == 61
    with watching(add_one), watching(times(10)):
        assert gradient().data == 70


def test_other_cotangents_may_be_pulled() -> None:
    with watching(lambda func, gys, pull: pull([2 * gy for gy in gys])):
        assert gradient().data == 12


def test_what_it_raises_comes_out_of_backward() -> None:
    def refuse(func: Function, gys: Sequence[Any], pull: Callable[..., Any]) -> Sequence[Any]:
        raise KeyError("no")

    with watching(refuse), pytest.raises(KeyError, match="no"):
        gradient()
