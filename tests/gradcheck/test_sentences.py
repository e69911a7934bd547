"""What is said of a wrong operation is true: the figures that are shown, against figures made here.

The Jacobian that is true is made of differences of forward, the one that backward claims of unit cotangents,
by dezero alone; what the laboratory shows and says is read from its text.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest

import gradcheck
from dezero import Variable
from gradcheck.judging.finding import Result
from tests.gradcheck.zoo.specimen import Specimen
from tests.gradcheck.zoo.wrong import WRONG

STEP = 2.0**-9
COARSE = 2.0**-10  # the step of second differences
DIFFERENCES = {-3: -1 / 60, -2: 3 / 20, -1: -3 / 4, 1: 3 / 4, 2: -3 / 20, 3: 1 / 60}


@functools.cache
def result_of(name: str) -> Result:
    """What is said of a wrong operation."""
    specimen = next(each for each in WRONG if each.name == name)
    return gradcheck.check(specimen.f, *specimen.inputs)


def called(f: Any) -> Callable[..., Any]:
    """A Function subclass stands for a new instance."""
    return f() if isinstance(f, type) else f


def values(f: Callable[..., Any], inputs: list[Any]) -> np.ndarray:
    """All outputs in one."""
    ys = called(f)(*(Variable(x.copy()) for x in inputs))
    return np.concatenate([np.ravel(y.data) for y in (ys if isinstance(ys, (list, tuple)) else [ys])])


class Known(NamedTuple):
    """A matrix, and what rounding may have done to each column."""

    matrix: np.ndarray
    error: np.ndarray


def true_jacobian(f: Callable[..., Any], inputs: list[Any], i: int) -> Known:
    """Rows are outputs, columns the elements of input i: central differences of order 6."""
    columns, errors = [], []
    size = np.abs(values(f, inputs)).max()
    for j, at in enumerate(np.ravel(inputs[i]).astype(float).tolist()):
        step = STEP * (abs(at) or 1.0)
        total: Any = 0.0
        for n, weight in DIFFERENCES.items():
            moved = [np.array(x, dtype=float) if m == i else x for m, x in enumerate(inputs)]
            moved[i].reshape(-1)[j] += n * step
            total = total + weight * values(f, moved)
        columns.append(total / step)
        errors.append(64 * np.finfo(float).eps * size / step)
    return Known(np.array(columns).T, np.array(errors))


def claimed_jacobian(f: Callable[..., Any], inputs: list[Any], i: int) -> np.ndarray:
    """The same as backward has it, of unit cotangents."""
    rows = []
    for row in range(values(f, inputs).size):
        xs = [Variable(x.copy()) for x in inputs]
        ys = called(f)(*xs)
        outputs = list(ys) if isinstance(ys, (list, tuple)) else [ys]
        units = np.split(np.eye(sum(y.size for y in outputs))[row], np.cumsum([y.size for y in outputs])[:-1])
        for y, unit in zip(outputs, units, strict=True):
            y.grad = Variable(unit.reshape(y.shape).astype(y.dtype))
        outputs[0].backward() if len(outputs) == 1 else _backward(outputs)
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
    for title, lines in blocks(result, "Jacobian"):
        found = re.search(r"by input (\d+)", title)
        assert found
        yield matrices(int(found[1]), lines)


def blocks(result: Result, kind: str) -> list[tuple[str, list[str]]]:
    """The matrices of a kind as text: title, and rows below the heading."""
    found: list[list[str]] = []
    for line in result.jacobian:
        if line.startswith(kind):
            found.append([line])
        elif found:
            found[-1].append(line)
    return [(title, lines) for title, _, *lines in found]


def matrices(i: int, lines: list[str]) -> Shown:
    halves = [[cells[: len(cells) // 2], cells[len(cells) // 2 :]] for cells in map(str.split, lines)]
    got = [half[1] for half in halves]
    return Shown(
        i,
        np.array([half[0] for half in halves], dtype=float),
        np.array([[cell.rstrip("*") for cell in row] for row in got], dtype=float),
        np.array([[cell.endswith("*") for cell in row] for row in got]),
    )


def near(a: np.ndarray, b: np.ndarray, error: Any = 0.0, digits: float = 1e-4) -> np.ndarray:
    """Which entries agree to the digits that are shown; NaN agrees with NaN."""
    return np.asarray((np.abs(a - b) <= digits * np.abs(b) + error) | (np.isnan(a) & np.isnan(b)))


@pytest.mark.parametrize("specimen", [s for s in WRONG if s.small], ids=str)
def test_a_wrong_operation_fails_and_what_is_said_of_it_is_true(specimen: Specimen) -> None:
    result = result_of(specimen.name)
    specimen.require_found(result)
    inputs = [np.asarray(x) for x in specimen.inputs]
    with np.errstate(all="ignore"):
        for shown in read(result):
            true, error = true_jacobian(specimen.f, inputs, shown.input)
            got = claimed_jacobian(specimen.f, inputs, shown.input)
            assert near(shown.expected, true, error).all(), f"{result}\n{true}"
            assert near(shown.got, got).all(), f"{result}\n{got}"
            assert (shown.starred == (shown.expected != shown.got)).all()
            assert shown.starred.any()
        for sentence, holds in SENTENCES.items():
            for found in re.finditer(sentence, result.diagnosis or ""):
                i = int(found["input"])
                true, got = true_jacobian(specimen.f, inputs, i), claimed_jacobian(specimen.f, inputs, i)
                assert holds(true, got, inputs[i].shape, found), f"{result}\n{true}\n{got}"


def _gradients(true: Known, got: np.ndarray, shape: tuple[int, ...]) -> list[np.ndarray]:
    """For one cotangent the true gradient, its error, and what backward gives: what is said holds for any."""
    u = np.random.default_rng(1).uniform(-2, 2, len(got))
    return [x.reshape(shape) for x in (u @ true.matrix, np.abs(u).sum() * true.error, u @ got)]


def _negative(true: Known, got: np.ndarray, shape: Any, found: re.Match[str]) -> bool:
    return bool(near(got, -true.matrix, true.error).all())


def _factor(true: Known, got: np.ndarray, shape: Any, found: re.Match[str]) -> bool:
    factor = float(found["factor"])
    return bool(near(got, factor * true.matrix, abs(factor) * true.error, 1e-5).all())


def _transpose(true: Known, got: np.ndarray, shape: Any, found: re.Match[str]) -> bool:
    expected, error, came = _gradients(true, got, shape)
    return bool(near(came.T, expected, error).all())


def _some(true: Known, got: np.ndarray, shape: Any, found: re.Match[str]) -> bool:
    expected, error, came = _gradients(true, got, shape)
    wrong = ~near(came, expected, error, 1e-6)
    return int(found["count"]) >= wrong.sum() and int(found["size"]) == wrong.size


def _zero(true: Known, got: np.ndarray, shape: Any, found: re.Match[str]) -> bool:
    return not got.any() and bool(true.matrix.any())


def _adjoint(true: Known, got: np.ndarray, shape: Any, found: re.Match[str]) -> bool:
    return bool(near(got, true.matrix.T, true.error.max()).all())


def _diagonal(true: Known, got: np.ndarray, shape: Any, found: re.Match[str]) -> bool:
    return bool(near(got, np.diag(np.diag(true.matrix)), true.error).all())


INPUT = r"input (?P<input>\d+) \(\w+\)"
SENTENCES = {
    rf"(?<!of )the gradient of {INPUT} is the negative of the true one": _negative,
    rf"(?<!of )the gradient of {INPUT} is (?P<factor>\S+) times the true one": _factor,
    rf"the gradient of {INPUT} is the transpose of the true one": _transpose,
    rf"(?P<count>\d+) of (?P<size>\d+) elements of the gradient of {INPUT}": _some,
    rf"backward gives (None|zero) for {INPUT}": _zero,
    rf"the Jacobian of f by {INPUT}, backward gives J @ gy where": _adjoint,
    rf"the gradient of {INPUT} holds what each element does": _diagonal,
}


# Second derivatives ------------------------------------------------------------------------------------


def true_hessian(f: Callable[..., Any], inputs: list[Any], number: Any, i: int, j: int) -> np.ndarray:
    """Second differences of forward: rows are elements of input i, columns those of input j."""
    shape = np.size(inputs[i]), np.size(inputs[j])
    found = np.zeros(shape)
    for n, m in np.ndindex(*shape):
        for a, b in ((1, 1), (-1, -1), (1, -1), (-1, 1)):
            moved = [np.array(x, dtype=float) for x in inputs]
            moved[i].reshape(-1)[n] += a * COARSE
            moved[j].reshape(-1)[m] += b * COARSE
            found[n, m] += a * b * number(values(f, moved)) / (4 * COARSE**2)
    return found


def claimed_hessian(f: Callable[..., Any], inputs: list[Any], number: Any, i: int, j: int) -> np.ndarray:
    """The same as two walks through the graph have it."""
    columns = []
    for m in range(np.size(inputs[j])):
        xs = [Variable(np.array(x, dtype=float)) for x in inputs]
        number(called(f)(*xs).reshape(-1)).backward(create_graph=True)
        slope = xs[j].grad
        for x in xs:
            x.cleargrad()
        if slope is not None:
            slope.reshape(-1)[m].backward()
        grad = xs[i].grad
        columns.append(np.zeros(xs[i].size) if grad is None else np.ravel(grad.data))
    return np.array(columns).T


@pytest.mark.parametrize("specimen", [s for s in WRONG if s.failing == s.order == 2], ids=str)
def test_the_hessian_that_is_shown_is_true(specimen: Specimen) -> None:
    result = gradcheck.check(specimen.f, *specimen.inputs, order=2)
    inputs = [np.asarray(x) for x in specimen.inputs]
    for title, lines in blocks(result, "Hessian"):
        i, j = (int(n) for n in (re.findall(r"input (\d+)", title) * 2)[:2])
        element = re.search(r"output element (\d+)", title)
        number = (lambda ys, n=int(element[1]): ys[n]) if element else lambda ys: ys.sum()
        if "beside the point" in title:
            continue
        shown = matrices(i, lines)
        true = true_hessian(specimen.f, inputs, number, i, j)
        got = claimed_hessian(specimen.f, inputs, number, i, j)
        assert near(shown.expected, true, 1e-4, 1e-3).all(), f"{result}\n{true}"
        assert near(shown.got, got).all(), f"{result}\n{got}"


def test_the_sentences_are_said_and_matrices_shown() -> None:
    """Else nothing is tested above. As many operations are looked at as it takes."""
    unsaid, shown = set(SENTENCES), 0
    for specimen in WRONG:
        if not unsaid and shown >= 50:
            return
        if specimen.small and specimen.phrase != "non-determinism":
            result = result_of(specimen.name)
            unsaid -= {sentence for sentence in unsaid if re.search(sentence, result.diagnosis or "")}
            shown += len(list(read(result)))
    assert (unsaid, shown >= 50) == (set(), True)
