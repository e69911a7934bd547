"""Formulas of elements that a device can run as one kernel, by CuPy's `fuse`.

On a device each operation on an array is a launch, and small arrays cost launches, not arithmetic.
`fused` marks a formula that is a chain of such operations; written once, it runs operation by
operation where its arguments are NumPy's (or Variables), and in one launch where they are a device's
and `switch.on` is true: set by the environment (DEZERO_FUSE=1) or by `fusing()`.

What CuPy's tracing takes is less than what arrays can do. A formula uses ufuncs, operators (but
`xp.abs(x)`, not `abs(x)`), `where`, `copy`, `astype` and assignment in place; no shape, no reduction
(`fuse` drops `keepdims`), no index. A Python number beside an array takes the array's dtype; what is
made of two numbers inside a formula would not, so such constants are arguments.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, wraps
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from dezero import cuda


class _Switch:
    """Whether formulas are fused on a device: one value for the process."""

    __slots__ = ("on",)

    def __init__(self, on: bool) -> None:
        self.on = on


switch = _Switch(os.environ.get("DEZERO_FUSE", "0") not in ("", "0"))


class Fusible(NamedTuple):
    """A formula that `fused` marked.

    Attributes:
        name: unique, and the name of the kernel.
        formula: the plain function of arrays and numbers.
        kinds: its arguments: "x" an array of numbers of either sign, "p" one of numbers between 0
            and 1, "b" one of booleans, anything else a number as it is.
    """

    name: str
    formula: Callable[..., Any]
    kinds: tuple[Any, ...]

    def arguments(self, xp: Any, shape: tuple[int, ...], dtype: Any) -> list[Any]:
        """Example arguments, the same for each call, as arrays of the module `xp`."""
        rng = np.random.default_rng(0)
        return [_example(kind, xp, rng, shape, dtype) for kind in self.kinds]

    def kernel(self, xp: Any) -> Callable[..., Any]:
        """The formula as one kernel of the module `xp`, made once."""
        return _kernel(xp, self)


def _example(kind: Any, xp: Any, rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Any:
    if kind == "x":
        return xp.asarray(rng.standard_normal(shape).astype(dtype))
    if kind == "p":
        return xp.asarray(rng.uniform(0.05, 0.95, shape).astype(dtype))
    return xp.asarray(rng.random(shape) < 0.5) if kind == "b" else kind


_fusibles: dict[str, Fusible] = {}


def formulas() -> list[Fusible]:
    """Every fusible formula of dezero.

    >>> "Sigmoid_forward" in [fusible.name for fusible in formulas()]
    True
    """
    import_module("dezero.optimizers")  # these load when they are first used
    return list(_fusibles.values())


@contextmanager
def fusing(on: bool = True) -> Iterator[None]:
    """Within the block formulas on a device are fused, or are not.

    >>> with fusing():
    ...     switch.on
    True
    """
    before, switch.on = switch.on, on
    try:
        yield
    finally:
        switch.on = before


def fused(*kinds: Any, name: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark a formula as fusible; `kinds` as in `Fusible`, `name` that of the function if empty."""

    def mark(formula: Callable[..., Any]) -> Callable[..., Any]:
        known = name or formula.__qualname__.replace(".", "_")
        fusible = _fusibles[known] = Fusible(known, formula, kinds)

        @wraps(formula)
        def call(*args: Any) -> Any:
            return _launch(fusible, args) if switch.on else formula(*args)

        return call

    return mark


def fused_slopes(*kinds: Any) -> Callable[[type], Any]:
    """Mark the `vjps` of an Elementwise without settings, whose inputs are of `kinds`."""

    def mark(cls: Any) -> Any:
        cls.vjps = tuple(
            fused("x", "x", *kinds, name=f"{cls.__name__}_vjp{k}")(vjp)
            for k, vjp in enumerate(cls.vjps)
        )
        return cls

    return mark


def _launch(fusible: Fusible, args: tuple[Any, ...]) -> Any:
    """One launch where all arrays are a device's; else the plain formula, for Variables too."""
    xp = _device_of(args)
    return fusible.formula(*args) if xp is None else fusible.kernel(xp)(*args)


def _device_of(args: tuple[Any, ...]) -> Any:
    """The device's array module if the arguments are its arrays and numbers, else None.

    What `fuse` hands to a formula is no array: a formula within a formula runs plainly, and is a
    part of the same kernel.
    """
    arrays = [x for x in args if not isinstance(x, (float, int))]
    if not all(map(cuda.is_array, arrays)):
        return None
    modules = {cuda.get_array_module(x) for x in arrays}
    return None if len(modules) != 1 or np in modules else modules.pop()


@lru_cache(maxsize=512)
def _kernel(xp: Any, fusible: Fusible) -> Callable[..., Any]:
    def traced(*args: Any) -> Any:
        for x in args:
            cuda.register_traced(type(x), xp)
        return fusible.formula(*args)

    return xp.fuse(kernel_name=fusible.name)(traced)
