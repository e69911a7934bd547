"""What a row of the table says: one Spec per function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gradcheck.errors import SpecError

Formula = Callable[..., Any]
INFINITY = float("inf")
DECLARED_ULP = (4.0, 8.0, 16.0, 32.0)  # accuracy that dezero declares for orders 1 to 4


@dataclass(frozen=True)
class Arg:
    """One argument: the shape and the interval it is drawn from.

    Attributes:
        low, high: values are drawn uniformly from this interval.
        avoid: points where the function is not smooth; drawn values keep `gap` away from them.
        distinct: values keep apart from one another (max, sorting).
        domain: the open interval in which the function is defined: no finite-difference step leaves it.
        values: fixed values instead (labels, indices, masks); integers and booleans are not
            differentiated.
    """

    name: str
    shape: tuple[int, ...] = (2, 3)
    low: float = -2.0
    high: float = 2.0
    avoid: tuple[float, ...] = ()
    gap: float = 0.125
    distinct: bool = False
    domain: tuple[float, float] = (-INFINITY, INFINITY)
    values: Any = None


@dataclass(frozen=True)
class Variant:
    """One way to call the function: keyword arguments and, where they differ, the arguments' shapes.

    Attributes:
        label: distinguishes it where neither params nor shapes do.
        values: by an argument's name, what it holds instead of its own `values` (labels, indices).
    """

    params: Mapping[str, Any] = field(default_factory=dict)
    shapes: tuple[tuple[int, ...], ...] | None = None
    label: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


Pick = Callable[[Sequence[Any]], Any]  # one of several, at random or as Hypothesis wants it
Recipe = Callable[[Pick], Variant]


@dataclass(frozen=True)
class Convention:
    """What the derivative is declared to be at a point where there is none."""

    inputs: tuple[Any, ...]
    gradients: tuple[Any, ...]  # of the sum of the outputs, one for each input
    text: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Declared:
    """What is declared of some cases, and why.

    Attributes:
        variant, dtype, device, layout: shell patterns. Besides those of `gradcheck.subjects.layouts.LAYOUTS`
            a layout may be a form of the arguments, "0-d" or "size-1".
    """

    reason: str
    variant: str = "*"
    dtype: str = "*"
    device: str = "*"
    layout: str = "*"


class Gap(Declared):
    """Cases that are known not to pass, and why; a run fails when they start to."""


class Omission(Declared):
    """Cases that are not measured, and why: shown by `gradcheck list` and in the report."""


@dataclass(frozen=True)
class Sweep:
    """The range of an elementwise function over which its accuracy is measured, tails included."""

    low: float
    high: float
    logarithmic: bool = False


@dataclass(frozen=True)
class Spec:
    """One function of dezero as the laboratory knows it.

    Attributes:
        name: stable; the name in case ids, usually that in `dezero.functions`.
        topic: the file of dezero/functions/ (or layer, model) it belongs to.
        call: `call(*Variables, **params)`.
        args: its differentiable (and other) array arguments.
        formula: the documented mathematics, `formula(m, *arrays, **params)` in a namespace of
            `gradcheck.oracles.symbols.namespace`, or None with a `note` saying why.
        variants: the calls that are measured.
        recipe: draws further variants for the full profile (see `gradcheck.specs.recipes`). A row of the
            table has None only where its note says, by DRAWN_ELSEWHERE, which row has one.
        covers: names in dezero that this row stands for: functions ("tanh") and Function classes
            ("Tanh").
        order: the highest order that is checked.
        vanishes: the order from which all derivatives are zero (2 for a linear function), or None for
            none of orders 1 to 4. A run checks it.
        conventions: declared derivatives at kinks.
        gaps: cases known not to pass.
        omits: cases that are not measured.
        bounds: declared accuracy in ULPs for orders 1, 2, ...
        note: shown in the report: the reason for a gap, a bound or a convention.
        sweep: for an elementwise function of one argument, the range of the accuracy plot.
        display: shapes of the arguments for the typeset formula; () for elementwise functions, None for
            those of the first variant.
    """

    name: str
    topic: str
    call: Callable[..., Any]
    args: tuple[Arg, ...]
    formula: Formula | None
    variants: tuple[Variant, ...] = (Variant(),)
    recipe: Recipe | None = None
    covers: tuple[str, ...] = ()
    order: int = 4
    vanishes: int | None = None
    conventions: tuple[Convention, ...] = ()
    gaps: tuple[Gap, ...] = ()
    omits: tuple[Omission, ...] = ()
    bounds: Sequence[float] = DECLARED_ULP
    note: str = ""
    sweep: Sweep | None = None
    display: tuple[tuple[int, ...], ...] | None = None


#: What the note of a row without a recipe begins with: another row has one for the same arguments.
DRAWN_ELSEWHERE = "Drawn variants are those of"


def recipe_of(spec: Spec) -> Recipe:
    """The spec's recipe.

    Raises:
        SpecError: it has none.
    """
    if spec.recipe is None:
        raise SpecError(
            f"spec {spec.name}: recipe: expected a function that draws variants, such as those of "
            "gradcheck.specs.recipes, got None"
        )
    return spec.recipe


@dataclass(frozen=True)
class Exemption:
    """A name of dezero that has no row, and the reason."""

    name: str
    reason: str
