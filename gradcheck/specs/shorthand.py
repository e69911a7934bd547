"""What many rows share: the elementwise row of one argument, and shapes that broadcast."""

from __future__ import annotations

from typing import Any

from dezero import functions as F
from gradcheck.specs import recipes
from gradcheck.specs.spec import DECLARED_ULP, Arg, Formula, Gap, Omission, Spec, Variant


def declared(orders: int, why: str) -> dict[str, Any]:
    """The bounds and the note of a row that declares its accuracy for the first `orders` orders only.

    >>> declared(1, "the terms of the second derivative cancel")["bounds"]
    (4.0,)
    """
    return {"bounds": DECLARED_ULP[:orders], "note": why}


# Rows whose higher derivatives add up rounded terms. Where these cancel, the error is small beside the
# terms and yet many ULPs of the result; it is judged by the rounding that the formula itself can produce.
TERMS_CANCEL = "From the {} order on, rounded terms are added that may cancel: no bound in ULPs holds."
SUMS_FROM_SECOND = declared(1, TERMS_CANCEL.format("second"))
SUMS_FROM_THIRD = declared(2, TERMS_CANCEL.format("third"))


def loses_all(variant: str, *dtypes: str, layout: str = "*") -> tuple[Gap, ...]:
    """Gaps of a row whose values, in a variant and these dtypes, keep no digit at some order.

    >>> [gap.dtype for gap in loses_all("axis=1", "float16", "float32")]
    ['float16', 'float32']
    """
    why = "terms cancel until no digit is left at some element, though the formula is right"
    return tuple(Gap(why, variant, dtype, layout=layout) for dtype in dtypes)


def without(layout: str, why: str, variant: str = "*") -> tuple[Omission, ...]:
    """The one omission of a row that is not measured in some layout or form.

    >>> without("0-d", "an image has four axes")[0].layout
    '0-d'
    """
    return (Omission(why, variant, layout=layout),)


def shaped(*shapes: tuple[int, ...]) -> Variant:
    """The plain call on arguments of these shapes.

    >>> shaped((2, 3), ()).shapes
    ((2, 3), ())
    """
    return Variant(shapes=shapes)


MATRIX_AND_SCALAR = (shaped((2, 3)), shaped(()), shaped((1, 3)))
BROADCAST = (
    shaped((2, 3), (2, 3)),
    shaped((2, 3), (3,)),
    shaped((3,), (2, 3)),
    shaped((2, 1), (1, 3)),
    shaped((2, 3), ()),
    shaped((), ()),
)


def unary(topic: str, name: str, cls: str, formula: Formula, x: Arg | None = None, **fields: Any) -> Spec:
    """The row of `dezero.functions.<name>`, an elementwise function of one argument.

    Args:
        cls: the Function classes that the row covers, separated by blanks.
        x: where the argument is drawn from; by default the interval [-2, 2].
        fields: other fields of Spec.

    >>> unary("elementwise", "sin", "Sin", lambda m, x: m.sin(x)).covers
    ('sin', 'Sin')
    """
    usual: dict[str, Any] = {"variants": MATRIX_AND_SCALAR, "recipe": recipes.elementwise}
    return Spec(
        name=name,
        topic=topic,
        call=getattr(F, name),
        args=(x or Arg("x"),),
        formula=formula,
        covers=(name, *cls.split()),
        display=((),),
        **usual | fields,
    )


def binary(topic: str, name: str, cls: str, formula: Formula, x0: Arg, x1: Arg, **fields: Any) -> Spec:
    """The row of `dezero.functions.<name>`, an elementwise function of two arguments, broadcast.

    >>> rule = lambda m, x0, x1: x0 + x1
    >>> len(binary("arithmetic", "add", "Add", rule, Arg("x0"), Arg("x1")).variants)
    6
    """
    return Spec(
        name=name,
        topic=topic,
        call=getattr(F, name),
        args=(x0, x1),
        formula=formula,
        variants=BROADCAST,
        recipe=recipes.broadcast,
        covers=(name, *cls.split()),
        display=((), ()),
        **fields,
    )
