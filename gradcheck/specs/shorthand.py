"""What many rows share: the elementwise row of one argument, and shapes that broadcast."""

from __future__ import annotations

from typing import Any

from dezero import functions as F
from gradcheck.errors import SpecError
from gradcheck.specs import recipes
from gradcheck.specs.parts import Arg, Gap, Omission, Variant
from gradcheck.specs.spec import DECLARED_ULP, Formula, Spec


def declared(orders: int, why: str) -> dict[str, Any]:
    """The bounds and the note of a row that declares its accuracy for the first `orders` orders only.

    >>> declared(1, "the terms of the second derivative cancel")["bounds"]
    (4.0,)
    """
    return {"bounds": DECLARED_ULP[:orders], "note": why}


# Rows whose higher derivatives add up rounded terms. Where these cancel, the error is small next to the
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


def row(
    topic: str, name: str, classes: str, formula: Formula, *args: Arg, function: str = "", **fields: Any
) -> Spec:
    """The row of `dezero.functions.<name>`.

    Args:
        classes: the Function classes that the row covers, separated by blanks.
        args: the function's array arguments.
        function: the function's name, where the row has another.
        fields: other fields of Spec.

    Raises:
        SpecError: dezero has no such function, and `call` is not given.

    >>> row("elementwise", "sin", "Sin", lambda m, x: m.sin(x), Arg("x")).covers
    ('sin', 'Sin')
    """
    function = function or name
    call = fields.pop("call", None) or getattr(F, function, None)
    if call is None:
        raise SpecError(f"spec {name}: call: expected a function, and dezero.functions has no {function!r}")
    covers = (function, *classes.split())
    return Spec(name, topic, call, args, formula, **{"covers": covers} | fields)


def unary(topic: str, name: str, classes: str, formula: Formula, x: Arg | None = None, **fields: Any) -> Spec:
    """The row of an elementwise function of one argument, by default drawn from [-2, 2]; else as `row`.

    >>> unary("elementwise", "sin", "Sin", lambda m, x: m.sin(x)).display
    ((),)
    """
    usual: dict[str, Any] = {"variants": MATRIX_AND_SCALAR, "recipe": recipes.elementwise, "display": ((),)}
    return row(topic, name, classes, formula, x or Arg("x"), **usual | fields)


def binary(topic: str, name: str, classes: str, formula: Formula, x0: Arg, x1: Arg, **fields: Any) -> Spec:
    """The row of an elementwise function of two arguments, broadcast; else as `row`.

    >>> rule = lambda m, x0, x1: x0 + x1
    >>> len(binary("arithmetic", "add", "Add", rule, Arg("x0"), Arg("x1")).variants)
    6
    """
    usual: dict[str, Any] = {"variants": BROADCAST, "recipe": recipes.broadcast, "display": ((), ())}
    return row(topic, name, classes, formula, x0, x1, **usual | fields)
