"""A page with what HTML lets it leave out, end tags and quotes: so a text can be looked for in it."""

from __future__ import annotations

import html
from collections.abc import Mapping
from html.parser import HTMLParser

#: Elements whose end tags HTML leaves out, and what ends them, beside the end of what they are in.
ENDED_BY = {
    "td": {"td", "th", "tr", "tbody"},
    "th": {"td", "th", "tr", "tbody"},
    "tr": {"tr", "tbody"},
    "thead": {"tbody"},
    "tbody": {"tbody"},
    "dt": {"dt", "dd"},
    "dd": {"dt", "dd"},
    "li": {"li"},
}
VOID = {"meta", "input", "br", "wbr", "link", "img", "hr"}


def all_spelled_out(site: Mapping[str, str]) -> dict[str, str]:
    return {path: spelled_out(text) if path.endswith(".html") else text for path, text in site.items()}


def spelled_out(page: str) -> str:
    """The page with each end tag, and with quotes around each value."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return "".join(reader.parts)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self._open: list[str] = []

    def handle_decl(self, decl: str) -> None:
        self.parts.append(f"<!{decl}>")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        while self._open and tag in ENDED_BY.get(self._open[-1], ()):
            self._end()
        self.parts.append(self._written(tag, attrs, ""))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append(self._written(tag, attrs, "/"))

    def _written(self, tag: str, attrs: list[tuple[str, str | None]], end: str) -> str:
        given = [f" {name}" if v is None else f' {name}="{html.escape(v)}"' for name, v in attrs]
        return f"<{tag}{''.join(given)}{end}>"

    def handle_endtag(self, tag: str) -> None:
        while self._open[-1] != tag and self._open[-1] in ENDED_BY:
            self._end()
        assert self._open[-1] == tag, (tag, self._open)
        self._end()

    def _end(self) -> None:
        self.parts.append(f"</{self._open.pop()}>")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_entityref(self, name: str) -> None:
        self.parts.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.parts.append(f"&#{name};")
