"""What became of each stage, in a line and in summary.txt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gradcheck.records.jsonl import case_verdicts, read
from tests.gpu.files import pack, shorten, tail
from tests.gpu.limited import Run
from tests.gpu.stages import Setting, Stage

SUMMARY = "summary.txt"
TRACEBACK = "Traceback (most recent call last):"
CUT_OFF = "LOST  "  # begins gradcheck's line for each case that a stopped run did not come to
LAST_LINES = 40  # of a stage that keeps no log of its own


@dataclass(frozen=True)
class Outcome:
    """What became of one stage.

    Attributes:
        word: "done", "cut short", "failed" or "not begun".
        headline: what it found, in a line.
        status: the exit status of its program.
    """

    stage: Stage
    word: str
    seconds: float = 0.0
    headline: str = ""
    status: int = 0

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
        failed, headline = bool(run.status), _last_words(setting.log(stage), run.cut)
    cut = run.cut and not (stage.measures and failed)
    word = "cut short" if cut else "failed" if failed else "done"
    kept = setting.out / stage.file
    if kept.suffix == ".txt":
        shorten(kept)
    return Outcome(stage, word, run.seconds, headline, run.status)


def _last_words(log: Path, cut: bool) -> str:
    """A program's last line; of one that was cut short the last before Python says so."""
    lines = tail(log, 200)
    if cut and TRACEBACK in lines:
        lines = lines[: lines.index(TRACEBACK)]
    return lines[-1] if lines else "it printed nothing"


def _measured(stage: Stage, setting: Setting) -> tuple[bool, str]:
    """Whether a run of the laboratory found something wrong, and what it found."""
    kept = setting.out / stage.file
    try:
        left_out = pack(setting.records(stage), kept)
    except FileNotFoundError:
        return True, _last_words(setting.log(stage), cut=False)
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


def write(outcomes: Sequence[Outcome], setting: Setting, title: str) -> None:
    """Write summary.txt anew: a line for each stage, and the last words of those that keep no log."""
    parts = ["\n".join([title, *(outcome.line() for outcome in outcomes)])]
    for outcome in outcomes:
        log = setting.log(outcome.stage)
        if log.parent != setting.out and log.is_file():
            said = [line for line in tail(log, 10_000) if not line.startswith(CUT_OFF)]
            parts.append("\n".join([f"--- {outcome.stage.name}", *said[-LAST_LINES:]]))
    (setting.out / SUMMARY).write_text("\n\n".join(parts) + "\n", encoding="utf-8")
