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
from itertools import pairwise
from typing import Any

import numpy as np

from gradcheck.errors import InputError
from gradcheck.subjects import shaken
from gradcheck.subjects.subject import Arrays, Trial
from gradcheck.system.raised import contained


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
        return [as_array(y) for y in self._call([_tensor(x) for x in inputs])]

    @contained
    def gradients(
        self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int
    ) -> list[list[Any]]:
        us = [None if u is None else _tensor(u) for u in cotangents]
        mode = _shaking()() if any(isinstance(x, shaken.Shaken) for x in inputs) else nullcontext()
        with mode:
            _, steps = self._orders(self._leaves(inputs), us, directions, order)
        return [[as_array(g) for g in gxs] for gxs, _ in steps]

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
        gradients = [[as_array(g) for g in gxs] for gxs, _ in steps]
        return Trial([as_array(y) for y in ys], gradients, pairings=pairings if watched else ())

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
        if not several or not all(isinstance(y, torch_itself().Tensor) for y in several):
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
        found = torch_itself().autograd.grad(
            vs, [by[n] for n in wanted], ws, create_graph=create_graph, allow_unused=True
        )
        for n, gradient in zip(wanted, found, strict=True):
            result[n] = gradient
    return result


def _paired(gradients: Sequence[Any], weights: Arrays) -> tuple[Any, Any]:
    """The sum of <g, w>, and that of all magnitudes."""
    products = [as_array(g) * w for g, w in zip(gradients, weights, strict=True) if g is not None]
    return sum(p.sum() for p in products), sum(np.abs(p).sum() for p in products)


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
