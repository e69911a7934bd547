"""Which elements of an input have a wrong gradient: what they have in common, and what came there."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcheck.judging.diagnosis.other_points import symptoms_at
from gradcheck.judging.diagnosis.rules import of_each_input
from gradcheck.judging.diagnosis.symptoms import FULL, Pair, Symptoms, ratio, relative_errors
from gradcheck.system.floats import precision

FEW = 3
SPARE_BITS = 8  # that an element may lose to rounding and is still called right
LARGE = 1e-2  # of the largest element: what is not lost beside it
UNSURE = 10  # times the relative tolerance, by which the factors of two large elements may differ
MOST_NAMES = 2  # of what the wrong elements have in common, at most this many are named


@of_each_input
def of_branch(s: Symptoms, pair: Pair) -> str | None:
    """Of an elementwise f, some elements that have something in common, or are wrong by one factor."""
    return None if s.elementwise(pair.input) is False else _region(s, pair)


@of_each_input
def region(s: Symptoms, pair: Pair) -> str | None:
    """The same of any f."""
    return _region(s, pair)


def _region(s: Symptoms, pair: Pair) -> str | None:
    off = s.off(pair.got, pair.true)
    if not pair.true[~off].any():
        return None  # all are wrong but zeros, which any factor leaves right
    common, relation = _in_common(s, pair, off), _relation(s, pair, off)
    return _some_elements(s, pair, off, relation or "wrong", common) if common or relation else None


@of_each_input
def branches(s: Symptoms, pair: Pair) -> str | None:
    """All elements are wrong, by one factor where something holds and by another elsewhere."""
    if not s.off(pair.got, pair.true).all() or s.elementwise(pair.input) is False:
        return None
    name = s.name(pair.input)
    if np.array_equal(pair.got == 0, pair.true != 0) and np.any(pair.got):
        return (
            f"mask: the gradient of {name} is zero where it should not be, and is not zero where it "
            "should be: the condition is the wrong way round"
        )
    for word, there in _properties(s, pair) if _has_two_factors(s, pair) else ():
        found = _factors(s, pair, there.reshape(pair.got.shape))
        if found is not None:
            here, elsewhere = found
            times = f"{here:.6g} times the true one where {word}, {elsewhere:.6g} times elsewhere"
            return f"two factors: the gradient of {name} is {times}"
    return None


def _has_two_factors(s: Symptoms, pair: Pair) -> bool:
    """Whether all large elements may be the true ones times one of two numbers, and not all times one."""
    large = np.abs(pair.true) >= LARGE * np.abs(pair.true).max()
    factors = pair.got[large] / pair.true[large]
    if not np.isfinite(factors).all():
        return False
    low, high = factors.min(), factors.max()
    if s.close(pair.got, low * pair.true):
        return False
    unsure = UNSURE * s.rtol * max(abs(low), abs(high))
    return bool((np.minimum(factors - low, high - factors) <= unsure).all())


def _factors(s: Symptoms, pair: Pair, there: np.ndarray) -> tuple[float, float] | None:
    """One factor there and another elsewhere, each of several elements; None where it is not so."""
    found = []
    for part in (there, ~there):
        got, true = pair.got[part], pair.true[part]
        factor = ratio(got, true)
        if factor is None or np.count_nonzero(true) < 2 or not s.close(got, factor * true):
            return None
        found.append(factor)
    here, elsewhere = found
    return (here, elsewhere) if abs(here - elsewhere) > 10 * s.rtol * abs(here) else None


@of_each_input
def single(s: Symptoms, pair: Pair) -> str | None:
    """One element of several."""
    off = s.off(pair.got, pair.true)
    if off.sum() != 1 or off.size < 3:
        return None
    return _some_elements(s, pair, off, _relation(s, pair, off) or "wrong", "")


@of_each_input
def few(s: Symptoms, pair: Pair) -> str | None:
    """Some elements that have nothing in common that is known here."""
    off = s.off(pair.got, pair.true)
    return (
        _some_elements(s, pair, off, "wrong", "")
        if off.size > 1 and off.sum() <= max(1, off.size // 4)
        else None
    )


def _some_elements(s: Symptoms, pair: Pair, off: np.ndarray, relation: str, common: str) -> str:
    """How many elements are wrong, of those that were looked at, and which."""
    count, size = int(off.sum()), off.size
    first = f"{'first' if count > 1 else 'element'} {s.element(pair)}"
    which = f"{common} ({first})" if common else first
    looked = " that were looked at" if pair.sampled else ""
    below = f"order {s.order - 1} is right, so a factor is cut from the graph there or has a wrong derivative"
    return (
        f"some elements only: {count} of {size} elements{looked} of the gradient of {s.name(pair.input)} "
        f"{'is' if count == 1 else 'are'} {relation}: {which}; {_of_the_others(s, pair, ~off)}"
        + (f" ({below})" if s.right_below else "")
    )


def _of_the_others(s: Symptoms, pair: Pair, others: np.ndarray) -> str:
    """That the remaining elements are right, or to how many digits where they are less exact."""
    count = int(others.sum())
    what = f"the other {'one' if count == 1 else count} {'is' if count == 1 else 'are'}"
    worst = float(relative_errors(pair.got[others], pair.true[others]).max(initial=0.0))
    if s.scene.truth is None or worst <= 2.0 ** -(precision(s.scene.at.dtype) - SPARE_BITS):
        return f"{what} right"
    return f"{what} right to {int(-np.log10(worst))} digits"


def _relation(s: Symptoms, pair: Pair, off: np.ndarray) -> str:
    """What backward gave at the wrong elements, relative to the truth; empty where several things are."""
    got, true = pair.got[off], pair.true[off]
    if not np.isfinite(got).all():
        return ""
    if not got.any():
        return "zero"
    several = off.sum() > 1
    if not true.any():
        return f"not zero, though the true one{'s are' if several else ' is'}"
    factor = ratio(got, true)
    if factor is not None and s.close(got, factor * true):
        if abs(factor + 1) < 1e-9:
            return f"the negative of the true one{'s' if several else ''}"
        if np.count_nonzero(true) > 1:
            return f"{factor:.6g} times the true ones"
    if several and np.ptp(true - got) <= s.rtol * np.abs(true - got).max():
        return "off by the same number"
    if off.sum() > 1 and s.close(np.sort(got), np.sort(true)):
        return "exchanged with each other" if off.sum() == 2 else "permuted among themselves"
    return ""


def _in_common(s: Symptoms, pair: Pair, off: np.ndarray) -> str:
    """What is true of the wrong elements and of no other that was looked at."""
    if (pair.sampled or off.size > FULL) and min(off.sum(), off.size - off.sum()) < FEW:
        return ""  # few elements have much in common by chance
    names = _names(s, pair, off)
    there = _with_shuffled_inputs(s, pair.input) if names and not pair.sampled else None
    if there is not None:
        again = _names(*there, there[0].off(there[1].got, there[1].true))
        names = [word for word in names if word in again]
    return "those where " + ", which are also those where ".join(names[:MOST_NAMES]) if names else ""


def _names(s: Symptoms, pair: Pair, off: np.ndarray) -> list[str]:
    return [word for word, there in _properties(s, pair) if np.array_equal(there.ravel(), off.ravel())]


def _with_shuffled_inputs(s: Symptoms, i: int) -> tuple[Symptoms, Pair] | None:
    """The same with each input's elements in another order: a coincidence does not hold there."""
    rng = np.random.default_rng(13)
    given = s.scene.at.inputs
    inputs = [rng.permutation(x.ravel()).reshape(x.shape) if x.dtype.kind == "f" else x for x in given]
    there = symptoms_at(s, inputs)
    pairs = [] if there is None else [pair for pair in there.wrong if pair.input == i and not pair.sampled]
    return (there, pairs[0]) if there is not None and pairs else None


