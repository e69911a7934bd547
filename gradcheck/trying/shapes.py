"""The shapes and kinds of inputs that are tried where none are given."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from gradcheck.trying.wanted import Input

Shape = tuple[int, ...]
Inputs = tuple[Input, ...]

# A legend: N batch, C channels or classes, H W height and width, T steps of a sequence, D hidden size.
# Of each number of inputs several groups: all of a group are tried, a further group where none of the one
# before is accepted.
_TABLE, _ROW, _IMAGE, _SEQUENCE = (2, 3), (3,), (1, 2, 4, 4), (2, 3, 4)
_SQUARE, _SQUARES = (3, 3), (2, 3, 3)
_ALONE: tuple[tuple[Shape, ...], ...] = (
    (_TABLE, (), (4,), (2, 3, 2), _SQUARE, _SQUARES, _IMAGE),
    ((2, 2), (1, 4), (4, 1), (2, 4, 4), (2, 8), (16,), (1, 3, 8, 8)),
)
_SHAPES: dict[int, tuple[tuple[tuple[Shape, ...], ...], ...]] = {
    1: tuple(tuple((shape,) for shape in group) for group in _ALONE),
    2: (
        (
            (_TABLE, _TABLE),
            (_TABLE, _ROW),
            ((2, 1), (1, 3)),
            (_TABLE, ()),
            (_TABLE, (3, 4)),
            (_IMAGE, (2, 2, 3, 3)),
        ),
        (
            (_SQUARE, _SQUARE),
            (_SQUARE, _ROW),
            (_SQUARE, (3, 2)),
            (_TABLE, (4, 3)),
            ((4,), (4,)),
            ((6,), (3,)),
        ),
        ((_SEQUENCE, (2, 4, 3)), (_SEQUENCE, (4,)), ((1, 2, 6), (3, 2, 3)), (_ROW, _SQUARE)),
    ),
    3: (
        (
            (_TABLE, _TABLE, _TABLE),
            (_TABLE, (3, 4), (4,)),
            (_TABLE, _ROW, _ROW),
            (_IMAGE, (2, 2, 3, 3), (2,)),
        ),
        (
            (_TABLE, (4, 3), (4,)),
            (_ROW, (3, 4), (4,)),
            (_ROW, _SQUARE, _ROW),
            (_SEQUENCE, _SEQUENCE, _SEQUENCE),
            (_IMAGE, (2,), (2,)),
            (_TABLE, (2, 4), (2, 4)),
            ((1, 2, 6), (3, 2, 3), (3,)),
            (_TABLE, _ROW, _SQUARE),
            (_ROW, _ROW, _SQUARE),
            (_SQUARE, _SQUARE, _SQUARE),
            ((4,), (4,), (4,)),
        ),
    ),
    4: (
        ((_TABLE,) * 4, (_TABLE, (2, 4), (3, 4), (4, 4)), (_TABLE, (3, 4), (4, 2), (2,))),
        (
            (_SEQUENCE, _SEQUENCE, _SEQUENCE, _SQUARE),
            (_TABLE, (2, 4), (4, 3), (4, 4)),
            (_IMAGE, (2, 2, 3, 3), (2,), (2,)),
        ),
    ),
    5: (
        (
            (_TABLE,) * 5,
            (_TABLE, _ROW, _ROW, _ROW, _ROW),
            (_TABLE, (2, 4), (3, 4), (4, 4), (4,)),
            (_TABLE, (3, 4), (4,), (4, 2), (2,)),
        ),
        (
            (_IMAGE, (2,), (2,), (2,), (2,)),
            (_TABLE, (2, 4), (2, 4), (3, 16), (4, 16)),
            (_TABLE, (2, 4), (4, 3), (4, 4), (4,)),
            (_SEQUENCE, (4, 4), (4, 4), (4, 4), (4, 4)),
        ),
    ),
    6: (
        ((_TABLE,) * 6, (_TABLE, (2, 4), (2, 4), (3, 16), (4, 16), (16,))),
        ((_TABLE, (2, 4), (2, 4), (16, 3), (16, 4), (16,)), (_TABLE, (3, 4), (4,), (4, 4), (4,), (4, 2))),
    ),
}
_LABELLED = (
    (Input(_TABLE), Input((2,), "int")),
    (Input(_TABLE), Input((4,), "int")),
    (Input((2,), "int"), Input(_TABLE)),
    (Input((4,), "int"), Input(_TABLE)),
    (Input(_TABLE), Input(_TABLE, "int")),
    (Input(_TABLE), Input((), "int")),
)
# Only where tables have no labels: NumPy takes indices of images that an op for tables does not mean.
_LABELLED_IMAGES = (
    (Input(_SEQUENCE), Input((2, 3), "int")),
    (Input(_IMAGE), Input((1, 4, 4), "int")),
)
_LABELLED_AND_MORE = (
    (Input(_TABLE), Input((2,), "int"), Input(_ROW)),
    (Input(_TABLE), Input((2,), "int"), Input((2,))),
    (Input(_TABLE), Input(_TABLE), Input((2,), "int")),
    (Input(_TABLE), Input(_ROW), Input((2,), "int")),
)
# Of what shapes are put together as a last resort, by the number of inputs.
_PARTS: dict[int, tuple[Shape, ...]] = {
    2: ((), (2,), (3,), (4,), _TABLE, (3, 2), _SQUARE, (3, 4), (4, 3), _SEQUENCE, _IMAGE),
    3: ((), (2,), (3,), (4,), _TABLE, _SQUARE, (3, 4), _SEQUENCE),
    4: ((3,), _TABLE, _SQUARE, (3, 4)),
}


def chosen(count: int) -> list[Inputs]:
    """The inputs with which a function of so many arguments is tried first, where no shape is given."""
    return _floats(count)[0]


def with_integers(count: int) -> list[Inputs]:
    """Labels or indices next to floats, which are tried where it accepts no floats alone."""
    return list({2: _LABELLED, 3: _LABELLED_AND_MORE}.get(count, ()))


def groups(count: int) -> Iterator[list[Inputs]]:
    """All that is tried, in groups: each where nothing of those before was accepted.

    >>> [len(group) for group in groups(1)]
    [7, 7, 7, 7]
    """
    yield from _floats(count)
    if count in (2, 3):
        yield with_integers(count)
    if count == 2:
        yield list(_LABELLED_IMAGES)
    for kind in ("int", "bool"):
        yield [
            tuple(each._replace(kind=kind) if n == position else each for n, each in enumerate(inputs))
            for inputs in chosen(count)
            for position in range(count)
        ]


def _floats(count: int) -> list[list[Inputs]]:
    same = tuple((shape,) * count for shape in (_TABLE, (4,), ()))
    return [[tuple(map(Input, each)) for each in group] for group in _SHAPES.get(count, (same,))]


def is_redundant(inputs: Inputs, accepted: Sequence[Inputs]) -> bool:
    """Whether matrices that happen to be square show nothing beyond what was accepted.

    >>> square, table = (Input((3, 3)),), (Input((2, 3)),)
    >>> is_redundant(square, [table]), is_redundant(square, [(Input((4,)),)]), is_redundant(table, [square])
    (True, False, False)
    """
    if len(inputs) > 1 or len(inputs[0].shape) < 2 or inputs[0].shape[-1] != inputs[0].shape[-2]:
        return False
    known = [each.shape for (each,) in accepted if len(each.shape) > 1]
    axes = len(inputs[0].shape)
    batches = [shape for shape in known if len(shape) > 2 and shape[-1] == shape[-2]]
    return any(len(shape) == axes and shape[-1] != shape[-2] for shape in known) or (
        axes > 3 and bool(batches)
    )


def is_stack(inputs: Inputs, accepted: Sequence[Inputs]) -> bool:
    """Whether this is a stack of square matrices, for an op of one matrix that accepts no others.

    >>> stack, square, table = (Input((2, 3, 3)),), (Input((3, 3)),), (Input((2, 3)),)
    >>> is_stack(stack, [square]), is_stack(stack, [square, table]), is_stack(square, [square])
    (True, False, False)
    """
    if len(inputs) > 1 or len(inputs[0].shape) < 3 or inputs[0].shape[-1] != inputs[0].shape[-2]:
        return False
    return bool(accepted) and all(len(set(each.shape)) == 1 < len(each.shape) for (each,) in accepted)


def combinations(count: int) -> Iterator[Inputs]:
    """Floats of any shapes together: what is tried where nothing else is accepted."""
    for each in itertools.product(_PARTS.get(count, ()), repeat=count):
        yield tuple(map(Input, each))


def named(inputs: Sequence[Input]) -> str:
    """The inputs in words.

    >>> named([Input((2, 3)), Input((2,), "int")])
    '2x3 and 2:int'
    """
    return " and ".join(map(str, inputs))
