"""What is timed is everything, runs, and is the same work on both sides."""

from __future__ import annotations

from inspect import isclass, isfunction
from typing import Any

import numpy as np
import pytest

import dezero.functions as F
import dezero.optimizers as O
from gradcheck.specs import exemptions
from tests.benchmarks import lstm, mlp
from tests.benchmarks.operations import ALONE, operations
from tests.benchmarks.parts import BATCH_NORM, CONVOLUTION, MAX_POOLING
from tests.benchmarks.steps import Workload, assert_alike
from tests.benchmarks.timing import medians
from tests.benchmarks.updates import PAIRS, updates

PARTS: dict[str, Any] = {part.name: part for part in (CONVOLUTION, BATCH_NORM, MAX_POOLING, lstm, mlp)}
SMALL: dict[str, Workload] = {each.name: each for each in [*operations("small"), *updates("small")]}


def test_every_public_function_is_timed_but_those_without_a_derivative() -> None:
    timed = {name.partition(",")[0] for name in SMALL} | {row.name for row in exemptions()}
    public = {name: f for name, f in vars(F).items() if name in F.__all__ and isfunction(f)}
    simple = {name for name in public if name.endswith("_simple")}  # the book's first versions
    shown = {"as_array", "as_variable"}  # of the core, as the book's module shows them
    assert {f.__name__ for f in public.values()} - simple - shown <= timed


def test_every_optimizer_is_timed() -> None:
    classes = {name: kind for name in O.__all__ if isclass(kind := getattr(O, name))}
    kinds = {name for name, kind in classes.items() if issubclass(kind, O.Optimizer)}
    assert kinds - {"Optimizer", "Newton"} == set(PAIRS)


def test_both_sizes_hold_the_same_names() -> None:
    for table in (operations, updates):
        small, large = ([each.name for each in table(size)] for size in ("small", "large"))  # type: ignore[operator]
        assert small == large
        assert len(set(small)) == len(small)


@pytest.mark.parametrize("name", PARTS)
def test_what_is_written_by_hand_is_the_same_work(name: str) -> None:
    arrays = PARTS[name].draw(np.random.default_rng(0))
    assert_alike(PARTS[name].ours(arrays)(), PARTS[name].by_hand(arrays)(), name)


WITH_PEER = [name for name, each in SMALL.items() if getattr(each, "peer", None) != ALONE]


@pytest.mark.parametrize("name", [*WITH_PEER, *PARTS])
def test_pytorch_does_the_same_work(name: str) -> None:
    torch = pytest.importorskip("torch", reason="needs PyTorch: the extra `torch`")
    workload = (SMALL | PARTS)[name]
    arrays = workload.draw(np.random.default_rng(0))
    theirs = workload.in_torch(torch, [torch.from_numpy(x.copy()) for x in arrays])
    if theirs is None:
        pytest.skip(f"PyTorch has no function that is called {name}")
    assert_alike(workload.ours(arrays)(), [x.numpy() for x in theirs()], name)


@pytest.mark.parametrize("name", SMALL)
def test_a_small_workload_runs_twice_and_changes_no_input(name: str) -> None:
    arrays = SMALL[name].draw(np.random.default_rng(0))
    before = [x.copy() for x in arrays]
    step = SMALL[name].ours(arrays)
    for _ in range(2):
        assert all(np.isfinite(x).all() for x in step())
    for x, same in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(x, same)


def test_works_are_timed_in_turns() -> None:
    order: list[str] = []
    ticks = iter(range(100))
    works = [lambda: order.append("a"), lambda: order.append("b")]
    assert medians(works, 2, lambda work: work() or float(next(ticks))) == [1500.0, 1500.0]
    assert order == ["a", "b", "b", "a"]
