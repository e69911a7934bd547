"""Workers are simulated as the runner's processes take tasks."""

from __future__ import annotations

import pytest

from tests.benchmarks.scaling import WORKERS, Around, Timed, makespan, table


def test_one_worker_takes_as_long_as_all_tasks_together() -> None:
    assert makespan([Timed(1.0, "a"), Timed(0.5, "b"), Timed(0.25, "a")], workers=1) == 1.75


def test_no_number_of_workers_is_done_before_the_longest_task() -> None:
    tasks = [Timed(0.1, str(n)) for n in range(50)] + [Timed(2.0, "long")]
    assert makespan(tasks, workers=4) > makespan(tasks[::-1], workers=4)
    assert makespan(tasks[::-1], workers=100) == 2.0


def test_a_worker_takes_what_is_kin_to_its_last_task() -> None:
    """The first has a1, the second b1; free again, it takes b2 before a2."""
    tasks = [Timed(4.0, "a"), Timed(1.0, "b"), Timed(3.0, "a"), Timed(5.0, "b")]
    assert makespan(tasks, workers=2) == 7.0


def test_work_that_divides_evenly_is_shared() -> None:
    assert makespan([Timed(1.0, str(n)) for n in range(64)], workers=16) == 4.0


def test_the_table_has_a_line_for_each_number_of_workers() -> None:
    around = Around(0.25, 0.25, 0.5, 0.25, 0.0, [0.0])
    shown = table([Timed(1.0, str(n)) for n in range(64)], around).splitlines()
    assert [line.split()[0] for line in shown[1:]] == [str(n) for n in WORKERS]
    assert [float(line.split()[5]) for line in shown[1:]] == pytest.approx([65, 33, 17, 9, 5])
    assert {line.split()[4] for line in shown[1:]} == {"2.00"}


def test_pages_are_shared_and_made_beside_what_joins_them() -> None:
    around = Around(0.0, 0.0, 0.0, 0.0, 1.0, [0.5] * 8)
    assert [around.serial(n) for n in (1, 2, 8)] == [5.0, 2.0, 1.0]
