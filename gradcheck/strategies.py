"""Hypothesis strategies for the arrays of property tests: values, shapes that broadcast, layouts.

    @given(strategies.arrays(low=0.1, high=10.0))
    def test_my_op(x):
        gradcheck.assert_gradients(my_op, x, order=2)

Needs Hypothesis (the extra `test`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from gradcheck.specs import Spec, Variant, recipe_of
from gradcheck.subjects.layouts import LAYOUTS

MAX_SIDE = 4  # small arrays: every element then has its own certified truth


def shapes(*, min_dims: int = 0, max_dims: int = 3, max_side: int = MAX_SIDE) -> st.SearchStrategy[Any]:
    """Shapes of arrays with at least one element, 0-d included."""
    return npst.array_shapes(min_dims=min_dims, max_dims=max_dims, max_side=max_side)


def broadcastable_shapes(count: int = 2, *, max_dims: int = 3) -> st.SearchStrategy[Any]:
    """Tuples of `count` shapes that broadcast together."""
    found = npst.mutually_broadcastable_shapes(
        num_shapes=count, max_dims=max_dims, max_side=MAX_SIDE, min_side=1
    )
    return found.map(lambda drawn: drawn.input_shapes)


def domains(*, low: float = -100.0, high: float = 100.0) -> st.SearchStrategy[tuple[float, float]]:
    """Intervals within [low, high] that are not single points."""
    ends = st.tuples(st.floats(low, high), st.floats(low, high))
    return ends.filter(lambda pair: pair[0] != pair[1]).map(lambda pair: (min(pair), max(pair)))


def layouts() -> st.SearchStrategy[Any]:
    """Functions that lay an array out anew in memory, its values unchanged (`LAYOUTS`)."""
    return st.sampled_from(list(LAYOUTS.values()))


def variants(spec: Spec) -> st.SearchStrategy[Variant]:
    """Calls of a function of the table, shapes and parameters together, as its recipe draws them.

    Raises:
        SpecError: the spec has no recipe.
    """
    recipe = recipe_of(spec)
    return st.composite(lambda draw: recipe(lambda options: draw(st.sampled_from(options))))()


@st.composite
def arrays(
    draw: st.DrawFn,
    shape: Any = None,
    *,
    dtype: Any = np.float64,
    low: float = -2.0,
    high: float = 2.0,
    avoid: tuple[float, ...] = (),
    gap: float = 0.125,
    layout: Any = None,
) -> np.ndarray:
    """Finite arrays of a float dtype in any layout.

    Args:
        shape: a shape or a strategy of shapes; any small one by default.
        low, high: the interval of the values.
        avoid: points (kinks, poles) that values keep `gap` away from.
        layout: a strategy of layouts; any by default.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, database=None)
    ... @given(arrays((2, 3), low=0.5, high=1.0))
    ... def inside(x):
    ...     assert x.shape == (2, 3) and ((x >= 0.5) & (x <= 1.0)).all()
    >>> inside()
    """
    chosen = draw(
        shapes() if shape is None else shape if isinstance(shape, st.SearchStrategy) else st.just(shape)
    )
    width = np.finfo(dtype).bits
    values = st.floats(low, high, width=min(width, 64))  # type: ignore[arg-type]  # 16, 32 or 64
    if avoid:
        values = values.filter(lambda v: all(abs(v - point) >= gap for point in avoid))
    x = draw(npst.arrays(np.float64, chosen, elements=values)).astype(dtype)
    return np.asarray(draw(layouts() if layout is None else layout)(x))
