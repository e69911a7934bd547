"""What f holds is seen, kept and put back; f is blamed where its values depend on it."""

from __future__ import annotations

import random
import threading
from collections import OrderedDict, defaultdict, deque
from functools import partial
from typing import Any

import numpy as np
import pytest

import gradcheck
from dezero import Parameter, Variable
from dezero import functions as F
from dezero import layers as L
from dezero.layers import Layer
from gradcheck.subjects.state import Snapshot
from tests.gradcheck.zoo.right_state import RIGHT_STATE
from tests.gradcheck.zoo.specimen import Specimen, op, several
from tests.gradcheck.zoo.wrong_state import NOISE, STATE, WRONG_STATE

X = np.array([0.3, 1.7, -2.0])


# Kept and put back ------------------------------------------------------------------------------------


class _Holder:
    shared: Any = None

    def __init__(self) -> None:
        self.number = 1
        self.array = np.arange(3.0)
        self.objects = np.array([None, "a"], dtype=object)
        self.items: Any = [1, [2, 3]]
        self.ordered = OrderedDict(a=1, b=2)
        self.counts: Any = defaultdict(int)
        self.recent: Any = deque([1, 2], maxlen=2)
        self.names = {"x"}
        self.parameter = Parameter(np.ones(2))
        self.generator = np.random.default_rng(1)
        self.old_generator = np.random.RandomState(1)  # others have one
        self.python = random.Random(1)


def _change(held: _Holder) -> None:
    held.number += 1
    held.new = 1  # type: ignore[attr-defined]
    held.array[1] = np.nan
    held.objects[0] = 1
    held.items[1].append(4)
    held.items.pop(0)
    held.ordered.move_to_end("a")
    held.counts["n"] += 1
    held.recent.append(3)
    held.names.add("y")
    held.parameter.data[...] = 5.0
    held.parameter.grad = Variable(np.zeros(2))
    held.generator.random()
    held.old_generator.random_sample()
    held.python.random()
    _Holder.shared = 3


def _shown(held: _Holder) -> list[Any]:
    numbers = [held.generator.bit_generator.state, held.old_generator.get_state()[2], held.python.getstate()]
    arrays = [held.array.tolist(), held.objects.tolist(), held.parameter.data.tolist(), held.parameter.grad]
    held_in = [held.items, list(held.ordered), dict(held.counts), list(held.recent), held.names]
    return [str(each) for each in (*numbers, *arrays, *held_in, sorted(vars(held)), held.number, held.shared)]


@pytest.mark.parametrize(
    "reach",
    [
        lambda held: held.__init__,
        lambda held: partial(print, held),
        lambda held: lambda x: held,
        lambda held: lambda x, y=held: y,
        lambda held: lambda x, *, y=held: y,
        lambda held: [(held,)],
        lambda held: {"a": {"b": held}},
        lambda held: [held].append,
    ],
)
def test_everything_is_put_back(reach: Any) -> None:
    held = _Holder()
    before = _shown(held)
    snapshot = Snapshot(reach(held))
    assert snapshot.intact()
    _change(held)
    names = snapshot.changed()
    for name in ("number", "new", "array", "items", "ordered", "counts", "recent", "names", "generator"):
        assert f"_Holder.{name}" in names
    assert "_Holder.shared" in names
    snapshot.restore()
    assert _shown(held) == before
    assert snapshot.intact()


def test_identities_stay() -> None:
    held = _Holder()
    array, items = held.array, held.items
    snapshot = Snapshot(lambda: held)
    held.array = np.zeros(2)
    held.items = []
    snapshot.restore()
    assert held.array is array
    assert held.items is items


def test_what_libraries_hold_is_left_alone() -> None:
    lock = threading.Lock()
    snapshot = Snapshot(lambda x: (np.linalg, F.tanh(x), lock))
    np.linalg.new_name = 1  # type: ignore[attr-defined]
    try:
        assert snapshot.intact()
        snapshot.restore()
        assert np.linalg.new_name == 1  # type: ignore[attr-defined]
    finally:
        del np.linalg.new_name  # type: ignore[attr-defined]


def _hostile() -> tuple[Any, Any]:
    """An object to which every question is an error, and one of a class of that kind."""

    class Hostile:
        """Every question to it is an error."""

        def __getattribute__(self, name: str) -> Any:
            raise AssertionError(name)

        def __eq__(self, other: object) -> bool:
            raise AssertionError

        def __hash__(self) -> int:
            raise AssertionError

        def __bool__(self) -> bool:
            raise AssertionError

        def __len__(self) -> int:
            raise AssertionError

    class HostileType(type):
        def __getattribute__(cls, name: str) -> Any:
            raise AssertionError(name)

    class Strange(metaclass=HostileType):
        __slots__ = ("empty",)

    return Hostile(), Strange()


def test_nothing_of_the_users_is_called() -> None:
    hostile, strange = _hostile()
    held = [hostile, strange, type(strange), {"a": hostile}]
    snapshot = Snapshot(lambda: (held, hostile))
    held.append(hostile)
    assert snapshot.changed() == ["held"]
    snapshot.restore()
    assert len(held) == 4


def test_large_and_endless_things_are_bounded() -> None:
    chain: Any = []
    for _ in range(20000):
        chain = [chain]
    chain.append(chain)
    assert Snapshot(lambda: chain).intact()


@pytest.mark.parametrize("in_advance", [False, True])
@pytest.mark.parametrize("draw", [np.random.rand, np.random.randn])
def test_the_global_generator_is_put_back_to_the_number_that_was_next(draw: Any, in_advance: bool) -> None:
    np.random.seed(5)  # noqa: NPY002
    if in_advance:
        np.random.randn()  # noqa: NPY002  # draws the next normal number as well
    before = Snapshot(X.sum, chance=True)
    assert before.drawn() == []
    first = draw()
    assert before.drawn() == ["np.random"]
    before.restore()
    assert before.drawn() == []
    assert draw() == first


