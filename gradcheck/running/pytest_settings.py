"""How a test's checks are made: what a call says, else the nearest marker, else an option of pytest."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import pytest

MARKER = "gradcheck"
WANTED = "gradcheck_wanted"  # attribute of a test that `gradcheck.spec_test` made: of which specs
DEVICES = ("cpu", "gpu")
USAGE = (
    "order=N, seed=N, device='cpu' or 'gpu', time_limit=SECONDS): settings of this test's checks, where a "
    "call of check_gradients does not say otherwise; the nearest marker counts"
)


@dataclass(frozen=True)
class Settings:
    """What is known of a check's settings; None where nothing is said.

    Attributes:
        order: orders 1 to `order` are checked.
        seed: of cotangents and directions.
        device: where f is called, wherever the arrays lie.
        time_limit: seconds for one check.
    """

    order: int | None = None
    seed: int | None = None
    device: str | None = None
    time_limit: float | None = None

    def or_else(self, other: Settings) -> Settings:
        """These, and those of another one where these are None.

        >>> Settings(order=2).or_else(Settings(order=3, seed=1))
        Settings(order=2, seed=1, device=None, time_limit=None)
        """
        own = ((name, getattr(self, name)) for name in NAMES)
        return Settings(**{name: getattr(other, name) if mine is None else mine for name, mine in own})


NAMES = tuple(field.name for field in fields(Settings))


def _at_least(least: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is_positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf


#: Setting -> (what a marker may say, that in words).
_RULES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "order": (_at_least(1), "an integer of at least 1"),
    "seed": (_at_least(0), "an integer of at least 0"),
    "device": (lambda value: value in DEVICES, "'cpu' or 'gpu'"),
    "time_limit": (_is_positive, "a positive number of seconds"),
}


def marked(item: pytest.Item) -> Settings:
    """What the markers of a test, its class and its module say, the nearest first.

    Raises:
        pytest.fail.Exception: one of them says what is no setting; the message names the test.
    """
    found = Settings()
    for mark in item.iter_markers(MARKER):
        wrong = _wrong(mark)
        if wrong:
            pytest.fail(f"{item.nodeid}: @pytest.mark.{MARKER}: {wrong}", pytrace=False)
        found = found.or_else(Settings(**mark.kwargs))
    return found


def _wrong(mark: pytest.Mark) -> str | None:
    """What is wrong with a marker, or None."""
    if mark.args:
        return f"settings have names, such as order=2; got {', '.join(map(repr, mark.args))}"
    for name, value in mark.kwargs.items():
        if name not in _RULES:
            return f"there is no setting {name!r}; expected {', '.join(NAMES[:-1])} or {NAMES[-1]}"
        fits, expected = _RULES[name]
        if not fits(value):
            return f"{name} must be {expected}, got {value!r}"
    return None


# Options --------------------------------------------------------------------------------------------


def add_options(group: pytest.OptionGroup) -> None:
    group.addoption(
        "--gradcheck-order",
        metavar="N",
        default=None,
        help="orders 1 to N are checked where neither the test nor a marker says which (default: 1)",
    )
    group.addoption(
        "--gradcheck-device",
        metavar="cpu|gpu",
        default=None,
        help="where check_gradients takes arrays of the host, unless a test or a marker says where "
        "(default: cpu)",
    )
    group.addoption(
        "--gradcheck-baseline",
        metavar="FILE",
        default=None,
        help="fail the tests whose checks are less accurate than this file says",
    )
    group.addoption(
        "--gradcheck-update",
        action="store_true",
        help="write what the checks find into that file, instead of comparing",
    )


def order_asked(config: pytest.Config) -> int | None:
    """The order of `--gradcheck-order`.

    Raises:
        pytest.UsageError: it is none.
    """
    text = config.getoption("--gradcheck-order")
    if text is None:
        return None
    with contextlib.suppress(ValueError):
        if int(text) >= 1:
            return int(text)
    raise pytest.UsageError(f"--gradcheck-order: expected an integer of at least 1, got {text!r}")


def device_asked(config: pytest.Config) -> str | None:
    """The device of `--gradcheck-device`.

    Raises:
        pytest.UsageError: it is none, or is not there.
    """
    device: str | None = config.getoption("--gradcheck-device")
    if device not in (None, *DEVICES):
        raise pytest.UsageError(f"--gradcheck-device: expected cpu or gpu, got {device!r}")
    if device == "gpu":
        from gradcheck.records import machine

        reason = machine.gpu()[1]
        if reason:
            raise pytest.UsageError(f"--gradcheck-device gpu: {reason}")
    return device


def baseline_asked(config: pytest.Config) -> str | None:
    """The file of `--gradcheck-baseline`.

    Raises:
        pytest.UsageError: it is to be updated, and was not named.
    """
    file: str | None = config.getoption("--gradcheck-baseline")
    if file is None and config.getoption("--gradcheck-update"):
        raise pytest.UsageError("--gradcheck-update: say which file, by --gradcheck-baseline FILE")
    return file
