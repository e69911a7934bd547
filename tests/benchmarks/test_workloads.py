"""What is timed is everything, runs, and is the same work on both sides."""

from __future__ import annotations

from inspect import isclass, isfunction
from typing import Any

import numpy as np
import pytest

import dezero.functions as F
import dezero.optimizers as O
from tests.benchmarks import batch_norm, convolution, lstm, max_pooling, mlp
from tests.benchmarks.operations import operations
from tests.benchmarks.steps import Workload, assert_alike
from tests.benchmarks.timing import medians
from tests.benchmarks.updates import PAIRS, updates

MODULES: dict[str, Any] = {
    module.__name__.rpartition(".")[2]: module for module in (batch_norm, convolution, lstm, max_pooling, mlp)
}
SMALL: dict[str, Workload] = {each.name: each for each in [*operations("small"), *updates("small")]}

UNTIMED = {
    "accuracy": "no derivative",
    "sign": "no derivative",
    "average": "another name of mean",
    "batch_nrom": "another name of batch_norm",
    "dot": "another name of matmul",
    "rdiv": "div, its operands swapped",
    "rsub": "sub, its operands swapped",
    "expand_dims": "a view, as reshape",
    "flatten": "a view, as reshape",
    "squeeze": "a view, as reshape",
    "col2im_array": "of arrays: col2im's forward",
    "im2col_array": "of arrays: im2col's forward",
}


def test_every_public_function_is_timed_or_exempt_with_a_reason() -> None:
    timed = {name.partition(",")[0] for name in SMALL}
    simple = {name for name in F.__all__ if name.endswith("_simple")}  # the book's first versions
    shown = {"as_array", "as_variable"}  # of the core, as the book's module shows them
    public = {name for name in F.__all__ if name[0].islower() and isfunction(getattr(F, name))} - shown
    assert public - timed - simple == set(UNTIMED)


def test_every_optimizer_is_timed() -> None:
    classes = {name: kind for name in O.__all__ if isclass(kind := getattr(O, name))}
    kinds = {name for name, kind in classes.items() if issubclass(kind, O.Optimizer)}
    assert kinds - {"Optimizer", "Newton"} == set(PAIRS)


def test_both_sizes_hold_the_same_names() -> None:
    for table in (operations, updates):
        small, large = ([each.name for each in table(size)] for size in ("small", "large"))  # type: ignore[operator]
        assert small == large
        assert len(set(small)) == len(small)


@pytest.mark.parametrize("name", MODULES)
def test_what_is_written_by_hand_is_the_same_work(name: str) -> None:
    arrays = MODULES[name].draw(np.random.default_rng(0))
    assert_alike(MODULES[name].ours(arrays)(), MODULES[name].by_hand(arrays)(), name)


@pytest.mark.parametrize("name", [*SMALL, *MODULES])
def test_pytorch_does_the_same_work(name: str) -> None:
    torch = pytest.importorskip("torch", reason="needs PyTorch: the extra `torch`")
    workload = (SMALL | MODULES)[name]
    arrays = workload.draw(np.random.default_rng(0))
    theirs = workload.in_torch(torch, [torch.from_numpy(x.copy()) for x in arrays])()
    assert_alike(workload.ours(arrays)(), [x.numpy() for x in theirs], name)


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
