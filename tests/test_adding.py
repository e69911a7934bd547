"""The recipes of docs/adding.md are carried out, in a copy of both packages, and say what happens."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.test_readme import ROOT

RECIPES = dict(
    section.split("\n", 1)
    for section in re.split(r"^## ", (ROOT / "docs/adding.md").read_text(encoding="utf-8"), flags=re.M)[1:]
)
NUMBERS = ("no", "one", "two", "three", "four")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
HEAD = re.compile(r"(?:New file `(?P<new>\S+)`|`(?P<old>\S+)`(?:, (?P<side>before|after) `(?P<line>.+)`)?):$")


class Block(NamedTuple):
    """A fenced block, and the line above it, which says where it goes; a console goes nowhere."""

    head: str
    language: str
    text: str


def blocks(recipe: str) -> list[Block]:
    above, *rest = FENCE.split(RECIPES[recipe])
    heads = [above, *rest[2::3]]
    lines = [head.strip().rpartition("\n")[2] for head in heads]
    return [Block(*each) for each in zip(lines, rest[::3], rest[1::3], strict=False)]


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


def run(command: str, tree: Path) -> str:
    """What a command prints, and its exit status where that is not 0, as a shell would show it."""
    program, *arguments = shlex.split(command)
    words = [sys.executable, *(("-m", "gradcheck") if program == "gradcheck" else ()), *arguments]
    paths = os.pathsep.join([str(tree), *sys.path[1:]])
    done = subprocess.run(
        words,
        cwd=tree,
        env=os.environ | {"PYTHONPATH": paths, "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        stderr=None if program == "gradcheck" else subprocess.STDOUT,
        encoding="utf-8",
        timeout=300,
    )
    return done.stdout


def compare(shown: str, printed: str) -> None:
    """The same lines; `...` stands for any that are left out."""
    parts = [re.escape(part) for part in re.split(r"^\.\.\.\n", shown, flags=re.M)]
    assert re.fullmatch("(.*\n)*?".join(parts), printed), f"expected\n{shown}\ngot\n{printed}"


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_does_what_it_says(recipe: str, tmp_path: Path) -> None:
    for package in ("dezero", "gradcheck"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    touched = []
    for block in blocks(recipe):
        if block.language != "console":
            touched.append(apply(block, tmp_path))
            continue
        for session in re.findall(r"^\$ (.*\n(?:[^$].*\n|\n)*)", block.text, re.M):
            command, _, shown = session.partition("\n")
            compare(shown, run(command, tmp_path))
    named = re.search(r"^(\w+) places?: (.*)\.$", RECIPES[recipe], re.M)
    assert named
    assert re.findall("`(.*?)`", named[2]) == list(dict.fromkeys(touched))
    assert NUMBERS.index(named[1].lower()) == len(set(touched))
