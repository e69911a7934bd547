"""Rows of what was run and judged, one kind a class: `schema` makes the published schema of them."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from gradcheck.records import fields as f

GAP = "declared gap"  # so begins the reason of a case that is declared not to pass
NEEDS_GPU = "needs a GPU: not run on this machine"  # what a run on a processor alone leaves out


class Machine(TypedDict):
    system: f.Name
    processor: f.Name
    cores: f.Count


_Machine = Annotated[Machine, f.Rule("machine", {})]
_Most = f.within(maxItems=10_000)


class Workers(TypedDict):
    """Processes of a cluster that are alike; ``count`` of them."""

    count: f.Positive
    machine: _Machine
    versions: f.NamedTexts


class DeviceRow(TypedDict):
    """A device that measures."""

    device: f.Device
    name: f.Name
    properties: Annotated[
        f.NamedTexts,
        "Of a GPU, as far as they are told: compute capability, multiprocessors, memory, driver, "
        "CUDA runtime, CuPy, TF32, switches.",
    ]


_Line = Annotated[list[f.Float], f.within(minItems=1, maxItems=8)]
_Matrix = Annotated[list[_Line], f.within(minItems=1, maxItems=8)]


class Matrices(TypedDict):
    """A small Jacobian or Hessian, expected and got: rows of figures."""

    title: Annotated[f.Text, "What its rows and columns are."]
    digits: Annotated[
        int,
        f.within(minimum=1, maximum=17),
        "Significant digits of its figures, enough to show each difference.",
    ]
    expected: _Matrix
    got: _Matrix
    wrong: Annotated[list[f.Edge], f.within(maxItems=64), "Row and column of each element that is wrong."]


class Selected(TypedDict):
    """What a run set out to measure."""

    ops: Annotated[f.Text, "Shell patterns of names, separated by commas; * for all."]
    order: Annotated[f.OrderOrNull, "The highest; null for that of each function."]
    devices: Annotated[list[f.Device], f.within(maxItems=10)]


class RunRow(TypedDict):
    """One run of the laboratory: who measured what, where and how.

    ``machine`` is the one that the command ran on, ``workers`` those that a cluster measured on.
    """

    run: Annotated[f.Name, "Id of the run; case, network and end rows refer to it."]
    started: f.Time
    command: Annotated[f.Text, "The command line, as typed."]
    profile: f.Name
    seed: f.Seed
    versions: Annotated[f.NamedTexts, "Name of a package -> its version."]
    source: Annotated[f.Text, "A digest of both packages' Python files; empty where not known."]
    machine: _Machine
    devices: Annotated[list[DeviceRow], _Most]
    declared: Annotated[f.Count, "Number of distinct cases the run set out to execute."]
    commit: NotRequired[
        Annotated[
            f.Text,
            "The commit that was measured, as git names it; (changed) follows where tracked files differ.",
        ]
    ]
    selection: NotRequired[Annotated[Selected, f.Rule("selected", {}), "Which part of the table."]]
    workers: NotRequired[
        Annotated[
            list[Workers],
            _Most,
            "Of a run on a cluster: the processes that measured, those that are alike together.",
        ]
    ]


class CulpritRow(TypedDict):
    """The function whose derivative is wrong by itself."""

    function: Annotated[f.Name, "Its class, or the op where no class is known."]
    path: Annotated[f.Text, "The file of its backward, from where the package lies; empty where not known."]
    line: Annotated[f.Count, "0 where not known."]
    order: Annotated[f.Order, "The lowest at which it is wrong, counted from its own value."]
    kind: Annotated[f.Text, "Of the mistake: the same for each case that shows it."]


class CaseRow(TypedDict):
    """What one oracle says about one case at one order."""

    run: f.Name
    case: Annotated[f.Name, "Stable id, such as tanh/float64/cpu/c."]
    op: f.Name
    topic: f.Name
    params: Annotated[f.Text, "Such as axis=1, keepdims=True; empty where there are none."]
    shapes: Annotated[f.Shapes, "Shape of each input."]
    order: Annotated[f.Order, "0: forward against the formula; n: the n-th derivative."]
    dtype: f.DType
    device: f.Device
    layout: f.Name
    oracle: f.Source
    certified: Annotated[bool, "The oracle's bound is a proof."]
    formula: Annotated[
        f.Formula,
        "Whether backward's formula is right: by proof, by agreement within an estimate's bound, "
        "wrong, not known.",
    ]
    verdict: f.Verdict
    reason: f.Text
    diagnosis: Annotated[f.TextOrNull, "The likely cause of a failure."]
    culprit: NotRequired[
        Annotated[CulpritRow, f.Rule("culprit", {}), "What the diagnosis blames, where that is one function."]
    ]
    warnings: Annotated[f.Texts, "What a pass should not hide: sentences."]
    digits: Annotated[
        f.Digits,
        "Correct decimal digits, of 15.9 in float64: against jet and formula the fewest of any element, "
        "against others those of the element that is named; null where not known.",
    ]
    error_ulp: Annotated[
        f.FloatOrNull,
        "Worst error in ULPs of the dtype. In records without excused_ulp: of an error past the declared "
        "bound only what is left past the excuse.",
    ]
    error_abs: f.FloatOrNull
    error_rel: f.FloatOrNull
    bound_ulp: Annotated[f.FloatOrNull, "The oracle's own error bound, in ULPs."]
    tolerance_ulp: f.FloatOrNull
    declared_ulp: Annotated[f.FloatOrNull, "The bound that the spec declares."]
    excused_ulp: NotRequired[
        Annotated[
            f.Float, "By how much more an error may exceed it: what half an ULP of the data causes, as often."
        ]
    ]
    run_to_run_ulp: NotRequired[
        Annotated[f.Float, "On a device: how far apart several runs are, at most, in ULPs of the element."]
    ]
    where: Annotated[f.Text, "The worst element, such as input 0 (x), element (1, 2)."]
    expected: Annotated[f.Text, "Decimal."]
    got: Annotated[f.Text, "Decimal."]
    input_value: Annotated[f.Text, "The input at the worst element."]
    contracted: NotRequired[
        Annotated[
            f.Text,
            "The cotangent gy, and from order 2 on the direction d, that expected and got are contracted "
            "with. Absent of a derivative: drawn with the seed; `gradcheck reproduce` prints them.",
        ]
    ]
    seconds: f.Seconds
    seed: f.Seed
    reproduce: Annotated[f.Text, "The command that runs this case again."]
    fix: NotRequired[
        Annotated[f.Text, "What to change in backward, a sentence: of a failure whose diagnosis says enough."]
    ]
    matrices: NotRequired[
        Annotated[
            list[Matrices],
            f.within(maxItems=4),
            "Of a failure the derivatives expected next to those got, where they are small.",
        ]
    ]
    asked: NotRequired[
        Annotated[f.Text, "Of a test that asked for it: its file and line, such as tests/test_ops.py:12."]
    ]


class NetworkRow(TypedDict):
    """One parameter of a network on real data: central differences against backprop."""

    run: f.Name
    name: f.Name
    data: Annotated[f.Text, "What the network was fed with."]
    parameter: f.Name
    shape: f.Shape
    elements: f.Count
    mean_abs_diff: f.Float
    max_abs_diff: f.Float
    step: NotRequired[Annotated[f.Float, "Of the central differences."]]
    error_ulp: Annotated[f.FloatOrNull, "Of backward at this parameter's worst element."]
    verdict: f.Verdict
    reason: f.Text
    seconds: Annotated[f.Seconds, "The parameter's share of the network's time."]


class ExemptRow(TypedDict):
    """What was not measured, and why."""

    op: f.Name
    reason: f.Text
    what: Annotated[f.Text, "Such as not differentiable, or needs a GPU: not run on this machine."]
    count: Annotated[f.Count, "Number of cases this leaves out."]


class MutantRow(TypedDict):
    """A bug planted in one Function class, and what the checker said of one case with it."""

    run: f.Name
    mutant: Annotated[f.Name, "The kind of bug, by its short name."]
    bug: Annotated[f.Text, "What is wrong, in words."]
    function: Annotated[f.Name, "The Function class that has the bug."]
    case: f.Name
    op: f.Name
    topic: f.Name
    outcome: Annotated[
        f.MutantOutcome,
        "Equivalent: nothing observable changed; within rounding: no more than rounding can change. "
        "The last two are of the control, which changes nothing.",
    ]
    verdict: f.Verdict
    reason: f.Text
    order: Annotated[f.OrderOrNull, "The lowest order that failed."]
    visible_order: Annotated[f.OrderOrNull, "The lowest order at which anything observable changed."]
    diagnosis: f.TextOrNull
    named: Annotated[bool, "Whether the diagnosis names the bug."]
    seconds: f.Seconds
    reproduce: f.Text


class EndRow(TypedDict):
    """The end of a run; interrupted where it did not reach it by itself."""

    run: f.Name
    finished: f.Time
    seconds: f.Seconds
    declared: f.Count
    executed: Annotated[f.Count, "Number of distinct cases with a row."]
    interrupted: bool
    counts: Annotated[dict[f.Verdict, f.Count], "Number of cases with each verdict."]


class WarningRow(TypedDict):
    """Something a reader of the records should know."""

    message: f.Text
    doubt: NotRequired[
        Annotated[bool, "True where it says why passes are not enough, as where scalars alone were tried."]
    ]
