"""The pytest plugin: the fixture `check_gradients`, `--gradcheck-report DIR` and `--gradcheck-device gpu`.

    def test_my_op(check_gradients):
        check_gradients(my_op, np.array([0.1, 0.2]), order=2)

What the tests check is recorded on their reports, which pytest-xdist carries to the controlling process;
that one renders them, and lists the warnings of what passed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gradcheck.texts import shown

_rows_of_item = pytest.StashKey[list[dict[str, Any]]]()


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
    if folder is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Recorder(config, Path(folder)), "gradcheck-recorder")
    if config.getoption("--gradcheck-device") == "gpu":
        from gradcheck import machine

        reason = machine.gpu()[1]
        if reason:
            raise pytest.UsageError(f"--gradcheck-device gpu: {reason}")


@pytest.fixture
def check_gradients(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """`check_gradients(f, *inputs, order=1, seed=0, device=None)`: assert f's derivatives, and record it.

    Takes what `gradcheck.check` takes, raises gradcheck.GradientError with the whole finding where the
    verdict is not "pass", and returns the finding otherwise. Without `device`, arrays that lie on the host
    are taken where `--gradcheck-device` says.
    """
    rows: list[dict[str, Any]] = request.node.stash.setdefault(_rows_of_item, [])
    count = 0

    def check(
        f: Callable[..., Any], *inputs: Any, order: int = 1, seed: int = 0, device: str | None = None
    ) -> Any:
        __tracebackhide__ = True
        from gradcheck.checking import build_case
        from gradcheck.errors import GradientError
        from gradcheck.examine import examine
        from gradcheck.recording import case_rows

        nonlocal count
        count += 1
        case = build_case(f, inputs, order, seed, device)
        wanted = request.config.getoption("--gradcheck-device")
        if device is None and wanted and case.device == "cpu":
            case = build_case(f, inputs, order, seed, wanted)
        case = replace(
            case,
            id=f"{request.node.nodeid}#{count}",
            topic="tests",
            reproduce=f"pytest '{request.node.nodeid}'",
        )
        result = examine(case)
        rows.extend(case_rows(case, result))
        if not result:
            raise GradientError(str(result))
        return result

    return check


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Generator[None, Any, Any]:
    report = yield
    if call.when == "call" and _rows_of_item in item.stash:
        from gradcheck.records import plain

        report.gradcheck_rows = [plain(row) for row in item.stash[_rows_of_item]]
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What a pass should not hide, each check once."""
    reports = [report for found in terminalreporter.stats.values() for report in found]
    rows = [row for report in reports for row in getattr(report, "gradcheck_rows", ())]
    for text in dict.fromkeys(f"{row['case']}: {text}" for row in rows for text in row["warnings"]):
        terminalreporter.write_line(shown(f"gradcheck warning: {text}"))


class _Recorder:
    """Collects, in the controlling process, the rows that test reports carry, and renders them."""

    def __init__(self, config: pytest.Config, folder: Path) -> None:
        self.config = config
        self.folder = folder
        self.rows: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.rows += getattr(report, "gradcheck_rows", [])

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        path = _write(self.folder, self.rows, self.config)
        terminalreporter.write_line(shown(f"gradcheck report: {path}"))


def _write(folder: Path, rows: list[dict[str, Any]], config: pytest.Config) -> Path:
    from gradcheck import machine, recording
    from gradcheck.records import Writer, end_row, read
    from gradcheck.report import html

    run = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    folder.mkdir(parents=True, exist_ok=True)
    command = " ".join(["pytest", *map(str, config.invocation_params.args)])
    declared = len({row["case"] for row in rows})
    devices = machine.devices(sorted({"cpu", *(row["device"] for row in rows)}))
    written = [recording.run_row(run, command, "tests", declared, devices)]
    written += [{**row, "run": run} for row in rows]
    with Writer(folder / "records.jsonl") as writer:
        for row in [*written, end_row(written, run)]:
            writer.write(row)
    return html.write(read(folder / "records.jsonl"), folder)
