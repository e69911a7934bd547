r"""Texts of others (names, reasons, exceptions, file names), made fit to be shown.

What could move a terminal's cursor, reorder a line or break a file of XML is written as Python's `repr` does:
ESC as ``\x1b``, a right-to-left override as ``\u202e``, half of a surrogate pair as ``\ud800``.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from unicodedata import category

#: Characters of one text that are shown; of one that a row keeps; of a name that a row may have.
MOST = 2_000
KEPT = 10_000
NAME = 1_000


def printable(text: object, limit: int = MOST) -> str:
    r"""The text in one line of printable characters, cut at the limit with a word about the rest.

    >>> print(printable("red \x1b[31m, a line\nand \u202e"))
    red \x1b[31m, a line\nand \u202e
    >>> printable("abc" * 1_000_000, 6)
    'abcabc... (2,999,994 more characters)'
    """
    return _cut(str(text), limit, lambda part: _written(part, ""))


def indented(text: object, limit: int = MOST) -> list[str]:
    r"""The lines of a paragraph under a title; further ones are indented, to differ from a title.

    >>> print("\n".join(indented("f raised ValueError:\ntoo \x07 loud")))
      f raised ValueError:
        too \x07 loud
    """
    first, *others = block(text, limit).split("\n")
    return [f"  {first}", *(f"    {line}" for line in others)]


def block(text: object, limit: int = MOST) -> str:
    """The text with its line breaks and tabs, all else as `printable` has it."""
    return _cut(str(text), limit, lambda part: _written(part.replace("\r\n", "\n"), "\n\t"))


def storable(text: str) -> str:
    r"""The text as a row may have it: of whole characters, which a file can hold, and not too long.

    >>> storable("half \ud800 of a pair"), len(storable("x" * 10_000_000))
    ('half \\ud800 of a pair', 10031)
    """
    return _cut(text, KEPT, _encodable)


def name(text: str) -> str:
    """The text if it can name something in a row; else its beginning, and a digest that tells it apart.

    >>> name("tanh"), len(name("x" * 5_000)), name("x" * 5_000) == name("x" * 5_001)
    ('tanh', 1000, False)
    """
    text = _encodable(text)
    if len(text) <= NAME:
        return text
    digest = sha256(text.encode()).hexdigest()[:16]
    return f"{text[: NAME - len(digest) - 4]}... {digest}"


def _cut(text: str, limit: int, written: Callable[[str], str]) -> str:
    more = f"... ({len(text) - limit:,} more characters)" if len(text) > limit else ""
    return written(text[:limit]) + more


def _encodable(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()


def _written(text: str, allowed: str) -> str:
    return text if text.isprintable() else "".join(c if c in allowed else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    harmless = character.isprintable() or category(character) == "Zs"  # spaces of other widths
    return character if harmless else repr(character)[1:-1]
