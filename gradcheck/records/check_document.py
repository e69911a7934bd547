"""What `gradcheck check --json` prints: the types of which the published schema is made.

`python -m gradcheck.records.schema` writes ``check.schema.json`` anew.
"""

from __future__ import annotations

from typing import Annotated, TypedDict

from gradcheck.records import fields as f

CHECK_VERSION = 1


class InputOfCheck(TypedDict):
    name: f.Text
    dtype: f.DType
    shape: f.Shape


class EvidenceOfCheck(TypedDict):
    """One order judged by one oracle."""

    order: Annotated[f.Order, "0: forward against the formula; n: the n-th derivative."]
    oracle: f.Source
    verdict: f.Verdict
    reason: f.Text
    certified: bool
    formula: f.Formula
    digits: f.Digits
    error_ulp: f.FloatOrNull
    error_abs: f.FloatOrNull
    error_rel: f.FloatOrNull
    bound_ulp: f.FloatOrNull
    tolerance_ulp: f.FloatOrNull
    declared_ulp: f.FloatOrNull
    excused_ulp: f.FloatOrNull
    run_to_run_ulp: f.FloatOrNull
    where: Annotated[f.Text, "The worst element, such as input 0 (x), element (1, 2)."]
    expected: f.Text
    got: f.Text
    contracted: Annotated[f.Text, "The gy and d that expected and got are contracted with; empty where long."]
    input_value: f.Text
    seconds: f.Seconds
    warnings: f.Texts
    notes: f.Texts


class CheckOfTarget(TypedDict):
    """One check: the op at one point."""

    number: Annotated[f.Positive, "TARGET@NUMBER makes this check alone."]
    title: f.Text
    inputs: Annotated[list[InputOfCheck], f.within(maxItems=1000)]
    verdict: f.Verdict
    reason: f.Text
    diagnosis: Annotated[f.TextOrNull, "The likely cause of a failure."]
    formula: Annotated[f.Formula, "Whether backward's formula is right."]
    digits: Annotated[f.Digits, "Correct decimal digits of the worst element's value; null where not known."]
    jacobian: Annotated[f.Texts, "Of a failure, where it is small: lines that show what is wrong in it."]
    warnings: f.Texts
    notes: f.Texts
    seconds: f.Seconds
    reproduce: Annotated[f.Text, "The command that makes this check again."]
    file: Annotated[f.TextOrNull, "Of the backward that is likely to be wrong."]
    line: Annotated[int | None, f.within(minimum=1)]
    evidence: Annotated[list[EvidenceOfCheck], f.within(maxItems=10_000)]


class LeftOutOfTarget(TypedDict):
    what: f.Text
    why: f.Text


class TargetOfCheck(TypedDict):
    """One target: a function, a class or a spec."""

    target: f.Text
    file: f.TextOrNull
    line: Annotated[int | None, f.within(minimum=1)]
    found: Annotated[f.Texts, "What was found out about its inputs, as options of the command."]
    left_out: Annotated[list[LeftOutOfTarget], f.within(maxItems=10_000)]
    doubt: Annotated[f.TextOrNull, "Why it is not green though no check fails."]
    refused: Annotated[f.TextOrNull, "Why it could not be checked."]
    seconds: f.Seconds
    checks: Annotated[list[CheckOfTarget], f.within(maxItems=100_000)]


class Counts(TypedDict):
    checks: f.Count
    passed: f.Count
    failed: f.Count
    inconclusive: f.Count
    not_tested: f.Count
    refused: Annotated[f.Count, "Targets that could not be checked."]


class CheckDocument(TypedDict):
    """What `gradcheck check --json` prints."""

    command: f.Text
    versions: f.NamedTexts
    targets: Annotated[list[TargetOfCheck], f.within(maxItems=100_000)]
    counts: Counts
    repeat: Annotated[f.TextOrNull, "The command that repeats all failures; null where there are none."]
    interrupted: bool
    status: Annotated[f.Count, "The exit status of the command."]
