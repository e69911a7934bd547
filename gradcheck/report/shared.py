"""What several plots of a page draw alike is there once: the axes of plots with the same scale."""

from __future__ import annotations

import re
from collections import Counter

_AXIS = re.compile(r'<g class="[xy]">.*?</g>')


def shared(page: str) -> str:
    """The page with each axis that is as one before it drawn by reference.

    >>> print(shared('<g class="x">1</g> <g class="y">2</g> <g class="x">1</g>'))
    <g id="axis-1" class="x">1</g> <g class="y">2</g> <use href="#axis-1"/>
    """
    times = Counter(_AXIS.findall(page))
    names: dict[str, str] = {}

    def drawn(found: re.Match[str]) -> str:
        axis = found[0]
        if axis in names:
            return f'<use href="#{names[axis]}"/>'
        if times[axis] == 1:
            return axis
        names[axis] = f"axis-{len(names) + 1}"
        return axis.replace("<g", f'<g id="{names[axis]}"', 1)

    return _AXIS.sub(drawn, page)
