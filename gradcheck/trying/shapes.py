"""The shapes and kinds of inputs that are tried where none are given."""

from __future__ import annotations

from gradcheck.trying.wanted import Input


def chosen(count: int) -> list[tuple[Input, ...]]:
    """The inputs with which a function of so many arguments is tried where no shape is given."""
    shapes = _SHAPES.get(count, (((2, 3),) * count,))
    return [tuple(map(Input, each)) for each in shapes]


def with_integers(count: int) -> list[tuple[Input, ...]]:
    """What it is tried with where it accepts no floats alone: indices or labels next to them."""
    return list(_WITH_INTEGERS) if count == 2 else []


_SHAPES: dict[int, tuple[tuple[tuple[int, ...], ...], ...]] = {
    1: (((2, 3),), ((),), ((4,),), ((2, 3, 2),), ((1, 2, 4, 4),)),
    2: (
        ((2, 3), (2, 3)),
        ((2, 3), (3,)),
        ((2, 1), (1, 3)),
        ((2, 3), ()),
        ((2, 3), (3, 4)),
        ((1, 2, 4, 4), (2, 2, 3, 3)),
    ),
    3: (
        ((2, 3), (2, 3), (2, 3)),
        ((2, 3), (3, 4), (4,)),
        ((2, 3), (3,), (3,)),
        ((1, 2, 4, 4), (2, 2, 3, 3), (2,)),
    ),
}
_TABLE = Input((2, 3))
_WITH_INTEGERS = (
    (_TABLE, Input((2,), "int")),
    (_TABLE, Input((4,), "int")),
    (Input((2,), "int"), _TABLE),
    (Input((4,), "int"), _TABLE),
    (_TABLE, Input((2, 3), "int")),
)
