"""Several findings as text: a line for each as it comes, then what did not pass.

    ops.py:scale (line 12)
      found: --domain 0:1
    PASS  scale(x: float64[2, 3])  @1  orders 1-2  proven  15.4 of 15.9
    FAIL  scale(x: float64[])      @2  order 1     wrong   0.2 of 15.9   sign
    LEFT OUT  float32: scale raised TypeError

    FAIL  scale(x: float64[])
      ...

A finding that is the only one is shown by itself, in full where it is no pass.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from gradcheck.cli.checks import again
from gradcheck.cli.checks.again import AddOptions
from gradcheck.cli.checks.plain import Checked, Place, PlainFinding
from gradcheck.system.texts import printable

WIDTH = 120
_TITLE = 64  # columns; a longer title moves what comes after it
_ROOM = 20  # for a reason, where the title is long
_PASSES = 16  # checks of a target, of which passes are lines of their own
_TARGETS = 12  # of more targets passes are counted
_PRINTED = 5  # lines of what an op prints in one check
_SAME = 8  # findings alike that are told one by one
_FULL = 10  # findings of different causes that are shown in full
_MORE = 40  # further ones, in a line each
_NOT_REPEATED = ("json", "junit", "out", "verbose")  # options that say where results go


def head(target: Checked) -> list[str]:
    """The lines above a target's checks; none where another target shows them."""
    if not (target.planned or target.left_out or target.doubts):
        return []
    where = "" if target.place is None else f" ({_where(target)})"
    return [f"{printable(target.text)}{where}", *found(target)]


def found(target: Checked) -> list[str]:
    """What was found out about its inputs, if anything."""
    return [f"  found: {printable(' '.join(target.found))}"] if target.found else []


def _where(target: Checked) -> str:
    file, line = target.place or Place("", 0)
    own = target.text.partition(".py")[0] + ".py"
    same = os.path.basename(own) == os.path.basename(file)
    return f"line {line}" if same else f"{os.path.basename(file)}:{line}"


def are_counted(target: Checked, targets: int) -> bool:
    """Whether passes are counted instead of told one by one."""
    return targets > _TARGETS or (target.planned or 0) > _PASSES


def line(found: PlainFinding) -> str:
    """A finding that is the only one, in one line.

    >>> line(PlainFinding("pass", "f(x)", "order 1: right", "", warnings=["8 digits are lost"]))
    'PASS  f(x): order 1: right; warning: 8 digits are lost'
    """
    warnings = "".join(f"; warning: {printable(text)}" for text in found.warnings)
    return f"{found.verdict.upper()}  {printable(found.title)}: {printable(found.reason)}{warnings}"


def row(found: PlainFinding, number: int, width: int) -> str:
    """A finding in one line; the title has this many columns."""
    if found.verdict == "pass" and found.formula == "unknown" and not found.digits:
        return _ended(
            f"PASS  {printable(found.title)}:", found.reason
        )  # what a spec says besides its formula
    orders = found.orders and f"order{'s' if '-' in found.orders else ''} {found.orders}"
    formula = found.formula if found.formula != "unknown" else ""
    line = f"{found.verdict.upper()}  {printable(found.title)}"
    place = min(width, _TITLE) + len("PASS  ")
    for cell, room in ((f"@{number}", 4), (orders, 10), (formula, 9), (found.digits, 12)):
        if cell:  # a cell that is pushed aside by a long verdict uses the room of empty ones
            line = f"{line.ljust(place)}  {cell}"
        place += 2 + room
    return _ended(line.ljust(place) if formula or found.digits else line, _short(found))


def _short(found: PlainFinding) -> str:
    """The reason in short."""
    if found.verdict != "pass":
        return found.diagnosis or found.reason.removeprefix(f"order {found.orders}: ")
    return f"warning: {found.warnings[0]}" if found.warnings else ""


def _ended(line: str, text: str) -> str:
    """The line with a text at its end, of which there is as much as there is room for."""
    text = printable(text)
    gap = " " if line.endswith(":") else "  "
    room = max(WIDTH - len(line) - len(gap), _ROOM)
    if len(text) > room:
        text = text[: room - 3].rstrip() + "..."
    return f"{line}{gap}{text}".rstrip()


def counted_passes(target: Checked) -> list[str]:
    """The line that stands for passes that have none."""
    passes = [each.finding for each in target.checks if each.finding.verdict == "pass"]
    if not passes:
        return []
    formulas = dict.fromkeys(each.formula for each in passes if each.formula != "unknown")
    fewest = min((each.digits for each in passes if each.digits), key=_part_kept, default="")
    least = f"digits at least {fewest}" if fewest else ""
    warned = sum(bool(each.warnings) for each in passes)
    facts = [*filter(None, [" or ".join(formulas), least]), *([f"{warned} with a warning"] if warned else [])]
    return [f"PASS  {_counted(len(passes))} of {printable(target.text)}: {', '.join(facts)}".rstrip(": ")]


