"""What is said of a wrong operation is true: the figures that are shown, against figures made here.

The Jacobian that is true is made of differences of forward, the one that backward claims of unit cotangents,
by dezero alone; what the laboratory shows and says is read from its text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest

import gradcheck
from dezero import Variable
from gradcheck.finding import Result
from tests.gradcheck.zoo.specimen import Specimen
from tests.gradcheck.zoo.wrong import WRONG

LARGEST = 40  # elements of all inputs together
STEP = 2.0**-9
DIFFERENCES = {-3: -1 / 60, -2: 3 / 20, -1: -3 / 4, 1: 3 / 4, 2: -3 / 20, 3: 1 / 60}


def small(specimen: Specimen) -> bool:
    """Whether all of its Jacobian can be computed, in numbers of all digits."""
    arrays = [np.asarray(x) for x in specimen.inputs if isinstance(x, (np.ndarray, float))]
    sizes = [x.size for x in arrays]
    return specimen.failing == 1 and sum(sizes) <= LARGEST and all(x.dtype != np.float16 for x in arrays)


def values(f: Callable[..., Any], inputs: list[Any]) -> np.ndarray:
    """All outputs in one."""
    ys = f(*(Variable(x.copy()) for x in inputs))
    return np.concatenate([np.ravel(y.data) for y in (ys if isinstance(ys, (list, tuple)) else [ys])])


def true_jacobian(f: Callable[..., Any], inputs: list[Any], i: int) -> np.ndarray:
    """Rows are outputs, columns the elements of input i: central differences of order 6."""
    columns = []
    for j, at in enumerate(np.ravel(inputs[i]).astype(float).tolist()):
        step = STEP * (abs(at) or 1.0)
        total: Any = 0.0
        for n, weight in DIFFERENCES.items():
            moved = [np.array(x, dtype=float) if m == i else x for m, x in enumerate(inputs)]
            moved[i].reshape(-1)[j] += n * step
            total = total + weight * values(f, moved)
        columns.append(total / step)
    return np.array(columns).T


def claimed_jacobian(f: Callable[..., Any], inputs: list[Any], i: int) -> np.ndarray:
    """The same as backward has it, of unit cotangents."""
    rows = []
    for row in range(values(f, inputs).size):
        xs = [Variable(x.copy()) for x in inputs]
        ys = f(*xs)
        outputs = list(ys) if isinstance(ys, (list, tuple)) else [ys]
        units = np.split(np.eye(sum(y.size for y in outputs))[row], np.cumsum([y.size for y in outputs])[:-1])
        for y, unit in zip(outputs, units, strict=True):
            y.grad = Variable(unit.reshape(y.shape).astype(y.dtype))
        _backward(outputs)
        grad = xs[i].grad
        rows.append(np.zeros(xs[i].size) if grad is None else np.ravel(grad.data).astype(float))
    return np.array(rows)


def _backward(outputs: list[Variable]) -> None:
    """One walk through the graph from all outputs, which keep the gradients that they were given."""
    total = sum(((y * Variable(y.grad.data)).sum() for y in outputs), start=Variable(np.array(0.0)))
    for y in outputs:
        y.cleargrad()
    total.backward()


class Shown(NamedTuple):
    """A Jacobian that a finding shows: of which input, expected, got, and which entries have a star."""

    input: int
    expected: np.ndarray
    got: np.ndarray
    starred: np.ndarray


def read(result: Result) -> Iterator[Shown]:
    """The Jacobians in the text of a finding."""
    blocks: list[list[str]] = []
    for line in result.jacobian:
        if line.startswith("Jacobian"):
            blocks.append([line])
        elif blocks:
            blocks[-1].append(line)
    for title, _, *lines in blocks:
        found = re.search(r"by input (\d+)", title)
        assert found
        halves = [[cells[: len(cells) // 2], cells[len(cells) // 2 :]] for cells in map(str.split, lines)]
        got = [half[1] for half in halves]
        yield Shown(
            int(found[1]),
            np.array([half[0] for half in halves], dtype=float),
            np.array([[cell.rstrip("*") for cell in row] for row in got], dtype=float),
            np.array([[cell.endswith("*") for cell in row] for row in got]),
        )


def near(a: np.ndarray, b: np.ndarray, digits: float = 1e-4) -> np.ndarray:
    """Which entries agree to the digits that are shown."""
    return np.asarray(np.abs(a - b) <= digits * np.abs(b) + 1e-7 * np.abs(b).max(initial=0.0))


@pytest.mark.parametrize("specimen", [s for s in WRONG if small(s)], ids=str)
def test_what_is_said_of_it_is_true(specimen: Specimen) -> None:
    result = gradcheck.check(specimen.f, *specimen.inputs)
    inputs = [np.asarray(x) for x in specimen.inputs]
    for shown in read(result):
        true = true_jacobian(specimen.f, inputs, shown.input)
        got = claimed_jacobian(specimen.f, inputs, shown.input)
        assert near(shown.expected, true).all(), f"{result}\n{true}"
        assert near(shown.got, got).all(), f"{result}\n{got}"
        assert (shown.starred | near(got, true)).all(), f"{result}\n{true}\n{got}"
        assert shown.starred.any()
    for sentence, holds in SENTENCES.items():
        for found in re.finditer(sentence, result.diagnosis or ""):
            i = int(found["input"])
            true, got = (jacobian(specimen.f, inputs, i) for jacobian in (true_jacobian, claimed_jacobian))
            assert holds(true, got, inputs[i].shape, found), f"{result}\n{true}\n{got}"


def _gradients(true: np.ndarray, got: np.ndarray, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """For a cotangent of all outputs: what is said is said of any."""
    u = np.random.default_rng(1).uniform(-2, 2, len(true))
    return (u @ true).reshape(shape), (u @ got).reshape(shape)


def _negative(true: np.ndarray, got: np.ndarray, shape: Any, found: re.Match[str]) -> bool:
    return bool(near(got, -true).all())


def _factor(true: np.ndarray, got: np.ndarray, shape: Any, found: re.Match[str]) -> bool:
    return bool(near(got, float(found["factor"]) * true).all())


def _transpose(true: np.ndarray, got: np.ndarray, shape: Any, found: re.Match[str]) -> bool:
    expected, came = _gradients(true, got, shape)
    return bool(near(came.T, expected).all())


def _some(true: np.ndarray, got: np.ndarray, shape: Any, found: re.Match[str]) -> bool:
    expected, came = _gradients(true, got, shape)
    wrong = ~near(came, expected, 1e-6)
    return int(found["count"]) == wrong.sum() and int(found["size"]) == wrong.size


def _zero(true: np.ndarray, got: np.ndarray, shape: Any, found: re.Match[str]) -> bool:
    return not got.any() and bool(true.any())


def _adjoint(true: np.ndarray, got: np.ndarray, shape: Any, found: re.Match[str]) -> bool:
    return bool(near(got, true.T).all())


def _diagonal(true: np.ndarray, got: np.ndarray, shape: Any, found: re.Match[str]) -> bool:
    return bool(near(got, np.diag(np.diag(true))).all())


INPUT = r"input (?P<input>\d+) \(\w+\)"
SENTENCES = {
    rf"the gradient of {INPUT} is the negative of the true one": _negative,
    rf"the gradient of {INPUT} is (?P<factor>\S+) times the true one": _factor,
    rf"the gradient of {INPUT} is the transpose of the true one": _transpose,
    rf"(?P<count>\d+) of (?P<size>\d+) elements of the gradient of {INPUT}": _some,
    rf"backward gives (None|zero) for {INPUT}": _zero,
    rf"the Jacobian of f by {INPUT}, backward gives J @ gy where": _adjoint,
    rf"the gradient of {INPUT} holds what each element does": _diagonal,
}


def test_the_sentences_are_said_and_matrices_shown() -> None:
    """Else nothing is tested above."""
    results = [gradcheck.check(s.f, *s.inputs) for s in WRONG if small(s) and s.phrase != "non-determinism"]
    for sentence in SENTENCES:
        assert any(re.search(sentence, result.diagnosis or "") for result in results), sentence
    assert sum(len(list(read(result))) for result in results) >= 50
