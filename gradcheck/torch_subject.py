"""PyTorch functions as a subject: the same examination, without jets.

A torch tensor holds machine numbers only, so neither power series nor balls can travel through a torch
function. The truth comes from a formula (differentiated exactly) where one is given, and from finite
differences of forward in any case. What rounding may do is estimated by running torch's own operations
with results moved at random. Needs the extra ``torch``; importing this module does not import torch.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from flint import arb

from gradcheck.cases.calls import build_case
from gradcheck.cases.case import Case
from gradcheck.errors import InputError
from gradcheck.judging.examine import examine
from gradcheck.judging.finding import Result, figure
from gradcheck.measuring.measure import gradients, point_of
from gradcheck.oracles.numbers import ulp
from gradcheck.oracles.registry import ORACLES
from gradcheck.oracles.symbols import formulas
from gradcheck.subjects.torch import TorchSubject, as_array, torch_itself

LOST = 1e4  # ULPs from which on a derivative counts as having lost digits


def check(
    f: Callable[..., Any],
    *inputs: Any,
    order: int = 1,
    formula: Callable[..., Any] | None = None,
    seed: int = 0,
) -> Result:
    """Compare the derivatives of a torch function with the truth. A wrong gradient never raises.

    Args:
        f: takes one tensor for each input and returns a tensor (or several); a subclass of
            `torch.autograd.Function` stands for its `apply`.
        inputs: tensors, arrays or numbers, on the CPU or to be copied there; float16 to float64. Integer
            and boolean ones are passed along and not differentiated. None is modified.
        order: orders 1 to `order` are checked.
        formula: the mathematics of `f` in the namespace of `gradcheck.oracles.symbols.namespace`, say
            ``lambda m, x: m.tanh(x)``; for one output.
        seed: of the random cotangents and directions.

    Raises:
        InputError: the call makes no sense (see `gradcheck.check`), torch is not installed, or the
            formula's output has another shape than that of `f`.

    >>> import pytest
    >>> torch = pytest.importorskip("torch")
    >>> result = check(torch.tanh, np.array([0.5, 18.0]), formula=lambda m, x: m.tanh(x))
    >>> result.verdict, len(result.warnings)
    ('pass', 1)
    """
    case = _case(f, inputs, order, formula, seed)
    subject = TorchSubject(case.f, case.active)
    if formula is not None:
        _fits(case, subject)
    result = examine(case, ORACLES, subject)
    exact = formula is not None and result.verdict in ("pass", "inconclusive")
    return replace(result, notes=[_note(formula)], warnings=_lost_digits(case, subject) if exact else ())


def _case(f: Any, inputs: Sequence[Any], order: int, formula: Any, seed: int) -> Case:
    torch = torch_itself()
    is_function = isinstance(f, type) and issubclass(f, torch.autograd.Function)
    arrays = [as_array(x) if isinstance(x, torch.Tensor) else x for x in inputs]
    case = build_case(f.apply if is_function else f, arrays, order, seed)
    for i, x in enumerate(case.inputs):
        if x.dtype.kind == "f" and x.dtype.itemsize > 8:
            raise InputError(f"check: input {i} is {x.dtype}, which torch lacks; pass float64")
    op = f.__name__ if is_function else case.op
    names = list(inspect.signature(f.forward).parameters) if is_function else []
    arguments = case.reproduce.partition(", ")[2].removesuffix(")")
    further = ", formula=formula" if formula is not None else ""
    reproduce = f"gradcheck.torch_subject.check({op}, {arguments}{further})"
    named = names[-len(arrays) :] if len(names) >= len(arrays) else case.names
    return replace(case, id=op, op=op, names=named, formula=formula, reproduce=reproduce)


def _fits(case: Case, subject: TorchSubject) -> None:
    """Raise InputError unless the formula's output is shaped like the only output of f."""
    assert case.formula is not None
    outputs = [y.shape for y in subject.values([x.copy() for x in case.inputs])]
    shape = formulas.value(case.formula, list(case.inputs)).shape
    if outputs != [shape]:
        raise InputError(f"check: the formula gives one output of shape {shape}, f gives {outputs}")


def _note(formula: Any) -> str:
    exact = "the formula, differentiated exactly, and from " if formula is not None else ""
    return (
        "jets do not apply: a torch tensor holds machine numbers only, no power series and no balls; the "
        f"truth comes from {exact}finite differences of forward, and what rounding may do is estimated by "
        "moving the results of torch's operations at random"
    )


def _lost_digits(case: Case, subject: TorchSubject) -> list[str]:
    """For each order the element that is farthest from the formula, if that is far, whatever excuses it."""
    assert case.formula is not None
    at, _ = point_of(case, subject)
    truths = formulas.estimate(case.formula, at.inputs, at.active, at.cotangents[0], at.direction, at.order)
    rows = zip(gradients(subject, at, at.order), truths, strict=True)
    return [
        text
        for k, (got, truth) in enumerate(rows, 1)
        for text in _farthest(case, k, at.floats(got), at.balls(truth))
    ]


def _farthest(case: Case, k: int, got: np.ndarray, truth: list[arb]) -> Iterator[str]:
    known = np.array([t.is_finite() and not t.contains(0) for t in truth], dtype=bool)
    distance = np.where(known, ulp.distances(got, truth, case.dtype), 0.0)
    p = int(np.argmax(distance))
    if distance[p] > LOST:
        yield (
            f"order {k}: digits are lost at {case.place(p)} = {case.value(p)}: torch gives {got[p]:.6g}, "
            f"the formula {truth[p].str(6, radius=False)}: {figure(distance[p])} ULP off"
        )