# No traces --------------------------------------------------------------------------------------------


class _Keeping(Layer):
    """Keeps its last output, a running mean and a count; none decides a value."""

    def __init__(self) -> None:
        super().__init__()
        self.last: Any = None
        self.calls = 0
        self.mean: Any = np.zeros(3)

    def forward(self, x: Variable) -> Variable:
        self.calls += 1
        self.mean = 0.9 * self.mean + 0.1 * x.data
        self.last = F.tanh(x)
        return self.last


def test_a_check_leaves_no_trace() -> None:
    layer, mean = _Keeping(), np.zeros(3)
    layer.mean = mean
    chance = np.random.get_state()[2], random.getstate()  # noqa: NPY002  # the global generator is meant
    for _ in range(2):
        assert gradcheck.check(layer, X, order=2)
        assert (layer.calls, layer.last) == (0, None)
        assert layer.mean is mean
    assert (np.random.get_state()[2], random.getstate()) == chance  # noqa: NPY002


def test_batch_norm_is_as_before() -> None:
    layer = L.BatchNorm()
    layer(Variable(np.ones((4, 3))))
    before = layer.avg_mean.data.copy(), layer.avg_var.data.copy()
    assert gradcheck.check(layer, several(4, 3), order=2)
    for now, then in zip((layer.avg_mean, layer.avg_var), before, strict=True):
        assert now.data.dtype == then.dtype
        np.testing.assert_array_equal(now.data, then)


def test_nothing_stays_where_backward_raises_either() -> None:
    seen = {"calls": 0}

    def forward(x: Any) -> Any:
        seen["calls"] += 1
        return x * 2

    gradcheck.check(op(forward, lambda gy, x: 1 / 0), X)
    assert seen == {"calls": 0}


def test_a_list_that_is_added_to_keeps_what_a_caller_would_see() -> None:
    log: list[Any] = []

    def f(x: Variable) -> Variable:
        log.append(x.dtype)
        return F.sin(x)

    assert gradcheck.check(f, X)
    assert set(log) == {np.dtype(np.float64)}


@pytest.mark.parametrize("specimen", [*WRONG_STATE, *RIGHT_STATE], ids=str)
def test_the_same_check_gives_the_same_answer(specimen: Specimen) -> None:
    first, second = (gradcheck.check(specimen.f, *specimen.inputs, order=specimen.order) for _ in range(2))
    assert first.verdict == second.verdict
    if specimen.phrase != NOISE:
        reasons = [found.reason.partition(";")[0] for found in (first, second)]  # digits may be drawn anew
        assert reasons[0] == reasons[1]
        assert first.diagnosis == second.diagnosis


# Who is to blame --------------------------------------------------------------------------------------


@pytest.mark.parametrize("specimen", [s for s in WRONG_STATE if s.phrase in (NOISE, STATE)], ids=str)
def test_nothing_is_said_of_backward_where_f_is_to_blame(specimen: Specimen) -> None:
    result = gradcheck.check(specimen.f, *specimen.inputs)
    rows = [(row.oracle, row.verdict, row.certified) for row in result.evidence]
    assert rows == [("contract", "fail", False)]
    assert result.reason.startswith(specimen.phrase)
    assert result.diagnosis == f"not deterministic: {result.reason}"


def test_a_layer_that_draws_its_weights_keeps_state_all_the_same() -> None:
    result = gradcheck.check(L.RNN(3), several(4, 3))
    assert result.reason == "f keeps state between calls: RNN.h; its values depend on an earlier call"


@pytest.mark.parametrize("steady", [8, 12, 20, 25])
def test_what_drifts_slowly_is_asked_again_before_backward_is_failed(steady: int) -> None:
    calls = iter(range(10**6))
    drifting = op(lambda x: x * x * (1.0 if next(calls) < steady else 1.5), lambda gy, x: gy * x)
    result = gradcheck.check(drifting, X)
    assert result.reason.startswith(NOISE), str(result)
    assert "formula" not in str(result.diagnosis)


@pytest.mark.parametrize("order", [1, 2])
def test_a_buffer_that_is_returned_is_not_put_back_under_its_reader(order: int) -> None:
    buffer = np.empty(3)

    def forward(x: Any) -> Any:
        buffer[...] = np.asarray(x, dtype=float) ** 2
        return buffer

    assert gradcheck.check(op(forward, lambda gy, x: 2 * gy * x), X, order=order)
    assert gradcheck.check(op(forward, lambda gy, x: 3 * gy * x), X, order=order).verdict == "fail"


def test_the_size_of_the_noise_is_reported() -> None:
    generator = np.random.default_rng(0)

    def f(x: Variable) -> Variable:
        return x * (1 + 1e-6 * generator.choice([-1.0, 1.0]))

    assert "(by 2e-06 of their size): it draws random numbers (generator)" in gradcheck.check(f, X).reason


def test_stale_is_said_where_something_is_kept_only() -> None:
    for x in (np.array([0.5]), np.full(3, 0.5), X):
        result = gradcheck.check(op(lambda x: x * x, lambda gy, x: gy), x)
        assert result.verdict == "fail"
        assert "stale" not in str(result)
        assert "earlier call" not in str(result)


def test_what_is_kept_out_of_sight_is_stale_all_the_same() -> None:
    def first() -> Any:
        slope = yield
        while True:
            yield slope

    slopes = first()
    next(slopes)
    result = gradcheck.check(op(np.sin, lambda gy, x: gy * slopes.send(F.cos(x))), X)
    assert "stale: the gradient at other inputs is that of an earlier call" in str(result.diagnosis)
