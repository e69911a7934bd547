"""The zoos on a device: no wrong operation passes there, and none fails for being there.

Operations that hold NumPy arrays, or make them, cannot run on a device: a finding that says so.
"""

from __future__ import annotations

from collections.abc import Sequence
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
# To where it is judged, each goes the way of another specimen that stays; but with hundreds of launches in
# each call of f, or for tens of thousands of elements.
AS_ANOTHER = {
    "a slow fixed point to 1e-8": "a fixed point to 1e-2, the slowest element decides",
    "a fixed point to 1e-8, 1e-4 off": "a fixed point to 1e-3, a quarter off",
    "a fixed point to 1e-6, jets": "Newton to 1e-3, jets",
    "a whole share for each of 70,000": "no share among 70,000",
}


def there(zoo: Sequence[Specimen]) -> list[Specimen]:
    """Those of a zoo that are tried on the device."""
    return [specimen for specimen in zoo if specimen.name not in AS_ANOTHER]


@pytest.mark.parametrize("specimen", there(WRONG), ids=str)
def test_no_wrong_operation_passes(specimen: Specimen, standin: Any) -> None:
    found = _checked(specimen)
    if found is None:
        return
    if specimen.name in RIGHT_THERE:
        assert found.verdict == "pass", str(found)
    else:
        assert found.verdict in ("fail", "inconclusive"), str(found)
        assert found.verdict == "fail" or "tolerance" in found.reason, str(found)


@pytest.mark.parametrize("specimen", there(RIGHT), ids=str)
def test_no_right_operation_fails_but_for_arrays_of_the_host(specimen: Specimen, standin: Any) -> None:
    found = _checked(specimen)
    if found is not None and found.verdict not in specimen.verdicts:
        assert found.verdict == "fail"
        assert any(words in found.reason for words in BETWEEN), str(found)


def test_what_is_left_out_has_one_of_its_kind_there() -> None:
    zoo = {specimen.name: specimen for specimen in (*RIGHT, *WRONG)}
    for left_out, stays in AS_ANOTHER.items():
        assert stays not in AS_ANOTHER
        assert zoo[left_out].phrase == zoo[stays].phrase
        assert zoo[left_out].verdicts == zoo[stays].verdicts


def _checked(specimen: Specimen) -> gradcheck.Result | None:
    """The finding on the device; None where f itself cannot run there."""
    try:
        return gradcheck.check(specimen.f, *specimen.inputs, order=specimen.order, device="gpu")
    except gradcheck.InputError as error:
        if any(words in str(error) for words in BETWEEN):
            return None
        raise