def _properties(s: Symptoms, pair: Pair) -> Iterator[tuple[str, np.ndarray]]:
    """Words for subsets of the elements, and which are in them."""
    x = s.scene.at.inputs[pair.input]
    values, places = [*_of_values(x, "the input"), *_of_others(s, x)], list(_of_places(x.shape))
    single = s.off(pair.got, pair.true).sum() == 1  # every element has its own place anyway
    masks = [*values, *places] if single or s.elementwise(pair.input) is not False else [*places, *values]
    yield from ((word, mask.ravel()[pair.places]) for word, mask in (*masks, *_of_two(s, x)))


def _of_values(x: np.ndarray, name: str) -> Iterator[tuple[str, np.ndarray]]:
    yield f"{name} is zero", x == 0
    yield f"{name} is not zero", x != 0
    yield f"{name} is negative", x < 0
    yield f"{name} is positive", x > 0
    yield f"{name} is larger than 1 in size", abs(x) > 1
    yield f"{name} is smaller than 1 in size", abs(x) < 1
    yield f"{name} is larger than 1", x > 1
    yield f"{name} is smaller than 1", x < 1
    yield f"{name} is smaller than -1", x < -1
    yield f"{name} is an integer", x == np.round(x)
    yield f"{name} is no integer", x != np.round(x)
    values, where, counts = np.unique(x, return_inverse=True, return_counts=True)
    yield f"{name} has a value that occurs more than once", counts[where.reshape(x.shape)] > 1
    if x.size > 2:
        yield f"{name} is largest", x == values[-1]
        yield f"{name} is smallest", x == values[0]
    if x.ndim > 1:
        yield f"{name} is largest of its row", x == x.max(axis=-1, keepdims=True)
        yield f"{name} is smallest of its row", x == x.min(axis=-1, keepdims=True)


