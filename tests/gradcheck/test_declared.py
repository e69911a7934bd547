"""Declared accuracy: what rounding of the data causes is excused, what backward itself loses is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dezero import functions as F
from gradcheck.cases.calls import build_case
from gradcheck.judging.examine import examine
from tests.gradcheck.zoo.specimen import op


def judged(f: Any, x: np.ndarray, bound: float) -> Any:
    return examine(replace(build_case(f, [x], 1, 0), bounds=(bound,)))


def test_a_steep_derivative_is_excused_by_the_rounding_of_its_input() -> None:
    f = op(lambda x: np.sin(1e5 * x), lambda gy, x: gy * 1e5 * F.cos(1e5 * x))
    result = judged(f, np.array([0.3, 0.7, 1.9]), 2.0)
    assert result.verdict == "pass", str(result)
    assert max((row.error_ulp or 0) - (row.excused_ulp or 0) for row in result.evidence) <= 2


@pytest.mark.parametrize(("bound", "verdict"), [(4.0, "fail"), (1e9, "pass")])
def test_what_cancels_in_backward_alone_is_not_excused(bound: float, verdict: str) -> None:
    cancelling = op(np.sin, lambda gy, x: gy * ((F.cos(x) + 1e6) - 1e6))
    result = judged(cancelling, np.array([0.3, 0.7, 1.9]), bound)
    assert result.verdict == verdict
    if verdict == "fail":
        assert "declared 4" in result.reason
