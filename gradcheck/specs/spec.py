"""What a row of the table says: one Spec per function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck.errors import SpecError
from gradcheck.specs.fitting import fitting
from gradcheck.specs.parts import Arg, Convention, Gap, Omission, Recipe, Sweep, Variant

Formula = Callable[..., Any]
DECLARED_ULP = (4.0, 8.0, 16.0, 32.0)  # accuracy that dezero declares for orders 1 to 4


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
        package: the distribution that contributes it by an entry point; its name begins with this name then.

    Raises:
        SpecError: a field does not fit; the message names the spec, the field, what was expected and what
            came.

    >>> Spec("cube", "mine", lambda x: x**3, (Arg("x"),), None, order=0)
    Traceback (most recent call last):
    ...
    gradcheck.errors.SpecError: spec cube: order: expected an integer of at least 1, got 0
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
    package: str = ""

    @property
    def own_name(self) -> str:
        """The name within its package, by which its points are drawn."""
        return self.name.removeprefix(f"{self.package}.") if self.package else self.name

    @property
    def elementwise(self) -> bool:
        """Whether each element of the result is made of one element of each argument, broadcast."""
        return self.display is not None and not any(self.display)

    def __post_init__(self) -> None:
        for name, value in fitting(vars(self)).items():
            object.__setattr__(self, name, value)


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
