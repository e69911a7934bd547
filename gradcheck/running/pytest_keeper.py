"""`--gradcheck-baseline FILE`: the controlling process reads it, hears what was found, and updates it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gradcheck.running import pytest_baseline
from gradcheck.running.pytest_baseline import Accuracies, BaselineError, id_of, parsed
from gradcheck.system import files
from gradcheck.system.texts import printable

_SENT = "gradcheck_baseline"  # what a worker of pytest-xdist is given
_ENDED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
SHOWN = 3  # checks that a line names


def compared(config: pytest.Config, name: str) -> Mapping[str, Accuracies] | None:
    """What the file says that checks are compared with; None where it is to be updated.

    In the controlling process the file is read, and its keeper takes its place among the plugins.

    Raises:
        pytest.UsageError: the file is not as it should be.
    """
    if hasattr(config, "workerinput"):
        text = config.workerinput.get(_SENT)
        return None if text is None else parsed(text.encode())
    updates = config.getoption("--gradcheck-update")
    before = _read(config.invocation_params.dir / name, name, updates)
    config.pluginmanager.register(Keeper(config, name, before, updates), "gradcheck-baseline")
    return None if updates else before


def _read(path: Path, name: str, updates: bool) -> dict[str, Accuracies]:
    try:
        if updates:
            files.check_writable(path)
        return pytest_baseline.read(path)
    except FileNotFoundError:
        if updates:
            return {}
        hint = "no such file; --gradcheck-update makes it"
        raise pytest.UsageError(f"--gradcheck-baseline {name}: {hint}") from None
    except OSError as error:
        raise pytest.UsageError(f"--gradcheck-baseline {name}: {error.strerror}") from error
    except BaselineError as error:
        text = printable(f"--gradcheck-baseline {name}: this is no baseline: {error}")
        raise pytest.UsageError(text) from error


def collected(tests: list[str], whole: bool) -> dict[str, Any]:
    """What a process has collected, for the keeper: ids of tests, and of files that were collected whole."""
    return {"tests": tests, "files": list(dict.fromkeys(map(_file_of, tests))) if whole else []}


def _file_of(test: str) -> str:
    return test.partition("::")[0]


class Keeper:
    """Hears, in the controlling process, of all checks, and says or writes at the end what is new."""

    def __init__(
        self, config: pytest.Config, name: str, before: Mapping[str, Accuracies], updates: bool
    ) -> None:
        self._config = config
        self._name = name
        self._path = config.invocation_params.dir / name
        self._before = before
        self._updates = updates
        self._found: dict[str, Mapping[str, Accuracies]] = {}  # test -> its checks that passed
        self._finished: dict[str, list[str]] = {}  # that ran to a good end -> their ids
        self._collected: dict[str, set[str]] = {"tests": set(), "files": set()}
        self._summary: list[str] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        if not self._updates:
            node.workerinput[_SENT] = json.dumps({"version": 1, "checks": self._before})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for what, ids in getattr(report, "gradcheck_collected", {}).items():
            self._collected[what].update(ids)
        found = getattr(report, "gradcheck", {"test": report.nodeid, "accuracy": {}})
        test = found["test"]
        if report.when == "setup":
            self._found.pop(test, None)
            self._finished.pop(test, None)
        if found["accuracy"]:
            self._found[test] = found["accuracy"]
        if report.when == "call" and (report.passed or hasattr(report, "wasxfail")):
            self._finished[test] = [id_of(key) for key in found["accuracy"]]

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self._config.option.collectonly:
            return
        measured = {key: each for of_test in self._found.values() for key, each in of_test.items()}
        if not self._updates:
            self._summary = list(self._differences(measured))
        elif exitstatus in _ENDED:
            try:
                self._summary = [self._update(measured)]
            except OSError as error:
                self._summary = [f"gradcheck baseline: {self._name} was not written: {error.strerror}"]
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
        else:
            self._summary = [f"gradcheck baseline: {self._name} is as before: the session did not end"]

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for line in self._summary:
            terminalreporter.write_line(printable(line))

    def _differences(self, measured: Mapping[str, Accuracies]) -> list[str]:
        """What a session without an update does not fail for, and should not hide."""
        new = [key for key in measured if key not in self._before]
        fewer = [
            f"{key}, order {order}"
            for key, orders in measured.items()
            for order in self._before.get(key, {})
            if order not in orders
        ]
        said = []
        if new:
            what = "check is" if len(new) == 1 else "checks are"
            said += [f"gradcheck: {len(new)} {what} not in the baseline; --gradcheck-update adds them"]
        if fewer:
            shown = "; ".join(fewer[:SHOWN]) + ("; ..." if len(fewer) > SHOWN else "")
            what = "order" if len(fewer) == 1 else "orders"
            said += [f"gradcheck: {len(fewer)} {what} in the baseline not checked now: {shown}"]
        return said

    def _update(self, measured: Mapping[str, Accuracies]) -> str:
        gone = {test for test in map(_test_of, self._before) if self._is_gone(test)}
        after = pytest_baseline.updated(self._before, measured, self._finished, gone)
        counts = {
            "added": sum(key not in self._before for key in after),
            "changed": sum(key in self._before and self._before[key] != after[key] for key in after),
            "removed": sum(key not in after for key in self._before),
        }
        if any(counts.values()) or not self._path.exists():
            files.write(self._path, pytest_baseline.text_of(after))
        said = ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "nothing changed"
        return f"gradcheck baseline: {self._name}: {len(after)} checks; {said}"

    def _is_gone(self, test: str) -> bool:
        """Whether there is no such test any more: its file was collected whole, or is not there."""
        file = _file_of(test)
        if file in self._collected["files"]:
            return _on_any_device(test) not in map(_on_any_device, self._collected["tests"])
        known = any(_file_of(each) == file for each in self._collected["tests"])
        # Without an ini file pytest's root, to which ids are relative, is another one in another folder.
        folders = (self._config.rootpath, self._path.parent, self._config.invocation_params.dir)
        return not known and not any((folder / file).exists() for folder in folders)


def _on_any_device(test: str) -> str:
    """A test that `spec_test` made is named by its device as well: `test_exp[exp/float64/gpu]`."""
    return re.sub(r"/(cpu|gpu)]$", "]", test)


def _test_of(key: str) -> str:
    return id_of(key).rpartition("#")[0]
