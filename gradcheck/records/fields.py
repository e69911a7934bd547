"""What a field of a row may hold: a type for type checkers, and with it a rule of JSON Schema.

`schema` makes the published schema of these and of the rows that use them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, get_args

from gradcheck.judging import verdict
from gradcheck.oracles.registry import SOURCES


class Rule(NamedTuple):
    """Keywords added to those of the type; a rule with a name is one that others refer to."""

    name: str
    keywords: Mapping[str, Any]
    description: str = ""


def within(**keywords: int) -> Rule:
    """Limits of a field that no other has."""
    return Rule("", keywords)


SPELLED = "^(nan|-?inf)$"  # a float that JSON has no number for
WHOLE = "^[^\\ud800-\\udfff]*$"  # a text of whole characters: UTF-8 can say no other
_FINITE = {"minimum": -1.7976931348623157e308, "maximum": 1.7976931348623157e308}
_FLOAT = {**_FINITE, "pattern": SPELLED}
_TEXT = {"$comment": "a text without half surrogate pairs", "pattern": WHOLE, "maxLength": 100_000}
_TIME = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?$"
_MANY = 10**15

# Numbers --------------------------------------------------------------------------------------------

Float = Annotated[
    float,
    Rule("float", {"type": ["number", "string"], **_FLOAT}, "A float64; NaN and infinities as strings."),
]
FloatOrNull = Annotated[
    float | None,
    Rule(
        "float_or_null",
        {"type": ["number", "string", "null"], **_FLOAT},
        "A float, or null where nothing was measured.",
    ),
]
Floats = Annotated[list[Float], Rule("floats", {"maxItems": 100_000})]
Digits = Annotated[float | None, within(minimum=0, maximum=1000)]
Seconds = Annotated[float, Rule("seconds", {"minimum": 0, "maximum": 1e12})]
Count = Annotated[int, Rule("count", {"minimum": 0, "maximum": _MANY})]
Positive = Annotated[int, within(minimum=1, maximum=_MANY)]
Order = Annotated[int, Rule("order", {"minimum": 0, "maximum": 1000})]
OrderOrNull = Annotated[int | None, Rule("order_or_null", {"minimum": 0, "maximum": 1000})]
CurveOrder = Annotated[int, within(minimum=1, maximum=3)]
Seed = Annotated[int, Rule("seed", {"minimum": -(2**63), "maximum": 2**64 - 1})]
Shape = Annotated[list[Count], Rule("shape", {"maxItems": 100})]
Shapes = Annotated[list[Shape], within(maxItems=1000)]
Edge = Annotated[list[Count], within(minItems=2, maxItems=2)]

# Texts ----------------------------------------------------------------------------------------------

_NAME = "What something is called; rows that are about the same thing say the same."
Name = Annotated[str, Rule("name", {**_TEXT, "format": "name", "maxLength": 1000}, _NAME)]
Text = Annotated[str, Rule("text", _TEXT)]
TextOrNull = Annotated[str | None, Rule("text_or_null", _TEXT)]
LongText = Annotated[str, Rule("long_text", {**_TEXT, "maxLength": 1_000_000}, "A formula, a source.")]
_CELL = {"type": ["string", "number", "null"], **_FINITE, **_TEXT}
Cell = Annotated[str | float | None, Rule("cell", _CELL, "Of a table.")]
Names = Annotated[list[Name], Rule("names", {"maxItems": 10_000})]
Texts = Annotated[list[Text], Rule("texts", {"maxItems": 1000})]
NamedTexts = Annotated[dict[Name, Text], Rule("named_texts", {"maxProperties": 1000})]
Cells = Annotated[list[Annotated[list[Cell], within(maxItems=1000)]], within(maxItems=10_000)]
_DTYPE = {"$comment": "the name of a dtype", "format": "name", "maxLength": 100}
DType = Annotated[str, Rule("dtype", {**_DTYPE, "pattern": "^[a-zA-Z0-9_]*$"}, "NumPy's name of it.")]
_SUCH = {"$comment": "a time such as 2026-11-21T10:00:00+00:00", "maxLength": 40, "pattern": _TIME}
Time = Annotated[str, Rule("time", _SUCH, "ISO 8601, with the offset from UTC.")]

# One of several words -------------------------------------------------------------------------------

Verdict = Annotated[verdict.Verdict, Rule("verdict", {})]
VERDICTS: tuple[verdict.Verdict, ...] = get_args(verdict.Verdict)
Formula = verdict.Formula
Device = Literal["cpu", "gpu"]
if TYPE_CHECKING:
    Source = str
else:  # whoever adds an oracle adds it to the registry alone
    Source = Literal[SOURCES]
MutantOutcome = Literal[
    "killed", "survived", "equivalent", "within rounding", "not applicable", "unharmed", "false alarm"
]
