"""The templates, and how numbers and names are written in them."""

from __future__ import annotations

import html
import re
from functools import cache
from itertools import takewhile
from pathlib import Path
from textwrap import shorten

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gradcheck.records.literature import WORKS
from gradcheck.report import anchors, by_device, formatting, most, since
from gradcheck.report.answers import Digits, allowed, digits_of, part_lost
from gradcheck.report.equations import equations
from gradcheck.report.judged import STATUSES
from gradcheck.report.mathml import math_element
from gradcheck.report.policy import policy
from gradcheck.report.terms import Explained
from gradcheck.system.texts import block

#: The parts of the plots' script, each after what it needs.
_PARTS = ("numbers", "drawing", "files", "plot", "start")
_SHORT = 60  # characters of a reason in a table
TEMPLATES = Path(__file__).with_name("templates")


@cache
def environment() -> Environment:
    """What renders the pages; a name that a template does not know is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_fit,
    )
    environment.filters.update(
        ulp=formatting.ulp,
        kept=formatting.kept,
        kept_of=formatting.kept_of,
        of_digits=formatting.of_digits,
        digits_of=digits_of,
        allowed=allowed,
        by_dtype=by_device.by_dtype,
        shortly=shortly,
        both_answers=formatting.both_answers,
        significant=formatting.significant,
        cell=formatting.cell,
        duration=formatting.duration,
        shade=shade,
        breakable=breakable,
        math=math_element,
        order_name=order_name,
        case_anchor=anchors.case,
        equations=equations,
        words=formatting.words,
        as_text=as_text,
    )
    environment.globals.update(
        differing=differing,
        most=most,
        policy=policy,
        style=asset("style.css"),
        shades=SHADES,
        statuses=STATUSES,
        literature=WORKS,
        changes_in_words=since.WORDS,
        terms=explained,
    )
    environment.globals["parts"] = environment.get_template("parts.html").module
    return environment


def _fit(value: object) -> object:
    """What a template shows: a text with nothing invisible that would turn a line around."""
    return value if type(value) is not str or value.isprintable() else block(value, len(value))


def explained(page: str) -> Explained:
    """Links to the explanations that the page of words has."""
    return Explained(_explanations(), page)


@cache
def _explanations() -> list[str]:
    """The anchors of the page of words."""
    return re.findall(r'id="([\w-]+)"', asset("reading.html"))


def as_text(text: str) -> Markup:
    """A long text between tags, where few signs need an escape.

    >>> print(as_text('x < "y" -> z'))
    x &lt; "y" -> z
    """
    return Markup(html.escape(block(text, len(text)), quote=False).replace("&gt;", ">"))


def asset(name: str) -> str:
    """The text of a file that is taken as it is: the style sheet, a script."""
    return (TEMPLATES / name).read_text(encoding="utf-8")


def figures_script() -> str:
    """The script of the plots. Its parts know each other, and nothing else on the page knows them."""
    parts = [asset(f"figures/{name}.js") for name in _PARTS]
    return "\n".join(["(() => {", '"use strict";', "", *parts, "})();", ""])


def tight(script: str) -> str:
    """The script without indentation and without its lines of comments: as a page carries it.

    >>> tight("// why\\nif (a) {\\n  b(); // c\\n}")
    'if (a) {\\nb(); // c\\n}'
    """
    return re.sub(r"^(\s*//.*\n|\s+)", "", script, flags=re.MULTILINE)


def order_name(order: int) -> str:
    """
    >>> [order_name(n) for n in (0, 1, 2, 3, 4)]
    ['value', '1st', '2nd', '3rd', '4th']
    """
    return {0: "value", 1: "1st", 2: "2nd", 3: "3rd"}.get(order, f"{order}th")


def shortly(reason: str) -> str:
    """A reason without its order, in a few words.

    >>> shortly("order 3: no oracle's bound is tight enough here")
    "no oracle's bound is tight enough here"
    """
    return shorten(re.sub("^order [0-9]+: ", "", reason), _SHORT, placeholder=" …")


def breakable(name: str) -> Markup:
    """The name, which may wrap after a sign between its parts.

    >>> print(breakable("log_softmax/float64"))
    log_<wbr>softmax/<wbr>float64
    """
    return Markup("<wbr>").join(re.findall(r"[^_./:,]*[_./:,]|[^_./:,]+", block(name, len(name))))


def shade(digits: Digits | None) -> int:
    """How strong a cell's shade is: the more of the digits are lost, the stronger.

    >>> [shade(Digits(kept, "float64")) for kept in (15.9, 14, 9, 5, 0)], shade(None)
    ([0, 1, 2, 3, 4], 0)
    """
    return sum(part_lost(digits) > limit for limit in SHADES)


#: Parts of the digits that are lost, above which a cell's shade is stronger.
SHADES = (0.1, 0.25, 0.5, 0.75)


def differing(expected: str, got: str) -> tuple[str, str]:
    """``got`` in two pieces: what it shares with ``expected``, and the rest.

    >>> differing("0.41997434161402607", "0.41997434161999")
    ('0.41997434161', '999')
    """
    same = (a == b for a, b in zip(expected, got, strict=False))
    shared = sum(takewhile(bool, same))
    return got[:shared], got[shared:]
