"""The checks that the running test makes: each is named, examined, recorded, compared with the baseline."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gradcheck.running.pytest_session import UNDER_WAY, Rows
from gradcheck.running.pytest_settings import Settings, marked
from gradcheck.system.raised import described

if TYPE_CHECKING:
    from gradcheck.cases.case import Case
    from gradcheck.judging.finding import Result
    from gradcheck.running.pytest_baseline import Accuracies
    from gradcheck.running.pytest_drawn import Drawings
    from gradcheck.specs import Spec

DEFAULTS = Settings(order=1, seed=0)


class Checks:
    """What one test has checked, so far.

    A check's id is that of its test and its number. Of a property test of Hypothesis each example counts from
    the same number on, and the worst example is what is kept of a check.

    Attributes:
        place: the file and line of the test.
        rows: the id of each that gave a finding -> its rows.
        begun: the id of each that gave none -> why.
        accuracy: of those that passed, by their names in a baseline.
    """

    def __init__(self, item: pytest.Item) -> None:
        self.test = plain_id(item)
        file, line, _ = item.location
        self.place = file if line is None else f"{file}:{line + 1}"
        self.rows: dict[str, Rows] = {}
        self.begun: dict[str, str] = {}
        self.accuracy: dict[str, Accuracies] = {}
        self._lock = threading.Lock()
        self._example: Any = None  # of Hypothesis, in which the last check was
        self._number = self._highest = self._before = 0

    def begin(self) -> str:
        """The id of a check that begins."""
        with self._lock:
            example = _example()
            if example is None or self._example is None:
                self._number = self._before = self._highest
            elif example is not self._example:
                self._number = self._before
            self._example = example
            self._number += 1
            self._highest = max(self._highest, self._number)
            name = f"{self.test}#{self._number}"
            self.begun[name] = UNDER_WAY
            return name

    def end(self, name: str, rows: Rows) -> None:
        """Keep what a check has found."""
        del self.begun[name]
        if name not in self.rows or not _is_better(rows, self.rows[name]):
            self.rows[name] = rows

    def sent(self) -> dict[str, Any]:
        """What a report carries, in plain values."""
        from gradcheck.records.rows import json_values

        self._example = None  # which may be large
        rows = [json_values(row) for found in self.rows.values() for row in found]
        return {"test": self.test, "rows": rows, "begun": dict(self.begun), "accuracy": self.accuracy}

    def anything(self) -> bool:
        """Whether the test has begun a check."""
        return bool(self.rows or self.begun)


def plain_id(item: pytest.Item) -> str:
    """The test's id without the group that pytest-xdist's `--dist loadgroup` writes after it."""
    mark = item.get_closest_marker("xdist_group")
    group = (mark.args[0] if mark.args else mark.kwargs.get("name", "default")) if mark else ""
    return item.nodeid.removesuffix(f"@{group}")


def _example() -> object | None:
    """The example that Hypothesis is running, or None."""
    hypothesis = sys.modules.get("hypothesis")
    if hypothesis is None or not hypothesis.currently_in_test_context():
        return None
    found: object = hypothesis.control.current_build_context()
    return found


def _is_better(rows: Rows, others: Rows) -> bool:
    """Whether an example says less than another one; of two failures the later is the simpler one."""
    from gradcheck.records.jsonl import case_verdict, worst
    from gradcheck.report.judged import badness, furthest

    verdict, other = case_verdict(rows), case_verdict(others)
    if verdict != other:
        return worst((verdict, other)) == other
    error, before = (badness(furthest(row["error_ulp"] for row in found)) for found in (rows, others))
    return verdict == "pass" and error < before


def _name_of(f: Any, op: str, check: str) -> str:
    """What f is called in a report: what has no name, by its test.

    >>> _name_of(lambda x: x, "f", "tests/test_a.py::TestA::test_b[0]#1"), _name_of(max, "max", "t::u#1")
    ('lambda of test_b', 'max')
    """
    unnamed = getattr(f, "__name__", "") == "<lambda>"
    return f"lambda of {check.rpartition('::')[2].partition('[')[0].partition('#')[0]}" if unnamed else op


class Checker:
    """Checks for whichever test is running.

    Args:
        asked: what the options say of all tests.
        baseline: what each check is to be as accurate as; None where nothing is compared.
        file: the name of the baseline, also of one that is to be updated; None without one.
        examined: `gradcheck.checking.examined`.
        drawings: keeps what the pages of a report draw; None where there is none.
    """

    def __init__(
        self,
        asked: Settings,
        baseline: Mapping[str, Accuracies] | None,
        file: str | None,
        examined: Callable[..., Result],
        drawings: Drawings | None = None,
    ) -> None:
        self.asked = asked
        self.examined = examined
        self.drawings = drawings
        self._baseline = baseline or {}
        self._file = file
        self._checks: Checks | None = None
        self._marked = Settings()

    def __repr__(self) -> str:
        return "check_gradients"  # as it is called where a test's arguments are shown

    def begin(self, item: pytest.Item) -> Checks:
        """A test begins; it is failed here where a marker of it makes no sense."""
        self._checks = Checks(item)
        self._marked = marked(item)
        return self._checks

    def __call__(
        self,
        f: Callable[..., Any],
        *inputs: Any,
        order: int | None = None,
        seed: int | None = None,
        device: str | None = None,
        time_limit: float | None = None,
    ) -> Result:
        """Assert f's derivatives, and record it.

        Takes what `gradcheck.check` takes. What is not given is as a marker, an option or the default says.

        Raises:
            GradientError: the verdict is not "pass", or the accuracy is worse than the baseline says.
            InputError: as `gradcheck.check`.
        """
        from gradcheck.cases.calls import build_case
        from gradcheck.errors import GradientError

        said = Settings(order, seed, device, time_limit).or_else(self._marked)
        full = said.or_else(replace(self.asked, device=None)).or_else(DEFAULTS)

        def examined(name: str, command: str) -> tuple[Case, Result]:
            assert full.order is not None
            assert full.seed is not None
            case = build_case(f, inputs, full.order, full.seed, full.device)
            wanted = self.asked.device
            if full.device is None and wanted and case.device == "cpu":
                case = build_case(f, inputs, full.order, full.seed, wanted)
            case = replace(case, id=name, topic="tests", reproduce=command)
            result = self.examined(case, full.time_limit)
            return replace(case, op=_name_of(f, case.op, name)), result

        result = self.recorded(examined, f)
        if not result:
            raise GradientError(str(result))
        return result

    def recorded(
        self,
        examined: Callable[[str, str], tuple[Case, Result]],
        target: Any,
        *,
        spec: Spec | None = None,
        drawn: bool = True,
    ) -> Result:
        """The result of a check, which is recorded as one of the running test.

        Args:
            examined: (the check's id, the command that does it again) -> what was examined, what came of it.
            target: what the user has written of the op.
            spec: whose check it is.
            drawn: whether its point may be that which the op's page draws.
        """
        from gradcheck.errors import InputError
        from gradcheck.records.recording import case_rows

        checks = self._checks
        if checks is None:
            raise InputError("check_gradients: no test is running")
        name = checks.begin()
        try:
            case, result = examined(name, f"pytest '{checks.test}'")
            rows = [{**row, "asked": checks.place} for row in case_rows(case, result)]
        except BaseException as error:
            checks.begun[name] = described(error)
            raise
        checks.end(name, rows)
        if self.drawings is not None and drawn:
            self.drawings.keep(case, result, target, spec)
        if self._file is not None and result and _example() is None:
            self._compare(case, rows, checks)
        return result

    def _compare(self, case: Case, rows: Rows, checks: Checks) -> None:
        """Raise GradientError where a check that passed is less accurate than the baseline says."""
        from gradcheck.errors import GradientError
        from gradcheck.running.pytest_baseline import accuracy_of, key_of, worsened

        key = key_of(rows[0])
        checks.accuracy[key] = accuracy_of(rows)
        worse = worsened(self._baseline.get(key, {}), checks.accuracy[key])
        if worse:
            title = f"WORSE  {case.title}: less accurate than {self._file} says"
            accept = f"to accept it: {case.reproduce} --gradcheck-baseline {self._file} --gradcheck-update"
            raise GradientError("\n  ".join([title, *worse, accept]))
