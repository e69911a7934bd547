"""What a diagnosis blames: the mistake in words, and the function that has it, where that is one."""

from __future__ import annotations

from typing import NamedTuple

from dezero import Function
from gradcheck.judging.finding import Culprit
from gradcheck.subjects.written import derivative_of
from gradcheck.system.alike import kind_of


class Cause(NamedTuple):
    """The likely cause of a failure; without a text none is known."""

    text: str | None = None
    culprit: Culprit | None = None


def culprit(function: type[Function], order: int, diagnosis: str) -> Culprit:
    """The function as the culprit of that mistake, with the place where its derivative is written."""
    place = derivative_of(function)
    path, line = ("", 0) if place is None else (place.path, place.line)
    return Culprit(function.__name__, path, line, order, kind_of(diagnosis))
