"""Gradients that are products of matrices: which came, and which is true."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcheck.judging.diagnosis.rules import of_each_input
from gradcheck.judging.diagnosis.symptoms import Pair, Symptoms

Named = tuple[str, np.ndarray]
LARGEST = 64  # rows or columns
BETWEEN = 24  # rows or columns at most for which gy is also tried between two factors
MOST_MATRICES = 5
NEAR = 1e-2  # of an element: a product further off at the largest one is not the one that is wanted


@of_each_input
def wrong_product(s: Symptoms, pair: Pair) -> str | None:
    """A product of gy with inputs, outputs or inverses, where one is transposed or another belongs."""
    if s.order > 1 or s.gy is None or max(s.gy.shape, default=1) > LARGEST or pair.got.size < 2:
        return None
    named = _matrices(s)
    got = _expression(s, named, pair, pair.got)
    if got is None:
        return None
    true = _expression(s, named, pair, pair.true)
    kind, why = _difference(got, true)
    meant = f", the true one {true}" if true else ""
    legend = "; ".join(f"{name}: the input of shape {x.shape}" for name, x in _inputs(s))
    return f"{kind}: the gradient of {s.name(pair.input)} is {got}{meant} ({legend}), {why}"


def _difference(got: str, true: str | None) -> tuple[str, str]:
    """What is wrong with a product, from its text and that of the true one.

    >>> _difference("gy @ a", "gy @ a.T")
    ('transposed', 'a product with a wrong transpose')
    """
    factors, meant = (text.strip("-").replace(".T", "").split(" @ ") for text in (got, true or ""))
    if factors == meant:
        return "transposed", "a product with a wrong transpose"
    if sorted(factors) == sorted(meant):
        return "transposed", "a product with its factors in the wrong order, or a wrong transpose"
    return "wrong product", "a product of other factors"


def _inputs(s: Symptoms) -> list[Named]:
    """The inputs that are matrices, or stacks of them."""
    named = zip(s.scene.case.names, s.scene.at.inputs, strict=True)
    large = [(n, x) for n, x in named if x.ndim and x.dtype.kind == "f" and max(x.shape) <= LARGEST]
    return large[:MOST_MATRICES]


def _matrices(s: Symptoms) -> list[Named]:
    """Factors other than gy: inputs, the output, and inverses of square ones, each also transposed."""
    found = [(name, x.astype(float)) for name, x in _inputs(s)]
    outputs = s.scene.outputs
    if len(outputs) == 1 and outputs[0].ndim and max(outputs[0].shape) <= LARGEST:
        found.append(("y", outputs[0].astype(float)))
    square = [(name, x) for name, x in found if x.ndim > 1 and x.shape[-1] == x.shape[-2]]
    found += [(f"inv({name})", np.linalg.inv(x)) for name, x in square if (np.linalg.cond(x) < 1e6).all()]
    return _with_transposes(found)


def _with_transposes(named: list[Named]) -> list[Named]:
    """Each as it is, and transposed if it is a matrix."""
    matrices = [(name, x) for name, x in named if x.ndim > 1]
    return [*named, *((f"{name}.T", x.swapaxes(-1, -2)) for name, x in matrices)]


def _expression(s: Symptoms, named: list[Named], pair: Pair, wanted: np.ndarray) -> str | None:
    """The first product of gy with one or two of the factors that is what is wanted, up to its sign."""
    shape = s.scene.at.inputs[pair.input].shape
    largest = int(np.argmax(np.abs(wanted)))
    place, size = pair.places[largest], abs(float(wanted.flat[largest]))
    for text, value in _products(s, named):
        if value.shape == shape and abs(abs(value.flat[place]) - size) <= NEAR * size:
            here = pair.of(value)
            for sign, term in (("", here), ("-", -here)):
                if s.close(term, wanted):
                    return sign + text
    return None


def _products(s: Symptoms, named: list[Named]) -> Iterator[Named]:
    assert s.gy is not None
    if not s.gy.ndim:
        yield from (
            (f"gy * ({a} @ {b})", s.gy * (x @ y)) for a, x in named for b, y in named if _is_product(x, y)
        )
        return
    middle = _with_transposes([("gy", s.gy)])
    left = [(f"{a} @ {b}", x @ y) for a, x in named for b, y in middle if _is_product(x, y)]
    yield from left
    yield from ((f"{b} @ {a}", y @ x) for b, y in middle for a, x in named if _is_product(y, x))
    if max(max(x.shape) for _, x in named) <= BETWEEN:
        yield from ((f"{b} @ {a}", y @ x) for b, y in left for a, x in named if _is_product(y, x))


def _is_product(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether x @ y is defined."""
    if not (x.ndim and y.ndim) or x.shape[-1] != y.shape[-min(y.ndim, 2)]:
        return False
    try:
        np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    except ValueError:
        return False
    return True
