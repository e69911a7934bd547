"""Checks in several threads, in each other, and under asyncio: FLINT's precision is one per process."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import flint
import numpy as np
import pytest

import gradcheck
from dezero import Function, Variable
from dezero import functions as F
from dezero.layers import Linear
from gradcheck import printed
from gradcheck.cases import key, laboratory
from gradcheck.judging.proof import forward
from gradcheck.oracles.numbers.flint_lock import flint_lock
from gradcheck.oracles.numbers.working import working
from gradcheck.oracles.symbols import formulas
from gradcheck.running import forked
from gradcheck.system.limits import TimeLimitError, time_limit
from tests.gradcheck.sample_rows import range_row

X = np.array([0.3, 1.7, -2.0, 0.9])


class _Off(Function):
    """A sine whose gradient is off by one part in a million."""

    def forward(self, x: Any) -> Any:
        return np.sin(x)

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        return gy * F.cos(x) * 1.000001


OPERATIONS: list[Callable[..., Any]] = [
    F.tanh,
    lambda x: F.softmax(F.reshape(x, (2, 2))),
    lambda x: F.exp(F.sin(x)) / (x * x + 1),
    _Off,
]
CALLS = [
    (f, X.astype(dtype), order)
    for f in OPERATIONS
    for dtype in (np.float16, np.float32, np.float64)
    for order in (1, 2, 3)
]


@pytest.fixture(autouse=True)
def _threads_take_turns_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def _found(call: tuple[Callable[..., Any], Any, int]) -> tuple[Any, ...]:
    f, x, order = call
    result = gradcheck.check(f, x, order=order)
    rows = [(row.order, row.oracle, row.verdict, row.certified, row.error_ulp) for row in result.evidence]
    return result.verdict, result.reason, rows


def test_four_threads_find_what_one_finds() -> None:
    alone = [_found(call) for call in CALLS]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(_found, CALLS))
    assert together == alone


def test_other_entry_points_take_turns_with_checks() -> None:
    def value(_: int) -> str:
        [ball] = formulas.value(lambda m, x: m.exp(x), [np.array([0.5])], {})
        return str(ball.str(40, radius=False))

    def product(_: int) -> str:
        with working(200):
            return str((flint.arb(1) / 3).str(40, radius=False))

    with ThreadPoolExecutor(4) as pool:
        checks = [pool.submit(_found, call) for call in CALLS[:9]]
        values, products = set(pool.map(value, range(50))), set(pool.map(product, range(50)))
    assert len(values) == len(products) == 1
    assert all(done.result()[0] != "fail" for done in checks)


def test_threads_share_what_formulas_are_remembered() -> None:
    """More formulas than are remembered, so that each thread drops what another may ask for."""
    written = [lambda m, x, n=n: m.exp(x) + n for n in range(500)]

    def value(n: int) -> float:
        return float(formulas.value(written[n], [np.array(0.0)])[()])

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(value, range(500))) == [1.0 + n for n in range(500)]


def test_threads_check_one_layer() -> None:
    """While one thread differentiates, other arrays stand where the layer keeps its parameters."""
    layer = Linear(1, in_size=2)

    def inputs_of_a_check(_: int) -> str:
        return gradcheck.check(layer, np.ones((1, 2))).title

    with ThreadPoolExecutor(8) as pool:
        titles = set(pool.map(inputs_of_a_check, range(60)))
    assert titles == {"Linear(x: float64[1, 2], W: float64[2, 1], b: float64[1])"}


def test_forward_is_compared_at_no_other_threads_precision() -> None:
    case = laboratory.build(key.find("log/float16/cpu"))

    def figures() -> tuple[Any, ...]:
        found = forward.against_formula(case)
        assert found is not None
        return found.verdict, found.digits, found.error_ulp, found.bound_ulp, found.tolerance_ulp

    alone, coarse, compared = figures(), threading.Event(), threading.Event()

    def compute_coarsely() -> None:
        with working(10):
            coarse.set()
            compared.wait(0.5)

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(compute_coarsely)
        coarse.wait()
        together = figures()
        compared.set()
        other.result()
    assert together == alone


def test_threads_draw_the_plots_that_one_draws() -> None:
    pytest.importorskip("matplotlib")

    def svg(row: dict[str, Any]) -> str:
        return str(printed.draw(row)._repr_svg_())

    alone = svg(range_row())
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(svg, [range_row()] * 4)) == [alone] * 4


@pytest.mark.skipif(not forked.can_fork(), reason="this system does not fork")
def test_copies_of_the_process_leave_its_warnings_as_they_are() -> None:
    before = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        copies = [pool.submit(forked.within, 60, partial(int, n)) for n in range(40)]
        assert [copy.result() for copy in copies] == list(range(40))
    assert warnings.filters == before


def test_settings_of_flint_are_as_before() -> None:
    before = flint.ctx.prec, flint.ctx.cap
    gradcheck.check(F.tanh, X, order=3)
    assert (flint.ctx.prec, flint.ctx.cap) == before


def test_a_check_inside_a_check() -> None:
    inner: list[str] = []

    def f(x: Variable) -> Variable:
        inner.append(gradcheck.check(F.tanh, X.astype(np.float32), order=2).reason)
        assert gradcheck.check(_Off, X).verdict == "fail"
        return F.sin(x)

    expected = gradcheck.check(F.sin, X, order=2)
    found = gradcheck.check(f, X, order=2)
    assert found.verdict == "pass"
    assert [row.error_ulp for row in found.evidence] == [row.error_ulp for row in expected.evidence]
    assert len(set(inner)) == 1
    assert inner[0].startswith("derivatives of order 1 to 2: proven by Taylor jets")


def test_under_asyncio() -> None:
    alone = [_found(call) for call in CALLS[::3]]

    async def plain(call: Any) -> tuple[Any, ...]:
        await asyncio.sleep(0)
        return _found(call)

    async def every() -> list[Any]:
        in_threads = asyncio.gather(*(asyncio.to_thread(_found, call) for call in CALLS[::3]))
        here = asyncio.gather(*(plain(call) for call in CALLS[::3]))
        return [await in_threads, await here]

    assert asyncio.run(every()) == [alone, alone]


def test_a_waiting_thread_can_be_interrupted() -> None:
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with flint_lock():
            held.set()
            done.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    started = time.perf_counter()
    try:
        with pytest.raises(TimeLimitError), time_limit(0.2):
            gradcheck.check(F.tanh, X)
        assert time.perf_counter() - started < 2
    finally:
        done.set()
        holder.join()
    assert gradcheck.check(F.tanh, X)


def test_an_interrupted_check_ends_its_turn() -> None:
    def slow(x: Variable) -> Variable:
        time.sleep(0.05)
        return F.sin(x)

    with pytest.raises(TimeLimitError), time_limit(0.1):
        gradcheck.check(slow, X)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(gradcheck.check, F.tanh, X).result(timeout=10)
