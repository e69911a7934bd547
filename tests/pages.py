"""Pages of docs/ that are carried out: blocks are put into files, and commands must print what is shown."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
HEAD = re.compile(r"(?:New file `(?P<new>\S+)`|`(?P<old>\S+)`(?:, (?P<side>before|after) `(?P<line>.+)`)?):$")
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


def follow(text: str, tree: Path, packages: Path) -> list[str]:
    """Carry a page out in a folder, with the packages that lie in another; the files that it touches."""
    touched = []
    for block in blocks(text):
        if block.language != "console":
            touched.append(apply(block, tree))
            continue
        for session in re.findall(r"^\$ (.*\n(?:[^$].*\n|\n)*)", block.text, re.M):
            command, _, shown = session.partition("\n")
            compare(shown, run(command, tree, [str(packages), *sys.path[1:]]))
    return touched


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


def run(command: str, tree: Path, paths: Sequence[str]) -> str:
    """What a command prints, with its error where it could not be carried out."""
    program, *arguments = shlex.split(command)
    words = [sys.executable, *(("-m", "gradcheck") if program == "gradcheck" else ()), *arguments]
    done = subprocess.run(
        words,
        cwd=tree,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    told = program != "gradcheck" or done.returncode == 2  # else the progress of a run
    return done.stdout + (done.stderr if told else "")


def compare(shown: str, printed: str) -> None:
    """The same lines; `...` stands for any that are left out."""
    parts = [re.escape(part) for part in re.split(r"^\.\.\.\n", shown, flags=re.M)]
    assert re.fullmatch("(.*\n)*?".join(parts), printed), f"expected\n{shown}\ngot\n{printed}"
