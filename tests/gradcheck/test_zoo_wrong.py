"""Every wrong operation of the zoo is failed, at the lowest order that is wrong, for the right reason."""

from __future__ import annotations

import pytest

import gradcheck
from tests.gradcheck.zoo.specimen import Specimen
from tests.gradcheck.zoo.wrong import WRONG


@pytest.mark.parametrize("specimen", [s for s in WRONG if not s.small or s.order > 1], ids=str)
def test_a_wrong_operation_fails(specimen: Specimen) -> None:
    """The others are checked in `test_sentences`, with the figures that are shown."""
    result = gradcheck.check(specimen.f, *specimen.inputs, order=specimen.order)
    specimen.require_found(result)


def test_the_zoo_is_large_and_its_names_are_distinct() -> None:
    assert len(WRONG) >= 60
    assert len({specimen.name for specimen in WRONG}) == len(WRONG)


# The sentence of the requirements on what must be seen, phrase by phrase.
PHRASES = (
    "sign", "factor", "a constant off by 3 in 10,000", "a gradient rounded through float32",
    "gradients of scale 1e-12", "a backward that ignores gy", "is not linear in it",
    "takes its absolute value", "one wrong element among tens of thousands",
    "zero gradients of means over tens of thousands", "batch-size factors",
    "sums over the wrong axis", "missing sums", "forgotten or wrong transposes", "swapped inputs",
    "repeated indices", "one of several outputs", "one of several inputs",
    "None where the gradient is not zero", "NaN leaking from a branch not taken", "wrong shape",
    "wrong dtype", "in-place damage to inputs", "in-place damage to gy", "non-determinism",
    "right only for contiguous input", "graph cuts", "detached factors",
    "where the second derivative happens to vanish", "a factor lost only in the third derivative",
)  # fmt: skip


@pytest.mark.parametrize("phrase", PHRASES)
def test_every_phrase_has_its_operation(phrase: str) -> None:
    assert any(specimen.phrase == phrase for specimen in WRONG)