def _of_others(s: Symptoms, x: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Of gy, of the output and of other inputs that have the same shape."""
    named = [(s.name(i), y) for i, y in enumerate(s.scene.at.inputs)]
    named += [("the output", y) for y in s.scene.outputs] if len(s.scene.outputs) == 1 else []
    named += [] if s.gy is None else [("gy", s.gy)]
    for name, y in named:
        if y is not x and y.shape == x.shape and y.dtype.kind in "fiu":
            yield f"{name} is negative", y < 0
            yield f"{name} is positive", y > 0
            yield f"{name} is zero", y == 0
            yield f"the input is larger than {name}", x > y
            yield f"the input is smaller than {name}", x < y
            yield f"the input equals {name}", x == y
        elif x.ndim == 2 and y.shape == x.shape[:1] and y.dtype.kind in "iu":
            yield f"the column is what {name} says for the row", np.arange(x.shape[1]) == y[:, None]
            yield f"the column is not what {name} says for the row", np.arange(x.shape[1]) != y[:, None]


def _of_two(s: Symptoms, x: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Properties of the input compared with another one, as losses compare them."""
    for i, y in enumerate(s.scene.at.inputs):
        if y is not x and y.shape == x.shape and y.dtype.kind in "fiu":
            name = s.name(i)
            yield f"the input is more than 1 away from {name}", abs(x - y) > 1
            yield f"the input is less than 1 away from {name}", abs(x - y) < 1
            yield f"the input times {name} is larger than 1", x * y > 1
            yield f"the input times {name} is smaller than 1", x * y < 1


def _of_places(shape: tuple[int, ...]) -> Iterator[tuple[str, np.ndarray]]:
    """Of the index: an element, a row or column, the border, the diagonal, a triangle, every other."""
    index = np.indices(shape)
    for axis, size in enumerate(shape):
        what = _axis_name(axis, len(shape))
        for n in [*range(min(size - 1, 64)), size - 1] if size > 1 else []:
            which = f"{n}" if 0 < n < size - 1 else "0, the first" if n == 0 else f"{n}, the last"
            yield f"{what} is {which}", index[axis] == n
            yield f"{what} is not {which}", index[axis] != n
        yield f"{what} is even", index[axis] % 2 == 0
        yield f"{what} is odd", index[axis] % 2 == 1
    if not shape:
        return
    inner = np.all([(n > 0) & (n < size - 1) for n, size in zip(index, shape, strict=True)], axis=0)
    yield "the index is at the border", ~inner
    yield "the index is not at the border", inner
    if len(shape) > 1:
        yield from _of_matrices(index[-2], index[-1])
    flat = np.arange(inner.size).reshape(shape)
    yield "the element is the first", flat == 0
    yield "the element is the last", flat == flat.size - 1


def _of_matrices(row: np.ndarray, column: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    yield "row and column are equal (the diagonal)", row == column
    yield "row and column differ (beside the diagonal)", row != column
    yield "the column is larger than the row (the strictly upper triangle)", column > row
    yield "the column is smaller than the row (the strictly lower triangle)", column < row
    yield "the element is in the upper triangle", column >= row
    yield "the element is in the lower triangle", column <= row
    yield "row + column is even (every other element)", (row + column) % 2 == 0
    yield "row + column is odd (every other element)", (row + column) % 2 == 1


def _axis_name(axis: int, ndim: int) -> str:
    if ndim == 1:
        return "the index"
    return ("the row" if axis == 0 else "the column") if ndim == 2 else f"the index along axis {axis}"
