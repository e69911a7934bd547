"""Recipes: how further variants of a row are drawn, shapes and parameters together.

A recipe asks `pick` for one of several values, again and again, and says which call came out. A run of
the full profile picks at random, from a seed that is the variant's own name, so that an id such as
"sum:drawn7" means the same call everywhere. `gradcheck.strategies.variants` lets Hypothesis pick, which
looks for the odd ones and shrinks what it finds.
"""

# ruff: noqa: N806  # the field's letters

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcheck.specs.parts import Pick, Recipe, Variant

Shape = tuple[int, ...]
SIZES = (1, 2, 3)
EITHER = (False, True)


def shape(pick: Pick, least: int = 0, most: int = 3, sizes: Sequence[int] = SIZES) -> Shape:
    """A shape of `least` to `most` axes.

    >>> shape(max)
    (3, 3, 3)
    """
    return tuple(pick(sizes) for _ in range(pick(range(least, most + 1))))


def part(pick: Pick, whole: Shape) -> Shape:
    """A shape that broadcasts to `whole`: axes left out in front, and axes of size 1.

    >>> part(min, (2, 3))
    (1, 1)
    """
    return tuple(pick((size, 1)) for size in whole[pick(range(len(whole) + 1)) :])


def axes(pick: Pick, ndim: int) -> Any:
    """What reductions take as `axis`: none, one or several, counted from either end."""
    chosen = tuple(pick((n, n - ndim)) for n in range(ndim) if pick(EITHER))
    return pick((None, chosen, *range(-ndim, ndim))) if chosen else None


# Elementwise ----------------------------------------------------------------------------------------


def elementwise(pick: Pick) -> Variant:
    """One argument of any shape."""
    return Variant(shapes=(shape(pick),))


def with_params(**options: Sequence[Any]) -> Recipe:
    """One argument of any shape, and parameters each of which is one of its options."""

    def recipe(pick: Pick) -> Variant:
        params = {name: pick(values) for name, values in options.items()}
        return Variant(params, shapes=(shape(pick),))

    return recipe


def broadcast(pick: Pick) -> Variant:
    """Two arguments that broadcast together."""
    whole = shape(pick)
    return Variant(shapes=(part(pick, whole), part(pick, whole)))


def broadcast_to(pick: Pick) -> Variant:
    """One argument and a shape that it broadcasts to."""
    whole = shape(pick)
    return Variant({"shape": whole}, shapes=(part(pick, whole),))


def sum_to(pick: Pick) -> Variant:
    """One argument and a shape that broadcasts to its own."""
    whole = shape(pick)
    return Variant({"shape": part(pick, whole)}, shapes=(whole,))


def choice(pick: Pick) -> Variant:
    """A condition and two arguments, all of which broadcast together."""
    whole = shape(pick)
    condition = np.array([pick(EITHER) for _ in range(math.prod(whole))], dtype=bool).reshape(whole)
    shapes = (whole, part(pick, whole), part(pick, whole))
    return Variant(shapes=shapes, values={"condition": condition})


# Axes -----------------------------------------------------------------------------------------------


def reduction(pick: Pick) -> Variant:
    """An argument of up to four axes, the axes to reduce and whether they are kept."""
    whole = shape(pick, most=4, sizes=(1, 2))
    return Variant({"axis": axes(pick, len(whole)), "keepdims": pick(EITHER)}, shapes=(whole,))


def along(pick: Pick) -> Variant:
    """An argument and one axis, or all of them."""
    whole = shape(pick, least=1)
    return Variant({"axis": pick((None, *range(-len(whole), len(whole))))}, shapes=(whole,))


def reshape(pick: Pick) -> Variant:
    """An argument and another shape of as many elements; one axis may be left to be found."""
    whole = shape(pick)
    new = [*whole[::-1], *(1 for _ in range(pick((0, 1))))]
    if new and pick(EITHER):
        new[pick(range(len(new)))] = -1
    return Variant({"shape": pick((tuple(new), (-1,), math.prod(whole)))}, shapes=(whole,))


def transpose(pick: Pick) -> Variant:
    """An argument and an order of its axes, counted from either end; or none, which reverses them."""
    whole = shape(pick, most=4, sizes=(1, 2))
    left = list(range(len(whole)))
    order = tuple(left.pop(pick(range(len(left)))) - pick((0, len(whole))) for _ in whole)
    return Variant({"axes": pick((order, None))}, shapes=(whole,))


def flatten(pick: Pick) -> Variant:
    """An argument of at least one axis."""
    return Variant(shapes=(shape(pick, least=1),))


