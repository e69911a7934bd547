"""What a report of tests counts: a check that was to be done and gave nothing is missed, and named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gradcheck.records import jsonl
from tests.gradcheck.plugin_runs import run_apart, run_here

pytest_plugins = ["pytester"]

HEAD = """
import os, sys, threading
import numpy as np
import pytest
import dezero.functions as F

X = np.ones(2)

def test_right(check_gradients):
    check_gradients(F.exp, X)
"""

DIES = """
def test_dies(check_gradients):
    check_gradients(lambda x: os._exit(0), X)
"""


def session(pytester: pytest.Pytester, tests: str, *options: str) -> tuple[pytest.RunResult, list[jsonl.Row]]:
    """A session with these tests, and what it recorded."""
    pytester.makepyfile(test_it=HEAD + tests)
    out = Path(pytester.path) / "mine"
    result = run_here(pytester, *options, "--gradcheck-report", str(out))
    return result, jsonl.read(out / "records.jsonl")


def counted(rows: list[jsonl.Row]) -> tuple[int, int, list[str]]:
    """Executed, declared, and what is said of the difference."""
    (end,) = (row for row in rows if row["kind"] == "end")
    return end["executed"], end["declared"], [row["message"] for row in rows if row["kind"] == "warning"]


def test_a_worker_that_died_with_its_check_is_counted_and_named(pytester: pytest.Pytester) -> None:
    result, rows = session(pytester, DIES, "-n", "1")
    result.assert_outcomes(passed=1, failed=1)
    executed, declared, (message,) = counted(rows)
    assert (executed, declared) == (1, 2)
    assert message.startswith("test_it.py::test_dies: its worker died (worker 'gw")
    result.stdout.fnmatch_lines(["gradcheck report: *index.html", "gradcheck: 1 of 2 checks ran", "LOST *"])
    page = (Path(pytester.path) / "mine" / "index.html").read_text(encoding="utf-8")
    assert "test_it.py::test_dies" in page


def test_the_only_test_of_a_worker_that_is_not_replaced(pytester: pytest.Pytester) -> None:
    dies = "@pytest.fixture\ndef dies():\n    os._exit(0)\n\ndef test_dies(dies, check_gradients): ...\n"
    _, rows = session(pytester, dies, "-n", "1", "--max-worker-restart", "0", "-k", "dies")
    executed, declared, (message,) = counted(rows)
    assert (executed, declared) == (0, 1)
    assert "test_dies: its worker died" in message


def test_without_workers_a_part_of_the_records_is_left_and_no_older_page(pytester: pytest.Pytester) -> None:
    session(pytester, "")
    out = Path(pytester.path) / "mine"
    page = (out / "index.html").read_bytes()
    session(pytester, "", "--collect-only")
    assert (out / "index.html").read_bytes() == page
    pytester.makepyfile(test_it=HEAD + DIES)
    run_apart(pytester, "--gradcheck-report", str(out))
    part = (out / "records.jsonl.part").read_text(encoding="utf-8").splitlines()
    kinds = [(row["kind"], row.get("case")) for row in map(json.loads, part)]
    assert set(kinds) == {("run", None), ("case", "test_it.py::test_right#1")}
    assert not (out / "index.html").exists()


MANY = """
@pytest.mark.skip(reason="not today")
def test_skipped(check_gradients): ...

@pytest.fixture
def no():
    raise OSError("no")

def test_setup(no, check_gradients): ...

def test_refused(check_gradients):
    check_gradients(F.exp, X)
    check_gradients(F.exp, [np.nan])

def test_refused_as_wanted(check_gradients):
    with pytest.raises(ValueError):
        check_gradients(F.exp, [np.nan])

def test_threads(check_gradients):
    threads = [threading.Thread(target=check_gradients, args=(F.exp, X)) for _ in range(3)]
    [t.start() for t in threads]
    [t.join() for t in threads]

def test_exit(check_gradients):
    check_gradients(lambda x: sys.exit(0), X)

def test_unused(check_gradients): ...

def test_deselected(check_gradients): ...
"""


def test_every_check_is_counted_once(pytester: pytest.Pytester) -> None:
    result, rows = session(pytester, MANY, "-k", "not deselected")
    result.assert_outcomes(passed=4, failed=2, errors=1, skipped=1, deselected=1)
    executed, declared, messages = counted(rows)
    assert (executed, declared) == (6, 8)
    assert [message[:60] for message in messages] == [
        "lambda of test_exit: what its page draws could not be measured: SystemExit: 0"[:60],
        "test_it.py::test_setup: its setup failed: OSError: no",
        "test_it.py::test_refused#2: InputError: check: input 0 holds"[:60],
    ]
    (exempt,) = (row for row in rows if row["kind"] == "exempt")
    assert (exempt["op"], exempt["reason"]) == ("test_it.py::test_skipped", "not today")
    verdicts = {case: verdict for (_, case), verdict in jsonl.case_verdicts(rows).items()}
    assert [case for case, verdict in verdicts.items() if verdict == "fail"] == ["test_it.py::test_exit#1"]


@pytest.mark.parametrize(
    ("how", "options", "said"),
    [
        ("assert 0", ["-x"], ["test_b: its call failed: assert 0", "test_c: it did not run"]),
        ("raise KeyboardInterrupt", [], ["test_b: it did not end", "test_c: it did not run"]),
    ],
)
def test_what_a_session_did_not_come_to_is_missed(
    how: str, options: list[str], said: list[str], pytester: pytest.Pytester
) -> None:
    tests = f"def test_b(check_gradients):\n    {how}\n\ndef test_c(check_gradients): ...\n"
    _, rows = session(pytester, tests, *options)
    assert counted(rows) == (1, 3, [f"test_it.py::{text}" for text in said])


LATE = """
gate = threading.Event()

def waits(x):
    gate.wait(20)
    return F.exp(x)

def test_b(check_gradients):
    threading.Thread(target=check_gradients, args=(waits, X), daemon=True).start()
    while not threading.active_count() > 1: ...

def test_c():
    gate.set()
"""


def test_a_check_that_outlives_its_test_fails_the_session(pytester: pytest.Pytester) -> None:
    result, rows = session(pytester, LATE)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert counted(rows)[2] == ["test_it.py::test_b#1: it was under way when its test ended"]


def test_a_folder_that_cannot_be_is_a_usage_error(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(HEAD)
    (Path(pytester.path) / "taken").write_text("")
    result = run_here(pytester, "--gradcheck-report", "taken")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--gradcheck-report taken: File exists*"])
