"""What to change in backward, in one short sentence, where the diagnosis says enough to know it.

A fix is read off the words that a rule answers with at order 1. Where the change is not known, nothing is
said: a wrong advice costs more time than none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from gradcheck.judging.diagnosis.factors import in_digits

_ONE = r"the gradient of (?P<whose>input \d+ \([^()]*\))"
_SOME = r"the gradients? of (?P<whose>.+?) (?:is|are)"
_END = r"(?:$|;| \(at )"
_UNCLEAR = re.compile(
    r" \(order \d+|inside the gradient of order|\(or swapped|\(and one of|its sign is wrong"
)
_NAMED, _INPUT = re.compile(r"input \d+ \(([^()]*)\)"), re.compile(r" \(input \d+\)")

Words = Callable[[re.Match[str]], str | None]


def fix_of(diagnosis: str | None) -> str | None:
    """The sentence for a diagnosis, or None.

    >>> fix_of("constant factor: the gradient of input 0 (x) is 0.5 times the true one")
    'Multiply what backward returns for x by 2.'
    >>> fix_of("the formula: the gradient of input 0 (x) should be 2 and is 3")
    """
    if diagnosis is None or _UNCLEAR.search(diagnosis):
        return None
    matches = ((re.match(pattern, diagnosis), words) for pattern, words in _FIXES)
    return next((words(found) for found, words in matches if found is not None), None)


def _named(text: str) -> str:
    """Inputs by their names alone.

    >>> _named("input 0 (x) and input 1 (y)"), _named("b (input 1)")
    ('x and y', 'b')
    """
    return _INPUT.sub("", _NAMED.sub(r"\1", text))


def _said(words: str) -> Words:
    return lambda found: words.format(**{name: _named(text) for name, text in found.groupdict().items()})


def _factor(found: re.Match[str]) -> str | None:
    factor = float(found["factor"])
    if not factor:
        return None
    return f"Multiply what backward returns for {_named(found['whose'])} by {in_digits(1 / factor)}."


#: The beginning of a diagnosis, and what there is to do.
_FIXES: Sequence[tuple[str, Words]] = (
    (rf"sign: {_SOME} the negative", _said("Change the sign of what backward returns for {whose}.")),
    (rf"(?:constant|batch-size) factor: {_SOME} (?P<factor>-?\d[\d.]*(?:e[+-]?\d+)?) times", _factor),
    (
        rf"factor: {_ONE} lacks the factor (?P<factor>.+?){_END}",
        _said("Multiply what backward returns for {whose} by {factor}."),
    ),
    (
        rf"factor: {_ONE} has (?P<factor>.+?) as a factor too many{_END}",
        _said("Leave out the factor {factor} in what backward returns for {whose}."),
    ),
    (
        rf"factor: {_ONE} has (?P<wrong>.+?) where (?P<right>.+?) belongs",
        _said("In what backward returns for {whose}, write {right} in the place of {wrong}."),
    ),
    (
        rf"sum over a broadcast axis missing: {_ONE} has shape",
        _said(
            "Sum what backward returns for {whose} over the axes that were broadcast: "
            "sum_to(g, {whose}.shape)."
        ),
    ),
    (
        rf"sum over a broadcast axis missing: {_ONE} holds only the contribution at index \d+ of axis "
        r"(?P<axis>\d+)",
        _said("Sum what backward returns for {whose} over axis {axis}."),
    ),
    (
        r"swapped inputs: (?P<whose>.+?) have each other's gradient",
        _said("Exchange what backward returns for {whose}."),
    ),
    (
        r"swapped inputs: the gradients come in another order",
        _said("Return the gradients in the order of the inputs."),
    ),
    (rf"transposed: {_ONE} is the transpose", _said("Transpose what backward returns for {whose}.")),
    (
        rf"(?:transposed|wrong product): {_ONE} is (?P<wrong>[^,]+?), the true one (?P<right>.+?) \(",
        _said("For {whose} return {right} in the place of {wrong}."),
    ),
    (
        rf"permuted: {_ONE} is reversed along axis (?P<axis>\d+)",
        _said("Reverse what backward returns for {whose} along axis {axis}."),
    ),
    (r"ignores gy: ", _said("Multiply what backward returns by gy (the chain rule).")),
    (
        rf"gy is passed on unchanged: {_ONE} lacks the derivative",
        _said("Multiply gy by the derivative of f by {whose}."),
    ),
    (
        r"wrong only at repeated indices: elements of (?P<whose>.+?) that are used",
        _said("Add up what comes back to each element of {whose}, as numpy.add.at does."),
    ),
)
