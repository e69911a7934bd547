"""What the tests of a pytest session have checked, and which of their checks gave nothing.

What a test has checked travels on its reports, which pytest-xdist carries to the controlling
process. That one counts: a check that a test was to do, and of which nothing came, is declared and missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gradcheck.running.pytest_drawn import Drawn, rows_of

Rows = list[dict[str, Any]]
DRAWN = "gradcheck_drawn"  # what a worker of pytest-xdist hands over at its end


@dataclass
class _Test:
    """What is known of a test.

    Attributes:
        rows: of its checks that gave a finding.
        begun: its checks that gave none: the id of each -> why.
        outcome: "passed" until a phase of it failed or was skipped; "" where none has been reported.
        why: the reason, as text.
        ended: no more reports of it will come.
        died: with its process, as pytest-xdist reports.
    """

    rows: Rows = field(default_factory=list)
    begun: dict[str, str] = field(default_factory=dict)
    outcome: str = ""
    why: str = ""
    ended: bool = False
    died: bool = False

    def hear(self, report: pytest.TestReport) -> None:
        checks = getattr(report, "gradcheck", None)
        if checks is not None:
            self.rows, self.begun = checks["rows"], checks["begun"]
        if not self.outcome or (report.outcome != "passed" and self.outcome != "failed"):
            self.outcome, self.why = report.outcome, _why(report)
        self.died = report.when == "???"
        self.ended = self.died or report.when == "teardown"

    def missed(self) -> dict[str, str]:
        """Its checks that gave nothing -> why; of a test that ends well, what it refused is as it wants."""
        if not self.outcome:
            return {"": "it did not run"}
        if self.died:
            return {"": f"its worker died ({self.why})"}
        if not self.ended:
            return self.begun or {"": "it did not end"}
        if self.outcome == "passed":
            return {check: why for check, why in self.begun.items() if why == UNDER_WAY}
        if self.outcome == "failed":
            return self.begun or ({} if self.rows else {"": self.why})
        return {}


UNDER_WAY = "it was under way when its test ended"


def _why(report: pytest.TestReport) -> str:
    """Why a test is no pass, in one line."""
    if isinstance(report.longrepr, tuple):  # skipped: file, line, reason
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash is not None else str(report.longrepr or getattr(report, "wasxfail", ""))
    line = next(iter(text.strip().splitlines()), "no reason given")
    return line if report.when == "???" else f"its {report.when} failed: {line}"


class Recorder:
    """Keeps, in the controlling process, what reports tell; rows are written as they come.

    A session that is killed leaves the rows of before in a `.part` file, and no page of an earlier one.

    Attributes:
        drawn: what the processes that ran tests have drawn of the ops.
    """

    def __init__(self, config: pytest.Config, folder: Path) -> None:
        self._config = config
        self._folder = folder
        self.drawn: list[Drawn] = []
        self._run = ""
        self._declared: dict[str, None] = {}  # the tests that check anything, in order
        self._informed = False  # of these
        self._tests: dict[str, _Test] = {}
        self._writer: Any = None
        self._summary: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        from gradcheck.records import recording
        from gradcheck.records.jsonl import RECORDS, Writer

        self._run = recording.run_id()
        (self._folder / "index.html").unlink(missing_ok=True)
        self._writer = Writer(self._folder / RECORDS)
        self._writer.write(self._head(0))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        declared = getattr(report, "gradcheck_declared", None)
        if declared is not None:
            self._declared.update(dict.fromkeys(declared))
            self._informed = True
        if report.when == "setup":
            self._tests[report.nodeid] = _Test()  # again, where a plugin repeats what failed
        test = self._tests.setdefault(report.nodeid, _Test())
        before = len(test.rows)
        test.hear(report)
        for row in test.rows[before:]:
            self._writer.write({**row, "run": self._run})

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """A worker of pytest-xdist has ended."""
        drawn = getattr(node, "workeroutput", {}).get(DRAWN)
        if drawn is not None:
            self.drawn.append(drawn)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self._writer is None:  # nothing was collected, or something went wrong on the way
            return
        self._writer.close()
        rows = [row for test in self._tests.values() for row in test.rows]
        missed = self._missed()
        path = self._write(rows, missed, exitstatus == pytest.ExitCode.INTERRUPTED)
        cases = len({row["case"] for row in rows})
        self._summary = [f"gradcheck report: {path}"]
        if missed:
            self._summary += [f"gradcheck: {cases} of {cases + len(missed)} checks ran"]
            self._summary += [f"LOST  {message}" for message in missed]
        if missed and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for line in self._summary:
            terminalreporter.write_line(line)

    def _missed(self) -> list[str]:
        """A message for each check that was started and gave no result."""
        said = []
        for nodeid in dict.fromkeys([*self._declared, *self._tests]):
            test = self._tests.get(nodeid, _Test())
            unknown = test.died and not self._informed
            if nodeid in self._declared or test.rows or test.begun or unknown:
                said += [f"{check or nodeid}: {why}" for check, why in test.missed().items()]
        return said

    def _head(self, declared: int, devices: Sequence[str] = ()) -> dict[str, Any]:
        from gradcheck.records import checkout, machine, recording

        command = " ".join(["pytest", *map(str, self._config.invocation_params.args)])
        found = machine.devices(sorted({"cpu", *devices}))
        commit = checkout.commit_here()
        return recording.run_row(self._run, command, "tests", declared, found, commit=commit)

    def _write(self, rows: Rows, missed: list[str], interrupted: bool) -> Path:
        from gradcheck.records.jsonl import RECORDS, Writer, end_row, read, row
        from gradcheck.report import html

        cases = {row["case"] for row in rows}
        head = self._head(len(cases) + len(missed), [row["device"] for row in rows])
        written = [head, *({**row, "run": self._run} for row in rows), *rows_of(self.drawn)]
        with Writer(self._folder / RECORDS) as writer:
            for each in written:
                writer.write(each)
            for message in missed:
                writer.write(row("warning", {"message": message}))
            for nodeid, test in self._tests.items():
                if nodeid in self._declared and test.outcome == "skipped" and not test.rows:
                    fields = {"op": nodeid, "reason": test.why, "what": "a test that was skipped", "count": 1}
                    writer.write(row("exempt", fields))
            writer.write(end_row(written, self._run, interrupted=interrupted))
        return html.write(read(self._folder / RECORDS), self._folder)
