"""What is timed is everything, runs, and is the same work on both sides."""

from __future__ import annotations

from dataclasses import replace
from inspect import isclass, isfunction
from typing import Any

import numpy as np
import pytest

import dezero.functions as F
import dezero.layers as L
import dezero.optimizers as O
from tests.benchmarks import cnn, mlp
from tests.benchmarks.derivatives import DERIVATIVES
from tests.benchmarks.layers import layers
from tests.benchmarks.operations import operations
from tests.benchmarks.parts import PARTS
from tests.benchmarks.recurrent import LSTM
from tests.benchmarks.sizes import DEVICE, HOST, SMALL, Size
from tests.benchmarks.steps import Workload, assert_alike
from tests.benchmarks.updates import PAIRS, updates

BY_HAND: dict[str, Any] = {part.name: part for part in (*PARTS, LSTM, mlp, cnn)}
OPERATIONS = {each.name: each for each in operations(SMALL)}
TABLE: dict[str, Workload] = {
    **OPERATIONS,
    **{each.name: each for each in (*layers(SMALL), *updates(SMALL), *DERIVATIVES)},
}


def test_every_public_function_is_timed() -> None:
    timed = {name.partition(",")[0] for name in OPERATIONS}
    public = {f.__name__ for name in F.__all__ if isfunction(f := getattr(F, name))}
    makes_variables = {"as_array", "as_variable"}  # every row does
    assert public - makes_variables <= timed


def test_every_layer_is_timed() -> None:
    classes = {name: kind for name in L.__all__ if isclass(kind := getattr(L, name))}
    kinds = {name for name, kind in classes.items() if issubclass(kind, L.Layer)}
    assert kinds - {"Layer"} == {each.name for each in layers(SMALL)}


def test_every_optimizer_is_timed() -> None:
    classes = {name: kind for name in O.__all__ if isclass(kind := getattr(O, name))}
    kinds = {name for name, kind in classes.items() if issubclass(kind, O.Optimizer)}
    assert kinds - {"Optimizer", "Newton"} == set(PAIRS)


@pytest.mark.parametrize("size", [*HOST, *DEVICE], ids=lambda size: size.name)
def test_the_names_are_unique_and_those_of_the_small_size(size: Size) -> None:
    names = [each.name for each in operations(size)]
    assert len(set(names)) == len(names)
    assert set(names) <= set(OPERATIONS)
    assert set(names) == set(OPERATIONS) or not size.elements


@pytest.mark.parametrize("name", BY_HAND)
def test_what_is_written_by_hand_is_the_same_work(name: str) -> None:
    arrays = BY_HAND[name].draw(np.random.default_rng(0))
    assert_alike(BY_HAND[name].ours(arrays)(), BY_HAND[name].by_hand(arrays)(), name)


@pytest.mark.parametrize("name", [*TABLE, *BY_HAND])
def test_pytorch_does_the_same_work(name: str) -> None:
    _compare_with_torch((TABLE | BY_HAND)[name])


@pytest.mark.parametrize("change", [{"dtype": "d"}, {"strided": True}], ids=str)
@pytest.mark.parametrize("name", OPERATIONS)
def test_pytorch_does_the_same_work_on_other_inputs(name: str, change: dict[str, Any]) -> None:
    _compare_with_torch(replace(OPERATIONS[name], **change))


def _compare_with_torch(workload: Any) -> None:
    torch = pytest.importorskip("torch", reason="needs PyTorch: the extra `torch`")
    arrays, same = (workload.draw(np.random.default_rng(0)) for _ in range(2))
    theirs = workload.in_torch(torch, [torch.from_numpy(x) for x in same])
    if theirs is None:
        pytest.skip(f"PyTorch has no function that is called {workload.name}")
    assert_alike(workload.ours(arrays)(), [x.numpy() for x in theirs()], workload.name)


@pytest.mark.parametrize("change", [{"dtype": "d"}, {"strided": True}], ids=str)
def test_inputs_are_as_the_size_says(change: dict[str, Any]) -> None:
    for each in operations(replace(SMALL, **change)):
        floats = [x for x in each.draw(np.random.default_rng(0)) if x.dtype.kind == "f"]
        assert {x.dtype.char for x in floats} == {change.get("dtype", "f")}
        gaps = {x.strides[-1] // x.itemsize for x in floats[: len(each.shapes)]}
        assert gaps == {2 if change.get("strided") else 1}


@pytest.mark.parametrize("name", TABLE)
def test_a_small_workload_runs_twice_and_changes_no_input(name: str) -> None:
    arrays = TABLE[name].draw(np.random.default_rng(0))
    before = [x.copy() for x in arrays]
    step = TABLE[name].ours(arrays)
    for _ in range(2):
        assert all(np.isfinite(x).all() for x in step())
    for x, same in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(x, same)
