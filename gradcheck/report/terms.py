"""Terms of the field: where each first stands on a page it leads to its explanation in `reading.html`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from markupsafe import Markup

from gradcheck.system.texts import block

#: Anchor of the explanation -> what the term looks like in a text.
TERMS: Mapping[str, str] = {
    "truncation": r"truncation",
    "rounding": r"rounding",
    "order": r"order p|order of convergence|orders? of a scheme",
    "ulp": r"ULPs?",
    "digits": r"correct digits|digits kept",
    "cotangent": r"cotangents?",
    "kink": r"kinks?",
    "layout": r"layouts?",
}


class Explained:
    """Makes markup of the texts of one page, in the order in which they are read.

    >>> explained = Explained(["ulp"], "reading.html")
    >>> print(explained("2 ULPs < 3 ULP, a kink"))
    2 <a href="reading.html#ulp">ULPs</a> &lt; 3 ULP, a kink
    >>> print(explained("1 ULP"))
    1 ULP
    """

    def __init__(self, anchors: Iterable[str], page: str) -> None:
        self._page = page
        self._waiting = {anchor: TERMS[anchor] for anchor in anchors if anchor in TERMS}

    def __call__(self, text: str) -> Markup:
        text = block(text, len(text))
        parts, end = [], 0
        for anchor, start, stop in sorted(self._first_places(text), key=lambda place: place[1]):
            if start < end:  # within a term that was linked
                continue
            del self._waiting[anchor]
            link = Markup('<a href="{}#{}">{}</a>').format(self._page, anchor, text[start:stop])
            parts += [Markup.escape(text[end:start]), link]
            end = stop
        return Markup("").join([*parts, Markup.escape(text[end:])])

    def _first_places(self, text: str) -> Iterator[tuple[str, int, int]]:
        for anchor, look in self._waiting.items():
            if found := re.search(rf"\b(?:{look})\b", text, re.IGNORECASE if anchor != "ulp" else 0):
                yield anchor, found.start(), found.end()