def expand_dims(pick: Pick) -> Variant:
    """An argument and where the new axis is to be."""
    whole = shape(pick)
    return Variant({"axis": pick(range(-len(whole) - 1, len(whole) + 1))}, shapes=(whole,))


def squeeze(pick: Pick) -> Variant:
    """An argument, and which of its axes of size 1 go: all, one or some."""
    whole = shape(pick, most=4, sizes=(1, 1, 2))
    ones = [n for n, size in enumerate(whole) if size == 1]
    some = tuple(pick((n, n - len(whole))) for n in ones if pick(EITHER))
    return Variant({"axis": pick((None, *ones, some) if some else (None, *ones))}, shapes=(whole,))


def concatenate(pick: Pick) -> Variant:
    """Up to three arguments that differ in the size of the axis along which they are joined."""
    whole = list(shape(pick, least=1))
    axis = pick(range(-len(whole), len(whole)))
    sizes = [pick(SIZES) for _ in range(pick(SIZES))]
    place = axis % len(whole)
    shapes = tuple((*whole[:place], size, *whole[place + 1 :]) for size in sizes)
    return Variant({"axis": axis}, shapes=shapes)


def stack(pick: Pick) -> Variant:
    """Up to three arguments of one shape, and where the new axis is to be."""
    whole = shape(pick, most=2)
    axis = pick(range(-len(whole) - 1, len(whole) + 1))
    return Variant({"axis": axis}, shapes=(whole,) * pick(SIZES))


def index(pick: Pick) -> Variant:
    """An argument of two axes, and an index for each: an integer, a slice, a list; or new axes, or dots."""
    rows, columns = (_index(pick, size) for size in (3, 4))
    several = pick(((rows, columns), (rows,), (..., columns), (None, rows), (rows, None, columns)))
    return Variant({"slices": several})


def _index(pick: Pick, size: int) -> Any:
    ends = (None, *range(-size, size))
    step = slice(pick((None, 0, 1)), None, pick((1, 2)))  # from 0 or 1 on: never empty
    back = slice(pick((None, -1)), None, pick((-1, -2)))
    repeated = [pick(range(-size, size)) for _ in range(2)]
    return pick((step, back, repeated, slice(None), *ends[1:]))


def rows(pick: Pick) -> Variant:
    """Numbers of the four rows of a matrix, in an array of any shape."""
    whole = shape(pick, most=2)
    numbers = np.array([pick(range(4)) for _ in range(math.prod(whole))], dtype=int).reshape(whole)
    return Variant(shapes=(whole, (4, pick(SIZES))), values={"x": numbers})


# Matrices and losses --------------------------------------------------------------------------------


def matmul(pick: Pick) -> Variant:
    """Two stacks of matrices that broadcast together; or a vector on either side."""
    rows, inner, columns = (pick(SIZES) for _ in range(3))
    batch = shape(pick, most=2, sizes=(1, 2))
    x, W = (*part(pick, batch), rows, inner), (*part(pick, batch), inner, columns)
    return Variant(shapes=pick(((x, W), ((inner,), W), (x, (inner,)))))


def linear(pick: Pick) -> Variant:
    """Rows in any number of axes, a matrix, and a bias or none."""
    inner, columns = pick(SIZES), pick(SIZES)
    shapes = ((*shape(pick, most=2, sizes=(1, 2)), inner), (inner, columns), (columns,))
    return Variant(shapes=shapes[: pick((2, 3))])


def classes(pick: Pick) -> Variant:
    """Scores of N samples, and the class of each."""
    N, C = pick(SIZES), pick(SIZES)
    return Variant(shapes=((N, C), (N,)), values={"t": np.array([pick(range(C)) for _ in range(N)])})


def labels(pick: Pick) -> Variant:
    """Scores of any shape, and a label of 0 or 1 for each."""
    whole = shape(pick, least=1)
    ones = np.array([pick((0, 1)) for _ in range(math.prod(whole))]).reshape(whole)
    return Variant(shapes=(whole, whole), values={"t": ones})


def same(pick: Pick) -> Variant:
    """Two arguments of one shape, of at least one axis."""
    whole = shape(pick, least=1)
    return Variant(shapes=(whole, whole))


def recurrent(pick: Pick, states: int, gates: int) -> Variant:
    """N samples of D numbers, states of H numbers, and for each gate Wx, b and Wh."""
    N, D, H = pick((1, 2)), pick((1, 2)), pick((1, 2))
    return Variant(shapes=((N, D), *((N, H),) * states, *((D, H), (H,), (H, H)) * gates))
