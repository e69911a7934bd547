"""Formulas of elements that a device can run as one kernel, by CuPy's `fuse`.

On a device each operation on an array is a launch, and small arrays cost launches, not arithmetic.
`fused` and `fused_elementwise` mark formulas that are chains of such operations. Written once, they run
operation by operation where the arguments are NumPy's (or Variables), and in one launch where they are
a device's and `switch.on` is true: set by the environment (DEZERO_FUSE=1) or by `fusing()`.

What CuPy's tracing takes is less than what arrays can do. A formula uses ufuncs, operators (but
`xp.abs(x)`, not `abs(x)`), `where`, `copy`, `astype` and assignment in place; no shape, no reduction
(`fuse` drops `keepdims`), no index. A Python number next to an array takes the array's dtype; what is
made of two numbers inside a formula would not, so such constants are arguments.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, wraps
from typing import Any, NamedTuple

import numpy as np

from dezero import cuda

# An array with four axes takes 80 bytes of a kernel's arguments: its address, size, shape and strides.
# All arguments of a kernel fit into 4 KB, here with room for results and more axes.
MOST_ARRAYS = 36


class _Switch:
    """Whether formulas are fused on a device: one value for the process."""

    __slots__ = ("on",)

    def __init__(self, on: bool) -> None:
        self.on = on


switch = _Switch(os.environ.get("DEZERO_FUSE", "0") not in ("", "0"))


class Fusible(NamedTuple):
    """A formula that may run as one kernel. A call is one launch where all arrays are a device's.

    Attributes:
        name: unique, and the name of the kernel.
        formula: the plain function of arrays and numbers.
        kinds: its arguments: "x" an array of numbers of either sign, "p" one of numbers between 0
            and 1, "b" one of booleans, anything else a number as it is.
    """

    name: str
    formula: Callable[..., Any]
    kinds: tuple[Any, ...]

    def __call__(self, *args: Any) -> Any:
        xp = _device_of(args)
        return self.formula(*args) if xp is None else self.kernel(xp)(*args)

    def kernel(self, xp: Any) -> Callable[..., Any]:
        """The formula as one kernel of the module `xp`, made once."""
        return _kernel(xp, self)

    def arguments(self, xp: Any, shape: tuple[int, ...], dtype: Any) -> list[Any]:
        """Example arguments, the same for each call, as arrays of the module `xp`."""
        rng = np.random.default_rng(0)
        return [_example(kind, xp, rng, shape, dtype) for kind in self.kinds]


def _example(kind: Any, xp: Any, rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Any:
    if kind == "x":
        return xp.asarray(rng.standard_normal(shape).astype(dtype))
    if kind == "p":
        return xp.asarray(rng.uniform(0.05, 0.95, shape).astype(dtype))
    return xp.asarray(rng.random(shape) < 0.5) if kind == "b" else kind


def _device_of(args: tuple[Any, ...]) -> Any:
    """The device's array module if the arguments are its arrays and numbers, else None.

    A Variable is no array, nor is what `fuse` passes to a formula: a formula within a formula runs
    plainly, and is a part of the same kernel.
    """
    arrays = [x for x in args if type(x) is not float and type(x) is not int]
    if len(arrays) > MOST_ARRAYS or not all(map(cuda.is_array, arrays)):
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


_fusibles: dict[str, Fusible] = {}


def _mark(name: str, formula: Callable[..., Any], kinds: tuple[Any, ...]) -> Fusible:
    fusible = _fusibles[name] = Fusible(name, formula, kinds)
    return fusible


def fused(*kinds: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark a function as fusible; `kinds` as in `Fusible`."""

    def mark(formula: Callable[..., Any]) -> Callable[..., Any]:
        fusible = _mark(formula.__name__.strip("_"), formula, kinds)

        @wraps(formula)
        def call(*args: Any) -> Any:
            return fusible(*args) if switch.on else formula(*args)

        return call

    return mark


def fused_elementwise(*kinds: Any, forward: bool = False) -> Callable[[Any], Any]:
    """Mark the `vjps` of an Elementwise without settings as fusible, and `forward` where asked for.

    One operation needs no fusing. `kinds` are those of the inputs, as in `Fusible`.
    """

    def mark(cls: Any) -> Any:
        if forward:
            cls.fused_forward = _mark(f"{cls.__name__}_forward", cls().forward, kinds)
        vjps = cls.vjps if type(cls.vjps) is tuple else cls().vjps
        cls.fused_vjps = tuple(
            _mark(f"{cls.__name__}_vjp{k}", vjp, ("x", "x", *kinds)) for k, vjp in enumerate(vjps)
        )
        return cls

    return mark


def forward_of(func: Any) -> Callable[..., Any]:
    """`forward` of a function, as one kernel if its own class was so marked and has had no other since."""
    fusible, forward = vars(type(func)).get("fused_forward"), func.forward
    marked = fusible is not None and fusible.formula.__func__ is getattr(forward, "__func__", None)
    return fusible if marked else forward


def vjps_of(func: Any) -> tuple[Callable[..., Any], ...]:
    """`vjps` of an Elementwise, each as one kernel if its own class was so marked; as `forward_of`."""
    fusibles, vjps = vars(type(func)).get("fused_vjps", ()), func.vjps
    return fusibles if tuple(fusible.formula for fusible in fusibles) == vjps else vjps


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


def formulas() -> list[Fusible]:
    """The fusible formulas of the modules that were imported so far.

    >>> "Sigmoid_forward" in [fusible.name for fusible in formulas()]
    True
    """
    return list(_fusibles.values())
