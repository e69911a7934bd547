"""What two processes tell each other of a check: texts and numbers, which no op's code can be in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gradcheck.system import signals
from gradcheck.system.alike import without_numbers


class Place(NamedTuple):
    """Where something is written: an absolute path and a line."""

    file: str
    line: int


class PlainInput(NamedTuple):
    """An input of a check."""

    name: str
    dtype: str
    shape: Sequence[int]


class PlainCheck(NamedTuple):
    """A check that is planned: the head of its finding, and the command that does it again, if it has one."""

    title: str
    reproduce: str


class PlainPlan(NamedTuple):
    """What is done with one target, as text.

    Attributes:
        found: what was found out about the inputs, as options.
        left_out: what could not be tried, and why.
        doubt: why passes do not make the target green; empty where they do.
        inputs: those of each check.
        rows: what records say of each check where it has no result, without the reason; if asked for.
    """

    checks: Sequence[PlainCheck]
    found: Sequence[str] = ()
    left_out: Sequence[tuple[str, str]] = ()
    doubt: str = ""
    inputs: Sequence[Sequence[PlainInput]] = ()
    rows: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class PlainFinding:
    """A finding as text and numbers.

    Attributes:
        text: all of it.
        digits, kept: those that the worst element's value keeps, such as "14.8 of 15.9"; empty, None where
            not known.
        sampled: what was compared, where there are too many elements to compare all.
        evidence: the fields of its Evidence, one mapping for each order and oracle.
        inputs: of the check.
        place: where the wrong backward is written, if that is known.
        seconds: from the question to the answer.
        rows: what records say of it, where they were asked for.
    """

    verdict: str
    title: str
    reason: str
    text: str
    diagnosis: str | None = None
    formula: str = "unknown"
    digits: str = ""
    kept: float | None = None
    warnings: Sequence[str] = ()
    notes: Sequence[str] = ()
    jacobian: Sequence[str] = ()
    reproduce: str = ""
    evidence: Sequence[Mapping[str, Any]] = ()
    inputs: Sequence[PlainInput] = ()
    place: Place | None = None
    seconds: float = 0.0
    rows: Sequence[Mapping[str, Any]] = ()
    sampled: str = ""

    @property
    def warned(self) -> bool:
        """Whether there is a warning."""
        return bool(self.warnings)

    @property
    def cause(self) -> str:
        """The kind of mistake; the reason where there is no diagnosis."""
        return self.diagnosis.partition(":")[0] if self.diagnosis else self.reason

    @property
    def kind(self) -> tuple[str, str]:
        """What findings alike have in common: the verdict, and the cause without numbers and places.

        >>> PlainFinding("fail", "f(x)", "off by 3 at (0, 1)", "").kind
        ('fail', 'off by # at #')
        """
        return self.verdict, without_numbers(self.cause)

    @property
    def worst(self) -> Mapping[str, Any] | None:
        """The first row of evidence that has the verdict of the whole."""
        return next((row for row in self.evidence if row["verdict"] == self.verdict), None)

    @property
    def orders(self) -> str:
        """The orders that were judged, of what does not pass the first that has its verdict.

        >>> PlainFinding("pass", "f(x)", "", "", evidence=[{"order": 1}, {"order": 2}]).orders
        '1-2'
        """
        if self.verdict != "pass":
            return "" if self.worst is None else f"{self.worst['order']}"
        judged = sorted({row["order"] for row in self.evidence if row["order"]})
        return f"{judged[0]}-{judged[-1]}" if len(judged) > 1 else "".join(map(str, judged))


@dataclass
class Numbered:
    """A check that was made: its number among those of its target, and what was found."""

    number: int
    finding: PlainFinding


@dataclass
class Checked:
    """A target, and what has come of it so far.

    Attributes:
        text: as the user can write it again.
        place: where it is written, if that is known.
        planned: how many checks are to be made; None as long as there is no plan.
        total: how many checks it has, those among them that were not asked for.
        refused: why it cannot be checked; empty where it can.
        rows: what records say of it beside the checks, where they were asked for.
    """

    text: str
    place: Place | None = None
    planned: int | None = None
    total: int = 0
    found: Sequence[str] = ()
    left_out: Sequence[tuple[str, str]] = ()
    doubt: str = ""
    refused: str = ""
    checks: list[Numbered] = field(default_factory=list)
    rows: Sequence[Mapping[str, Any]] = ()
    seconds: float = 0.0

    @property
    def verdicts(self) -> list[str]:
        return [each.finding.verdict for each in self.checks]

    @property
    def failed(self) -> list[Numbered]:
        return [each for each in self.checks if each.finding.verdict == "fail"]

    @property
    def doubts(self) -> list[str]:
        """Why it is not green though nothing fails."""
        if self.doubt:
            return [self.doubt]
        ended = len(self.checks) == self.planned  # without checks: shown elsewhere, or left out
        return ["nothing was compared"] if ended and set(self.verdicts) == {"not-tested"} else []

    @property
    def status(self) -> int:
        """1 where something fails or is in doubt, 2 where it cannot be checked."""
        return 1 if self.failed or self.doubts else 2 * bool(self.refused)


def status_of(targets: Sequence[Checked]) -> int:
    """The exit status of several targets: a failure is more than what cannot be checked, or no check."""
    found = {target.status for target in targets}
    nothing = not any(target.checks for target in targets)
    return 1 if 1 in found else 2 if 2 in found or nothing else 0


@dataclass(frozen=True)
class Ended:
    """What came of a command's checks.

    Attributes:
        command: as it was given.
        repeat: the command that repeats all failures; None where there are none.
    """

    targets: Sequence[Checked]
    command: str
    repeat: str | None
    interrupted: bool

    @property
    def status(self) -> int:
        return signals.INTERRUPTED if self.interrupted else status_of(self.targets)
