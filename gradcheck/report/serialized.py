"""A page in few bytes: end tags, quotes and spaces that a parser of HTML does not need are left out.

What a browser makes of the page stays the same, but for spaces that are shown nowhere.
"""

from __future__ import annotations

import re

# Elements that end where the next of their kind begins, or what they are in ends.
_ENDS = re.compile(r"\s*</(?:td|th|tr|thead|tbody|li|dt|dd)>\s*")
_TAG = re.compile(r"<\w(?:[^\"<>]|\"[^\"]*\")*>")
_SCOPE = re.compile(r' scope="(?:row|col)"')  # what a header of the body, or of the head, has anyway
_QUOTED = re.compile(r"=\"([^\s\"'=<>`]+)\"(?=[\s>])")  # not before />, which would be a part of the value
_PLAIN = {"&#39;": "'", "&#34;": '"', "&gt;": ">"}  # what needs no escape between tags
_SPACES = re.compile(r"\s{2,}")
_AS_IT_IS = re.compile(r"(<(pre|script|style)\b.*?</\2>)", re.DOTALL)


def serialized(page: str) -> str:
    """The page of a template, shorter.

    >>> serialized('<ul class="a">\\n<li><a href="b c" id="d">e</a></li>\\n\\n<li>f  g</li>\\n</ul>')
    '<ul class=a>\\n<li><a href="b c" id=d>e</a><li>f g</ul>'
    >>> serialized('<pre class="a">b  c</pre><path d="M0"/>')
    '<pre class="a">b  c</pre><path d="M0"/>'
    """
    parts = _AS_IT_IS.split(page)
    return "".join(_shorter(text) + whole for text, whole in zip(parts[::3], [*parts[1::3], ""], strict=True))


def _shorter(text: str) -> str:
    pieces, end = [], 0
    for tag in _TAG.finditer(text):
        pieces += [_between(text[end : tag.start()]), _QUOTED.sub(r"=\1", _SCOPE.sub("", tag[0]))]
        end = tag.end()
    return "".join([*pieces, _between(text[end:])])


def _between(text: str) -> str:
    """What is between two start tags."""
    text = _SPACES.sub(lambda spaces: "\n" if "\n" in spaces[0] else " ", _ENDS.sub("", text))
    for escaped, sign in _PLAIN.items():
        text = text.replace(escaped, sign)
    return text
