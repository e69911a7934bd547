"""What the command tells of itself: the versions of what takes part, and scripts that complete its words."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from gradcheck.errors import GradcheckError
from gradcheck.system.installation import place, version
from gradcheck.system.texts import printable

SHELLS = ("bash", "zsh", "tcsh")
PACKAGES = {"NumPy": "numpy", "python-flint": "python-flint", "SymPy": "sympy"}

Tell = Callable[[argparse.ArgumentParser, Any], str]


def add_options(parser: argparse.ArgumentParser) -> None:
    """`--version` and `--print-completion`, of the whole command."""
    parser.add_argument(
        "--version",
        action=_Telling,
        nargs=0,
        tell=_versions,
        help="show versions of what takes part, and exit",
    )
    parser.add_argument(
        "--print-completion",
        action=_Telling,
        choices=SHELLS,
        tell=_completion,
        help="print a script that completes words in this shell, and exit; needs the extra `completion`",
    )


class _Telling(argparse.Action):
    """An option that has something printed and ends the command; what it takes is found only then."""

    def __init__(
        self,
        option_strings: Sequence[str],
        dest: str,
        tell: Tell,
        nargs: int | None = None,
        choices: Sequence[str] | None = None,
        help: str | None = None,
    ) -> None:
        super().__init__(
            option_strings, argparse.SUPPRESS, nargs, default=argparse.SUPPRESS, choices=choices, help=help
        )
        self._tell = tell

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: object, values: Any, option_string: object = None
    ) -> NoReturn:
        print(self._tell(parser, values))
        parser.exit()


def _versions(parser: argparse.ArgumentParser, values: object) -> str:
    """One line for each package, and one for what they are built on."""
    others = ", ".join(f"{name} {_installed(package)}" for name, package in PACKAGES.items())
    return (
        f"{parser.prog} {version()}\n"
        f"dezero {version()}, from {printable(place())}\n"
        f"Python {platform.python_version()}, {others}"
    )


def _installed(package: str) -> str:
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _completion(parser: argparse.ArgumentParser, shell: str) -> str:
    """A script that the shell reads at its start.

    Raises:
        GradcheckError: shtab is not installed.
    """
    try:
        import shtab
    except ImportError:
        raise GradcheckError(
            "--print-completion needs the extra `completion`: pip install 'dezero-gradcheck[completion]'"
        ) from None
    for action in _actions(parser):
        if action.type is Path or action.dest == "target":
            folder = action.metavar == "DIR"
            action.complete = shtab.DIRECTORY if folder else shtab.FILE  # type: ignore[attr-defined]
    return str(shtab.complete(parser, shell)).rstrip("\n")


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Those of the command and of its commands."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in action.choices.values():
                yield from _actions(one)
        else:
            yield action
