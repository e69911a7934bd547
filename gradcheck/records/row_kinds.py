"""The kinds of rows that records have, and their fields, for type checkers.

``records.schema.json`` says the same in JSON Schema; a test keeps the two equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NotRequired, TypedDict

from gradcheck.oracles.registry import SOURCES

Verdict = Literal["pass", "fail", "inconclusive", "not-tested"]
VERDICTS: tuple[Verdict, ...] = ("pass", "fail", "inconclusive", "not-tested")
FormulaIs = Literal["proven", "supported", "wrong", "unknown"]
GAP = "declared gap"  # so begins the reason of a case that is declared not to pass
NEEDS_GPU = "needs a GPU: not run on this machine"  # what a run on a processor alone leaves out
Device = Literal["cpu", "gpu"]
if TYPE_CHECKING:
    Oracle = str
else:  # whoever adds an oracle adds it to the registry alone
    Oracle = Literal[SOURCES]
MutantOutcome = Literal[
    "killed", "survived", "equivalent", "within rounding", "not applicable", "unharmed", "false alarm"
]


class Machine(TypedDict):
    system: str
    processor: str
    cores: int


class Workers(TypedDict):
    """Processes of a cluster that are alike; ``count`` of them."""

    count: int
    machine: Machine
    versions: dict[str, str]


class DeviceRow(TypedDict):
    """A device that measures: of a GPU ``properties`` has driver, runtime and what else decides figures."""

    device: Device
    name: str
    properties: dict[str, str]


class RunRow(TypedDict):
    """One run: who measured what, where and how. ``declared`` counts distinct cases.

    ``source`` is a digest of both packages' files, empty where older records do not say;
    ``machine`` is the one that the command ran on, ``workers`` those that a cluster measured on.
    """

    run: str
    started: str
    command: str
    profile: str
    seed: int
    versions: dict[str, str]
    source: str
    machine: Machine
    devices: list[DeviceRow]
    declared: int
    workers: NotRequired[list[Workers]]


class CaseRow(TypedDict):
    """What one oracle says about one case at one order (0: forward against the formula).

    ``run_to_run_ulp`` is how far apart several runs on a device are.
    """

    run: str
    case: str
    op: str
    topic: str
    params: str
    shapes: list[list[int]]
    order: int
    dtype: str
    device: Device
    layout: str
    oracle: Oracle
    certified: bool
    formula: FormulaIs
    verdict: Verdict
    reason: str
    diagnosis: str | None
    warnings: list[str]
    digits: float | None
    error_ulp: float | None
    error_abs: float | None
    error_rel: float | None
    bound_ulp: float | None
    tolerance_ulp: float | None
    declared_ulp: float | None
    run_to_run_ulp: NotRequired[float]
    where: str
    expected: str
    got: str
    input_value: str
    seconds: float
    seed: int
    reproduce: str


class Derivatives(TypedDict):
    value: str
    first: str
    second: str


class FormulaRow(TypedDict):
    """An op's formula and derivatives; ``covers`` are the names of dezero it stands for."""

    op: str
    topic: str
    mathml: Derivatives
    text: Derivatives
    covers: list[str]
    note: str


class Errors(TypedDict):
    step: list[float]
    error: list[float]


class ErrorModel(TypedDict):
    step: list[float]
    truncation: list[float]
    rounding: list[float]


class CurveRow(TypedDict):
    """Relative error of numerical derivatives against the step size, at the point ``x``."""

    op: str
    order: int
    x: float
    input: str
    truth: str
    schemes: dict[str, Errors]
    model: ErrorModel
    chosen_step: float
    chosen_error: float


class RangeRow(TypedDict):
    """Error of the derivative, in ULPs, over the whole domain, tails included."""

    op: str
    order: int
    x: list[float]
    error_ulp: list[float]


class Numeric(TypedDict):
    x: list[float]
    value: list[float]
    bound: list[float]


class SectionRow(TypedDict):
    """An op and its derivatives along one element of its input, by backward and numerically."""

    op: str
    order: int
    input: str
    x: list[float]
    analytic: list[float]
    error_ulp: list[float]
    numeric: Numeric


class Node(TypedDict):
    label: str
    function: bool


class GraphRow(TypedDict):
    """The computational graph of an op (order 0) or of its gradient; edges are pairs of nodes."""

    op: str
    order: int
    nodes: list[Node]
    edges: list[list[int]]


class SourceRow(TypedDict):
    """The source of backward of a Function that an op is made of."""

    op: str
    name: str
    path: str
    line: int
    text: str


class StudyRow(TypedDict):
    """A study; its figures and tables are rows of their own, in the order of ``place``."""

    study: str
    title: str
    lead: str
    seconds: float


class AxisLabel(TypedDict):
    label: str
    log: bool


class FigureLine(TypedDict):
    label: str
    style: Literal["line", "marks", "thin"]
    x: list[float]
    y: list[float]


class FigureRow(TypedDict):
    """A plot of a study."""

    study: str
    place: int
    title: str
    text: str
    caption: str
    x: AxisLabel
    y: AxisLabel
    lines: list[FigureLine]


class TableRow(TypedDict):
    """A table of a study; the first cell of each row names it."""

    study: str
    place: int
    title: str
    text: str
    caption: str
    columns: list[str]
    cells: list[list[str | float | None]]


class NetworkRow(TypedDict):
    """One parameter of a network on real data: central differences against backprop."""

    run: str
    name: str
    data: str
    parameter: str
    shape: list[int]
    elements: int
    mean_abs_diff: float
    max_abs_diff: float
    error_ulp: float | None
    verdict: Verdict
    reason: str
    seconds: float


class ExemptRow(TypedDict):
    """What was not measured, and why; ``count`` is the number of cases this leaves out."""

    op: str
    reason: str
    what: str
    count: int


class MutantRow(TypedDict):
    """A bug planted in one Function class, and what the checker said of one case with it.

    ``order`` is the lowest that failed, ``visible_order`` the lowest at which anything changed;
    ``named`` says whether the diagnosis named the bug.
    """

    run: str
    mutant: str
    bug: str
    function: str
    case: str
    op: str
    topic: str
    outcome: MutantOutcome
    verdict: Verdict
    reason: str
    order: int | None
    visible_order: int | None
    diagnosis: str | None
    named: bool
    seconds: float
    reproduce: str


class EndRow(TypedDict):
    """The end of a run; ``counts`` is the number of cases with each verdict."""

    run: str
    finished: str
    seconds: float
    declared: int
    executed: int
    interrupted: bool
    counts: dict[str, int]


class WarningRow(TypedDict):
    """Something a reader of the records should know."""

    message: str


#: Kind -> the fields a row of that kind has, beside ``schema_version`` and ``kind``.
KINDS: dict[str, type] = {
    "run": RunRow,
    "case": CaseRow,
    "formula": FormulaRow,
    "curve": CurveRow,
    "range": RangeRow,
    "section": SectionRow,
    "graph": GraphRow,
    "source": SourceRow,
    "study": StudyRow,
    "figure": FigureRow,
    "table": TableRow,
    "network": NetworkRow,
    "exempt": ExemptRow,
    "mutant": MutantRow,
    "end": EndRow,
    "warning": WarningRow,
}
