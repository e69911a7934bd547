"""No right operation of the zoo fails, however awkward the point; where it can be decided, it passes."""

from __future__ import annotations

import pytest

import gradcheck
from tests.gradcheck.zoo.right import RIGHT
from tests.gradcheck.zoo.specimen import Specimen
from tests.gradcheck.zoo.wrong import WRONG


@pytest.mark.parametrize("specimen", RIGHT, ids=str)
def test_a_right_operation_does_not_fail(specimen: Specimen) -> None:
    result = gradcheck.check(specimen.f, *specimen.inputs, order=specimen.order)
    assert result.verdict in specimen.verdicts, str(result)
    assert specimen.note in str(result), str(result)
    assert bool(result) == (result.verdict == "pass")


def test_the_zoo_is_large_and_its_names_are_distinct() -> None:
    assert len(RIGHT) >= 60
    names = {specimen.name for specimen in RIGHT}
    assert len(names) == len(RIGHT)
    assert not names & {specimen.name for specimen in WRONG}


# The sentence of the requirements on what must not fool it, phrase by phrase.
PHRASES = (
    "zero derivatives", "values from 1e-300", "values to 1e+300",
    "a large offset under a small variation", "sin(1e5·x)", "arguments of 1e8", "arguments of 1e12",
    "domain edges closer than any step", "saturated tanh", "saturated sigmoid", "logits of 1000",
    "kinks closer than the step", "points on a kink", "points on a tie",
    "ill-conditioned expressions", "float32 and float16", "0-d", "empty (not-tested)", "strided",
    "negative-stride", "Fortran", "broadcast", "read-only inputs", "the same array passed twice",
    "unused inputs", "constant functions", "linear functions", "integer and boolean inputs",
    "several outputs", "data-dependent branches",
    "functions whose forward cannot run on object arrays",
)  # fmt: skip


@pytest.mark.parametrize("phrase", PHRASES)
def test_every_phrase_has_its_operation(phrase: str) -> None:
    assert any(specimen.phrase == phrase for specimen in RIGHT)
