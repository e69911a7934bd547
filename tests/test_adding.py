"""The recipes of docs/adding.md are carried out, in a copy of both packages, and say what happens."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests import pages
from tests.test_readme import ROOT

RECIPES = dict(
    section.split("\n", 1)
    for section in re.split(r"^## ", (ROOT / "docs/adding.md").read_text(encoding="utf-8"), flags=re.M)[1:]
)
NUMBERS = ("no", "one", "two", "three", "four")


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_does_what_it_says(recipe: str, tmp_path: Path) -> None:
    for package in ("dezero", "gradcheck"):
        shutil.copytree(ROOT / package, tmp_path / package)  # with what is compiled: times of files are kept
    touched = pages.follow(RECIPES[recipe], tmp_path, tmp_path)
    named = re.search(r"^(\w+) places?: (.*)\.$", RECIPES[recipe], re.M)
    assert named
    assert re.findall("`(.*?)`", named[2]) == list(dict.fromkeys(touched))
    assert NUMBERS.index(named[1].lower()) == len(set(touched))