def _part_kept(digits: str) -> float:
    """
    >>> _part_kept("3.6 of 7.2"), _part_kept("3.6")
    (0.5, 3.6)
    """
    kept, _, full = digits.partition(" of ")
    return float(kept) / (float(full) if full else 1.0)


def quoted(printed: str) -> list[str]:
    """What an op has printed, as no line of the table.

    >>> quoted("PASS  me\\n")
    ['  | PASS  me']
    """
    found = printed.splitlines()
    more = [f"  | ... ({len(found) - _PRINTED} more lines)"] if len(found) > _PRINTED else []
    return [*(f"  | {printable(text)}" for text in found[:_PRINTED]), *more]


def left_out(target: Checked) -> list[str]:
    return [f"LEFT OUT  {printable(what)}: {printable(why)}" for what, why in target.left_out]


def refusal(target: Checked) -> str:
    said = target.refused if target.text in target.refused else f"{target.text}: {target.refused}"
    return f"NOT CHECKED  {printable(said)}"


def in_full(targets: Iterable[Checked], verbose: bool) -> Iterator[str]:
    """What did not pass: the first of each cause in full, of the others what differs; fails come first."""
    groups = [group for target in targets for group in _groups(target, verbose)]
    groups.sort(key=lambda group: group[0].verdict != "fail")
    for first, *others in groups if verbose else groups[:_FULL]:
        yield ""
        yield first.text
        yield from _folded(others)
    left = [] if verbose else groups[_FULL:]
    if left:
        yield ""
        yield f"... and {_counted(sum(map(len, left)), 'more check')} that did not pass (-v: in full):"
    yield from (_ended(f"  {group[0].title}:", group[0].reason) for group in left[:_MORE])
    if len(left) > _MORE:
        yield "  ..."


def _groups(target: Checked, verbose: bool) -> list[list[PlainFinding]]:
    """Findings alike, together."""
    findings = [each.finding for each in target.checks]
    if verbose:
        return [[each] for each in findings]
    by_kind: dict[tuple[str, str], list[PlainFinding]] = {}
    for each in findings:
        if each.verdict != "pass":
            by_kind.setdefault(each.kind, []).append(each)
    return list(by_kind.values())


def _folded(others: Sequence[PlainFinding]) -> Iterator[str]:
    if not others:
        return
    yield f"  the same in {_counted(len(others), 'other check')}:"
    for found in others[:_SAME]:
        yield _ended(f"    {printable(found.title)}:", _differing(found))
    if len(others) > _SAME:
        yield f"    ... and {len(others) - _SAME} more"


def _differing(found: PlainFinding) -> str:
    """The worst element, where there is one; else the reason."""
    worst = found.worst
    if worst is None or not worst["expected"]:
        return found.reason
    return f"order {worst['order']}, {worst['where']}: expected {worst['expected']}, got {worst['got']}"


def doubts(targets: Sequence[Checked]) -> Iterator[str]:
    """Why targets of which nothing fails are not green, or are neither right nor wrong."""
    for target in targets:
        for why in target.doubts:
            yield f"NOT GREEN  {printable(target.text)}: {printable(why)}"
        if target.checks and set(target.verdicts) <= {"inconclusive", "not-tested"} and not target.doubts:
            yield (
                f"UNDECIDED  {printable(target.text)}: no check passes, and none fails: "
                "it is not known whether backward is right"
            )


def counts(targets: Sequence[Checked], interrupted: bool = False) -> str:
    """The last line: how many checks of each verdict.

    >>> counts([Checked("f", refused="it takes no inputs")])
    '0 checks: 1 not checked'
    """
    findings = [each.finding for target in targets for each in target.checks]
    verdicts = [each.verdict for each in findings]
    said = [f"{verdicts.count(v)} {v}" for v in dict.fromkeys(verdicts)]
    refused = sum(bool(target.refused) for target in targets)
    said += [f"{refused} not checked"] if refused else []
    warned = sum(bool(each.warnings) for each in findings)
    warnings = f"; {warned} with a warning" if warned else ""
    line = f"{_counted(len(verdicts))}: {', '.join(said)}{warnings}".removesuffix(": ")
    return f"{line}; interrupted" if interrupted else line


def repeat(targets: Sequence[Checked], command: str, add_options: AddOptions) -> str | None:
    """The command that makes all checks again that failed, and no others; None where none did."""
    failed = [
        again.selected(target.text, [each.number for each in target.failed], target.total)
        for target in targets
        if target.failed
    ]
    return again.command(failed, command, add_options, _NOT_REPEATED) if failed else None


def _counted(number: int, noun: str = "check") -> str:
    """
    >>> _counted(1), _counted(2)
    ('1 check', '2 checks')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def relative(place: Place, folder: str) -> str:
    """The file as it is called from a folder, where it lies inside it."""
    path = Path(place.file)
    base = Path(os.path.realpath(folder))
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else place.file
