"""The zoos on a device: no wrong operation passes there, and none fails for being there.

Operations that hold NumPy arrays, or make them, cannot run on a device: a finding that says so.
"""

from __future__ import annotations

from typing import Any

import pytest

import gradcheck
from tests.gradcheck.zoo.right import RIGHT
from tests.gradcheck.zoo.specimen import Specimen
from tests.gradcheck.zoo.wrong import WRONG

BETWEEN = (
    "Implicit conversion to a NumPy array", "Unsupported type", "on one side", "no GPU computes with",
    "must be device arrays",
)  # fmt: skip
RIGHT_THERE = {
    "writes into a read-only input": "no array of a device is read-only",
    "order 2 for contiguous gy only": "what a device computes is contiguous, whatever it is computed of",
}


@pytest.mark.parametrize("specimen", WRONG, ids=str)
def test_no_wrong_operation_passes(specimen: Specimen, standin: Any) -> None:
    found = _checked(specimen)
    if found is None:
        return
    if specimen.name in RIGHT_THERE:
        assert found.verdict == "pass", str(found)
    else:
        assert found.verdict in ("fail", "inconclusive"), str(found)
        assert found.verdict == "fail" or "tolerance" in found.reason, str(found)


@pytest.mark.parametrize("specimen", RIGHT, ids=str)
def test_no_right_operation_fails_but_for_arrays_of_the_host(specimen: Specimen, standin: Any) -> None:
    found = _checked(specimen)
    if found is not None and found.verdict not in specimen.verdicts:
        assert found.verdict == "fail"
        assert any(words in found.reason for words in BETWEEN), str(found)


def _checked(specimen: Specimen) -> gradcheck.Result | None:
    """The finding on the device; None where f itself cannot run there."""
    try:
        return gradcheck.check(specimen.f, *specimen.inputs, order=specimen.order, device="gpu")
    except gradcheck.InputError as error:
        if any(words in str(error) for words in BETWEEN):
            return None
        raise
