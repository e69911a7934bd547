"""Rows of what the pages draw and typeset, one kind a class: `schema` makes the published schema of them."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

from gradcheck.records import fields as f

_Equations = Annotated[list[f.LongText], f.within(maxItems=1000)]


class Typed(TypedDict):
    """A formula and its derivatives in one notation; several that are equal are one equation."""

    value: f.LongText
    first: Annotated[f.LongText, "By the first element that matters."]
    second: f.LongText
    firsts: NotRequired[Annotated[_Equations, "Those by an element of each further input."]]
    seconds: NotRequired[Annotated[_Equations, "Those by each further pair of these elements."]]


class FormulaRow(TypedDict):
    """An op's formula and its derivatives, typeset and as text."""

    op: f.Name
    topic: f.Name
    mathml: Annotated[Typed, "Presentation MathML."]
    text: Annotated[Typed, "Plain text."]
    covers: Annotated[f.Names, "Names of dezero that this spec covers."]
    note: f.Text
    conventions: NotRequired[
        Annotated[f.Texts, "What the derivative is at ties and bounds; in older records the note says so."]
    ]
    written_for: NotRequired[Annotated[f.Text, "The shapes on which it is written."]]


class SchemeErrors(TypedDict):
    step: f.Floats
    error: f.Floats
    power: NotRequired[
        Annotated[
            int,
            f.within(minimum=1, maximum=100),
            "The order of the scheme: truncation is constant * step^power.",
        ]
    ]
    constant: NotRequired[Annotated[f.Float, "Of the truncation, relative as the error is."]]


class ErrorModel(TypedDict):
    step: f.Floats
    truncation: f.Floats
    rounding: f.Floats


class CurveRow(TypedDict):
    """The error of numerical derivatives against the step size, at one point."""

    op: f.Name
    order: f.CurveOrder
    x: Annotated[f.Float, "The point."]
    input: Annotated[f.Text, "Which element moves, such as x[0, 1]; the others are held."]
    output: NotRequired[
        Annotated[
            f.Text,
            "Which element of the result is differentiated, such as y[0, 1]: the cotangent is 1 there. "
            "Absent in older records: there it is the sum of all, weighed with a random cotangent.",
        ]
    ]
    truth: Annotated[f.Text, "The derivative, decimal."]
    schemes: Annotated[
        dict[f.Name, SchemeErrors],
        f.within(maxProperties=100),
        "Name of a scheme -> relative error at each step.",
    ]
    model: Annotated[ErrorModel, "Predicted relative error."]
    chosen_step: f.Float
    chosen_error: f.Float


class RangeRow(TypedDict):
    """Error of the derivative over the whole domain, tails included."""

    op: f.Name
    order: f.Order
    input: NotRequired[
        Annotated[f.Text, "Which input moves, and how the others are held; absent where there is one input."]
    ]
    x: f.Floats
    error_ulp: f.Floats


class NumericDerivatives(TypedDict):
    x: f.Floats
    value: f.Floats
    bound: f.Floats


class SectionRow(TypedDict):
    """An op and its derivatives along one element of its input: backward beside numerical differentiation."""

    op: f.Name
    order: Annotated[f.Order, "0: the value itself."]
    input: Annotated[f.Text, "Which element moves."]
    x: f.Floats
    analytic: Annotated[f.Floats, "What forward (order 0) or backward gives, contracted with a cotangent."]
    error_ulp: Annotated[f.Floats, "Error of analytic in ULPs; nan where there is no derivative."]
    numeric: Annotated[
        NumericDerivatives, "Numerical derivatives of forward alone, with the error model's bound."
    ]


class Node(TypedDict):
    label: f.Name
    function: Annotated[bool, "A Function; otherwise a Variable."]


class GraphRow(TypedDict):
    """The computational graph of an op (order 0) or of its n-th gradient."""

    op: f.Name
    order: f.Order
    nodes: Annotated[list[Node], f.within(maxItems=20_000)]
    edges: Annotated[list[f.Edge], f.within(maxItems=100_000), "Pairs: from which node to which."]


class SourceRow(TypedDict):
    """The source of backward of a Function that an op is made of."""

    op: f.Name
    name: Annotated[f.Name, "Such as Tanh.backward."]
    path: f.Name
    line: f.Positive
    text: f.LongText


class StudyRow(TypedDict):
    """A study: what is measured beside verdicts. Its figures and tables are rows of their own."""

    study: Annotated[f.Name, "Stable name."]
    title: f.Text
    lead: Annotated[f.Text, "What is asked and what was found."]
    seconds: f.Seconds
    command: NotRequired[Annotated[f.Text, "What makes it again."]]
    files: NotRequired[Annotated[f.Texts, "Its modules, the study's own first."]]
    lines: NotRequired[Annotated[f.Count, "Lines of code in these, without comments and docstrings."]]
    snippet: NotRequired[Annotated[f.LongText, "The heart of it in a few lines of Python."]]
    references: NotRequired[Annotated[f.Texts, "Literature."]]


class AxisLabel(TypedDict):
    label: f.Name
    log: bool


_Axis = Annotated[AxisLabel, f.Rule("axis", {})]


class FigureLine(TypedDict):
    label: f.Name
    style: Annotated[
        Literal["line", "marks", "thin", "guide"],
        "Thin: in the background, without a name; guide: what a model predicts.",
    ]
    x: f.Floats
    y: f.Floats


class FigureRow(TypedDict):
    """A plot of a study."""

    study: f.Name
    place: Annotated[f.Count, "Its place on the study's page."]
    title: Annotated[f.Text, "Heading; empty to go on under the one before."]
    text: Annotated[f.Text, "What comes before it."]
    caption: Annotated[f.Text, "What to see in it."]
    x: _Axis
    y: _Axis
    lines: Annotated[list[FigureLine], f.within(maxItems=1000)]


class TableRow(TypedDict):
    """A table of a study."""

    study: f.Name
    place: f.Count
    title: f.Text
    text: f.Text
    caption: f.Text
    columns: f.Texts
    cells: Annotated[f.Cells, "Rows of cells, one for each column; the first names the row."]
    folded: NotRequired[Annotated[f.Text, "A long table, shown when what has this name is opened."]]
