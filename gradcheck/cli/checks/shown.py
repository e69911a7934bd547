"""What `gradcheck check` shows of its checks while it makes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from gradcheck.cli.checks import table
from gradcheck.cli.checks.plain import Checked, Numbered
from gradcheck.cli.checks.under_way import UnderWay
from gradcheck.system import streams


class Shown:
    """Prints each finding as it comes, and what is under way.

    Args:
        verbose: all findings are shown in full.
        silent: nothing is printed but what is under way.
        goes_on: files are to be written, whether or not somebody reads what is printed.

    Attributes:
        printed: what the ops have printed since it was last asked.
        several: whether there are several targets.
        at: which of them is under way, as text.
    """

    def __init__(self, verbose: bool, silent: bool = False, goes_on: bool = False) -> None:
        self._verbose = verbose
        self._silent = silent
        self._goes_on = goes_on
        self._broken: BrokenPipeError | None = None
        self._under_way = UnderWay()
        self._alone = False
        self._counted = False
        self._width = 0
        self._quoted = {""}
        self.printed: Callable[[], str] = str
        self.several = False
        self.at = ""

    def under_way(self, what: str, done: int = 0, of: int = 0) -> str:
        """Say what comes next, and return that."""
        counts = filter(None, [self.at, f"check {done + 1}/{of}" if of > 1 else ""])
        count = ", ".join(counts)
        text = f"[{count}] {what}" if count else what
        self._under_way.show(text)
        return text

    def begin(self, target: Checked, width: int, targets: int) -> None:
        """Its checks come next; the longest title has this many columns."""
        self._width = width
        self._alone = not self.several and (target.planned or 0) <= 1
        self._counted = not self._verbose and table.are_counted(target, targets)
        self.print(table.found(target) if self._alone else table.head(target))

    def check(self, target: Checked, each: Numbered) -> None:
        found = each.finding
        if self._alone:
            self.print([found.text if self._verbose or found.verdict != "pass" else table.line(found)])
        elif not self._counted or found.verdict != "pass":
            self.print([table.row(found, each.number, self._width)])
        self._tell_printed()

    def _tell_printed(self) -> None:
        """What the op has printed comes after its finding, once; it is no part of a document."""
        text = self.printed()
        if text in self._quoted:
            return
        self._quoted.add(text)
        if not self._silent:
            self.print(table.quoted(text))
            return
        self._under_way.wipe()
        for line in table.quoted(text):
            streams.note(line)

    def end(self, target: Checked) -> None:
        self.print(table.counted_passes(target) if self._counted else [])
        self.print(table.left_out(target))

    def refuse(self, target: Checked) -> None:
        """It cannot be checked; where it is the only target, the command says so at its end."""
        self._tell_printed()
        if self.several:
            self.print([table.refusal(target)])

    def finish(self, targets: Sequence[Checked], repeat: str | None, interrupted: bool) -> None:
        """What did not pass, and how many did."""
        self._under_way.wipe()
        if not self.several and targets and targets[0].refused:
            return
        if not self._alone:
            full = list(table.in_full(targets, self._verbose))
            self.print([*full, ""] if full else [])
        self.print(table.doubts(targets))
        if repeat is not None and not self._alone:
            self.print([f"repeat what failed: {repeat}"])
        self.print([table.counts(targets, interrupted)])

    def print(self, lines: Iterable[str]) -> None:
        """Print lines; where nobody reads them and files are to be written, go on without."""
        text = "\n".join(lines)
        if self._silent or self._broken is not None or not text:
            return
        self._under_way.wipe()
        try:
            print(text, flush=True)  # so that the op's own output comes after it
        except BrokenPipeError as error:
            if not self._goes_on:
                raise
            self._broken = error

    def raise_broken(self) -> None:
        """Raise now that nobody read what was printed."""
        if self._broken is not None:
            raise self._broken
