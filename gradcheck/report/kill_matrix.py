"""The outcomes of planted bugs: the kill matrix, as text and as a page. Sees mutant rows only."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gradcheck.records.jsonl import Row
from gradcheck.report.formatting import paragraphs, plural
from gradcheck.report.judged import grouped
from gradcheck.report.templating import environment
from gradcheck.system import files, tables

#: Outcomes that say the checker is not as good as it should be.
BAD = ("survived", "false alarm")


@dataclass(frozen=True)
class Kills:
    """Bugs of one kind in one topic: those killed, and those that could be seen at all."""

    killed: int
    visible: int

    def __str__(self) -> str:
        return f"{self.killed}/{self.visible}" if self.visible else "-"


@dataclass(frozen=True)
class KillMatrix:
    """Kinds of bugs by topics.

    Attributes:
        bugs: name -> what it is.
        cells: (bug, topic) -> Kills, where there are any; with the topic "all" for the whole row.
        counts: outcome -> number of mutants.
        bad: the mutants that survived, and controls that were not passed.
        at_lowest_order: killed mutants found at the lowest order at which they show.
        named: killed mutants whose diagnosis names the bug.
    """

    bugs: dict[str, str]
    topics: list[str]
    cells: dict[tuple[str, str], Kills]
    counts: Counter[str]
    bad: list[Row]
    at_lowest_order: int
    named: int


def matrix(rows: Iterable[Row]) -> KillMatrix:
    """The kill matrix of the mutant rows among `rows`."""
    mutants = [row for row in rows if row["kind"] == "mutant"]
    planted = [row for row in mutants if row["outcome"] not in ("unharmed", "false alarm")]
    killed = [row for row in planted if row["outcome"] == "killed"]
    groups = grouped(planted, lambda row: (row["mutant"], row["topic"]))
    groups |= {(bug, "all"): found for bug, found in grouped(planted, lambda row: row["mutant"]).items()}
    return KillMatrix(
        bugs={row["mutant"]: row["bug"] for row in planted},
        topics=[*dict.fromkeys(row["topic"] for row in planted), "all"],
        cells={key: _cell(found) for key, found in groups.items()},
        counts=Counter(row["outcome"] for row in mutants),
        bad=[row for row in mutants if row["outcome"] in BAD],
        at_lowest_order=sum(row["order"] == row["visible_order"] for row in killed),
        named=sum(row["named"] for row in killed),
    )


def _cell(rows: Sequence[Row]) -> Kills:
    outcomes = Counter(row["outcome"] for row in rows)
    return Kills(outcomes["killed"], outcomes["killed"] + outcomes["survived"])


def headline(found: KillMatrix) -> str:
    """The whole in one sentence.

    >>> headline(matrix([]))
    'No bug was planted.'
    """
    counts = found.counts
    visible = counts["killed"] + counts["survived"]
    if not visible:
        return "No bug was planted."
    parts = [f"{counts['killed']} killed, {counts['survived']} survived"]
    parts += [f"{plural(counts['false alarm'], 'false alarm')}"] if counts["false alarm"] else []
    return f"{plural(visible, 'bug')} planted that can be seen: {', '.join(parts)}."


def details(found: KillMatrix) -> list[str]:
    """What else there is to say, sentence by sentence."""
    counts, killed = found.counts, found.counts["killed"]
    return [
        f"Of the killed, {found.at_lowest_order} at the lowest order at which they show and "
        f"{found.named} with a diagnosis that names the bug ({_share(found.at_lowest_order, killed)} "
        f"and {_share(found.named, killed)}).",
        f"Beside these: {counts['equivalent']} equivalent (not one number differs), "
        f"{counts['within rounding']} within rounding, {counts['not applicable']} with nothing to change, "
        f"{counts['unharmed'] + counts['false alarm']} controls.",
    ]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "-"


def text(rows: Iterable[Row]) -> str:
    """Matrix, survivors with the command that reproduces each, and totals, for a terminal."""
    found = matrix(rows)
    blocks = [_table(found), _bad(found), [headline(found), *(details(found) if found.bugs else [])]]
    return paragraphs(blocks)


def _table(found: KillMatrix) -> list[str]:
    if not found.bugs:
        return []
    lines = [["killed/visible", *found.topics]]
    lines += [[bug, *(str(found.cells.get((bug, t), "-")) for t in found.topics)] for bug in found.bugs]
    return tables.lines(lines, right=range(1, len(lines[0])))


def _bad(found: KillMatrix) -> list[str]:
    lines = []
    for row in found.bad:
        where = f"{row['mutant']} ({row['bug']}) in {row['function']}"
        lines += [f"{row['outcome'].upper()}  {where}: {_seen(row)}", f"  {row['reproduce']}"]
    return lines


def _seen(row: Row) -> str:
    shows = "" if row["visible_order"] is None else f"shows at order {row['visible_order']}, "
    return f"{shows}verdict {row['verdict']}"


def write(rows: Iterable[Row], out_dir: str | os.PathLike[str], *, records_name: str) -> Path:
    """The kill matrix as `out_dir`/index.html; that path."""
    found = matrix(rows)
    page = environment().get_template("kill_matrix.html").render(
        matrix=found,
        headline=headline(found),
        details=details(found),
        seen=_seen,
        state="fail" if found.bad else "pass" if found.bugs else "not-tested",
        records_name=records_name,
    )  # fmt: skip
    return files.write(Path(out_dir) / "index.html", page)
