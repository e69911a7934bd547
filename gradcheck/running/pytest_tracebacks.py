"""A failure is shown with the frames of whoever calls the checker, without the checker's own."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from gradcheck.errors import GradcheckError

_PACKAGE = str(Path(__file__).parents[1])


class Tracebacks:
    """A plugin that keeps the checker's frames out of reports, unless `--full-trace` asks for all."""

    def pytest_runtest_makereport(self, item: pytest.Item, call: Any) -> None:
        """After unittest's tests have their exception here, and before the report is made."""
        if call.excinfo is not None and not item.config.getoption("fulltrace", False):
            call.excinfo = without_own_frames(call.excinfo)


def without_own_frames(excinfo: pytest.ExceptionInfo[BaseException]) -> pytest.ExceptionInfo[BaseException]:
    """The exception without gradcheck's frames, in all that is a GradcheckError or has led to one.

    Exceptions in a group, as Hypothesis raises of several failures, and those that others were raised from
    are among them. Another exception keeps its frames: a bug of gradcheck is to be seen.
    """
    error = excinfo.value
    before = error.__traceback__
    _trim(error, False, set())
    return excinfo if error.__traceback__ is before else pytest.ExceptionInfo.from_exception(error)


def _trim(error: BaseException | None, led_to_one: bool, seen: set[int]) -> None:
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    ours = led_to_one or isinstance(error, GradcheckError)
    if ours:
        error.__traceback__ = _others(error.__traceback__)
    notes = vars(error).get("__notes__")
    if notes and all(isinstance(note, str) for note in notes):
        error.__notes__ = _explained(notes)
    for each in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        _trim(each, ours, seen)
    _trim(error.__cause__, ours, seen)
    _trim(error.__context__, ours, seen)


def _others(first: TracebackType | None) -> TracebackType | None:
    """The entries of a traceback whose code is not gradcheck's; all of them where no other is left."""
    entries: list[TracebackType] = []
    entry = first
    while entry is not None:
        entries.append(entry)
        entry = entry.tb_next
    kept: list[TracebackType] = []
    dropped = False  # the entry before
    for entry in entries:
        file = entry.tb_frame.f_code.co_filename
        dropped = _is_own(file) or (dropped and file == contextlib.__file__)  # a decorator of gradcheck
        kept += [] if dropped else [entry]
    if len(kept) in (0, len(entries)):
        return first
    found = None
    for entry in reversed(kept):
        found = TracebackType(found, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return found


_LINE = re.compile(r" {8}(.+):\d+")
_EXPLANATION = re.compile(r"Explanation:| {4}These lines were always and only run| {8}\(and \d+ more ")


def _explained(notes: list[str]) -> list[str]:
    """Hypothesis lists the lines that only failing examples ran: of gradcheck they explain nothing."""
    lines = [found[1] for note in notes if (found := _LINE.fullmatch(note))]
    if not any(map(_is_own, lines)):
        return notes
    if all(map(_is_own, lines)):
        notes = [note for note in notes if not _EXPLANATION.match(note)]
    return [note for note in notes if not ((found := _LINE.fullmatch(note)) and _is_own(found[1]))]


def _is_own(file: str) -> bool:
    return Path(file).is_relative_to(_PACKAGE)
