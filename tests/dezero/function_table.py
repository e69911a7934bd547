"""Every function with inputs that suit it, for the tests of what they have in common: the rows of gradcheck's
table, and operators with a Python number, which have no row of their own.

Inputs are numbers of float16, which every float dtype holds, away from kinks and from the edges of domains.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import dezero.functions as F
from dezero import Variable
from dezero.cuda import get_array_module
from gradcheck.cases import variants
from gradcheck.specs import Arg, Spec, Variant, specs

EXPONENTIAL = {"exp", "expm1", "log", "log1p", "sinh", "cosh", "tanh"}
ANALYTIC = EXPONENTIAL | {"sin", "cos", "tan", "sqrt", "sum", "mean"}


@dataclass(frozen=True)
class Case:
    """A variant of a spec as a function `f` of its floating arguments, which `inputs` makes."""

    spec: Spec
    variant: Variant
    label: str = ""

    @property
    def name(self) -> str:
        return f"{self.spec.name} {self.label}".strip()

    def inputs(self, dtype: Any = np.float64) -> list[np.ndarray]:
        """The same numbers in every dtype."""
        return [x.astype(dtype) for x in self._arguments() if x.dtype.kind == "f"]

    def f(self, *inputs: Any) -> Variable:
        """The function, with indices, labels and conditions where the inputs are."""
        given = iter(inputs)
        xp = get_array_module(inputs[0])
        arguments = [next(given) if x.dtype.kind == "f" else xp.asarray(x) for x in self._arguments()]
        return self.spec.call(*arguments, **self.variant.params)

    def _arguments(self) -> list[np.ndarray]:
        return variants.inputs(self.spec, self.variant, zlib.crc32(self.name.encode()), np.float16)

    def formula(self, m: Any = np) -> Any:
        """What the spec's formula gives in a namespace, of floats."""
        assert self.spec.formula is not None
        arguments = [x.astype(float) if x.dtype.kind == "f" else x for x in self._arguments()]
        return self.spec.formula(m, *arguments, **self.variant.params)

    @property
    def analytic(self) -> bool:
        """Whether the formula is made of nothing but analytic functions, so that it takes complex numbers."""
        used = _Watched()
        self.formula(used)
        return used.names <= ANALYTIC


class _Watched:
    """NumPy's functions for a formula, which note what it asks for."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.names.add(name)
        return getattr(np, name)


def _with_a_number(name: str, call: Callable[[Any], Any], low: float = -2.0) -> Case:
    return Case(Spec(name, "arithmetic", call, (Arg("x", low=low),), lambda m, x: call(x)), Variant())


def _cases(spec: Spec) -> Iterator[Case]:
    """A case for each variant, but for those whose shapes are awkward where there are others."""
    labels = zip(spec.variants, variants.labels(spec), strict=True)
    sized = [Case(spec, v, label) for v, label in labels if "0-d" not in variants.forms(spec, v)]
    yield from [case for case in sized if not variants.forms(spec, case.variant)] or sized


FUNCTIONS = [spec for spec in specs().values() if spec.topic != "layers"]
CASES = [case for spec in FUNCTIONS for case in _cases(spec)] + [
    _with_a_number("x_plus_1.5", lambda x: x + 1.5),
    _with_a_number("0.75_x", lambda x: 0.75 * x),
    _with_a_number("1_minus_x", lambda x: 1 - x),
    _with_a_number("2_over_x", lambda x: 2 / x, low=0.5),
    _with_a_number("2_to_x", lambda x: 2.0**x),
]
# Those of 0-d arrays alone.
SCALARS = [
    Case(spec, variant, label)
    for spec in FUNCTIONS
    for variant, label in zip(spec.variants, variants.labels(spec), strict=True)
    if not any(variants.shapes(spec, variant))
]


def gradients(f: Callable[..., Variable], arrays: list[Any], order: int) -> list[list[Any]]:
    """Per order the gradients of <u, f(x)>, each order contracted with d to give the next.

    u and d vary in sign and size. A gradient is None where nothing depends on an input; where nothing
    depends on any, the list of orders ends.
    """
    return [[None if g is None else g.data for g in grads] for _, grads in _orders(f, arrays, order)]


def contractions(f: Callable[..., Variable], arrays: list[Any], order: int) -> list[Any]:
    """The scalars that `gradients` differentiates: <u, f(x)>, then <G_1, d> and so on."""
    return [value.data[()] for value, _ in _orders(f, arrays, order)]


def _orders(
    f: Callable[..., Variable], arrays: list[Any], order: int
) -> Iterator[tuple[Variable, list[Any]]]:
    xs = [Variable(x) for x in arrays]
    value: Variable | None = _contract(f(*xs), 3)
    for k in range(order):
        if value is None:
            return
        for x in xs:
            x.cleargrad()
        value.backward(create_graph=True)
        grads = [x.grad for x in xs]
        yield value, grads
        terms = [_contract(g, 5 + k) for g in grads if g is not None]
        value = sum(terms[1:], terms[0]) if terms else None


def _contract(y: Variable, seed: int) -> Variable:
    weights = (np.arange(y.size) * seed % 7 - 2.5) / 4
    xp = get_array_module(y)
    return F.sum(y * xp.asarray(weights.reshape(y.shape).astype(y.dtype)))
