"""What changed between two records, as text and as a page."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from gradcheck.report.changed import Changes, ErrorChange, VerdictChange
from gradcheck.report.formatting import paragraphs, plural, significant, ulp
from gradcheck.report.margin import FACTOR
from gradcheck.report.paces import Pace
from gradcheck.report.templating import environment
from gradcheck.system import files


def headline(found: Changes) -> str:
    """The whole in one sentence."""
    parts = [
        f"{len(found.less_accurate)} less accurate" if found.less_accurate else "",
        f"{len(found.worse)} with a worse verdict" if found.worse else "",
        f"{len(found.lost)} lost" if found.lost else "",
    ]
    what_got_worse = ", ".join(part for part in parts if part) or "nothing got worse"
    return f"{plural(found.compared, 'case')} compared: {what_got_worse}."


def text(found: Changes) -> str:
    """The comparison for a terminal or the log of a CI job."""
    blocks = [
        _block("LESS ACCURATE", map(_error, found.less_accurate)),
        _block("WORSE", map(_change, found.worse)),
        _block("LOST", found.lost),
        _block("More accurate:", map(_error, found.more_accurate)),
        _block("Better:", map(_change, found.better)),
        _block("New:", found.new),
        _block("Not measured now, for want of their device:", found.unreached),
        _block(f"Slower (for information; {pace_of_machine(found)}):", map(_pace, found.slower)),
        [f"Note: {note}" for note in found.notes],
        [headline(found)],
    ]
    return paragraphs(blocks)


#: More lines than these under one heading are counted only.
_SHOWN = 40


def _block(title: str, lines: Iterable[str]) -> list[str]:
    lines = list(lines)
    more = [f"  ... and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return [title, *(f"  {line}" for line in lines[:_SHOWN]), *more] if lines else []


def _error(error: ErrorChange) -> str:
    figures = f"{ulp(error.old)} -> {ulp(error.new)} ULP"
    return f"{error.case}, order {error.order}: {figures}   {error.reproduce}"


def _change(change: VerdictChange) -> str:
    reason = f": {change.reason}" if change.reason else ""
    return f"{change.case}: {change.old} -> {change.new}{reason}   {change.reproduce}".rstrip()


def pace_of_machine(found: Changes) -> str:
    """By what the times are divided; empty where they are not compared."""
    if found.pace is None:
        return ""
    return f"this machine took {significant(found.pace, 2)} times as long in the median, which is taken off"


def _pace(pace: Pace) -> str:
    return f"{pace.op}: {significant(pace.ratio, 2)} times the time, {pace.old:.3f} -> {pace.new:.3f} s"


def write(found: Changes, path: str | os.PathLike[str]) -> Path:
    """The comparison as one self-contained page; its path."""
    return files.write(Path(path), page(found))


def page(found: Changes, home: str = "") -> str:
    """The page as text; with a link to ``home``, the report's summary, if it has one."""
    return environment().get_template("changed.html").render(
        found=found,
        home=home,
        headline=headline(found),
        state="fail" if found.regressed else "pass",
        factor=FACTOR,
        pace_of_machine=pace_of_machine(found),
    )  # fmt: skip
