"""The command `gradcheck`: each of its commands is the module of that name here.

Exit status: 0 when everything is as declared; 1 when a check failed, a declared gap now passes, a
function has no spec, or fewer cases ran than were declared; 2 for misuse; 130 when interrupted.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType

from gradcheck.cli import check, compare, listing, mutate, report, reproduce, run, study
from gradcheck.errors import GradcheckError
from gradcheck.rows import RecordError
from gradcheck.texts import shown

# A command has HELP (what it does), EXAMPLES, add_options(parser) and main(options) -> exit status. It
# imports what it needs when it runs: `gradcheck report` needs neither dezero nor SymPy.
COMMANDS: Mapping[str, ModuleType] = {
    "run": run,
    "check": check,
    "list": listing,
    "report": report,
    "compare": compare,
    "reproduce": reproduce,
    "mutate": mutate,
    "study": study,
}

STATUSES = """\
exit status: 0 as declared; 1 a check failed or got worse, or cases did not run; 2 misuse; 130 interrupted"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with these arguments (by default the process's own); the exit status."""
    arguments = [*(sys.argv[1:] if argv is None else argv)]
    options = parser().parse_args(arguments)
    options.command_line = shlex.join(["gradcheck", *arguments])
    try:
        status = COMMANDS[options.command].main(options)
        sys.stdout.flush()
        return int(status)
    except (GradcheckError, OSError, RecordError) as error:
        print(f"gradcheck: error: {shown(' '.join(str(error).split()))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("gradcheck: interrupted", file=sys.stderr)
        return 130


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    whole = argparse.ArgumentParser(
        prog="gradcheck",
        description="Compare derivatives with certified truth: dezero's own, or those of an op of yours.",
        epilog=f"`gradcheck COMMAND --help` shows a command's options, defaults and examples.\n{STATUSES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
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
