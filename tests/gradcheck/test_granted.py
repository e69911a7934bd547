"""What a gradient takes for granted: properties that are excluded together, and those that are named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck
from dezero import functions as F
from gradcheck.judging.diagnosis import granted
from tests.gradcheck.zoo.specimen import op, several

SHAPES = [(6,), (4, 4), (3, 5), (5, 3), (2, 3, 4, 4), (2, 3, 4, 5)]
STRICT = {granted.LARGER: lambda x: (abs(x) > 1).all(), granted.SMALLER: lambda x: (abs(x) < 1).all()}


def has(x: np.ndarray, words: str, kinds: dict[str, list[Any]]) -> bool:
    """Whether x has a property: what gives it the property leaves it as it is."""
    if words in STRICT:
        return bool(STRICT[words](x))
    if words == granted.ORTHOGONAL:
        return bool(np.allclose(x @ x.swapaxes(-1, -2), np.eye(x.shape[-1])))
    return any(np.allclose(change(x), x) for change in kinds[words])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("of", ["inputs", "cotangents"])
def test_a_point_of_several_properties_has_them_all(shape: tuple[int, ...], of: str) -> None:
    given = granted._of_inputs(shape, own=True) if of == "inputs" else granted._of_cotangents(shape)
    kinds = {words: changes for words, *changes in given}
    several_at_once = getattr(granted, f"_several_of_{of}")(shape)
    x = np.random.default_rng(3).standard_normal(shape)
    for change, words in several_at_once:
        there = np.asarray(change(x), float)
        assert there.shape == shape
        assert np.isfinite(there).all()
        assert [word for word in words if not has(there, word, kinds)] == []


def _gram(x: Any) -> Any:
    return F.sum((F.matmul(x, x.T) - np.eye(4)) ** 2)


# What vanishes where an input has the property, and where it has no narrower one.
VANISHING: dict[str, Callable[[Any], Any]] = {
    "the rows of input 1 (x1) sum to 1": lambda x: F.sum((F.sum(x, axis=1) - 1) ** 2),
    "the columns of input 1 (x1) sum to 1": lambda x: F.sum((F.sum(x, axis=0) - 1) ** 2),
    "the rows of input 1 (x1) sum to 0": lambda x: F.sum(F.sum(x, axis=1) ** 2),
    "the rows of input 1 (x1) have the norm 1": lambda x: F.sum((F.sum(x * x, axis=1) - 1) ** 2),
    "the elements of input 1 (x1) sum to 1": lambda x: (F.sum(x) - 1) ** 2,
    "input 1 (x1) has the norm 1": lambda x: (F.sum(x * x) - 1) ** 2,
    "input 1 (x1) is symmetric": lambda x: F.sum((x - x.T) ** 2),
    "input 1 (x1) is orthogonal": _gram,
    "all elements of input 1 (x1) are equal": lambda x: F.sum((x - F.mean(x)) ** 2),
    "input 1 (x1) is 1": lambda x: F.sum((x - 1) ** 2),
}


@pytest.mark.parametrize("words", VANISHING)
def test_each_property_is_named_where_the_gradient_takes_it_for_granted(words: str) -> None:
    rest = VANISHING[words]
    a, b = several(4, 4), several(4, 4, seed=1)
    noise = several(4, 4, seed=2)
    f = op(lambda a, b: np.sin(a) * np.cos(b), lambda gy, a, b: _gradients(gy, a, b, noise * rest(b)))
    found = str(gradcheck.check(f, a, b).diagnosis)
    assert found.startswith(f"right where {words}, wrong here"), found


def _gradients(gy: Any, a: Any, b: Any, rest: Any) -> tuple[Any, Any]:
    return gy * F.cos(a) * F.cos(b) + F.sum(gy) * rest, -gy * F.sin(a) * F.sin(b)
