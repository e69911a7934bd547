"""Rows of what was run and judged, one kind a class: `schema` makes the published schema of them."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from gradcheck.records.fields import (
    Count,
    Device,
    Digits,
    DType,
    Float,
    FloatOrNull,
    Formula,
    MutantOutcome,
    Name,
    NamedTexts,
    Oracle,
    Order,
    OrderOrNull,
    Positive,
    Rule,
    Seconds,
    Seed,
    Shape,
    Shapes,
    Text,
    TextOrNull,
    Texts,
    Time,
    Verdict,
)

GAP = "declared gap"  # so begins the reason of a case that is declared not to pass
NEEDS_GPU = "needs a GPU: not run on this machine"  # what a run on a processor alone leaves out


class Machine(TypedDict):
    system: Name
    processor: Name
    cores: Count


_Machine = Annotated[Machine, Rule("machine", {})]
_Most = Rule("", {"maxItems": 10_000})


class Workers(TypedDict):
    """Processes of a cluster that are alike; ``count`` of them."""

    count: Positive
    machine: _Machine
    versions: NamedTexts


class DeviceRow(TypedDict):
    """A device that measures."""

    device: Device
    name: Name
    properties: Annotated[
        NamedTexts,
        "Of a GPU, as far as they are told: compute capability, multiprocessors, memory, driver, "
        "CUDA runtime, CuPy, TF32, switches.",
    ]


class RunRow(TypedDict):
    """One run of the laboratory: who measured what, where and how.

    ``machine`` is the one that the command ran on, ``workers`` those that a cluster measured on.
    """

    run: Annotated[Name, "Id of the run; case, network and end rows refer to it."]
    started: Time
    command: Annotated[Text, "The command line, as typed."]
    profile: Name
    seed: Seed
    versions: Annotated[NamedTexts, "Name of a package -> its version."]
    source: Annotated[Text, "A digest of both packages' Python files; empty where not known."]
    machine: _Machine
    devices: Annotated[list[DeviceRow], _Most]
    declared: Annotated[Count, "Number of distinct cases the run set out to execute."]
    workers: NotRequired[
        Annotated[
            list[Workers],
            _Most,
            "Of a run on a cluster: the processes that measured, those that are alike together.",
        ]
    ]


class CaseRow(TypedDict):
    """What one oracle says about one case at one order."""

    run: Name
    case: Annotated[Name, "Stable id, such as tanh/float64/cpu/c."]
    op: Name
    topic: Name
    params: Annotated[Text, "Such as axis=1, keepdims=True; empty where there are none."]
    shapes: Annotated[Shapes, "Shape of each input."]
    order: Annotated[Order, "0: forward against the formula; n: the n-th derivative."]
    dtype: DType
    device: Device
    layout: Name
    oracle: Oracle
    certified: Annotated[bool, "The oracle's bound is a proof."]
    formula: Annotated[
        Formula,
        "Whether backward's formula is right: by proof, by agreement within an estimate's bound, "
        "wrong, not known.",
    ]
    verdict: Verdict
    reason: Text
    diagnosis: Annotated[TextOrNull, "The likely cause of a failure."]
    warnings: Annotated[Texts, "What a pass should not hide: sentences."]
    digits: Annotated[
        Digits,
        "Correct decimal digits of the worst element's value, of 15.9 in float64; null where not known.",
    ]
    error_ulp: Annotated[
        FloatOrNull,
        "Worst error in ULPs of the dtype, less what half an ULP of the input would cause.",
    ]
    error_abs: FloatOrNull
    error_rel: FloatOrNull
    bound_ulp: Annotated[FloatOrNull, "The oracle's own error bound, in ULPs."]
    tolerance_ulp: FloatOrNull
    declared_ulp: Annotated[FloatOrNull, "The bound that the spec declares."]
    run_to_run_ulp: NotRequired[
        Annotated[Float, "On a device: how far apart several runs are, at most, in ULPs of the element."]
    ]
    where: Annotated[Text, "The worst element, such as input 0 (x), element (1, 2)."]
    expected: Annotated[Text, "Decimal."]
    got: Annotated[Text, "Decimal."]
    input_value: Annotated[Text, "The input at the worst element."]
    seconds: Seconds
    seed: Seed
    reproduce: Annotated[Text, "The command that runs this case again."]


class NetworkRow(TypedDict):
    """One parameter of a network on real data: central differences against backprop."""

    run: Name
    name: Name
    data: Annotated[Text, "What the network was fed with."]
    parameter: Name
    shape: Shape
    elements: Count
    mean_abs_diff: Float
    max_abs_diff: Float
    error_ulp: FloatOrNull
    verdict: Verdict
    reason: Text
    seconds: Seconds


class ExemptRow(TypedDict):
    """What was not measured, and why."""

    op: Name
    reason: Text
    what: Annotated[Text, "Such as not differentiable, or needs a GPU: not run on this machine."]
    count: Annotated[Count, "Number of cases this leaves out."]


class MutantRow(TypedDict):
    """A bug planted in one Function class, and what the checker said of one case with it."""

    run: Name
    mutant: Annotated[Name, "The kind of bug, by its short name."]
    bug: Annotated[Text, "What is wrong, in words."]
    function: Annotated[Name, "The Function class that has the bug."]
    case: Name
    op: Name
    topic: Name
    outcome: Annotated[
        MutantOutcome,
        "Equivalent: nothing observable changed; within rounding: no more than rounding can change. "
        "The last two are of the control, which changes nothing.",
    ]
    verdict: Verdict
    reason: Text
    order: Annotated[OrderOrNull, "The lowest order that failed."]
    visible_order: Annotated[OrderOrNull, "The lowest order at which anything observable changed."]
    diagnosis: TextOrNull
    named: Annotated[bool, "Whether the diagnosis names the bug."]
    seconds: Seconds
    reproduce: Text


class EndRow(TypedDict):
    """The end of a run; interrupted where it did not reach it by itself."""

    run: Name
    finished: Time
    seconds: Seconds
    declared: Count
    executed: Annotated[Count, "Number of distinct cases with a row."]
    interrupted: bool
    counts: Annotated[dict[Verdict, Count], "Number of cases with each verdict."]


class WarningRow(TypedDict):
    """Something a reader of the records should know."""

    message: Text
