"""What may be claimed at a kink: slopes around, along one element and along equal ones together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcheck import check
from gradcheck.judging.differenced import Differenced
from gradcheck.judging.kinks.claims_by_differences import judge
from gradcheck.judging.kinks.slopes import SlopesAround, slopes_around
from tests.gradcheck.scenes import scene_of
from tests.gradcheck.zoo import right_differences as zoo
from tests.gradcheck.zoo.specimen import op, some


def around(f: Any, *inputs: Any, position: int = 0) -> SlopesAround:
    seen = scene_of(f, *inputs)
    axis = seen.at.unit(position)
    return slopes_around(Differenced(seen), axis, seen.case.seed)


def leaky(x: Any) -> np.ndarray:
    return np.where(zoo.floats(x) > 0, x, 0.01 * zoo.floats(x)) * np.exp(zoo.floats(x))


def unasked(*arguments: Any) -> Any:
    return arguments[0] * 0


@pytest.mark.parametrize(
    ("forward", "inputs", "ends"),
    [
        (lambda x: np.maximum(zoo.floats(x), 0), [np.array([0.0, 3.0])], (0, 1)),
        (lambda x: np.abs(zoo.floats(x) - 1e8), [np.array([1e8])], (-1, 1)),
        (leaky, [np.array(0.0)], (0.01, 1)),
        (lambda x, y: np.maximum(0, np.minimum(x, zoo.floats(y))), [np.zeros(1), np.zeros(1)], (0, 1)),
        (lambda x: np.sort(zoo.floats(x))[:1], [np.full(4, 0.3)], (0, 1)),
        (lambda x: np.sin(zoo.floats(x)), [np.array([0.0, 2.0])], (1, 1)),
    ],
)
def test_slopes_around_are_per_unit_of_the_cotangent(forward: Any, inputs: Any, ends: Any) -> None:
    found = around(op(forward, lambda gy, *xs: tuple(x * 0 for x in xs)), *inputs)
    assert found.kind == "known"
    assert (found.lowest, found.highest) == pytest.approx(ends, abs=1e-3)
    assert found.cotangent is not None
    assert found.alike == (ends[0] == ends[1])
    assert found.holds(np.mean(ends))
    assert not found.holds(ends[1] + 0.1)
    assert not found.holds(np.inf)


def test_slopes_that_grow_and_the_edge_of_a_domain_are_reported() -> None:
    assert around(op(lambda x: np.cbrt(zoo.floats(x)), unasked), np.array([0.0])).grows
    root = around(op(lambda x: np.sqrt(zoo.floats(x)), unasked), np.array([0.0, 1.0]))
    assert (root.kind, root.grows) == ("edge", True)
    assert str(root) == "the slopes around grow without bound"


def test_where_nothing_settles_nothing_is_said() -> None:
    noise = np.random.default_rng(0)
    f = op(lambda x: zoo.floats(x) + noise.normal(size=x.shape), unasked)
    assert around(f, np.array([0.0, 1.0])).kind == "unknown"
    assert judge(scene_of(f, np.array([0.0, 1.0])), [0, 1]) is None


def test_of_many_slopes_not_all_are_met() -> None:
    ranked = op(lambda x: np.sort(zoo.floats(x)), unasked)
    few, many = around(ranked, np.full(3, 2.0)), around(ranked, np.full(100, 2.0))
    assert few.unseen == 0
    assert many.unseen > 0


def test_the_reason_names_claim_and_slopes_for_a_cotangent_of_one() -> None:
    result = check(zoo.relu(5.0), np.array([0.0, 1.0, -2.0]))
    assert result.verdict == "fail"
    assert "f has a kink at input 0 (x0), element " in result.reason
    assert result.reason.endswith("backward claims 5, the slopes around are 0 and 1 (for a cotangent of 1)")


def test_equal_elements_are_looked_at_together() -> None:
    result = check(zoo.largest(lambda n: 0.5 / n), np.array([1.0, 1.0, 0.5]))
    assert result.verdict == "fail"
    assert "backward's claims add up to 0.5, the slopes along all of them together are all 1" in result.reason


def test_claims_of_several_outputs_name_their_cotangents() -> None:
    both = op(lambda x: np.maximum(zoo.floats(x), 0) * np.ones(2), lambda gy, x: gy[:1] * 9.0)
    result = check(both, np.zeros(1))
    assert result.verdict == "fail"
    assert "(for the cotangent " in result.reason


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_where_f_is_not_finite_it_says_what_it_is(value: float) -> None:
    f = op(lambda x: np.where(zoo.floats(x) == 2, value, x), lambda gy, x: gy)
    result = check(f, np.array([1.0, 2.0]))
    assert result.verdict == "inconclusive"
    what = "NaN" if np.isnan(value) else "infinite"
    assert result.reason == f"f is {what} here: output 0, element (1,) is {value}"


def test_a_claim_at_one_kink_among_many_elements_is_judged() -> None:
    x = np.r_[some(60), 0.0]
    assert check(zoo.relu(1.0), x).verdict == "inconclusive"
    assert check(zoo.relu(1.5), x).verdict == "fail"
