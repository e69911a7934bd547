"""Functions of PyTorch, as the laboratory calls them.

A torch tensor holds machine numbers only: neither power series nor balls travel through a torch function.
What rounding may do is estimated by running torch's own operations with results moved at random. Importing
this module does not import torch.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from gradcheck.errors import InputError
from gradcheck.subjects import shaken
from gradcheck.subjects.subject import Arrays, Subject, Trial, Watched, pairings, several
from gradcheck.system.raised import contained


@dataclass(frozen=True)
class TorchSubject(Subject):
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
        return [as_array(y) for y in self._call([_tensor(x) for x in inputs])]

    def gradients(
        self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int
    ) -> list[list[Any]]:
        return self.trial(inputs, cotangents, directions, order).gradients

    @contained
    def trial(
        self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int, *, watched: Watched = False
    ) -> Trial:
        xs = [_tensor(x).requires_grad_(on) for x, on in zip(inputs, self.active, strict=True)]
        us = [None if u is None else _tensor(u).requires_grad_(bool(watched)) for u in cotangents]
        with _shaking()() if any(isinstance(x, shaken.Shaken) for x in inputs) else nullcontext():
            ys, tensors = self._orders(xs, us, directions, order)
        steps = [([as_array(g) for g in gxs], [as_array(g) for g in gus]) for gxs, gus in tensors]
        seen = pairings(steps, directions, cotangents) if watched else ()
        return Trial([as_array(y) for y in ys], [gxs for gxs, _ in steps], pairings=seen)

    def _orders(
        self, xs: list[Any], us: Sequence[Any], directions: Arrays, order: int
    ) -> tuple[Sequence[Any], list[tuple[list[Any], list[Any]]]]:
        """The outputs; order by order the gradients by xs (None where not active), and by us."""
        ds = [_tensor(d) for d in directions]
        ys = self._call(xs)
        pairs = [(y, u) for y, u in zip(ys, us, strict=True) if u is not None]
        steps = []
        for k in range(1, order + 1):
            found = _grad(pairs, [*xs, *us], create_graph=k < order)
            gxs, gus = found[: len(xs)], found[len(xs) :]
            steps.append((gxs, gus))
            pairs = [(g, d) for g, d in zip(gxs, ds, strict=True) if g is not None]
        return ys, steps

    def _call(self, xs: list[Any]) -> Sequence[Any]:
        return several(self.f(*xs), torch_itself().Tensor, "torch tensor", _advice)


def _advice(ys: Any) -> str:
    return "compute with torch and return the result"


def _grad(pairs: Sequence[tuple[Any, Any]], by: Sequence[Any], create_graph: bool) -> list[Any]:
    """The gradient of the sum of <w, v> over all (v, w) by each tensor; None where there is none."""
    connected = [(v, w) for v, w in pairs if v.requires_grad]
    wanted = [n for n, x in enumerate(by) if x is not None and x.requires_grad]
    result: list[Any] = [None] * len(by)
    if connected:
        vs, ws = zip(*connected, strict=True)
        found = torch_itself().autograd.grad(
            vs, [by[n] for n in wanted], ws, create_graph=create_graph, allow_unused=True
        )
        for n, gradient in zip(wanted, found, strict=True):
            result[n] = gradient
    return result


# Arrays and tensors -----------------------------------------------------------------------------------


def torch_itself() -> Any:
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
    return torch_itself().from_numpy(x if shareable else x.copy())


def as_array(x: Any) -> Any:
    """A tensor as an array on the host; None stays None."""
    return None if x is None else x.numpy(force=True)


# Rounding at random -----------------------------------------------------------------------------------


@cache
def _shaking() -> Any:
    """A mode in which the results of torch's operations are moved as `shaken` moves NumPy's.

    Operations that add many terms have their operands moved as well; views are left as they are.
    """
    torch = torch_itself()
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
