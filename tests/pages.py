"""Pages of docs/ that are carried out: blocks are put into files, and commands must print what is shown."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
HEAD = re.compile(r"(?:New file `(?P<new>\S+)`|`(?P<old>\S+)`(?:, (?P<side>before|after) `(?P<line>.+)`)?):$")
PROGRAMS = {"python": [sys.executable], "gradcheck": [sys.executable, "-m", "gradcheck"]}
SHOWN_ONLY = ("sh", "toml")  # languages of blocks that go nowhere


class Block(NamedTuple):
    """A fenced block, and the line above it, which says where it goes; a console goes nowhere."""

    head: str
    language: str
    text: str


def blocks(text: str) -> list[Block]:
    above, *rest = FENCE.split(text)
    heads = [above, *rest[2::3]]
    lines = [head.strip().rpartition("\n")[2] for head in heads]
    found = [Block(*each) for each in zip(lines, rest[::3], rest[1::3], strict=False)]
    return [block for block in found if block.language not in SHOWN_ONLY]


def follow(
    text: str, tree: Path, packages: Path, steady: Callable[[str], str] = lambda printed: printed
) -> list[str]:
    """Carry a page out in a folder, with the packages that lie in another; the files that it touches.

    Args:
        steady: what is shown, and printed, without what differs from run to run.
    """
    touched = []
    for block in blocks(text):
        if block.language != "console":
            touched.append(apply(block, tree))
            continue
        status = 0
        for command, shown in sessions(block):
            if command == "echo $?":
                printed = f"{status}\n"
            else:
                printed, status = run(command, tree, [str(packages), *sys.path[1:]])
            compare(steady(shown), steady(printed))
    return touched


def sessions(block: Block) -> list[tuple[str, str]]:
    """The commands of a console, each with what it shows."""
    found = re.findall(r"^\$ (.*\n(?:[^$].*\n|\n)*)", block.text, re.M)
    return [(command, shown) for command, _, shown in (each.partition("\n") for each in found)]


def apply(block: Block, tree: Path) -> str:
    """Write the block into its file of the tree, and return that file's name."""
    found = HEAD.search(block.head)
    assert found, f"where does it go: {block.head}"
    name = found["new"] or found["old"]
    file = tree / name
    assert file.exists() == bool(found["old"]), name
    if found["new"]:
        file.write_text(block.text, encoding="utf-8")
        return name
    text = file.read_text(encoding="utf-8")
    if block.language == "diff":
        lines = block.text.splitlines(keepends=True)
        old, new = ("".join(line[1:] for line in lines if line[0] in kept) for kept in (" -", " +"))
    else:
        (old,) = re.findall(rf"^ *{re.escape(found['line'])}.*\n", text, re.M)
        new = old + block.text if found["side"] == "after" else block.text + old
    assert text.count(old) == 1, f"{name}: not there once: {old}"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return name


def run(command: str, tree: Path, paths: Sequence[str]) -> tuple[str, int]:
    """What a command prints, with its error where it could not be carried out; and its exit status.

    Before the command may stand variables of its environment: `NAME=value python ...`.
    """
    words = shlex.split(command)
    first = next(n for n, word in enumerate(words) if not re.match(r"\w+=", word))
    settings = dict(word.split("=", 1) for word in words[:first])
    program, *arguments = words[first:]
    done = subprocess.run(
        [*PROGRAMS.get(program, [program]), *arguments],
        cwd=tree,
        env=os.environ | settings | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    told = program != "gradcheck" or done.returncode == 2  # else the progress of a run
    return done.stdout + (done.stderr if told else ""), done.returncode


def compare(shown: str, printed: str) -> None:
    """The same lines; `...` stands for any that are left out, `[...]` for the rest of a line."""
    parts = [
        re.escape(part).replace(r"\[\.\.\.\]", ".*") for part in re.split(r"^\.\.\.\n", shown, flags=re.M)
    ]
    assert re.fullmatch("(.*\n)*?".join(parts), printed), f"expected\n{shown}\ngot\n{printed}"
