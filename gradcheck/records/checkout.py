"""The commit that is measured, as git names it; not known without git, a checkout or an answer in time."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

CHANGED = " (changed)"  # follows a commit where tracked files differ from it
_UNKNOWN = " (changes not known)"
_SECONDS = 5.0  # a file system may hang
_QUIET = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


def commit_of(package: Path) -> str:
    """The commit of the checkout that tracks a package, or of the one in which the command runs."""
    tracked = _git(package, "ls-files", "--error-unmatch", "__init__.py")
    return (commit(package) if tracked else "") or commit_here()


def commit_here() -> str:
    """The commit of the checkout in which the command runs; on GitHub, where there is none, the job's."""
    return commit(Path.cwd()) or os.environ.get("GITHUB_SHA", "")


def commit(folder: Path) -> str:
    """The commit that is checked out in a folder, and whether tracked files differ; empty where not known.

    >>> commit(Path("/"))
    ''
    """
    name = _git(folder, "rev-parse", "--verify", "HEAD")
    if not name:
        return ""
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return name + (_UNKNOWN if changes is None else CHANGED if changes else "")


def _git(folder: Path, *command: str) -> str | None:
    """What git answers; None where it is not there, refuses, or takes too long.

    No program that the checkout's settings name is started.
    """
    try:
        done = subprocess.run(
            ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="backslashreplace",
            timeout=_SECONDS,
            check=False,
            env={**os.environ, **_QUIET},
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
