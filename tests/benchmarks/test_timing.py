"""How times are taken."""

from __future__ import annotations

from tests.benchmarks.timing import in_turns, medians, ratio, repeated


def test_works_are_timed_in_turns() -> None:
    order: list[str] = []
    ticks = iter(range(100))
    works = [lambda: order.append("a"), lambda: order.append("b")]
    assert medians(works, 2, lambda work: work() or float(next(ticks))) == [1500.0, 1500.0]
    assert order == ["a", "b", "b", "a"]


def test_no_work_is_always_the_first() -> None:
    order: list[str] = []
    in_turns([lambda name=name: order.append(name) for name in "abc"], 6)
    rounds = ["".join(order[n : n + 3]) for n in range(0, len(order), 3)]
    assert rounds == ["abc", "cba", "bca", "acb", "cab", "bac"]


def test_a_ratio_is_of_rounds_so_that_a_slow_one_changes_nothing() -> None:
    assert ratio([1.0, 10.0, 1.0], [2.0, 20.0, 2.0]) == 0.5


def test_a_short_work_is_repeated() -> None:
    done: list[int] = []
    repeated(lambda: done.append(1), 3)()
    assert len(done) == 3
