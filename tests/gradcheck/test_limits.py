"""A time limit ends what takes too long, in any thread, and nothing else."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest

from gradcheck.system.limits import TimeLimitError, time_limit


def spin(seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        pass


def stubborn() -> None:
    """Survives whatever an op may raise."""
    while True:
        with contextlib.suppress(Exception):
            spin()


def in_a_thread(do: Callable[[], None]) -> BaseException | None:
    raised: list[BaseException] = []

    def body() -> None:
        try:
            do()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    return raised[0] if raised else None


def limited(do: Callable[[], None], seconds: float = 0.05) -> None:
    with time_limit(seconds):
        do()


@pytest.mark.parametrize("do", [spin, stubborn])
def test_what_takes_too_long_is_ended(do: Callable[[], None]) -> None:
    with pytest.raises(TimeLimitError):
        limited(do)
    assert isinstance(in_a_thread(lambda: limited(do)), TimeLimitError)


def test_what_is_quick_is_left_alone_then_and_later() -> None:
    def quick() -> None:
        with time_limit(0.05):
            pass
        spin(0.1)

    quick()
    assert in_a_thread(quick) is None


def test_an_exception_passes_and_other_threads_go_on() -> None:
    with pytest.raises(ZeroDivisionError), time_limit(60):
        raise ZeroDivisionError
    other: list[BaseException | None] = []
    thread = threading.Thread(target=lambda: other.append(in_a_thread(lambda: spin(0.2))))
    thread.start()
    with pytest.raises(TimeLimitError):
        limited(spin)
    thread.join()
    assert other == [None]


def test_who_catches_even_that_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradcheck.system.limits.AGAIN", 0.05)

    def deaf_once() -> None:
        with contextlib.suppress(BaseException):
            spin()
        spin()

    with pytest.raises(TimeLimitError):
        limited(deaf_once)


@pytest.mark.parametrize("seconds", [60, 0.01])
def test_the_interpreter_is_left_as_it_was(seconds: float) -> None:
    """A wish for an exception that nothing answers would stop each traced call (Python 3.11)."""
    script = f"""
import contextlib, sys, time
from gradcheck.system.limits import TimeLimitError, time_limit

with contextlib.suppress(TimeLimitError), time_limit({seconds}):
    time.sleep(0.05)
sys.settrace(lambda frame, event, arg: None)
print("traced", (lambda: "a call")())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout == "traced a call\n", done.stderr
