"""PyTorch functions as a subject: the same examination, without jets.

A torch tensor holds machine numbers only, so neither power series nor balls can travel through a torch
function. The truth comes from a formula (differentiated exactly) where one is given, and from finite
differences of forward in any case. What rounding may do is estimated by running torch's own operations
with results moved at random. Needs the extra ``torch``; importing this module does not import torch.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from flint import arb

from gradcheck import ulp
from gradcheck.cases import Case
from gradcheck.checking import build_case
from gradcheck.errors import InputError
from gradcheck.examine import examine
from gradcheck.finding import Result, figure
from gradcheck.judging import shaken
from gradcheck.measure import flat_balls, flat_floats, gradients, point
from gradcheck.oracles import symbolic
from gradcheck.raised import contained
from gradcheck.subject import Arrays
from gradcheck.trial import Trial

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
        formula: the mathematics of `f` in the namespace of `gradcheck.namespaces`, say
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
    result = examine(case, ("symbolic", "finite_difference"), subject)
    told = formula is not None and result.verdict in ("pass", "inconclusive")
    return replace(result, notes=[_note(formula)], warnings=_lost_digits(case, subject) if told else ())


@dataclass(frozen=True)
class TorchSubject:
    """A function of torch tensors.

    Attributes:
        f: takes one tensor for each input; returns a tensor or several.
        active: for each input, whether it is differentiated.

    Tensors share their memory with the arrays that come in, so what `f` overwrites is seen.
    """

    f: Callable[..., Any]
    active: Sequence[bool]

    @contained
    def values(self, inputs: Arrays) -> list[Any]:
        return [_array(y) for y in self._call([_tensor(x) for x in inputs])]

    @contained
    def gradients(
        self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int
    ) -> list[list[Any]]:
        us = [None if u is None else _tensor(u) for u in cotangents]
        mode = _shaking()() if any(isinstance(x, shaken.Shaken) for x in inputs) else nullcontext()
        with mode:
            _, steps = self._orders(self._leaves(inputs), us, directions, order)
        return [[_array(g) for g in gxs] for gxs, _ in steps]

    @contained
    def trial(
        self,
        inputs: Arrays,
        cotangents: Arrays,
        directions: Arrays,
        order: int,
        *,
        watched: bool = False,
    ) -> Trial:
        us = [None if u is None else _tensor(u).requires_grad_(watched) for u in cotangents]
        ys, steps = self._orders(self._leaves(inputs), us, directions, order)
        pairings = [
            (*_paired(gxs, directions), _paired(gus, cotangents)[0]) for (gxs, _), (_, gus) in pairwise(steps)
        ]
        gradients = [[_array(g) for g in gxs] for gxs, _ in steps]
        return Trial([_array(y) for y in ys], gradients, pairings=pairings if watched else ())

    def _leaves(self, inputs: Arrays) -> list[Any]:
        return [_tensor(x).requires_grad_(on) for x, on in zip(inputs, self.active, strict=True)]

    def _orders(
        self, xs: list[Any], us: Sequence[Any], directions: Arrays, order: int
    ) -> tuple[Sequence[Any], list[tuple[list[Any], list[Any]]]]:
        """The outputs; order by order the gradients by xs (None where not active), and by the cotangents."""
        ds = [_tensor(d) for d in directions]
        ys = self._call(xs)
        pairs = [(y, u) for y, u in zip(ys, us, strict=True) if u is not None]
        steps = []
        for k in range(1, order + 1):
            gradients = _grad(pairs, [*xs, *us], create_graph=k < order)
            gxs, gus = gradients[: len(xs)], gradients[len(xs) :]
            steps.append((gxs, gus))
            pairs = [(g, d) for g, d in zip(gxs, ds, strict=True) if g is not None]
        return ys, steps

    def _call(self, xs: list[Any]) -> Sequence[Any]:
        ys = self.f(*xs)
        several = ys if isinstance(ys, (tuple, list)) else (ys,)
        if not several or not all(isinstance(y, _torch().Tensor) for y in several):
            raise InputError(
                f"check: f must return a torch tensor (or several), got {type(ys).__name__}; "
                "compute with torch and return the result"
            )
        return several


def _grad(pairs: Sequence[tuple[Any, Any]], by: Sequence[Any], create_graph: bool) -> list[Any]:
    """The gradient of the sum of <w, v> over all (v, w) by each tensor; None where there is none."""
    connected = [(v, w) for v, w in pairs if v.requires_grad]
    wanted = [n for n, x in enumerate(by) if x is not None and x.requires_grad]
    result: list[Any] = [None] * len(by)
    if connected:
        vs, ws = zip(*connected, strict=True)
        found = _torch().autograd.grad(
            vs, [by[n] for n in wanted], ws, create_graph=create_graph, allow_unused=True
        )
        for n, gradient in zip(wanted, found, strict=True):
            result[n] = gradient
    return result


def _paired(gradients: Sequence[Any], weights: Arrays) -> tuple[Any, Any]:
    """The sum of <g, w>, and that of all magnitudes."""
    products = [_array(g) * w for g, w in zip(gradients, weights, strict=True) if g is not None]
    return sum(p.sum() for p in products), sum(np.abs(p).sum() for p in products)


# Arrays and tensors -----------------------------------------------------------------------------------


def _torch() -> Any:
    try:
        return importlib.import_module("torch")
    except ImportError as error:
        raise InputError(
            "check: torch is not installed; install the extra: pip install 'dezero-gradcheck[torch]'"
        ) from error


def _tensor(x: Any) -> Any:
    """A tensor that shares its memory with `x` where torch can (not read-only, no negative strides)."""
    x = np.asarray(x)
    if x.dtype == object:
        raise TypeError("a torch tensor holds machine numbers only")
    shareable = x.flags.writeable and min(x.strides, default=0) >= 0
    return _torch().from_numpy(x if shareable else x.copy())


def _array(x: Any) -> Any:
    """A tensor as an array on the host; None stays None."""
    return None if x is None else x.numpy(force=True)


# Rounding at random -----------------------------------------------------------------------------------


@cache
def _shaking() -> Any:
    """A mode in which the results of torch's operations are moved as `shaken` moves NumPy's.

    Operations that add many terms have their operands moved as well; views are left as they are.
    """
    torch = _torch()
    dispatch = importlib.import_module("torch.utils._python_dispatch")
    tree_map = importlib.import_module("torch.utils._pytree").tree_map

    def moved(x: Any) -> Any:
        if not isinstance(x, torch.Tensor) or not x.is_floating_point():
            return x
        return torch.from_numpy(np.array(shaken.moved(x.numpy(force=True))))

    class Shaking(dispatch.TorchDispatchMode):  # type: ignore[name-defined]  # found at run time
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            kwargs = kwargs or {}
            if any(r.alias_info is not None for r in func._schema.returns):
                return func(*args, **kwargs)
            if torch.Tag.pointwise not in func.tags:
                args, kwargs = tree_map(moved, args), tree_map(moved, kwargs)
            return tree_map(moved, func(*args, **kwargs))

    return Shaking


# The case and what is said of it ------------------------------------------------------------------------


def _case(f: Any, inputs: Sequence[Any], order: int, formula: Any, seed: int) -> Case:
    torch = _torch()
    is_function = isinstance(f, type) and issubclass(f, torch.autograd.Function)
    arrays = [_array(x) if isinstance(x, torch.Tensor) else x for x in inputs]
    case = build_case(f.apply if is_function else f, arrays, order, seed)
    for i, x in enumerate(case.inputs):
        if x.dtype.kind == "f" and x.dtype.itemsize > 8:
            raise InputError(f"check: input {i} is {x.dtype}, which torch lacks; pass float64")
    op = f.__name__ if is_function else case.op
    names = list(inspect.signature(f.forward).parameters) if is_function else []
    call = case.reproduce.removeprefix(f"gradcheck.check({case.op}").removesuffix(")")
    told = ", formula=formula" if formula is not None else ""
    reproduce = f"gradcheck.torch_subject.check({op}{call}{told})"
    named = names[-len(arrays) :] if len(names) >= len(arrays) else case.names
    return replace(case, id=op, op=op, names=named, formula=formula, reproduce=reproduce)


def _fits(case: Case, subject: TorchSubject) -> None:
    """Raise InputError unless the formula's output is shaped like the only output of f."""
    assert case.formula is not None
    outputs = [y.shape for y in subject.values([x.copy() for x in case.inputs])]
    shape = symbolic.value(case.formula, list(case.inputs)).shape
    if outputs != [shape]:
        raise InputError(f"check: the formula gives one output of shape {shape}, f gives {outputs}")


def _note(formula: Any) -> str:
    told = "the formula, differentiated exactly, and from " if formula is not None else ""
    return (
        "jets do not apply: a torch tensor holds machine numbers only, no power series and no balls; the "
        f"truth comes from {told}finite differences of forward, and what rounding may do is estimated by "
        "moving the results of torch's operations at random"
    )


def _lost_digits(case: Case, subject: TorchSubject) -> list[str]:
    """For each order the element that is farthest from the formula, if that is far, whatever excuses it."""
    assert case.formula is not None
    at, _ = point(subject, case.inputs, case.active, case.order, case.seed, case.dtype)
    truths = symbolic.estimate(case.formula, at.inputs, at.active, at.cotangents[0], at.direction, at.order)
    rows = zip(gradients(subject, at, at.order), truths, strict=True)
    return [
        text
        for k, (got, truth) in enumerate(rows, 1)
        for text in _farthest(case, k, flat_floats(got, at), flat_balls(truth, at))
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
