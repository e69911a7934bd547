"""What `gradcheck check` does, from its options to its exit status."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from gradcheck.cli import isolated
from gradcheck.cli.checks import table
from gradcheck.cli.checks.again import AddOptions
from gradcheck.cli.checks.checking import Checking
from gradcheck.cli.checks.plain import Checked, Ended, status_of
from gradcheck.cli.checks.shown import Shown
from gradcheck.errors import SpecError
from gradcheck.report import github
from gradcheck.system import files, signals
from gradcheck.system.captured import Captured
from gradcheck.trying.wanted import Asked

_NAMED = 5  # targets that a sentence names


def run(options: argparse.Namespace, asked: Asked, add_options: AddOptions) -> int:
    """Check the targets and tell what was found; the exit status.

    Args:
        add_options: of the command, for that which repeats failures.

    Raises:
        SpecError: nothing fails, and something could not be checked.
    """
    with files.keeping(_read(options.target)):
        return _run(options, asked, add_options)


def _run(options: argparse.Namespace, asked: Asked, add_options: AddOptions) -> int:
    _require_writable(options)
    shown = Shown(options.verbose, options.json, goes_on=bool(options.junit or options.out))
    targets: list[Checked] = []
    with signals.raising():
        interrupted = _check(targets, options, asked, shown)
        repeat = table.repeat(targets, options.command_line, add_options)
        shown.finish(targets, repeat, interrupted)
        _tell(Ended(targets, options.command_line, repeat, interrupted), options, shown)
    shown.raise_broken()
    if interrupted:
        return signals.INTERRUPTED
    status = status_of(targets)
    if status == 2:
        raise SpecError(_why_not(targets))
    return status


def _read(words: Sequence[str]) -> list[str]:
    """The files of targets: nothing is written over them."""
    parts = [word.partition(".py") for word in words]
    return [name + ending for name, ending, _ in parts if ending]


def _why_not(targets: Sequence[Checked]) -> str:
    """Why the command could not do what it was to: in full where there is one target, else which ones."""
    refused = [target for target in targets if target.refused]
    if len(targets) == len(refused) == 1:
        return refused[0].refused
    if not refused:
        return "no check was made"
    more = f" and {len(refused) - _NAMED} more" if len(refused) > _NAMED else ""
    return f"{', '.join(target.text for target in refused[:_NAMED])}{more} could not be checked"


def _check(targets: list[Checked], options: argparse.Namespace, asked: Asked, shown: Shown) -> bool:
    """Make the checks; whether Ctrl-C ended it before all were made."""
    records = options.out is not None
    try:
        with Captured() as printed, isolated.Isolated(options.time_limit, printed.file) as process:
            shown.printed = printed.take
            Checking(process, asked, shown, records=records).all(options.target, targets)
    except KeyboardInterrupt:
        return True
    return False


def _tell(ended: Ended, options: argparse.Namespace, shown: Shown) -> None:
    """What machines are told, where one asks."""
    if options.json or options.junit or options.out or github.is_here():
        from gradcheck.cli.checks import telling

        telling.tell(ended, options, shown)


def _require_writable(options: argparse.Namespace) -> None:
    """Say now what cannot be written, before work is done for it."""
    if options.junit is not None:
        files.check_writable(options.junit)
    if options.out is not None:
        files.check_writable(options.out / "records.jsonl")
