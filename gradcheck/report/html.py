"""The report as static pages that work from disk: a summary, a page for each function and study.

    index.html                 whole by itself: what passed, the matrix, the digits kept of all functions
    introduction.html          a student's lead through the studies, where there are some
    changes.html               what changed since a baseline, where one was given
    history.html               runs over commits, where a history was given
    functions/NAME.html        one function: formula, plots, cases, graph, source
    studies/NAME.html          one study
    environment.html           who measured, where and how long
    reading.html               what the words mean
    data/matrix.csv            the figures of the matrix
    style.css, figures.js      what the pages share

The data of a plot travels inside its page, as the address of a link that saves it: a folder of 400 files
would be as large, and a page sent by itself would be without them. Nothing on a page comes from outside
the folder.

A report of one op of a user's is that op's page: index.html, with reading.html beside it.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Protocol, TypeVar

from gradcheck.records.history import History
from gradcheck.records.jsonl import RECORDS, Row
from gradcheck.report.site import INDEX, File, Site
from gradcheck.report.summary import Summary
from gradcheck.system import files

_MADE_HERE = re.compile('<meta name="?generator"? content="?gradcheck"?>')
#: The pages that a report may have or not; another program may write `changes.html`, without the mark.
_MAY_BE = (
    *("functions/*.html", "studies/*.html"),
    *("introduction.html", "changes.html", "history.html", "environment.html"),
)

Made = TypeVar("Made")
Here = TypeVar("Here")


class Performed(Protocol):
    """As `in_turn`, in whatever order, or at once."""

    def __call__(
        self, apart: Sequence[Callable[[], Made]], here: Callable[[], Here], /
    ) -> tuple[list[Made], Here]: ...


def in_turn(apart: Sequence[Callable[[], Made]], here: Callable[[], Here]) -> tuple[list[Made], Here]:
    """What several computations give, and one more; `write` may be given another way to perform them."""
    return [each() for each in apart], here()


def write(
    rows: Iterable[Row],
    out_dir: str | os.PathLike[str],
    *,
    records_name: str = RECORDS,
    baseline: Iterable[Row] = (),
    history: History | None = None,
    found: Summary | None = None,
    shares: int = 1,
    performed: Performed = in_turn,
) -> Path:
    """Render the rows into ``out_dir``, and return the path of its index.html.

    ``found`` is the summary of the rows, where the caller has it.
    With a ``baseline``, rows measured before, the summary says what changed since; a ``history`` gets a page.
    The folder is made where there is none; pages of an earlier report there that this one does not have are
    removed. The pages link to ``records_name`` in that folder. The same rows give the same bytes. The pages
    of functions and studies are made in so many ``shares``, which ``performed`` may do at once. Raises
    OSError where the folder cannot be written to.
    """
    out = Path(out_dir)
    site = Site(rows, records_name, baseline, found, history)
    parts = site.parts()
    each = [partial(_written, out, parts[n::shares]) for n in range(min(shares, len(parts)))]
    names, joins = performed(each, lambda: list(site.joins()))
    for name, text in joins:
        files.write(out / name, text)
    written = {*chain.from_iterable(names), *(name for name, _ in joins)}
    for page in chain.from_iterable(map(out.glob, _MAY_BE)):
        if page.relative_to(out).as_posix() not in written and _is_ours(page):
            page.unlink()
            with contextlib.suppress(OSError):  # it holds something else
                page.parent.rmdir()
    return out / INDEX


def _written(out: Path, parts: Iterable[Callable[[], Iterable[File]]]) -> list[str]:
    """Write these parts; the names of their files."""
    names = []
    for part in parts:
        for name, text in part():
            files.write(out / name, text)
            names.append(name)
    return names


def _is_ours(page: Path) -> bool:
    with page.open(encoding="utf-8", errors="replace") as file:
        return _MADE_HERE.search(file.read(1000)) is not None


def render(
    rows: Iterable[Row],
    *,
    records_name: str = RECORDS,
    baseline: Iterable[Row] = (),
    history: History | None = None,
) -> dict[str, str]:
    """The files of the site: path -> text, the summary last."""
    site = Site(rows, records_name, baseline, None, history)
    made = chain.from_iterable(part() for part in site.parts())
    return dict(chain(made, site.joins()))
