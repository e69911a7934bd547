"""The pytest plugin: the fixture `check_gradients`, `--gradcheck-report DIR` and `--gradcheck-device gpu`.

    def test_my_op(check_gradients):
        check_gradients(my_op, np.array([0.1, 0.2]), order=2)

What the tests check is recorded on their reports, which pytest-xdist carries to the controlling process;
that one renders them, and lists the warnings of what passed. Which tests check anything is known when they
are collected, so that a check that its process did not survive is missed: `gradcheck.running.pytest_session`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gradcheck.running.pytest_session import UNDER_WAY, Checks, Recorder
from gradcheck.system.raised import described
from gradcheck.system.texts import printable

_FIXTURE = "check_gradients"
_checks = pytest.StashKey[Checks]()
_declared = pytest.StashKey[list[str]]()  # the tests that check, until a report names them


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("gradcheck")
    group.addoption(
        "--gradcheck-report",
        metavar="DIR",
        default=None,
        help="write records and an HTML report of what check_gradients checked",
    )
    group.addoption(
        "--gradcheck-device",
        choices=("cpu", "gpu"),
        default=None,
        help="where check_gradients takes arrays of the host, unless a test says where (default: cpu)",
    )


def pytest_configure(config: pytest.Config) -> None:
    folder = config.getoption("--gradcheck-report")
    if folder is not None and not hasattr(config, "workerinput") and not config.option.collectonly:
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise pytest.UsageError(f"--gradcheck-report {folder}: {error.strerror}") from error
        config.pluginmanager.register(Recorder(config, Path(folder)), "gradcheck-recorder")
    if config.getoption("--gradcheck-device") == "gpu":
        from gradcheck.records import machine

        reason = machine.gpu()[1]
        if reason:
            raise pytest.UsageError(f"--gradcheck-device gpu: {reason}")


def pytest_collection_finish(session: pytest.Session) -> None:
    session.config.stash[_declared] = [item.nodeid for item in session.items if _uses(item)]


def _uses(item: pytest.Item) -> bool:
    return _FIXTURE in getattr(item, "fixturenames", ())


@pytest.fixture
def check_gradients(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """`check_gradients(f, *inputs, order=1, seed=0, device=None)`: assert f's derivatives, and record it.

    Takes what `gradcheck.check` takes, raises gradcheck.GradientError with the whole finding where the
    verdict is not "pass", and returns the finding otherwise. Without `device`, arrays that lie on the host
    are taken where `--gradcheck-device` says.
    """
    checks = request.node.stash[_checks] = Checks()
    numbers = itertools.count(1)

    def checked(
        f: Callable[..., Any], *inputs: Any, order: int = 1, seed: int = 0, device: str | None = None
    ) -> Any:
        __tracebackhide__ = True
        from gradcheck.errors import GradientError

        name = f"{request.node.nodeid}#{next(numbers)}"
        checks.begun[name] = UNDER_WAY
        try:
            result, rows = find(name, f, inputs, order, seed, device)
        except BaseException as error:
            checks.begun[name] = described(error)
            raise
        checks.rows += rows
        del checks.begun[name]
        if not result:
            raise GradientError(str(result))
        return result

    def find(
        name: str, f: Callable[..., Any], inputs: Sequence[Any], order: int, seed: int, device: str | None
    ) -> tuple[Any, list[dict[str, Any]]]:
        from gradcheck.cases.calls import build_case
        from gradcheck.judging.examine import examine
        from gradcheck.records.recording import case_rows

        case = build_case(f, inputs, order, seed, device)
        wanted = request.config.getoption("--gradcheck-device")
        if device is None and wanted and case.device == "cpu":
            case = build_case(f, inputs, order, seed, wanted)
        case = replace(case, id=name, topic="tests", reproduce=f"pytest '{request.node.nodeid}'")
        result = examine(case)
        return result, case_rows(case, result)

    return checked


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Generator[None, Any, Any]:
    report = yield
    if _declared in item.config.stash:
        report.gradcheck_declared = item.config.stash[_declared]
        del item.config.stash[_declared]
    if _checks in item.stash:
        from gradcheck.records.jsonl import json_values

        checks = item.stash[_checks]
        report.gradcheck = {"rows": [json_values(row) for row in checks.rows], "begun": dict(checks.begun)}
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What a pass should not hide, each check once."""
    reports = [report for found in terminalreporter.stats.values() for report in found]
    rows = [row for report in reports for row in getattr(report, "gradcheck", {"rows": ()})["rows"]]
    for text in dict.fromkeys(f"{row['case']}: {text}" for row in rows for text in row["warnings"]):
        terminalreporter.write_line(printable(f"gradcheck warning: {text}"))
