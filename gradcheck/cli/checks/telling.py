"""What machines are told of the checks: JUnit XML, annotations and a summary for GitHub, JSON, a report."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Iterator, Sequence

from gradcheck.cli.checks.plain import Checked, Ended, Numbered, Place, PlainFinding
from gradcheck.cli.checks.shown import Shown
from gradcheck.cli.checks.table import relative
from gradcheck.report import github, junit
from gradcheck.report.told import Told
from gradcheck.system import streams, texts


def tell(ended: Ended, options: argparse.Namespace, shown: Shown) -> None:
    """Write what was asked for."""
    checks = list(told(ended.targets))
    if options.junit is not None:
        from gradcheck.records.checkout import commit_here

        shown.print([texts.printable(f"JUnit: {junit.write(checks, options.junit, commit_here())}")])
    if options.out is not None and any(target.checks for target in ended.targets):
        from gradcheck.cli.checks import folder

        shown.print([texts.printable(f"Report: {folder.write(ended, options.out)}")])
    if github.is_here():
        _annotate(checks, options, shown)
        github.summarize("gradcheck check", checks, [ended.repeat] if ended.repeat else [])
    if options.json:
        from gradcheck.cli.checks import document

        print(document.text(ended.targets, ended.command, ended.repeat, ended.interrupted, ended.status))


def _annotate(checks: Sequence[Told], options: argparse.Namespace, shown: Shown) -> None:
    """Print GitHub's annotations: it reads both streams, and the first one may be a document's."""
    lines = github.commands(checks)
    if options.json:
        for line in lines:
            streams.note(line)
    else:
        shown.print(lines)


def told(targets: Sequence[Checked]) -> Iterator[Told]:
    """Each check, and each target that is not green for another reason."""
    for target in targets:
        titles = Counter(each.finding.title for each in target.checks)
        for each in target.checks:
            name = each.finding.title
            yield _check(target, each, f"{name} @{each.number}" if titles[name] > 1 else name)
        for why in target.doubts:
            yield _of_target(target, f"{target.text} is green", "fail", why)
        if target.refused:
            yield _of_target(target, f"{target.text} can be checked", "error", target.refused)


def _check(target: Checked, each: Numbered, name: str) -> Told:
    found = each.finding
    said = Told(target.text, name, found.verdict, seconds=found.seconds, warnings=found.warnings)
    if found.verdict == "pass":
        return said
    said = said._replace(reason=found.reason, details=_details(found))
    return _placed(said, found.place or target.place)


def _of_target(target: Checked, name: str, verdict: str, why: str) -> Told:
    seconds = 0.0 if target.checks else target.seconds  # else they are those of its checks
    return _placed(Told(target.text, name, verdict, why, [why], seconds=seconds), target.place)


def _placed(said: Told, place: Place | None) -> Told:
    """With the file as GitHub knows it: from the folder of the repository."""
    if place is None:
        file, ending, _ = said.suite.partition(".py")
        return said._replace(file=file + ending) if ending else said
    folder = os.environ.get("GITHUB_WORKSPACE") or os.getcwd()
    return said._replace(file=relative(place, folder), line=place.line)


def _details(found: PlainFinding) -> list[str]:
    """A finding that is no pass, in a few lines."""
    lines = [found.reason, *([f"likely cause: {found.diagnosis}"] if found.diagnosis else [])]
    worst = found.worst
    if worst is not None and worst["expected"]:
        lines.append(f"{worst['where']}: expected {worst['expected']}, got {worst['got']}")
    return [*lines, *([f"reproduce: {found.reproduce}"] if found.reproduce else [])]
