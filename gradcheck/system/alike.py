"""What sentences about like mistakes have in common: their words without numbers, places and inputs."""

from __future__ import annotations

import re

_NUMBERS = re.compile(r"\([\d., ]+\)|-?\d[\d.]*(?:e[+-]?\d+)?")
_BESIDE = re.compile(r"^already the gradient of order 1 is wrong, but not at this point: beside it, ")
_INPUTS = re.compile(r"(?<!\w)gradients? of inputs? \d+ \([^()]*\)(?:(?:,| and) input \d+ \([^()]*\))*")
_PLACES = re.compile(r" at (?:element )?\([\d, ]*\)| at element \d+| at input \d+ \([^()]*\).*$")
_ADDED = re.compile(r"; found (?:in|at) .*$| \(order \d+.*$| \(at (?:the|all \d+) elements? looked at\)$")
_ORDER = re.compile(r"^order \d+: ")


def without_numbers(text: str) -> str:
    """
    >>> without_numbers("off by 3 at (0, 1)")
    'off by # at #'
    """
    return _NUMBERS.sub("#", text)


def kind_of(diagnosis: str) -> str:
    """The kind of mistake that a diagnosis names: the same for each case that shows it.

    >>> kind_of("sign: the gradient of input 0 (x) is negative; found in Tanh of float64[2]")
    'sign'
    >>> kind_of("NaN or infinity leaks into the gradient of input 0 (x) at element (0,): from Log(0.0)")
    'NaN or infinity leaks into the gradient'
    """
    head = _BESIDE.sub("", diagnosis).partition(": ")[0]
    return without_numbers(_PLACES.sub("", _INPUTS.sub("gradient", _ADDED.sub("", head))))


def kind_of_failure(diagnosis: str | None, reason: str) -> str:
    """That which the diagnosis names; where none was made, that of the reason."""
    return kind_of(diagnosis) if diagnosis else kind_of_reason(reason)


def kind_of_reason(reason: str) -> str:
    """The same for the reason of a verdict, where no diagnosis was made.

    >>> kind_of_reason("order 2: off by 3.5 ULP at (0, 1)")
    'off by # ULP'
    """
    return without_numbers(_PLACES.sub("", _ORDER.sub("", reason)))
