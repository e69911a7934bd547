"""The pytest plugin: the fixture `check_gradients`, the marker `gradcheck`, tests made of specs, and options.

    def test_my_op(check_gradients):
        check_gradients(my_op, np.array([0.1, 0.2]), order=2)

What the tests check is recorded on their reports, which pytest-xdist carries to the controlling process;
that one renders them, and lists the warnings of what passed. Which tests check anything is known when they
are collected, so that a check that its process did not survive is missed: `gradcheck.running.pytest_session`.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gradcheck.running import pytest_settings
from gradcheck.running.pytest_checks import Checker, Checks, plain_id
from gradcheck.running.pytest_session import DRAWN, Recorder
from gradcheck.running.pytest_settings import Settings
from gradcheck.running.pytest_tracebacks import Tracebacks
from gradcheck.system.texts import printable

_CHECKER_FIXTURE = "_gradcheck_checker"
_checker = pytest.StashKey[Checker]()
_checks = pytest.StashKey[Checks]()
_told = pytest.StashKey[dict[str, Any]]()  # attributes of the first report: what was collected
_deselected = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("gradcheck")
    group.addoption(
        "--gradcheck-report",
        metavar="DIR",
        default=None,
        help="write records and an HTML report of what check_gradients checked",
    )
    pytest_settings.add_options(group)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{pytest_settings.MARKER}({pytest_settings.USAGE}")
    asked = Settings(order=pytest_settings.order_asked(config), device=pytest_settings.device_asked(config))
    config.pluginmanager.register(Tracebacks(), "gradcheck-tracebacks")
    folder = config.getoption("--gradcheck-report")
    if folder is not None and not hasattr(config, "workerinput") and not config.option.collectonly:
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise pytest.UsageError(f"--gradcheck-report {folder}: {error.strerror}") from error
        config.pluginmanager.register(Recorder(config, Path(folder)), "gradcheck-recorder")
    file = pytest_settings.baseline_asked(config)
    baseline = None if file is None else _compared(config, file)
    drawings = None
    if folder is not None and not config.option.collectonly:
        from gradcheck.running.pytest_drawn import Drawings

        drawings = Drawings()
    config.stash[_checker] = Checker(asked, baseline, file, _examined, drawings)


def _compared(config: pytest.Config, file: str) -> Mapping[str, Any] | None:
    from gradcheck.running import pytest_keeper  # what it is made of need not be loaded in other sessions

    return pytest_keeper.compared(config, file)


def _examined(*args: Any) -> Any:
    from gradcheck.checking import examined

    return examined(*args)


# Which tests there are, and which of them check -----------------------------------------------------


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The parameters of a test that `gradcheck.spec_test` made."""
    if not hasattr(metafunc.function, pytest_settings.WANTED):
        return
    from gradcheck.errors import SpecError
    from gradcheck.running import pytest_specs

    said = pytest_settings.marked(metafunc.definition)
    settings = said.or_else(metafunc.config.stash[_checker].asked)
    try:
        found = pytest_specs.parameters(getattr(metafunc.function, pytest_settings.WANTED), settings)
    except SpecError as error:
        pytest.fail(f"{metafunc.definition.nodeid}: {error}", pytrace=False)
    metafunc.parametrize(pytest_specs.ARGUMENT, found)


def pytest_deselected(items: list[pytest.Item]) -> None:
    if items:
        items[0].config.stash[_deselected] = True


def pytest_collection_finish(session: pytest.Session) -> None:
    config, items = session.config, session.items
    told: dict[str, Any] = {"gradcheck_declared": [item.nodeid for item in items if _uses(item)]}
    if config.getoption("--gradcheck-update"):
        from gradcheck.running import pytest_keeper

        parts = config.stash.get(_deselected, False) or any("::" in text for text in config.args)
        whole = not parts and not session.testsfailed
        told["gradcheck_collected"] = pytest_keeper.collected([plain_id(item) for item in items], whole)
    config.stash[_told] = told


def _uses(item: pytest.Item) -> bool:
    return _CHECKER_FIXTURE in getattr(item, "fixturenames", ())


# While a test runs ------------------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    item.stash[_checks] = item.config.stash[_checker].begin(item)
    if _is_property(item) and (_uses(item) or _imports_gradcheck(item)):
        # Hypothesis gives each example 200 ms by default: the first one is not to pay for this.
        importlib.import_module("gradcheck.checking")
        importlib.import_module("gradcheck.records.recording")


def _is_property(item: pytest.Item) -> bool:
    return getattr(getattr(item, "obj", None), "is_hypothesis_test", False)


def _imports_gradcheck(item: pytest.Item) -> bool:
    names = getattr(getattr(item, "module", None), "__dict__", {})
    return any(value is sys.modules["gradcheck"] for value in names.values())


@pytest.fixture(scope="session", name=_CHECKER_FIXTURE)
def _the_checker(request: pytest.FixtureRequest) -> Checker:
    return request.config.stash[_checker]


@pytest.fixture(scope="session")
def check_gradients(_gradcheck_checker: Checker) -> Callable[..., Any]:
    """`check_gradients(f, *inputs, order=1, seed=0, device=None, time_limit=None)`: assert f's derivatives.

    Takes what `gradcheck.check` takes, raises gradcheck.GradientError with the whole finding where the
    verdict is not "pass", or its accuracy worse than `--gradcheck-baseline` has it, and returns the finding
    otherwise. What is not given is as the nearest marker says, `@pytest.mark.gradcheck(order=2, seed=3,
    device="cpu", time_limit=20)`, or `--gradcheck-order`; without a device, arrays that lie on the host are
    taken where `--gradcheck-device` says.

    It holds nothing of one test: that which is running has the check. So fixtures of any scope may use it,
    and property tests of Hypothesis.
    """
    return _gradcheck_checker


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Generator[None, Any, Any]:
    report = yield
    for name, value in item.config.stash.get(_told, {}).items():
        setattr(report, name, value)
    item.config.stash[_told] = {}
    if _checks in item.stash and item.stash[_checks].anything():
        report.gradcheck = item.stash[_checks].sent()
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Draw what the pages show of the ops that this process has checked, and hand it to who writes them."""
    config = session.config
    drawings = config.stash[_checker].drawings
    if drawings is None or exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        return
    recorder = config.pluginmanager.get_plugin("gradcheck-recorder")
    if recorder is not None:
        recorder.drawn.append(drawings.drawn())
    else:
        config.workeroutput[DRAWN] = drawings.drawn()  # type: ignore[attr-defined]  # of pytest-xdist


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What a pass should not hide, each check once."""
    reports = [report for found in terminalreporter.stats.values() for report in found]
    rows = [row for report in reports for row in getattr(report, "gradcheck", {"rows": ()})["rows"]]
    for text in dict.fromkeys(f"{row['case']}: {text}" for row in rows for text in row["warnings"]):
        terminalreporter.write_line(printable(f"gradcheck warning: {text}"))
