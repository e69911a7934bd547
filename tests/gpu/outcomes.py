"""What became of each stage, in a line and in summary.txt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gradcheck.records import case_verdicts, read
from tests.gpu.files import pack, shorten, tail
from tests.gpu.limited import Run
from tests.gpu.stages import Setting, Stage

SUMMARY = "summary.txt"
LAST_LINES = 40  # of a stage that keeps no log of its own


@dataclass(frozen=True)
class Outcome:
    """What became of one stage.

    Attributes:
        word: "done", "cut short", "failed" or "not begun".
        headline: what it found, in a line.
    """

    stage: Stage
    word: str
    seconds: float = 0.0
    headline: str = ""

    @property
    def fine(self) -> bool:
        return self.word == "done" or (self.stage.elastic and self.word != "failed")

    def line(self) -> str:
        return f"{self.stage.name:10}{self.word:11}{self.seconds:6.0f} s  {self.headline}"


def judge(stage: Stage, run: Run, setting: Setting) -> Outcome:
    """The outcome of a stage that ran; its file is brought into shape."""
    if stage.measures:
        failed, headline = _measured(stage, setting)
    else:
        failed, headline = bool(run.status), next(iter(tail(setting.log(stage), 1)), "it printed nothing")
    cut = run.cut and not (stage.measures and failed)
    word = "cut short" if cut else "failed" if failed else "done"
    kept = setting.out / stage.file
    if kept.suffix == ".txt":
        shorten(kept)
    return Outcome(stage, word, run.seconds, headline)


def _measured(stage: Stage, setting: Setting) -> tuple[bool, str]:
    """Whether a run of the laboratory found something wrong, and what it found."""
    kept = setting.out / stage.file
    try:
        left_out = pack(setting.records(stage), kept)
    except FileNotFoundError:
        return True, "; ".join(tail(setting.log(stage), 1)) or "it left no records"
    rows = read(kept)
    verdicts = [*case_verdicts(rows).values()]
    declared = sum(row["declared"] for row in rows if row["kind"] == "run")
    counts = ", ".join(f"{verdicts.count(word)} {word}" for word in dict.fromkeys(sorted(verdicts)))
    headline = f"{len(verdicts)} of {declared} cases: {counts or 'none'}"
    warned = sum(row["kind"] == "warning" for row in rows)
    if warned:
        headline += f"; {warned} without a result"
    if left_out:
        headline += f"; {left_out} lines left out of {kept.name}, which is full"
    return "fail" in verdicts or not verdicts or bool(warned), headline


def write(outcomes: Sequence[Outcome], setting: Setting, title: str) -> str:
    """Write summary.txt anew; the table that begins it."""
    table = "\n".join([title, *(outcome.line() for outcome in outcomes)])
    parts = [table]
    for outcome in outcomes:
        log = setting.log(outcome.stage)
        if log.parent != setting.out and log.is_file():
            parts.append("\n".join([f"--- {outcome.stage.name}", *tail(log, LAST_LINES)]))
    (setting.out / SUMMARY).write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return table
