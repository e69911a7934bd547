"""Why a run is red: causes, not cases. `blame` says what each failure is put down to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gradcheck.records.jsonl import Row
from gradcheck.report.blame import Anatomy, Blamed, Failure, put_down
from gradcheck.report.formatting import plural
from gradcheck.report.judged import grouped
from gradcheck.report.summary import Finding, Summary
from gradcheck.system.texts import printable

_LONGEST = 200  # characters of a kind, which stands in titles


class Cause(Blamed):
    """One mistake, as pages, terminals and logs tell it."""

    @property
    def plainest(self) -> Failure:
        """The case to reproduce it with."""
        return self.failures[0]

    @property
    def kind(self) -> str:
        """Of the mistake; of a very long one the beginning."""
        return printable(self.plainest.kind, _LONGEST)

    @property
    def title(self) -> str:
        """Who, where and what, for a line of a log."""
        return f"{self.function}, order {self.order}: {self.kind}"

    @property
    def sentence(self) -> str:
        """What is wrong, in words."""
        return self.plainest.diagnosis or str(self.plainest.row["reason"])

    @property
    def details(self) -> str:
        """The sentence without the kind, which a title says."""
        return printable(self.sentence.removeprefix(f"{self.kind}: "))

    @property
    def place(self) -> str:
        """File and line, as editors and logs write them; empty where not known."""
        return f"{self.path}:{self.line}" if self.path and self.line else self.path

    @property
    def reproduce(self) -> str:
        return str(self.plainest.row["reproduce"])

    @property
    def cases(self) -> int:
        return len({failure.case for failure in self.failures})

    @property
    def direct(self) -> list[Failure]:
        """Failures of the function itself."""
        own = set(self.own)
        return [failure for failure in self.failures if failure.op in own]

    @property
    def following(self) -> list[Failure]:
        """Failures of what is made of it."""
        own = set(self.own)
        return [failure for failure in self.failures if failure.op not in own]

    @property
    def counts(self) -> str:
        """How many cases, of which functions, dtypes and orders."""
        return _counted(self.failures)

    @property
    def follow(self) -> str:
        """How many cases of other functions fail by it; empty where none does."""
        count, ops = len({f.case for f in self.following}), len({f.op for f in self.following})
        verb = "follows" if count == 1 else "follow"
        return f"{plural(count, 'case')} of {plural(ops, 'function')} {verb}" if count else ""

    @property
    def by_op(self) -> dict[str, list[Failure]]:
        """Op -> its failures, the plainest first; the function's own ops first."""
        return grouped([*self.direct, *self.following], lambda failure: failure.op)

    @property
    def told_by_op(self) -> list[str]:
        """A line for each op: how many of its cases fail."""
        cases = {op: len({failure.case for failure in same}) for op, same in self.by_op.items()}
        return [f"{op}: {plural(count, 'case')}" for op, count in cases.items()]

    @property
    def otherwise(self) -> list[str]:
        """How else it shows in the function itself: kinds of mistake, with the number of cases."""
        kinds = grouped(self.direct, lambda failure: failure.kind)
        counted = {kind: len({failure.case for failure in same}) for kind, same in kinds.items()}
        others = [(kind, n) for kind, n in counted.items() if kind != self.plainest.kind]
        return [f"{printable(kind, _LONGEST)} ({plural(n, 'case')})" for kind, n in others]


def _counted(failures: Sequence[Failure]) -> str:
    cases, ops = len({f.case for f in failures}), sorted({f.op for f in failures})
    dtypes, orders = sorted({f.row["dtype"] for f in failures}), sorted({f.order for f in failures})
    whose = ops[0] if len(ops) == 1 else plural(len(ops), "function")
    numbers = f"order{'s' if len(orders) > 1 else ''} {', '.join(map(str, orders))}"
    return f"{plural(cases, 'case')} of {whose}; {', '.join(dtypes)}; {numbers}"


@dataclass(frozen=True)
class Causes:
    """Why a run is red: causes, the culprits that most follow from first; failing checks of networks; cases
    that gave no result."""

    found: Sequence[Cause] = ()
    networks: Sequence[Finding] = ()
    lost: int = 0

    def __bool__(self) -> bool:
        return bool(self.found or self.networks or self.lost)

    @property
    def cases(self) -> int:
        return len({failure.case for cause in self.found for failure in cause.failures})

    @property
    def headline(self) -> str:
        """How many causes, in one sentence.

        >>> Causes(lost=2).headline
        '2 declared cases gave no result'
        """
        parts = []
        if self.found:
            ops = len({failure.op for cause in self.found for failure in cause.failures})
            failing = f"{plural(self.cases, 'failing case')} of {plural(ops, 'function')}"
            parts.append(f"{plural(len(self.found), 'cause')}: {failing}")
        if self.networks:
            verb = "fails" if len(self.networks) == 1 else "fail"
            parts.append(f"{plural(len(self.networks), 'check')} of networks {verb}")
        if self.lost:
            parts.append(f"{plural(self.lost, 'declared case')} gave no result")
        return "; ".join(parts)


def causes(rows: Iterable[Row], summary: Summary) -> Causes:
    """The causes of what fails, from the rows of a report and their summary."""
    failing = [finding for finding in summary.findings if finding.verdict == "fail"]
    failures = [Failure(f.name, f.row) for f in failing if f.row["kind"] == "case"]
    networks = [f for f in failing if f.row["kind"] == "network"]
    lost = 0 if summary.interrupted else max(summary.declared - summary.executed, 0)
    found = [Cause(*each) for each in put_down(failures, Anatomy.of(rows))] if failures else []
    return Causes(sorted(found, key=_first), networks, lost)


def _first(cause: Cause) -> tuple[object, ...]:
    return -len({failure.op for failure in cause.failures}), -cause.cases, cause.function
