"""Rows of what the pages draw and typeset, one kind a class: `schema` makes the published schema of them."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from gradcheck.records.fields import (
    Cells,
    Count,
    CurveOrder,
    Edge,
    Float,
    Floats,
    LongText,
    Name,
    Names,
    Order,
    Positive,
    Rule,
    Seconds,
    Text,
    Texts,
)


class Typed(TypedDict):
    """A formula and its derivatives in one notation."""

    value: LongText
    first: LongText
    second: LongText


class FormulaRow(TypedDict):
    """An op's formula and its derivatives, typeset and as text."""

    op: Name
    topic: Name
    mathml: Annotated[Typed, "Presentation MathML."]
    text: Annotated[Typed, "Plain text."]
    covers: Annotated[Names, "Names of dezero that this spec covers."]
    note: Text


class SchemeErrors(TypedDict):
    step: Floats
    error: Floats


class ErrorModel(TypedDict):
    step: Floats
    truncation: Floats
    rounding: Floats


class CurveRow(TypedDict):
    """The error of numerical derivatives against the step size, at one point."""

    op: Name
    order: CurveOrder
    x: Annotated[Float, "The point."]
    input: Annotated[Text, "Which input, and how the others are held."]
    truth: Annotated[Text, "The derivative, decimal."]
    schemes: Annotated[
        dict[Name, SchemeErrors],
        Rule("", {"maxProperties": 100}),
        "Name of a scheme -> relative error at each step.",
    ]
    model: Annotated[ErrorModel, "Predicted relative error."]
    chosen_step: Float
    chosen_error: Float


class RangeRow(TypedDict):
    """Error of the derivative over the whole domain, tails included."""

    op: Name
    order: Order
    x: Floats
    error_ulp: Floats


class NumericDerivatives(TypedDict):
    x: Floats
    value: Floats
    bound: Floats


class SectionRow(TypedDict):
    """An op and its derivatives along one element of its input: backward beside numerical differentiation."""

    op: Name
    order: Annotated[Order, "0: the value itself."]
    input: Annotated[Text, "Which element moves."]
    x: Floats
    analytic: Annotated[Floats, "What forward (order 0) or backward gives, contracted with a cotangent."]
    error_ulp: Annotated[Floats, "Error of analytic in ULPs; nan where there is no derivative."]
    numeric: Annotated[
        NumericDerivatives, "Numerical derivatives of forward alone, with the error model's bound."
    ]


class Node(TypedDict):
    label: Name
    function: Annotated[bool, "A Function; otherwise a Variable."]


class GraphRow(TypedDict):
    """The computational graph of an op (order 0) or of its n-th gradient."""

    op: Name
    order: Order
    nodes: Annotated[list[Node], Rule("", {"maxItems": 20_000})]
    edges: Annotated[list[Edge], Rule("", {"maxItems": 100_000}), "Pairs: from which node to which."]


class SourceRow(TypedDict):
    """The source of backward of a Function that an op is made of."""

    op: Name
    name: Annotated[Name, "Such as Tanh.backward."]
    path: Name
    line: Positive
    text: LongText


class StudyRow(TypedDict):
    """A study: what is measured beside verdicts. Its figures and tables are rows of their own."""

    study: Annotated[Name, "Stable name."]
    title: Text
    lead: Annotated[Text, "What is asked and what was found."]
    seconds: Seconds


class AxisLabel(TypedDict):
    label: Name
    log: bool


_Axis = Annotated[AxisLabel, Rule("axis", {})]


class FigureLine(TypedDict):
    label: Name
    style: Literal["line", "marks", "thin"]
    x: Floats
    y: Floats


class FigureRow(TypedDict):
    """A plot of a study."""

    study: Name
    place: Annotated[Count, "Its place on the study's page."]
    title: Annotated[Text, "Heading; empty to go on under the one before."]
    text: Annotated[Text, "What comes before it."]
    caption: Annotated[Text, "What to see in it."]
    x: _Axis
    y: _Axis
    lines: Annotated[list[FigureLine], Rule("", {"maxItems": 1000})]


class TableRow(TypedDict):
    """A table of a study."""

    study: Name
    place: Count
    title: Text
    text: Text
    caption: Text
    columns: Texts
    cells: Annotated[Cells, "Rows of cells, one for each column; the first names the row."]
