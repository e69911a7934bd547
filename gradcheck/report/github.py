"""Checks as GitHub Actions shows them: annotations of a log, and the summary of a step."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from gradcheck.report.told import Told, by_suite
from gradcheck.system import streams
from gradcheck.system.texts import block, printable

if TYPE_CHECKING:
    from gradcheck.report.causes import Cause, Causes

_DETAILED = 20  # suites whose failures the summary shows; it may have 1 MiB
_OF_A_SUITE = 5  # failures that it shows of each
_SUITES = 200  # lines of its table
_COLUMNS = ("pass", "fail", "inconclusive", "not-tested", "error")


def is_here(environment: Mapping[str, str] | None = None) -> bool:
    """Whether this is a job of GitHub Actions."""
    return (os.environ if environment is None else environment).get("GITHUB_ACTIONS") == "true"


def commands(checks: Iterable[Told]) -> list[str]:
    """A workflow command for each check that is no pass: an error where it fails, else a warning.

    >>> commands([Told("f", "f(x)", "fail", "50% off", ["50% off"], file="ops.py", line=3)])
    ['::error file=ops.py,line=3,title=gradcheck f(x)::50%25 off']
    """
    return [_annotation(told) for told in checks if told.verdict not in ("pass", "not-tested")]


def _annotation(told: Told) -> str:
    level = "error" if told.is_bad else "warning"
    place = [f"file={_property(printable(told.file))}"] if told.file else []
    place += [f"line={told.line}"] if told.file and told.line else []
    title = f"title={_property(printable(f'gradcheck {told.name}'))}"
    return f"::{level} {','.join([*place, title])}::{_data(chr(10).join(map(block, told.details)))}"


def _data(text: str) -> str:
    """As GitHub's runner wants the data of a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def summarize(
    title: str, checks: Iterable[Told], last: Sequence[str] = (), why: Causes | None = None
) -> None:
    """Append what came of the checks to the summary of the step, where there is one.

    Args:
        title: its heading.
        last: commands that it ends with.
        why: the causes of what failed, where they are known.
    """
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        text = markdown(title, checks, last, why)
        try:
            with open(path, "a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError as error:  # what was found is no worse for it
            streams.note(f"gradcheck: the summary of the step is not written: {path}: {error.strerror}")


def markdown(title: str, checks: Iterable[Told], last: Sequence[str] = (), why: Causes | None = None) -> str:
    """The causes of what failed, a table of what was checked, and what failed, folded.

    >>> print(markdown("gradcheck", [Told("f", "f(x)", "pass")]).strip())
    ## gradcheck
    <BLANKLINE>
    | | checked | pass | fail | inconclusive | not-tested | error |
    |---|---|--:|--:|--:|--:|--:|
    | :white_check_mark: | f | 1 | | | | |
    """
    found = list(checks)
    lines = [f"## {_text(title)}", "", *(_causes(why) if why else ()), *_table(by_suite(found)), ""]
    bad = by_suite(told for told in found if told.is_bad and not why)
    for suite in list(bad)[:_DETAILED]:
        lines += [*_folded(suite, bad[suite]), ""]
    if len(bad) > _DETAILED:
        lines += [f"... and {len(bad) - _DETAILED} more.", ""]
    for command in last:
        lines += [_code([command]), ""]
    return "\n".join(lines)


def _causes(why: Causes) -> Iterator[str]:
    """How many causes, and each of them with what follows from it folded."""
    yield from (f"**{_text(why.headline)}**", "")
    for number, cause in enumerate(why.found[:_DETAILED], 1):
        yield f"{number}. **{_text(cause.title)}**{f' in {_text(cause.place)}' if cause.place else ''}<br>"
        yield f"   {_text(cause.details)}"
        yield from (f"   {line}" for line in (_code([cause.reproduce]), *_following(cause)))
        yield ""
    if len(why.found) > _DETAILED:
        yield from (f"... and {len(why.found) - _DETAILED} more causes.", "")


def _following(cause: Cause) -> Iterator[str]:
    """What fails by it, in a part that opens when it is asked for."""
    lines = cause.told_by_op
    shown = [*lines[:_SUITES], *([f"... and {len(lines) - _SUITES} more"] if len(lines) > _SUITES else [])]
    follow = f"; {cause.follow}" if cause.follow else ""
    yield f"<details><summary>{_text(cause.counts + follow)}</summary>{_code(shown)}</details>"


def _table(suites: Mapping[str, Sequence[Told]]) -> Iterator[str]:
    yield f"| | checked | {' | '.join(_COLUMNS)} |"
    yield f"|---|---|{'--:|' * len(_COLUMNS)}"
    bad_first = sorted(suites, key=lambda name: not any(each.is_bad for each in suites[name]))
    for name in bad_first[:_SUITES]:
        verdicts = [each.verdict for each in suites[name]]
        counts = [verdicts.count(verdict) for verdict in _COLUMNS]
        sign = ":x:" if {"fail", "error"} & set(verdicts) else ":white_check_mark:"
        if sign != ":x:" and "pass" not in verdicts:
            sign = ":grey_question:"
        yield f"| {sign} | {_text(name)} |{'|'.join(f' {n} ' if n else ' ' for n in counts)}|"
    if len(suites) > _SUITES:
        yield f"| | ... and {len(suites) - _SUITES} more |{' |' * len(_COLUMNS)}"


def _folded(suite: str, failures: Sequence[Told]) -> list[str]:
    """What failed of a suite, in a part that opens when it is asked for."""
    first = failures[0]
    place = f" ({first.file}:{first.line})" if first.file and first.line else ""
    lines = [line for told in failures[:_OF_A_SUITE] for line in [f"{told.name}", *_indented(told), ""]]
    more = len(failures) - _OF_A_SUITE
    lines += [f"... and {more} more"] if more > 0 else []
    head = f"{suite}{place}: {len(failures)} failed"
    return [f"<details><summary>{_text(head)}</summary>", "", _code(lines), "", "</details>"]


def _indented(told: Told) -> list[str]:
    return [f"  {line}" for text in told.details for line in text.split("\n")]


def _code(lines: Iterable[str]) -> str:
    """As it is, whatever it holds: nothing in it is read as Markdown or HTML."""
    text = "\n".join(map(block, lines)).strip("\n")
    return f"<pre>{html.escape(text, quote=False)}</pre>"


# What Markdown would read as more than text: what is always a mark, a link, emphasis, an emoji.
_MARKS = re.compile(r"[\\`|*~]|\[(?=[^\]]*\]\()|(?<!\w)_|_(?!\w)|:(?=[\w+-]+:)")


def _text(text: str) -> str:
    """The text in a line or a cell of Markdown, read as nothing else.

    >>> _text("ops.py:scale_rows(x: float64[3])"), _text("<b> | `a` _b_")
    ('ops.py:scale_rows(x: float64[3])', '&lt;b&gt; &#124; &#96;a&#96; &#95;b&#95;')
    """
    return _MARKS.sub(lambda found: f"&#{ord(found[0])};", html.escape(printable(text), quote=False))
