"""docs/spec.md is carried out in an empty folder, and says what happens."""

from __future__ import annotations

import re
from pathlib import Path

from tests import pages
from tests.test_readme import ROOT

PAGE = (ROOT / "docs/spec.md").read_text(encoding="utf-8")


def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    touched = pages.follow(PAGE, tmp_path, ROOT)
    assert set(touched) == {"my_ops.py", "my_specs.py"}


def test_the_fields_that_it_names_are_there() -> None:
    from gradcheck.specs import Arg, Convention, Spec

    known = {*Spec.__dataclass_fields__, *Arg.__dataclass_fields__, *Convention.__dataclass_fields__}
    last = PAGE.partition("What else a Spec can say")[2].partition("\n\n")[0]
    named = set(re.findall(r"`(\w+)(?:=\w+)?`", last))
    assert named - {"Arg"} <= known
    assert len(named) > 5
