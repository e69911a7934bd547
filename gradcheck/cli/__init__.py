"""The command `gradcheck`: each of its commands is the module of that name here.

Exit status: 0 when everything is as declared; 1 when a check failed, a declared gap now passes, a
function has no spec, or fewer cases ran than were declared; 2 for misuse, or what could not be carried
out (a full disk, a closed standard output, a bug of gradcheck); 130 when interrupted, 143 by SIGTERM and 129
by SIGHUP; 141 when nobody reads what it prints, as in `gradcheck list | head -1`.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import traceback
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import NoReturn

from gradcheck.cli import about, check, compare, init, listing, mutate, report, reproduce, run, study
from gradcheck.errors import GradcheckError
from gradcheck.system import signals, streams
from gradcheck.system.installation import explained
from gradcheck.system.texts import printable

# A command has HELP (what it does), EXAMPLES, add_options(parser) and main(options) -> exit status. It
# imports what it needs when it runs: the parser needs no NumPy, `gradcheck report` neither dezero nor SymPy.
COMMANDS: Mapping[str, ModuleType] = {
    "run": run,
    "check": check,
    "init": init,
    "list": listing,
    "report": report,
    "compare": compare,
    "reproduce": reproduce,
    "mutate": mutate,
    "study": study,
}

STATUSES = """\
exit status: 0 as declared; 1 a check failed or got worse, or cases did not run; 2 misuse, or it could not be
carried out; 130 interrupted (143 by SIGTERM); 141 its output was not read to the end"""

#: Set, to anything, this environment variable has the traceback of an error printed.
TRACEBACK = "GRADCHECK_TRACEBACK"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with these arguments (by default the process's own); the exit status.

    Raises:
        SystemExit: help was asked for, or the words are wrong.
    """
    arguments = [*(sys.argv[1:] if argv is None else argv)]
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return _interrupted()
    except Exception as error:
        return _interrupted() if signals.received() else _failed(error)


def _run(arguments: Sequence[str]) -> int:
    try:
        options = parser().parse_args(arguments)
        options.command_line = _encodable(shlex.join(["gradcheck", *arguments]))
        status = int(COMMANDS[options.command].main(options))
    finally:
        streams.flush()
    return _interrupted() if status == signals.INTERRUPTED else status


def _interrupted() -> int:
    streams.note(signals.message())
    return signals.status()


def _failed(error: Exception) -> int:
    """Say in one sentence why the command could not be carried out; its exit status."""
    if os.environ.get(TRACEBACK):
        traceback.print_exception(error)
    closed = streams.failure()
    if isinstance(closed or error, BrokenPipeError):
        return streams.BROKEN_PIPE
    if closed is not None:
        _say(f"standard output: {closed.strerror}")
    elif isinstance(error, GradcheckError):
        _say(str(error))
    elif isinstance(error, OSError):
        _say(f"{os.fsdecode(error.filename)}: {error.strerror}" if error.filename else str(error))
    elif isinstance(error, ImportError):
        _say(str(explained(error)).removeprefix("gradcheck: "))
    elif isinstance(error, MemoryError):
        _say("there is not enough memory")
    else:
        place = traceback.extract_tb(error.__traceback__)[-1]
        _say(
            f"a bug of gradcheck, or a broken installation: {type(error).__name__}: {error} "
            f"({os.path.basename(place.filename)}:{place.lineno}); {TRACEBACK}=1 shows the traceback"
        )
    return 2


def _say(text: str) -> None:
    streams.note(f"gradcheck: error: {' '.join(text.split())}")


def _encodable(text: str) -> str:
    """The text without what UTF-8 cannot encode: a file's name may be arbitrary bytes."""
    return text.encode(errors="backslashreplace").decode()


class _Parser(argparse.ArgumentParser):
    """A parser whose errors, which quote the arguments, are one printable line."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    whole = _Parser(
        prog="gradcheck",
        description="Compare derivatives with certified truth: dezero's own, or those of an op of yours.",
        epilog=f"`gradcheck COMMAND --help` shows a command's options, defaults and examples.\n{STATUSES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    about.add_options(whole)
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        one = commands.add_parser(
            name,
            help=module.HELP,
            description=f"{module.HELP[0].upper()}{module.HELP[1:]}.",
            epilog="\n".join(["examples:", *(f"  {line}" for line in module.EXAMPLES), "", STATUSES]),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_options(one)
    return whole
